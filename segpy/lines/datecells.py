"""Turning a column's cells into instants, the order of day and month decided on all of them."""

from __future__ import annotations

import datetime as dt
import numbers
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segpy import _checks
from segpy.lines.cells import BLOCK, NOTHING, Column, code_points, distinct, padded
from segpy.lines.datetexts import DAY_US, NO_OFFSET, WIDEST, Parts, day_numbers, parts

_UNITS = {"s": (1e8, 1e10), "ms": (1e11, 1e13), "us": (1e14, 1e16), "ns": (1e17, 9.2e18)}
_SERIAL = (10_000.0, 100_000.0)  # Excel's days from 1927 to 2173
_SERIAL_ZERO = -25_569  # 1899-12-30, from which Excel's day numbers count after 1900-02-29


@dataclass(frozen=True)
class Instants:
    """A date column.

    Attributes
    ----------
    values : ndarray of datetime64, shape (n,)
        One instant a row, without time zone.
    decided : dict
        How the cells were read, JSON values only.
    """

    values: NDArray[np.datetime64]
    decided: dict[str, Any]


def instants(who: str, column: Column, dayfirst: bool | None, *, sheet: bool = False) -> Instants:
    """Turn a column's cells into instants: of cells with an offset from UTC the local wall time.

    Parameters
    ----------
    who, column
        For errors; the cells.
    dayfirst : bool or None
        The order of day and month in cells like 01/02/2010; None decides on the whole column.
    sheet : bool
        The cells come from a spreadsheet, where dates beside texts mean that it turned the texts
        it could read into dates in its own order of day and month.

    Raises
    ------
    ValueError
        Naming the row and its text: for an empty cell, a cell that is no date, days and months
        that cannot be told apart, dates with different offsets from UTC but for two that are an
        hour apart, a shop's summer and winter.
    """
    column = distinct(column)
    kind = column.values.dtype.kind
    if kind in "OS":
        column = column.without(NOTHING)
    _check_none_empty(who, column)
    if kind == "M":
        return Instants(column.per_row(column.values, np.datetime64("NaT")), {"read_as": "dates"})
    if kind in "iuf":
        return _from_numbers(who, column, column.values)
    if kind == "b":
        raise _refused(who, column, 0, "Name another column with columns={'date': ...}.")
    if kind == "S":
        return _from_text_cells(who, column, _stripped(column), dayfirst, sheet)
    cells = column.values.tolist()
    if all(_is_number(c) for c in cells):
        return _from_numbers(who, column, pd.to_numeric(pd.Series(cells).astype(object)).to_numpy())
    if all(isinstance(c, dt.date) for c in cells):
        return _from_objects(who, column, cells)
    texts = np.array([_spelled(c)[:WIDEST] for c in cells], dtype=np.str_)
    return _from_text_cells(who, column, texts, dayfirst, sheet)


def _stripped(column: Column) -> NDArray[Any]:
    """Give a column of bytes as texts without blanks around them: bytes where all are ASCII."""
    if not (code_points(column.values) >= 0x80).any():
        return np.strings.strip(column.values) if padded(column.values) else column.values
    return np.array([t[:WIDEST] for t in column.texts()], dtype=np.str_)


def _from_text_cells(
    who: str,
    column: Column,
    texts: NDArray[Any],
    dayfirst: bool | None,
    sheet: bool,
) -> Instants:
    values = _as_numbers(texts)
    if values is not None:
        return _from_numbers(who, column, values)
    return _from_texts(who, column, texts, dayfirst, sheet)


def _as_numbers(texts: NDArray[Any]) -> NDArray[Any] | None:
    """Give texts as numbers if all are figures with at most one point, else None."""
    for start in range(0, len(texts), BLOCK):
        points = code_points(texts[start : start + BLOCK])
        point = points == ord(".")
        figure = (points >= ord("0")) & (points <= ord("9"))
        number = (figure | point | (points == 0)).all(axis=1) & (point.sum(axis=1) <= 1)
        if not bool((number & figure.any(axis=1)).all()):
            return None
    try:
        return texts.astype(np.int64)
    except (OverflowError, ValueError):
        return texts.astype(np.float64)


def _is_number(cell: object) -> bool:
    return isinstance(cell, numbers.Number) and not isinstance(cell, bool)


def _spelled(cell: object) -> str:
    return cell.isoformat(" ") if isinstance(cell, dt.datetime) else str(cell).strip()


def _refused(who: str, column: Column, position: int, advice: str = "") -> ValueError:
    got = f"{column.shown(position)} in {column.where(position)}"
    return _checks.value_error(who, f"column {column.name!r}", "dates", got, advice)


def _check_none_empty(who: str, column: Column) -> None:
    empty = column.empties()
    if empty.any():
        first = int(np.argmax(empty))
        raise _checks.value_error(
            who,
            f"column {column.name!r}",
            "a date in every row",
            f"none in {column.place(first)} ({int(empty.sum())} of {len(empty)} rows)",
            "Fill in the dates or leave those rows out.",
        )


