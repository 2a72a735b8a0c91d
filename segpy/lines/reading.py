"""Reading order lines: any table or file in, the canonical table out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segpy import _checks
from segpy.lines.cells import NOTHING, Column, column, text_array, text_dtype
from segpy.lines.datecells import instants
from segpy.lines.formats import Content, open_source
from segpy.lines.idcells import ids, words
from segpy.lines.numbercells import as_counts, decimal_mark, numbers
from segpy.lines.recognise import CANONICAL, ROLES, Recognised, listed, recognise
from segpy.lines.textfiles import Text, cut, understand

_WHO = "read_transactions"
_NUMERIC = ("quantity", "price", "amount")
_IDS = ("customer", "order")
_TEXT_KINDS = (str, object, "str", "string", "object")
_NUMBER = re.compile(r"-?(?:(?:0|[1-9]\d{0,17})(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d{1,3})?")


def read_transactions(
    source: Any,
    *,
    columns: Mapping[str, object] | None = None,
    con: Any = None,
    sheet_name: int | str = 0,
    dayfirst: bool | None = None,
    encoding: str | None = None,
    dtype: Any = None,
    progress: bool | None = None,
) -> pd.DataFrame:
    r"""Read a shop's order lines into the canonical table.

    Headers, encoding, delimiter, decimal mark and the way dates are written are found out; what
    was found stands in ``attrs["schema"]``, and what cannot be decided is an error that says which
    argument decides it.

    Parameters
    ----------
    source : path, open file, DataFrame, polars or pyarrow table
        Files are told apart by their content: delimited text (plain, ``.gz``, ``.zip``), Excel
        (``.xlsx .xls .xlsb .ods``, with the extra ``excel``), Parquet and Feather (with the extra
        ``parquet``).
    columns : dict, optional
        Role to column name, overruling what is recognised: ``{"customer": "Kunde"}``. None as a
        name leaves the role out. Roles: customer, order, date, product, quantity, price, amount,
        description, country. A text file without header has columns ``column_1, column_2, ...``.
    con : None
        For SQL, which is not run in this version: pass ``pandas.read_sql(query, con)``.
    sheet_name : int or str, default 0
        The sheet of a workbook, by place or name.
    dayfirst : bool, optional
        True reads 01/02/2010 as 1 February, False as January 2. By default the whole column
        decides; if every cell reads both ways that is an error.
    encoding : str, optional
        A text file's encoding. By default UTF-8, UTF-16 or Windows-1252, whichever it is.
    dtype : dict or str, optional
        Column name to dtype for columns without a role, as `pandas.read_csv` takes it; for
        customers and orders only ``str``, which keeps them text. ``dtype=str`` is both, everywhere.
    progress : bool, optional
        A bar for long reads; by default only after a second of work on a terminal or in a notebook.

    Returns
    -------
    DataFrame
        First ``customer, order`` (int64, Int64 where some are missing, or text), ``date``
        (datetime64 without zone: of zoned input the local wall time), ``product`` (text),
        ``quantity`` (int64 if all whole numbers, else float64), ``price, amount`` (float64, in the
        currency of the source); then ``description, country`` (text) where known, then every other
        column as it was. A DataFrame's index is kept. ``attrs["schema"]`` maps each role to its
        source column (None: there was none) and says what was decided.

    Raises
    ------
    TypeError
        If an argument has a type that is not listed here.
    ValueError
        If customer or date cannot be recognised, no customer is known, a cell is no date or
        number (the message gives the row, counted from 0 after the header, and the text), days
        and months cannot be told apart, clocks are mixed, encodings are mixed, or there is no row.
    FileNotFoundError, PermissionError
        If the path leads nowhere or must not be read.
    ImportError
        If a format needs an extra; the message names it.

    Notes
    -----
    Ids are whole numbers only if the whole column is: no leading zeros, no signs, at most 18
    digits ("17850.0" counts as 17850). Products are text always. Blanks around ids, names and
    countries are stripped; an empty cell or one that says ``NA``, ``NULL``, ``None`` or ``nan`` is
    a missing id. A missing price or quantity stays missing (NaN), and so does its amount; infinity
    is an error.

    ``amount = quantity * price``, unless the source has a line total; then ``price = amount /
    quantity`` (NaN where the quantity is 0), and with price and line total both there both are
    kept. Without quantities each line counts 1; without any money price and amount are NaN.
    Without an order column an order is a customer's calendar day, named "<customer> <day>"; a line
    without customer then has no order. A canonical table comes back unchanged. In a text file or
    sheet wholly empty lines are left out.

    Examples
    --------
    >>> import io
    >>> import segpy as sp
    >>> lines = "Kunde;Datum;Artikel;Menge;Preis", "7;24.12.2010;A1;2;12,50", "7;31.12.2010;B;1;8"
    >>> tx = sp.read_transactions(io.StringIO("\n".join(lines)))
    >>> tx[["customer", "order", "product", "quantity", "amount"]]
       customer         order product  quantity  amount
    0         7  7 2010-12-24      A1         2    25.0
    1         7  7 2010-12-31       B         1     8.0
    >>> tx.attrs["schema"]["price"], tx.attrs["schema"]["decimal"]
    ('Preis', ',')
    """
    _check_options(con, dayfirst, progress)
    content = open_source(_WHO, source, sheet_name)
    if content.table is not None and columns is None and _is_canonical(content.table):
        return _as_it_is(content.table)
    raw = _raw(content, columns, encoding, dtype, progress)
    if not len(raw.table):
        raise _checks.value_error(
            _WHO,
            "'source'",
            "a table with order lines",
            f"a header and no line: {listed(list(raw.table.columns))}",
        )
    return _Canonical(raw, dayfirst).build()


def _check_options(con: Any, dayfirst: object, progress: object) -> None:
    if con is not None:
        raise _checks.value_error(
            _WHO,
            "'con'",
            "None in this version",
            type(con).__name__,
            "Read the query into a DataFrame first: pandas.read_sql(query, con), and pass that.",
        )
    for name, value in (("dayfirst", dayfirst), ("progress", progress)):
        if value is not None and not isinstance(value, bool | np.bool_):
            raise _checks.type_error(_WHO, f"'{name}'", "True, False or None", value)


@dataclass
class _Raw:
    """A source's columns and what their headers mean, before any cell is judged.

    `others_as_text` marks a text file, whose columns without a role are still text.
    """

    table: pd.DataFrame
    found: Recognised
    schema: dict[str, Any]
    comma_likely: bool = False
    others_as_text: bool = False
    sheet: bool = False
    dtypes: dict[str, Any] = field(default_factory=dict)


def _raw(
    content: Content,
    columns: Mapping[str, object] | None,
    encoding: str | None,
    dtype: Any,
    progress: bool | None,
) -> _Raw:
    schema: dict[str, Any] = {"format": content.format}
    if content.format != "table":
        schema["file"] = PurePath(content.name).name
    if content.table is not None:
        table = content.table
        index = [str(n) for n in table.index.names if n is not None]
        hint = f"If {index} of the index is one of them, call reset_index() first." if index else ""
        found = recognise(_WHO, list(table.columns), columns, hint)
        dtypes = _dtypes(dtype, [str(c) for c in table.columns], found)
        raw = _Raw(table, found, schema, sheet=content.format == "excel", dtypes=dtypes)
    else:
        text = understand(_WHO, content.text, content.name, encoding)
        hint = "" if text.has_header else "The first line holds data, so columns were numbered."
        if text.encoding in ("cp1252", "iso-8859-1") and encoding is None:
            hint = "Were names damaged by the encoding (guessed: cp1252), pass encoding=."
        found = recognise(_WHO, text.headers, columns, hint)
        dtypes = _dtypes(dtype, text.headers, found)
        schema |= {"encoding": text.encoding, "delimiter": text.delimiter_shown}
        schema |= {"header": text.has_header}
        table = _cut(text, found, dtypes, progress)
        likely = text.delimiter == ";"
        raw = _Raw(table, found, schema, likely, others_as_text=True, dtypes=dtypes)
    if content.format in ("text", "excel"):
        _drop_empty_rows(raw)
    return raw


def _cut(
    text: Text, found: Recognised, dtypes: dict[str, Any], progress: bool | None
) -> pd.DataFrame:
    numeric = [text.headers[found.roles[r]] for r in _NUMERIC if r in found.roles]
    others = {h for p, h in enumerate(text.headers) if p not in found.roles.values()}
    given = {h: kind for h, kind in dtypes.items() if h in others}
    table = cut(_WHO, text, numeric=numeric, dtype=given, progress=progress)
    texts = [h for h in numeric if table[h].dtype.kind not in "iuf"]
    if texts and len(texts) < len(numeric):
        # One column has commas or currencies, so "1.234" in another may be a thousand: as written.
        table = cut(_WHO, text, numeric=[], dtype=given, progress=progress)
    return table


def _drop_empty_rows(raw: _Raw) -> None:
    absent = raw.table.iloc[:, raw.found.roles["date"]].isna()
    if absent.any():
        empty = raw.table.isna().all(axis=1)
        if empty.any():
            raw.schema["empty_rows"] = int(empty.sum())
            raw.table = raw.table[~empty].reset_index(drop=True)


def _dtypes(dtype: Any, headers: list[str], found: Recognised) -> dict[str, Any]:
    """Check `dtype` and give it for each column it says something about."""
    if dtype is None:
        return {}
    roles = {headers[place]: role for role, place in found.roles.items()}
    if not isinstance(dtype, Mapping):
        if dtype not in _TEXT_KINDS:
            raise _checks.type_error(_WHO, "'dtype'", "a dict of column to dtype, or str", dtype)
        return {h: str for h in headers if roles.get(h) in (*_IDS, None)}
    for name, kind in dtype.items():
        if name not in headers:
            raise _checks.value_error(
                _WHO,
                "a key of dtype",
                "a column of the source",
                f"{name!r}",
                f"The columns are {listed(headers)}.",
            )
        role = roles.get(name)
        if role is not None and (role not in _IDS or kind not in _TEXT_KINDS):
            raise _checks.value_error(
                _WHO,
                f"dtype[{name!r}]",
                "str for a customer or order, or of a column without role",
                f"{kind!r} for the {role}",
                "Dates, numbers and names have the types the docstring gives.",
            )
    return dict(dtype)


class _Canonical:
    """The canonical table of one source, built role by role."""

    def __init__(self, raw: _Raw, dayfirst: bool | None) -> None:
        self.raw = raw
        self.dayfirst = dayfirst
        self.rules = raw.found.rules
        headers = list(raw.table.columns)
        self.headers = {role: headers[place] for role, place in raw.found.roles.items()}
        self.schema: dict[str, Any] = {
            role: str(self.headers[role]) if role in self.headers else None for role in ROLES
        }
        self.schema |= {"source": raw.found.source, **raw.schema, "derived": {}}

    def build(self) -> pd.DataFrame:
        out: dict[str, Any] = {"customer": self._ids("customer")}
        if bool(np.all(pd.isna(out["customer"]))):
            raise _checks.value_error(
                _WHO,
                f"column {str(self.headers['customer'])!r}",
                "known for some customer",
                f"all {len(self.raw.table)} rows missing",
                "Name the column that tells customers apart: columns={'customer': '<column>'}.",
            )
        read = instants(
            _WHO,
            self._column("date"),
            self.dayfirst,
            one_clock=bool(self.rules.get("one_clock")),
            sheet=self.raw.sheet,
        )
        self.schema["dates"] = read.decided
        out["order"] = self._orders(out["customer"], read.values)
        out["date"] = read.values
        out |= self._names()
        out |= self._money()
        known = [role for role in ROLES if role in CANONICAL or role in out]
        index = self.raw.table.index
        ordered = {role: pd.Series(out[role], index=index) for role in known}
        result = pd.DataFrame(ordered | self._others(known), index=index)
        result.attrs = {"schema": self.schema}
        return result

    def _series(self, role: str) -> pd.Series[Any]:
        place = self.raw.found.roles[role]
        series = self.raw.table.iloc[:, place]
        of_the_order = role in self.rules.get("first_row_of_order", ()) and "order" in self.headers
        if of_the_order and series.isna().any():
            # The export writes what belongs to the whole order on the order's first row only.
            order = self.raw.table.iloc[:, self.raw.found.roles["order"]]
            first = series.groupby(order.to_numpy(), sort=False).transform("first")
            series = series.where(series.notna(), first)
        return series

    def _column(self, role: str) -> Column:
        return column(_WHO, str(self.headers[role]), self._series(role))

    def _ids(self, role: str) -> Any:
        keep = str(self.headers[role]) in self.raw.dtypes
        return ids(self._column(role), keep_text=keep)

    def _orders(self, customers: Any, dates: NDArray[np.datetime64]) -> Any:
        if "order" in self.headers:
            orders = self._ids("order")
            if not bool(np.all(pd.isna(orders))):
                return orders
        self.schema["derived"]["order"] = "customer's calendar day"
        return _customer_days(customers, dates)

    def _names(self) -> dict[str, Any]:
        n = len(self.raw.table)
        nothing = text_array([], np.full(n, -1, dtype=np.intp))
        out = {"product": words(self._column("product")) if "product" in self.headers else nothing}
        for role in ("description", "country"):
            if role in self.headers:
                out[role] = words(self._column(role))
        if self.rules.get("product_else_description") and "description" in out:
            product = pd.Series(out["product"])
            out["product"] = product.where(product.notna(), pd.Series(out["description"])).array
        return out

    def _money(self) -> dict[str, NDArray[Any]]:
        cells = {role: self._column(role) for role in _NUMERIC if role in self.headers}
        marks = {decimal_mark(c) for c in cells.values()}
        mark = marks.pop() if len(marks := marks - {None}) == 1 else None
        read = {role: numbers(_WHO, c, mark, self.raw.comma_likely) for role, c in cells.items()}
        used = {r.decimal for r in read.values()} - {None}
        self.schema["decimal"] = used.pop() if len(used) == 1 else "." if not used else "mixed"
        n = len(self.raw.table)
        derived = self.schema["derived"]
        quantity: NDArray[Any] = np.ones(n, dtype=np.int64)
        if "quantity" in read:
            quantity = as_counts(read["quantity"].values)
        else:
            derived["quantity"] = "1 a line"
        price, amount = (read[r].values if r in read else None for r in ("price", "amount"))
        if amount is None and price is not None:
            derived["amount"] = "quantity * price"
            amount = self._product(quantity, price)
        elif price is None and amount is not None:
            derived["price"] = "amount / quantity"
            price = np.full(n, np.nan)
            np.divide(amount, quantity, out=price, where=quantity != 0)
        nothing = np.full(n, np.nan)
        return {
            "quantity": quantity,
            "price": nothing if price is None else price,
            "amount": nothing.copy() if amount is None else amount,
        }

    def _product(self, quantity: NDArray[Any], price: NDArray[np.float64]) -> NDArray[np.float64]:
        with np.errstate(over="ignore"):
            amount = quantity * price
        if np.isinf(amount).any():
            row = int(np.argmax(np.isinf(amount)))
            raise _checks.value_error(
                _WHO, "quantity * price", "finite", f"{quantity[row]} * {price[row]} in row {row}"
            )
        return np.asarray(amount, dtype=np.float64)

    def _others(self, known: list[str]) -> dict[Any, Any]:
        """Give the columns without a role, under a name that no role has."""
        others: dict[Any, Any] = {}
        renamed: dict[str, str] = {}
        used = set(self.raw.found.roles.values())
        taken = {*known, *map(str, self.raw.table.columns)}
        for place, header in enumerate(self.raw.table.columns):
            if place in used:
                continue
            series = self.raw.table.iloc[:, place]
            if str(header) in self.raw.dtypes:
                series = series.astype(self.raw.dtypes[str(header)])
            elif self.raw.others_as_text:
                series = _plain(series)
            name = header
            if header in known:
                name = f"{header}_source"
                while name in taken:
                    name += "_"
                renamed[str(header)] = str(name)
            others[name] = series
        if renamed:
            self.schema["renamed"] = renamed
        return others


def _customer_days(customers: Any, dates: NDArray[np.datetime64]) -> Any:
    """Name each customer's calendar day: the same name whatever file or part it stands in."""
    who, people = pd.factorize(pd.Series(customers), use_na_sentinel=True)
    when, days = np.unique(dates.astype("M8[D]"), return_inverse=True)[::-1]
    pairs = np.where(who < 0, -1, who.astype(np.int64) * len(days) + when)
    keys, codes = np.unique(pairs, return_inverse=True)
    start = int(len(keys) > 0 and keys[0] < 0)
    texts = np.datetime_as_string(days).tolist()
    names = [str(p) for p in people.tolist()]
    orders = [
        f"{names[key // len(days)]} {texts[key % len(days)]}" for key in keys[start:].tolist()
    ]
    return text_array(orders, codes.astype(np.intp) - start)


