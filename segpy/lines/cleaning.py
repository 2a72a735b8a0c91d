"""Cleaning order lines, with an audit of every step."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segpy import _checks, _core, _frames, _products

_WHO = "clean_transactions"
_KEEP_OR_DROP = ("keep", "drop")
_RETURNS = ("match", "drop", "keep")
_NEEDED = ("customer", "order", "date", "product", "quantity", "price", "amount")
_CANCELLED = re.compile(r"[Cc]\d+")
_Mask = NDArray[np.bool_]


def clean_transactions(
    tx: Any,
    *,
    missing_customer: str = "keep",
    returns: str = "match",
    no_price: str = "drop",
    duplicates: str = "keep",
    non_products: str = "keep",
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Clean order lines and say what went, how much money it was, and why.

    Parameters
    ----------
    tx : DataFrame (pandas, polars or pyarrow)
        Order lines as `read_transactions` gives them.
    missing_customer, no_price, duplicates, non_products : {"keep", "drop"}
        Lines without a customer; with ``price <= 0``; equal to an earlier line in every column; of
        postage, fees, corrections and the like.
    returns : {"match", "drop", "keep"}, default "match"
        A return is a line of negative quantity, or of an order "C<digits>" where most orders lack
        the C. "match" takes returns in time order and credits each to purchases of the same
        customer and product, at the same instant or earlier, latest first, partly if need be.
        "drop" only removes return lines. "keep" leaves them in as negative amounts.

    Returns
    -------
    clean : DataFrame
        The lines that stay, with the caller's index and columns, and ``is_product`` (bool: False
        for postage, fees and the like). With ``returns="match"`` also ``returned_quantity``
        (float64, units credited); ``quantity`` and ``amount`` are then what the customer kept.
    audit : DataFrame, index ``step``
        ``rows, customers, orders, revenue`` after each step, ``removed_rows, removed_revenue,
        why``. Raw revenue less all that was removed is what is left.

    Raises
    ------
    ValueError
        A column is missing, a quantity or money is infinite or 2^44 and above, a date is missing.
    TypeError
        An option is no string, or a column has a dtype that cannot be what it is named.

    Notes
    -----
    Matching is one pass in C: O(n) plus the sort of the lines that share customer and product with
    a return. Sums are exact and do not depend on the order of lines.

    Examples
    --------
    >>> import pandas as pd, segpy as sp
    >>> tx = sp.read_transactions(pd.DataFrame({
    ...     "InvoiceNo": ["1", "2", "C3", "4", "5"], "StockCode": ["A", "B", "A", "A", "A"],
    ...     "Quantity": [5, 1, -2, 1, 1], "UnitPrice": [2.0, 9.0, 2.0, 2.0, 2.0],
    ...     "CustomerID": [7, 7, 7, 8, 9],
    ...     "InvoiceDate": ["2011-12-01", "2011-12-01", "2011-12-03", "2011-12-04", "2011-12-05"],
    ... }))
    >>> clean, audit = sp.clean_transactions(tx)
    >>> clean[["order", "product", "quantity", "amount", "returned_quantity"]]
      order product  quantity  amount  returned_quantity
    0     1       A         3     6.0                2.0
    1     2       B         1     9.0                0.0
    3     4       A         1     2.0                0.0
    4     5       A         1     2.0                0.0
    >>> audit["removed_rows"].to_dict()["returns"]
    1
    """
    options = {
        "missing_customer": _checks.one_of(
            _WHO, "missing_customer", missing_customer, _KEEP_OR_DROP
        ),
        "duplicates": _checks.one_of(_WHO, "duplicates", duplicates, _KEEP_OR_DROP),
        "no_price": _checks.one_of(_WHO, "no_price", no_price, _KEEP_OR_DROP),
        "non_products": _checks.one_of(_WHO, "non_products", non_products, _KEEP_OR_DROP),
        "returns": _checks.one_of(_WHO, "returns", returns, _RETURNS),
    }
    table = _frames.frame(_WHO, tx)
    _checks.columns(_WHO, table, _NEEDED, "Read the file with read_transactions.")
    work = _Cleaning(table)
    work.drop_where("missing customer", work.customers.codes < 0, missing_customer, "no customer")
    repeated = (
        table.duplicated().to_numpy() if duplicates == "drop" else np.zeros(len(table), np.bool_)
    )
    work.drop_where("duplicates", repeated, duplicates, "equal to an earlier line")
    work.drop_where("no price", work.no_price, no_price, work.why_no_price)
    work.drop_where(
        "non-products", ~work.is_product, non_products, "postage, fees, corrections and the like"
    )
    work.settle_returns(returns)
    clean = work.result(returns)
    clean.attrs["cleaning"] = options
    return clean, work.audit()


