"""Rules in sentences, for the page and for the command line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from segpy.reporting import words

if TYPE_CHECKING:
    from segpy.basket.baskets import Baskets
    from segpy.basket.rules import Rules

_TOLD = 3  # rules the command line tells
_AMONG = 100  # rules, best first, among which are three of different products


@dataclass(frozen=True)
class Sentence:
    """A rule in words: the parts of the sentence around the names of products."""

    share: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    often: str
    baskets: str
    customers: str

    @classmethod
    def of(
        cls,
        before: Sequence[object],
        after: Sequence[object],
        *,
        confidence: float,
        lift: float,
        count: int,
        customers: str = "",
    ) -> Sentence:
        """Put a rule into words."""
        return cls(
            share=of_hundred(confidence),
            before=tuple(map(str, before)),
            after=tuple(map(str, after)),
            often=f"{times(lift)} times as often as usual",
            baskets=words.plural(count, "basket"),
            customers=customers,
        )

    @property
    def text(self) -> str:
        """The whole sentence."""
        before, after = words.listed(self.before), words.listed(self.after)
        return f"{self.share} who buy {before} also buy {after}, {self.often}, {self.baskets}"


def of_hundred(confidence: float) -> str:
    """Say a confidence; all of them only where it is all of them."""
    return f"{100 if confidence >= 1 else min(99, round(100 * confidence))} of 100"


def times(lift: float) -> str:
    """Say a lift: ``78``, ``6.6``, ``1.04``."""
    if lift >= 9.95:
        return words.count(lift)
    return f"{lift:.2f}" if lift < 1.095 else f"{lift:.1f}"


def of_baskets(held: Baskets) -> str:
    """Say how many baskets there are, of how many products, and how many can hold no rule."""
    said = f"{words.plural(held.n_baskets, 'basket')} of {words.plural(held.n_items, 'product')}"
    single = int((held.sizes == 1).sum())
    return f"{said}, {words.count(single)} of them of one product only" if single else said


def of_rules(rules: Rules) -> list[str]:
    """Tell the strongest rules, each of other products; of none, the best that there is."""
    if not len(rules):
        return [rules.note]
    sets = rules.itemsets
    told: dict[frozenset[object], str] = {}  # none of products that are all in another one
    table = rules.to_frame(_AMONG)
    # A rule and its reverse are equally strong; the one that holds more often is told.
    table = table.sort_values(["lift_low", "confidence"], ascending=False, kind="stable")
    columns = ["antecedents", "consequents", "confidence", "lift", "count"]
    for before, after, confidence, lift, count in table[columns].itertuples(index=False, name=None):
        products = frozenset((*before, *after))
        if len(told) < _TOLD and not any(t <= products or products <= t for t in told):
            sentence = Sentence.of(before, after, confidence=confidence, lift=lift, count=count)
            told[products] = f"  {sentence.text}"
    share = f"{words.count(sets.min_count)} of {words.plural(sets.n_baskets, 'basket')}"
    found = f"{words.plural(len(rules), 'rule')} in at least {share}, the strongest:"
    return [found, *told.values(), *([f"  {rules.note}"] if rules.note else [])]
