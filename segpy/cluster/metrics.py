"""How good is a clustering: silhouette, Calinski-Harabasz, Davies-Bouldin, computed exactly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segpy import _checks, _core, _frames, _labels, _matrix
from segpy._progress import kernel_bar
from segpy.cluster.arguments import read_seed

_Kernel = Callable[
    [NDArray[Any], NDArray[np.int32], int, int, str, None], tuple[float, int, int, int]
]


def silhouette_samples(
    X: Any,
    labels: Any,
    *,
    metric: str = "euclidean",
    n_jobs: int | None = None,
    progress: bool | None = None,
) -> NDArray[np.float64]:
    """Compute the silhouette of every row: how much nearer its own cluster is than the next one.

    Parameters
    ----------
    X : array or DataFrame (pandas, polars or pyarrow) of shape (n_samples, n_features)
        Numbers of any dtype and strides, finite.
    labels : array-like of shape (n_samples,)
        The cluster of each row: ints, texts, booleans or categories. The noise label -1 is a
        label like any other, as in scikit-learn: leave those rows out if they are no cluster.
    metric : {"euclidean"}, default "euclidean"
        Distances are Euclidean; another metric is an error.
    n_jobs : int, default None
        Threads; None and -1 are all cores the process may use. Any value gives the same bits.
    progress : bool, default None
        Show a bar; None shows it only after a second of work on a terminal or in a notebook.

    Returns
    -------
    ndarray of float64, shape (n_samples,)
        In [-1, 1], in the order of the rows; 0 for the only row of its cluster.

    Raises
    ------
    ValueError
        There are fewer than 2 clusters or as many as rows; a value is NaN or infinite (its column
        and row are named); a label is missing; lengths differ.
    TypeError
        A column holds no numbers, or X is sparse.

    Notes
    -----
    s = (b - a) / max(a, b), with a the mean distance to the other rows of the own cluster and b the
    least mean distance to the rows of another cluster (Rousseeuw 1987,
    doi:10.1016/0377-0427(87)90125-7). Exact: of m different rows all m (m - 1) / 2 distances are
    computed, each once; equal rows with one label count as one weighted row. O(m^2 n_features)
    time, O(n_samples n_features) memory however many clusters there are. The answer of a row is
    the same bits for any order of rows, any names of the labels, threads and processor levels.

    Examples
    --------
    >>> import segpy as sp
    >>> X, labels = [[0.0], [1.0], [9.0], [10.0]], ["low", "low", "high", "high"]
    >>> sp.silhouette_samples(X, labels).round(3)
    array([0.895, 0.882, 0.882, 0.895])
    """
    who = "silhouette_samples"
    found = _finite(who, X)
    return _silhouettes(who, found, _labels.read(who, labels, found), metric, n_jobs, progress)


def silhouette_score(
    X: Any,
    labels: Any,
    *,
    metric: str = "euclidean",
    sample_size: int | None = None,
    random_state: int | np.random.Generator | None = 0,
    n_jobs: int | None = None,
    progress: bool | None = None,
) -> float:
    """Compute the mean silhouette of all rows; of a sample only if asked.

    Parameters
    ----------
    X, labels, metric, n_jobs, progress
        As in `silhouette_samples`.
    sample_size : int, default None
        Score that many rows, drawn without replacement; None, and any number from n_samples on,
        scores all.
    random_state : int, Generator, RandomState or None, default 0
        Where the sample comes from.

    Returns
    -------
    float
        In [-1, 1].

    Raises
    ------
    ValueError, TypeError
        As in `silhouette_samples`, of the sample too; a `sample_size` below 3.

    Notes
    -----
    The silhouettes are added exactly, so that the mean is the same bits for any order of rows.

    Examples
    --------
    >>> import segpy as sp
    >>> round(sp.silhouette_score([[0.0], [1.0], [9.0], [10.0]], [0, 0, 1, 1]), 6)
    0.888545
    """
    who = "silhouette_score"
    found = _finite(who, X)
    coded = _labels.read(who, labels, found)
    if sample_size is not None:
        size = _checks.integer(who, "sample_size", sample_size, 3)
        rng = _generator(who, random_state)
        if size < len(found):
            rows = rng.choice(len(found), size, replace=False)
            found = replace(found, values=found.values[rows])
            coded = replace(coded, codes=coded.codes[rows])
    samples = _silhouettes(who, found, coded, metric, n_jobs, progress)
    return _frames.total(samples) / len(samples)


def calinski_harabasz_score(X: Any, labels: Any, *, n_jobs: int | None = None) -> float:
    """Compute the Calinski-Harabasz index: spread between over spread within; more is better.

    Parameters
    ----------
    X, labels, n_jobs
        As in `silhouette_samples`.

    Returns
    -------
    float
        At least 0. 1.0 where all rows of each cluster are equal, as in scikit-learn.

    Raises
    ------
    ValueError, TypeError
        As in `silhouette_samples`.

    Notes
    -----
    B (n - k) / (W (k - 1)): W sums the squared distances of rows to the centres of their clusters,
    B those of the centres to the mean of all rows, weighted by their rows (Calinski and Harabasz
    1974, doi:10.1080/03610927408827101). Computed from differences, never from squared norms, so
    that means far from 0 cost no digits. O(n_samples n_features) time.

    Examples
    --------
    >>> import segpy as sp
    >>> sp.calinski_harabasz_score([[0.0], [1.0], [9.0], [10.0]], [0, 0, 1, 1])
    162.0
    """
    return _index("calinski_harabasz_score", _core.calinski_harabasz, X, labels, n_jobs)


def davies_bouldin_score(X: Any, labels: Any, *, n_jobs: int | None = None) -> float:
    """Compute the Davies-Bouldin index: how alike each cluster is to its likest; less is better.

    Parameters
    ----------
    X, labels, n_jobs
        As in `silhouette_samples`.

    Returns
    -------
    float
        At least 0. Two clusters with one centre are not compared, as in scikit-learn.

    Raises
    ------
    ValueError, TypeError
        As in `silhouette_samples`.

    Notes
    -----
    The mean over clusters i of the largest (s_i + s_j) / m_ij over the other clusters j: s is the
    mean distance of a cluster's rows to its centre, m the distance of two centres (Davies and
    Bouldin 1979, doi:10.1109/TPAMI.1979.4766909). O(n_samples n_features + k^2 n_features) time.

    Examples
    --------
    >>> import segpy as sp
    >>> round(sp.davies_bouldin_score([[0.0], [1.0], [9.0], [10.0]], [0, 0, 1, 1]), 6)
    0.111111
    """
    return _index("davies_bouldin_score", _core.davies_bouldin, X, labels, n_jobs)


def _finite(who: str, X: Any) -> _matrix.Matrix:
    found = _matrix.read(who, X)
    _matrix.finite(who, found)
    return found


def _silhouettes(
    who: str,
    X: _matrix.Matrix,
    labels: _labels.Labels,
    metric: str,
    n_jobs: int | None,
    progress: bool | None,
) -> NDArray[np.float64]:
    if metric != "euclidean":
        raise _checks.value_error(
            who,
            "'metric'",
            "'euclidean'",
            _checks.shown(metric),
            "scikit-learn's silhouette_samples takes other metrics.",
        )
    threads = _checks.threads(who, n_jobs)
    _labels.comparable(who, labels)
    try:
        with kernel_bar("Comparing rows", progress, who=who) as tick:
            return _core.silhouette(X.values, labels.codes, len(labels.names), threads, "", tick)
    except MemoryError:
        what = f"{len(X):,} rows of {X.width} columns, beside the data,"
        need = 8 * len(X) * (X.width + 8)
        raise _checks.memory_error(who, what, need, "Pass a sample of the rows.") from None


def _index(who: str, kernel: _Kernel, X: Any, labels: Any, n_jobs: int | None) -> float:
    threads = _checks.threads(who, n_jobs)
    found = _matrix.read(who, X)
    coded = _labels.read(who, labels, found)
    value, clusters, _, column = kernel(
        found.values, coded.codes, len(coded.names), threads, "", None
    )
    if column >= 0:
        raise _matrix.not_finite(who, found)
    _labels.comparable_clusters(who, clusters, len(found))
    return value


def _generator(who: str, random_state: object) -> np.random.Generator:
    if isinstance(random_state, np.random.RandomState):
        return np.random.default_rng(read_seed(who, random_state))
    if random_state is None or isinstance(random_state, np.random.Generator):
        return np.random.default_rng(random_state)
    return np.random.default_rng(_checks.integer(who, "random_state", random_state, 0))
