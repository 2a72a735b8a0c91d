"""One-hot frames as mlxtend reads them, and the itemsets its functions find in them."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segpy.basket.baskets import Baskets
from segpy.basket.itemsets import Apriori

Found = list[tuple[tuple[int, ...], float]]  # columns, ascending, and support

_NOT_BOOL = (
    "DataFrames with non-bool types result in worse computational performance and their support "
    "might be discontinued in the future. Please use a DataFrame with bool type"
)
_SPARSE_NAMES = (
    "Due to current limitations in Pandas, if the sparse format has integer column names, please "
    "make sure they either start with `0` or cast them as string column names: "
    "`df.columns = [str(i) for i in df.columns`]."
)


def check(df: pd.DataFrame, null_values: bool = False) -> None:
    """Refuse a frame that is not one-hot, and warn where mlxtend does."""
    if df.size == 0:
        return
    sparse = hasattr(df, "sparse")
    if sparse and not isinstance(df.columns[0], str) and df.columns[0] != 0:
        raise ValueError(_SPARSE_NAMES)
    if null_values:
        values = df.to_numpy(dtype=object)
        fine = np.frompyfunc(lambda v: isinstance(v, bool) or v is None or v != v, 1, 1)
        if fine(values).astype(bool).all():
            return
    elif all(pd.api.types.is_bool_dtype(dtype) for dtype in df.dtypes):
        return
    warnings.warn(_NOT_BOOL, DeprecationWarning, stacklevel=3)
    gone = bool(df.isna().to_numpy().any())
    if null_values and not gone:
        warnings.warn(
            "null_values=True is inefficient when there are no NaN values in the DataFrame. "
            "Set null_values=False for faster output.",
            stacklevel=3,
        )
    if not null_values and gone:
        raise ValueError("NaN values are not permitted in the DataFrame when null_values=False.")
    _check_values(_coo(df).data if sparse else df.to_numpy(), null_values)


def _coo(df: Any) -> Any:
    """Give a frame of sparse columns as scipy's coordinates."""
    return df.sparse.to_coo()


def _check_values(values: NDArray[Any], null_values: bool) -> None:
    wrong = (values != 1) & (values != 0)
    if null_values:
        wrong &= ~np.isnan(values)
    if wrong.any():
        allowed = "True, False, 0, 1, NaN" if null_values else "True, False, 0, 1"
        raise ValueError(
            f"The allowed values for a DataFrame are {allowed}. Found value {values[wrong][0]}"
        )


@dataclass(frozen=True)
class Onehot:
    """The cells that are not zero, which a missing one is not, and those that are missing."""

    rows: int
    columns: int
    row: NDArray[np.int64]
    column: NDArray[np.int64]
    missing: NDArray[np.bool_] | None

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """Rows of each column, with those where it is missing."""
        return np.bincount(self.column, minlength=self.columns)

    @cached_property
    def support(self) -> NDArray[np.float64]:
        """The share of the rows of each column where it is known."""
        if self.missing is None:
            return self.counts / max(self.rows, 1)
        gone = self.missing.sum(axis=0)
        known = self.rows - gone
        return np.where(known > 0, (self.counts - gone) / np.maximum(known, 1), np.nan)

    @cached_property
    def full(self) -> NDArray[np.bool_]:
        """Whether a cell is not zero, as a matrix of a column a row."""
        cells = np.zeros((self.columns, self.rows), dtype=np.bool_)
        cells[self.column, self.row] = True
        return cells

    def least(self, min_support: float) -> int:
        """Give the least count with count / rows >= min_support in float64."""
        if math.isnan(min_support):  # nothing reaches it
            return self.rows + 1
        count = max(1, math.ceil(min_support * self.rows))
        while count > 1 and (count - 1) / self.rows >= min_support:
            count -= 1
        while count <= self.rows and count / self.rows < min_support:
            count += 1
        return count

    def is_path(self, kept: NDArray[np.bool_]) -> bool:
        """Whether the kept columns nest: each holds only rows that every more frequent one holds.

        The tree that mlxtend grows is then one path, and gives its sets without a look at counts.
        """
        ascending = np.flatnonzero(kept)[self.support[kept].argsort()]
        cells = self.full[ascending]
        return bool((cells[:-1] <= cells[1:]).all())


