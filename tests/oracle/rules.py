"""Rules the slow way: every split of every frequent set, counted in the baskets themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from fractions import Fraction
from itertools import combinations
from math import comb
from typing import NamedTuple

Set = frozenset[int]


class Rule(NamedTuple):
    """A rule and its three counts."""

    antecedent: Set
    consequent: Set
    both: int
    left: int
    right: int

    @property
    def confidence(self) -> Fraction:
        return Fraction(self.both, self.left)


def frequent(baskets: Iterable[Collection[int]], min_count: int) -> dict[Set, int]:
    """Count every set that min_count baskets hold, by taking all subsets of every basket."""
    counts = Counter(
        frozenset(part)
        for basket in baskets
        for size in range(1, len(set(basket)) + 1)
        for part in combinations(sorted(set(basket)), size)
    )
    return {s: n for s, n in counts.items() if n >= min_count}


def ordered(counts: dict[Set, int]) -> list[Set]:
    """Order sets by length, then by their items."""
    return sorted(counts, key=lambda s: (len(s), sorted(s)))


def splits(whole: Set, most: int) -> Iterator[tuple[Set, Set]]:
    """Give every antecedent and consequent of a set."""
    for size in range(1, min(most, len(whole) - 1) + 1):
        for part in combinations(sorted(whole), size):
            yield whole - set(part), frozenset(part)


def rules(
    counts: dict[Set, int],
    min_confidence: Fraction,
    most: int = 1,
    body: Collection[int] | None = None,
    head: Collection[int] | None = None,
) -> list[Rule]:
    """Give every rule that keeps to the limits; a set whose count is not there makes none."""
    found = []
    for whole, both in counts.items():
        for left, right in splits(whole, most):
            if (body is not None and not left <= set(body)) or (
                head is not None and not right <= set(head)
            ):
                continue
            if left in counts and right in counts:
                rule = Rule(left, right, both, counts[left], counts[right])
                if rule.confidence >= min_confidence:
                    found.append(rule)
    return found


def is_redundant(rule: Rule, counts: dict[Set, int]) -> bool:
    """Whether a smaller antecedent has the same consequent with at least this confidence."""
    for size in range(1, len(rule.antecedent)):
        for part in combinations(sorted(rule.antecedent), size):
            smaller = frozenset(part)
            whole = smaller | rule.consequent
            there = smaller in counts and whole in counts
            if there and Fraction(counts[whole], counts[smaller]) >= rule.confidence:
                return True
    return False


def fisher(n: int, x: int, y: int, both: int) -> Fraction:
    """P(K >= both) with K hypergeometric, exactly."""
    ways = sum(comb(x, k) * comb(n - x, y - k) for k in range(both, min(x, y) + 1))
    return Fraction(ways, comb(n, y))


def pairs(baskets: Iterable[Collection[int]], min_count: int) -> dict[tuple[int, int], int]:
    """Count the baskets of every two items."""
    counts = Counter(p for basket in baskets for p in combinations(sorted(set(basket)), 2))
    return {p: n for p, n in counts.items() if n >= min_count}


def recommend(ranked: list[tuple[Set, int]], basket: Collection[int], most: int) -> list[int]:
    """Give the numbers of the best rules for a basket, one a suggested item."""
    held, found, seen = set(basket), [], set()
    for number, (antecedent, head) in enumerate(ranked):
        if antecedent <= held and head not in held and head not in seen and len(found) < most:
            seen.add(head)
            found.append(number)
    return found


def place(ranked: list[tuple[Set, int]], basket: Collection[int], hidden: int, most: int) -> int:
    """Say where a hidden item comes: from 1 on, 0 for nowhere, -1 where nothing is suggested."""
    rest = set(basket) - {hidden}
    heads = [ranked[r][1] for r in recommend(ranked, rest, most)]
    return heads.index(hidden) + 1 if hidden in heads else 0 if heads else -1
