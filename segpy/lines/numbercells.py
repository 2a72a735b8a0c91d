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
_CURRENCY = rf"(?:[^\W\d_]{{0,3}}\.?\s?{_SIGN}|[^\W\d_]{{1,3}}\.?)?\s*"
# Codes and the signs that mean them; other letters, as in "5 pcs", are no currency.
_CODES = {
    **dict.fromkeys(("USD", "US$"), "$"),
    **dict.fromkeys(("JPY", "CNY", "RMB"), "¥"),
    **{"EUR": "€", "GBP": "£", "INR": "₹", "TRY": "₺", "KRW": "₩", "RUB": "₽", "BRL": "R$"},
    **{code: code for code in ("AUD", "CAD", "CHF", "CZK", "DKK", "HUF", "ISK", "MXN", "NOK")},
    **{code: code for code in ("NZD", "PLN", "RON", "SEK", "ZAR")},
}
_MINUS = "\u2212"  # the typographer's minus
_APOSTROPHES = "['\u2019\\s]"  # Switzerland's thousands, and everybody's blanks
_MONEY = re.compile(
    rf"""(?P<open>\()?\s*(?P<sign>[-+{_MINUS}])?\s*(?P<before>{_CURRENCY})(?P<sign2>[-+{_MINUS}])?\s*
        (?P<digits>\d[\d.,'\u2019\s]*|[.,]\d+)(?P<exp>[eE][-+]?\d{{1,3}})?\s*
        (?P<after>{_CURRENCY})(?P<sign3>[-{_MINUS}])?\s*(?P<close>\))?""",
    re.VERBOSE,
)
_PLAIN = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,3})?")
_MARKS = {",": "a comma", ".": "a point"}
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
    by : str or None
        What decided it: "argument", "cells" or "separator".
    """

    values: NDArray[np.float64]
    decimal: str | None = None
    by: str | None = None


@dataclass(frozen=True)
class Hints:
    """What tells the decimal mark of a column whose own cells do not, the strongest first.

    Attributes
    ----------
    given : str or None
        What the caller says; it overrules the cells.
    proven : str or None
        The mark that other columns of the table prove.
    separator : str or None
        The separator of a text file: beside ";" the comma is decimal, beside "," the point is.
    """

    given: str | None = None
    proven: str | None = None
    separator: str | None = None


def numbers(who: str, column: Column, hints: Hints | None = None) -> Numbers:
    """Turn a column's cells into numbers.

    Where every cell with a mark has exactly three digits after it ("1,234", "1.234"), `hints` tell
    whether it is a thousand or a little more than one; where they do not, that is an error.
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
        return Numbers(_typed(who, column))
    column = column.without(NOTHING)
    texts = column.texts()
    found = _matches(who, column, texts)
    _check_one_currency(who, column, found)
    bare = [re.sub(_APOSTROPHES, "", m["digits"]) for m in found]
    mark, by = _decide(who, column, bare, hints or Hints())
    if mark == "." and all(_PLAIN.fullmatch(t) for t in texts):
        plain = texts
        by = None if by == "cells" else by
    else:
        plain = [
            _plain(who, column, position, match, digits, mark)
            for position, (match, digits) in enumerate(zip(found, bare, strict=True))
        ]
    decimal = mark if by else None
    values = np.array([float(p) for p in plain], dtype=np.float64)
    infinite = np.isinf(values)
    if infinite.any():
        _refuse_infinite(who, column, int(np.argmax(infinite)))
    return Numbers(column.per_row(values, np.nan), decimal, by)


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


def _apart(text: str) -> re.Match[str] | None:
    """Take a number's text apart; None if it is none."""
    # One blank at a time: on a run of them the pattern's own would try every way to share it.
    return _MONEY.fullmatch(" ".join(text.split()))


def _currency(match: re.Match[str]) -> str:
    """Give the currency a cell names, however it is written; "" where it names none."""
    named = re.sub(r"[\s.]", "", match["before"] or match["after"]).upper()
    named = _CODES.get(named, named)
    return named if named in _CODES.values() or re.search(_SIGN, named) else ""


def _check_one_currency(who: str, column: Column, found: list[re.Match[str]]) -> None:
    """Refuse a column that counts in two currencies: their sum means nothing."""
    first: dict[str, int] = {}
    for position, match in enumerate(found):
        if match["before"] or match["after"]:
            first.setdefault(_currency(match), position)
    first.pop("", None)
    if len(first) > 1:
        one, other = list(first.values())[:2]
        raise _checks.value_error(
            who,
            f"column {column.name!r}",
            "in one currency",
            f"{found[one][0]!r} in {column.where(one)} and {found[other][0]!r} in "
            f"{column.where(other)}",
            "Convert the amounts, or read each currency by itself.",
        )


