"""What a column holds: a measure, or an id, a date, a text that must not be averaged."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segpy import _checks, _frames

Floats = NDArray[np.float64]

# Reasons for leaving a column out that those who call ask about.
BY_NAME = "an id, by its name"
NEVER_REPEATS = "whole numbers that never repeat, so an id or a running number"
YES_NO = "yes or no"

LARGEST = 2.0**1023  # the difference of two smaller numbers is finite
_COLLISIONS = 10.0  # repeats that chance would bring; e**-10 is the odds of none at all
_LOOKED_AT = 1_000  # values of a column that are looked at first

# Words that end the name of an id, and names that are ids by themselves.
_ID_ENDS = {
    *("id", "ids", "uid", "uuid", "guid", "key", "no", "nr", "number", "code"),
    *("zip", "zipcode", "postcode", "plz", "ean", "gtin", "sku", "barcode", "iban", "ssn"),
}
_ID_NAMES = {"customer", "client", "user", "member", "account", "order", "invoice", "product"}
_DATE_WORDS = {"date", "datetime", "timestamp"}
_DATE_TEXT = re.compile(r"\s*\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}\b")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_]+")


class Moments(NamedTuple):
    """Mean and standard deviation (ddof 0) of a column."""

    mean: float
    spread: float


def words(name: object) -> list[str]:
    """Split a column's name into lower-case words: ``CustomerID`` is customer, id."""
    return [word.casefold() for word in _WORD.findall(str(name))]


def named_id(name: object) -> bool:
    """Tell whether a column's name says that it holds ids.

    >>> named_id("CustomerID"), named_id("Member_number"), named_id("number_of_orders")
    (True, True, False)
    """
    found = words(name)
    return bool(found) and (found[-1] in _ID_ENDS or (len(found) == 1 and found[0] in _ID_NAMES))


def why_left_out(column: pd.Series[Any]) -> str:
    """Say why a column is no measure; an empty text for one that is.

    A measure is a column of numbers that is neither an id nor a date. An id is a column of whole
    numbers whose name says so, or in which no number comes twice although chance would have
    brought repeats: n draws from r numbers repeat about n**2 / 2r times.
    """
    dtype = column.dtype
    if pd.api.types.is_object_dtype(dtype):
        column = column.infer_objects()
        dtype = column.dtype
    if pd.api.types.is_datetime64_any_dtype(dtype) or isinstance(dtype, pd.PeriodDtype):
        return "dates"
    if pd.api.types.is_timedelta64_dtype(dtype):
        return "durations; pass them as a number of days"
    if pd.api.types.is_bool_dtype(dtype):
        return YES_NO
    if isinstance(dtype, pd.CategoricalDtype):
        return "categories"
    if pd.api.types.is_complex_dtype(dtype):
        return "complex numbers"
    if not pd.api.types.is_numeric_dtype(dtype):
        return _why_no_number(column)
    values = _frames.money("columns", column, check=False)
    return _why_no_measure(column.name, values[np.isfinite(values)])


def _why_no_number(column: pd.Series[Any]) -> str:
    """Say what a column of objects or texts holds; decimals and the like are numbers."""
    held = pd.api.types.infer_dtype(column, skipna=True)
    if held in ("decimal", "mixed-integer-float", "integer", "floating"):
        values = _frames.money("columns", column, check=False)
        return _why_no_measure(column.name, values[np.isfinite(values)])
    if held in ("date", "datetime", "datetime64", "period", "time"):
        return "dates"
    if held == "boolean":
        return YES_NO
    if held == "empty":
        return "no values"
    if held != "string":
        return "neither numbers nor text"
    known = column.dropna()
    some = known.iloc[:_LOOKED_AT].astype(str)
    if all(_DATE_TEXT.match(text) for text in some):
        return "dates written as text"
    if named_id(column.name):
        return BY_NAME
    if pd.to_numeric(some, errors="coerce").notna().all():
        return "numbers written as text; convert them with pandas.to_numeric"
    return "text"


