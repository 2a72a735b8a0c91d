"""Resamples and references: how often groups come back, and what data without clusters give."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segpy import _core

Floats = NDArray[np.float64]
Ks = NDArray[np.int32]
Tick = Callable[[float], None] | None

MAX_ITER = 300
TOL = 1e-4
_STARTS = 2  # of each fit of a resample or a reference
_SETS = 5  # data sets of a kind behind stability_ref


@dataclass(frozen=True)
class Base:
    """The different rows that are looked at, packed, and how often each is there."""

    points: _core.Points
    rows: Floats  # scaled by a power of two
    counts: Floats
    drawn: int  # rows of a resample and of a reference
    seed: int
    threads: int


def references(base: Base, kind: str, how_many: int) -> Iterator[_core.Points]:
    """Make data of the same extent without clusters.

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
        shape = (base.drawn, len(mean))
        if kind == "even":
            drawn = low + (high - low) * rng.random(shape)
        else:
            drawn = spread * rng.standard_normal(shape)
        yield _core.Points(mean + drawn @ axes.T, None, None)


def gaps(base: Base, ks: Ks, inertia: Floats, n_refs: int, tick: Tick) -> tuple[Floats, Floats]:
    """Give the gap at each k and its standard error; `inertia` is of one row, scaled."""
    logs = np.empty((n_refs, len(ks)))
    for number, points in enumerate(references(base, "even", n_refs)):
        most = ks[ks <= points.count]
        found = points.inertias(
            most, _STARTS, MAX_ITER, TOL, base.seed, base.threads, "", part(tick, number, n_refs)
        )
        logs[number] = math.nan
        with np.errstate(divide="ignore"):
            logs[number, : len(most)] = np.log(found / base.drawn)
    logs[~np.isfinite(logs)] = math.nan  # as many clusters as rows leave no inertia
    with np.errstate(divide="ignore"):
        gap = logs.mean(axis=0) - np.log(inertia)
    gap[~np.isfinite(gap)] = math.nan
    error: Floats = logs.std(axis=0) * math.sqrt(1 + 1 / n_refs)
    return gap, error


def stabilities(base: Base, points: _core.Points, ks: Ks, pairs: int, tick: Tick) -> Floats:
    """Give the adjusted Rand index of the two fits of each pair of resamples, (pair, k)."""
    most = ks[ks <= points.count]
    found = points.pairs(
        *(most, _STARTS, MAX_ITER, TOL, base.seed, pairs, base.drawn, base.threads, "", tick)
    )
    result = np.full((pairs, len(ks)), math.nan)
    result[:, : len(most)] = found.reshape(pairs, len(most))
    return result


def stability_refs(base: Base, ks: Ks, n_boot: int, tick: Tick) -> Floats:
    """Give the mean of `stabilities` on data without clusters, (kind, set, k).

    Evenly filled and normal, up to five sets of each kind, half as many pairs on each kind.
    """
    pairs = max(1, n_boot // 2)
    sets = min(_SETS, pairs)
    means: list[Floats] = []
    for kind in ("even", "normal"):
        for number, points in enumerate(references(base, kind, sets)):
            mine = len(range(number, pairs, sets))
            step = part(tick, len(means), 2 * sets)
            means.append(stabilities(base, points, ks, mine, step).mean(axis=0))
    return np.reshape(means, (2, sets, len(ks)))


def part(tick: Tick, place: int, of: int) -> Tick:
    """Give the tick of one of several equal parts of the work."""
    return None if tick is None else lambda share: tick((place + share) / of)
