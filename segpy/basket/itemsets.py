"""Frequent itemsets: what is bought together often enough."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self, overload

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone
from sklearn.utils.validation import check_is_fitted

from segpy import _checks, _core, _progress
from segpy.basket import memory, support
from segpy.basket.baskets import Baskets, as_baskets
from segpy.basket.names import tuples

if TYPE_CHECKING:
    from segpy.basket.rules import Rules

_WHO = "Apriori"
_TARGETS = ("all", "closed", "maximal")
_ANY = 2**63 - 1
_LEAF = 12  # items of which all subsets are counted at once


class Itemsets:
    """Frequent itemsets as flat arrays: ``Apriori.fit(...).itemsets_``.

    Set i holds the positions ``indices[indptr[i]:indptr[i + 1]]`` and is in ``counts[i]`` baskets.
    Sets come by length, then position by position; the items of a set come most frequent first.

    Attributes
    ----------
    indptr, indices, counts : ndarray of int64, int32, int64
        Read-only.
    items, ids : list
        Names by position, as shown and as counted.
    item_counts : ndarray of int64
        Baskets of each item, by position.
    n_baskets, min_count : int
        Baskets there were, and the least number that makes a set frequent.
    target, min_len, max_len
        What was asked.
    partial : bool
        Whether a limit was hit: what is here is exact, but it is not all.
    note : str
        What limit it was, or that nothing is frequent and what the highest support is.
    """

    def __init__(
        self,
        arrays: tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int64]],
        baskets: Baskets,
        min_count: int,
        *,
        min_len: int = 1,
        max_len: int | None = None,
        target: str = "all",
        partial: bool = False,
        note: str = "",
    ) -> None:
        self.indptr, self.indices, self.counts = arrays
        for array in arrays:
            array.flags.writeable = False
        self.items, self.ids = baskets.items, baskets.ids
        self.item_counts = baskets.item_counts
        self.n_baskets = baskets.n_baskets
        self.min_count = min_count
        self.min_len, self.max_len, self.target = min_len, max_len, target
        self.partial, self.note = partial, note

    @cached_property
    def lengths(self) -> NDArray[np.int64]:
        """The number of items of each set."""
        return np.diff(self.indptr)

    def __len__(self) -> int:
        return len(self.counts)

    @overload
    def __getitem__(self, at: int) -> tuple[Any, ...]: ...
    @overload
    def __getitem__(self, at: slice) -> list[tuple[Any, ...]]: ...
    def __getitem__(self, at: int | slice) -> tuple[Any, ...] | list[tuple[Any, ...]]:
        try:
            chosen = range(len(self))[at]
        except IndexError:
            raise IndexError(f"Itemsets: there are {len(self):,} sets; got index {at}.") from None
        if isinstance(chosen, range):
            return list(tuples(self, np.array(chosen, dtype=np.int64)))
        return tuple(
            self.items[p]
            for p in self.indices[self.indptr[chosen] : self.indptr[chosen + 1]].tolist()
        )

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return iter(self[:])

    def __repr__(self) -> str:
        kind = "" if self.target == "all" else f"{self.target} "
        told = f" ({self.note})" if self.note else ""
        return (
            f"Itemsets: {len(self):,} {kind}sets in at least {self.min_count:,} of "
            f"{self.n_baskets:,} baskets{told}"
        )

    def to_frame(self, n: int | None = None) -> pd.DataFrame:
        """Give the sets as a table.

        Parameters
        ----------
        n : int, optional
            Only the first n sets.

        Returns
        -------
        DataFrame
            ``itemsets`` (tuple of names), ``support`` (share of baskets), ``count``, ``length``;
            by length, then by position of the items. ``attrs`` hold ``n_baskets``, ``min_count``,
            ``partial`` and ``note``.
        """
        rows = (
            len(self)
            if n is None
            else min(len(self), _checks.integer("Itemsets.to_frame", "n", n, 0))
        )
        sets = tuples(self, np.arange(rows))
        count = self.counts[:rows]
        frame = pd.DataFrame(
            {
                "itemsets": pd.Series(sets, dtype=object),
                "support": count / max(self.n_baskets, 1),
                "count": count,
                "length": self.lengths[:rows],
            }
        )
        frame.attrs.update(
            n_baskets=self.n_baskets, min_count=self.min_count, partial=self.partial, note=self.note
        )
        return frame

    def to_frozensets(self) -> list[frozenset[Any]]:
        """Give the sets as frozensets of names, in the order of `counts`."""
        return [frozenset(names) for names in self]


class Apriori(BaseEstimator):  # type: ignore[misc]
    """Finds the sets of items that enough baskets hold, and counts them exactly.

    The answer is that of the Apriori algorithm [1]_: every set that is in at least `min_support`
    of the baskets, with the exact number. It is fixed by the baskets alone, so that any exact
    search finds the same; this one goes depth first, from each item to the more frequent ones
    [2]_, in C. It never makes candidates: what is left of the baskets below a set is held as lists,
    as bitmaps that are joined by AND and counted [3]_, as weighted 64-bit masks, or as one table of
    all subsets that is summed over supersets, whichever is cheapest there. Closed and maximal
    sets are searched for by themselves [4]_. Sets in all baskets are included, the empty set is
    not.

    Parameters
    ----------
    min_support : float or int, default 0.01
        A float is a share of the baskets in (0, 1], read as the decimal it prints: a set is
        frequent if its count is at least ``ceil(Fraction(repr(min_support)) * n_baskets)`` (0.28
        of 25 is 7). An int is a number of baskets.
    min_len, max_len : int, default 1; int or None
        Sizes of the sets that are given. With "closed" and "maximal" they choose among the closed
        or maximal sets of all sizes.
    target : {"all", "closed", "maximal"}, default "all"
        "closed": no set with one item more is in as many baskets. "maximal": none is frequent.
    max_itemsets : int, optional
        Most sets that are given. Where there are more, the answer is `partial` and `note` says so;
        the sets given are exact. They are the first in the order of the search: sets of the more
        frequent items first.
    n_jobs : int or None, default None
        Threads; None takes all cores the process may use. The result does not depend on it.

    Attributes
    ----------
    itemsets_ : Itemsets
        Flat arrays, with ``len``, indexing, ``to_frame`` and ``to_frozensets``.
    baskets_ : Baskets
        What was fitted.
    n_baskets_, min_count_ : int

    Raises
    ------
    TypeError
        For parameters of a wrong type, and for data that holds no baskets.
    ValueError
        For parameters out of range.

    Notes
    -----
    Memory: the occurrences of frequent items twice in 4 bytes each, about 30 bytes a set while
    they are put in order, and the answer (16 bytes a set and 4 an item of it). An answer that would
    not fit half of the memory that is free is cut off there, like one of more than `max_itemsets`.

    References
    ----------
    .. [1] R. Agrawal, R. Srikant, "Fast algorithms for mining association rules", VLDB 1994.
    .. [2] T. Uno, M. Kiyomi, H. Arimura, "LCM ver. 2: efficient mining algorithms for
       frequent/closed/maximal itemsets", FIMI 2004.
    .. [3] M. J. Zaki, "Scalable algorithms for association mining", IEEE TKDE 12 (2000),
       doi:10.1109/69.846291.
    .. [4] T. Uno, T. Asai, Y. Uchida, H. Arimura, "An efficient algorithm for enumerating closed
       patterns in transaction databases", DS 2004, doi:10.1007/978-3-540-30214-8_2.

    Examples
    --------
    >>> import segpy as sp
    >>> orders = [["tea", "cup"], ["tea", "cup", "jam"], ["tea"], ["jam"]]
    >>> model = sp.Apriori(min_support=0.5).fit(orders)
    >>> model.itemsets_.to_frame()
         itemsets  support  count  length
    0      (tea,)     0.75      3       1
    1      (cup,)     0.50      2       1
    2      (jam,)     0.50      2       1
    3  (tea, cup)     0.50      2       2
    """

    def __init__(
        self,
        min_support: float = 0.01,
        *,
        min_len: int = 1,
        max_len: int | None = None,
        target: str = "all",
        max_itemsets: int | None = None,
        n_jobs: int | None = None,
    ) -> None:
        self.min_support = min_support
        self.min_len = min_len
        self.max_len = max_len
        self.target = target
        self.max_itemsets = max_itemsets
        self.n_jobs = n_jobs

    def fit(self, X: Any, y: Any = None) -> Self:
        """Find the itemsets.

        Parameters
        ----------
        X : Baskets, list of lists, one-hot table, sparse matrix or order lines
            Order lines are a table with the columns ``order`` and ``product``. Not changed.
        y : ignored

        Returns
        -------
        Apriori
            Itself.
        """
        min_len = _checks.integer(_WHO, "min_len", self.min_len, 1)
        max_len = self.max_len
        if max_len is not None:
            max_len = _checks.integer(_WHO, "max_len", max_len, min_len)
        target = _checks.one_of(_WHO, "target", self.target, _TARGETS)
        most = self.max_itemsets
        if most is not None:
            most = _checks.integer(_WHO, "max_itemsets", most, 1, _ANY)
        threads = _checks.threads(_WHO, self.n_jobs)
        support.min_count(_WHO, self.min_support, 1)  # checked before the data are read
        baskets = as_baskets(_WHO, X)
        count = support.min_count(_WHO, self.min_support, baskets.n_baskets)
        room = memory.half_of_free()
        with _progress.kernel_bar("itemsets", who=_WHO) as tick:
            indptr, indices, counts, full = _core.itemsets(
                baskets.indptr,
                baskets.indices,
                baskets.item_counts,
                count,
                min_len,
                min(max_len or _ANY, _ANY),
                _TARGETS.index(target),
                _ANY if most is None else most,
                room,
                0,
                _LEAF,
                threads,
                "",
                tick,
            )
        self.baskets_ = baskets
        self.n_baskets_ = baskets.n_baskets
        self.min_count_ = count
        self.itemsets_ = Itemsets(
            (indptr, indices, counts),
            baskets,
            count,
            min_len=min_len,
            max_len=max_len,
            target=target,
            partial=full != 0,
            note=_note(len(counts), full, most, room, baskets, count),
        )
        return self

    def rules(
        self,
        *,
        min_confidence: float = 0.5,
        min_lift: float | None = None,
        max_consequent: int | None = 1,
        antecedent: Any = None,
        consequent: Any = None,
    ) -> Rules:
        """Split the itemsets into rules: who buys X also buys Y.

        Parameters
        ----------
        min_confidence : float, default 0.5
            Share, among the baskets with X, of those with Y too; in [0, 1], read as the decimal it
            prints and compared in whole numbers: ``count_xy >= Fraction(repr(c)) * count_x``.
        min_lift : float, default None
            Keep only rules of at least this lift.
        max_consequent : int or None, default 1
            Most items of Y; None: any number.
        antecedent, consequent : item or list of items, default None
            Only these may stand in X, or in Y; None: all may.

        Returns
        -------
        Rules
            Flat arrays, with ``to_frame``, ``prune``, ``filter``, ``top`` and ``to_csv``; measures
            and their sources are described there. An empty answer names the best rule there is.

        Raises
        ------
        ValueError
            The model has target "maximal", whose sets have lost the counts of their parts; an
            argument is out of range, or an item is not known (similar names are said).
        TypeError
            An argument is of the wrong kind.

        Notes
        -----
        Closed sets hold the counts of all frequent sets, so they give the rules of all. With
        `min_len` a rule has at least so many items in all.

        Examples
        --------
        >>> import segpy as sp
        >>> model = sp.Apriori(min_support=2).fit([["tea", "cup"], ["tea", "cup", "jam"], ["tea"]])
        >>> model.rules().to_frame()[["antecedents", "consequents", "confidence", "lift"]]
          antecedents consequents  confidence  lift
        0      (tea,)      (cup,)    0.666667   1.0
        1      (cup,)      (tea,)    1.000000   1.0
        """
        from segpy.basket.rules import make_rules

        check_is_fitted(self, "itemsets_")
        sets = self.itemsets_
        if sets.target == "closed" or (sets.min_len > 1 and sets.target == "all"):
            parts = clone(self).set_params(min_support=sets.min_count, min_len=1, target="all")
            sets = parts.fit(self.baskets_).itemsets_
        return make_rules(
            sets,
            min_confidence=min_confidence,
            min_lift=min_lift,
            max_consequent=max_consequent,
            antecedent=antecedent,
            consequent=consequent,
            min_len=self.itemsets_.min_len,
            baskets=self.baskets_,
            n_jobs=self.n_jobs,
        )


def _note(found: int, full: int, most: int | None, room: int, baskets: Baskets, count: int) -> str:
    """Say what an answer lacks, or why it is empty."""
    if full == 1:
        return f"there are more than max_itemsets={most:,}; the sets given are exact"
    if full == 2:
        return (
            f"more than these {found:,} sets would not fit {room / 2**30:,.1f} GiB, half of the "
            "memory that is free; the sets given are exact: raise min_support, or set max_len"
        )
    if found:
        return ""
    highest = int(baskets.item_counts[0]) if baskets.n_items else 0
    if highest == 0:
        return "the baskets hold no items"
    if highest < count:
        share = highest / baskets.n_baskets
        return (
            f"no set is in {count:,} baskets; the highest support is {share:.6g} "
            f"({highest:,} of {baskets.n_baskets:,}), that of {baskets.items[0]!r}"
        )
    return "no frequent set has the lengths asked for"
