"""A column as its distinct cells: whatever the dtype, the work is done once for each of them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segpy import _checks

# Written for "nothing here" by spreadsheets, databases, R and pandas. Only ids, numbers and dates
# read them so: in a country column "NA" is Namibia.
NOTHING = frozenset(
    {"", "nan", "NaN", "NA", "N/A", "n/a", "#N/A", "null", "NULL", "None", "<NA>", "NaT"}
)


@dataclass(frozen=True)
class Column:
    """One source column.

    Attributes
    ----------
    name : str
        The header it came under.
    values : ndarray
        Numbers, instants, objects or a text file's bytes (UTF-8, in a width that is a multiple of
        eight): one a row, or with `codes` the distinct ones, each of which stands in some row.
    codes : ndarray of intp, or None
        Row to position in `values`, -1 where the cell is empty; None: `values` are the rows.
    empty : ndarray of bool, or None
        Rows without a value where `codes` is None; None: there are none.
    line : callable or None
        Gives the line of the file in which a row stands, None if it cannot be told.
    """

    name: str
    values: NDArray[Any]
    codes: NDArray[np.intp] | None = None
    empty: NDArray[np.bool_] | None = None
    line: Callable[[int], int | None] | None = None

    def row(self, position: int) -> int:
        """Give the first row that holds `values[position]`."""
        return position if self.codes is None else int(np.argmax(self.codes == position))

    def place(self, row: int) -> str:
        """Name a row for people, and its line where the source is a file of lines."""
        line = None if self.line is None else self.line(row)
        return f"row {row}" + ("" if line is None else f" (line {line})")

    def where(self, position: int) -> str:
        """Name the first row that holds `values[position]`."""
        return self.place(self.row(position))

    def shown(self, position: int) -> str:
        """Give `values[position]` as an error shows it."""
        cell = self.values[position]
        if isinstance(cell, bytes):
            cell = cell.decode("utf-8")
        return _checks.shown(cell) if isinstance(cell, str) else str(cell)

    def empties(self) -> NDArray[np.bool_]:
        """Mark the rows without a value."""
        if self.codes is not None:
            return np.asarray(self.codes < 0)
        if self.empty is not None:
            return self.empty
        return np.zeros(len(self.values), dtype=bool)

    def row_codes(self) -> NDArray[np.intp]:
        """Give each row's position in `values`, -1 where it is empty."""
        if self.codes is None:
            return np.arange(len(self.values), dtype=np.intp)
        return self.codes

    def per_row(self, found: NDArray[Any], fill: Any) -> NDArray[Any]:
        """Lay results for `values` out over the rows, `fill` where there is no value."""
        if self.codes is None:
            if self.empty is None:
                return found
            out = found.copy()
            out[self.empty] = fill
            return out
        if not len(found):
            return np.full(len(self.codes), fill, dtype=found.dtype)
        out = found[self.codes]
        absent = self.codes < 0
        if absent.any():
            out[absent] = fill
        return out

    def texts(self) -> list[str]:
        """Give `values` as text without blanks around it; whole numbers lose a trailing ``.0``."""
        if self.values.dtype.kind == "S":
            return [v.decode("utf-8").strip() for v in self.values.tolist()]
        return [v.strip() if type(v) is str else _text(v) for v in self.values.tolist()]

    def without(self, words: Collection[str]) -> Column:
        """Give the same column with the cells that read as one of `words` empty."""
        if self.codes is None:
            return self
        if self.values.dtype.kind == "S" and not padded(self.values):
            drop = np.zeros(len(self.values), dtype=bool)
            for word in words:
                drop |= self.values == word.encode()
        else:
            texts = self.texts()
            drop = np.fromiter((t in words for t in texts), dtype=bool, count=len(texts))
        if not drop.any():
            return self
        place = np.where(drop, -1, np.cumsum(~drop) - 1).astype(np.intp)
        codes = np.where(self.codes < 0, np.intp(-1), place[self.codes])
        return replace(self, values=self.values[~drop], codes=codes)

    def filled_within(self, groups: Column) -> Column:
        """Give an empty cell the first value of its group; a row without group stays as it is."""
        empty = self.empties()
        if groups.codes is None or not empty.any():
            return self
        known = np.flatnonzero(~empty & (groups.codes >= 0))[::-1]
        first = np.full(len(groups.values), -1, dtype=np.intp)
        first[groups.codes[known]] = known
        rows = np.arange(len(empty))
        rows[empty] = np.where(groups.codes[empty] < 0, -1, first[groups.codes[empty]])
        rows = np.where(rows < 0, np.arange(len(empty)), rows)
        if self.codes is not None:
            return replace(self, codes=self.codes[rows])
        return replace(self, values=self.values[rows], empty=empty[rows])


def _text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def column(who: str, name: str, series: pd.Series[Any]) -> Column:
    """Take a pandas column of any dtype apart.

    Text, categories and Python objects become distinct cells and codes; numbers and instants
    become plain native NumPy arrays with the empty rows marked. Instants with a time zone keep
    their local wall time.
    """
    dtype: Any = series.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return _categories(who, name, series)
    if isinstance(dtype, pd.PeriodDtype):
        series = series.dt.to_timestamp()
    elif isinstance(dtype, pd.DatetimeTZDtype):
        series = series.dt.tz_localize(None)
    elif isinstance(dtype, pd.ArrowDtype):
        series = _from_arrow(series)
    dtype = series.dtype
    if isinstance(dtype, np.dtype) and dtype.kind in "iufbM":
        values = series.to_numpy()
        if not values.dtype.isnative:
            values = values.astype(values.dtype.newbyteorder("="))
        empty = pd.isna(values) if values.dtype.kind in "fM" else None
        return Column(name, values, empty=empty if empty is not None and empty.any() else None)
    if pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_complex_dtype(dtype):
        return _masked(name, series)
    return _distinct(who, name, series)


