"""Where one group buys otherwise than the rest, beyond chance."""

from __future__ import annotations

from math import comb
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segpy import _checks
from segpy.basket import measures
from segpy.basket.baskets import Baskets
from segpy.basket.rules import Rules

_ALPHA = 0.05
_BITS = 2**28  # items times baskets, looked at in one go
_CELLS = 2**21  # words of bits that sets take in one go
_COUNTS = ["count", "baskets", "count_rest", "baskets_rest"]
_COLUMNS = [
    "group",
    "antecedents",
    "consequents",
    "share",
    "share_rest",
    "ratio",
    *_COUNTS,
    "p_value",
    "p_adjusted",
]
_Ints = NDArray[np.int64]


class Group(NamedTuple):
    """A group that was searched: its baskets among all, its threshold, what was found there."""

    start: int
    stop: int
    least: int
    rules: Rules
    place: _Ints  # of each of its items, the position among all baskets


class Compared(NamedTuple):
    """All that the comparison needs."""

    pooled: Baskets
    groups: list[Group]
    names: list[Any]
    most: int | None  # items of a consequent


class _Tests(NamedTuple):
    """Tests of one group: counts in it and in the rest, lengths, and which sets they are of."""

    counts: _Ints  # a row a test, the columns of _COUNTS
    length: _Ints
    antecedent: _Ints  # a set of the group's, -1: none
    consequent: _Ints  # a set of the group's; without antecedent an item


def table(compared: Compared) -> pd.DataFrame:
    """Give the differences beyond chance, the least likely first."""
    pooled = compared.pooled
    tests = [
        _tests(pooled, group, everywhere)
        for group, everywhere in zip(compared.groups, _everywhere(compared), strict=True)
    ]
    sizes = [len(t.length) for t in tests]
    if not sum(sizes):
        return _framed(compared, [], 0, "No group is compared with others.")
    of_group = np.repeat(np.arange(len(tests)), sizes)
    counts = np.concatenate([t.counts for t in tests])
    length = np.concatenate([t.length for t in tests])
    p = _two_sided(counts)
    adjusted = np.minimum(1.0, p * _times(compared, of_group, length))
    order = np.lexsort((np.arange(len(p)), -counts[:, 0], p, adjusted))
    good = order[adjusted[order] <= _ALPHA]
    shown = good if len(good) else order[:1]
    antecedent = np.concatenate([t.antecedent for t in tests])
    consequent = np.concatenate([t.consequent for t in tests])
    rows = [
        (
            compared.names[of_group[i]],
            *_sides(compared.groups[of_group[i]], int(antecedent[i]), int(consequent[i])),
            *_shares(*counts[i].tolist()),
            *counts[i].tolist(),
            float(p[i]),
            float(adjusted[i]),
        )
        for i in shown.tolist()
    ]
    note = "" if len(good) else _nearest(rows[0], len(p))
    return _framed(compared, rows if len(good) else [], len(p), note)


def _framed(compared: Compared, rows: list[Any], n: int, note: str) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=_COLUMNS)
    if not rows:
        kinds = {name: "int64" if name in _COUNTS else "float64" for name in _COLUMNS[3:]}
        frame = frame.astype(kinds)
    frame.attrs = {
        "n_compared": n,
        "n_groups": len(compared.groups),
        "alpha": _ALPHA,
        "note": note,
    }
    return frame


def _nearest(row: tuple[Any, ...], n: int) -> str:
    name, left, right, share, rest = row[:5]
    what = ", ".join(map(str, right))
    if left:
        what = f"{', '.join(map(str, left))} => {what}"
    return (
        f"No difference among the {n:,} compared is beyond chance; the nearest: {what}, "
        f"{share:.3g} in {_checks.shown(name)} and {rest:.3g} in the rest, p {row[-2]:.2g}, "
        f"corrected {row[-1]:.2g}."
    )


def _sides(group: Group, antecedent: int, consequent: int) -> tuple[Any, Any]:
    sets = group.rules.itemsets
    if antecedent < 0:
        return (), (sets.items[consequent],)
    left, right = (
        tuple(sets.items[i] for i in sets.indices[sets.indptr[s] : sets.indptr[s + 1]].tolist())
        for s in (antecedent, consequent)
    )
    return left, right


def _shares(count: int, baskets: int, count_rest: int, baskets_rest: int) -> tuple[float, ...]:
    share, rest = count / baskets, count_rest / baskets_rest
    return share, rest, share / rest if rest else float("inf")


def _everywhere(compared: Compared) -> list[_Ints]:
    """Count, in the baskets of all groups, the antecedents of a group's rules, then their sets."""
    sizes, places, asked = [np.zeros(1, np.int64)], [np.zeros(0, np.int64)], []
    n_sets = 0
    for group in compared.groups:
        sets = group.rules.itemsets
        both = np.concatenate([group.rules.antecedent, group.rules.whole])
        used, back = np.unique(both, return_inverse=True)
        indptr, taken = _taken(sets.indptr, group.place[sets.indices], used)
        sizes.append(np.diff(indptr))
        places.append(taken)
        asked.append(back + n_sets)
        n_sets += len(used)
    indptr = np.cumsum(np.concatenate(sizes))
    by_length = np.argsort(np.diff(indptr), kind="stable")
    counts = np.empty(n_sets, np.int64)
    counts[by_length] = supports(
        compared.pooled, *_taken(indptr, np.concatenate(places), by_length)
    )
    return [counts[sets] for sets in asked]


