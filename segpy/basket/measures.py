"""Measures of rules, each a formula over whole columns of counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from segpy import _core

Floats = NDArray[np.float64]
_Z = 1.6448536269514722  # 95 % of a normal variable lie below it


class Counts(NamedTuple):
    """Baskets in all, and for each rule those with X, with Y, and with both; n below 2^31."""

    n: int
    x: NDArray[np.int64]
    y: NDArray[np.int64]
    both: NDArray[np.int64]

    @property
    def beyond(self) -> NDArray[np.int64]:
        """Give n both - x y: above zero where X and Y meet more often than by chance."""
        return self.both * self.n - self.x * self.y


def _share(count: NDArray[np.int64], n: int) -> Floats:
    return count / n if n else np.zeros(len(count))


def _ratio(above: NDArray[np.int64], below: NDArray[np.int64], empty: float) -> Floats:
    """Divide, with a value of its own where there is nothing to divide by."""
    result = np.full(len(above), empty)
    np.divide(above, below, out=result, where=below != 0)
    return result


def _zhang(c: Counts) -> Floats:
    return _ratio(c.beyond, np.maximum(c.both * (c.n - c.x), c.x * (c.y - c.both)), 0.0)


def _kulczynski(c: Counts) -> Floats:
    return (c.both / c.x + c.both / c.y) / 2


def wilson_low(hits: NDArray[np.int64], tries: NDArray[np.int64]) -> Floats:
    """Give the lower 95 % bound of a share by Wilson's score interval, one-sided."""
    misses = tries - hits
    half = _Z * np.sqrt(hits * (misses / tries) + _Z * _Z / 4)
    return np.asarray(np.maximum(hits + _Z * _Z / 2 - half, 0.0) / (tries + _Z * _Z))


def _lift_low(c: Counts) -> Floats:
    return c.n * np.minimum(wilson_low(c.both, c.x) / c.y, wilson_low(c.both, c.y) / c.x)


def p_values(c: Counts, n_jobs: int) -> Floats:
    """Give Fisher's one-sided p of every rule."""
    x, y, both = (np.ascontiguousarray(v, dtype=np.int64) for v in (c.x, c.y, c.both))
    return _core.fisher_greater(int(c.n), x, y, both, n_jobs, "", None)


# In the order of a table; all but p_value, which costs more than a formula.
FORMULAS: dict[str, Callable[[Counts], NDArray[np.generic]]] = {
    "antecedent support": lambda c: _share(c.x, c.n),
    "consequent support": lambda c: _share(c.y, c.n),
    "support": lambda c: _share(c.both, c.n),
    "confidence": lambda c: c.both / c.x,
    "lift": lambda c: (c.both * c.n) / (c.x * c.y),
    "representativity": lambda c: np.ones(len(c.both)),
    "leverage": lambda c: c.beyond / (c.n * c.n) if c.n else np.zeros(len(c.both)),
    "conviction": lambda c: _ratio((c.n - c.y) * c.x, c.n * (c.x - c.both), np.inf),
    "zhangs_metric": _zhang,
    "jaccard": lambda c: c.both / (c.x + c.y - c.both),
    "certainty": lambda c: _ratio(c.beyond, c.x * (c.n - c.y), 0.0),
    "kulczynski": _kulczynski,
    "count": lambda c: c.both,
    "lift_low": _lift_low,
}
COLUMNS = [*list(FORMULAS)[:-1], "p_value", "lift_low"]
