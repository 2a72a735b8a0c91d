"""The one door for rows of numbers: X and the labels of its rows, from tables, arrays and lists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segpy import _checks, _core, _frames

_HELD_AS_THEY_ARE = frozenset("?bBhHiIlLqQfd")  # the dtypes the kernels read


@dataclass(frozen=True)
class Points:
    """Rows of numbers of any dtype and strides, and what their columns are called."""

    values: NDArray[Any]
    names: list[str]
    index: pd.Index[Any] | None


@dataclass(frozen=True)
class Labels:
    """Labels as codes in [0, len(names)), ascending with the labels; a code may have no row."""

    codes: NDArray[np.int32]
    names: list[Any]


def points(who: str, X: Any, *, finite: bool = True) -> Points:
    """Give the rows of a table, an array or a list of lists; copied only if they must be.

    With `finite` False the kernel looks for NaN itself and `not_finite` words what it found.
    """
    if hasattr(X, "toarray"):
        raise _checks.type_error(who, "X", "a dense table or array", X, "Pass X.toarray().")
    if isinstance(X, pd.DataFrame) or hasattr(X, "__arrow_c_stream__"):
        found = _of_frame(who, _frames.frame(who, X))
    else:
        values = _of_array(who, X)
        width = values.shape[1] if values.ndim == 2 else 0
        found = Points(values, [str(c) for c in range(width)], None)
    _shaped(who, found.values)
    if finite:
        row, column = _core.matrix_fault(found.values)
        if row >= 0:
            raise not_finite(who, found, row, column)
    return found


def _of_frame(who: str, table: pd.DataFrame) -> Points:
    names = [str(name) for name in table.columns]
    for place, name in enumerate(names):
        dtype = table.dtypes.iloc[place]
        if pd.api.types.is_numeric_dtype(dtype) and dtype.kind != "c":
            continue
        if dtype.kind == "O" and _held_numbers(table.iloc[:, place]):
            continue
        advice = "Turn it into numbers or leave it out."
        if dtype.kind in "mM" or isinstance(dtype, pd.PeriodDtype):
            advice = "Pass days up to a fixed date, such as recency_days, or leave it out."
        kind = f"a column of {dtype}"
        raise TypeError(_checks.sentence(who, f"column {name!r}", "numbers", kind, advice))
    if any(not isinstance(t, np.dtype) or t.kind == "O" for t in table.dtypes):
        values = table.to_numpy(dtype=np.float64, na_value=np.nan)
    else:
        values = table.to_numpy()
    return Points(_held(values), names, table.index)


def _held_numbers(column: pd.Series[Any]) -> bool:
    """Say whether a column of objects holds numbers only, such as decimals."""
    kind = pd.api.types.infer_dtype(column, skipna=True)
    return kind in ("decimal", "integer", "floating", "mixed-integer-float", "boolean")


def _of_array(who: str, X: Any) -> NDArray[Any]:
    try:
        values = np.asarray(X)
    except ValueError as error:  # rows of different lengths
        raise _checks.value_error(who, "X", "rows of equal length", str(error)) from None
    if values.dtype.kind == "O":
        try:
            values = values.astype(np.float64)
        except (TypeError, ValueError):
            raise _of_objects(who, values) from None
    if values.dtype.kind not in "?biuf":
        advice = "Pass days up to a fixed date." if values.dtype.kind in "mM" else ""
        if values.dtype.kind == "c":
            advice = "Complex data not supported."
        kind = f"an array of {values.dtype}"
        raise TypeError(_checks.sentence(who, "X", "numbers", kind, advice))
    return _held(values)


def _of_objects(who: str, values: NDArray[Any]) -> TypeError:
    """Name the first object that is no number."""
    for place, value in np.ndenumerate(values):
        try:
            float(value)
        except (TypeError, ValueError):
            where = " in row {}, column {}".format(*place) if len(place) == 2 else ""
            kind = f"{type(value).__name__} {_checks.shown(value)}{where}"
            advice = "Turn it into numbers or leave its column out."
            return TypeError(_checks.sentence(who, "X", "numbers", kind, advice))
    return _checks.type_error(who, "X", "numbers", values)


def _held(values: NDArray[Any]) -> NDArray[Any]:
    """Give values in a dtype the kernels read."""
    if values.dtype.isnative and values.dtype.char in _HELD_AS_THEY_ARE:
        return values
    return values.astype(np.float64)


def _shaped(who: str, values: NDArray[Any]) -> None:
    if values.ndim != 2:
        raise ValueError(
            f"{who}: Expected 2D array, got {values.ndim}D array instead. "
            "X must have a row a customer and a column a feature; "
            "one feature is X.reshape(-1, 1)."
        )
    for axis, what in enumerate(("sample", "feature")):
        if values.shape[axis] == 0:
            raise ValueError(
                f"{who}: Found array with 0 {what}(s) (shape={values.shape}) "
                f"while a minimum of 1 is required. X must have at least one row and one column."
            )


def not_finite(who: str, X: Points, row: int, column: int) -> ValueError:
    """Word a NaN or an infinity at a place."""
    return _checks.value_error(
        who,
        f"column {X.names[column]!r}",
        "a finite number in every row",
        f"{X.values[row, column]} in row {row}",
        "Fill such values, or leave those rows out.",
    )


def labels(who: str, given: Any, X: Points) -> Labels:
    """Turn the labels of the rows of X (any kind: ints, texts, categories) into codes of our own.

    A Series whose index holds the rows of X in another order is an error: labels go by place.
    """
    if isinstance(given, pd.Series) and X.index is not None:
        _same_order(who, given.index, X.index)
    values = given if isinstance(given, pd.Series | pd.Categorical) else np.asarray(given)
    if values.ndim != 1:
        raise _checks.value_error(who, "'labels'", "one-dimensional", f"shape {values.shape}")
    if len(values) != len(X.values):
        raise ValueError(
            f"{who}: Found input variables with inconsistent numbers of samples: "
            f"[{len(X.values)}, {len(values)}]. 'labels' must have one label for each row of X."
        )
    plain = np.asarray(values) if isinstance(values.dtype, np.dtype) else None
    if plain is not None and plain.dtype.kind in "biu" and len(plain):
        low, high = int(plain.min()), int(plain.max())
        if high - low < max(2 * len(plain), 1024):
            codes = plain.astype(np.int32) if low == 0 else (plain - plain.min()).astype(np.int32)
            return Labels(codes, list(range(low, high + 1)))
    return _any_labels(who, pd.Series(values))


def comparable(who: str, of_rows: Labels) -> None:
    """Raise unless there are clusters to compare: 2 at least, and fewer than rows."""
    clusters = int(np.count_nonzero(np.bincount(of_rows.codes)))
    comparable_clusters(who, clusters, len(of_rows.codes))


def comparable_clusters(who: str, clusters: int, rows: int) -> None:
    """Raise, in scikit-learn's words and ours, unless so many clusters can be compared."""
    if 2 <= clusters < rows:
        return
    if clusters < 2:
        advice = "All rows have one label, so there is no other cluster to compare with."
    else:
        advice = f"Each of the {rows} rows is a cluster of its own; ask for fewer clusters."
    raise ValueError(
        f"{who}: Number of labels is {clusters}. Valid values are 2 to n_samples - 1 "
        f"(inclusive). {advice}"
    )


