"""A place for every item of a network: groups below each other, arrows from left to right.

Items that rules join, directly or through others, are a group. Each group is a band of two columns:
what mostly leads to other items stands left, what it leads to stands right, and items that belong
together on rows near each other. There is no chance in it: the same rules have the same places.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
# A rule: numbers of the items it comes from, and of those it leads to.
Rule = tuple[tuple[int, ...], tuple[int, ...]]

GAP = 0.55  # rows between two bands
_SAME_SIDE = 1.5  # rows that two joined items of one column count as further apart
_BACKWARDS = 0.6  # the same for an arrow from right to left
_BUSY = 0.42  # rows that two joined items need at least
_PASSES = 40  # over all pairs of items; a few are enough


@dataclass(frozen=True)
class Band:
    """A group of items: its columns from top to bottom, and how many rows it is high."""

    left: tuple[int, ...]
    right: tuple[int, ...]
    rows: float

    def heights(self) -> dict[int, float]:
        """Give how far below the band's top each item stands, in rows."""
        return {
            item: (place + 0.5) * self.rows / len(column)
            for column in (self.left, self.right)
            for place, item in enumerate(column)
        }


def groups(rules: Sequence[Rule]) -> list[list[int]]:
    """Give the items that rules join as groups, in the order they first come."""
    parent: dict[int, int] = {}

    def root(item: int) -> int:
        while parent[item] != item:
            parent[item] = parent[parent[item]]
            item = parent[item]
        return item

    for before, after in rules:
        for item in (*before, *after):
            parent.setdefault(item, item)
            one, other = sorted((root(item), root(before[0])))
            parent[other] = one
    found: dict[int, list[int]] = {}
    for item in parent:
        found.setdefault(root(item), []).append(item)
    return list(found.values())


def rows(bands: Sequence[Band]) -> float:
    """Give the rows of all bands with the gaps between them."""
    return sum(band.rows for band in bands) + GAP * max(0, len(bands) - 1)


def fewest_rows(rules: Sequence[Rule]) -> float:
    """Give the rows of all bands where no column is longer than it need be."""
    sizes = [len(items) for items in groups(rules)]
    return sum(-(-n // 2) for n in sizes) + GAP * max(0, len(sizes) - 1)


def bands(rules: Sequence[Rule], *, compact: bool) -> list[Band]:
    """Place the items of every group.

    `compact` makes the two columns equally long; otherwise many arrows have rows of their own.
    """
    found = []
    for items in groups(rules):
        place = {item: i for i, item in enumerate(items)}
        weight = np.zeros((len(items), len(items)))
        for before, after in rules:
            if before[0] in place:
                for a in before:
                    weight[place[a], [place[b] for b in after]] += 1.0 / len(before)
        found.append(_band(items, weight, compact))
    return found


def _band(items: list[int], weight: Floats, compact: bool) -> Band:
    """Choose columns by direction, then exchange items as long as that shortens the arrows."""
    n, half = len(items), -(-len(items) // 2)
    leads = weight.sum(axis=1) - weight.sum(axis=0)
    n_left, busy = half, 0.0
    if not compact:
        # Items that go both ways fill up the shorter column.
        n_left = min(max(half, int((leads > 0).sum())), n - int((leads < 0).sum()))
        busy = _BUSY * np.count_nonzero(weight + weight.T) / 2
    order = np.argsort(-leads, kind="stable")
    order = _exchanged(order, weight, _apart(n_left, n - n_left))
    chosen = [items[i] for i in order.tolist()]
    return Band(tuple(chosen[:n_left]), tuple(chosen[n_left:]), max(n_left, n - n_left, busy))


def _apart(n_left: int, n_right: int) -> Floats:
    """Give how far apart places are, in rows; places of the left column come first."""
    rows = max(n_left, n_right)
    y = np.concatenate([(np.arange(n) + 0.5) * rows / max(n, 1) for n in (n_left, n_right)])
    right = np.arange(n_left + n_right) >= n_left
    apart: Floats = np.abs(y[:, None] - y)
    apart += _SAME_SIDE * (right[:, None] == right)
    apart += _BACKWARDS * (right[:, None] & ~right)
    np.fill_diagonal(apart, 0.0)
    return apart


def _exchanged(order: NDArray[np.intp], weight: Floats, apart: Floats) -> NDArray[np.intp]:
    """Exchange two items wherever that makes the sum of weight x distance smaller."""
    n = len(order)
    at = weight[np.ix_(order, order)]  # weights between places
    for _ in range(_PASSES):
        better = False
        for p in range(n - 1):
            for q in range(p + 1, n):
                if _gain(at, apart, p, q) > 1e-9:
                    order[[p, q]] = order[[q, p]]
                    at[[p, q]] = at[[q, p]]
                    at[:, [p, q]] = at[:, [q, p]]
                    better = True
        if not better:
            break
    return order


def _gain(at: Floats, apart: Floats, p: int, q: int) -> float:
    """Give by how much the sum falls when the items at p and q are exchanged."""
    out = (at[p] - at[q]) * (apart[p] - apart[q])
    into = (at[:, p] - at[:, q]) * (apart[:, p] - apart[:, q])
    # The arrow between the two turns round; the products above count it wrongly.
    out[[p, q]] = into[[p, q]] = 0.0
    between = (at[p, q] - at[q, p]) * (apart[p, q] - apart[q, p])
    return float(out.sum() + into.sum() + between)


def spread(wished: Floats, room: tuple[float, float, float, float], apart: float) -> Floats:
    """Move points that lie closer than `apart` to the nearest free place inside `room`.

    Parameters
    ----------
    wished : ndarray of float64, shape (n, 2)
        Where each point would like to be; the first ones choose first.
    room : tuple of float
        Left, right, lower and upper end.
    apart : float
        Distance that any two keep, as long as there is room.

    Returns
    -------
    ndarray of float64, shape (n, 2)
    """
    left, right, low, high = room
    columns = np.arange(left, right + 1e-9, apart)
    rows = np.arange(low, high + 1e-9, apart)
    grid = np.array([(x, y) for x in columns for y in rows]).reshape(-1, 2)
    placed = np.empty((0, 2))
    for x, y in wished.tolist():
        point = np.array([[min(max(x, left), right), min(max(y, low), high)]])
        free = np.concatenate([point, grid])
        if len(placed):
            near = np.hypot(*(free[:, None] - placed).transpose(2, 0, 1)).min(axis=1)
            free = free[near >= apart] if (near >= apart).any() else free[[int(near.argmax())]]
        distance = np.hypot(*(free - point).T)
        placed = np.concatenate([placed, free[[int(distance.argmin())]]])
    return placed
