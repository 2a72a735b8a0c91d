"""What is bought together: rules that are more than chance, few enough to be told one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segpy.reporting.sold import Sold

if TYPE_CHECKING:
    from segpy.basket.baskets import Baskets
    from segpy.basket.mining import Itemsets
    from segpy.basket.rules import Rules

FLOOR = 5  # baskets: what fewer hold is an anecdote, whatever share of all they are
CONFIDENCE = 0.3
ALPHA = 0.01
MOST = 10
# Shares of all baskets that must hold a rule; the next is tried where one tells too little.
_SHARES = (0.01, 0.003, 0.001)
_ENOUGH = 5
_LENGTHS = (3, 2)  # most products of a rule: the second where there are too many sets of the first
_SETS = 200_000  # itemsets: what a search may cost
CUSTOMERS = 3  # what fewer always buy is their habit; a basket without a customer counts as one
_LOOKED_AT = 1_000  # rules, best first, among which those to be told are chosen


@dataclass(frozen=True)
class Rule:
    """A rule between products, given as places among the ids of `Sold`, and how often it holds.

    Behind its baskets stand `customers` known ones; `anonymous` baskets have none.
    """

    before: tuple[int, ...]
    after: tuple[int, ...]
    count: int
    confidence: float
    lift: float
    customers: int
    anonymous: int

    @property
    def products(self) -> tuple[int, ...]:
        """All products of the rule."""
        return (*self.before, *self.after)


@dataclass(frozen=True)
class Together:
    """What some baskets hold together.

    `rules` are those to be told, best first, each with a product that the ones before it lack;
    `n_rules` have passed, of `n_tested` looked at. A rule is in at least `min_count` baskets; the
    largest basket holds `most` products.
    """

    rules: list[Rule]
    n_rules: int
    n_tested: int
    min_count: int
    n_baskets: int
    n_products: int
    most: int

    @classmethod
    def of(cls, sold: Sold, chosen: NDArray[np.bool_] | None = None) -> Together:
        """Search the lines sold, or those of them that are chosen."""
        baskets, buyers = _baskets(sold, chosen), _Buyers(sold, chosen)
        best: Together | None = None
        for share in _SHARES:
            least = max(FLOOR, ceil(share * baskets.n_baskets))
            sets = _frequent(baskets, least)
            if best is not None and sets.min_count >= best.min_count:
                break
            best = cls._told(baskets, sets, buyers)
            if len(best.rules) >= _ENOUGH:
                break
        assert best is not None
        return best

    @classmethod
    def _told(cls, baskets: Baskets, sets: Itemsets, buyers: _Buyers) -> Together:
        """Find the rules of frequent sets, and choose those that are told."""
        from segpy.basket.rules import make_rules

        found = make_rules(sets, min_confidence=CONFIDENCE)
        kept = found.prune(redundant=True, alpha=ALPHA)
        return cls(
            rules=_chosen(kept, buyers),
            n_rules=len(kept),
            n_tested=found.n_tested,
            min_count=sets.min_count,
            n_baskets=baskets.n_baskets,
            n_products=int((baskets.item_counts > 0).sum()),
            most=int(baskets.sizes.max(initial=0)),
        )


class _Buyers:
    """Counts the customers behind the baskets of a rule; the lines of a product are found once."""

    def __init__(self, sold: Sold, chosen: NDArray[np.bool_] | None) -> None:
        known = sold.orders >= 0
        lines = known if chosen is None else known & chosen
        self.codes = np.where(lines, sold.codes, -1)
        self.sold = sold
        self.lines: dict[int, NDArray[np.intp]] = {}

    def of(self, product: int) -> NDArray[np.intp]:
        """Give the lines of a product."""
        if product not in self.lines:
            self.lines[product] = np.flatnonzero(self.codes == product)
        return self.lines[product]

    def count(self, products: tuple[int, ...]) -> tuple[int, int]:
        """Give the known customers, and the baskets of none, that hold all the products."""
        lines = self.of(products[0])
        for product in products[1:]:
            lines = lines[np.isin(self.sold.orders[lines], self.sold.orders[self.of(product)])]
        customers = self.sold.customers[lines]
        nobody = customers < 0
        orders = self.sold.orders[lines[nobody]]
        return len(np.unique(customers[~nobody])), len(np.unique(orders))


def _baskets(sold: Sold, chosen: NDArray[np.bool_] | None) -> Baskets:
    """Make a basket of each order; products are numbered by id, whatever the order of the lines."""
    from segpy.basket.baskets import Baskets

    orders, codes = sold.orders, sold.codes
    if chosen is not None:
        orders, codes = orders[chosen], codes[chosen]
    known = orders >= 0
    used = np.bincount(orders[known]) > 0
    number = np.append(np.cumsum(used) - 1, -1)  # the last one is that of lines without an order
    rank = np.empty(len(sold.by_id), dtype=np.int64)
    rank[sold.by_id] = np.arange(len(rank))
    return Baskets.from_codes(
        number[orders], rank[codes], sold.by_id.tolist(), n_baskets=int(used.sum())
    )


def _frequent(baskets: Baskets, min_count: int) -> Itemsets:
    """Find the frequent sets; where they are too many, shorter ones, then more frequent ones."""
    from segpy.basket.mining import find

    while True:
        for length in _LENGTHS:
            _, sets = find(baskets, min_count, max_len=length, max_itemsets=_SETS)
            if not sets.partial:
                return sets
        min_count *= 2


def _chosen(kept: Rules, buyers: _Buyers) -> list[Rule]:
    """Choose the best rules, pairs before longer ones: of several customers, each with news.

    News is a product that the rules before it lack; a longer rule around one of these is none.
    """
    table = pd.concat([_best(kept, short) for short in (True, False)])
    told: set[int] = set()
    chosen: list[Rule] = []
    columns = ("antecedents", "consequents", "count", "confidence", "lift")
    for before, after, count, confidence, lift in zip(
        *(table[c].tolist() for c in columns), strict=True
    ):
        if len(chosen) == MOST:
            break
        products = {*before, *after}
        if products <= told or any(products.issuperset(rule.products) for rule in chosen):
            continue
        known, none = buyers.count(before + after)
        if known + none >= CUSTOMERS:
            told |= products
            chosen.append(Rule(before, after, count, confidence, lift, known, none))
    return chosen


def _best(kept: Rules, short: bool) -> pd.DataFrame:
    """Give the best rules of two products, or of more, as a table."""
    from segpy.basket.rules import Rules

    own = np.flatnonzero((kept.itemsets.lengths[kept.whole] == 2) == short)
    sides = (side[own] for side in (kept.whole, kept.antecedent, kept.consequent))
    rules = Rules(kept.itemsets, *sides, n_tested=kept.n_tested)
    table = rules.top(_LOOKED_AT).to_frame(by=None)
    # A rule and its reverse are equally strong; the one that holds more often comes first.
    return table.sort_values(["lift_low", "confidence"], ascending=False, kind="stable")


def frame(rules: Sequence[Rule], names: Mapping[int, str]) -> pd.DataFrame:
    """Give rules as the table that is drawn and that advice takes, products by name."""
    return pd.DataFrame(
        {
            "antecedents": [tuple(names[p] for p in rule.before) for rule in rules],
            "consequents": [tuple(names[p] for p in rule.after) for rule in rules],
            "confidence": [rule.confidence for rule in rules],
            "lift": [rule.lift for rule in rules],
        }
    )