def _same_order(who: str, of_labels: pd.Index[Any], of_rows: pd.Index[Any]) -> None:
    if len(of_labels) != len(of_rows) or of_labels.equals(of_rows):
        return
    if of_rows.is_unique and of_labels.is_unique and of_rows.isin(of_labels).all():
        raise _checks.value_error(
            who,
            "the index of 'labels'",
            "in the order of the index of X",
            "the same index in another order",
            "Pass labels.loc[X.index].",
        )


def _any_labels(who: str, values: pd.Series[Any]) -> Labels:
    missing = values.isna().to_numpy()
    if missing.any():
        row = int(np.argmax(missing))
        raise _checks.value_error(
            who,
            "'labels'",
            "a label in every row",
            f"none in row {row}",
            "Give such rows a label of their own, or leave them out.",
        )
    try:
        codes, names = pd.factorize(values)
    except TypeError:
        raise _checks.type_error(
            who, "'labels'", "labels such as ints or strings", values.iloc[0]
        ) from None
    order = _sorted_places(list(names))
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    return Labels(rank[codes], [names[i] for i in order])


def _sorted_places(names: list[Any]) -> list[int]:
    try:
        return sorted(range(len(names)), key=names.__getitem__)
    except TypeError:  # ints beside strings
        return sorted(range(len(names)), key=lambda i: (type(names[i]).__name__, str(names[i])))
