"""evaluate_recommender: hide an item, ask the rules for it, and ask the most popular ones too."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segpy import _checks, _frames
from segpy._progress import kernel_bar
from segpy.basket.baskets import Baskets, baskets
from segpy.basket.itemsets import Apriori
from segpy.basket.recommend import RuleRecommender, places_of_hidden


def evaluate_recommender(
    tx: object,
    *,
    split: Any,
    min_support: float = 0.01,
    min_confidence: float = 0.1,
    k: int | Iterable[int] = (1, 5, 10),
    n_jobs: int | None = None,
    progress: bool | None = None,
) -> pd.DataFrame:
    """Measure how often rules of the past name what later orders hold, beside the most popular.

    Parameters
    ----------
    tx : DataFrame
        Order lines with `order`, `product` and `date`; lines whose `is_product` is False are left
        out.
    split : date, or text with the year first
        Rules and popularity are learned from the orders up to this instant and tried on those
        after it. An order counts by its first line.
    min_support : float or int, default 0.01
        As in `Apriori`, of the orders up to the split.
    min_confidence : float, default 0.1
        As in `Apriori.rules`.
    k : int or several, default (1, 5, 10)
        So many suggestions are looked at.
    n_jobs : int, default None
        Threads; None and -1 are all cores the process may use.
    progress : bool, default None
        Show a bar; None shows it only after a second of work on a terminal or in a notebook.

    Returns
    -------
    DataFrame
        Index `k`; `rules` and `most_popular` (share of hidden items among the first k
        suggestions), `coverage` (share of hidden items for which the rules suggest anything) and
        `n` (items hidden). `attrs` hold `verdict`, a sentence that says which does better, the
        number of `rules`, and of `orders_before` and `orders_after` the split.

    Raises
    ------
    ValueError
        There are no orders, none on one side of the split, or none after it of two items; a column
        is missing; an argument is out of range.
    TypeError
        An argument is of the wrong kind.

    Notes
    -----
    In each order after the split each item is hidden in turn and asked for from the rest; orders of
    fewer than two different items are left out. The most popular items are those of most orders
    before the split, without what the rest of the basket holds. Suggestions of the rules are not
    filled up with popular items, so that `coverage` bounds `rules`. An item that no order before
    the split holds is hidden too, and found by neither.

    Examples
    --------
    >>> import pandas as pd
    >>> import segpy as sp
    >>> tx = pd.DataFrame(
    ...     {
    ...         "order": [1, 1, 2, 2, 3, 4, 5, 5],
    ...         "product": ["bread", "butter", "bread", "butter", "tea", "tea", "bread", "butter"],
    ...         "date": pd.to_datetime(["2024-01-01"] * 6 + ["2024-02-01"] * 2),
    ...     }
    ... )
    >>> sp.evaluate_recommender(tx, split="2024-01-15", min_support=0.2, k=[1])
       rules  most_popular  coverage  n
    k
    1    1.0           1.0       1.0  2
    """
    who = "evaluate_recommender"
    ks = _tops(who, k)
    progress = None if progress is None else _checks.boolean(who, "progress", progress)
    before, after = _parts(who, tx, split)
    model = Apriori(min_support, n_jobs=n_jobs).fit(before)
    rules = model.rules(min_confidence=min_confidence)
    if not (after.sizes > 1).any():
        raise _checks.value_error(
            who, "the orders after the split", "of two items and more, some of them", "none such"
        )
    asked = _Asked(before, after)
    recommender = RuleRecommender(rules, n_jobs=n_jobs)
    with kernel_bar("hiding items", progress, who=who) as tick:
        found, covered = asked.by_rules(recommender, max(ks), tick)
    popular = asked.by_popularity()
    n = len(found)
    table = pd.DataFrame(
        {
            "rules": [float(np.mean((found > 0) & (found <= top))) for top in ks],
            "most_popular": [float(np.mean((popular > 0) & (popular <= top))) for top in ks],
            "coverage": float(np.mean(covered)),
            "n": n,
        },
        index=pd.Index(ks, name="k"),
    )
    table.attrs = {
        "verdict": _verdict(table, len(recommender)),
        "rules": len(rules),
        "orders_before": before.n_baskets,
        "orders_after": after.n_baskets,
    }
    return table


def _tops(who: str, k: Any) -> list[int]:
    if isinstance(k, str | bytes) or not isinstance(k, int | np.integer | Iterable):
        raise _checks.type_error(who, "'k'", "an int >= 1 or several", k)
    listed = [k] if isinstance(k, int | np.integer) else list(k)
    if not listed:
        raise _checks.value_error(who, "'k'", "ints >= 1", "none")
    return sorted({_checks.integer(who, "k", one, 1) for one in listed})


def _parts(who: str, tx: object, split: Any) -> tuple[Baskets, Baskets]:
    """Give the baskets of the orders up to the split and after it; items are what was counted."""
    lines = _frames.frame(who, tx)
    _checks.columns(who, lines, ("order", "product", "date"), "Pass cleaned order lines.")
    instant = _frames.moment(who, "split", split)
    when = _frames.dates(who, _frames.column(lines, "date"))
    ticks = when.values.view(f"M8[{when.unit}]")
    orders = _frames.encode(who, _frames.column(lines, "order"), sort=False).codes
    known = orders >= 0
    if not known.any():
        raise _checks.value_error(who, "the table", "lines of orders", "none with an order")
    first = pd.Series(ticks[known]).groupby(orders[known]).min()
    late = (first > instant).to_numpy()
    if late.all() or not late.any():
        raise _checks.value_error(
            who,
            "'split'",
            f"between the first and the last order, {first.min()} and {first.max()}",
            str(instant),
        )
    of_line = np.zeros(len(lines), dtype=np.bool_)
    of_line[known] = late[np.searchsorted(first.index.to_numpy(), orders[known])]
    needed = lines[[c for c in ("order", "product", "is_product") if c in lines]]
    parts = [needed[known & side] for side in (~of_line, of_line)]
    return baskets(parts[0], label=None), baskets(parts[1], label=None)


class _Asked:
    """The items hidden one by one: those known before the split by basket, then the others."""

    def __init__(self, before: Baskets, after: Baskets) -> None:
        known = {name: i for i, name in enumerate(before.items)}
        place = np.array([known.get(name, -1) for name in after.items], dtype=np.int32)
        big = np.repeat(after.sizes > 1, after.sizes)
        basket = np.repeat(np.arange(after.n_baskets), after.sizes)[big]
        item = place[after.indices[big]]
        self.new = basket[item < 0]
        basket, item = basket[item >= 0], item[item >= 0]
        order = np.lexsort((item, basket))
        self.basket, self.item = basket[order], np.ascontiguousarray(item[order])
        self.indptr = np.zeros(after.n_baskets + 1, dtype=np.int64)
        np.cumsum(np.bincount(basket, minlength=after.n_baskets), out=self.indptr[1:])

    def by_rules(
        self, model: RuleRecommender, most: int, tick: Any
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Give the place of each item among the suggestions, 0 for none, and if there were any."""
        place, speaks = places_of_hidden(model, self.indptr, self.item, most, tick)
        found = np.concatenate([np.maximum(place, 0), np.zeros(len(self.new), dtype=np.int64)])
        return found, np.concatenate([place >= 0, speaks[self.new]])

    def by_popularity(self) -> NDArray[np.int64]:
        """Give the place of each item among the most popular that the rest does not hold."""
        ahead = np.arange(len(self.item)) - self.indptr[self.basket]
        return np.concatenate([self.item - ahead + 1, np.zeros(len(self.new), dtype=np.int64)])


def _verdict(table: pd.DataFrame, n_suggestions: int) -> str:
    """Say which of the two finds more, at each number of suggestions."""
    if n_suggestions == 0:
        return "The orders before the split give no rule of lift above 1: nothing is suggested."
    better = [int(k) for k in table.index[table["rules"] > table["most_popular"]]]
    last = table.index[-1]
    rates = (
        f"of the first {last} suggestions {table['rules'].iloc[-1]:.1%} hit, of the most popular "
        f"{table['most_popular'].iloc[-1]:.1%}"
    )
    if len(better) == len(table):
        return f"The rules beat the most popular items: {rates}."
    if not better:
        return f"The rules do not beat the most popular items: {rates}."
    ahead = ", ".join(str(k) for k in better)
    return f"The rules beat the most popular items at k = {ahead} only: {rates}."