def _matches(who: str, column: Column, texts: list[str]) -> list[re.Match[str]]:
    """Take numbers apart that may have commas, thousands, currencies or brackets."""
    found = []
    for position, text in enumerate(texts):
        match = _apart(text)
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
    return found


def _decide(who: str, column: Column, bare: list[str], hints: Hints) -> tuple[str, str | None]:
    """Give the decimal mark and what tells it; None where no cell has a mark."""
    marked = [position for position, digits in enumerate(bare) if "," in digits or "." in digits]
    if hints.given:
        return hints.given, "argument" if marked else None
    comma, point = _evidence(bare)
    if comma or point:
        # Evidence for both is a fault of the column, reported at the first row that does not fit.
        return "." if point else ",", "cells"
    if not marked:
        return ".", None
    if hints.proven:
        return hints.proven, "cells"
    if hints.separator == ";":
        return ",", "separator"
    if hints.separator == "," and not any("," in bare[position] for position in marked):
        return ".", "separator"
    kind = column.values.dtype.kind
    written = [p for p in marked if kind != "O" or isinstance(column.values[p], str)]
    if not written:
        return ".", "cells"  # decimals and floats that a table holds as objects
    raise _doubtful(who, column, written[0], bare[written[0]])


def _doubtful(who: str, column: Column, position: int, digits: str) -> ValueError:
    mark = "," if "," in digits else "."
    other = "." if mark == "," else ","
    whole = digits.replace(mark, "")
    return _checks.value_error(
        who,
        f"column {column.name!r}",
        "numbers that read one way",
        f"{column.shown(position)} in {column.where(position)}, which is {whole} if the mark "
        f"groups thousands and {digits.replace(mark, '.')} if it is {_MARKS[mark]} before decimals",
        f"Nothing else in the table tells: pass decimal={other!r} for {whole}, "
        f"decimal={mark!r} for {digits.replace(mark, '.')}.",
    )


def _plain(
    who: str, column: Column, position: int, match: re.Match[str], digits: str, mark: str
) -> str:
    """Write a number as Python does."""
    thousands = "." if mark == "," else ","
    whole, _, fraction = digits.partition(mark)
    if not _grouped(whole, thousands) or not (fraction == "" or fraction.isdecimal()):
        raise _checks.value_error(
            who,
            f"column {column.name!r}",
            f"numbers with {mark!r} as the decimal mark",
            f"{column.shown(position)} in {column.where(position)}",
            f"The column is read with {mark!r}; write it in one way, or pass decimal=.",
        )
    signs = [match["sign"], match["sign2"], match["sign3"], "-" if match["open"] else None]
    minus = sum(s in ("-", _MINUS) for s in signs if s) % 2
    number = whole.replace(thousands, "") + ("." + fraction if fraction else "")
    return ("-" if minus else "") + number + (match["exp"] or "")


def decimal_mark(column: Column) -> str | None:
    """Give the decimal mark that a column's cells prove, None if they prove none or both."""
    if column.values.dtype.kind != "O":
        return None
    found = [_apart(t) for t in column.without(NOTHING).texts()]
    comma, point = _evidence([re.sub(_APOSTROPHES, "", m["digits"]) for m in found if m])
    return None if comma == point else "," if comma else "."


def _evidence(bare: list[str]) -> tuple[bool, bool]:
    """Say whether some number proves the comma, and some the point, to be the decimal mark.

    The last of two different marks is decimal; so is a mark that is not followed by exactly three
    digits, or follows a zero or more than three. A mark that stands twice in a number groups
    thousands.
    """
    comma = point = False
    for digits in bare:
        commas, points = digits.count(","), digits.count(".")
        if commas and points:
            last_is_comma = digits.rindex(",") > digits.rindex(".")
            comma, point = comma or last_is_comma, point or not last_is_comma
        elif commas == 1 and not _may_group(digits, digits.index(",")):
            comma = True
        elif points == 1 and not _may_group(digits, digits.index(".")):
            point = True
        elif commas > 1 or points > 1:
            comma, point = comma or points > 1, point or commas > 1
    return comma, point


def _may_group(digits: str, mark: int) -> bool:
    """Say whether a number's only mark may stand before the last three digits of a thousand."""
    return len(digits) - mark == 4 and 1 <= mark <= 3 and digits[0] != "0"


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
