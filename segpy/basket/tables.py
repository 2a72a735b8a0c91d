"""Tables and matrices of a row a basket and a column an item, as codes."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from segpy import _checks, _core, _frames

_CELLS = 2**24  # looked at in one go
_Counted = tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]


class Table(NamedTuple):
    """The cells that are 1, and what rows and columns are called."""

    n_baskets: int
    rows: NDArray[np.int32]
    columns: NDArray[np.int32]
    items: list[Any]
    rows_of: pd.Index[Any] | None

    def counted(self) -> _Counted:
        """Make baskets of them."""
        return _core.baskets_of_lines(
            self.rows, self.columns, self.n_baskets, len(self.items), None
        )


def kind_of(data: Any) -> str:
    """Tell order lines, other tables and matrices, and sparse matrices from the rest ("")."""
    if hasattr(data, "tocsr") and hasattr(data, "nnz"):
        return "sparse"
    if isinstance(data, np.ndarray):
        return "table" if data.ndim == 2 and data.dtype != object else ""
    if isinstance(data, pd.DataFrame) or (
        # a column on its own, such as that of groupby(...).agg(list), holds lists
        hasattr(data, "__arrow_c_stream__") and hasattr(data, "schema")
    ):
        columns = getattr(data, "columns", getattr(data, "column_names", ()))
        names = data.column_names if hasattr(data, "column_names") else list(columns)
        return (
            "lines" if {"order", "product"} <= {n for n in names if isinstance(n, str)} else "table"
        )
    return ""


def names_of(who: str, items: Iterable[Hashable]) -> list[Any]:
    """Give names as a list, each there once."""
    if isinstance(items, str) or not isinstance(items, Iterable):
        raise _checks.type_error(who, "'items'", "a list of names", items)
    names = list(items)
    seen = set()
    for place, name in enumerate(names):
        if not isinstance(name, Hashable) or name is None or bool(name != name):
            allowed = "hashable names, none of them missing"
            got = f"{_checks.shown(name)} at place {place}"
            raise _checks.value_error(who, "'items'", allowed, got)
        if name in seen:
            raise _checks.value_error(who, "'items'", "there once each", f"{name!r} more than once")
        seen.add(name)
    return names


def onehot(who: str, table: Any) -> Table:
    """Read a one-hot table or matrix."""
    if isinstance(table, np.ndarray):
        if table.ndim != 2:
            got = f"{table.ndim} dimensions"
            raise _checks.value_error(who, "the matrix", "two-dimensional", got)
        parts = list(_dense(who, table, list(range(table.shape[1])), 0))
        return _together(table.shape[0], parts, list(range(table.shape[1])), None)
    frame = _frames.frame(who, table)
    names = list(frame.columns)
    dtypes = set(frame.dtypes)
    if len(dtypes) == 1 and isinstance(next(iter(dtypes)), np.dtype):
        parts = list(_dense(who, frame.to_numpy(), names, 0))
    else:
        parts = []
        for at in range(len(names)):
            parts.extend(_column(who, frame.iloc[:, at], names[at], at))
    return _together(len(frame), parts, names, frame.index)


_Part = tuple[NDArray[np.int32], NDArray[np.int32]]


def _together(
    n_baskets: int, parts: list[_Part], items: list[Any], index: pd.Index[Any] | None
) -> Table:
    none: list[_Part] = [(np.zeros(0, np.int32), np.zeros(0, np.int32))]
    rows, columns = zip(*(parts or none), strict=True)
    return Table(n_baskets, np.concatenate(rows), np.concatenate(columns), items, index)


def _column(who: str, column: pd.Series[Any], name: Any, at: int) -> Iterator[_Part]:
    """Give the cells of one column of a table of unlike columns."""
    dtype: Any = column.dtype
    if isinstance(dtype, pd.SparseDtype) and not dtype.fill_value:
        held: Any = column.array
        values = np.asarray(held.sp_values)
        _check(who, values.reshape(-1, 1), [name], 0, held.sp_index.indices)
        rows = held.sp_index.indices[values != 0]
        yield rows.astype(np.int32), np.full(len(rows), at, np.int32)
        return
    missing = column.isna().to_numpy()
    if missing.any():
        row = int(np.argmax(missing))
        raise _checks.value_error(
            who,
            f"column {name!r}",
            "0 or 1",
            f"a missing value in row {row}",
            "Say what it counts as, for example with frame.fillna(0).",
        )
    if not (pd.api.types.is_bool_dtype(dtype) or pd.api.types.is_numeric_dtype(dtype)):
        numbers = [isinstance(value, bool | np.bool_ | int | float) for value in column]
        if not all(numbers):
            row = numbers.index(False)
            raise _not_numbers(who, name, f"{_checks.shown(column.iloc[row])} in row {row}")
        column = column.astype(float)
    plain = column.to_numpy(dtype=bool if pd.api.types.is_bool_dtype(dtype) else np.float64)
    yield from _dense(who, plain.reshape(-1, 1), [name], at)


def _not_numbers(who: str, name: Any, got: str) -> TypeError:
    return TypeError(
        _checks.sentence(
            who,
            f"column {name!r}",
            "True and False, or 0 and 1",
            got,
            "Say what counts as bought, for example with frame == 'yes'; order lines need the "
            "columns 'order' and 'product'; rows of item names go in as lists, with "
            "frame.to_numpy().tolist().",
        )
    )


def _dense(who: str, values: NDArray[Any], names: list[Any], first: int) -> Iterator[_Part]:
    """Give the cells of a matrix along its memory, some millions of cells at a time."""
    if values.dtype.kind not in "biuf":
        if values.dtype == object:
            for at in range(values.shape[1]):
                yield from _column(who, pd.Series(values[:, at]), names[at], first + at)
            return
        got = f"{_checks.shown(values[0, 0].item())} in row 0" if values.size else "no values"
        raise _not_numbers(who, names[0] if names else "", got)
    by_column = values.flags.f_contiguous and not values.flags.c_contiguous
    long = values.T if by_column else values
    step = max(1, _CELLS // max(long.shape[1], 1))
    for begin in range(0, long.shape[0], step):
        part = long[begin : begin + step]
        if by_column:
            _check(who, part.T, names[begin : begin + step], 0, None)
        else:
            _check(who, part, names, begin, None)
        slow, fast = np.nonzero(part)
        slow += begin
        rows, columns = (fast, slow) if by_column else (slow, fast)
        columns += first
        yield rows.astype(np.int32), columns.astype(np.int32)


def _check(
    who: str,
    values: NDArray[Any],
    names: list[Any],
    first_row: int,
    rows: NDArray[Any] | None,
) -> None:
    """Raise unless every value is 0 or 1; column and first row are named."""
    if values.dtype.kind == "b":
        return
    fine = (values == 0) | (values == 1)
    if fine.all():
        return
    row, column = (int(i[0]) for i in np.nonzero(~fine))
    place = first_row + row if rows is None else int(rows[row])
    raise _checks.value_error(
        who,
        f"column {names[column]!r}",
        "0 or 1 in every row",
        f"{values[row, column]} in row {place}",
        "Say what counts as bought, for example with frame > 0.",
    )


def sparse(who: str, matrix: Any, items: Iterable[Hashable] | None) -> Table:
    """Read a scipy sparse matrix of any format."""
    if not (hasattr(matrix, "tocoo") and hasattr(matrix, "nnz")):
        raise _checks.type_error(who, "the matrix", "a scipy sparse matrix", matrix)
    n_baskets, n_items = matrix.shape
    names = list(range(n_items)) if items is None else names_of(who, items)
    if len(names) != n_items:
        allowed = f"a name for each of the {n_items} columns"
        raise _checks.value_error(who, "'items'", allowed, f"{len(names)} names")
    held = matrix.tocoo()
    if held.data.dtype.kind not in "biuf":
        raise _not_numbers(who, names[0] if names else "", f"dtype {held.data.dtype}")
    fine = (held.data == 0) | (held.data == 1)
    if not fine.all():
        at = int(np.argmin(fine))
        raise _checks.value_error(
            who,
            f"column {names[int(held.col[at])]!r}",
            "0 or 1 in every row",
            f"{held.data[at]} in row {int(held.row[at])}",
            "Say what counts as bought, for example with matrix > 0.",
        )
    there = held.data != 0
    rows, columns = held.row[there].astype(np.int32), held.col[there].astype(np.int32)
    return Table(n_baskets, rows, columns, names, None)


def count_codes(
    who: str, order_codes: ArrayLike, item_codes: ArrayLike, n_items: int, n_baskets: int | None
) -> _Counted:
    """Make baskets of two arrays of codes."""
    orders = _codes(who, "order_codes", order_codes)
    items = _codes(who, "item_codes", item_codes)
    if len(orders) != len(items):
        allowed = f"as long as 'order_codes' ({len(orders)})"
        raise _checks.value_error(who, "'item_codes'", allowed, str(len(items)))
    most = int(orders.max()) + 1 if len(orders) else 0
    n = most if n_baskets is None else _checks.integer(who, "n_baskets", n_baskets, 0, 2**31 - 1)
    for name, codes, limit in (("order_codes", orders, n), ("item_codes", items, n_items)):
        fine = (codes >= -1) & (codes < limit)
        if not fine.all():
            row = int(np.argmin(fine))
            allowed = f"in [-1, {limit - 1}]"
            raise _checks.value_error(who, f"'{name}'", allowed, f"{codes[row]} in row {row}")
    return _core.baskets_of_lines(
        np.ascontiguousarray(orders, np.int32),
        np.ascontiguousarray(items, np.int32),
        n,
        n_items,
        None,
    )


def _codes(who: str, name: str, codes: ArrayLike) -> NDArray[Any]:
    array = np.asarray(codes)
    if array.size == 0:
        array = array.astype(np.int64)
    if array.dtype.kind not in "iu" or array.ndim != 1:
        raise _checks.type_error(who, f"'{name}'", "a one-dimensional array of ints", codes)
    if array.size and array.max() >= 2**31 - 1:
        row = int(np.argmax(array))
        raise _checks.value_error(who, f"'{name}'", "below 2**31 - 1", f"{array[row]} in row {row}")
    return array
