"""The one door between tables and codes: DataFrames in, integer codes and float64 columns out."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from segpy import _checks, _core

MONEY_LIMIT = float(2**44)  # amounts of this size and more do not fit the exact sums
UNITS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}  # ticks a second
_ISO = re.compile(r"\d{4}-\d{1,2}-\d{1,2}([T ].*)?$|\d{8}$")
_MISSING_DATE = np.iinfo(np.int64).min


class Codes:
    """Ids as integers: `ids[codes[i]]` is the id of row i, and a code of -1 is a missing id."""

    def __init__(
        self, codes: NDArray[np.int32], count: int, make_ids: Callable[[], pd.Index[Any]]
    ) -> None:
        self.codes = codes
        self.count = count  # of distinct ids
        self._make_ids = make_ids

    @cached_property
    def ids(self) -> pd.Index[Any]:
        """The distinct ids by code, made when first asked for: a sum by order needs none."""
        return self._make_ids()


class Dates(NamedTuple):
    """Dates as whole ticks of `unit` since 1970; NaT does not occur."""

    values: NDArray[np.int64]
    unit: str


def _plain(values: ArrayLike, dtype: Any) -> NDArray[Any]:
    """Give values as the kernels take them: this dtype, contiguous, aligned; a copy if need be."""
    return np.require(values, dtype, ["C_CONTIGUOUS", "ALIGNED"])


def frame(who: str, table: object) -> pd.DataFrame:
    """Give a pandas, polars or pyarrow table as a DataFrame, columns named once."""
    if isinstance(table, pd.DataFrame):
        result = table
    elif hasattr(table, "__arrow_c_stream__") and hasattr(table, "schema"):
        result = _from_arrow(table)
    else:
        raise _checks.type_error(who, "the table", "a pandas, polars or pyarrow table", table)
    names = result.columns
    if not names.is_unique:
        twice = names[names.duplicated()].tolist()[0]
        times = int(names.isin([twice]).sum())
        raise _checks.value_error(
            who,
            "column names",
            "there once each",
            f"{twice!r} {times} times",
            "Rename or drop one of them.",
        )
    return result


def _from_arrow(table: Any) -> pd.DataFrame:
    try:
        import pyarrow as pa
    except ImportError:
        return pd.DataFrame({name: table[name].to_numpy() for name in table.columns})
    # polars lends string views, which pandas does not take over as its own strings and older
    # pyarrow cannot cast: asked for its oldest form, polars gives large strings itself
    polars = sys.modules.get("polars")
    if polars is not None and isinstance(table, polars.DataFrame):
        level = getattr(polars, "CompatLevel", None)
        table = table.to_arrow(compat_level=level.oldest()) if level else table.to_arrow()
    arrow = table if isinstance(table, pa.Table) else pa.table(table)
    views = {pa.string_view()} if hasattr(pa, "string_view") else set()
    fields = []
    for field in arrow.schema:
        if field.type in views:
            field = field.with_type(pa.large_string())
        elif pa.types.is_dictionary(field.type) and str(field.type.index_type)[0] == "u":
            # categories of polars, which pandas takes over from newer pyarrow only
            field = field.with_type(field.type.value_type)
        fields.append(field)
    return pd.DataFrame(arrow.cast(pa.schema(fields)).to_pandas())


def column(table: pd.DataFrame, name: str) -> pd.Series[Any]:
    """Give one column; `frame` has made sure that it is there once."""
    found = table[name]
    assert isinstance(found, pd.Series)
    return found


def encode(who: str, ids: pd.Series[Any], sort: bool = True) -> Codes:
    """Turn a column of ids (ints, whole floats, strings, categories, dates) into codes.

    With `sort` the codes ascend with the ids; else their order means nothing.
    """
    dtype = ids.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return _encode_categories(who, ids, sort)
    if pd.api.types.is_bool_dtype(dtype):
        raise _checks.type_error(who, f"ids of column {ids.name!r}", "numbers or strings", dtype)
    if pd.api.types.is_integer_dtype(dtype):
        return _encode_ints(who, ids, sort)
    if pd.api.types.is_float_dtype(dtype):
        return _encode_floats(who, ids, sort)
    if pd.api.types.is_datetime64_any_dtype(dtype):
        local = ids if ids.dtype.kind == "M" and ids.dt.tz is None else ids.dt.tz_localize(None)
        values = np.ascontiguousarray(local.to_numpy().astype("datetime64[ns]").view(np.int64))
        gone = values == _MISSING_DATE
        codes, found = _core.encode_ints(values, gone, sort)
        return Codes(codes, len(found), lambda: pd.Index(found.view("datetime64[ns]")))
    return _encode_texts(who, ids, sort)


def _encode_ints(who: str, ids: pd.Series[Any], sort: bool) -> Codes:
    if isinstance(ids.dtype, np.dtype):
        values, gone = ids.to_numpy(), None
    else:
        missing = ids.isna().to_numpy()
        gone = np.ascontiguousarray(missing) if missing.any() else None
        kind = np.uint64 if ids.dtype.kind == "u" else np.int64
        values = ids.to_numpy(dtype=kind, na_value=0)
    if values.dtype.kind == "u" and values.size and values.max() > np.iinfo(np.int64).max:
        return _encode_texts(who, ids.astype("string").astype(object), sort)
    codes, found = _core.encode_ints(_plain(values, np.int64), gone, sort)
    return Codes(codes, len(found), lambda: pd.Index(found))


def _encode_floats(who: str, ids: pd.Series[Any], sort: bool) -> Codes:
    values = ids.to_numpy(dtype=np.float64, na_value=np.nan)
    gone = np.isnan(values)
    whole = gone | ((values == np.floor(values)) & (np.abs(values) < 2.0**53))
    if not whole.all():
        row = int(np.argmin(whole))
        raise _checks.value_error(
            who,
            f"ids of column {ids.name!r}",
            "whole numbers or strings",
            f"{values[row]} in row {row}",
            "Read the column as text.",
        )
    codes, found = _core.encode_ints(np.where(gone, 0.0, values).astype(np.int64), gone, sort)
    return Codes(codes, len(found), lambda: pd.Index(found))


def _encode_categories(who: str, ids: pd.Series[Any], sort: bool) -> Codes:
    used = ids.cat.remove_unused_categories()
    inner = encode(who, pd.Series(used.cat.categories, name=ids.name), sort)
    outer = used.cat.codes.to_numpy()
    # one more place at the end, where code -1 (missing) looks
    table = np.append(inner.codes, np.int32(-1))
    return Codes(table[outer], inner.count, lambda: inner.ids)


def _encode_texts(who: str, ids: pd.Series[Any], sort: bool) -> Codes:
    if isinstance(ids.dtype, pd.StringDtype) and ids.dtype.storage == "python":
        # where there is no pyarrow, pandas keeps its own strings in objects and lends no others
        source = ids.to_numpy(dtype=object, na_value=np.nan)
    elif hasattr(ids.array, "__arrow_array__"):
        source = ids.array.__arrow_array__()
        if str(source.type) not in ("string", "large_string", "string_view"):
            source = ids.to_numpy(dtype=object)
    else:
        source = ids.to_numpy(dtype=object)
    if isinstance(source, np.ndarray):
        source = np.ascontiguousarray(source)
    try:
        codes, rows = _core.encode_texts(source, sort)
    except TypeError:
        return _encode_objects(who, ids, sort)
    except UnicodeEncodeError as error:
        row = next(i for i, v in enumerate(ids) if isinstance(v, str) and v == error.object)
        raise _checks.value_error(
            who,
            f"row {row} of id column {ids.name!r}",
            "text of whole characters",
            _checks.shown(ids.iloc[row]),
            "Read the file with its own encoding.",
        ) from None
    return Codes(codes, len(rows), lambda: pd.Index(ids.take(rows)))


def _encode_objects(who: str, ids: pd.Series[Any], sort: bool) -> Codes:
    """Encode an object column that holds more than strings."""
    inferred = ids.infer_objects()
    if inferred.dtype.kind == "M":
        return encode(who, inferred, sort)
    plain: list[Any] = [_plain_id(who, ids.name, row, value) for row, value in enumerate(ids)]
    if not any(isinstance(value, str) for value in plain):
        try:
            return encode(who, pd.Series(pd.array(plain, dtype="Int64"), name=ids.name), sort)
        except (OverflowError, TypeError, ValueError):
            pass  # beyond 64 bits a number is as good as a text
    texts = np.array([None if value is None else str(value) for value in plain], dtype=object)
    found = _encode_texts(who, pd.Series(texts, name=ids.name), sort)
    return Codes(found.codes, found.count, lambda: found.ids.astype(str))


def _plain_id(who: str, name: object, row: int, value: object) -> int | str | None:
    """Give one id as it counts: text, whole number, or None where it is missing."""
    if isinstance(value, str):
        return value
    if value is None or value is pd.NA or value is pd.NaT or value != value:
        return None
    if isinstance(value, int | np.integer) and not isinstance(value, bool):
        return int(value)
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return int(value)
    raise _checks.type_error(who, f"row {row} of id column {name!r}", "a number or a string", value)


def dates(who: str, when: pd.Series[Any]) -> Dates:
    """Give a column of dates as ticks; zoned dates count by their local clock."""
    dtype: Any = when.dtype
    if isinstance(dtype, pd.ArrowDtype) or pd.api.types.is_object_dtype(dtype):
        kind = pd.api.types.infer_dtype(when, skipna=True)
        if kind not in ("datetime64", "datetime", "date"):
            raise _not_dates(who, when)
        try:
            when = pd.Series(pd.to_datetime(when), name=when.name)
        except ValueError:
            raise _checks.value_error(
                who,
                f"column {when.name!r}",
                "dates of one time zone, or of none",
                "several",
                "Bring them to one clock with pandas.to_datetime(..., utc=True).",
            ) from None
        dtype = when.dtype
    if isinstance(dtype, pd.DatetimeTZDtype):
        when = when.dt.tz_localize(None)
        dtype = when.dtype
    if not (isinstance(dtype, np.dtype) and dtype.kind == "M"):
        raise _not_dates(who, when)
    ticks = when.to_numpy()
    unit = np.datetime_data(ticks.dtype)[0]
    values = _plain(ticks, f"=M8[{unit}]").view(np.int64)
    if values.size and values.min() == _MISSING_DATE:
        row = int(np.argmin(values))
        raise _checks.value_error(
            who, f"column {when.name!r}", "a date in every row", f"none in row {row}"
        )
    return Dates(values, unit)


def _not_dates(who: str, when: pd.Series[Any]) -> TypeError:
    return TypeError(
        _checks.sentence(
            who,
            f"column {when.name!r}",
            "dates",
            f"dtype {when.dtype}",
            "Read the file with read_transactions, or use pandas.to_datetime.",
        )
    )


def moment(who: str, name: str, value: Any) -> pd.Timestamp:
    """Check an argument that is a date, and give it as a moment of the shop's own clock."""
    # 07.06.2011 is June in one country and July in another: text must name the year first
    readable = not isinstance(value, str) or _ISO.match(value.strip())
    at = None
    if readable and not isinstance(value, int | float | np.number):
        try:
            at = pd.Timestamp(value)
        except (TypeError, ValueError):
            at = None
    if at is None or pd.isna(at):
        allowed = "a date such as '2011-12-10', year, month, day"
        raise _checks.value_error(who, f"{name!r}", allowed, _checks.shown(value))
    if at.tzinfo is not None:
        raise _checks.value_error(
            who,
            f"{name!r}",
            "a date without a time zone",
            str(at),
            "Dates count by the local clock.",
        )
    return at


