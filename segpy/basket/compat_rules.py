"""Rules from a frame of itemsets and supports, as mlxtend's association_rules gives them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segpy import _core

Floats = NDArray[np.float64]
Supports = dict[frozenset[Any], Any]

METRICS = [
    "antecedent support",
    "consequent support",
    "support",
    "confidence",
    "lift",
    "representativity",
    "leverage",
    "conviction",
    "zhangs_metric",
    "jaccard",
    "certainty",
    "kulczynski",
]


def supports(df: pd.DataFrame) -> Supports:
    """Give the support by set, in the order of the frame; of a set that is there twice the last."""
    sets = [
        frozenset(int(i) if isinstance(i, np.generic) else i for i in items)
        for items in df["itemsets"]
    ]
    return dict(zip(sets, df["support"].to_numpy(), strict=True))


def of_support(sets: Supports, least: float, metrics: list[str]) -> pd.DataFrame:
    """Give every split of every set whose support is enough."""
    found = [
        (frozenset(part), whole.difference(part), share)
        for whole, share in sets.items()
        if share >= least
        for size in range(len(whole) - 1, 0, -1)
        for part in combinations(whole, size)
    ]
    if not found:
        return _frame([], [], {name: np.zeros(0) for name in metrics})
    nothing = np.full(len(found), np.nan)
    share = np.array([f[2] for f in found], dtype=np.float64)
    columns = {**dict.fromkeys(metrics, nothing), "support": share}
    return _frame([f[0] for f in found], [f[1] for f in found], columns)


def _frame(left: list[Any], right: list[Any], columns: dict[str, Floats]) -> pd.DataFrame:
    sides = {"antecedents": left, "consequents": right}
    table = {name: pd.Series(values, dtype=object) for name, values in sides.items()}
    return pd.DataFrame({**table, **columns})


class Splits(NamedTuple):
    """Every split of every set: rows into the list of sets."""

    whole: NDArray[np.int32]
    left: NDArray[np.int32]
    right: NDArray[np.int32]


class _Sets:
    """Sets as the kernel takes them; `rows` says which of the frame's each is."""

    def __init__(self, sets: Supports) -> None:
        self.sets = list(sets)
        code: dict[Any, int] = {}
        listed = [[code.setdefault(i, len(code)) for i in s] for s in self.sets]
        self.code = code
        coded = [sorted(codes) for codes in listed]
        order = sorted(
            (r for r in range(len(coded)) if coded[r]), key=lambda r: (len(coded[r]), coded[r])
        )
        self.rows = np.array(order, dtype=np.int32)
        sizes = [len(coded[r]) for r in order]
        self.indptr = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        self.indices = np.array([c for r in order for c in coded[r]], dtype=np.int32)
        # Where an item stands when the frozenset is walked, which is what orders mlxtend's rules.
        place = [{c: i for i, c in enumerate(codes)} for codes in listed]
        self.place = np.array([place[r][c] for r in order for c in coded[r]], dtype=np.int64)

    def splits(self) -> Splits | None:
        """Split every set; None if the support of a part is not there."""
        ones = np.ones(len(self.rows), dtype=np.int64)
        longest = int(np.diff(self.indptr).max(initial=1))
        whole, left, right, _, unknown = _core.rules(
            1,
            len(self.code),
            self.indptr,
            self.indices,
            ones,
            0,
            1,
            longest,
            None,
            None,
            1,
            "",
            None,
        )
        wanted = sum(2 ** len(s) - 2 for s in self.sets if s)
        return None if unknown or len(whole) != wanted else Splits(whole, left, right)

    def order(self, found: Splits) -> NDArray[np.intp]:
        """Order splits as mlxtend meets them.

        By set, larger antecedents first, then as combinations of the items come.
        """
        sizes = np.diff(self.indptr)
        size = sizes[found.left]
        # Items of the antecedent as places in the walk of the whole set, the first as the top bit.
        at = np.repeat(np.arange(len(size)), size)
        within = np.arange(int(size.sum())) - np.repeat(np.cumsum(size) - size, size)
        item = self.indices[np.repeat(self.indptr[found.left], size) + within]
        bits = self._bits(found.whole[at], item)
        mask = np.zeros(len(size), dtype=np.uint64)
        np.bitwise_or.at(mask, at, bits)
        return np.lexsort((~mask, -size, self.rows[found.whole]))

    def _bits(self, whole: NDArray[np.int32], item: NDArray[np.int32]) -> NDArray[np.uint64]:
        """Give the bit of an item in the walk of a set that holds it."""
        # Keys of set and item ascend as the flat arrays do, so the item is found by halving.
        width = len(self.code)
        keys = np.repeat(np.arange(len(self.rows)), np.diff(self.indptr)) * width + self.indices
        at = np.searchsorted(keys, whole.astype(np.int64) * width + item)
        return np.uint64(1) << (np.uint64(63) - self.place[at].astype(np.uint64))


