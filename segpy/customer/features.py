"""prepare_features: numbers of customers on one scale, and the same treatment for new ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from segpy import _checks, _columns, _frames, _matrix
from segpy.customer.treatment import WHO, Treatment, learn

Floats = NDArray[np.float64]


def prepare_features(
    *,
    log: bool | Sequence[Any] = True,
    scale: bool = True,
    winsorise: float | tuple[float, float] | None = None,
    impute: str | float | None = None,
) -> FeaturePreparer:
    """Make a transformer that brings the numeric columns of a table onto one scale.

    What it does to a column, in this order: fill missing values, pull extremes in, take the signed
    logarithm, scale to mean 0 and standard deviation 1. All it learns is kept, so that new
    customers get the same treatment. Dates, ids and texts are left out and named: none of them is
    a distance between customers.

    Parameters
    ----------
    log : bool or list, default True
        Take ``sign(x) * log(1 + abs(x))``: all columns, none, or those listed (names, or positions
        for an array). For what is never negative this is ``log(1 + x)``. Right for money and
        counts, whose few large values would else be the whole answer; say False for ages, incomes
        and scores, which are not skewed.
    scale : bool, default True
        Subtract the mean and divide by the standard deviation (ddof 0). A column that never
        changes becomes 0.
    winsorise : float or (float, float), optional
        Share of customers pulled in at each end, at least 0 and below a half: 0.01 replaces what
        lies below the 1 % or above the 99 % quantile by that quantile. A pair is (low, high).
    impute : {"median", "mean"} or float, optional
        What missing values become: the column's median or mean over the known values (after
        winsorising), or the given number. By default a missing value is an error that names its
        column and row.

    Returns
    -------
    FeaturePreparer
        A scikit-learn transformer with `fit`, `transform`, `fit_transform`, `inverse_transform`
        and `get_feature_names_out`. A table in gives a table out, its index kept; an array gives
        an array; `set_output` decides otherwise.

    Raises
    ------
    TypeError, ValueError
        By `fit` and `transform`, when an option or the table is not as described.

    See Also
    --------
    segment_profile : describes the groups that were found, in the units of the original columns.

    Notes
    -----
    After `fit` the transformer has `columns_`, a table with a row a column of the input (`used`,
    `why` not, how many `missing`, the learned `low`, `high`, `fill`, `log`, `mean`, `scale`) and
    `left_out_`, a dict of column and reason. A whole number counts as an id when its column's
    name says so ("CustomerID", "order_no") or when no value comes twice although chance would have
    brought repeats; pass such a column under another name, or in an array, if it is a measure.

    Means and deviations are added in ascending order of the values: any order of rows gives the
    same bits. Values must be below 2**1023 in size. O(n log n) a column.

    Examples
    --------
    >>> import pandas as pd
    >>> import segpy as sp
    >>> rfm = pd.DataFrame(
    ...     {
    ...         "recency_days": [3, 40, 200],
    ...         "monetary": [900.0, 80.0, 15.0],
    ...         "last_order": pd.to_datetime(["2011-12-07", "2011-10-31", "2011-05-24"]),
    ...     },
    ...     index=pd.Index([101, 102, 103], name="customer"),
    ... )
    >>> preparer = sp.prepare_features()
    >>> preparer.fit_transform(rfm).round(3)  # doctest: +NORMALIZE_WHITESPACE
              recency_days  monetary
    customer
    101             -1.294     1.296
    102              0.153    -0.158
    103              1.141    -1.138
    >>> preparer.left_out_
    {'last_order': 'dates'}
    """
    return FeaturePreparer(log=log, scale=scale, winsorise=winsorise, impute=impute)


class FeaturePreparer(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """The transformer that `segpy.prepare_features` makes; its options are described there.

    Attributes
    ----------
    columns_ : DataFrame
        Index `column`: every column of the table given to `fit`; `used` (bool), `why` (text, empty
        where used), `missing` (int64), and what was learned, NaN where nothing was: `low` and
        `high` (the limits of winsorising), `fill`, `log` ("log1p", "signed log1p" where negative
        values were seen, or empty), `mean` and `scale`.
    left_out_ : dict
        Column to reason: "dates", "an id, by its name", "text", ...
    mean_, scale_ : ndarray of shape (n_features,), float64
        Mean and standard deviation of each used column after the logarithm; 0 and 1 without
        `scale`, and a scale of 1 where a column never changes.
    low_, high_, fill_ : ndarray of shape (n_features,), float64
        Limits of winsorising (infinite without it) and replacement of missing values (NaN without
        `impute`), in the column's own unit.
    log_ : ndarray of shape (n_features,), bool
        Which columns are on the log scale.
    n_features_in_ : int
        Number of used columns.
    feature_names_in_ : ndarray of str
        Their names, where the input had any.
    """

    def __init__(
        self,
        *,
        log: bool | Sequence[Any] = True,
        scale: bool = True,
        winsorise: float | tuple[float, float] | None = None,
        impute: str | float | None = None,
    ) -> None:
        self.log = log
        self.scale = scale
        self.winsorise = winsorise
        self.impute = impute

    def fit(self, X: Any, y: None = None) -> FeaturePreparer:
        """Learn how each numeric column is treated.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_columns)
            A row a customer. It is not changed. All columns of an array must be numbers.
        y : None
            Ignored; there so that the transformer fits into a pipeline.

        Returns
        -------
        FeaturePreparer
            This transformer.
        """
        scale = _checks.boolean(WHO, "scale", self.scale)
        shares = _shares(self.winsorise)
        _checked_impute(self.impute)
        self.left_out_: dict[Any, str] = {}
        values, names = self._values(X, reset=True)
        logged = _logged(self.log, names)
        learned, rows = [], []
        for place, column in enumerate(values):
            known = np.sort(column[~np.isnan(column)])
            missing = len(column) - len(known)
            learned.append(
                learn(names[place], known, missing, shares, self.impute, logged[place], scale)
            )
            rows.append((missing, len(known) > 0 and bool(known[0] < 0)))
        self.low_, self.high_, self.fill_, _, self.mean_, self.scale_ = (
            np.asarray(one, dtype=np.float64) for one in zip(*learned, strict=True)
        )
        self.log_ = np.asarray(logged, dtype=bool)
        order = _frames.frame(WHO, X).columns if _matrix.is_table(X) else names
        self.columns_ = _table(names, learned, rows, self.left_out_, list(order))
        return self

    def transform(self, X: Any) -> Any:
        """Treat customers as those given to `fit` were treated.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            A table with the used columns in the order of `fit`; those that were left out may be
            there or not.

        Returns
        -------
        DataFrame or ndarray of shape (n_samples, n_features), float64
            A table with the caller's index for a table, else an array.
        """
        check_is_fitted(self)
        values, names = self._values(X, reset=False)
        result = np.empty((len(values[0]), len(values)), order="F")
        learned = (self.low_, self.high_, self.fill_, self.log_, self.mean_, self.scale_)
        each = zip(*(one.tolist() for one in learned), strict=True)
        for column, treatment, out in zip(values, each, result.T, strict=True):
            Treatment(*treatment).apply(column, out=out)
        return _like(X, result, names)

    def inverse_transform(self, X: Any) -> Any:
        """Bring values back into the units of the original columns, such as centres of clusters.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_samples, n_features)
            On the scale that `transform` gives.

        Returns
        -------
        DataFrame or ndarray of shape (n_samples, n_features), float64
            The inverse of scaling and logarithm, exact to rounding. What `transform` filled or
            pulled in stays so: nothing tells any more what it was.
        """
        check_is_fitted(self)
        rows = _matrix.read_for(WHO, self, X, reset=False)
        _matrix.finite(WHO, rows)
        result = rows.values * self.scale_ + self.mean_
        logs = result[:, self.log_]
        with np.errstate(over="ignore"):  # what no number can be becomes infinite
            result[:, self.log_] = np.copysign(np.expm1(np.abs(logs)), logs)
        return _like(X, result, getattr(self, "feature_names_in_", None))

    def _values(self, X: Any, *, reset: bool) -> tuple[list[Floats], list[Any]]:
        """Give the used columns as float64 and their names; with `reset` decide which are used."""
        missing = self.impute is not None
        if not _matrix.is_table(X):
            rows = _matrix.read_for(WHO, self, X, reset=reset).values
            names = list(range(rows.shape[1]))
            columns = (pd.Series(rows[:, place], name=place) for place in names)
            return [_columns.numbers(WHO, column, missing=missing) for column in columns], names
        table = _frames.frame(WHO, X)
        if reset:
            reasons = {name: _columns.why_left_out(column) for name, column in table.items()}
            self.left_out_ = {name: why for name, why in reasons.items() if why}
            used = [name for name in table.columns if name not in self.left_out_]
        else:
            used = self._known(table)
        if not used:
            what = f"{len(table.columns)} columns: " + _checks.shown(self.left_out_)
            raise _checks.value_error(WHO, "the table", "of at least one numeric column", what)
        if len(table) == 0:
            raise _checks.value_error(WHO, "the table", "of at least one row", "no rows")
        kept = table[used]
        # Only the names and their number: what is wrong in a column is said with its name below.
        _matrix.check_columns(WHO, self, kept, reset=reset)
        return [_columns.numbers(WHO, kept[name], missing=missing) for name in used], used

    def _known(self, table: pd.DataFrame) -> list[Any]:
        """Choose the columns of a later table: all but those left out and new ones of no numbers.

        A used column stays used, whatever this table's few values look like.
        """
        used = set(getattr(self, "feature_names_in_", table.columns))
        return [
            name
            for name, column in table.items()
            if name not in self.left_out_ and (name in used or not _columns.why_left_out(column))
        ]

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn whether missing values are welcome."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self.impute is not None
        return tags


def _like(X: object, values: Floats, names: Any) -> Any:
    """Give values as a table with the caller's index where the caller gave a table."""
    if not _matrix.is_table(X):
        return values
    index = X.index if isinstance(X, pd.DataFrame) else None
    columns = None if names is None else pd.Index(names)
    return pd.DataFrame(values, index=index, columns=columns)


