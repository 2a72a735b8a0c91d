"""Cut points: exact quantiles, bins that never split equal values, and what ties cost."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def quantile_cuts(values: Floats, n_bins: int) -> list[float]:
    """Give the n_bins - 1 inner quantiles of the values, ascending.

    The i-th cut stands at position ``i * (n - 1) / n_bins`` of the sorted values, interpolated
    linearly, as pandas and NumPy do. The position is kept as a whole number and a remainder: a
    cut that falls on a value is that value to the bit, so no customer changes bins by rounding.
    """
    ordered = np.sort(values)
    last = len(ordered) - 1
    cuts = []
    for i in range(1, n_bins):
        below, rest = divmod(i * last, n_bins)
        low, high = float(ordered[below]), float(ordered[min(below + 1, last)])
        cut = low if rest == 0 or low == high else low + (high - low) * (rest / n_bins)
        cuts.append(min(cut, high))
    return cuts


def scores(values: Floats, cuts: list[float], reverse: bool) -> Ints:
    """Score values 1..len(cuts)+1; a value equal to a cut goes to the lower bin.

    With `reverse` (recency, where less is better) the bins are counted from the other end.
    """
    below = np.searchsorted(np.asarray(cuts, dtype=np.float64), values, side="left")
    result = len(cuts) + 1 - below if reverse else below + 1
    return np.asarray(result, dtype=np.int64)


def split_ties(values: Floats, n_bins: int) -> int:
    """Count the customers whose value bins of equal size would have to split.

    Bins of equal size cut the sorted values by rank (``NTILE``, or quantiles of
    ``rank(method="first")``); a run of equal values that such a cut falls into would get two
    scores, decided by the order of rows. All customers of such runs are counted.
    """
    ordered = np.sort(values)
    last = len(ordered) - 1
    count = 0
    for start in {
        int(np.searchsorted(ordered, ordered[below], side="left"))
        for below in (i * last // n_bins for i in range(1, n_bins))
        if below < last and ordered[below] == ordered[below + 1]
    }:
        count += int(np.searchsorted(ordered, ordered[start], side="right")) - start
    return count


def groups(keys: Ints) -> list[tuple[int, NDArray[np.intp]]]:
    """Give each distinct key with the rows that have it, by one sort of the keys."""
    order = np.argsort(keys, kind="stable")
    found, starts = np.unique(keys[order], return_index=True)
    return list(zip(found.tolist(), np.split(order, starts[1:]), strict=True))
