"""From a delimited text to typed columns, in as few passes as lose nothing."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segpy.lines.cells import NOTHING, code_points, column, text_array
from segpy.lines.recognise import Recognised
from segpy.lines.textfiles import Text, cut

# Ids, dates and codes are short, and as bytes of fixed width they are cut and judged at C speed
# even where each row has its own; a longer cell is seen by its last byte and read again.
_SHORT = ("customer", "order", "date", "product")
_SHORT_TYPE = "S40"
_CODE_TYPE = "S24"
_NAMES = ("description", "country")
_NUMERIC = ("quantity", "price", "amount")
_NUMBER = re.compile(r"-?(?:(?:0|[1-9]\d{0,17})(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d{1,3})?")


def typed(
    who: str,
    text: Text,
    found: Recognised,
    dtypes: dict[str, Any],
    decimal: str | None,
    progress: bool | None,
) -> tuple[pd.DataFrame, dict[str, NDArray[np.bytes_]]]:
    """Cut a text into a table, and its columns of short cells into bytes.

    Columns of text hold it as it is written; quantities and money are numbers where every cell of
    all of them is a plain one that reads one way; columns without a role are what `dtypes` or
    pandas makes of them, but codes with leading zeros, a plus, or more figures than the type can
    hold stay text.
    """
    place = {role: text.headers[i] for role, i in found.roles.items()}
    others = [h for h in text.headers if h not in place.values()]
    given = {h: kind for h, kind in dtypes.items() if h in others}
    short = [place[role] for role in _SHORT if role in place]
    table = cut(who, text, dtype=dict.fromkeys(short, _SHORT_TYPE) | given, progress=progress)
    cells = {header: _bytes(table.pop(header), _SHORT_TYPE) for header in short}
    too_long = [header for header, c in cells.items() if code_points(c)[:, -1].any()]
    free = [h for h in others if h not in given]
    codes = [h for h in free if _is_beyond_int64(table[h])]
    numbers = [h for h in free if h not in codes and table[h].dtype.kind in "iuf"]
    codes += _codes(who, text, table, numbers)
    again = [*too_long, *codes]
    again += [place[r] for r in _NAMES if r in place and table[place[r]].dtype.kind in "iufb"]
    numeric = [place[role] for role in _NUMERIC if role in place]
    if any(table[h].dtype.kind not in "iuf" for h in numeric) or any(
        _may_be_thousands(table[h], text.delimiter, decimal) for h in numeric
    ):
        # One column has commas or currencies, so "1.234" in another may be a thousand: as written.
        again += numeric
    if again:
        written = cut(who, text, dtype=dict.fromkeys(again, object), only=again)
        for header in again:
            table[header] = _text(written[header]) if header in codes else written[header]
            cells.pop(header, None)
    for header in free:
        if header not in codes and table[header].dtype.kind not in "iufb":
            table[header] = _plain(who, header, table[header])
    return table, cells


def _may_be_thousands(series: pd.Series[Any], delimiter: str, decimal: str | None) -> bool:
    """Say whether numbers read with a decimal point may have been written with one for thousands.

    No number below 1 and none with more than three decimals or three figures before them, is all
    that can be told from the values; what is written decides.
    """
    if series.dtype.kind != "f" or (delimiter == "," and decimal != ",") or decimal == ".":
        return False
    if decimal == ",":
        return True
    size = np.abs(series.to_numpy())
    size = size[np.isfinite(size)]
    broken = size != np.floor(size)
    with np.errstate(over="ignore"):
        three = np.rint(size * 1000.0) / 1000.0 == size
    return bool(np.all(~broken | (three & (size >= 1.0) & (size < 1000.0))))


def _is_beyond_int64(series: pd.Series[Any]) -> bool:
    """Say whether pandas found whole numbers that need more than 64 bits, which are ids."""
    if series.dtype.kind != "O":
        return False
    first = series.first_valid_index()
    return first is not None and isinstance(series.loc[first], int)


def _bytes(series: pd.Series[Any], kind: str) -> NDArray[np.bytes_]:
    """Give a column read as bytes as such; pandas 2 hands them out as objects."""
    return np.asarray(series.to_numpy(), dtype=kind)


def _codes(who: str, text: Text, table: pd.DataFrame, headers: list[str]) -> list[str]:
    """Find the columns that pandas took for numbers, though some cell is not written as one."""
    if not headers:
        return []
    written = cut(who, text, dtype=dict.fromkeys(headers, _CODE_TYPE), only=headers)
    return [
        header
        for header in headers
        if _is_code(_bytes(written[header], _CODE_TYPE), table[header].dtype.kind == "f")
    ]


def _is_code(cells: NDArray[np.bytes_], as_float: bool) -> bool:
    points = code_points(cells)
    if len(points) and bool((points[:, 0] == ord(" ")).any()):
        points = code_points(np.strings.lstrip(cells).astype(cells.dtype))
    figure = (points >= ord("0")) & (points <= ord("9"))
    zero = (points[:, 0] == ord("0")) & figure[:, 1]
    minus = (points[:, 0] == ord("-")) & (points[:, 1] == ord("0")) & figure[:, 2]
    found = bool((zero | minus | (points[:, 0] == ord("+"))).any())
    if as_float:
        # A float holds fifteen figures for sure; a longer whole number is an id.
        found = found or bool((figure.all(axis=1, where=points != 0) & figure[:, 15]).any())
    return found


def _text(series: pd.Series[Any]) -> pd.Series[Any]:
    codes, values = pd.factorize(series)
    return pd.Series(text_array(list(values), np.asarray(codes, dtype=np.intp)), series.index)


def _plain(who: str, header: str, series: pd.Series[Any]) -> pd.Series[Any]:
    """Type a column whose missing cells are written out ("NA"), where all others are numbers."""
    if not bool(series.isin(list(NOTHING)).any()):
        return series
    numeric = column(who, header, series).without(NOTHING)
    texts = numeric.texts()
    if not texts or not all(_NUMBER.fullmatch(t) for t in texts):
        return series
    values = numeric.per_row(np.array([float(t) for t in texts]), np.nan)
    return pd.Series(values, index=series.index)
