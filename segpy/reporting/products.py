"""Chapter "What they buy": the products that bring most, and each segment's favourites."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from segpy import _frames
from segpy.reporting import words
from segpy.reporting.sold import largest
from segpy.reporting.story import Chapter, Story

_TOP = 10
_FAVOURITES = 3


@dataclass(frozen=True)
class Product:
    """A product line of the table; `code` is empty where the name is the code."""

    name: str
    code: str
    revenue: str
    share: str
    orders: str
    customers: str


def chapter(story: Story) -> Chapter | None:
    """List the products that bring most; postage and other non-products are left out."""
    sold = story.sold
    if sold is None:
        return None
    revenue = _frames.totals(sold.codes, len(sold.ids), sold.amounts)
    everything = _frames.total(sold.amounts)
    best = largest(revenue, sold.ids, _TOP)
    names = sold.names(best)
    orders = sold.distinct(sold.orders)
    customers = sold.distinct(sold.customers)
    rows = [
        Product(
            name=names[place],
            code="" if names[place] == str(sold.ids[place]) else str(sold.ids[place]),
            revenue=story.money(float(revenue[place])),
            share=words.share(float(revenue[place]) / everything if everything > 0 else np.nan),
            orders=words.count(float(orders[place])),
            customers=words.count(float(customers[place])),
        )
        for place in best
    ]
    return Chapter(
        anchor="products",
        label="What they buy",
        heading=f"{rows[0].name} brings most",
        template="products.html",
        values={
            "rows": rows,
            "lead": _lead(
                len(set(sold.codes.tolist())), len(rows), _frames.total(revenue[best]), everything
            ),
        },
    )


def _lead(n_all: int, n_shown: int, shown: float, everything: float) -> str:
    """Say what part the products of the table are, in number and in money."""
    if n_all == 1:
        said = "Only one product was sold."
    elif n_all == n_shown:
        said = f"These are all {words.count(n_all)} products sold."
    elif everything > 0:
        return (
            f"Of {words.count(n_all)} products, these {words.count(n_shown)} bring "
            f"{words.share(shown / everything)} of what products earn."
        )
    else:
        said = f"These are {words.count(n_shown)} of {words.count(n_all)} products."
    if everything <= 0:
        said += " What products earn comes to nothing or less, so there are no shares of it."
    return said


def favourites(story: Story) -> dict[str, list[str]]:
    """Name the products that most customers of each segment bought, most bought first."""
    sold = story.sold
    if sold is None:
        return {}
    known = sold.customers >= 0
    n = len(sold.ids)
    pairs = pd.unique(sold.customers[known] * n + sold.codes[known])
    segment = story.segment_codes[pairs // n]
    named = segment >= 0
    keys = segment[named] * n + (pairs % n)[named]
    n_segments = len(story.summary)
    counts = np.bincount(keys, minlength=n_segments * n).reshape(n_segments, n)
    best = [[p for p in largest(row, sold.ids, _FAVOURITES) if row[p] > 0] for row in counts]
    names = sold.names(np.unique(np.array([p for row in best for p in row], dtype=np.int64)))
    return {
        str(name): [names[p] for p in row]
        for name, row in zip(story.summary.index, best, strict=True)
    }
