"""What the tables of this room must look like: RFM, scores, a segment a customer."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segpy import _checks, _frames
from segpy.customer.codes import COLUMNS, METRICS


def first(index: pd.Index, wanted: NDArray[np.bool_] | None = None) -> str:
    """Show the first (wanted) entry of an index as errors should: 12346, not np.int64(12346)."""
    found = index if wanted is None else index[wanted]
    return _checks.shown(found[:1].tolist()[0])


def by_customer(who: str, table: object, needed: tuple[str, ...], advice: str) -> pd.DataFrame:
    """Give the table as a DataFrame indexed by customer, with the needed columns checked.

    A column `customer` becomes the index when the index is not the customers already, so that
    tables that were written to a file, or that have no index at all, can be used as they are.
    """
    found = _frames.frame(who, table)
    _checks.columns(who, found, needed, advice)
    if found.index.name != "customer" and "customer" in found.columns:
        found = found.set_index("customer")
    once(who, "each customer", "in the table once", found.index)
    return found


def once(who: str, what: str, allowed: str, index: pd.Index) -> None:
    """Raise when an entry of the index stands in it twice."""
    if not index.is_unique:
        twice = first(index, index.duplicated())
        raise _checks.value_error(who, what, allowed, f"{twice} more than once")


def numbers(
    who: str, table: pd.DataFrame, column: str, low: float = -np.inf, missing: bool = False
) -> NDArray[np.float64]:
    """Give a numeric column as float64; NaN, infinity and values below `low` name the first row.

    With `missing` NaN is let through.
    """
    values = table[column]
    dtype = values.dtype
    if pd.api.types.is_bool_dtype(dtype) or not pd.api.types.is_numeric_dtype(dtype):
        raise TypeError(
            _checks.sentence(
                who, f"column {column!r}", "numeric", f"dtype {dtype}", "Convert it first."
            )
        )
    if pd.api.types.is_complex_dtype(dtype):
        raise TypeError(_checks.sentence(who, f"column {column!r}", "real", f"dtype {dtype}"))
    result = values.to_numpy(dtype=np.float64, na_value=np.nan)
    wrong = ~np.isfinite(result)
    allowed = "finite"
    if low > -np.inf:
        wrong |= result < low
        allowed = f"finite and >= {low:g}"
    if missing:
        wrong &= ~np.isnan(result)
    if wrong.any():
        row = int(np.argmax(wrong))
        label = "index" if table.index.name is None else str(table.index.name)
        raise _checks.value_error(
            who,
            f"column {column!r}",
            allowed,
            f"{result[row]:g} in row {row} ({label} {first(table.index, wrong)})",
        )
    return result


def rfm_values(who: str, rfm: object) -> tuple[pd.Index, dict[str, NDArray[np.float64]]]:
    """Check a table of `rfm` and give its customers and the values behind R, F and M."""
    advice = "Pass the table that segpy.rfm gives, not the order lines."
    table = by_customer(who, rfm, tuple(COLUMNS.values()), advice)
    lowest = {"R": 0.0, "F": 0.0, "M": -np.inf}
    values = {m: numbers(who, table, COLUMNS[m], lowest[m]) for m in METRICS}
    return table.index, values


def score_values(who: str, scores: object) -> tuple[pd.DataFrame, dict[str, NDArray[np.int64]]]:
    """Check a table of scores and give it with its R, F and M as int64."""
    table = by_customer(who, scores, METRICS, "Pass the table that RFMScorer.transform gives.")
    values = {}
    for metric in METRICS:
        given = numbers(who, table, metric, 1.0)
        whole = given.astype(np.int64)
        if (whole != given).any():
            row = int(np.argmax(whole != given))
            raise _checks.value_error(
                who, f"column {metric!r}", "whole numbers", f"{given[row]:g} in row {row}"
            )
        values[metric] = whole
    return table, values
