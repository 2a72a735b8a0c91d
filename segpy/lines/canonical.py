"""The canonical table: built role by role from raw columns, or known again and given back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segpy import _checks
from segpy.lines.cells import column, text_array, text_dtype
from segpy.lines.datecells import instants
from segpy.lines.idcells import ids, words
from segpy.lines.numbercells import Hints, as_counts, decimal_mark, numbers
from segpy.lines.rawtables import IDS, RawTable
from segpy.lines.recognise import CANONICAL, ROLES

_NUMERIC = ("quantity", "price", "amount")


def build(raw: RawTable, dayfirst: bool | None) -> pd.DataFrame:
    """Judge the cells of each role and lay them out as the canonical table."""
    roles = {role: raw.header(role) if raw.has(role) else None for role in ROLES}
    schema: dict[str, Any] = {**roles, "source": raw.found.source, **raw.schema, "derived": {}}
    out: dict[str, Any] = {"customer": _ids(raw, "customer")}
    if bool(np.all(pd.isna(out["customer"]))):
        raise _checks.value_error(
            raw.who,
            f"column {raw.header('customer')!r}",
            "known for some customer",
            f"all {len(raw.table)} rows missing",
            "Name the column that tells customers apart: columns={'customer': '<column>'}.",
        )
    sheet = raw.schema["format"] == "excel"
    read = instants(raw.who, raw.column("date"), dayfirst, sheet=sheet)
    schema["dates"] = read.decided
    if raw.guests is not None:
        schema["guests"] = raw.guests
    out["order"] = _orders(raw, schema, out["customer"], read.values)
    out["date"] = read.values
    out |= _names(raw)
    out |= _money(raw, schema)
    known = [role for role in ROLES if role in out]
    index = raw.table.index
    ordered = {role: pd.Series(out[role], index=index) for role in known}
    result = pd.DataFrame(ordered | _others(raw, schema, known), index=index)
    result.attrs = {"schema": schema}
    return result


def _ids(raw: RawTable, role: str) -> Any:
    return ids(raw.column(role), keep_text=raw.header(role) in raw.dtypes)


def _orders(
    raw: RawTable, schema: dict[str, Any], customers: Any, dates: NDArray[np.datetime64]
) -> Any:
    if raw.has("order"):
        orders = _ids(raw, "order")
        if not bool(np.all(pd.isna(orders))):
            return orders
    schema["derived"]["order"] = "customer's calendar day"
    return _customer_days(customers, dates)


def _names(raw: RawTable) -> dict[str, Any]:
    nothing = text_array([], np.full(len(raw.table), -1, dtype=np.intp))
    out = {"product": words(raw.column("product")) if raw.has("product") else nothing}
    for role in ("description", "country"):
        if raw.has(role):
            out[role] = words(raw.column(role))
    if raw.found.rules.get("product_else_description") and "description" in out:
        product = pd.Series(out["product"])
        out["product"] = product.where(product.notna(), pd.Series(out["description"])).array
    return out


def _money(raw: RawTable, schema: dict[str, Any]) -> dict[str, NDArray[Any]]:
    """Give quantity, price and amount, what is not there from what is."""
    cells = {role: raw.column(role) for role in _NUMERIC if raw.has(role)}
    marks = {decimal_mark(c) for c in cells.values()} - {None}
    hints = Hints(raw.decimal, marks.pop() if len(marks) == 1 else None, raw.separator)
    read = {role: numbers(raw.who, c, hints) for role, c in cells.items()}
    used = {r.decimal for r in read.values()} - {None}
    schema["decimal"] = used.pop() if len(used) == 1 else "." if not used else "mixed"
    by = {r.by for r in read.values()} - {None}
    schema["decimal_by"] = next((b for b in ("argument", "separator", "cells") if b in by), None)
    n, derived = len(raw.table), schema["derived"]
    quantity: NDArray[Any] = np.ones(n, dtype=np.int64)
    if "quantity" in read:
        quantity = as_counts(read["quantity"].values)
    else:
        derived["quantity"] = "1 a line"
    price, amount = (read[r].values if r in read else None for r in ("price", "amount"))
    if price is not None and amount is None:
        derived["amount"] = "quantity * price"
        amount = _product(raw, quantity, price)
    elif price is None:
        price = np.full(n, np.nan)
        if amount is not None:
            derived["price"] = "amount / quantity"
            np.divide(amount, quantity, out=price, where=quantity != 0)
    missing = np.full(n, np.nan)
    return {
        "quantity": quantity,
        "price": price,
        "amount": missing if amount is None else amount,
    }


def _product(
    raw: RawTable, quantity: NDArray[Any], price: NDArray[np.float64]
) -> NDArray[np.float64]:
    with np.errstate(over="ignore"):
        amount = np.asarray(quantity * price, dtype=np.float64)
    infinite = np.isinf(amount)
    if infinite.any():
        row = int(np.argmax(infinite))
        place = raw.column("price").place(row)
        raise _checks.value_error(
            raw.who, "quantity * price", "finite", f"{quantity[row]} * {price[row]} in {place}"
        )
    return amount


def _others(raw: RawTable, schema: dict[str, Any], known: list[str]) -> dict[Any, Any]:
    """Give the columns without a role, under a name that no role has."""
    others: dict[Any, Any] = {}
    renamed: dict[str, str] = {}
    taken = {*known, *map(str, raw.headers)}
    for header, series in raw.others():
        name = header
        if header in known:
            name = f"{header}_source"
            while name in taken:
                name += "_"
            renamed[str(header)] = str(name)
        others[name] = series
    if renamed:
        schema["renamed"] = renamed
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


def is_canonical(table: pd.DataFrame) -> bool:
    """Say whether a table has every canonical column, each of a type that reading gives it."""
    if not set(CANONICAL) <= set(table.columns):
        return False
    text = text_dtype()
    kinds = {name: table[name].dtype for name in CANONICAL}

    def is_text(name: str) -> bool:
        if kinds[name] != text:
            return False
        if not pd.api.types.is_object_dtype(text):
            return True
        return pd.api.types.infer_dtype(table[name], skipna=True) in ("string", "empty")

    return (
        all(str(kinds[n]) in ("int64", "Int64") or is_text(n) for n in IDS)
        and isinstance(kinds["date"], np.dtype)
        and kinds["date"].kind == "M"
        and is_text("product")
        and kinds["quantity"] in (np.int64, np.float64)
        and kinds["price"] == np.float64
        and kinds["amount"] == np.float64
    )


def as_it_is(who: str, table: pd.DataFrame) -> pd.DataFrame:
    """Check a canonical table and give it back, its columns in the canonical order."""
    if not len(table):
        raise _checks.value_error(who, "'source'", "a table with order lines", "one without rows")
    if bool(table["customer"].isna().all()):
        raise _checks.value_error(
            who, "column 'customer'", "known for some customer", f"all {len(table)} rows missing"
        )
    instants(who, column(who, "date", table["date"]), None)
    for name in _NUMERIC:
        numbers(who, column(who, name, table[name]))
    result = table.copy()
    if tuple(table.columns[: len(CANONICAL)]) != CANONICAL:
        first = [role for role in ROLES if role in table.columns]
        result = result[[*first, *(c for c in table.columns if c not in first)]]
    if "schema" not in result.attrs:
        roles = {role: role if role in table.columns else None for role in ROLES}
        result.attrs["schema"] = {**roles, "source": None, "format": "canonical table"}
    return result