def _shares(winsorise: object) -> tuple[float, float] | None:
    """Check the share of customers to pull in at each end."""
    if winsorise is None:
        return None
    allowed = "a share in [0, 0.5), a pair of such shares (low, high), or None"
    pair = winsorise if isinstance(winsorise, tuple | list) else (winsorise, winsorise)
    for share in pair:
        if isinstance(share, bool | np.bool_) or not isinstance(
            share, int | float | np.integer | np.floating
        ):
            raise _checks.type_error(WHO, "'winsorise'", allowed, winsorise)
    if len(pair) != 2 or not all(0.0 <= share < 0.5 for share in pair):
        raise _checks.value_error(
            WHO, "'winsorise'", allowed, _checks.shown(winsorise), "0.01 is 1 % at each end."
        )
    return float(pair[0]), float(pair[1])


def _checked_impute(impute: object) -> None:
    """Check what missing values become."""
    allowed = "'median', 'mean', a number or None"
    if impute is None or (isinstance(impute, str) and impute in ("median", "mean")):
        return
    if isinstance(impute, str):
        raise _checks.value_error(WHO, "'impute'", allowed, _checks.shown(impute))
    if isinstance(impute, bool | np.bool_) or not isinstance(
        impute, int | float | np.integer | np.floating
    ):
        raise _checks.type_error(WHO, "'impute'", allowed, impute)
    if not abs(float(impute)) < _columns.LARGEST:
        raise _checks.value_error(WHO, "'impute'", "finite", str(impute))


