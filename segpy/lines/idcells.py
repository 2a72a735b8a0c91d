"""Canonical ids: whole numbers where the whole column is, else text as it was written."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segpy.lines.cells import BLOCK, NOTHING, Column, code_points, distinct, padded, text_array

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
    if kind not in "OS":
        return words(column)
    if column.codes is None:
        rows = None if keep_text else _whole_rows(column)
        if rows is not None:
            return _integers(column, rows)
        column = distinct(column)
    column = column.without(NOTHING)
    plain = kind == "S" and not padded(column.values)
    whole = None
    if not keep_text and len(column.values):
        whole = whole_numbers(column.values if plain else column.texts())
    if whole is not None:
        return _integers(column, whole)
    return text_array(column.texts(), column.row_codes())


def _whole_rows(column: Column) -> NDArray[np.int64] | None:
    """Give a text file's ids as int64, row by row, if they need no look at each distinct one."""
    cells = column.values if column.empty is None else column.values[~column.empty]
    if not len(cells) or padded(cells):
        return None
    found = whole_numbers(cells)
    if found is None or column.empty is None:
        return found
    rows = np.zeros(len(column.values), dtype=np.int64)
    rows[~column.empty] = found
    return rows


def words(column: Column) -> Any:
    """Turn a column's cells into text: products, descriptions, countries. Only blanks are empty."""
    column = as_distinct(column).without({""})
    return text_array(column.texts(), column.row_codes())


def whole_numbers(cells: list[str] | NDArray[np.bytes_]) -> NDArray[np.int64] | None:
    """Give texts without blanks around them as int64 if all are canonical whole numbers."""
    out = np.empty(len(cells), dtype=np.int64)
    for start in range(0, len(cells), BLOCK):
        part = _whole_block(cells[start : start + BLOCK])
        if part is None:
            return None
        out[start : start + BLOCK] = part
    return out


def _whole_block(cells: list[str] | NDArray[np.bytes_]) -> NDArray[np.int64] | None:
    if isinstance(cells, np.ndarray) and (code_points(cells) == ord(".")).any():
        cells = [c.decode("utf-8") for c in cells.tolist()]
    if isinstance(cells, list):
        if max(map(len, cells)) > 2 * _LONGEST:
            return None
        cut = [c.partition(".") for c in cells]
        if any(dot and (not tail or tail.strip("0")) for _, dot, tail in cut):
            return None
        cells = np.array([whole for whole, _, _ in cut], dtype=np.str_)
    return digits(code_points(cells))


def digits(points: NDArray[Any]) -> NDArray[np.int64] | None:
    """Give rows of code points as int64 if all are canonical whole numbers, else None."""
    used = points != 0
    width = np.count_nonzero(used, axis=1)
    digit = (points >= ord("0")) & (points <= ord("9"))
    canonical = (
        (digit == used).all()
        and bool((width >= 1).all())
        and bool((width <= _LONGEST).all())
        and not bool(((points[:, 0] == ord("0")) & (width > 1)).any())
    )
    if not canonical:
        return None
    out = np.zeros(len(points), dtype=np.int64)
    for column in range(int(width.max())):
        figure = points[:, column].astype(np.int64) - ord("0")
        out = np.where(used[:, column], out * 10 + figure, out)
    return out


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


def as_distinct(column: Column) -> Column:
    """Give a column of any kind as distinct cells and codes."""
    if column.values.dtype.kind == "S":
        return distinct(column)
    if column.codes is not None:
        return replace(column, values=column.values.astype(object))
    codes, values = pd.factorize(column.values)
    if values.dtype.kind == "M":
        values = pd.Series(values).astype(str).to_numpy(dtype=object)
    if column.empty is not None:
        codes = np.where(column.empty, -1, codes)
    values = np.asarray(values, dtype=object)
    return replace(column, values=values, codes=np.asarray(codes, dtype=np.intp), empty=None)