def read(df: pd.DataFrame, null_values: bool = False) -> Onehot:
    """Read a frame that `check` has passed."""
    rows, columns = df.shape
    missing = None
    if df.size and hasattr(df, "sparse") and not null_values:
        cells = _coo(df)
        there = cells.data != 0
        row, column = cells.row[there], cells.col[there]
    else:
        values = df.to_numpy()
        row, column = np.nonzero(values)
        if null_values:
            missing = df.isna().to_numpy()
    return Onehot(rows, columns, row.astype(np.int64), column.astype(np.int64), missing)


def _mined(
    table: Onehot,
    kept: NDArray[np.bool_],
    count: int,
    max_len: int | None,
    *,
    target: str = "all",
    n_jobs: int | None = 1,
) -> list[tuple[tuple[int, ...], int]]:
    """Mine the kept columns; sets by length, then by column."""
    if not kept.any() or count > table.rows or (max_len is not None and max_len < 1):
        return []
    inside = kept[table.column]
    held = Baskets.from_codes(
        table.row[inside], table.column[inside], range(table.columns), n_baskets=table.rows
    )
    sets = Apriori(count, max_len=max_len, target=target, n_jobs=n_jobs).fit(held).itemsets_
    columns = [tuple(sorted(names)) for names in sets]
    found = zip(columns, sets.counts.tolist(), strict=True)
    return sorted(found, key=lambda one: (len(one[0]), one[0]))


def frequent(table: Onehot, single: int, more: int, max_len: int | None, n_jobs: int = 1) -> Found:
    """Find sets: of one column by one count, of more columns by another."""
    jobs = n_jobs if n_jobs == -1 else max(n_jobs, 1)
    limit = None if max_len is None else max(1, max_len)
    mined = _mined(table, table.counts >= single, min(single, more), limit, n_jobs=jobs)
    return [(s, n / table.rows) for s, n in mined if len(s) == 1 or n >= more]


def _counts_of_growth(table: Onehot, min_support: float) -> tuple[NDArray[np.bool_], int]:
    """Give the columns that mlxtend's tree holds, and the count sets of two and more must reach."""
    kept = table.support >= min_support
    more = math.ceil(min_support * table.rows)
    lower = 1 if table.missing is not None else table.least(min_support)
    if (table.missing is not None or more > lower) and kept.any() and table.is_path(kept):
        more = lower
    return kept, max(more, lower)


def grown(table: Onehot, min_support: float, max_len: int | None) -> Found:
    """Find what mlxtend's fpgrowth finds."""
    kept, more = _counts_of_growth(table, min_support)
    first = int(table.counts[kept].min()) if kept.any() else 1
    mined = _mined(table, kept, min(first, more), max_len)
    return _supported(table, [(s, n) for s, n in mined if len(s) == 1 or n >= more], min_support)


def maximal(table: Onehot, min_support: float, max_len: int | None) -> Found:
    """Find what mlxtend's fpmax finds."""
    kept, more = _counts_of_growth(table, min_support)
    # Unlike fpgrowth it looks for what is maximal at this count before it looks at the support.
    more = min(more, math.ceil(min_support * table.rows)) if table.missing is None else more
    few = kept & (table.counts < more)
    mined = _mined(table, kept & ~few, max(more, 1), None, target="maximal")
    mined += [((int(c),), int(table.counts[c])) for c in np.flatnonzero(few)]
    if max_len is not None:
        mined = [(s, n) for s, n in mined if len(s) <= max_len]
    return _supported(table, sorted(mined, key=lambda one: (len(one[0]), one[0])), min_support)


def _supported(
    table: Onehot, mined: list[tuple[tuple[int, ...], int]], min_support: float
) -> Found:
    """Turn counts to supports, of the rows where nothing is missing, and drop what is too low."""
    if table.missing is None:
        found = [(s, n / table.rows) for s, n in mined]
    else:
        found = [(s, _known_share(table, table.missing, s)) for s, _ in mined]
    return [(s, share) for s, share in found if share >= min_support]


def _known_share(table: Onehot, missing: NDArray[np.bool_], columns: tuple[int, ...]) -> float:
    gone = missing[:, columns].any(axis=1)
    known = table.rows - int(gone.sum())
    full = table.full[list(columns)].all(axis=0)
    return int((full & ~gone).sum()) / known if known else 0.0
