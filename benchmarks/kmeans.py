"""KMeans beside scikit-learn: same data, same first centres, one run.

One thread, CPU time, the Python wrapper included; the engines take turns and the least of their
times counts. Fits from given centres use tol=0, and their inertias are compared.

    python benchmarks/kmeans.py [--rows 1000000] [--repeats 1] [--check]
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable

import numpy as np
from machine import Asked, head, least_times, parser, show
from sklearn.cluster import KMeans, kmeans_plusplus
from threadpoolctl import threadpool_limits

import segpy as sp

Work = Callable[[], float]
FULL = 1_000_000


def run(
    title: str,
    works: dict[str, Work],
    repeats: int,
    judge: Asked,
    asked: float,
    close: float | None = 1e-9,
) -> None:
    """Measure, compare what was found unless `close` is None, and print a row an engine."""
    found: dict[str, float] = {}

    def kept(engine: str, work: Work) -> Callable[[], None]:
        return lambda: found.update({engine: work()})

    least = least_times({engine: kept(engine, work) for engine, work in works.items()}, repeats)
    if close is not None and abs(found["segpy"] / found["scikit-learn"] - 1) > close:
        sys.exit(f"{title}: {found}")
    print(f"\n{title}")
    show(least, {engine: f"found {value:.9g}" for engine, value in found.items()})
    judge.ratios(title, least, {"scikit-learn": asked})


def correlated(n: int, d: int) -> np.ndarray:
    """Make correlated normal rows: a long way to rest."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(n, d)) @ rng.normal(size=(d, d))


def blobs(n: int, d: int, k: int) -> np.ndarray:
    """Make rows around k places."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(n, d)) + 4 * rng.normal(size=(k, d))[rng.integers(0, k, n)]


def from_centres(
    title: str, X: np.ndarray, k: int, max_iter: int, repeats: int, judge: Asked, asked: float
) -> None:
    """Fit from the first k rows."""
    words = {"n_clusters": k, "init": X[:k].copy(), "n_init": 1, "tol": 0.0, "max_iter": max_iter}
    run(
        f"{title}, {len(X):,} x {X.shape[1]}, k={k}, at most {max_iter} iterations",
        {
            "segpy": lambda: sp.KMeans(**words, n_jobs=1).fit(X).inertia_,
            "scikit-learn": lambda: KMeans(**words).fit(X).inertia_,
        },
        repeats,
        judge,
        asked,
        1e-4,  # where max_iter ends a fit scikit-learn's sums may take another path
    )


def small(repeats: int, judge: Asked) -> None:
    """Fit 200 rows ten times, as notebooks do."""
    X = np.random.default_rng(0).integers(1, 100, (200, 2)).astype(float)
    run(
        "200 x 2, k=5, n_init=10",
        {
            "segpy": lambda: sp.KMeans(5, n_init=10, n_jobs=1).fit(X).inertia_,
            "scikit-learn": lambda: KMeans(5, n_init=10, random_state=0).fit(X).inertia_,
        },
        max(repeats, 9),
        judge,
        15.0,
        None,
    )


def seeding_and_labels(X: np.ndarray, repeats: int, judge: Asked) -> None:
    """Draw first centres, and label rows."""
    k = 8
    once = KMeans(k, n_init=1, max_iter=2, random_state=0).fit(X)
    ours = sp.KMeans(k, init=once.cluster_centers_, max_iter=1, n_jobs=1).fit(X)
    theirs = KMeans(k, init=ours.cluster_centers_, n_init=1, max_iter=1).fit(X)
    theirs.cluster_centers_ = ours.cluster_centers_
    run(
        f"predict, {len(X):,} x {X.shape[1]}, k={k}",
        {
            "segpy": lambda: float(ours.predict(X).sum()),
            "scikit-learn": lambda: float(theirs.predict(X).sum()),
        },
        max(repeats, 5),
        judge,
        4.0,
    )
    run(
        # scikit-learn is timed without the iteration
        f"k-means++ and one iteration, {len(X):,} x {X.shape[1]}, k={k}",
        {
            "segpy": lambda: sp.KMeans(k, n_init=1, max_iter=1, n_jobs=1).fit(X).inertia_,
            "scikit-learn": lambda: kmeans_plusplus(X, k, random_state=0)[1].sum(),
        },
        repeats,
        judge,
        6.0,
        None,
    )


def main() -> None:
    """Run every row."""
    words = parser(__doc__)
    words.add_argument("--rows", type=int, default=FULL)
    words.add_argument("--repeats", type=int, default=1)
    asked = words.parse_args()
    warnings.simplefilter("ignore")  # fits that max_iter ends are meant to
    n, repeats = asked.rows, asked.repeats
    judge = Asked(n == FULL, asked.check)
    head("numpy", "scikit-learn")
    with threadpool_limits(1):
        small(repeats, judge)
        seeding_and_labels(correlated(n, 4), repeats, judge)
        from_centres("correlated normal", correlated(n, 4), 8, 300, repeats, judge, 8.0)
        from_centres("blobs", blobs(n, 4, 8), 8, 25, repeats, judge, 4.0)
        from_centres("correlated normal", correlated(n, 10), 10, 300, repeats, judge, 5.0)
    judge.tell()


if __name__ == "__main__":
    main()
