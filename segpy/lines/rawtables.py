"""A source's columns and what their headers mean, before any cell is judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segpy import _checks
from segpy.lines.cells import Column, column, distinct
from segpy.lines.formats import Content
from segpy.lines.guests import without_guests
from segpy.lines.recognise import Recognised, listed, recognise
from segpy.lines.spelling import normalise
from segpy.lines.textfiles import understand
from segpy.lines.texttables import typed

IDS = ("customer", "order")
_TEXT_KINDS = (str, object, "str", "string", "object")


@dataclass
class RawTable:
    """A source cut into columns.

    Attributes
    ----------
    who : str
        For errors.
    headers : list
        All column names, in the order of the source.
    found : Recognised
        Which of them have a role.
    table : DataFrame
        The cells of all columns but those of `short`.
    schema : dict
        What was decided so far.
    short : dict of str to ndarray of bytes
        A text file's ids, dates and products.
    dtypes : dict
        What the caller wants columns to be.
    separator : str or None
        What stands between a text file's cells.
    decimal : str or None
        The decimal mark, if the caller says it.
    line : callable or None
        Gives the line of the file in which a row stands, None if it cannot be told.
    guests : dict or None
        Which customers are guests and where their ids come from; filled once there are some.
    """

    who: str
    headers: list[Any]
    found: Recognised
    table: pd.DataFrame
    schema: dict[str, Any]
    short: dict[str, NDArray[np.bytes_]] = field(default_factory=dict)
    dtypes: dict[str, Any] = field(default_factory=dict)
    separator: str | None = None
    decimal: str | None = None
    line: Callable[[int], int | None] | None = None
    guests: dict[str, Any] | None = None

    def has(self, role: str) -> bool:
        """Say whether some column has the role."""
        return role in self.found.roles

    def header(self, role: str) -> str:
        """Name the column that has the role."""
        return str(self.headers[self.found.roles[role]])

    def column(self, role: str) -> Column:
        """Give the cells of the column that has the role."""
        found = self._cells(self.headers[self.found.roles[role]])
        if role in self.found.rules.get("first_row_of_order", ()) and self.has("order"):
            # The export writes what belongs to the whole order on the order's first row only.
            found = found.filled_within(distinct(self.column("order")))
        if role == "customer" and "guests" in self.found.rules:
            found = self._without_guests(found, self.found.rules["guests"])
        return found

    def _cells(self, header: Any) -> Column:
        cells = self.short.get(header)
        if cells is None:
            found = column(self.who, str(header), self.table[header])
        else:
            empty = cells == b""
            found = Column(str(header), cells, empty=empty if empty.any() else None)
        return replace(found, line=self.line)

    def _without_guests(self, customers: Column, rule: dict[str, Any]) -> Column:
        """Give guests, whom the export all calls alike, the id the rule finds elsewhere."""
        if normalise(customers.name) not in map(normalise, rule["headers"]):
            return customers
        spelled = {normalise(str(header)): header for header in reversed(self.headers)}
        other = next((spelled[n] for n in map(normalise, rule["else"]) if n in spelled), None)
        known = without_guests(
            customers, rule["ids"], None if other is None else self._cells(other)
        )
        if known is None:
            return customers
        found, rows = known
        self.guests = {"rows": rows, "column": None if other is None else str(other)}
        return found

    def others(self) -> list[tuple[Any, pd.Series[Any]]]:
        """Give the columns without a role."""
        used = {self.headers[place] for place in self.found.roles.values()}
        return [(h, self.table[h]) for h in self.headers if h not in used]

    def drop_empty_rows(self) -> None:
        """Leave out the rows that hold nothing at all, and say how many."""
        if not self.column("date").empties().any():
            return
        empty = self.table.isna().all(axis=1).to_numpy(dtype=bool)
        for cells in self.short.values():
            empty = empty & (cells == b"")
        if empty.any():
            self.schema["empty_rows"] = int(empty.sum())
            self.table = self.table[~empty].reset_index(drop=True)
            self.short = {header: cells[~empty] for header, cells in self.short.items()}
            kept, line = np.flatnonzero(~empty), self.line
            self.line = None if line is None else lambda row: line(int(kept[row]))


def raw_table(
    who: str,
    content: Content,
    columns: Mapping[str, object] | None,
    encoding: str | None,
    decimal: str | None,
    dtype: Any,
    progress: bool | None,
) -> RawTable:
    """Cut a source into columns and recognise their roles."""
    schema: dict[str, Any] = {"format": content.format}
    if content.format != "table":
        schema["file"] = PurePath(content.name).name
    if content.table is None:
        raw = _from_text(who, content, columns, encoding, decimal, dtype, progress, schema)
    else:
        raw = _from_table(who, content, columns, dtype, schema)
    raw.decimal = decimal
    if len(raw.table) and content.format in ("text", "excel"):
        raw.drop_empty_rows()
    if not len(raw.table):
        raise _checks.value_error(
            who,
            "'source'",
            "a table with order lines",
            f"a header and no line: {listed(raw.headers)}",
        )
    return raw


def _from_table(
    who: str,
    content: Content,
    columns: Mapping[str, object] | None,
    dtype: Any,
    schema: dict[str, Any],
) -> RawTable:
    table = content.table
    assert table is not None
    index = [str(n) for n in table.index.names if n is not None]
    hint = f"If {index} of the index is one of them, call reset_index() first." if index else ""
    if content.sheets:
        schema["sheet"] = content.sheet
        hint = f"Or choose another sheet than {content.sheet!r} with sheet_name=; the workbook has "
        hint += f"{list(content.sheets)}."
    headers = list(table.columns)
    found = recognise(who, headers, columns, hint)
    dtypes = _dtypes(who, dtype, headers, found)
    typed_ = table.copy(deep=False)
    for place, header in enumerate(headers):
        if str(header) in dtypes and place not in found.roles.values():
            typed_[header] = table[header].astype(dtypes[str(header)])
    return RawTable(who, headers, found, typed_, schema, dtypes=dtypes)


def _from_text(
    who: str,
    content: Content,
    columns: Mapping[str, object] | None,
    encoding: str | None,
    decimal: str | None,
    dtype: Any,
    progress: bool | None,
    schema: dict[str, Any],
) -> RawTable:
    text = understand(who, content.text, content.name, encoding)
    hint = "" if text.has_header else "The first line holds data, so columns were numbered."
    if text.guessed:
        hint = "Were names damaged by the encoding (guessed: cp1252), pass encoding=."
    found = recognise(who, text.headers, columns, hint)
    dtypes = _dtypes(who, dtype, text.headers, found)
    schema |= {"encoding": text.encoding, "delimiter": text.delimiter_shown}
    schema |= {"encoding_guessed": text.guessed, "header": text.has_header}
    table, short = typed(who, text, found, dtypes, decimal, progress)
    return RawTable(
        who,
        list(text.headers),
        found,
        table,
        schema,
        short,
        dtypes,
        separator=text.delimiter,
        line=text.line_of(len(table)),
    )


def _dtypes(who: str, dtype: Any, headers: list[Any], found: Recognised) -> dict[str, Any]:
    """Check `dtype` and give it for each column it says something about."""
    if dtype is None:
        return {}
    names = [str(h) for h in headers]
    roles = {names[place]: role for role, place in found.roles.items()}
    if not isinstance(dtype, Mapping):
        if dtype not in _TEXT_KINDS:
            raise _checks.type_error(who, "'dtype'", "a dict of column to dtype, or str", dtype)
        return {h: str for h in names if roles.get(h) in (*IDS, None)}
    for name, kind in dtype.items():
        if name not in names:
            raise _checks.value_error(
                who,
                "a key of dtype",
                "a column of the source",
                f"{name!r}",
                f"The columns are {listed(names)}.",
            )
        role = roles.get(name)
        if role is not None and (role not in IDS or kind not in _TEXT_KINDS):
            raise _checks.value_error(
                who,
                f"dtype[{name!r}]",
                "str for a customer or order, or of a column without role",
                f"{kind!r} for the {role}",
                "Dates, numbers and names have the types the docstring gives.",
            )
    return dict(dtype)
