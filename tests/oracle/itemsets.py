"""Frequent itemsets by their definition: every subset of every basket, counted one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable
from itertools import combinations


def frequent(
    baskets: Iterable[Iterable[Hashable]], min_count: int
) -> dict[frozenset[Hashable], int]:
    """Give every non-empty set that at least `min_count` baskets hold, and how many do."""
    counts: Counter[frozenset[Hashable]] = Counter()
    for basket in baskets:
        items = set(basket)
        for size in range(1, len(items) + 1):
            counts.update(frozenset(c) for c in combinations(items, size))
    return {s: n for s, n in counts.items() if n >= min_count}


def closed(sets: dict[frozenset[Hashable], int]) -> dict[frozenset[Hashable], int]:
    """Give those of which no larger one is in as many baskets."""
    return {s: n for s, n in sets.items() if not any(s < t and m == n for t, m in sets.items())}


def maximal(sets: dict[frozenset[Hashable], int]) -> dict[frozenset[Hashable], int]:
    """Give those of which no larger one is there."""
    return {s: n for s, n in sets.items() if not any(s < t for t in sets)}
