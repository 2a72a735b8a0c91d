"""Return matching as its documentation tells it, one return at a time."""

from fractions import Fraction
from math import floor

import pandas as pd


def millionths(units: float) -> int:
    """Round units to the nearest millionth, halves up."""
    return floor(Fraction(units) * 10**6 + Fraction(1, 2))


def match(tx: pd.DataFrame, returned) -> tuple[list[float], list[float]]:
    """Credit returns to purchases; (left, credited) units by line.

    Returns are taken in time order, those of one instant in line order. Each is credited to
    purchases of the same customer and product, at the same instant or earlier, latest first; among
    purchases at one instant the later line first; partly if need be. A return without customer
    finds nothing. Units are counted in whole millionths; what is untouched or settled in full is
    the number that was there.
    """
    customers, products = list(tx["customer"]), list(tx["product"])
    dates, units = list(tx["date"]), [float(abs(q)) for q in tx["quantity"]]
    whole = [millionths(u) for u in units]
    left, credited = list(whole), [0] * len(tx)
    purchases: dict = {}
    for i in range(len(tx)):
        if not returned[i] and not pd.isna(customers[i]):
            purchases.setdefault((customers[i], products[i]), []).append(i)
    for r in sorted((i for i in range(len(tx)) if returned[i]), key=lambda i: (dates[i], i)):
        mine = purchases.get((customers[r], products[r]), []) if not pd.isna(customers[r]) else []
        earlier = [i for i in mine if dates[i] <= dates[r]]
        for p in sorted(earlier, key=lambda i: (dates[i], i), reverse=True):
            units_moved = min(left[r], left[p])
            left[r] -= units_moved
            left[p] -= units_moved
            credited[r] += units_moved
            credited[p] += units_moved
    return (
        [u if a == w else a / 10**6 for u, a, w in zip(units, left, whole, strict=True)],
        [u if a == w and a else a / 10**6 for u, a, w in zip(units, credited, whole, strict=True)],
    )