class _Cleaning:
    """Which lines are still there, what they are worth now, and the story so far."""

    def __init__(self, table: pd.DataFrame) -> None:
        column = {name: _frames.column(table, name) for name in _NEEDED}
        self.table = table
        self.customers = _frames.encode(_WHO, column["customer"])
        self.orders = _frames.encode(_WHO, column["order"])
        self.products = _frames.encode(_WHO, column["product"])
        self.quantity, blank_quantity = _numbers(column["quantity"])
        self.price = _frames.money(_WHO, column["price"], check=False)
        self.amount, blank_amount = _numbers(column["amount"])
        self.has_money = not (blank_amount.all() and len(table) > 0)
        blank = blank_quantity | (blank_amount & self.has_money)
        self.no_price = (self.price <= 0) | blank
        self.why_no_price = "a price of zero or less" + (
            f" ({int(blank.sum()):,} of them without a price or quantity)" if blank.any() else ""
        )
        self.is_product = _products.is_product(self.products)
        self.returned = (self.quantity < 0) | _cancelled(self.orders)
        self.credited = np.zeros(len(table))
        self.there: _Mask = np.ones(len(table), np.bool_)
        self.steps: list[dict[str, Any]] = []
        self._note("raw", "as read" if self.has_money else "as read; amounts are missing")

    def drop_where(self, step: str, mask: _Mask, option: str, what: str) -> None:
        """Take lines out, or only count them."""
        found = self.there & mask
        count = f"{_count(int(found.sum()), 'line')}: {what}"
        if option == "drop":
            self.there &= ~found
            self._note(step, f"dropped {count}")
        elif step == "duplicates":
            self._note(step, "kept, not counted")
        else:
            self._note(step, f"kept {count}")

    def settle_returns(self, option: str) -> None:
        """Match, drop or keep the returns that are still there."""
        found = self.there & self.returned
        count = int(found.sum())
        if option == "keep":
            # a line of a cancelled order may tell its quantity as a positive number
            self.quantity[found] = -np.abs(self.quantity[found])
            self.amount[found] = -np.abs(self.amount[found])
            self._note("returns", f"kept {_count(count, 'return line')} as negative amounts")
            self._note("orphan returns", "not looked for")
        elif option == "drop":
            self.there &= ~found
            self._note("returns", f"dropped {_count(count, 'return line')}; the purchases stay")
            self._note("orphan returns", "not looked for")
        else:
            self._match(found)

    def _match(self, found: _Mask) -> None:
        rows = np.flatnonzero(self.there)
        when = _frames.dates(_WHO, _frames.column(self.table, "date"))
        units = np.abs(self.quantity)
        credited = _core.match_returns(
            self.customers.codes[rows],
            self.products.codes[rows],
            when.values[rows],
            units[rows],
            self.returned[rows],
            self.customers.count,
            self.products.count,
        )
        self.credited[rows] = credited
        touched = self.there & (self.credited > 0)
        settled = touched & (self.credited == units)
        orphans = found & ~settled
        self._reduce(touched & ~settled)
        self.there &= ~settled
        full, partly = int((settled & found).sum()), int((orphans & touched).sum())
        self._note(
            "returns",
            f"{_count(full, 'return line')} matched, {partly:,} in part; "
            f"{_count(int((settled & ~found).sum()), 'purchase')} fully returned",
        )
        self.there &= ~orphans
        self._note(
            "orphan returns", f"dropped {_count(int(orphans.sum()), 'line')} without a purchase"
        )

    def _reduce(self, partly: _Mask) -> None:
        """Leave on partly credited lines what was not credited, at the line's own price."""
        units = np.abs(self.quantity[partly])
        left = np.sign(self.quantity[partly]) * _settled(units, -self.credited[partly])
        price, amount = self.price[partly], self.amount[partly]
        plain = amount == self.quantity[partly] * price
        share = np.where(plain, left * price, amount * (left / self.quantity[partly]))
        self.quantity[partly], self.amount[partly] = left, share

    def _note(self, step: str, why: str) -> None:
        revenue = _frames.total(self.amount[self.there]) if self.has_money else np.nan
        before = self.steps[-1] if self.steps else {"rows": len(self.table), "revenue": revenue}
        rows = int(self.there.sum())
        self.steps.append(
            {
                "step": step,
                "rows": rows,
                "customers": _distinct(self.customers, self.there),
                "orders": _distinct(self.orders, self.there),
                "revenue": revenue,
                "removed_rows": before["rows"] - rows,
                "removed_revenue": before["revenue"] - revenue,
                "why": why,
            }
        )

    def result(self, returns: str) -> pd.DataFrame:
        """Give the lines that are left."""
        clean = self.table.loc[self.there].copy()
        clean["is_product"] = self.is_product[self.there]
        changed = (self.credited > 0) | self.returned
        for name, values in (("quantity", self.quantity), ("amount", self.amount)):
            rows = changed[self.there]
            if rows.any():
                clean[name] = _changed(_frames.column(clean, name), values[self.there], rows)
        if returns == "match":
            before = clean.get("returned_quantity", 0.0)
            clean["returned_quantity"] = _settled(self.credited[self.there], before)
        return clean

    def audit(self) -> pd.DataFrame:
        """Give the story as a table."""
        return pd.DataFrame(self.steps).set_index("step")


