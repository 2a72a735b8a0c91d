"""segment_summary: what each segment is worth, how it buys, and who could not be counted."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segpy import _checks, _frames
from segpy.customer.rfm import rfm
from segpy.customer.tables import by_customer, first, once

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def segment_summary(tx: object, segments: object, *, snapshot: object = None) -> pd.DataFrame:
    """Describe each segment: customers, revenue, orders, and the middle of R, F and M.

    Parameters
    ----------
    tx : DataFrame
        Order lines as `clean_transactions` gives them: `customer`, `order`, `date`, `amount`; for
        `return_share` also `returned_quantity` with `price`. All lines count, postage too.
    segments : Series or DataFrame
        The segment of each customer: what `assign_segments` gives, any labels by customer, or a
        table with the columns `customer` and `segment`.
    snapshot : date, optional
        The day recency is counted to, as in `segpy.rfm`: the day after the last order by default.

    Returns
    -------
    DataFrame
        Index `segment`: the map's order, else sorted; only segments that hold a customer.

        - `customers`, int64, and `customer_share` of all customers in `segments`;
        - `revenue`, the exact sum of `amount`, and `revenue_share` of all segments' revenue;
        - `orders`, int64: distinct orders;
        - `recency_days_median`, `frequency_median`, `monetary_median` over customers;
        - `order_value_mean`: revenue / orders;
        - `one_order_share`: share of the customers with orders who ordered once;
        - `return_share`, only where `tx` knows of returns: money returned / money ordered, from
          `returned_quantity` at the line's price and from lines of negative amount. Purchases
          that went back whole are no longer in matched lines, so there it is a lower bound.

        Nobody is lost silently; `attrs["note"]` says it in words, and `attrs` in numbers:
        `not_in_segments` (customers, orders and revenue of `tx` without a segment, in no row of the
        table), `not_in_tx` (customers with a segment but no line: counted in `customers` and
        `customer_share`, absent from the medians), `anonymous_revenue` (lines without a
        customer), `empty_segments` (names of the map nobody has), `snapshot`.

    Raises
    ------
    TypeError, ValueError
        When a table is not as described, a customer has two segments, or nobody in `segments` has
        a line in `tx`.

    Examples
    --------
    >>> import pandas as pd
    >>> import segpy as sp
    >>> tx = pd.DataFrame(
    ...     {
    ...         "customer": [101, 101, 102, 103],
    ...         "order": ["a", "b", "c", "d"],
    ...         "date": pd.to_datetime(["2024-03-01", "2024-03-20", "2024-03-25", "2024-01-05"]),
    ...         "amount": [40.0, 60.0, 10.0, 90.0],
    ...     }
    ... )
    >>> segments = pd.Series(["Regular", "Once", "Once"], index=[101, 102, 103])
    >>> summary = sp.segment_summary(tx, segments)
    >>> summary[["customers", "revenue", "orders", "order_value_mean", "one_order_share"]].round(2)
    ... # doctest: +NORMALIZE_WHITESPACE
             customers  revenue  orders  order_value_mean  one_order_share
    segment
    Once             2    100.0       2              50.0              1.0
    Regular          1    100.0       2              50.0              0.0
    """
    who = "segment_summary"
    lines = _frames.frame(who, tx)
    _checks.columns(
        who, lines, ("customer", "order", "date", "amount"), "Pass what clean_transactions gives."
    )
    labels = _labels(who, segments)
    table = rfm(lines, snapshot=snapshot)
    ids = table.index
    place = labels.index.get_indexer(ids)
    if (place < 0).all():
        raise _checks.value_error(
            who,
            "the customers of 'segments'",
            "among those of 'tx'",
            f"{first(labels.index)} ({labels.index.dtype}) in 'segments' and "
            f"{first(ids)} ({ids.dtype}) in 'tx'",
            "Ids must have one type on both sides.",
        )
    names = list(labels.cat.categories)
    of_label = labels.cat.codes.to_numpy(dtype=np.int64)
    # The group of each customer of tx; the one after the last holds those without a segment.
    group = np.where(place < 0, -1, of_label[place])
    group = np.where(group < 0, len(names), group)
    money = _line_money(who, lines, ids, group, len(names))
    customers = np.bincount(of_label[of_label >= 0], minlength=len(names))
    summary = _rows(table, names, group, customers, money)
    summary.attrs = _notes(table, labels, group, names, customers, money, ids)
    return summary


class _Money(NamedTuple):
    """Sums of money by group: one entry a segment, then "no segment", then "no customer"."""

    revenue: Floats
    returned: Floats | None
    ordered: Floats


def _labels(who: str, segments: object) -> pd.Series:
    """Give the segments as a categorical Series by customer, each customer once."""
    if not isinstance(segments, pd.Series):
        segments = by_customer(
            who, segments, ("segment",), "Pass the Series that assign_segments gives."
        )["segment"]
    if len(segments) == 0:
        raise _checks.value_error(who, "'segments'", "of at least one customer", "no rows")
    once(who, "each customer", "in 'segments' once", segments.index)
    if isinstance(segments.dtype, pd.CategoricalDtype):
        return segments
    try:
        return segments.astype("category")
    except TypeError:
        raise _checks.type_error(who, "'segments'", "of labels of one kind", segments) from None


def _line_money(who: str, lines: pd.DataFrame, ids: pd.Index, group: Ints, n: int) -> _Money:
    """Sum the lines' money by group, exactly and in any order of rows."""
    found = _frames.encode(who, lines["customer"])
    codes, known = found.codes, found.ids
    amount = _frames.money(who, lines["amount"])
    # The appended entry is what code -1, a line without a customer, picks.
    of_code = np.append(group[ids.get_indexer(known)], n + 1)
    line = of_code[codes].astype(np.int32)
    revenue = _frames.totals(line, n + 2, amount)
    back = np.where(amount < 0, -amount, 0.0)
    seen = bool((amount < 0).any())
    if "returned_quantity" in lines.columns:
        _checks.columns(who, lines, ("price",), "'returned_quantity' is valued at the price.")
        quantity = _frames.money(who, lines["returned_quantity"].fillna(0))
        back = back + quantity * _frames.money(who, lines["price"])
        seen = True
    returned = _frames.totals(line, n + 2, back)
    return _Money(revenue, returned if seen else None, revenue + returned)


