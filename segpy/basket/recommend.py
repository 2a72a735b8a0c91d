"""The next product: suggestions from rules, each with the rule that made it."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segpy import _checks, _core
from segpy._progress import kernel_bar
from segpy.basket.baskets import Baskets, as_baskets
from segpy.basket.names import Names, tuples
from segpy.basket.rules import Rules


class RuleRecommender:
    """Suggest what to buy next: the consequents of the rules whose antecedents are in the basket.

    Parameters
    ----------
    rules : Rules
        Those of lift above 1 are used. A rule of several consequents suggests each of them.
    n_jobs : int, default None
        Threads of `recommend_all`; None and -1 are all cores the process may use.

    Raises
    ------
    TypeError
        `rules` are no Rules.

    Notes
    -----
    Rules rank by confidence; ties by lift, then by count, then the shorter antecedent first, then
    by the order of its items (more frequent items first), then by that of the suggested item. An
    item is suggested by the best rule that speaks for it, and never if it is in the basket already.
    Rules are filed under the rarest item of their antecedent, so that a basket looks at few.

    Examples
    --------
    >>> import segpy as sp
    >>> lists = [["bread", "butter"], ["bread", "butter", "jam"], ["tea", "jam"], ["tea"]]
    >>> rules = sp.Apriori(min_support=1).fit(lists).rules(min_confidence=0.3)
    >>> sp.RuleRecommender(rules).recommend(["bread", "caviar"], n=1)
         item  score   because
    0  butter    1.0  (bread,)
    """

    def __init__(self, rules: Rules, *, n_jobs: int | None = None) -> None:
        who = "RuleRecommender"
        if not isinstance(rules, Rules):
            raise _checks.type_error(
                who, "'rules'", "Rules", rules, "Pass what Apriori.rules(...) gives."
            )
        _checks.threads(who, n_jobs)
        self.rules = rules
        self.n_jobs = n_jobs
        self._build()

    def __getstate__(self) -> dict[str, Any]:
        return {"rules": self.rules, "n_jobs": self.n_jobs}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.rules, self.n_jobs = state["rules"], state["n_jobs"]
        self._build()

    def __len__(self) -> int:
        return len(self._head)

    def __repr__(self) -> str:
        return f"RuleRecommender({len(self):,} suggestions of {len(self.rules):,} rules)"

    def _build(self) -> None:
        """Rank the rules, one entry a suggested item, and file them."""
        sets, rules = self.rules.itemsets, self.rules
        good = np.flatnonzero(rules.measure("lift") > 1)
        sizes = sets.lengths[rules.consequent[good]]
        rule = np.repeat(good, sizes)
        head = _joined(sets.indptr, sets.indices, rules.consequent[good])
        confidence, lift, count = (rules.measure(m, rule) for m in ("confidence", "lift", "count"))
        antecedent = rules.antecedent[rule]
        names = antecedent.astype(np.int64) * len(sets.items) + head
        order = np.lexsort((names, -count, -lift, -confidence))
        self._names = Names(sets)
        self._head = head[order]
        self._score = confidence[order]
        self._antecedent = antecedent[order]
        indptr = np.zeros(len(order) + 1, dtype=np.int64)
        np.cumsum(sets.lengths[self._antecedent], out=indptr[1:])
        items = _joined(sets.indptr, sets.indices, self._antecedent)
        self._index = _core.Recommender(len(sets.items), indptr, items, self._head)
        self._most = max(1, len(np.unique(self._head)))  # of suggestions a basket can have

    @cached_property
    def _suggestions(self) -> pd.DataFrame:
        """All there is to suggest as one table; rows are taken from it far quicker than made."""
        sets = self.rules.itemsets
        columns = {
            "item": pd.Series([sets.items[h] for h in self._head.tolist()], dtype=object),
            "score": pd.Series(self._score),
            "because": pd.Series(tuples(sets, self._antecedent), dtype=object),
        }
        return pd.DataFrame(columns)

    def _table(self, entries: NDArray[np.int32]) -> pd.DataFrame:
        """Give suggestions as rows."""
        table = self._suggestions.take(entries)
        table.index = pd.RangeIndex(len(entries))
        return table

    def recommend(self, items: Any, n: int = 5) -> pd.DataFrame:
        """Suggest for one basket.

        Parameters
        ----------
        items : item or list of items
            Names of what is in the basket.
        n : int, default 5
            At most so many suggestions.

        Returns
        -------
        DataFrame
            `item`, `score` (the confidence of the rule), `because` (its antecedents, a tuple of
            names), best first; empty where no rule speaks. `attrs["unknown"]` lists the names
            nobody knows as text; they are ignored.

        Raises
        ------
        TypeError, ValueError
            `items` are those of many baskets, `n` is no int above 0.

        Notes
        -----
        50 to 70 microseconds, of which the rules take 1 to 6 and the DataFrame the rest (thousands
        to tens of thousands of rules, `benchmarks/recommend.py`); `recommend_all`, which makes one
        DataFrame of all, answers a dozen baskets and more in that time. The first call takes
        longer.
        """
        who = "RuleRecommender.recommend"
        n = min(_checks.integer(who, "n", n, 1), self._most)
        if isinstance(items, Baskets | pd.DataFrame):
            raise _checks.type_error(
                who, "'items'", "those of one basket", items, "For many there is recommend_all."
            )
        held, unknown = self._names.split(items)
        indptr = np.array([0, len(held)], dtype=np.int64)
        found = self._index.best(indptr, held, n, 1, "", None)
        table = self._table(found[found >= 0])
        table.attrs = {"unknown": list(dict.fromkeys(map(str, unknown)))}
        return table

    def recommend_all(
        self, baskets: Any, n: int = 5, *, progress: bool | None = None
    ) -> pd.DataFrame:
        """Suggest for every basket, in one pass.

        Parameters
        ----------
        baskets : Baskets, or what `Apriori.fit` takes
            Items are matched by name, of order lines by what was counted if the rules are of order
            lines too.
        n : int, default 5
            At most so many suggestions a basket.
        progress : bool, default None
            Show a bar; None shows it only after a second of work on a terminal or in a notebook.

        Returns
        -------
        DataFrame
            `order` (the basket's id; its number where it has none), then as `recommend`; baskets
            for which no rule speaks have no row. `attrs` hold the number of `baskets`, those
            `without` a suggestion, and as texts the `unknown` items.

        Notes
        -----
        1 to 6 microseconds a basket on one thread, table included, of thousands to tens of
        thousands of rules.
        """
        who = "RuleRecommender.recommend_all"
        n = min(_checks.integer(who, "n", n, 1), self._most)
        jobs = _checks.threads(who, self.n_jobs)
        held = as_baskets(who, baskets)
        indptr, indices, unknown = self._translate(held)
        with kernel_bar("recommending", progress, who=who) as tick:
            found = self._index.best(indptr, indices, n, jobs, "", tick).reshape(-1, n)
        basket, place = np.nonzero(found >= 0)
        table = self._table(found[basket, place])
        table.insert(0, "order", held.orders[basket])
        table.attrs = {
            "baskets": held.n_baskets,
            "without": int((found[:, 0] < 0).sum()),
            "unknown": unknown,
        }
        return table

    def _translate(self, held: Baskets) -> tuple[NDArray[np.int64], NDArray[np.int32], list[str]]:
        """Give baskets in the positions of the rules' items; what these do not know is left out."""
        ours = self.rules.itemsets
        if held.items == ours.items and held.ids == ours.ids:
            return held.indptr, held.indices, []
        if held.ids is not held.items and ours.ids is not ours.items:  # labels only show items
            ids = dict(zip(ours.ids, range(len(ours.ids)), strict=True))
            places = [ids.get(code, -1) for code in held.ids]
        else:
            known = self._names.place
            named = zip(held.ids, held.items, strict=True)
            places = [known.get(code, known.get(name, -1)) for code, name in named]
        place = np.array(places, dtype=np.int64)
        unknown = [str(held.items[i]) for i in np.flatnonzero(place < 0).tolist()]
        item = place[held.indices]
        basket = np.repeat(np.arange(held.n_baskets), held.sizes)
        # Sorted, and once where two of their items are one of ours.
        lines = np.unique((basket * len(ours.items) + item)[item >= 0])
        indptr = np.zeros(held.n_baskets + 1, dtype=np.int64)
        basket, item = np.divmod(lines, max(len(ours.items), 1))
        np.cumsum(np.bincount(basket, minlength=held.n_baskets), out=indptr[1:])
        return indptr, item.astype(np.int32), unknown


def places_of_hidden(
    model: RuleRecommender,
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    most: int,
    tick: Any,
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Hide each item of each basket in turn and ask for it.

    Gives for each item its place among the first `most` suggestions for the rest of its basket,
    from 1 on (0: not among them, -1: there were none), and for each whole basket whether there is
    a suggestion.
    """
    jobs = _checks.threads("RuleRecommender", model.n_jobs)
    place = model._index.hidden(indptr, indices, min(most, model._most), jobs, "", tick)
    first = model._index.best(indptr, indices, 1, jobs, "", None)
    return place.astype(np.int64), first >= 0


def _joined(
    indptr: NDArray[np.int64], indices: NDArray[np.int32], sets: NDArray[np.int32]
) -> NDArray[np.int32]:
    """Give the items of sets, one set after the other."""
    start = indptr[sets]
    sizes = indptr[sets.astype(np.int64) + 1] - start
    ends = np.cumsum(sizes)
    at = np.arange(int(ends[-1]) if len(ends) else 0)
    at += np.repeat(start - ends + sizes, sizes)
    return indices[at]
