"""choose_k: how many clusters there are, or plainly that there are none."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segpy import _checks, _core, _matrix
from segpy._progress import kernel_bar
from segpy.cluster import resampling, rules
from segpy.cluster.arguments import budget, not_too_many, read_seed

WHO = "choose_k"
_FEW_VALUES = 50  # of a column, such as scores: clusters may then only be the steps between them
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
        place: Ints | None,
    ) -> None:
        self.table = table
        self.votes = votes
        self.kind = decision.kind
        self.best_k = decision.best_k
        self.suggested_k = decision.suggested_k
        self.verdict = decision.verdict
        self._labels = labels  # of the different rows, where they are known
        self._place = place  # which of those each row is

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
        wanted = _checks.integer("KChoice.labels", "k", k, 1)
        if wanted not in self._labels:
            raise _checks.value_error(
                "KChoice.labels", "'k'", f"one of {_checks.shown(known)}", str(wanted)
            )
        labels = self._labels[wanted]
        return labels.copy() if self._place is None else labels[self._place]

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
        `distinct_rows` (None where rows are too many to count), `sampled_rows` (what silhouettes,
        resamples and references looked at), `resampled_rows` (the size of each resample and
        reference), `n_boot`, `n_refs`. NaN where a column was not asked for or has no meaning at
        that k.

    Raises
    ------
    TypeError
        For parameters of a wrong type; for dates, texts, objects and sparse data in X.
    ValueError
        For values out of range, NaN and infinity (column and row named), a k above the number of
        different rows, more rows than 2**31 - 32.
    MemoryError
        Before the work, with what it needs.

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
    of the largest such k are called natural if the smallest has at least 1 % of the rows, at least
    three of them, and they come back in resamples no less often than in data without clusters. In a
    column of at most 50 values, such as scores, the steps between them are no emptier space:
    ``step**2 / 12`` is added to the variances (Sheppard's correction). Skewed and long-tailed data
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
    not_too_many(WHO, len(found))
    ks = _ks(k_range, len(found))
    with _memory(found, len(ks)), kernel_bar("Choosing k", progress, who=WHO) as tick:
        _matrix.finite(WHO, found)
        return _look(found.values, _Ask(ks, n_boot, n_refs, max_rows, seed, threads), tick)


@contextmanager
def _memory(rows: _matrix.Matrix, fits: int) -> Iterator[None]:
    """Ask for the labels of every k before the work; say what is needed where it is not there."""
    n, d = rows.values.shape
    try:
        np.empty((fits, n), np.int32)
        yield
    except MemoryError:
        what = f"{n:,} rows of {d} columns at {fits} numbers of clusters, beside the data,"
        need = 4 * n * d + 16 * n + 4 * n * fits
        raise _checks.memory_error(WHO, what, need, "Pass a sample of the rows.") from None


def _ks(k_range: Iterable[int], rows: int) -> list[int]:
    """Check the numbers of clusters and give them in order, each once."""
    allowed = f"ints in [1, n_samples={rows}], one of them above 1"
    try:
        given = list(k_range)
    except TypeError:
        raise _checks.type_error(
            WHO, "'k_range'", allowed, k_range, "Pass for example range(2, 11)."
        ) from None
    ks = sorted({_checks.integer(WHO, "k_range", k, 1) for k in given})
    if ks and ks[-1] > rows:
        what = f"at most the number of rows (n_samples={rows})"
        advice = f"Pass range(2, {rows}), or fewer." if rows > 2 else "Pass more rows."
        raise _checks.value_error(WHO, "'k_range'", what, str(ks[-1]), advice)
    if not ks or ks[-1] < 2:
        raise _checks.value_error(WHO, "'k_range'", allowed, _checks.shown(given))
    return ks


_COLUMNS = (
    *("inertia", "silhouette", "calinski_harabasz", "davies_bouldin", "gap", "gap_se"),
    *("stability", "stability_ref", "smallest_share", "separation"),
)


@dataclass(frozen=True)
class _Ask:
    """What is wanted of the rows."""

    ks: list[int]
    n_boot: int
    n_refs: int
    max_rows: int
    seed: int
    threads: int


def _look(X: NDArray[Any], ask: _Ask, tick: resampling.Tick) -> KChoice:
    points = _core.Points(X, None, None)
    if points.distinct and points.count < ask.ks[-1]:
        raise _checks.value_error(
            WHO,
            "'k_range'",
            f"at most the number of different rows ({points.count})",
            str(ask.ks[-1]),
            "Equal rows always share a cluster; pass smaller numbers.",
        )
    base = _base(X, points, ask)
    # The shares of the work, so that the bar moves evenly.
    ends = np.cumsum([0.0, 2.0, ask.n_refs / 10, ask.n_boot / 5, ask.n_boot / 5])
    ticks = [_between(tick, a, b) for a, b in pairwise((ends / ends[-1]).tolist())]
    fitted = sorted({1, *ask.ks})
    seeds = _seeds(points, fitted, X.shape[1], ask)
    portraits = {
        k: _portrait(points, base, seeds, k, ask, resampling.part(ticks[0], at, len(fitted)))
        for at, k in enumerate(fitted)
    }
    total, steps = portraits[1].scatter, _steps(base.rows) * (points.scale / base.points.scale)
    table = pd.DataFrame(
        {k: one.line(total, steps) for k, one in portraits.items()}, dtype=np.float64
    ).T.rename_axis(index="k")
    scatter = np.array([one.scatter for one in portraits.values()]) / len(X)
    table["gap"] = table["gap_se"] = table["stability"] = table["stability_ref"] = math.nan
    if ask.n_refs:
        ratio = base.points.scale / points.scale
        table["gap"], table["gap_se"] = resampling.gaps(
            base, np.array(fitted, np.int32), scatter * ratio * ratio, ask.n_refs, ticks[1]
        )
    gap_of_one = float(table["gap"].iloc[0])
    many = [k for k in ask.ks if k > 1]
    sure = chance = np.full(len(many), math.nan)
    if ask.n_boot:
        sure, chance = _add_stability(table, many, base, ask.n_boot, ticks[2:])
    table = table.loc[ask.ks, list(_COLUMNS)]
    table.attrs = {
        "rows": len(X),
        "distinct_rows": points.count if points.distinct else None,
        "sampled_rows": min(len(X), ask.max_rows) if base.points is not points else len(X),
        "resampled_rows": base.drawn,
        "n_boot": ask.n_boot,
        "n_refs": ask.n_refs,
    }
    said = rules.votes(table, rules.Aside(scatter, gap_of_one, sure, chance))
    labels = {k: portraits[k].labels for k in ask.ks}
    return KChoice(table, said, rules.decide(table, said), labels, points.place())


def _steps(rows: Floats) -> Floats:
    """Give the least step between two values of each column; 0 where it has more than a few."""
    steps = np.zeros(rows.shape[1])
    for j, column in enumerate(rows.T):
        values = np.unique(column)
        if 2 <= len(values) <= _FEW_VALUES:
            steps[j] = np.diff(values).min()
    return steps


def _between(tick: resampling.Tick, start: float, end: float) -> resampling.Tick:
    return None if tick is None else lambda share: tick(start + (end - start) * share)


def _base(X: NDArray[Any], points: _core.Points, ask: _Ask) -> resampling.Base:
    """Give the points themselves, or those of a sample if there are too many."""
    looked_at = points
    if points.count > ask.max_rows:
        rng = np.random.default_rng([ask.seed, 3])
        looked_at = _core.Points(
            np.ascontiguousarray(X[np.sort(rng.choice(len(X), ask.max_rows, replace=False))]),
            None,
            None,
        )
    rows, counts = looked_at.rows()
    drawn = min(len(X), ask.max_rows)
    return resampling.Base(
        looked_at, rows.reshape(len(counts), -1), counts, drawn, ask.seed, ask.threads
    )


@dataclass(frozen=True)
class _Portrait:
    """The clustering at one k; lengths are scaled by a power of two."""

    labels: Ints  # of the points
    centers: Floats
    inertia: float
    weight: Floats
    radius: Floats
    along: Floats
    scatter: float
    silhouette: float

    def line(self, total: float, steps: Floats) -> dict[str, float]:
        """Give its line of the table; `total` is the scatter of one cluster."""
        k, n = len(self.centers), float(self.weight.sum())
        apart = np.sqrt(((self.centers[:, None] - self.centers[None]) ** 2).sum(axis=2))
        known = 2 <= k < n
        return {
            "inertia": self.inertia,
            "silhouette": self.silhouette,
            "calinski_harabasz": self._calinski_harabasz(total, n) if known else math.nan,
            "davies_bouldin": self._davies_bouldin(apart) if known else math.nan,
            "smallest_share": float(self.weight.min()) / n,
            "separation": self._separation(apart, steps) if known else math.nan,
        }

    def _calinski_harabasz(self, total: float, n: float) -> float:
        k = len(self.centers)
        if self.scatter == 0.0:
            return 1.0
        return (total - self.scatter) / self.scatter * (n - k) / (k - 1)

    def _davies_bouldin(self, apart: Floats) -> float:
        both = self.radius[:, None] + self.radius[None]
        alike = np.divide(both, apart, out=np.zeros_like(apart), where=apart > 0)
        return float(alike.max(axis=1).mean())

    def _separation(self, apart: Floats, steps: Floats) -> float:
        """Give the least separation of two clusters, over what is needed."""
        k = len(self.centers)
        least = math.inf
        for a in range(k):
            for b in range(a + 1, k):
                line = (self.centers[a] - self.centers[b]) / max(apart[a, b], 1e-300)
                # values between those a coarse column has count as evenly spread
                coarse = float((line * line) @ (steps * steps)) / 12
                spread = math.sqrt((self.along[a, b] + self.along[b, a]) / 2 + coarse)
                rows = float(self.weight[a] + self.weight[b])
                need = rules.needed_separation(k, rows, len(steps)) * spread
                if apart[a, b] == 0.0:
                    return 0.0
                least = min(least, apart[a, b] / need if need > 0 else math.inf)
        return least


def _seeds(points: _core.Points, ks: list[int], columns: int, ask: _Ask) -> Floats:
    """Draw the centres that every fit begins from, for the largest k; a smaller one takes less."""
    most = max(budget(points.count, k, columns)[0] for k in ks)
    drawn = points.seeds(ks[-1], most, ask.seed, ask.threads, "", None)
    return drawn.reshape(most, ks[-1], columns)


def _portrait(
    points: _core.Points,
    base: resampling.Base,
    seeds: Floats,
    k: int,
    ask: _Ask,
    tick: resampling.Tick,
) -> _Portrait:
    """Fit k clusters as KMeans does and look at them."""
    columns = seeds.shape[2]
    starts, swaps = budget(points.count, k, columns) if columns > 1 else (1, 0)  # a column: exact
    init = np.ascontiguousarray(seeds[:starts, :k]).ravel() if columns > 1 else None
    centers, _, _, inertia, _, _ = points.kmeans(
        *(k, starts, swaps, resampling.MAX_ITER, resampling.TOL, ask.seed, False, init),
        *(ask.threads, "", _between(tick, 0.0, 0.3)),
    )
    labels, weight, radius, scatter, along = points.portrait(centers, ask.threads, "", None)
    seen = labels
    if base.points is not points:
        seen = base.points.portrait(centers, ask.threads, "", None)[0]
    return _Portrait(
        labels,
        centers.reshape(k, -1) * points.scale,
        inertia,
        weight,
        radius,
        along.reshape(k, k),
        float(scatter.sum()),
        _silhouette(base, seen, k, _between(tick, 0.3, 1.0)),
    )


def _silhouette(base: resampling.Base, labels: Ints, k: int, tick: resampling.Tick) -> float:
    """Give the mean silhouette of the rows that are looked at."""
    n = float(base.counts.sum())
    if not 2 <= np.count_nonzero(np.bincount(labels)) < n:
        return math.nan
    samples = _core.silhouette_weighted(
        base.counts.astype(np.int32), base.rows, labels, k, base.threads, "", tick
    )
    return math.fsum(samples * base.counts) / n


def _add_stability(
    table: pd.DataFrame,
    ks: list[int],
    base: resampling.Base,
    n_boot: int,
    ticks: list[resampling.Tick],
) -> tuple[Floats, Floats]:
    """Add stability and stability_ref; give what is sure of the one and the chance in the other."""
    many = np.array(ks, np.int32)
    found = resampling.stabilities(base, base.points, many, n_boot, ticks[0])
    without = resampling.stability_refs(base, many, n_boot, ticks[1])
    table.loc[ks, "stability"] = found.mean(axis=0)
    table.loc[ks, "stability_ref"] = without.mean(axis=1).max(axis=0)
    error = found.std(axis=0) / math.sqrt(n_boot)
    sure: Floats = found.mean(axis=0) - 2 * error
    chance: Floats = without.max(axis=(0, 1))
    return sure, chance
