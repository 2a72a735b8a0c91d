"""k-means: groups of rows around their means."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from numbers import Real
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    ClusterMixin,
    TransformerMixin,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_is_fitted

from segpy import _checks, _core, _matrix, _progress
from segpy._matrix import Matrix
from segpy.cluster.arguments import (
    as_numbers,
    budget,
    not_too_many,
    read_seed,
    read_weights,
    times_two_to,
    unit_of,
)

WHO = "KMeans"
_MOST_CLUSTERS = 2**24  # the kernels count clusters in floats, which are whole up to here
_ALGORITHMS = ("lloyd", "elkan")  # scikit-learn's ways to the answer that is computed here
_T = TypeVar("_T")


class KMeans(
    ClassNamePrefixFeaturesOutMixin,  # type: ignore[misc]
    TransformerMixin,  # type: ignore[misc]
    ClusterMixin,  # type: ignore[misc]
    BaseEstimator,  # type: ignore[misc]
):
    """Groups rows around k centres so that the sum of squared distances is small.

    Lloyd's iterations in C with scikit-learn's contract. The sum that is made small is the
    *inertia*, ``sum_i w_i min_q sum_j (x_ij - c_qj)^2``; each centre is the weighted mean of its
    rows. Labels are exact: the nearest centre in double precision, each term subtracted, squared
    and added in column order, the lowest number on ties. Results are the same bits for any number
    of threads and any processor. Up to ``n * d = 2**20`` values the result is a function of the
    weighted *set* of rows: the order of rows does not matter, a weight of 2 is a row that is there
    twice, a weight of 0 a row that is not there. Above, that holds from a given `init` array (to
    rounding), and draws follow the order of the rows.

    A single column is solved exactly, by dynamic programming, unless an `init` other than
    "k-means++" is given: there is one start, it draws nothing, and `n_iter_` counts the iterations
    that close it. This takes ``4 * n_clusters + 48`` bytes a distinct value.

    Parameters
    ----------
    n_clusters : int, default 8
        Number of clusters, at most the number of rows and 2**24. Where fewer rows are distinct (and
        have weight), a ConvergenceWarning says so before the work and centres repeat.
    init : {"k-means++", "random"}, array of shape (n_clusters, n_features) or callable
        Where a start begins: greedy k-means++ [1]_, rows at random, these centres, or what
        ``init(X, n_clusters, random_state=seed)`` gives.
    n_init : "auto" or int, default "auto"
        Number of starts, of which the best is kept. "auto" takes up to 8 and then up to
        ``100 * n_clusters`` swaps: one centre is put where a row drawn by squared distance is,
        iterations follow, and what lowers the inertia is kept. Swaps find optima that hundreds of
        restarts miss. Both numbers are bounded by ``2**25 / (m * n_clusters * n_features)``, m the
        number of distinct rows, so that "auto" costs at most about 2**25 multiply-adds times the
        iterations of a start, twice; for large data it is one start. An array is one start without
        swaps.
    max_iter : int, default 300
        Most iterations of one start.
    tol : float, default 1e-4
        A start ends when the sum of the centres' squared shifts is at most `tol` times the mean
        variance of the columns; 0 iterates until no label changes.
    random_state : int, None, RandomState or Generator, default 0
        Seed of all draws. None takes a new one each time.
    n_jobs : int or None, default None
        Threads; None takes all cores the process may use. The result does not depend on it.
    verbose : int or bool, default 0
        Above 0 a bar is drawn on stderr.
    copy_x : bool, default True
        Taken for scikit-learn's sake. The data are never changed.
    algorithm : {"lloyd", "elkan"}, default "lloyd"
        Taken for scikit-learn's sake: both name the same exact answer, found in one way.

    Attributes
    ----------
    cluster_centers_ : ndarray of float64, shape (n_clusters, n_features)
    labels_ : ndarray of int32, shape (n_samples,)
        Equal to ``predict(X)``.
    inertia_ : float
    n_iter_ : int
        Iterations of the run the result is from.
    inertias_ : ndarray of float64, shape (starts,)
        Where each start ended; the result is at most the smallest, lower where a swap helped.
    converged_ : bool
        Whether that run came to rest within `max_iter`.
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        Where X has string names of columns.

    Raises
    ------
    TypeError
        For parameters of a wrong type; for dates, texts, objects and sparse data in X.
    ValueError
        For values out of range, NaN and infinity (column and row named), more clusters than rows
        or 2**24, more rows than 2**31 - 32, negative or all-zero weights.
    MemoryError
        Before the work, with what it needs.

    References
    ----------
    .. [1] D. Arthur, S. Vassilvitskii, "k-means++: the advantages of careful seeding", SODA 2007,
       doi:10.5555/1283383.1283494.

    Examples
    --------
    >>> import segpy as sp
    >>> X = [[1, 2], [1, 4], [1, 0], [10, 2], [10, 4], [10, 0]]
    >>> model = sp.KMeans(n_clusters=2).fit(X)
    >>> model.inertia_
    16.0
    >>> sorted(model.cluster_centers_.tolist())
    [[1.0, 2.0], [10.0, 2.0]]
    >>> bool(model.predict([[0, 0]])[0] == model.labels_[0])
    True
    """

    def __init__(
        self,
        n_clusters: int = 8,
        *,
        init: str | ArrayLike | Callable[..., ArrayLike] = "k-means++",
        n_init: int | str = "auto",
        max_iter: int = 300,
        tol: float = 1e-4,
        random_state: Any = 0,
        n_jobs: int | None = None,
        verbose: int = 0,
        copy_x: bool = True,
        algorithm: str = "lloyd",
    ) -> None:
        self.n_clusters = n_clusters
        self.init = init
        self.n_init = n_init
        self.max_iter = max_iter
        self.tol = tol
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.copy_x = copy_x
        self.algorithm = algorithm

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def fit(self, X: Any, y: Any = None, sample_weight: ArrayLike | None = None) -> Self:
        """Find the centres.

        Parameters
        ----------
        X : array or table of shape (n_samples, n_features)
            Numbers of any type and memory layout; read where it is. Not changed.
        y : ignored
        sample_weight : array of shape (n_samples,), optional
            Finite and at least 0; how often each row counts. Of any size: centres and labels are
            those of the weights times a power of two. (One below 2**-1200 of the largest may count
            as 0.)

        Returns
        -------
        KMeans
            Itself.
        """
        rows, weights = self._read(X, sample_weight, reset=True)
        self._fit(rows, weights)
        return self

    def _read(
        self, X: Any, sample_weight: ArrayLike | None, reset: bool
    ) -> tuple[Matrix, NDArray[np.float64] | None]:
        rows = _matrix.read_for(WHO, self, X, reset=reset)
        return rows, read_weights(WHO, sample_weight, rows)

    def _fit(self, rows: Matrix, weights: NDArray[np.float64] | None) -> None:
        self._check_words()
        k, max_iter, tol, threads = self._numbers(len(rows))
        seed = read_seed(WHO, self.random_state)
        starts = self._starts()
        init = self._init_arrays(rows.values, k, starts, seed)
        unit = 0 if weights is None else unit_of(weights.max())
        weights = times_two_to(weights, unit)
        with (
            _memory(rows, k),
            _progress.kernel_bar("k-means", bool(self.verbose), who=WHO) as tick,
        ):
            with _finite(rows):
                points = _core.Points(rows.values, weights, tick)
            if points.count < k:
                _warn_of_few(k, points.count)
            swaps = 0
            if starts == 0:
                starts, swaps = budget(points.count, k, rows.width)
            if init is not None:
                starts, swaps = len(init), 0
            elif rows.width == 1 and self.init == "k-means++":
                starts, swaps = 1, 0  # solved exactly
            found = points.kmeans(
                k,
                starts,
                swaps,
                max_iter,
                tol,
                seed,
                isinstance(self.init, str) and self.init == "random",
                None if init is None else init.ravel(),
                threads,
                "",
                tick,
            )
        centers, self.labels_, inertias, inertia, self.n_iter_, self.converged_ = found
        self.inertias_ = times_two_to(inertias, -unit)
        self.inertia_ = float(times_two_to(inertia, -unit))
        self.cluster_centers_ = centers.reshape(k, rows.width)
        self._n_features_out = k
        counts = np.bincount(self.labels_, weights, k).astype(np.float64)
        self.counts_ = times_two_to(counts, -unit)

    def _check_words(self) -> None:
        """Check the parameters that change no answer."""
        _checks.boolean(WHO, "copy_x", self.copy_x)
        _checks.one_of(WHO, "algorithm", self.algorithm, _ALGORITHMS)
        if not isinstance(self.verbose, bool | np.bool_):
            _checks.integer(WHO, "verbose", self.verbose, 0)

    def _numbers(self, n: int) -> tuple[int, int, float, int]:
        """Check the parameters that are numbers."""
        k = _checks.integer(WHO, "n_clusters", self.n_clusters, 1)
        if k > _MOST_CLUSTERS:
            raise _checks.value_error(
                WHO, "'n_clusters'", f"at most 2**24 = {_MOST_CLUSTERS}", str(k), "Fit in parts."
            )
        if k > n:
            raise _checks.value_error(
                WHO,
                "'n_clusters'",
                f"at most the number of rows (n_samples={n})",
                str(k),
                "Ask for fewer clusters.",
            )
        max_iter = _checks.integer(WHO, "max_iter", self.max_iter, 1, 2**31 - 1)
        if isinstance(self.tol, bool) or not isinstance(self.tol, Real):
            raise _checks.type_error(WHO, "'tol'", "a number >= 0", self.tol)
        tol = float(self.tol)
        if not 0 <= tol < np.inf:
            raise _checks.value_error(WHO, "'tol'", "a number >= 0", str(self.tol))
        return k, max_iter, tol, _checks.threads(WHO, self.n_jobs)

    def _starts(self) -> int:
        """Give the number of starts, 0 for "auto"."""
        if isinstance(self.n_init, str):
            _checks.one_of(WHO, "n_init", self.n_init, ["auto"])
            return 0
        return _checks.integer(WHO, "n_init", self.n_init, 1)

    def _init_arrays(
        self, rows: NDArray[Any], k: int, starts: int, seed: int
    ) -> NDArray[np.float64] | None:
        """Give the centres the starts begin with, (starts, k, d), or None where they are drawn."""
        if isinstance(self.init, str):
            _checks.one_of(WHO, "init", self.init, ["k-means++", "random"])
            return None
        shape = (k, rows.shape[1])
        given: list[Any] = [self.init]
        if callable(self.init):
            given = [self.init(rows, k, random_state=seed + i) for i in range(max(starts, 1))]
        arrays = []
        for one in given:
            array = as_numbers(one)
            if array is None or array.ndim == 0:
                allowed = "'k-means++', 'random', an array of numbers or a callable"
                raise _checks.type_error(WHO, "'init'", allowed, one)
            if array.shape != shape:
                raise _checks.value_error(
                    WHO, "'init'", f"of shape {shape}: clusters by columns", f"shape {array.shape}"
                )
            if not np.isfinite(array).all():
                raise _checks.value_error(WHO, "'init'", "finite", "NaN or infinity")
            arrays.append(array)
        return np.ascontiguousarray(arrays)

    def partial_fit(self, X: Any, y: Any = None, sample_weight: ArrayLike | None = None) -> Self:
        """Take in a batch: its rows go to the current centres, whose counts and means follow.

        The first batch, if nothing was fitted before, is fitted. `labels_` and `inertia_` are those
        of the batch, for the centres as they were when it came; `counts_` holds the weight each
        centre has seen.

        Parameters
        ----------
        X : array or table of shape (n_samples, n_features)
        y : ignored
        sample_weight : array of shape (n_samples,), optional

        Returns
        -------
        KMeans
            Itself.
        """
        first = not hasattr(self, "cluster_centers_")
        rows, weights = self._read(X, sample_weight, reset=first)
        if first:
            self._fit(rows, weights)
            return self
        labels, squares = self._against(_core.kmeans_nearest, rows)
        k, d = self.cluster_centers_.shape
        w = np.ones(len(rows)) if weights is None else weights
        unit = unit_of(max(w.max(), self.counts_[np.isfinite(self.counts_)].max(initial=0.0)))
        w = times_two_to(w, unit)
        total = times_two_to(self.counts_, unit) + np.bincount(labels, w, k)
        # Means move by the batch's differences from them, which keeps their digits.
        moved = np.empty((k, d))
        for j in range(d):
            away = rows.values[:, j].astype(np.float64) - self.cluster_centers_[labels, j]
            moved[:, j] = np.bincount(labels, w * away, k)
        seen = total > 0
        centers = self.cluster_centers_.copy()
        centers[seen] += moved[seen] / total[seen, None]
        self.cluster_centers_, self.counts_ = centers, times_two_to(total, -unit)
        self.labels_, self.inertia_ = labels, float(times_two_to(np.dot(w, squares), -unit))
        return self

    def _against(self, kernel: Callable[..., _T], rows: Matrix) -> _T:
        """Call a kernel on rows and the centres."""
        threads = _checks.threads(WHO, self.n_jobs)
        with _finite(rows):
            return kernel(rows.values, self.cluster_centers_.ravel(), threads, "", None)

    def predict(self, X: Any) -> NDArray[np.int32]:
        """Give the nearest centre of each row.

        A row's label depends on that row and the centres alone, not on the rest of the batch.

        Parameters
        ----------
        X : array or table of shape (n_samples, n_features)

        Returns
        -------
        ndarray of int32, shape (n_samples,)
        """
        check_is_fitted(self)
        rows = _matrix.read_for(WHO, self, X, reset=False)
        return self._against(_core.kmeans_label, rows)

    def fit_predict(
        self, X: Any, y: Any = None, sample_weight: ArrayLike | None = None
    ) -> NDArray[np.int32]:
        """Fit and give `labels_`.

        Parameters
        ----------
        X : array or table of shape (n_samples, n_features)
        y : ignored
        sample_weight : array of shape (n_samples,), optional

        Returns
        -------
        ndarray of int32, shape (n_samples,)
        """
        return self.fit(X, sample_weight=sample_weight).labels_

    def transform(self, X: Any) -> NDArray[Any]:
        """Give the distance of each row to each centre.

        Parameters
        ----------
        X : array or table of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_clusters)
            float32 where X is, else float64.
        """
        check_is_fitted(self)
        rows = _matrix.read_for(WHO, self, X, reset=False)
        flat = self._against(_core.kmeans_distances, rows)
        return flat.reshape(len(rows), -1).astype(
            np.float32 if rows.values.dtype == np.float32 else np.float64, copy=False
        )

    def fit_transform(
        self, X: Any, y: Any = None, sample_weight: ArrayLike | None = None
    ) -> NDArray[Any]:
        """Fit and give the distances of `transform`.

        Parameters
        ----------
        X : array or table of shape (n_samples, n_features)
        y : ignored
        sample_weight : array of shape (n_samples,), optional

        Returns
        -------
        ndarray of shape (n_samples, n_clusters)
        """
        return self.fit(X, sample_weight=sample_weight).transform(X)

    def score(self, X: Any, y: Any = None, sample_weight: ArrayLike | None = None) -> float:
        """Give minus the inertia of these rows, so that more is better.

        Parameters
        ----------
        X : array or table of shape (n_samples, n_features)
        y : ignored
        sample_weight : array of shape (n_samples,), optional

        Returns
        -------
        float
        """
        check_is_fitted(self)
        rows, weights = self._read(X, sample_weight, reset=False)
        squares = self._against(_core.kmeans_nearest, rows)[1]
        if weights is None:
            return -float(squares.sum())
        unit = unit_of(weights.max())
        return -float(times_two_to(np.dot(times_two_to(weights, unit), squares), -unit))


@contextmanager
def _finite(rows: Matrix) -> Iterator[None]:
    """Name the place of a NaN or infinity that a kernel met."""
    try:
        yield
    except ValueError as error:
        raise _matrix.not_finite(WHO, rows) if "NaN" in str(error) else error from None


@contextmanager
def _memory(rows: Matrix, k: int) -> Iterator[None]:
    """Ask for the results before the work, and say what a fit needs where there is too little."""
    n, d = rows.values.shape
    try:
        np.empty((k, d))
        np.empty(n, np.int32)
        not_too_many(WHO, n)
        yield
    except MemoryError:
        what = f"{n:,} rows of {d} columns in {k:,} clusters, beside the data,"
        tables = 8 * (k + 32) * (d + 4) * (n // 8192 + 1) + 600 * k * (d + 2)
        need = 4 * n * d + 13 * n + max(3 * n, tables)
        raise _checks.memory_error(WHO, what, need, "Fit a sample, and predict the rest.") from None


def _warn_of_few(k: int, distinct: int) -> None:
    words = _checks.sentence(
        WHO,
        "the distinct rows of X with weight",
        f"at least as many as the clusters, {k}",
        str(distinct),
        f"{'1 cluster stays' if k - distinct == 1 else f'{k - distinct} clusters stay'} empty: ask "
        "for fewer.",
    )
    warnings.warn(words, ConvergenceWarning, stacklevel=4)
