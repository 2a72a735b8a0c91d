"""What clustering says of the customers: are there groups by themselves, and which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segpy import _matrix

if TYPE_CHECKING:
    from segpy.cluster.choose_k import KChoice

Floats = NDArray[np.float64]

# What customers are compared by, and what the page calls it.
MEASURES = {
    "recency_days": "days since the last order",
    "frequency": "number of orders",
    "monetary": "money spent",
}
FEWEST = 30  # customers: among fewer everyone is a group
_DIFFERENT = 10  # customers, of whom so many must differ
# A page need not be as sure as `choose_k` by default is: it looks at fewer k, resamples and rows.
PAGE: dict[str, Any] = {"k_range": range(2, 9), "n_boot": 20, "n_refs": 5, "max_rows": 1_000}


@dataclass(frozen=True)
class Groups:
    """The choice of k, and k groups: names by label, the label of each customer, the profile.

    `k` is the natural number of groups, else the suggested or the wanted one. `scaled` is what was
    compared: a row a customer, a column a measure, logarithms of mean 0 and standard deviation 1.
    `shares` and `loadings` are those of its principal components.
    """

    choice: KChoice
    k: int
    names: pd.Series[str]
    codes: NDArray[np.int32]
    profile: pd.DataFrame
    scaled: pd.DataFrame
    shares: Floats
    loadings: Floats

    @classmethod
    def of(cls, rfm: pd.DataFrame, k: int | None = None, **effort: Any) -> Groups | None:
        """Look for groups among the customers; None where there are too few that differ.

        `effort` are options of `choose_k`, and `k` is how many groups are wanted whatever it says.
        """
        from segpy.cluster.choose_k import choose_k
        from segpy.cluster.naming import name_segments
        from segpy.cluster.profile import segment_profile
        from segpy.customer.treatment import log_and_scale
        from segpy.decomposition import axes

        table = rfm[list(MEASURES)].astype(np.float64)
        if len(table) < FEWEST or _differing(table) < _DIFFERENT:
            return None
        scaled = log_and_scale(table)
        choice = choose_k(scaled, **effort)
        k = choice.suggested_k if k is None else k
        codes = choice.labels(k)
        # Named, they are described also where every customer has another value.
        profile = segment_profile(table, codes, features=list(MEASURES))
        rows = _matrix.read("report", scaled)
        found = axes.of_moments(axes.counted(rows, None), rows)
        return cls(
            choice=choice,
            k=k,
            names=name_segments(profile),
            codes=codes,
            profile=profile,
            scaled=scaled,
            shares=found.variances / found.variances.sum(),
            loadings=axes.turned(found.directions),
        )


def _differing(table: pd.DataFrame) -> int:
    """Count the different rows, all of them only where the first ones are alike."""
    few = len(table.head(1_000).drop_duplicates())
    return few if few >= _DIFFERENT else len(table.drop_duplicates())
