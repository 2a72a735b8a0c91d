"""The lines of real products as codes: what was sold, in how many orders, to how many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segpy import _frames


@dataclass(frozen=True)
class Sold:
    """The lines of real products, as codes."""

    codes: NDArray[np.int32]
    ids: pd.Index
    amounts: NDArray[np.float64]
    orders: NDArray[np.int64]
    customers: NDArray[np.int64]
    labels: pd.Series | None

    @classmethod
    def of(
        cls,
        lines: pd.DataFrame,
        amounts: NDArray[np.float64],
        orders: NDArray[np.int32],
        customers: NDArray[np.int64],
    ) -> Sold | None:
        """Take the lines of real products, or None where no product is named."""
        if "product" not in lines.columns:
            return None
        codes = _frames.encode("report", lines["product"], sort=False)
        real = codes.codes >= 0
        if "is_product" in lines.columns:
            real = real & lines["is_product"].to_numpy(dtype=bool)
        if not real.any():
            return None
        labels = lines["description"] if "description" in lines.columns else None
        return cls(
            codes=codes.codes[real],
            ids=codes.ids,
            amounts=amounts[real],
            orders=orders[real].astype(np.int64),
            customers=customers[real],
            labels=labels[real] if labels is not None else None,
        )

    @cached_property
    def by_id(self) -> NDArray[np.int64]:
        """Products in the order of their ids as text: it does not depend on the order of lines."""
        return np.argsort(np.array([str(i) for i in self.ids], dtype=object), kind="stable")

    def distinct(self, other: NDArray[np.int64]) -> NDArray[np.int64]:
        """Count for each product the different codes of `other` (-1 left out)."""
        known = other >= 0
        pairs = pd.unique(other[known] * len(self.ids) + self.codes[known])
        return np.bincount(pairs % len(self.ids), minlength=len(self.ids))

    def names(self, chosen: NDArray[np.int64]) -> dict[int, str]:
        """Give each chosen product its most frequent description, ties by alphabet."""
        names = {int(place): str(self.ids[place]) for place in chosen}
        if self.labels is None:
            return names
        among = np.zeros(len(self.ids), dtype=bool)
        among[chosen] = True
        wanted = among[self.codes]
        labels, kinds = pd.factorize(self.labels[wanted])
        said = labels >= 0
        pairs = self.codes[wanted][said].astype(np.int64) * len(kinds) + labels[said]
        counted = zip(*np.unique(pairs, return_counts=True), strict=True)
        best: dict[int, tuple[int, str]] = {}
        for pair, lines in counted:
            place, label = divmod(int(pair), len(kinds))
            shown = (-int(lines), str(kinds[label]).strip())
            best[place] = min(best.get(place, shown), shown)
        return names | {place: label for place, (_, label) in best.items()}

    def different_names(self, chosen: Sequence[int]) -> dict[int, str]:
        """Give each chosen product its name, with its id behind it where two have the same."""
        names = self.names(np.array(chosen, dtype=np.int64))
        seen = Counter(names.values())
        return {
            place: name
            if seen[name] == 1 or name == str(self.ids[place])
            else f"{name} ({self.ids[place]})"
            for place, name in names.items()
        }


def largest(
    values: NDArray[np.float64] | NDArray[np.int64], ids: pd.Index, n: int
) -> NDArray[np.int64]:
    """Give the positions of the n largest values, ties by id: the order of rows plays no part."""
    best = np.argsort(-values, kind="stable")[:n]
    reach = values >= values[best[-1]]
    chosen = np.flatnonzero(reach)
    by_id = np.array([str(i) for i in ids[chosen]])
    return chosen[np.lexsort((by_id, -values[chosen]))][:n]