def _share(part: Floats, whole: Floats | float) -> Floats:
    """Divide where there is something to divide by; NaN elsewhere."""
    whole = np.broadcast_to(np.asarray(whole, dtype=np.float64), part.shape)
    result = np.full(part.shape, np.nan)
    np.divide(part, whole, out=result, where=whole != 0)
    return result


def _rows(
    table: pd.DataFrame, names: list[object], group: Ints, customers: Ints, money: _Money
) -> pd.DataFrame:
    """Build the table, a row a segment that holds a customer."""
    n = len(names)
    frequency = table["frequency"].to_numpy(dtype=np.int64)
    orders = np.zeros(n + 1, dtype=np.int64)
    np.add.at(orders, group, frequency)
    buyers = np.bincount(group, minlength=n + 1)
    once = np.bincount(group[frequency == 1], minlength=n + 1)
    revenue = money.revenue[:n]
    medians = table[["recency_days", "frequency", "monetary"]].groupby(group).median()
    medians = medians.reindex(range(n))
    columns: dict[str, object] = {
        "customers": customers,
        "customer_share": _share(customers.astype(np.float64), float(customers.sum())),
        "revenue": revenue,
        "revenue_share": _share(revenue, _frames.total(revenue)),
        "orders": orders[:n],
        "recency_days_median": medians["recency_days"].to_numpy(dtype=np.float64),
        "frequency_median": medians["frequency"].to_numpy(dtype=np.float64),
        "monetary_median": medians["monetary"].to_numpy(dtype=np.float64),
        "order_value_mean": _share(revenue, orders[:n].astype(np.float64)),
        "one_order_share": _share(once[:n].astype(np.float64), buyers[:n].astype(np.float64)),
    }
    if money.returned is not None:
        columns["return_share"] = _share(money.returned[:n], money.ordered[:n])
    index = pd.Index(names, name="segment")
    return pd.DataFrame(columns, index=index)[customers > 0]


def _notes(
    table: pd.DataFrame,
    labels: pd.Series,
    group: Ints,
    names: list[object],
    customers: Ints,
    money: _Money,
    ids: pd.Index,
) -> dict[Hashable | None, Any]:
    """Say who is on one side only, in numbers and in words."""
    n = len(names)
    outside = group == n
    missing = {
        "customers": int(outside.sum()),
        "orders": int(table["frequency"].to_numpy(dtype=np.int64)[outside].sum()),
        "revenue": float(money.revenue[n]),
    }
    named = labels.index[labels.notna()]
    absent = int((ids.get_indexer(named) < 0).sum())
    said = []
    if missing["customers"]:
        have = _have(missing["customers"], " of the order lines")
        said.append(f"{have} no segment; their revenue of {missing['revenue']:.2f} is in no row.")
    if absent:
        counted = "it counts as a customer" if absent == 1 else "they count as customers"
        said.append(f"{_have(absent)} a segment but no order line; {counted} only.")
    anonymous = float(money.revenue[n + 1])
    if anonymous:
        said.append(f"Lines without a customer, {anonymous:.2f} in all, are in no row.")
    return {
        "snapshot": table.attrs.get("snapshot"),
        "not_in_segments": missing,
        "not_in_tx": {"customers": absent},
        "anonymous_revenue": anonymous,
        "empty_segments": [str(n) for n, c in zip(names, customers, strict=True) if c == 0],
        "note": " ".join(said) or "Every customer is on both sides.",
    }


def _have(number: float, of: str = "") -> str:
    """Say who has what follows: ``1 customer has``, ``2 customers of the order lines have``."""
    return f"1 customer{of} has" if number == 1 else f"{number:,.0f} customers{of} have"
