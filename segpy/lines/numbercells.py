"""Quantities and money: decimal comma or point, thousands, currency signs, signs in odd places."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segpy import _checks
from segpy.lines.cells import NOTHING, Column

# A currency stands as a sign or as up to three letters ("kr", "EUR", "R$", "zł") at either end.
_SIGN = "[£€$¥₹₺₽₩₪₫₱]"
_CURRENCY = rf"(?:(?:[^\W\d_]{{0,3}}\.?\s?{_SIGN}|[^\W\d_]{{1,3}}\.?)\s*)?"
_MINUS = "\u2212"  # the typographer's minus
_APOSTROPHES = "['\u2019\\s]"  # Switzerland's thousands, and everybody's blanks
_MONEY = re.compile(
    rf"""(?P<open>\()?\s*(?P<sign>[-+{_MINUS}])?\s*{_CURRENCY}(?P<sign2>[-+{_MINUS}])?\s*
        (?P<digits>\d[\d.,'\u2019\s]*|[.,]\d+)(?P<exp>[eE][-+]?\d{{1,3}})?\s*
        {_CURRENCY}(?P<sign3>[-{_MINUS}])?\s*(?P<close>\))?""",
    re.VERBOSE,
)
_PLAIN = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,3})?")
_INFINITE = frozenset({"inf", "infinity", "+inf", "-inf", "+infinity", "-infinity"})


@dataclass(frozen=True)
class Numbers:
    """A column of numbers.

    Attributes
    ----------
    values : ndarray of float64, shape (n,)
        NaN where a cell is empty.
    decimal : str or None
        The decimal mark the texts were read with; None where nothing had to be decided.
    """

    values: NDArray[np.float64]
    decimal: str | None


def numbers(
    who: str, column: Column, mark: str | None = None, comma_likely: bool = False
) -> Numbers:
    """Turn a column's cells into numbers.

    Parameters
    ----------
    who, column
        For errors; the cells.
    mark : str or None
        The decimal mark of the table's other columns, which tells what "1,234" and "1.234" mean
        where no cell of this column does.
    comma_likely : bool
        What "1,234" means where nothing else tells: True 1.234, False 1234.
    """
    kind = column.values.dtype.kind
    if kind == "b" or kind == "M":
        what = "dates" if kind == "M" else "True and False"
        raise _checks.type_error(
            who,
            f"column {column.name!r}",
            "numbers",
            column.values[0],
            f"It holds {what}; name another column with columns=.",
        )
    if kind in "iuf":
        return Numbers(_typed(who, column), None)
    column = column.without(NOTHING)
    texts = column.texts()
    if mark != "," and all(_PLAIN.fullmatch(t) for t in texts):
        plain, decimal = texts, None
    else:
        comma = mark == "," if mark else comma_likely
        plain, decimal = _spelled(who, column, texts, comma)
    values = np.array([float(p) for p in plain], dtype=np.float64)
    infinite = np.isinf(values)
    if infinite.any():
        _refuse_infinite(who, column, int(np.argmax(infinite)))
    return Numbers(column.per_row(values, np.nan), decimal)


def _typed(who: str, column: Column) -> NDArray[np.float64]:
    values = column.values.astype(np.float64)
    infinite = np.isinf(values)
    if infinite.any():
        _refuse_infinite(who, column, int(np.argmax(infinite)))
    return np.asarray(column.per_row(values, np.nan))


def as_counts(values: NDArray[np.float64]) -> NDArray[np.int64] | NDArray[np.float64]:
    """Give numbers as int64 if all are whole and small enough to be exact."""
    if bool(np.all(np.abs(values) < 2.0**53)) and bool(np.all(values == np.floor(values))):
        return values.astype(np.int64)
    return values


def _refuse_infinite(who: str, column: Column, position: int) -> None:
    raise _checks.value_error(
        who,
        f"column {column.name!r}",
        "finite numbers",
        f"{column.values[position]} in {column.where(position)}",
        "Correct the row, or leave the cell empty if the number is not known.",
    )


def _spelled(
    who: str, column: Column, texts: list[str], comma_else: bool
) -> tuple[list[str], str | None]:
    """Rewrite numbers with commas, thousands, currencies or brackets as plain ones."""
    found = []
    for position, text in enumerate(texts):
        match = _MONEY.fullmatch(text)
        if match is None or bool(match["open"]) != bool(match["close"]):
            if text.lower() in _INFINITE:
                _refuse_infinite(who, column, position)
            raise _checks.value_error(
                who,
                f"column {column.name!r}",
                "numbers",
                f"{_checks.shown(text)} in {column.where(position)}",
                "Correct the row, or name another column with columns=.",
            )
        found.append(match)
    bare = [re.sub(_APOSTROPHES, "", m["digits"]) for m in found]
    proves_comma, proves_point = _evidence(bare)
    # Evidence for both is a fault of the column, reported at the first row that does not fit.
    comma = comma_else if not (proves_comma or proves_point) else not proves_point
    thousands, mark = (".", ",") if comma else (",", ".")
    plain = []
    for position, (match, digits) in enumerate(zip(found, bare, strict=True)):
        whole, _, fraction = digits.partition(mark)
        if not _grouped(whole, thousands) or not (fraction == "" or fraction.isdecimal()):
            raise _checks.value_error(
                who,
                f"column {column.name!r}",
                f"numbers with {mark!r} as the decimal mark",
                f"{_checks.shown(texts[position])} in {column.where(position)}",
                f"The other rows were read with {mark!r}; write the column in one way.",
            )
        signs = [match["sign"], match["sign2"], match["sign3"], "-" if match["open"] else None]
        minus = sum(s in ("-", _MINUS) for s in signs if s) % 2
        number = whole.replace(thousands, "") + ("." + fraction if fraction else "")
        plain.append(("-" if minus else "") + number + (match["exp"] or ""))
    return plain, mark if any(c in b for b in bare for c in ".,") else None


def decimal_mark(column: Column) -> str | None:
    """Give the decimal mark that a column's cells prove, None if they prove none or both."""
    if column.values.dtype.kind != "O":
        return None
    found = [_MONEY.fullmatch(t) for t in column.without(NOTHING).texts()]
    comma, point = _evidence([re.sub(_APOSTROPHES, "", m["digits"]) for m in found if m])
    return None if comma == point else "," if comma else "."


def _evidence(bare: list[str]) -> tuple[bool, bool]:
    """Say whether some number proves the comma, and some the point, to be the decimal mark.

    The last of two different marks is decimal; so is a mark that is not followed by exactly three
    digits. A mark that stands twice in a number groups thousands.
    """
    comma = point = False
    for digits in bare:
        commas, points = digits.count(","), digits.count(".")
        if commas and points:
            last_is_comma = digits.rindex(",") > digits.rindex(".")
            comma, point = comma or last_is_comma, point or not last_is_comma
        elif commas == 1 and (len(digits) - digits.index(",") != 4 or digits[0] in ",0"):
            comma = True
        elif points == 1 and (len(digits) - digits.index(".") != 4 or digits[0] in ".0"):
            point = True
        elif commas > 1 or points > 1:
            comma, point = comma or points > 1, point or commas > 1
    return comma, point


def _grouped(whole: str, thousands: str) -> bool:
    """Say whether a number's whole part is digits, its thousands grouped by three or not at all."""
    first, *rest = whole.split(thousands)
    if not rest:
        return first == "" or first.isdecimal()
    # India groups by two above the thousand; the last group has three everywhere.
    return (
        first.isdecimal()
        and all(r.isdecimal() and len(r) in (2, 3) for r in rest)
        and (len(rest[-1]) == 3)
    )