def _from_objects(who: str, column: Column, cells: list[Any]) -> Instants:
    ahead = [c.utcoffset() if isinstance(c, dt.datetime) else None for c in cells]
    minutes = [NO_OFFSET if a is None else int(a.total_seconds() // 60) for a in ahead]
    offsets = _one_clock(who, column, np.array(minutes, dtype=np.int64))
    decided: dict[str, Any] = {"read_as": "dates"}
    if offsets:
        decided["offsets"] = offsets
    local = [c.replace(tzinfo=None) if isinstance(c, dt.datetime) else c for c in cells]
    values = pd.to_datetime(pd.Series(local, dtype=object)).to_numpy()
    return Instants(column.per_row(values, np.datetime64("NaT")), decided)


def _from_numbers(who: str, column: Column, values: NDArray[Any]) -> Instants:
    """Read YYYYMMDD (and HHMM, HHMMSS), Excel's day numbers, or seconds and their parts from 1970.

    The family is that of the middle value; every cell must belong to it.
    """
    if not len(values):
        return Instants(column.per_row(values.astype("M8[us]"), np.datetime64("NaT")), {})
    if column.codes is None and column.empty is not None:
        values = values[~column.empty]
    middle = float(np.median(values.astype(np.float64)))
    # numpy's float to int cast of a value out of range is undefined; such a cell fits no family.
    safe = np.abs(values.astype(np.float64)) < 9.2e18
    whole = safe & (np.floor(np.where(safe, values, 0)) == values)
    number = np.where(whole, values, 0).astype(np.int64)
    micros, fits, read_as = _calendar_numbers(number, whole)
    if not bool(fits[_middle_at(values, middle)]):
        if _SERIAL[0] <= middle < _SERIAL[1]:
            fits = (values >= _SERIAL[0]) & (values < _SERIAL[1])
            # Excel keeps times as parts of a day: to the millisecond they come back exactly.
            millis = np.rint(np.where(fits, values, 0).astype(np.float64) * 86_400_000.0)
            micros = millis.astype(np.int64) * 1000 + _SERIAL_ZERO * DAY_US
            read_as = "Excel day numbers"
        else:
            micros, fits, read_as = _epoch(values, middle, safe)
    if not fits.all():
        raise _refused(
            who,
            column,
            int(np.argmin(fits)),
            "Numbers are dates if all are YYYYMMDD, Excel day numbers or a time since 1970.",
        )
    return Instants(
        column.per_row(micros.view("M8[us]"), np.datetime64("NaT")), {"read_as": read_as}
    )


def _middle_at(values: NDArray[Any], middle: float) -> int:
    return int(np.argmin(np.abs(values.astype(np.float64) - middle)))


def _calendar_numbers(
    number: NDArray[np.int64], whole: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.bool_], str]:
    date, clock, read_as = number, np.zeros_like(number), "YYYYMMDD"
    size = int(np.median(number))
    if 10**13 <= size < 10**14:
        date, clock, read_as = number // 10**6, number % 10**6, "YYYYMMDDHHMMSS"
    elif 10**11 <= size < 10**12:
        date, clock, read_as = number // 10**4, number % 10**4 * 100, "YYYYMMDDHHMM"
    days, fits = day_numbers(date // 10_000, date // 100 % 100, date % 100)
    hour, minute, second = clock // 10_000, clock // 100 % 100, clock % 100
    fits &= whole & (date >= 19_000_101) & (date < 22_000_101)
    fits &= (hour < 24) & (minute < 60) & (second < 60)
    seconds = hour * 3600 + minute * 60 + second
    return days * DAY_US + seconds * 1_000_000, fits, read_as


def _epoch(
    values: NDArray[Any], middle: float, safe: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.bool_], str]:
    for unit, (low, high) in _UNITS.items():
        if low <= middle < high:
            fits = safe & (values >= low / 100) & (values < high)
            held = np.where(fits, values, 0)
            if unit == "ns":
                return held.astype(np.int64) // 1000, fits, "nanoseconds since 1970, UTC"
            scale = {"s": 1_000_000, "ms": 1000, "us": 1}[unit]
            if held.dtype.kind == "f":
                micros = np.rint(held * scale).astype(np.int64)
            else:
                micros = held.astype(np.int64) * scale
            names = {"s": "seconds", "ms": "milliseconds", "us": "microseconds"}
            return micros, fits, f"{names[unit]} since 1970, UTC"
    return np.zeros(len(values), dtype=np.int64), np.zeros(len(values), dtype=bool), ""


def _from_texts(
    who: str,
    column: Column,
    texts: NDArray[Any],
    dayfirst: bool | None,
    sheet: bool,
) -> Instants:
    read = parts(texts)
    if not read.fits.all():
        raise _refused(
            who,
            column,
            int(np.argmin(read.fits)),
            "Correct the row, or name another column with columns={'date': ...}.",
        )
    two_way = read.separator != 0
    decided: dict[str, Any] = {"read_as": "text"}
    if two_way.any():
        if sheet and not two_way.all():
            _refuse_half_turned(who, column, two_way)
        first = _day_first(who, column, read, two_way, dayfirst)
        decided["dayfirst"] = first
        swap = two_way & (not first if first is not None else False)
        day = np.where(swap, read.month, read.day)
        month = np.where(swap, read.day, read.month)
    else:
        day, month = read.day, read.month
    days, fits = day_numbers(read.year, month, day)
    if not fits.all():
        advice = "Such a day is not known; leave out lines that have none but a placeholder."
        raise _refused(who, column, int(np.argmin(fits)), advice)
    offsets = _one_clock(who, column, read.offset)
    if offsets:
        decided["offsets"] = offsets
    nanos = read.nanos
    fine = bool((nanos % 1000 != 0).any())
    if fine:
        values = (days * DAY_US * 1000 + nanos).view("M8[ns]")
    else:
        values = (days * DAY_US + nanos // 1000).view("M8[us]")
    return Instants(column.per_row(values, np.datetime64("NaT")), decided)


def _refuse_half_turned(who: str, column: Column, two_way: NDArray[np.bool_]) -> None:
    at = int(np.argmax(two_way))
    raise _checks.value_error(
        who,
        f"column {column.name!r}",
        "all dates or all texts",
        f"text {column.shown(at)} in {column.where(at)} beside real dates",
        "The spreadsheet has turned the texts it could read into dates, and may have swapped day "
        "and month; load the original text with the column set to 'text', or export it as CSV.",
    )


def _day_first(
    who: str, column: Column, read: Parts, two_way: NDArray[np.bool_], dayfirst: bool | None
) -> bool | None:
    """Decide the order of day and month; `read` holds the first number as day. None: no matter."""
    no_month_second = two_way & (read.month > 12)
    no_month_first = two_way & (read.day > 12)
    open_cells = two_way & (read.day != read.month) & ~no_month_first & ~no_month_second
    says_first, says_second = bool(no_month_first.any()), bool(no_month_second.any())
    if dayfirst is not None:
        against = no_month_second if dayfirst else no_month_first
        if against.any():
            at = int(np.argmax(against))
            raise _checks.value_error(
                who,
                f"column {column.name!r}",
                f"dates with the {'day' if dayfirst else 'month'} first (dayfirst={dayfirst})",
                f"{column.shown(at)} in {column.where(at)}",
                "Leave dayfirst out if all rows are written in one way.",
            )
        return dayfirst
    if says_first and says_second:
        day, month = int(np.argmax(no_month_first)), int(np.argmax(no_month_second))
        raise _checks.value_error(
            who,
            f"column {column.name!r}",
            "dates with day and month in one order",
            f"{column.shown(day)} in {column.where(day)} (day first) and "
            f"{column.shown(month)} in {column.where(month)} (month first)",
            "Write the column in one way.",
        )
    if not open_cells.any():
        return True if says_first else False if says_second else None
    # A column in two handwritings is two columns glued together: one tells nothing of the other.
    proven = np.unique(read.separator[no_month_first | no_month_second])
    doubtful = open_cells & ~np.isin(read.separator, proven)
    if doubtful.any():
        at = int(np.argmax(doubtful))
        raise _checks.value_error(
            who,
            f"column {column.name!r}",
            "dates whose day and month can be told apart",
            f"{column.shown(at)} in {column.where(at)}, and every row written like it reads "
            "both ways",
            "Pass dayfirst=True if the day comes first, dayfirst=False if the month does.",
        )
    return says_first


def _one_clock(who: str, column: Column, offset: NDArray[np.int64]) -> list[str]:
    """Name the offsets from UTC, none if the cells have none; refuse several clocks.

    Two offsets an hour apart are one clock in summer and winter. The wall time itself is kept.
    """
    offsets, first = np.unique(offset, return_index=True)
    named = [
        "none" if o == NO_OFFSET else f"{'-' if o < 0 else '+'}{abs(o) // 60:02d}:{abs(o) % 60:02d}"
        for o in offsets.tolist()
    ]
    if len(offsets) > 2 or (len(offsets) == 2 and offsets[1] - offsets[0] != 60):
        shown = [f"{n} in {column.where(int(i))}" for n, i in zip(named, first[:3], strict=False)]
        raise _checks.value_error(
            who,
            f"column {column.name!r}",
            "dates on one clock, with offsets from UTC that are equal or, in summer and winter, an "
            "hour apart",
            " and ".join(shown),
            "Bring the column to one clock first, such as UTC or the shop's own.",
        )
    return [n for n in named if n != "none"]