def days(who: str, when: pd.Series[Any]) -> NDArray[np.int64]:
    """Give the calendar days of a column of dates, counted from 1970-01-01."""
    found = dates(who, when)
    return found.values // (86_400 * UNITS[found.unit])


def money(who: str, amounts: pd.Series[Any], check: bool = True) -> NDArray[np.float64]:
    """Give a column of money as float64; NaN, infinity and 2^44 are an error that names the row.

    Without `check` the kernel that gets the column is the one to refuse it.
    """
    dtype = amounts.dtype
    numeric = pd.api.types.is_numeric_dtype(dtype) or pd.api.types.is_object_dtype(dtype)
    if not numeric or pd.api.types.is_bool_dtype(dtype) or pd.api.types.is_complex_dtype(dtype):
        raise _checks.type_error(
            who, f"column {amounts.name!r}", "numbers", dtype, "Convert it, as with astype(float)."
        )
    try:
        values = _plain(amounts.to_numpy(dtype=np.float64, na_value=np.nan), np.float64)
    except (TypeError, ValueError):
        raise _checks.type_error(who, f"column {amounts.name!r}", "numbers", dtype) from None
    if check:
        if amounts.name == "amount" and values.size and np.isnan(values).all():
            raise _checks.value_error(
                who,
                f"column {amounts.name!r}",
                "money",
                "no number in any row",
                "A file without prices gives none: name its column with "
                "read_transactions(..., columns={'price': ...}).",
            )
        fine = np.abs(values) < MONEY_LIMIT
        if not fine.all():
            row = int(np.argmin(fine))
            raise _checks.value_error(
                who,
                f"column {amounts.name!r}",
                "finite and below 2**44 (about 1.7e13) in size",
                f"{values[row]} in row {row}",
            )
    return values


def totals(
    codes: NDArray[np.int32] | None, n_codes: int, amounts: ArrayLike
) -> NDArray[np.float64]:
    """Sum money by code, exactly: any order of rows gives the same bits. Code -1 is left out."""
    values = _plain(amounts, np.float64)
    places = None if codes is None else _plain(codes, np.int32)
    return _core.totals(places, values, n_codes)


def total(amounts: ArrayLike) -> float:
    """Sum money exactly, rounded once."""
    return float(totals(None, 1, amounts)[0])
