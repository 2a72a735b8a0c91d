"""choose_k beside the same work by hand in scikit-learn: same data, one run.

One thread, CPU time, the Python wrapper included. First nine fits (k = 2..10, ten starts) over
rows of scores, of which few differ; then all of it: fits, silhouettes, pairs of resamples with the
adjusted Rand index, on the rows and on references, and the gap. The resamples and references
have two starts a fit on either side. The inertias are compared.

    python benchmarks/choose_k.py [--scores 1000000] [--rows 20000] [--check]
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from machine import Asked, head, least_times, parser, show
from sklearn import metrics
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits

import segpy as sp

FULL = (1_000_000, 20_000)
KS = range(2, 11)
PAIRS, REFS, STARTS = 20, 10, 2
Rows = np.ndarray[Any, Any]


def fits(X: Rows, starts: int) -> list[KMeans]:
    """Fit every k."""
    return [KMeans(k, n_init=starts, random_state=0).fit(X) for k in KS]


def pairs(X: Rows, n: int, rng: np.random.Generator) -> list[float]:
    """Compare the fits of n pairs of resamples, extended to all rows."""
    found = []
    for _ in range(n):
        two = [fits(X[rng.integers(len(X), size=len(X))], STARTS) for _ in range(2)]
        for one, other in zip(*two, strict=True):
            found.append(metrics.adjusted_rand_score(one.predict(X), other.predict(X)))
    return found


def by_hand(X: Rows) -> list[float]:
    """Do what choose_k does, as scikit-learn's user would; give the inertias."""
    rng = np.random.default_rng(0)
    models = fits(X, 10)
    for model in models:
        metrics.silhouette_score(X, model.labels_)
        metrics.calinski_harabasz_score(X, model.labels_)
        metrics.davies_bouldin_score(X, model.labels_)
    pairs(X, PAIRS, rng)
    _, axes = np.linalg.eigh(np.cov(X.T))
    scores = X @ axes
    low, high = scores.min(axis=0), scores.max(axis=0)
    pairs(rng.uniform(low, high, X.shape) @ axes.T, PAIRS, rng)
    for _ in range(REFS):
        fits(rng.uniform(low, high, X.shape) @ axes.T, STARTS)
    return [model.inertia_ for model in models]


def compare(inertia: Any, peer: list[float]) -> None:
    """Stop where choose_k's inertia is above the peer's."""
    for k, ours, theirs in zip(KS, inertia, peer, strict=True):
        print(f"  k = {k:2}: inertia {ours / theirs:.6f} of scikit-learn's")
        if ours > theirs * 1.01:
            sys.exit(f"k = {k}: {ours} is above scikit-learn's {theirs}")


def main() -> None:
    """Run both."""
    words = parser(__doc__)
    words.add_argument("--scores", type=int, default=FULL[0], help="rows of scores 1 to 5")
    words.add_argument("--rows", type=int, default=FULL[1], help="rows of the whole of it")
    asked = words.parse_args()
    judge = Asked((asked.scores, asked.rows) == FULL, asked.check)
    head("numpy", "scikit-learn")
    rng = np.random.default_rng(0)
    with threadpool_limits(1):
        X = rng.integers(1, 6, size=(asked.scores, 3))
        print(f"\nk = 2..10, ten starts, {len(X):,} x 3 scores 1 to 5")
        found = sp.choose_k(X, KS, n_boot=0, n_refs=0, n_jobs=1)
        least = least_times({"segpy": lambda: sp.choose_k(X, KS, n_boot=0, n_refs=0, n_jobs=1)}, 5)
        peer: list[float] = []
        least |= least_times(
            {"scikit-learn": lambda: peer.extend(m.inertia_ for m in fits(X, 10))}, 1
        )
        show(least)
        compare(found.table["inertia"], peer)
        judge.ratios("k = 2..10 over scores", least, {"scikit-learn": 200.0})
        centers = rng.uniform(0, 12, size=(5, 4))
        X = centers[rng.integers(5, size=asked.rows)] + rng.normal(size=(asked.rows, 4))
        print(f"\nk = 2..10, {PAIRS} pairs of resamples, {REFS} references, {len(X):,} x 4")
        found = sp.choose_k(X, KS, n_boot=PAIRS, n_refs=REFS, n_jobs=1)
        least = least_times(
            {"segpy": lambda: sp.choose_k(X, KS, n_boot=PAIRS, n_refs=REFS, n_jobs=1)}, 2
        )
        peer = []
        least |= least_times({"scikit-learn": lambda: peer.extend(by_hand(X))}, 1)
        show(least, {"segpy": found.verdict.split(":")[0]})
        compare(found.table["inertia"], peer)
        judge.ratios("choose_k, all of it", least, {"scikit-learn": 10.0})
    judge.tell()


if __name__ == "__main__":
    main()
