"""The figures of every month from the first line to the last, whole or not."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segpy import _frames

Ints = NDArray[np.int64]


def month_table(
    days: Ints,
    amounts: NDArray[np.float64],
    orders: _frames.Codes,
    customers: Ints,
    covered: pd.Timestamp,
) -> pd.DataFrame:
    """Count every month, the empty ones too.

    Parameters
    ----------
    days, amounts : ndarray of shape (n_lines,)
        Day of each line since 1970, and its money.
    orders : Codes
        Order of each line.
    customers : ndarray of shape (n_lines,), int64
        Customer of each line as a code; -1 for anonymous lines.
    covered : Timestamp
        Last day the lines speak for: the last line's, or the day before a later snapshot.

    Returns
    -------
    DataFrame
        Index `month` (monthly PeriodIndex); columns `revenue`, `orders` (an order stands in the
        month of its first line), `customers` (known ones who ordered), `new` (first order ever in
        these lines), `returning`, `order_value` (revenue / orders) and `partial` (the lines do
        not reach from the month's first day to its last).
    """
    numbers = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    first = int(numbers.min())
    n = int(numbers.max()) - first + 1
    place = numbers - first
    index = pd.period_range(pd.Period(ordinal=first, freq="M"), periods=n, freq="M", name="month")
    revenue = _frames.totals(place.astype(np.int32), n, amounts)
    n_orders = _orders(orders, place, n)
    active, new = _customers(customers, place, n)
    starts, ends = index.start_time, index.end_time.normalize()
    first_day = pd.Timestamp(int(days.min()), unit="D")
    with np.errstate(divide="ignore", invalid="ignore"):
        order_value = np.where(n_orders > 0, revenue / n_orders, np.nan)
    return pd.DataFrame(
        {
            "revenue": revenue,
            "orders": n_orders,
            "customers": active,
            "new": new,
            "returning": active - new,
            "order_value": order_value,
            "partial": (starts < first_day) | (ends > covered),
        },
        index=index,
    )


def _orders(orders: _frames.Codes, place: Ints, n: int) -> Ints:
    """Count orders by the month of their first line."""
    first = np.full(orders.count + 1, n, dtype=np.int64)
    np.minimum.at(first, orders.codes, place)
    return np.bincount(first[:-1], minlength=n + 1)[:n]


def _customers(customers: Ints, place: Ints, n: int) -> tuple[Ints, Ints]:
    """Count known customers who ordered in each month, and those who did for the first time."""
    known = customers >= 0
    pairs = pd.unique(customers[known] * n + place[known])
    seen = pd.DataFrame({"customer": pairs // n, "month": pairs % n})
    first = seen.groupby("customer")["month"].min().to_numpy()
    return np.bincount(seen["month"], minlength=n), np.bincount(first, minlength=n)
