"""What to offer each segment beside what it buys: its own pairs, or the shop's best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segpy.reporting import bought, words
from segpy.reporting.bought import Rule, Together
from segpy.reporting.sold import Sold

_BASKETS = 100  # of fewer, five that hold a pair may be anybody's
_PAIRS = 3  # so many the advice names


@dataclass(frozen=True)
class Offer:
    """The rules a segment is offered from, and a sentence that says whose they are."""

    rules: list[Rule]
    source: str


def offers(
    sold: Sold, shop: Together, names: Sequence[str], segments: NDArray[np.int64]
) -> dict[str, Offer]:
    """Give the offer of each segment; none where neither it nor the shop has a rule.

    Parameters
    ----------
    sold : Sold
        The lines of products.
    shop : Together
        What all baskets hold together.
    names : sequence of str
        The segments.
    segments : ndarray of int64, shape (n_lines,)
        The place of each line's segment among the names; -1 for none.
    """
    found = {}
    for place, name in enumerate(names):
        own = Together.of(sold, segments == place)
        if own.rules and own.n_baskets >= _BASKETS:
            source = f"Found in the {words.plural(own.n_baskets, 'basket')} of this segment."
            found[name] = Offer(own.rules[:_PAIRS], source)
        elif shop.rules:
            found[name] = Offer(shop.rules[:_PAIRS], _why_not_its_own(own))
    return found


def _why_not_its_own(own: Together) -> str:
    """Say why a segment is offered what the whole shop buys."""
    n = own.n_baskets
    if n == 0:
        return "Found in all baskets: none is of this segment."
    if n < _BASKETS:
        be = "is" if n == 1 else "are"
        return f"Found in all baskets: the {words.count(n)} of this segment {be} too few."
    return f"Found in all baskets: the {words.count(n)} of this segment hold no pair beyond chance."


def table(found: Mapping[str, Offer], names: Mapping[int, str]) -> pd.DataFrame | None:
    """Give the offers as `recommend_actions` takes them, or None without any."""
    parts = [bought.frame(offer.rules, names).assign(segment=s) for s, offer in found.items()]
    return pd.concat(parts, ignore_index=True) if parts else None
