"""What k-means takes beside its rows: weights, a seed, and how much it may spend."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segpy import _checks, _labels
from segpy._matrix import Matrix

# What n_init="auto" may spend, in multiply-adds of one look at every row: see the docstring.
_AUTO_WORK = 2**25
_AUTO_STARTS = 8
_AUTO_SWAPS = 100  # a cluster
_MOST_ROWS = 2**31 - 32  # their numbers have 32 bits, and rows are packed by 32


def not_too_many(who: str, rows: int) -> None:
    """Raise where the kernels cannot number so many rows."""
    if rows > _MOST_ROWS:
        what = f"of at most 2**31 - 32 = {_MOST_ROWS:,} rows"
        raise _checks.value_error(who, "X", what, f"{rows:,}", "Pass a sample of the rows.")


def as_numbers(given: Any) -> NDArray[np.float64] | None:
    """Give real numbers as contiguous float64, masked ones as NaN; None where they are none."""
    try:
        if isinstance(given, np.ma.MaskedArray):
            given = np.ma.filled(given.astype(np.float64), np.nan)
        if np.asarray(given).dtype.kind not in "?biufO":
            return None
        return np.asarray(given, np.float64, order="C")
    except (TypeError, ValueError):
        return None


def read_weights(who: str, sample_weight: Any, X: Matrix) -> NDArray[np.float64] | None:
    """Give weights as float64, or None; negative, NaN, infinite and all-zero ones are an error.

    So is a Series whose index holds the rows of X in another order: weights go by place.
    """
    if sample_weight is None:
        return None
    n = len(X)
    if isinstance(sample_weight, Real):
        sample_weight = np.full(n, sample_weight)
    if isinstance(sample_weight, pd.Series) and X.index is not None:
        _labels.same_order(who, "sample_weight", sample_weight.index, X.index)
    weights = as_numbers(sample_weight)
    if weights is None:
        raise _checks.type_error(who, "'sample_weight'", "numbers", sample_weight)
    if weights.ndim != 1 or len(weights) != n:
        raise _checks.value_error(
            who, "'sample_weight'", f"one number a row, shape ({n},)", f"shape {weights.shape}"
        )
    wrong = ~(np.isfinite(weights) & (weights >= 0))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise _checks.value_error(
            who, "'sample_weight'", "finite and at least 0", f"{weights[row]} in row {row}"
        )
    if not weights.any():
        raise _checks.value_error(
            who, "'sample_weight'", "above 0 in some row", "only zeros: all sample weights are zero"
        )
    return weights


def unit_of(largest: float) -> int:
    """Give the power of two that weights up to this one are multiplied by before they are used.

    0 for weights of usual sizes. Others, whose sums might overflow or vanish, are brought near
    2**200, from where neither happens: far above 0, so that small weights beside large ones stay.
    """
    exponent = int(np.frexp(largest)[1])
    return 0 if 2.0**-200 <= largest <= 2.0**200 else 200 - exponent


def times_two_to(values: Any, power: int) -> Any:
    """Multiply by a power of two, which is exact; infinity where the product is too large."""
    if power == 0:
        return values
    with np.errstate(over="ignore", under="ignore"):
        return np.ldexp(values, power)


def read_seed(who: str, random_state: Any) -> int:
    """Turn random_state (an int, None or a generator) into a seed of 64 bits."""
    if isinstance(random_state, int | np.integer) and not isinstance(random_state, bool):
        return _checks.integer(who, "random_state", random_state, 0, 2**64 - 1)
    if random_state is None:
        return int(np.random.default_rng().integers(2**63))
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(2**31, dtype=np.int64))
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(2**63))
    raise _checks.type_error(
        who, "'random_state'", "an int, None, a RandomState or a Generator", random_state
    )


def budget(points: int, k: int, columns: int) -> tuple[int, int]:
    """Give the starts and swaps that n_init="auto" takes."""
    afford = _AUTO_WORK // (points * k * columns)
    return max(1, min(_AUTO_STARTS, afford)), min(_AUTO_SWAPS * k, afford if afford > 1 else 0)