def _plain(series: pd.Series[Any]) -> pd.Series[Any]:
    """Type a text file's column without a role: truth values and numbers where all cells are.

    Numbers with leading zeros (postcodes) or more than 18 digits stay text, and so does all else.
    """
    cells = column(_WHO, str(series.name), series)
    if cells.codes is None:
        return series
    if not len(cells.values):
        return pd.Series(np.nan, index=series.index)
    numeric = cells.without(NOTHING)
    texts = numeric.texts()
    values: Any
    if texts and all(t.lower() in ("true", "false") for t in texts) and (cells.codes >= 0).all():
        values = cells.per_row(np.array([t.lower() == "true" for t in cells.texts()]), False)
    elif texts and all(_NUMBER.fullmatch(t) for t in texts):
        values = _numeric(numeric, texts)
    else:
        values = text_array(cells.values.tolist(), cells.codes)
    return pd.Series(values, index=series.index)


def _numeric(cells: Column, texts: list[str]) -> Any:
    gaps = bool(cells.empties().any())
    if not all(t.lstrip("-").isdecimal() for t in texts):
        return cells.per_row(np.array([float(t) for t in texts]), np.nan)
    whole = np.array([int(t) for t in texts], dtype=np.int64)
    if not gaps:
        return cells.per_row(whole, 0)
    return pd.arrays.IntegerArray(cells.per_row(whole, 0), cells.empties())


