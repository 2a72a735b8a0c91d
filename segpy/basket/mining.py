"""The search for frequent itemsets without the estimator's face, which takes time to import."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any, overload

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segpy import _checks, _core, _progress
from segpy.basket import memory, support
from segpy.basket.baskets import Baskets, as_baskets
from segpy.basket.names import tuples

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


def find(
    X: Any,
    min_support: object,
    *,
    min_len: object = 1,
    max_len: object = None,
    target: str = "all",
    max_itemsets: object = None,
    n_jobs: int | None = None,
) -> tuple[Baskets, Itemsets]:
    """Find the itemsets of anything that holds baskets; `Apriori` documents the arguments."""
    least = _checks.integer(_WHO, "min_len", min_len, 1)
    longest = None if max_len is None else _checks.integer(_WHO, "max_len", max_len, least)
    target = _checks.one_of(_WHO, "target", target, _TARGETS)
    most = None
    if max_itemsets is not None:
        most = _checks.integer(_WHO, "max_itemsets", max_itemsets, 1, _ANY)
    threads = _checks.threads(_WHO, n_jobs)
    support.min_count(_WHO, min_support, 1)  # checked before the data are read
    baskets = as_baskets(_WHO, X)
    count = support.min_count(_WHO, min_support, baskets.n_baskets)
    room = memory.half_of_free()
    with _progress.kernel_bar("itemsets", who=_WHO) as tick:
        indptr, indices, counts, full = _core.itemsets(
            baskets.indptr,
            baskets.indices,
            baskets.item_counts,
            count,
            least,
            min(longest or _ANY, _ANY),
            _TARGETS.index(target),
            _ANY if most is None else most,
            room,
            0,
            _LEAF,
            threads,
            "",
            tick,
        )
    return baskets, Itemsets(
        (indptr, indices, counts),
        baskets,
        count,
        min_len=least,
        max_len=longest,
        target=target,
        partial=full != 0,
        note=_note(len(counts), full, most, room, baskets, count),
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