def _masked(name: str, series: pd.Series[Any]) -> Column:
    dtype: Any = series.dtype
    empty = series.isna().to_numpy(dtype=bool)
    plain = np.dtype(getattr(dtype, "numpy_dtype", np.float64))
    values = series.to_numpy(dtype=plain, na_value=plain.type(0))
    return Column(name, values, empty=empty if empty.any() else None)


def _from_arrow(series: pd.Series[Any]) -> pd.Series[Any]:
    """Give an Arrow-typed column a dtype of pandas' own, or Python objects."""
    dtype: Any = series.dtype
    kind = dtype.kind
    if kind == "M":
        # date32 and date64 have neither a unit nor a zone.
        unit: Any = getattr(dtype.pyarrow_dtype, "unit", "s")
        zone = getattr(dtype.pyarrow_dtype, "tz", None)
        plain: Any = pd.DatetimeTZDtype(unit, zone) if zone else np.dtype(f"M8[{unit}]")
        when: Any = series.astype(plain)
        return pd.Series(when.dt.tz_localize(None) if zone else when)
    if kind in "iufb":
        return series.convert_dtypes(dtype_backend="numpy_nullable")
    return series.astype(object)


def _categories(who: str, name: str, series: pd.Series[Any]) -> Column:
    # A category that no row has must not decide anything.
    series = series.cat.remove_unused_categories()
    inner = column(who, name, pd.Series(series.cat.categories))
    codes = series.cat.codes.to_numpy().astype(np.intp)
    if inner.codes is not None:
        codes = np.where(codes < 0, np.intp(-1), inner.codes[codes])
    return Column(name, inner.values, codes)


def _distinct(who: str, name: str, series: pd.Series[Any]) -> Column:
    if pd.api.types.is_timedelta64_dtype(series.dtype):
        raise _checks.type_error(who, f"column {name!r}", "text, numbers or dates", series.iloc[0])
    try:
        codes, values = pd.factorize(series, use_na_sentinel=True)
    except TypeError:
        row = next(i for i, v in enumerate(series) if getattr(v, "__hash__", None) is None)
        raise _checks.type_error(
            who,
            f"column {name!r}",
            "text, numbers or dates in every row",
            series.iloc[row],
            f"It stands in row {row}.",
        ) from None
    return Column(name, np.asarray(values, dtype=object), np.asarray(codes, dtype=np.intp))


BLOCK = 1 << 16  # cells at a time: bounds the memory of tables of code points
_HASH = np.uint64(0x9E3779B97F4A7C15)


def distinct(column: Column) -> Column:
    """Take a column of bytes, one cell a row, apart into distinct cells and codes."""
    if column.codes is not None or column.values.dtype.kind != "S":
        return column
    cells = np.ascontiguousarray(column.values)
    words = cells.view(np.uint64).reshape(len(cells), cells.dtype.itemsize // 8)
    key = np.zeros(len(cells), dtype=np.uint64)
    for place in range(words.shape[1]):
        word = words[:, place]
        if not word.any():
            break  # longer than every cell
        key = (key ^ word) * _HASH
        key ^= key >> np.uint64(29)
    codes, keys = pd.factorize(key)
    first = np.empty(len(keys), dtype=np.intp)
    first[codes[::-1]] = np.arange(len(cells) - 1, -1, -1)
    values = cells[first]
    # Two cells under one key: seen here, and never in practice, sorting tells them apart.
    if not bool((words[:, : place + 1] == words[first, : place + 1][codes]).all()):
        values, codes = np.unique(cells, return_inverse=True)
    found = replace(column, values=values, codes=np.asarray(codes, dtype=np.intp), empty=None)
    return found.without({""})


def code_points(cells: NDArray[Any]) -> NDArray[Any]:
    """Give texts (bytes or code points of fixed width) as a table of integers, 0 after the end."""
    unit = np.uint8 if cells.dtype.kind == "S" else np.uint32
    if not len(cells) or not cells.dtype.itemsize:
        return np.zeros((len(cells), 1), dtype=unit)
    return np.ascontiguousarray(cells).view(unit).reshape(len(cells), -1)


def padded(cells: NDArray[np.bytes_]) -> bool:
    """Say whether some of these bytes begin or end with a blank or a sign beyond ASCII."""
    points = code_points(cells)
    last = points[np.arange(len(points)), np.maximum(np.strings.str_len(cells), 1) - 1]
    ends = np.concatenate([points[:, 0], last])
    return bool(((ends <= 32) | (ends >= 0x80)).any())


def text_dtype() -> Any:
    """Give the dtype pandas gives text by itself: ``str``, or object in pandas 2."""
    return pd.Series(["x"]).dtype


def text_array(values: list[str], codes: NDArray[np.intp]) -> Any:
    """Build pandas' own text array (``str``, or objects in pandas 2), NaN where a code is -1."""
    dtype: Any = text_dtype()
    if pd.api.types.is_object_dtype(dtype):
        table = np.empty(len(values) + 1, dtype=object)
        table[:-1] = values
        table[-1] = np.nan
        return table[codes]
    words: Any = pd.Series(values, dtype=dtype).array
    return words.take(codes, allow_fill=True)
