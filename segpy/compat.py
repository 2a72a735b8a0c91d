"""mlxtend's names over segpy's kernels, so that a notebook changes its import line and no more.

``from segpy.compat import apriori, fpgrowth, fpmax, association_rules, TransactionEncoder`` gives
the signatures, columns, dtypes, frozensets, supports, warnings and errors of mlxtend 0.25
(S. Raschka, doi:10.21105/joss.00638); row order too, where that is defined: itemsets come by
length, then by column, as `apriori` gives them, and rules as `association_rules` gives them for the
sets it is handed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from operator import index
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from segpy.basket import compat_rules, onehots
from segpy.basket.compat_rules import METRICS as _METRICS

_RANGE = "`min_support` must be a positive number within the interval `(0, 1]`. Got %s."


def apriori(
    df: pd.DataFrame,
    min_support: float = 0.5,
    use_colnames: bool = False,
    max_len: int | None = None,
    verbose: int = 0,
    low_memory: bool = False,
    n_jobs: int = 1,
) -> pd.DataFrame:
    """Find the frequent itemsets of a one-hot frame.

    Parameters
    ----------
    df : DataFrame
        A row a basket, a column an item; True, False, 0, 1; dense or pandas sparse columns.
    min_support : float, default 0.5
        Share of the rows, compared as mlxtend does: count / rows >= min_support in float64.
    use_colnames : bool, default False
        Give the columns' names instead of their numbers.
    max_len : int, default None
        Most items of a set.
    verbose : int, default 0
        Print how many sets there are.
    low_memory : bool, default False
        Compare sets of two items and more as mlxtend's other path does: count >=
        min_support * rows. Memory is low either way.
    n_jobs : int, default 1
        Threads; -1: all cores the process may use.

    Returns
    -------
    DataFrame
        `support` (float64, whatever the frame's dtypes) and `itemsets` (frozensets), by length,
        then by column.

    Raises
    ------
    ValueError
        `min_support` is not in (0, 1], or a value is neither 0 nor 1 or missing.

    Examples
    --------
    >>> import pandas as pd
    >>> from segpy.compat import apriori
    >>> found = apriori(pd.DataFrame({"tea": [True, True], "milk": [True, False]}))
    >>> [sorted(map(int, columns)) for columns in found["itemsets"]]
    [[0], [1], [0, 1]]
    >>> found["support"].tolist()
    [1.0, 0.5, 0.5]
    """
    _in_range(min_support)
    onehots.check(df)
    table = onehots.read(df)
    single = table.least(min_support)
    more = math.ceil(min_support * table.rows) if low_memory else single
    found = onehots.frequent(table, single, more, math.ceil(max_len or 0) or None, n_jobs)
    return _itemsets(found, table, use_colnames, df, verbose)


def fpgrowth(
    df: pd.DataFrame,
    min_support: float = 0.5,
    null_values: bool = False,
    use_colnames: bool = False,
    max_len: int | None = None,
    verbose: int = 0,
) -> pd.DataFrame:
    """Find the frequent itemsets of a one-hot frame that may have missing values.

    Parameters
    ----------
    df, min_support, use_colnames, max_len, verbose
        As in `apriori`. As in mlxtend, sets of two items and more must also reach
        ceil(min_support * rows), computed in float64.
    null_values : bool, default False
        NaN is allowed: the support of a set is its share of the rows where none of its items is
        missing.

    Returns
    -------
    DataFrame
        As `apriori`.

    Raises
    ------
    ValueError
        As `apriori`.

    Examples
    --------
    >>> import pandas as pd
    >>> from segpy.compat import fpgrowth
    >>> frame = pd.DataFrame({"tea": [1, 1, 0], "milk": [1, 0, 0]}, dtype=bool)
    >>> [sorted(names) for names in fpgrowth(frame, use_colnames=True)["itemsets"]]
    [['tea']]
    """
    onehots.check(df, null_values)
    _in_range(min_support)
    table = onehots.read(df, null_values)
    found = onehots.grown(table, min_support, index(max_len or 0) or None)
    return _itemsets(found, table, use_colnames, df, verbose)


def fpmax(
    df: pd.DataFrame,
    min_support: float = 0.5,
    null_values: bool = False,
    use_colnames: bool = False,
    max_len: int | None = None,
    verbose: int = 0,
) -> pd.DataFrame:
    """Find the maximal frequent itemsets of a one-hot frame.

    Parameters
    ----------
    df, min_support, null_values, use_colnames, verbose
        As in `fpgrowth`.
    max_len : int, default None
        Of the maximal sets, only those of at most so many items.

    Returns
    -------
    DataFrame
        As `fpgrowth`: no frequent set contains one of these.

    Raises
    ------
    ValueError
        As `apriori`.

    Examples
    --------
    >>> import pandas as pd
    >>> from segpy.compat import fpmax
    >>> frame = pd.DataFrame({"tea": [True, True], "milk": [True, False]})
    >>> [sorted(names) for names in fpmax(frame, use_colnames=True)["itemsets"]]
    [['milk', 'tea']]
    """
    onehots.check(df, null_values)
    _in_range(min_support)
    table = onehots.read(df, null_values)
    found = onehots.maximal(table, min_support, max_len)
    return _itemsets(found, table, use_colnames, df, verbose)


def _in_range(min_support: float) -> None:
    if min_support <= 0.0 or min_support > 1.0:
        raise ValueError(_RANGE % min_support)


def _itemsets(
    found: onehots.Found, table: onehots.Onehot, use_colnames: bool, df: pd.DataFrame, verbose: int
) -> pd.DataFrame:
    """Give sets of columns as mlxtend's frame."""
    names: Sequence[Any] = list(df.columns) if use_colnames else list(np.arange(table.columns))
    sets = np.empty(len(found), dtype=object)
    for i, (columns, _) in enumerate(found):
        sets[i] = frozenset([names[c] for c in columns])
    if verbose:
        print(f"{len(found)} itemsets")
    support = np.array([share for _, share in found], dtype=np.float64)
    return pd.DataFrame({"support": support, "itemsets": pd.Series(sets, dtype=object)})


def association_rules(
    df: pd.DataFrame,
    num_itemsets: int | None = 1,
    df_orig: pd.DataFrame | None = None,
    null_values: bool = False,
    metric: str = "confidence",
    min_threshold: float = 0.8,
    support_only: bool = False,
    return_metrics: list[str] = _METRICS,
) -> pd.DataFrame:
    """Split frequent itemsets into rules.

    Parameters
    ----------
    df : DataFrame
        `support` and `itemsets`, as `apriori` gives them; where a set is there, all its subsets
        must be.
    num_itemsets : int, default 1
        Rows of `df_orig`; needed with `null_values`.
    df_orig : DataFrame, default None
        The one-hot frame; needed with `null_values`.
    null_values : bool, default False
        `df_orig` has missing values: shares are of the rows where they are known.
    metric : str, default "confidence"
        The measure that decides.
    min_threshold : float, default 0.8
        What it must reach.
    support_only : bool, default False
        Only the support is known: subsets may be missing, all other measures are NaN.
    return_metrics : list of str
        Measures to give; default all of mlxtend's twelve, defined in `segpy.Rules`.

    Returns
    -------
    DataFrame
        `antecedents`, `consequents` (frozensets), then the measures (float64).

    Raises
    ------
    TypeError
        `null_values` without `df_orig` or `num_itemsets`.
    ValueError
        `df` is empty or lacks a column, or the metric is not known.
    KeyError
        The support of a part of a set is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> from segpy.compat import apriori, association_rules
    >>> frame = pd.DataFrame({"tea": [True, True], "milk": [True, False]})
    >>> rules = association_rules(apriori(frame, use_colnames=True))
    >>> rules[["support", "confidence", "lift"]]
       support  confidence  lift
    0      0.5         1.0   1.0
    """
    if null_values and df_orig is None:
        raise TypeError("If null values exist, df_orig must be provided.")
    if null_values and num_itemsets == 1:
        raise TypeError("If null values exist, num_itemsets must be provided.")
    if df_orig is not None:
        onehots.check(df_orig, null_values)
    if not df.shape[0]:
        raise ValueError("The input DataFrame `df` containing the frequent itemsets is empty.")
    if not all(column in df.columns for column in ("support", "itemsets")):
        raise ValueError("Dataframe needs to contain the columns 'support' and 'itemsets'")
    if not support_only and metric not in _METRICS:
        raise ValueError(f"Metric must be 'confidence' or 'lift', got '{metric}'")
    sets = compat_rules.supports(df)
    if support_only:
        return compat_rules.of_support(sets, min_threshold, return_metrics)
    nulls = compat_rules.Nulls(df_orig, sets) if null_values and df_orig is not None else None
    return compat_rules.find(sets, num_itemsets, nulls, metric, min_threshold, return_metrics)


class TransactionEncoder(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Turn lists of items into a one-hot array and back.

    `segpy.Baskets.from_lists` takes the lists as they are and needs no such array.

    Attributes
    ----------
    columns_ : list
        The items, sorted.
    columns_mapping_ : dict
        Column by item.

    Examples
    --------
    >>> from segpy.compat import TransactionEncoder
    >>> encoder = TransactionEncoder()
    >>> encoder.fit_transform([["tea", "milk"], ["tea"]])
    array([[ True,  True],
           [False,  True]])
    >>> encoder.columns_
    ['milk', 'tea']
    """

    def fit(self, X: Iterable[Iterable[Any]]) -> Self:
        """Learn the items of lists of items; they must sort."""
        self.columns_ = sorted({item for row in X for item in row})
        self.columns_mapping_ = {item: column for column, item in enumerate(self.columns_)}
        return self

    def transform(self, X: Sequence[Iterable[Any]], sparse: bool = False) -> Any:
        """Encode lists of items.

        Parameters
        ----------
        X : list of lists
            Items that `fit` has seen.
        sparse : bool, default False
            Give a scipy CSR matrix, as wide as there are items, instead of an array.

        Returns
        -------
        ndarray or csr_matrix of bool, shape (len(X), len(columns_))

        Raises
        ------
        KeyError
            An item was not there in `fit`.
        """
        held = [[self.columns_mapping_[item] for item in row] for row in X]
        if sparse:
            from scipy.sparse import csr_matrix  # type: ignore[import-untyped]

            rows = [sorted(set(row)) for row in held]
            indptr = np.concatenate([[0], np.cumsum([len(row) for row in rows], dtype=np.int64)])
            indices = np.array([column for row in rows for column in row], dtype=np.int64)
            ones = np.ones(len(indices), dtype=np.bool_)
            return csr_matrix((ones, indices, indptr), shape=(len(rows), len(self.columns_)))
        array = np.zeros((len(held), len(self.columns_)), dtype=np.bool_)
        for number, row in enumerate(held):
            array[number, row] = True
        return array

    def inverse_transform(self, array: Any) -> list[list[Any]]:
        """Give the rows of a one-hot array as lists of items."""
        return [[self.columns_[i] for i, cell in enumerate(row) if cell] for row in array]

    def fit_transform(self, X: Sequence[Iterable[Any]], sparse: bool = False) -> Any:
        """Fit and transform."""
        return self.fit(X).transform(X, sparse=sparse)

    def get_feature_names_out(self) -> NDArray[np.object_]:
        """Give the items as the names of the columns, for ``set_output(transform="pandas")``."""
        check_is_fitted(self, "columns_")
        return np.asarray(self.columns_, dtype=object)