def _logged(log: object, names: Sequence[Any]) -> list[bool]:
    """Decide for each used column whether its logarithm is taken."""
    if isinstance(log, bool | np.bool_):
        return [bool(log)] * len(names)
    if isinstance(log, str) or not np.iterable(log):
        raise _checks.type_error(WHO, "'log'", "True, False or a list of columns", log)
    wanted = list(log)
    unknown = [name for name in wanted if name not in names]
    if unknown:
        raise _checks.value_error(
            WHO,
            "'log'",
            "True, False or a list of used columns: " + _checks.shown(list(names)),
            _checks.shown(unknown[0]),
        )
    return [name in wanted for name in names]


def _table(
    names: Sequence[Any],
    learned: Sequence[Treatment],
    seen: Sequence[tuple[int, bool]],
    left_out: dict[Any, str],
    order: Sequence[Any],
) -> pd.DataFrame:
    """Make the table of what was done with each column of the input."""
    rows: dict[Any, tuple[Any, ...]] = {}
    for name, one, (missing, negative) in zip(names, learned, seen, strict=True):
        kind = ("signed log1p" if negative else "log1p") if one.log else ""
        low, high = (limit if np.isfinite(limit) else np.nan for limit in (one.low, one.high))
        rows[name] = (True, "", missing, low, high, one.fill, kind, one.mean, one.scale)
    for name, why in left_out.items():
        rows[name] = (False, why, 0, *[np.nan] * 3, "", *[np.nan] * 2)
    columns = ["used", "why", "missing", "low", "high", "fill", "log", "mean", "scale"]
    table = pd.DataFrame([rows[name] for name in order], columns=columns)
    table.index = pd.Index(list(order), name="column", tupleize_cols=False)
    return table
