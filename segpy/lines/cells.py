"""A column as its distinct cells: whatever the dtype, the work is done once for each of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
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
        Numbers, instants or objects: one a row, or with `codes` the distinct ones.
    codes : ndarray of intp, or None
        Row to position in `values`, -1 where the cell is empty; None: `values` are the rows.
    empty : ndarray of bool, or None
        Rows without a value where `codes` is None; None: there are none.
    """

    name: str
    values: NDArray[Any]
    codes: NDArray[np.intp] | None = None
    empty: NDArray[np.bool_] | None = None

    def row(self, position: int) -> int:
        """Give the first row that holds `values[position]`."""
        return position if self.codes is None else int(np.argmax(self.codes == position))

    def empties(self) -> NDArray[np.bool_]:
        """Mark the rows without a value."""
        if self.codes is not None:
            return np.asarray(self.codes < 0)
        if self.empty is not None:
            return self.empty
        return np.zeros(len(self.values), dtype=bool)

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
        return [v.strip() if type(v) is str else _text(v) for v in self.values.tolist()]

    def without(self, words: Iterable[str]) -> Column:
        """Give the same column with the cells that read as one of `words` empty."""
        if self.codes is None:
            return self
        texts = self.texts()
        drop = np.fromiter((t in words for t in texts), dtype=bool, count=len(texts))
        if not drop.any():
            return self
        place = np.where(drop, -1, np.cumsum(~drop) - 1).astype(np.intp)
        codes = np.where(self.codes < 0, np.intp(-1), place[self.codes])
        return Column(self.name, self.values[~drop], codes)


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
