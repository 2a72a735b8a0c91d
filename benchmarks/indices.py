"""Silhouette, Calinski-Harabasz and Davies-Bouldin beside scikit-learn: same data, one run.

One thread, CPU time, the Python wrapper included; the engines take turns and the least of their
times counts. The answers are compared before anything is timed.

    python benchmarks/indices.py [--silhouette 50000] [--rows 1000000] [--repeats 3] [--check]
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
from machine import Asked, head, least_times, parser, show
from sklearn import metrics
from threadpoolctl import threadpool_limits

import segpy as sp

D, K = 4, 8
FULL = (50_000, 1_000_000)
ASKED = 10.0  # times segpy's CPU time, of each index
Answer = Callable[[], float]


def blobs(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Make standardised rows around eight centres, and whose they are."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, K, n, dtype=np.int32)
    X = rng.normal(size=(n, D)) + 3 * rng.normal(size=(K, D))[labels]
    return (X - X.mean(axis=0)) / X.std(axis=0), labels


def run(title: str, answers: dict[str, Answer], repeats: int, judge: Asked) -> None:
    """Check one index against scikit-learn's, measure both and print a row each."""
    found = {engine: answer() for engine, answer in answers.items()}
    if abs(found["segpy"] - found["scikit-learn"]) > 1e-10 * abs(found["scikit-learn"]):
        sys.exit(f"{title}: {found}")
    least = least_times(answers, repeats)
    print(f"\n{title}")
    show(least, {engine: f"value {value:.12g}" for engine, value in found.items()})
    judge.ratios(title.split(",")[0], least, {"scikit-learn": ASKED})


def main() -> None:
    """Run every index."""
    words = parser(__doc__)
    words.add_argument("--silhouette", type=int, default=FULL[0], help="rows of the silhouette")
    words.add_argument("--rows", type=int, default=FULL[1], help="rows of the other two")
    words.add_argument("--repeats", type=int, default=3)
    asked = words.parse_args()
    judge = Asked((asked.silhouette, asked.rows) == FULL, asked.check)
    head("numpy", "scikit-learn")
    with threadpool_limits(1):
        X, labels = blobs(asked.silhouette)
        run(
            f"silhouette_score, {len(X):,} x {D}, {K} clusters, all pairs",
            {
                "segpy": lambda: sp.silhouette_score(X, labels, n_jobs=1),
                "scikit-learn": lambda: metrics.silhouette_score(X, labels),
            },
            1 if len(X) > 20_000 else asked.repeats,
            judge,
        )
        X, labels = blobs(asked.rows)
        for name in ("calinski_harabasz_score", "davies_bouldin_score"):
            ours, theirs = getattr(sp, name), getattr(metrics, name)
            run(
                f"{name}, {len(X):,} x {D}, {K} clusters",
                {
                    "segpy": lambda f=ours: f(X, labels, n_jobs=1),
                    "scikit-learn": lambda f=theirs: f(X, labels),
                },
                3 * asked.repeats,
                judge,
            )
    judge.tell()


if __name__ == "__main__":
    main()
