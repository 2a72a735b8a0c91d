"""What this room asks of the tables it draws."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segpy import _checks, _frames


def rows(
    who: str, table: object, needed: Iterable[str], index: str, each: str, advice: str
) -> pd.DataFrame:
    """Give a table that has the needed columns and at least one row.

    A column called `index` becomes the index, for tables that come from a file or from a library
    that knows no index; `each` says what a row is.
    """
    found = _frames.frame(who, table)
    _checks.columns(who, found, needed, advice)
    if len(found) == 0:
        raise _checks.value_error(who, "the table", f"of at least one row, one {each}", "no rows")
    if index in found.columns and found.index.name != index:
        found = found.set_index(index)
    return found


def numbers(who: str, table: pd.DataFrame, name: str) -> NDArray[np.float64]:
    """Give a column as finite float64 of any size: sums may be larger than one amount may be."""
    values = _frames.money(who, _frames.column(table, name), check=False)
    wrong = ~np.isfinite(values)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise _checks.value_error(
            who,
            f"column {name!r}",
            "a finite number in every row",
            f"{values[row]} in row {row} ({_checks.shown(table.index[row])})",
        )
    return values
