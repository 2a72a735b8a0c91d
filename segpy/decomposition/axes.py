"""The directions in which rows vary most, from one pass over the rows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from segpy import _checks, _core, _matrix
from segpy._matrix import Matrix, Values

Floats = NDArray[np.float64]

WHO = "PCA"
_SMALLEST = 1e-290  # variances below have lost digits to underflow
_SQUARES = 6  # arrays of columns x columns: the state, chunks, the covariance, its eigenvectors


class Moments(NamedTuple):
    """What a state of the kernel holds, as arrays, so that an estimator can be pickled."""

    rows: int
    pivot: Floats
    offset: Floats
    scatter: Floats


class Axes(NamedTuple):
    """The mean as a double and what rounding it left over; variances, largest first; directions."""

    rows: int
    mean: Floats
    rest: Floats
    variances: Floats
    directions: Floats


def counted(rows: Matrix, before: Moments | None) -> Moments:
    """Count the rows, after those before, in the kernel."""
    d = rows.width
    try:
        np.empty((_SQUARES, d, d))  # all that is to come, asked for before the work
        state = _core.Moments(d)
        if before is not None:
            state.load(*before)
        state.add(rows.values, _checks.cores(), "", None)
        moments = Moments(*state.read())
    except MemoryError:
        advice = "Fit fewer columns, or fewer rows than columns in one call of fit."
        what = f"the products of {d} columns"
        raise _checks.memory_error(WHO, what, 8 * _SQUARES * d**2, advice) from None
    diagonal = np.diagonal(moments.scatter)
    fine = np.isfinite(moments.offset) & np.isfinite(moments.pivot) & np.isfinite(diagonal)
    if not fine.all():
        _matrix.finite(WHO, rows)
        raise _too_wide(int(np.argmin(fine)), rows)
    return moments


def _too_wide(column: int, rows: Matrix) -> ValueError:
    values = rows.values[:, column]
    return _checks.value_error(
        WHO,
        rows.column(column),
        "of a spread whose square fits a float64, below 1e150",
        f"values from {values.min():.3g} to {values.max():.3g}",
        "Divide the column by a power of ten.",
    )


def of_moments(moments: Moments, rows: Matrix) -> Axes:
    """Take the eigenvectors of the covariance."""
    mean = moments.pivot + moments.offset
    rest = (moments.pivot - mean) + moments.offset
    covariance = moments.scatter / (moments.rows - 1)
    _check_spread(float(np.trace(covariance)), rows.values)
    values, vectors = np.linalg.eigh(covariance)
    most = min(moments.rows, len(mean))
    variances = np.maximum(values[::-1][:most], 0.0)
    return Axes(moments.rows, mean, rest, variances, vectors.T[::-1][:most])


def of_few_rows(rows: Matrix) -> Axes:
    """Take the directions from the products of rows, of which there are fewer than columns."""
    _matrix.finite(WHO, rows)
    x = rows.values
    with np.errstate(over="ignore", invalid="ignore"):
        pivot = x[0].astype(np.float64)
        centred = x - pivot
        offset = centred.mean(axis=0)
        centred -= offset
        products = centred @ centred.T
    diagonal = np.diagonal(products)
    if not np.isfinite(diagonal).all():
        raise _too_wide(int(np.argmax(np.abs(x.astype(np.float64)).max(axis=0))), rows)
    n = len(x)
    _check_spread(float(diagonal.sum()) / (n - 1), x)
    _, mixes = np.linalg.eigh(products)
    # A direction is a mix of rows. The factor makes the last ones, which have no variance to
    # speak of, stand upright on the others; its diagonal is the length of each.
    directions, factor = np.linalg.qr(centred.T @ mixes[:, ::-1])
    variances = np.diagonal(factor) ** 2 / (n - 1)
    order = np.argsort(-variances, kind="stable")
    mean = pivot + offset
    rest = (pivot - mean) + offset
    return Axes(n, mean, rest, variances[order], directions.T[order])


def _check_spread(total: float, x: Values) -> None:
    if total >= _SMALLEST:
        return
    if bool((x == x[0]).all()):
        what, advice = "rows that are all equal", "Drop constant columns; PCA needs variance."
    else:
        what, advice = f"a variance of {total:.3g} in all", "Multiply X by a power of ten."
    allowed = "different rows, with a variance above 1e-290"
    raise _checks.value_error(WHO, "X", allowed, what, advice)


def turned(directions: Floats) -> Floats:
    """Turn directions their way: the loading of largest size of each is positive."""
    largest = np.abs(directions).argmax(axis=1)
    signs = np.where(directions[np.arange(len(directions)), largest] < 0, -1.0, 1.0)
    return np.ascontiguousarray(directions * signs[:, None])