class Nulls:
    """Rows of the original frame where sets are missing or full."""

    def __init__(self, df: pd.DataFrame, sets: Supports) -> None:
        first = next(iter(sets))
        self.gone, self.full = df.isna().to_numpy(), (df == 1).to_numpy()
        if all(isinstance(item, str) for item in first):
            self.column: dict[Any, int] = {name: i for i, name in enumerate(df.columns)}
        else:
            self.column = {i: i for i in range(df.shape[1])}

    def counts(self, left: frozenset[Any], right: frozenset[Any]) -> tuple[int, ...]:
        """Count rows where something is missing.

        In either side, in the left, in the right; in the right where the left is full, in the left
        where the right is full.
        """
        a, c = ([self.column[i] for i in side] for side in (left, right))
        gone_a, gone_c = self.gone[:, a].any(axis=1), self.gone[:, c].any(axis=1)
        full_a, full_c = self.full[:, a].all(axis=1), self.full[:, c].all(axis=1)
        rows = (gone_a | gone_c, gone_a, gone_c, gone_c & full_a, gone_a & full_c)
        return tuple(int(r.sum()) for r in rows)


class Terms(NamedTuple):
    """What the measures are made of: supports, and counts of rows with something missing."""

    n: float
    both: Floats
    left: Floats
    right: Floats
    gone: Floats
    gone_left: Floats
    gone_right: Floats
    gone_right_full: Floats
    gone_left_full: Floats


def _confidence(t: Terms) -> Floats:
    return (t.both * (t.n - t.gone)) / (t.left * (t.n - t.gone_left) - t.gone_right_full)


def _conviction(t: Terms) -> Floats:
    confidence = _confidence(t)
    result = np.full(len(confidence), np.inf)
    below = confidence < 1.0
    result[below] = (1.0 - t.right[below]) / (1.0 - confidence[below])
    return result


def _zhang(t: Terms) -> Floats:
    below = np.maximum(t.both * (1 - t.left), t.left * (t.right - t.both))
    return np.where(below == 0, 0, (t.both - t.left * t.right) / below)


def _certainty(t: Terms) -> Floats:
    below = 1 - t.right
    return np.where(below == 0, 0, (_confidence(t) - t.right) / below)


def _kulczynski(t: Terms) -> Floats:
    back = t.both * (t.n - t.gone) / (t.right * (t.n - t.gone_right) - t.gone_left_full)
    return (_confidence(t) + back) / 2


# The operations and their order are mlxtend's, so that the bits are.
_MEASURES: dict[str, Callable[[Terms], Floats]] = {
    "antecedent support": lambda t: t.left,
    "consequent support": lambda t: t.right,
    "support": lambda t: t.both,
    "confidence": _confidence,
    "lift": lambda t: _confidence(t) / t.right,
    "representativity": lambda t: (t.n - t.gone) / t.n,
    "leverage": lambda t: t.both - t.left * t.right,
    "conviction": _conviction,
    "zhangs_metric": _zhang,
    "jaccard": lambda t: t.both / (t.left + t.right - t.both),
    "certainty": _certainty,
    "kulczynski": _kulczynski,
}


def find(
    sets: Supports,
    n: Any,
    nulls: Nulls | None,
    metric: str,
    least: float,
    metrics: list[str],
) -> pd.DataFrame:
    """Give the rules whose measure is enough, in mlxtend's order."""
    flat = _Sets(sets)
    splits = flat.splits()
    if splits is None:
        raise _missing(sets)
    share = np.array([sets[flat.sets[r]] for r in flat.rows.tolist()], dtype=np.float64)
    names = [flat.sets[r] for r in flat.rows.tolist()]
    terms = _terms(splits, share, names, n, nulls)
    with np.errstate(divide="ignore", invalid="ignore"):
        good = np.flatnonzero(_MEASURES[metric](terms) >= least)
        kept = Splits(*(side[good] for side in splits))
        rows = flat.order(kept)
        kept = Splits(*(side[rows] for side in kept))
        chosen = Terms(terms.n, *(term[good][rows] for term in terms[1:]))
        columns = (
            {name: _MEASURES[name](chosen) for name in metrics}
            if len(rows)
            else {name: np.zeros(0) for name in metrics}
        )
    left, right = ([names[s] for s in side.tolist()] for side in (kept.left, kept.right))
    return _frame(left, right, columns)


def _terms(
    splits: Splits, share: Floats, names: list[frozenset[Any]], n: Any, nulls: Nulls | None
) -> Terms:
    zero = np.zeros(len(splits.whole))
    counts = [zero] * 5
    if nulls is not None:
        pairs = zip(splits.left.tolist(), splits.right.tolist(), strict=True)
        found = [nulls.counts(names[x], names[y]) for x, y in pairs]
        counts = list(np.array(found, dtype=np.float64).reshape(-1, 5).T)
    shares = (share[side] for side in splits)
    return Terms(n, *shares, *counts)


def _missing(sets: Supports) -> KeyError:
    """Name the first part of a set, in mlxtend's order, whose support is not there."""
    for whole in sets:
        for size in range(len(whole) - 1, 0, -1):
            for part in combinations(whole, size):
                for half in (frozenset(part), whole.difference(part)):
                    if half not in sets:
                        return KeyError(
                            f"{KeyError(half)}You are likely getting this error because the "
                            "DataFrame is missing  antecedent and/or consequent  information. You "
                            "can try using the  `support_only=True` option"
                        )
    raise AssertionError("every part of every set is there")
