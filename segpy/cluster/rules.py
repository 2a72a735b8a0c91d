"""What each rule says of a table of k, and what they say together."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Kaufman and Rousseeuw 1990, table 4: a mean silhouette up to 0.25 is no substantial structure.
_STRUCTURE = 0.25
# How much steeper log inertia must fall before an elbow than behind it, over log k. Evenly filled
# space falls with the same slope everywhere.
_BEND = 1.0
# A cluster of less than this share of the rows is a few rows that stand apart, not a segment.
_FEW = 0.01
_FEWEST = 5
# Of one or two rows nothing tells whether they stand apart: they have next to no spread.
_LEAST = 3
# How much more often than without clusters groups must come back to be called reproducible.
_MORE_STABLE = 0.05
_STABLE = 0.9


def needed_separation(k: int, rows: float, columns: int) -> float:
    """Give the separation two neighbours of so many rows together must have.

    An evenly filled stretch that is cut in two has 2 sqrt(3) = 3.46, cells of a honeycomb 3.79,
    and a normal distribution that is cut 2.65; in few rows chance gives more. The bound was taken
    from simulations of evenly filled cubes and balls and normal distributions, 10 to 5,000 rows, 1
    to 60 columns: a pair that is one unimodal group exceeds it in about one of 100 cases. Two
    clusters alone are a single comparison, so they need a tenth more.
    """
    chance = 3.5 + 5.0 / math.sqrt(rows) + (20.0 + 1.5 * columns) / rows
    cells = 3.8 + 0.02 * max(0, columns - 5)
    return max(chance, cells) * (1.1 if k == 2 else 1.0)


@dataclass(frozen=True)
class Aside:
    """What rules look at beside the table."""

    scatter: Floats  # the inertia of one cluster and of each k above 1, in any unit
    gap_of_one: float  # the gap of one cluster, or NaN
    sure: Floats  # for each k above 1: stability less two standard errors, or NaN
    chance: Floats  # the highest stability that any data set without clusters had


def votes(table: pd.DataFrame, aside: Aside) -> dict[str, int | None]:
    """Ask every rule."""
    many = table.loc[table.index >= 2]
    return {
        "separation": _finest_separated(many),
        "stability": _most_stable(many, aside),
        "silhouette": _highest(many["silhouette"], _STRUCTURE),
        "calinski_harabasz": _highest(many["calinski_harabasz"]),
        "davies_bouldin": _highest(-many["davies_bouldin"]),
        "gap": _first_gap(many, aside.gap_of_one),
        "elbow": _elbow(many.index, aside.scatter),
    }


def _highest(values: pd.Series[float], above: float = -math.inf) -> int | None:
    known = values.to_numpy(np.float64)
    known = np.where(np.isnan(known), -np.inf, known)
    best = int(np.argmax(known))  # the smallest k on ties
    return int(values.index[best]) if known[best] > above else None


def _few(table: pd.DataFrame) -> NDArray[np.bool_]:
    """Say of each k whether its smallest cluster is only a few rows."""
    rows = float(table.attrs["rows"])
    share = table["smallest_share"].to_numpy(np.float64)
    few: NDArray[np.bool_] = (share < _FEW) | (share * rows < min(_FEWEST, rows / 10))
    return few


def _finest_separated(table: pd.DataFrame) -> int | None:
    """Give the largest k whose clusters are all separated, and come back in resamples."""
    smallest = np.rint(table["smallest_share"].to_numpy(np.float64) * table.attrs["rows"])
    good = (table["separation"].to_numpy(np.float64) >= 1.0) & ~_few(table) & (smallest >= _LEAST)
    stability = table["stability"].to_numpy(np.float64)
    good &= ~(stability < table["stability_ref"].to_numpy(np.float64))
    return int(table.index[good].max()) if good.any() else None


def _most_stable(table: pd.DataFrame, aside: Aside) -> int | None:
    """Give the k that comes back most among those that do so plainly more than without clusters."""
    more = aside.sure >= aside.chance + _MORE_STABLE
    return _highest(table["stability"].where(more), _STABLE) if more.any() else None


def _first_gap(table: pd.DataFrame, gap_of_one: float) -> int | None:
    """Give the smallest k with gap(k) >= gap(next k) - se(next k); None if that is one cluster."""
    ks = [1, *(int(k) for k in table.index)]
    gap = [gap_of_one, *table["gap"].tolist()]
    error = [math.nan, *table["gap_se"].tolist()]
    for place in range(len(ks) - 1):
        if gap[place] >= gap[place + 1] - error[place + 1]:
            return ks[place] if ks[place] > 1 else None
    return None


def _elbow(index: pd.Index[int], scatter: Floats) -> int | None:
    """Give the k where log inertia over log k bends most; None if it bends nowhere."""
    ks = np.array([1, *index], np.float64)
    if len(ks) < 3 or not (scatter > 0).all():
        return None
    slope = -np.diff(np.log(scatter)) / np.diff(np.log(ks))
    bend = slope[:-1] - slope[1:]
    best = int(np.argmax(bend))
    return int(ks[best + 1]) if bend[best] >= _BEND else None


@dataclass(frozen=True)
class Decision:
    """What the rules come to."""

    kind: str
    best_k: int | None
    suggested_k: int
    verdict: str


def decide(table: pd.DataFrame, said: dict[str, int | None]) -> Decision:
    """Decide from the table and what the rules said of it."""
    natural = said["separation"]
    if natural is not None:
        return Decision("natural", natural, natural, _natural(table, natural))
    stable = said["stability"]
    if stable is not None:
        text = _reproducible(table, stable)
        return Decision("reproducible", None, stable, text + _caution(table, stable))
    many = table.loc[table.index >= 2]
    found = _highest(many["stability"]) or _highest(many["silhouette"]) or int(many.index[0])
    text = _constructive(table, found)
    return Decision("constructive", None, found, text + _caution(table, found))


def _value(table: pd.DataFrame, k: int, column: str) -> float:
    return float(table[column].to_numpy(np.float64)[table.index.get_loc(k)])


def _percent(share: float) -> str:
    return f"{100 * share:.{0 if share >= 0.1 else 1}f} %"


def _again(table: pd.DataFrame, k: int) -> str:
    """Say how often groups come back, or nothing where that was not looked at."""
    stability, reference = (_value(table, k, c) for c in ("stability", "stability_ref"))
    if math.isnan(stability):
        return ""
    return f"stability {stability:.2f}, where data without clusters have {reference:.2f}"


def _natural(table: pd.DataFrame, k: int) -> str:
    again = _again(table, k)
    text = f"{k} natural clusters: emptier space lies between any two of them"
    text += f", and resamples find them again ({again})." if again else "."
    return f"{text} The smallest holds {_percent(_value(table, k, 'smallest_share'))} of the rows."


def _ks(table: pd.DataFrame) -> str:
    ks = table.index[table.index >= 2]
    return f"k = {ks[0]}" if len(ks) == 1 else f"any k from {ks[0]} to {ks[-1]}"


def _reproducible(table: pd.DataFrame, k: int) -> str:
    return (
        f"No natural clusters at {_ks(table)}: there is no emptier space between the groups. But "
        f"resamples find the same {k} groups again ({_again(table, k)}): take them as a "
        "division that can be repeated, or cut the measures into bands (RFMScorer)."
    )


def _constructive(table: pd.DataFrame, k: int) -> str:
    again = _again(table, k)
    return (
        f"No natural clusters at {_ks(table)}: there is no emptier space between the groups"
        f"{f' ({again} at k = {k})' if again else ''}. Cut the measures into bands (RFMScorer), or "
        f"take {k} groups as a construction: their borders are chosen, not found."
    )


def _caution(table: pd.DataFrame, k: int) -> str:
    """Warn where a few rows that stand apart are what k clusters found."""
    if not _few(table.loc[[k]])[0]:
        return ""
    rows = max(1, round(_value(table, k, "smallest_share") * table.attrs["rows"]))
    return (
        f" Careful: at k = {k} one group is {rows:,} row{'s' * (rows != 1)} "
        f"({100 * rows / table.attrs['rows']:.2g} %) far from all others. A few extreme rows, such "
        "as wholesalers among customers, are the whole answer: take logarithms "
        "(prepare_features) or set them apart first (flag_wholesalers)."
    )