def _is_canonical(table: pd.DataFrame) -> bool:
    """Say whether a table has every canonical column, each of a type that reading gives it."""
    if not set(CANONICAL) <= set(table.columns):
        return False
    text = text_dtype()
    kinds = {name: table[name].dtype for name in CANONICAL}

    def is_text(name: str) -> bool:
        if kinds[name] != text:
            return False
        return not pd.api.types.is_object_dtype(text) or pd.api.types.infer_dtype(
            table[name], skipna=True
        ) in (
            "string",
            "empty",
        )

    return (
        all(str(kinds[n]) in ("int64", "Int64") or is_text(n) for n in _IDS)
        and isinstance(kinds["date"], np.dtype)
        and kinds["date"].kind == "M"
        and is_text("product")
        and kinds["quantity"] in (np.int64, np.float64)
        and kinds["price"] == np.float64
        and kinds["amount"] == np.float64
    )


def _as_it_is(table: pd.DataFrame) -> pd.DataFrame:
    """Check a canonical table and give it back, its columns in the canonical order."""
    if not len(table):
        raise _checks.value_error(_WHO, "'source'", "a table with order lines", "one without rows")
    if bool(table["customer"].isna().all()):
        raise _checks.value_error(
            _WHO, "column 'customer'", "known for some customer", f"all {len(table)} rows missing"
        )
    instants(_WHO, column(_WHO, "date", table["date"]), None)
    for name in _NUMERIC:
        numbers(_WHO, column(_WHO, name, table[name]))
    result = table.copy()
    if tuple(table.columns[: len(CANONICAL)]) != CANONICAL:
        first = [role for role in ROLES if role in table.columns]
        result = result[[*first, *(c for c in table.columns if c not in first)]]
    if "schema" not in result.attrs:
        roles = {role: role if role in table.columns else None for role in ROLES}
        result.attrs["schema"] = {**roles, "source": None, "format": "canonical table"}
    return result
