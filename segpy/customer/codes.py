"""Score codes: how many bins a metric has, and how three scores are written as one code."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segpy import _checks

METRICS = ("R", "F", "M")
COLUMNS = {"R": "recency_days", "F": "frequency", "M": "monetary"}
MOST_BINS = 100


def bins_of(who: str, n_bins: object) -> dict[str, int]:
    """Give the number of bins of R, F and M from an int or from a dict with these three keys."""
    if not isinstance(n_bins, dict):
        count = _checks.integer(who, "n_bins", n_bins, 2, MOST_BINS)
        return dict.fromkeys(METRICS, count)
    if set(n_bins) != set(METRICS):
        raise _checks.value_error(
            who, "'n_bins'", "an int or a dict with the keys 'R', 'F', 'M'", _checks.shown(n_bins)
        )
    return {
        metric: _checks.integer(who, f"n_bins[{metric!r}]", n_bins[metric], 2, MOST_BINS)
        for metric in METRICS
    }


def separator(bins: dict[str, int]) -> str:
    """Give what stands between the scores of a code: nothing up to 9 bins, else a dash."""
    return "-" if max(bins.values()) > 9 else ""


def all_codes(bins: dict[str, int]) -> list[str]:
    """List every code of the given bins, R slowest, from the lowest scores to the highest."""
    ranges = [range(1, bins[metric] + 1) for metric in METRICS]
    between = separator(bins)
    return [between.join(map(str, scores)) for scores in product(*ranges)]


def position(
    bins: dict[str, int], r: NDArray[np.int64], f: NDArray[np.int64], m: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Give the position in `all_codes` of each triple of scores."""
    found: Any = ((r - 1) * bins["F"] + (f - 1)) * bins["M"] + (m - 1)
    return np.asarray(found, dtype=np.int64)


def is_code(text: str) -> bool:
    """Tell a code ("555", "10-3-7") from a pattern: it has digits and dashes only."""
    return bool(text) and all(part.isascii() and part.isdigit() for part in text.split("-"))
