"""Cells of small tables as plain values, for the words of the page."""

from __future__ import annotations

from typing import Any

import pandas as pd


def rows(table: pd.DataFrame) -> dict[Any, dict[str, Any]]:
    """Give the rows of a table with distinct labels, in order: label -> column -> value."""
    columns = [str(name) for name in table.columns]
    values = zip(*(table[name].tolist() for name in table.columns), strict=True)
    return {
        label: dict(zip(columns, line, strict=True))
        for label, line in zip(table.index, values, strict=True)
    }
