"""Silhouette, Calinski-Harabasz and Davies-Bouldin beside scikit-learn: same data, one run.

One thread, CPU time, the Python wrapper included; the engines take turns and the least of their
times counts. The answers are compared before anything is timed.

    python benchmarks/indices.py [--silhouette 50000] [--rows 1000000] [--repeats 3]
"""

from __future__ import annotations

import argparse
import platform
import sys
import time
from collections.abc import Callable
from importlib.metadata import version

import numpy as np
from machine import processor
from sklearn import metrics
from threadpoolctl import threadpool_limits

import segpy as sp
from segpy import _core

D, K = 4, 8
Answer = Callable[[], float]


def blobs(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Make standardised rows around eight centres, and whose they are."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, K, n, dtype=np.int32)
    X = rng.normal(size=(n, D)) + 3 * rng.normal(size=(K, D))[labels]
    return (X - X.mean(axis=0)) / X.std(axis=0), labels


def best_times(answers: dict[str, Answer], repeats: int) -> dict[str, float]:
    """Give the least CPU seconds of each engine; they take turns, so that all share the weather."""
    least = dict.fromkeys(answers, float("inf"))
    for _ in range(repeats):
        for engine, answer in answers.items():
            start = time.process_time()
            answer()
            least[engine] = min(least[engine], time.process_time() - start)
    return least


def run(title: str, answers: dict[str, Answer], repeats: int) -> None:
    """Check one index against scikit-learn's, measure both and print a row each."""
    found = {engine: answer() for engine, answer in answers.items()}
    if abs(found["segpy"] - found["scikit-learn"]) > 1e-10 * abs(found["scikit-learn"]):
        sys.exit(f"{title}: {found}")
    least = best_times(answers, repeats)
    print(f"\n{title}")
    for engine, seconds in least.items():
        ratio = "" if engine == "segpy" else f"{seconds / least['segpy']:8.1f}x segpy"
        print(f"  {engine:14}{1000 * seconds:11.2f} ms{ratio}   value {found[engine]:.12g}")


def main() -> None:
    """Run every index."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--silhouette", type=int, default=50_000, help="rows of the silhouette")
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of the other two")
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    print(f"{processor()}, one thread; segpy {sp.__version__} at level {_core.level()}")
    peers = ("numpy", "scikit-learn")
    print(f"Python {platform.python_version()}, " + ", ".join(f"{p} {version(p)}" for p in peers))
    with threadpool_limits(1):
        X, labels = blobs(asked.silhouette)
        run(
            f"silhouette_score, {len(X):,} x {D}, {K} clusters, all pairs",
            {
                "segpy": lambda: sp.silhouette_score(X, labels, n_jobs=1),
                "scikit-learn": lambda: metrics.silhouette_score(X, labels),
            },
            1 if len(X) > 20_000 else asked.repeats,
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
            )


if __name__ == "__main__":
    main()
