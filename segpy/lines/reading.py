"""Reading order lines: any table or file in, the canonical table out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from segpy import _checks
from segpy.lines.canonical import as_it_is, build, is_canonical
from segpy.lines.formats import open_source
from segpy.lines.rawtables import raw_table

_WHO = "read_transactions"


def read_transactions(
    source: Any,
    *,
    columns: Mapping[str, object] | None = None,
    con: Any = None,
    sheet_name: int | str = 0,
    dayfirst: bool | None = None,
    encoding: str | None = None,
    dtype: Any = None,
    decimal: str | None = None,
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
    decimal : {".", ","}, optional
        The decimal mark of quantities and money written as text. By default the cells decide, and
        where all of them read both ways ("1.234", "2.500") the separator: beside ";" the comma is
        decimal, beside "," the point; if that does not tell either it is an error.
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
        and months or thousands and decimals cannot be told apart, clocks or encodings are mixed,
        or there is no row.
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

    Dates that name their offset from UTC keep the local wall time; two offsets an hour apart are a
    shop's summer and winter. Where an export marks guests by a customer 0 (WooCommerce), they are
    told apart by their e-mail address, the whole column then being text, or are missing if it has
    none.

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
    _check_options(con, dayfirst, decimal, progress)
    content = open_source(_WHO, source, sheet_name)
    table = content.table
    if table is not None and columns is None and dtype is None and is_canonical(table):
        return as_it_is(_WHO, table)
    raw = raw_table(_WHO, content, columns, encoding, decimal, dtype, progress)
    return build(raw, dayfirst)


def _check_options(con: Any, dayfirst: object, decimal: object, progress: object) -> None:
    if decimal is not None:
        _checks.one_of(_WHO, "decimal", decimal, (".", ","))
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