def _why_no_measure(name: object, values: Floats) -> str:
    """Say why numbers are no measure: an id or a date by name, or by never repeating."""
    if len(values) == 0 or not bool((values == np.floor(values)).all()):
        return ""
    if named_id(name):
        return BY_NAME
    low, high = float(values.min()), float(values.max())
    dated = bool(_DATE_WORDS & set(words(name)))
    if dated and low >= 1e7:  # 20111209, or seconds since 1970
        return "dates written as numbers"
    if len(values) ** 2 / (2.0 * (high - low + 1.0)) < _COLLISIONS:
        return ""
    # Most columns repeat early; only what does not is looked at whole.
    return NEVER_REPEATS if _differ(values[:_LOOKED_AT]) and _differ(values) else ""


def _differ(values: Floats) -> bool:
    ordered = np.sort(values)
    return bool((ordered[1:] > ordered[:-1]).all())


def numbers(who: str, column: pd.Series[Any], *, missing: bool = False) -> Floats:
    """Give a column of numbers (or yes and no) as float64; what is not finite names its row.

    With `missing` NaN is let through.
    """
    if pd.api.types.is_bool_dtype(column.dtype):
        column = column.astype("Float64" if column.hasnans else "float64")
    values = _frames.money(who, column, check=False)
    wrong = ~(np.abs(values) < LARGEST)
    if missing:
        wrong &= ~np.isnan(values)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise _checks.value_error(
            who,
            f"column {column.name!r}",
            "a finite number below 2**1023 in size in every row",
            f"{_shown(values[row])} in row {row} (index {_label(column.index, row)})",
            "Drop such rows, or fill them with prepare_features(impute=...)."
            if np.isnan(values[row])
            else "Correct such values, or drop their rows.",
        )
    return values


def _shown(value: float) -> str:
    return "NaN" if np.isnan(value) else f"{value:g}"


def _label(index: pd.Index[Any], row: int) -> str:
    return _checks.shown(index[row : row + 1].tolist()[0])


def labels(who: str, what: str, given: object, index: pd.Index[Any]) -> pd.Series[Any]:
    """Give one label a row as a Series in the order of the rows.

    A Series whose index holds the same entries in another order is taken by its index.
    """
    allowed = f"one label for each of the {len(index)} rows"
    if isinstance(given, pd.Series):
        found = given
        if _turned(given.index, index):
            found = given.reindex(index)
    elif isinstance(given, pd.Categorical | pd.Index):
        found = pd.Series(given, name="labels")
    elif given is None or isinstance(given, str | bytes | dict | set) or not np.iterable(given):
        raise _checks.type_error(who, what, allowed, given)
    else:
        values = np.asarray(given)
        if values.ndim != 1:
            raise _checks.value_error(who, what, allowed, f"an array of shape {values.shape}")
        found = pd.Series(values, name="labels")
    if len(found) != len(index):
        raise _checks.value_error(who, what, allowed, f"{len(found)} labels")
    # Yes and no are groups too, 1 and 0.
    return found.astype("Int64") if pd.api.types.is_bool_dtype(found.dtype) else found


def _turned(one: pd.Index[Any], other: pd.Index[Any]) -> bool:
    """Tell whether two indices hold the same entries, once each, in different orders."""
    if len(one) != len(other) or one.equals(other):
        return False
    return one.is_unique and other.is_unique and bool(one.isin(other).all())


def moments(ordered: Floats) -> Moments:
    """Compute mean and standard deviation of at least one value, given in ascending order.

    Added in this one order, the same values give the same bits whatever rows they came from.
    A power of two scales them first, so that neither 1e300 nor 1e-300 is lost in a square.
    """
    low, high = float(ordered[0]), float(ordered[-1])
    if low == high:
        return Moments(low, 0.0)
    power = int(np.frexp(max(abs(low), abs(high)))[1])
    scaled = np.ldexp(ordered, -power)
    mean = float(scaled.mean())
    apart = scaled - mean
    mean += float(apart.mean())  # what rounding left over
    apart = scaled - mean
    widest = int(np.frexp(float(np.abs(apart).max()))[1])
    spread = float(np.sqrt(np.mean(np.ldexp(apart, -widest) ** 2)))
    return Moments(float(np.ldexp(mean, power)), float(np.ldexp(spread, power + widest)))


def quantile(ordered: Floats, share: float) -> float:
    """Give a quantile of ascending values, linear between the two nearest."""
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    part = place - below
    return float(ordered[below] + (ordered[above] - ordered[below]) * part)
