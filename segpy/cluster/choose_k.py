"""choose_k: how many clusters there are, or plainly that there are none."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segpy import _checks, _core, _matrix
from segpy._progress import kernel_bar
from segpy.cluster import resampling, rules
from segpy.cluster.arguments import budget, read_seed

WHO = "choose_k"
Floats = NDArray[np.float64]
Ints = NDArray[np.int32]


class KChoice:
    """What `choose_k` found.

    Attributes
    ----------
    table : DataFrame
        A row a k; see `choose_k`.
    votes : dict of str to int or None
        What each rule says; None where it finds nothing or was not asked.
    kind : {"natural", "reproducible", "constructive"}
    best_k : int or None
        The number of natural clusters, None if there are none.
    suggested_k : int
        `best_k`, else the number of groups to take if groups are wanted all the same.
    verdict : str
        What was found and what to do, in words.
    """

    def __init__(
        self,
        table: pd.DataFrame,
        votes: dict[str, int | None],
        decision: rules.Decision,
        labels: dict[int, Ints],
    ) -> None:
        self.table = table
        self.votes = votes
        self.kind = decision.kind
        self.best_k = decision.best_k
        self.suggested_k = decision.suggested_k
        self.verdict = decision.verdict
        self._labels = labels

    def labels(self, k: int) -> Ints:
        """Give the cluster of each row at k, as it was found; nothing is fitted again.

        Parameters
        ----------
        k : int
            One of the k of the table.

        Returns
        -------
        ndarray of int32, shape (n_samples,)
            Those of ``KMeans(k, random_state=random_state).fit(X)``.
        """
        known = list(self._labels)
        wanted = _checks.integer("labels", "k", k, 1)
        if wanted not in self._labels:
            raise _checks.value_error(
                "labels", "'k'", f"one of {_checks.shown(known)}", str(wanted)
            )
        return self._labels[wanted].copy()

    def __repr__(self) -> str:
        """Show the verdict and the table."""
        return f"{self.verdict}\n{self.table}"


def choose_k(
    X: Any,
    k_range: Iterable[int] = range(2, 11),
    *,
    n_boot: int = 50,
    n_refs: int = 20,
    max_rows: int = 20_000,
    random_state: Any = 0,
    n_jobs: int | None = None,
    progress: bool | None = None,
) -> KChoice:
    """Find how many clusters there are by several rules at once, or that there are none.

    k-means at every k (as `KMeans` fits it), judged by what each clustering looks like, by what it
    becomes when the rows are drawn again, and by what data without clusters would give.

    Parameters
    ----------
    X : array or DataFrame (pandas, polars or pyarrow) of shape (n_samples, n_features)
        Finite numbers on comparable scales; `prepare_features` makes them. Not changed.
    k_range : iterable of int, default range(2, 11)
        The numbers of clusters to look at, at most the number of different rows; one above 1.
    n_boot : int, default 50
        Pairs of resamples behind `stability`; 0 leaves it out.
    n_refs : int, default 20
        Evenly filled data sets behind `gap`; 0 leaves it out.
    max_rows : int, default 20_000
        Most rows that silhouettes, resamples and references look at; of more a sample is drawn, and
        ``table.attrs`` says so. All else is of all rows.
    random_state : int, None, RandomState or Generator, default 0
        Seed of all draws. None takes a new one each time.
    n_jobs : int or None, default None
        Threads; None takes all cores the process may use. The result does not depend on it.
    progress : bool, default None
        Show a bar; None shows it only after a second of work on a terminal or in a notebook.

    Returns
    -------
    KChoice
        `table` has a row a `k` and float64 columns: `inertia` (sum of squared distances to the
        centres, that of `KMeans`); `silhouette`, `calinski_harabasz`, `davies_bouldin` (as the
        functions of these names); `gap` and `gap_se`; `stability` and `stability_ref`;
        `smallest_share` of the rows in one cluster; `separation`. `table.attrs`: `rows`,
        `distinct_rows`, `sampled_rows` (what silhouettes, resamples and references looked at),
        `n_boot`, `n_refs`. NaN where a column was not asked for or has no meaning at that k.

    Raises
    ------
    TypeError
        For parameters of a wrong type; for dates, texts, objects and sparse data in X.
    ValueError
        For values out of range, NaN and infinity (column and row named), a k above the number of
        different rows.

    See Also
    --------
    KMeans : fits one k.
    plot_choose_k : draws the result.

    Notes
    -----
    `separation` asks of each two clusters how far apart their centres are, in units of the spread
    along the line between them, ``|c_a - c_b| / sqrt((v_a + v_b) / 2)``, and divides by what chance
    reaches in so many rows of evenly filled space (about 3.5 to 4.5); the least over all pairs
    stands in the table. At 1 or above there is emptier space between any two clusters. The clusters
    of the largest such k are called natural if the smallest has at least 1 % of the rows and they
    come back in resamples more often than in data without clusters. Skewed and long-tailed data
    have a high silhouette at k = 2 without any gap; their separation is low.

    `stability`: two resamples of the rows are fitted, both fits are extended to all rows, and
    compared by the adjusted Rand index [3]_; the mean over the pairs (Dolnicar and Leisch [2]_).
    `stability_ref`: the same on data of equal extent without clusters, evenly filled and normal,
    whichever is more stable. `gap`: mean log inertia of evenly filled boxes along the principal
    axes less that of X, with its standard error; the rule is the first k with ``gap(k) >= gap(k+1)
    - gap_se(k+1)`` [1]_, None if that is one cluster.

    Reproducible groups are no clusters, yet resamples find the same ones. Constructive groups are
    cut where the data have no border.

    References
    ----------
    .. [1] R. Tibshirani, G. Walther, T. Hastie, "Estimating the number of clusters in a data set
       via the gap statistic", JRSS B 63, 2001, doi:10.1111/1467-9868.00293.
    .. [2] S. Dolnicar, F. Leisch, "Evaluation of structure and reproducibility of cluster solutions
       using the bootstrap", Marketing Letters 21, 2010, doi:10.1007/s11002-009-9083-4.
    .. [3] L. Hubert, P. Arabie, "Comparing partitions", Journal of Classification 2, 1985,
       doi:10.1007/BF01908075.

    Examples
    --------
    >>> import numpy as np
    >>> import segpy as sp
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(300, 2)) + 9 * rng.integers(2, size=(300, 2))
    >>> found = sp.choose_k(X, range(2, 7), n_boot=10, n_refs=5)
    >>> found.best_k, found.kind
    (4, 'natural')
    >>> sorted(np.bincount(found.labels(4)).tolist())
    [68, 71, 77, 84]
    """
    n_boot = _checks.integer(WHO, "n_boot", n_boot, 0)
    n_refs = _checks.integer(WHO, "n_refs", n_refs, 0)
    max_rows = _checks.integer(WHO, "max_rows", max_rows, 10)
    threads = _checks.threads(WHO, n_jobs)
    seed = read_seed(WHO, random_state)
    found = _matrix.read(WHO, X, least=2)
    _matrix.finite(WHO, found)
    ks = _ks(k_range, len(found.values))
    with kernel_bar("Choosing k", progress, who=WHO) as tick:
        return _look(found.values, ks, n_boot, n_refs, max_rows, seed, threads, tick)


def _ks(k_range: Iterable[int], rows: int) -> list[int]:
    """Check the numbers of clusters and give them in order, each once."""
    allowed = f"ints in [1, n_samples={rows}], one of them above 1"
    try:
        given = list(k_range)
    except TypeError:
        raise _checks.type_error(
            WHO, "'k_range'", allowed, k_range, "Pass for example range(2, 11)."
        ) from None
    ks = sorted({_checks.integer(WHO, "k_range", k, 1, rows) for k in given})
    if not ks or ks[-1] < 2:
        raise _checks.value_error(WHO, "'k_range'", allowed, _checks.shown(given))
    return ks


def _look(
    X: NDArray[Any],
    ks: list[int],
    n_boot: int,
    n_refs: int,
    max_rows: int,
    seed: int,
    threads: int,
    tick: Callable[[float], None] | None,
) -> KChoice:
    n, d = X.shape
    scale = _scale(X)
    X = X if scale == 1.0 else X * scale
    points = _core.Points(X, None, None)
    if points.distinct and points.count < ks[-1]:
        raise _checks.value_error(
            WHO,
            "'k_range'",
            f"at most the number of different rows ({points.count})",
            str(ks[-1]),
            "Equal rows always share a cluster; pass smaller numbers.",
        )
    work = [0, 2 * len(ks) + n_refs + 2 * n_boot]

    def done(steps: int = 1) -> None:
        work[0] += steps
        if tick is not None:
            tick(min(1.0, work[0] / work[1]))

    rng = np.random.default_rng([seed, 3])
    some = np.arange(n) if n <= max_rows else np.sort(rng.choice(n, max_rows, replace=False))
    sample = np.ascontiguousarray(X[some])
    rows, counts = np.unique(sample.astype(np.float64), axis=0, return_counts=True)
    base = resampling.Base(rows, counts.astype(np.float64), seed, threads)
    labels: dict[int, Ints] = {}
    lines = []
    fitted = sorted({1, *ks})
    for k in fitted:
        starts, swaps = budget(points.count, k, d) if d > 1 else (1, 0)  # a column: exact
        centers, of_rows, _, inertia, _, _ = points.kmeans(
            k, starts, swaps, 300, 1e-4, seed, False, None, threads, "", None
        )
        labels[k] = of_rows
        lines.append(_line(X, sample, some, of_rows, centers.reshape(k, d), inertia, threads))
        done(2)
    table = pd.DataFrame(lines, index=pd.Index(fitted, name="k"))
    total = lines[0]["inertia"]
    gap_of_one = _add_gap(table, base, n, n_refs, done)
    if ks[0] != 1:
        table, _ = table.loc[ks], labels.pop(1)
    sure, chance = _add_stability(table, [k for k in ks if k > 1], base, n_boot, done)
    table = table[list(_COLUMNS)]
    table.attrs = {
        "rows": n,
        "distinct_rows": points.count if points.distinct else None,
        "sampled_rows": len(some),
        "n_boot": n_boot,
        "n_refs": n_refs,
    }
    said = rules.votes(table, rules.Aside(total, gap_of_one, sure, chance))
    with np.errstate(over="ignore"):
        table["inertia"] = table["inertia"] / scale / scale
    return KChoice(table, said, rules.decide(table, said), labels)


def _scale(X: NDArray[Any]) -> float:
    """Give a power of two that keeps the squares of the values within range; mostly 1."""
    largest = max(abs(float(X.max())), abs(float(X.min())))
    plain = largest == 0.0 or 2.0**-100 < largest < 2.0**100
    return 1.0 if plain else math.ldexp(1.0, -math.frexp(largest)[1])


_COLUMNS = (
    *("inertia", "silhouette", "calinski_harabasz", "davies_bouldin", "gap", "gap_se"),
    *("stability", "stability_ref", "smallest_share", "separation"),
)


def _line(
    X: NDArray[Any],
    sample: NDArray[Any],
    some: NDArray[np.int64],
    labels: Ints,
    centers: Floats,
    inertia: float,
    threads: int,
) -> dict[str, float]:
    """Describe the clustering at one k."""
    k = len(centers)
    sizes = np.bincount(labels, minlength=k)
    line = {
        "inertia": inertia,
        "silhouette": math.nan,
        "calinski_harabasz": math.nan,
        "davies_bouldin": math.nan,
        "smallest_share": sizes.min() / len(X),
        "separation": math.nan,
    }
    if not 2 <= k < len(X):
        return line
    line["calinski_harabasz"] = _core.calinski_harabasz(X, labels, k, threads, "", None)[0]
    line["davies_bouldin"] = _core.davies_bouldin(X, labels, k, threads, "", None)[0]
    seen = labels[some]
    if 2 <= len(np.unique(seen)) < len(seen):
        line["silhouette"] = math.fsum(_core.silhouette(sample, seen, k, threads, "", None)) / len(
            seen
        )
    line["separation"] = _separation(X, labels, centers, sizes)
    return line


def _separation(X: NDArray[Any], labels: Ints, centers: Floats, sizes: NDArray[np.int64]) -> float:
    """Give the least separation of two clusters, over what is needed."""
    k, d = centers.shape
    least = math.inf
    for a in range(k):
        for b in range(a + 1, k):
            line = centers[b] - centers[a]
            length = float(np.linalg.norm(line))
            if length == 0.0:
                return 0.0
            spread = [
                float((((X[labels == q] - centers[q]) @ (line / length)) ** 2).mean())
                for q in (a, b)
            ]
            along = math.sqrt(sum(spread) / 2)
            need = rules.needed_separation(k, int(sizes[a] + sizes[b]), d)
            least = min(least, length / along / need if along > 0 else math.inf)
    return least


def _add_gap(
    table: pd.DataFrame,
    base: resampling.Base,
    n: int,
    n_refs: int,
    done: Callable[[], None],
) -> float:
    """Add gap and gap_se; give the gap of one cluster."""
    table["gap"] = table["gap_se"] = math.nan
    if n_refs == 0:
        return math.nan
    logs = []
    for rows in resampling.references(base, "even", n_refs):
        logs.append(resampling.log_inertias(rows, [int(k) for k in table.index], base))
        done()
    with np.errstate(divide="ignore"):
        gap = np.mean(logs, axis=0) - np.log(table["inertia"] * base.size / n)
    table["gap"] = gap.where(np.isfinite(gap))
    table["gap_se"] = np.std(logs, axis=0) * math.sqrt(1 + 1 / n_refs)
    return float(table["gap"].iloc[0])


def _add_stability(
    table: pd.DataFrame,
    ks: list[int],
    base: resampling.Base,
    n_boot: int,
    done: Callable[[], None],
) -> tuple[Floats, Floats]:
    """Add stability and stability_ref; give what is sure of the one and the chance in the other."""
    table["stability"] = table["stability_ref"] = math.nan
    if n_boot == 0:
        unknown = np.full(len(ks), math.nan)
        return unknown, unknown
    found = resampling.stabilities(base.rows, base.counts, ks, n_boot, base, done)
    without = resampling.stability_refs(base, ks, n_boot, done)
    stability = found.mean(axis=0)
    table.loc[ks, "stability"] = stability
    table.loc[ks, "stability_ref"] = without.mean(axis=1).max(axis=0)
    error = found.std(axis=0) / math.sqrt(n_boot)
    return stability - 2 * error, without.max(axis=(0, 1))
