"""The labels of rows as codes: ints, texts or categories in, codes that the kernels read out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segpy import _checks
from segpy._matrix import Matrix


@dataclass(frozen=True)
class Labels:
    """Labels as codes in [0, len(names)), ascending with the labels; a code may have no row."""

    codes: NDArray[np.int32]
    names: list[Any]


def read(who: str, given: Any, X: Matrix) -> Labels:
    """Turn the labels of the rows of X (any kind: ints, texts, categories) into codes of our own.

    A Series whose index holds the rows of X in another order is an error: labels go by place.
    """
    if isinstance(given, pd.Series) and X.index is not None:
        same_order(who, "labels", given.index, X.index)
    values = given if isinstance(given, pd.Series | pd.Categorical) else np.asarray(given)
    if values.ndim != 1:
        raise _checks.value_error(who, "'labels'", "one-dimensional", f"shape {values.shape}")
    if len(values) != len(X):
        raise ValueError(
            f"{who}: Found input variables with inconsistent numbers of samples: "
            f"[{len(X)}, {len(values)}]. 'labels' must have one label for each row of X."
        )
    plain = np.asarray(values) if isinstance(values.dtype, np.dtype) else None
    if plain is not None and plain.dtype.kind in "biu" and len(plain):
        low, high = int(plain.min()), int(plain.max())
        if high - low < max(2 * len(plain), 1024):
            # the difference may not fit the labels' own type, such as int8
            codes = (plain.astype(object) - low) if high >= 2**63 else plain.astype(np.int64) - low
            return Labels(codes.astype(np.int32), list(range(low, high + 1)))
    return _any_labels(who, pd.Series(values))


def comparable(who: str, of_rows: Labels) -> None:
    """Raise unless there are clusters to compare: 2 at least, and fewer than rows."""
    clusters = int(np.count_nonzero(np.bincount(of_rows.codes)))
    comparable_clusters(who, clusters, len(of_rows.codes))


def comparable_clusters(who: str, clusters: int, rows: int) -> None:
    """Raise, in scikit-learn's words and ours, unless so many clusters can be compared."""
    if 2 <= clusters < rows:
        return
    if clusters < 2:
        advice = "All rows have one label, so there is no other cluster to compare with."
    else:
        advice = f"Each of the {rows} rows is a cluster of its own; ask for fewer clusters."
    raise ValueError(
        f"{who}: Number of labels is {clusters}. Valid values are 2 to n_samples - 1 "
        f"(inclusive). {advice}"
    )


def same_order(who: str, name: str, given: pd.Index[Any], of_rows: pd.Index[Any]) -> None:
    """Raise where the index of what goes with the rows is theirs in another order."""
    if len(given) != len(of_rows) or given.equals(of_rows):
        return
    if of_rows.is_unique and given.is_unique and of_rows.isin(given).all():
        raise _checks.value_error(
            who,
            f"the index of '{name}'",
            "in the order of the index of X",
            "the same index in another order",
            f"Pass {name}.loc[X.index].",
        )


def _any_labels(who: str, values: pd.Series[Any]) -> Labels:
    missing = values.isna().to_numpy()
    if missing.any():
        row = int(np.argmax(missing))
        raise _checks.value_error(
            who,
            "'labels'",
            "a label in every row",
            f"none in row {row}",
            "Give such rows a label of their own, or leave them out.",
        )
    try:
        codes, names = pd.factorize(values)
    except TypeError:
        raise _checks.type_error(
            who, "'labels'", "labels such as ints or strings", values.iloc[0]
        ) from None
    order = _sorted_places(list(names))
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    return Labels(rank[codes], [names[i] for i in order])


def _sorted_places(names: list[Any]) -> list[int]:
    try:
        return sorted(range(len(names)), key=names.__getitem__)
    except TypeError:  # ints beside strings
        return sorted(range(len(names)), key=lambda i: (type(names[i]).__name__, str(names[i])))
