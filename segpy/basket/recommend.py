"""The next product: suggestions from rules, each with the rule that made it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segpy import _checks, _core
from segpy._progress import kernel_bar
from segpy.basket.baskets import as_baskets
from segpy.basket.names import Names
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
    Rules rank by confidence; ties by lift, then by count, then by the order of the items of the
    antecedent (more frequent items first), then of the suggested item. An item is suggested by the
    best rule that speaks for it, and never if it is in the basket already. Rules are filed under
    the rarest item of their antecedent, so that a basket looks at few of them.

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
        order = np.lexsort((rule, head, antecedent, -count, -lift, -confidence))
        self._names = Names(sets)
        self._head = head[order]
        self._score = confidence[order]
        self._antecedent = antecedent[order]
        indptr = np.zeros(len(order) + 1, dtype=np.int64)
        np.cumsum(sets.lengths[self._antecedent], out=indptr[1:])
        items = _joined(sets.indptr, sets.indices, self._antecedent)
        self._index = _core.Recommender(len(sets.items), indptr, items, self._head)
        self._because: dict[int, tuple[Any, ...]] = {}

    def _best(
        self, indptr: NDArray[np.int64], indices: NDArray[np.int32], n: int, jobs: int, tick: Any
    ) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
        """Give (basket, entry) of every suggestion, baskets in order, best first."""
        found = self._index.best(indptr, indices, n, jobs, "", tick).reshape(-1, n)
        basket, place = np.nonzero(found >= 0)
        return basket, found[basket, place]

    def _table(self, entries: NDArray[np.int32]) -> pd.DataFrame:
        """Give suggestions as rows; put together so that one basket takes no millisecond."""
        items, index = self.rules.itemsets.items, pd.RangeIndex(len(entries))
        columns: dict[str, Any] = {
            "item": [items[h] for h in self._head[entries].tolist()],
            "score": self._score[entries],
            "because": [self._why(s) for s in self._antecedent[entries].tolist()],
        }
        for name in ("item", "because"):
            values = np.empty(len(index), dtype=object)
            values[:] = columns[name]
            columns[name] = pd.Series(values, index, dtype=object, copy=False)
        return pd.DataFrame(columns, index=index, copy=False)

    def _why(self, number: int) -> tuple[Any, ...]:
        """Give a set as names; each is made once."""
        if number not in self._because:
            sets = self.rules.itemsets
            part = sets.indices[sets.indptr[number] : sets.indptr[number + 1]]
            self._because[number] = tuple(sets.items[i] for i in part.tolist())
        return self._because[number]

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
        """
        n = _checks.integer("RuleRecommender.recommend", "n", n, 1)
        held, unknown = self._names.split(items)
        _, entries = self._best(np.array([0, len(held)], dtype=np.int64), held, n, 1, None)
        table = self._table(entries)
        table.attrs = {"unknown": [str(name) for name in unknown]}
        return table

    def recommend_all(
        self, baskets: Any, n: int = 5, *, progress: bool | None = None
    ) -> pd.DataFrame:
        """Suggest for every basket, in one pass.

        Parameters
        ----------
        baskets : Baskets, or what `Apriori.fit` takes
            Items are matched by name.
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
        """
        who = "RuleRecommender.recommend_all"
        n = _checks.integer(who, "n", n, 1)
        jobs = _checks.threads(who, self.n_jobs)
        held = as_baskets(who, baskets)
        indptr, indices, unknown = self._translate(held)
        with kernel_bar("recommending", progress, who=who) as tick:
            basket, entries = self._best(indptr, indices, n, jobs, tick)
        table = self._table(entries)
        table.insert(0, "order", held.orders[basket])
        with_one = len(np.unique(basket))
        table.attrs = {
            "baskets": held.n_baskets,
            "without": held.n_baskets - with_one,
            "unknown": unknown,
        }
        return table

    def _translate(self, held: Any) -> tuple[NDArray[np.int64], NDArray[np.int32], list[str]]:
        """Give baskets in the positions of the rules' items; what these do not know is left out."""
        ours = self.rules.itemsets.items
        if held.items is ours or held.items == ours:
            return held.indptr, held.indices, []
        known = self._names.place
        ids = held.ids
        place = np.array(
            [
                known.get(name, known.get(code, -1))
                for name, code in zip(held.items, ids, strict=True)
            ],
            dtype=np.int32,
        )
        unknown = [str(held.items[i]) for i in np.flatnonzero(place < 0).tolist()]
        basket = np.repeat(np.arange(held.n_baskets), held.sizes)
        item = place[held.indices]
        # Two of their items may be one of ours.
        pairs = np.unique(np.column_stack([basket, item])[item >= 0], axis=0)
        indptr = np.zeros(held.n_baskets + 1, dtype=np.int64)
        np.cumsum(np.bincount(pairs[:, 0], minlength=held.n_baskets), out=indptr[1:])
        return indptr, np.ascontiguousarray(pairs[:, 1], dtype=np.int32), unknown


def places_of_hidden(
    model: RuleRecommender, indptr: NDArray[np.int64], indices: NDArray[np.int32], most: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Hide each item of each basket in turn and ask for it.

    Gives for each item its place among the first `most` suggestions for the rest of its basket,
    from 1 on (0: not among them, -1: there were none), and for each whole basket whether there is
    a suggestion.
    """
    jobs = _checks.threads("RuleRecommender", model.n_jobs)
    place = model._index.hidden(indptr, indices, most, jobs, "", None)
    first = model._index.best(indptr, indices, 1, jobs, "", None)
    return place.astype(np.int64), first >= 0


def _joined(
    indptr: NDArray[np.int64], indices: NDArray[np.int32], sets: NDArray[np.int32]
) -> NDArray[np.int32]:
    """Give the items of sets, one set after the other."""
    sizes = indptr[sets.astype(np.int64) + 1] - indptr[sets]
    ends = np.cumsum(sizes)
    within = np.arange(int(ends[-1]) if len(ends) else 0) - np.repeat(ends - sizes, sizes)
    return np.asarray(indices[np.repeat(indptr[sets], sizes) + within])
