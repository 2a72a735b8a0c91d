"""Canonical ids: whole numbers where the whole column is, else text as it was written."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segpy.lines.cells import NOTHING, Column, text_array

_LONGEST = 18  # digits: every such number fits int64


def ids(column: Column, *, keep_text: bool = False) -> Any:
    """Turn a column's cells into customer or order ids.

    int64 (Int64 where some are missing) only if every id of the column is a whole number without
    sign, without leading zeros and of at most 18 digits ("17850.0", as a spreadsheet leaves it,
    counts as 17850); text otherwise, or with `keep_text`.

    Returns
    -------
    pandas array of int64, Int64 or pandas' text dtype, one id a row.
    """
    kind = column.values.dtype.kind
    if kind in "iuf" and not keep_text and _whole(column):
        values = column.values if column.empty is None else np.where(column.empty, 0, column.values)
        return _integers(column, values.astype(np.int64))
    if kind == "O":
        column = column.without(NOTHING)
        texts = column.texts()
        whole = None if keep_text else whole_numbers(texts)
        if whole is not None and len(whole):
            return _integers(column, whole)
        return text_array(texts, _codes(column))
    return words(column)


def words(column: Column) -> Any:
    """Turn a column's cells into text: products, descriptions, countries. Only blanks are empty."""
    column = _as_distinct(column).without({""})
    return text_array(column.texts(), _codes(column))


def whole_numbers(texts: list[str]) -> NDArray[np.int64] | None:
    """Give texts as int64 if all are canonical whole numbers, else None."""
    out = np.empty(len(texts), dtype=np.int64)
    block = 1 << 16
    for start in range(0, len(texts), block):
        part = _whole_block(texts[start : start + block])
        if part is None:
            return None
        out[start : start + block] = part
    return out


def _whole_block(texts: list[str]) -> NDArray[np.int64] | None:
    longest = max(map(len, texts))
    if longest > 2 * _LONGEST:
        return None
    if any("." in t for t in texts):
        cut = [t.partition(".") for t in texts]
        if any(dot and (not tail or tail.strip("0")) for _, dot, tail in cut):
            return None
        texts = [whole for whole, _, _ in cut]
    table = np.array(texts, dtype=np.str_)
    width = np.strings.str_len(table)
    points = table.view(np.uint32).reshape(len(table), -1)
    used = np.arange(points.shape[1]) < width[:, None]
    digit = (points >= ord("0")) & (points <= ord("9"))
    canonical = (
        np.all(digit == used, axis=1)
        & (width >= 1)
        & (width <= _LONGEST)
        & ((points[:, 0] != ord("0")) | (width == 1))
    )
    return table.astype(np.int64) if bool(canonical.all()) else None


def _whole(column: Column) -> bool:
    values = column.values if column.empty is None else column.values[~column.empty]
    if not len(values):
        return column.values.dtype.kind != "f"
    if values.dtype.kind == "f" and not bool(np.all(values == np.floor(values))):
        return False
    return bool(values.min() >= 0) and bool(values.max() < 10**_LONGEST)


def _integers(column: Column, values: NDArray[np.int64]) -> Any:
    rows = column.per_row(values, 0)
    absent = column.empties()
    if absent.any():
        return pd.arrays.IntegerArray(rows, absent)
    return rows


def _as_distinct(column: Column) -> Column:
    if column.codes is not None:
        return Column(column.name, column.values.astype(object), column.codes)
    codes, values = pd.factorize(column.values)
    if values.dtype.kind == "M":
        values = pd.Series(values).astype(str).to_numpy(dtype=object)
    if column.empty is not None:
        codes = np.where(column.empty, -1, codes)
    return Column(column.name, np.asarray(values, dtype=object), np.asarray(codes, dtype=np.intp))


def _codes(column: Column) -> NDArray[np.intp]:
    if column.codes is None:
        return np.arange(len(column.values), dtype=np.intp)
    return column.codes