def _tests(pooled: Baskets, group: Group, everywhere: _Ints) -> _Tests:
    """Compare the frequent items of a group by support, its rules by confidence."""
    rules, sets = group.rules, group.rules.itemsets
    n, n_all = group.stop - group.start, pooled.n_baskets
    items = np.flatnonzero(sets.item_counts >= group.least)
    baskets, count = sets.counts[rules.antecedent], sets.counts[rules.whole]
    baskets_all, count_all = np.split(everywhere, 2)
    one = np.ones_like(items)
    there = sets.item_counts[items], n * one
    rest = pooled.item_counts[group.place[items]] - there[0], (n_all - n) * one
    counts = np.concatenate(
        [
            np.column_stack([*there, *rest]),
            np.column_stack([count, baskets, count_all - count, baskets_all - baskets]),
        ]
    )
    length = np.concatenate([one, sets.lengths[rules.whole]])
    tested = counts[:, 3] > 0  # somebody else buys the antecedents
    return _Tests(
        counts[tested],
        length[tested],
        np.concatenate([-one, rules.antecedent])[tested],
        np.concatenate([items, rules.consequent])[tested],
    )


def _taken(indptr: _Ints, places: _Ints, sets: NDArray[Any]) -> tuple[_Ints, _Ints]:
    """Give some of the sets, in flat arrays of their own."""
    sizes = indptr[sets + 1] - indptr[sets]
    ends = np.concatenate([[0], np.cumsum(sizes)])
    at = np.arange(int(ends[-1])) + np.repeat(indptr[sets] - ends[:-1], sizes)
    return ends, places[at]


def supports(baskets: Baskets, indptr: _Ints, positions: _Ints) -> _Ints:
    """Count the baskets that hold each set; sets of a length stand together.

    The baskets of an item are bits; a set's are the AND of its items', some baskets at a time.
    """
    total = np.zeros(len(indptr) - 1, np.int64)
    used, row = np.unique(positions, return_inverse=True)
    row_of = np.full(baskets.n_items, -1, np.int64)
    row_of[used] = np.arange(len(used))
    lengths = np.diff(indptr)
    block = max(1, _BITS // max(len(used), 1))
    for first in range(0, baskets.n_baskets, block):
        words = _bits(baskets, first, min(first + block, baskets.n_baskets), row_of, len(used))
        step = max(1, _CELLS // words.shape[1])
        for length in np.unique(lengths).tolist():
            start, stop = np.searchsorted(lengths, [length, length + 1])
            for at in range(int(start), int(stop), step):
                end = min(at + step, int(stop))
                of_sets = row[indptr[at] : indptr[end]].reshape(-1, length)
                held = words[of_sets[:, 0]]
                for column in range(1, length):
                    held &= words[of_sets[:, column]]
                total[at:end] += np.bitwise_count(held).sum(axis=1, dtype=np.int64)
    return total


def _bits(
    baskets: Baskets, first: int, last: int, row_of: _Ints, n_rows: int
) -> NDArray[np.uint64]:
    """Give a row of bits an item, a bit a basket."""
    width = (last - first + 63) // 64 * 8
    bits = np.zeros(n_rows * width, np.uint8)
    row = row_of[baskets.indices[baskets.indptr[first] : baskets.indptr[last]]]
    basket = np.repeat(np.arange(last - first), baskets.sizes[first:last])
    there = row >= 0
    row, basket = row[there], basket[there]
    # each pair is there once, so that adding sets a bit
    np.add.at(bits, row * width + (basket >> 3), (1 << (basket & 7)).astype(np.uint8))
    return bits.view(np.uint64).reshape(n_rows, width // 8)


def _two_sided(counts: _Ints) -> NDArray[np.float64]:
    """Give twice the smaller tail of Fisher's test of each row, at most 1."""
    count, baskets, count_rest, baskets_rest = (
        np.ascontiguousarray(c) for c in np.ascontiguousarray(counts.T)
    )
    n, both = baskets + baskets_rest, count + count_rest
    p = np.empty(len(counts))
    order = np.argsort(n, kind="stable")
    cuts = np.flatnonzero(np.diff(n[order])) + 1
    for rows in np.split(order, cuts):  # the kernel takes tests of one total
        total, y = int(n[rows[0]]), both[rows]
        more = measures.p_values(measures.Counts(total, baskets[rows], y, count[rows]), 1)
        rest = measures.Counts(total, baskets_rest[rows], y, count_rest[rows])
        p[rows] = np.minimum(1.0, 2 * np.minimum(more, measures.p_values(rest, 1)))
    return p


def _times(compared: Compared, of_group: _Ints, length: _Ints) -> NDArray[np.float64]:
    """Give for each test how many tests it stands for: 2^l G C(m, l) s(l)."""
    pairs, back = np.unique(np.column_stack([of_group, length]), axis=0, return_inverse=True)
    times = np.empty(len(pairs))
    for at, (g, size) in enumerate(pairs.tolist()):
        m = int((compared.pooled.item_counts >= compared.groups[g].least).sum())
        most = size - 1 if compared.most is None else min(compared.most, size - 1)
        ways = sum(comb(size, k) for k in range(1, most + 1)) if size > 1 else 1
        exact = 2**size * len(compared.groups) * comb(m, size) * ways
        times[at] = float(exact) if exact < 10**300 else np.inf
    return times[back.reshape(-1)]
