"""Resamples and references: how often groups come back, and what data without clusters give."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segpy import _core

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]

MAX_ITER = 300
TOL = 1e-4


@dataclass(frozen=True)
class Base:
    """The different rows that resamples are drawn from and their counts."""

    rows: Floats
    counts: Floats
    seed: int
    threads: int

    @property
    def size(self) -> int:
        """Give the number of rows, copies counted."""
        return int(self.counts.sum())


def references(base: Base, kind: str, how_many: int) -> Iterator[Floats]:
    """Make data of the same size and extent without clusters.

    "even" fills the box along the principal axes evenly (Tibshirani, Walther and Hastie 2001),
    "normal" has the mean and covariance of the rows.
    """
    share = base.counts / base.counts.sum()
    mean = share @ base.rows
    away = base.rows - mean
    width, axes = np.linalg.eigh((away * share[:, None]).T @ away)
    scores = away @ axes
    low, high = scores.min(axis=0), scores.max(axis=0)
    spread = np.sqrt(np.maximum(width, 0.0))
    for number in range(how_many):
        rng = np.random.default_rng([base.seed, kind == "normal", number])
        shape = (base.size, len(mean))
        if kind == "even":
            drawn = low + (high - low) * rng.random(shape)
        else:
            drawn = spread * rng.standard_normal(shape)
        yield mean + drawn @ axes.T


def log_inertias(rows: Floats, ks: list[int], base: Base) -> Floats:
    """Give the logarithm of the inertia of a reference at each k."""
    points = _core.Points(rows, None, None)
    return np.log([_fit(points, k, base)[1] for k in ks])


def _fit(points: _core.Points, k: int, base: Base) -> tuple[Ints, float]:
    found = points.kmeans(k, 2, 0, MAX_ITER, TOL, base.seed, False, None, base.threads, "", None)
    return found[1], found[3]


def stabilities(
    rows: Floats, counts: Floats, ks: list[int], pairs: int, base: Base, tick: Callable[[], None]
) -> Floats:
    """Give for each pair of resamples and each k the adjusted Rand index of the two fits.

    Both fits are extended to all rows.
    """
    size = int(counts.sum())
    share = counts / size
    result = np.empty((pairs, len(ks)))
    for pair in range(pairs):
        rng = np.random.default_rng([base.seed, 2, pair])
        two = [
            _core.Points(rows, rng.multinomial(size, share).astype(np.float64), None)
            for _ in range(2)
        ]
        for place, k in enumerate(ks):
            first, second = (_fit(points, k, base)[0] for points in two)
            result[pair, place] = adjusted_rand(first, second, counts)
        tick()
    return result


def stability_refs(base: Base, ks: list[int], n_boot: int, tick: Callable[[], None]) -> Floats:
    """Give the mean of `stabilities` on data without clusters, (kind, set, k).

    Evenly filled and normal, up to five sets of each kind, half as many pairs on each kind.
    """
    pairs = max(1, n_boot // 2)
    sets = min(5, pairs)
    means = []
    for kind in ("even", "normal"):
        for number, rows in enumerate(references(base, kind, sets)):
            mine = len(range(number, pairs, sets))
            found = stabilities(rows, np.ones(len(rows)), ks, mine, base, tick)
            means.append(found.mean(axis=0))
    return np.reshape(means, (2, sets, len(ks)))


def adjusted_rand(first: Ints, second: Ints, counts: Floats) -> float:
    """Compute the adjusted Rand index of two labellings (Hubert and Arabie 1985)."""
    width = int(second.max()) + 1
    pairs, left, right = (
        _pairs(np.bincount(labels, counts).astype(np.float64))
        for labels in (first * np.int32(width) + second, first, second)
    )
    n = float(counts.sum())
    expected = left * right / (n * (n - 1) / 2)
    most = (left + right) / 2
    return 1.0 if most == expected else float((pairs - expected) / (most - expected))


def _pairs(counts: Floats) -> float:
    return float((counts * (counts - 1.0)).sum() / 2)
