"""RFM with dictionaries, as its definition reads."""

import pandas as pd

from oracle.money import total


def rfm(tx: pd.DataFrame, first_day=None, last_day=None) -> dict:
    """Map each customer to (frequency, monetary, first, last); days are inclusive bounds."""
    seen: dict = {}
    for line in tx.itertuples():
        day = line.date.normalize()
        early = first_day is not None and day < first_day
        late = last_day is not None and day > last_day
        if pd.isna(line.customer) or early or late:
            continue
        orders, amounts, dates = seen.setdefault(line.customer, (set(), [], []))
        orders.add(line.order)
        amounts.append(line.amount)
        dates.append(line.date)
    return {
        customer: (len(orders), total(amounts), min(dates), max(dates))
        for customer, (orders, amounts, dates) in seen.items()
    }