def _millionths(units: Any) -> NDArray[np.float64]:
    """Round units as the kernel does: to the nearest millionth, halves away from zero."""
    rounded: NDArray[np.float64] = np.copysign(np.floor(np.abs(units) * 1e6 + 0.5), units)
    return rounded


def _settled(units: NDArray[np.float64], more: Any) -> NDArray[np.float64]:
    """Add units as they are settled, in millionths: 0.3 less 0.1 is 0.2."""
    total = units + more
    millionths = _millionths(units) + _millionths(more)
    # beyond that a double does not hold millionths; what nothing was added to stays as it is
    exact = (np.abs(units) < 2.0**30) & (np.abs(total) < 2.0**30) & (more != 0)
    return np.where(exact, millionths / 1e6, total)


def _count(n: int, what: str) -> str:
    return f"{n:,} {what}" if n == 1 else f"{n:,} {what}s"


def _numbers(cells: pd.Series[Any]) -> tuple[NDArray[np.float64], _Mask]:
    """Give a column as numbers of our own, 0 where a cell is blank, and which cells are."""
    blank = cells.isna().to_numpy(dtype=np.bool_)
    if blank.all() and len(blank):
        return np.zeros(len(blank)), blank
    return _frames.money(_WHO, cells.where(~blank, 0) if blank.any() else cells).copy(), blank


def _changed(cells: pd.Series[Any], values: NDArray[np.float64], rows: _Mask) -> pd.Series[Any]:
    """Put values into some rows of a column, which keeps its dtype where it can hold them."""
    exact = pd.api.types.is_float_dtype(cells.dtype) or (values == np.floor(values)).all()
    result = pd.Series(values, index=cells.index).where(rows, cells)
    return result.astype(cells.dtype if exact else np.float64)


def _distinct(codes: _frames.Codes, there: _Mask) -> int:
    seen = np.zeros(codes.count + 1, np.bool_)
    seen[codes.codes[there]] = True  # a missing id (-1) marks the place at the end
    return int(seen[:-1].sum())


def _cancelled(orders: _frames.Codes) -> _Mask:
    """Find orders named "C<digits>", where that is not how most orders are named."""
    marked = np.fromiter(
        (isinstance(i, str) and _CANCELLED.fullmatch(i) is not None for i in orders.ids),
        np.bool_,
        orders.count,
    )
    if 2 * int(marked.sum()) >= max(len(marked), 1):
        marked[:] = False
    return np.append(marked, False)[orders.codes]
