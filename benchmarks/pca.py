"""PCA of a million rows, side by side with scikit-learn on one thread.

    python benchmarks/pca.py                 # 1,000,000 x 20, as quoted in the README
    python benchmarks/pca.py --rows 20000    # a quick look
    python benchmarks/pca.py --check         # ends with 1 where what is asked for is missed

The figure is CPU time (user and system, all threads) of one warm fit of an estimator, the best of a
few that take turns; segpy's holds its Python wrapper and the look for NaN and infinity. Then the
accuracy, on columns whose mean is a million times their spread: the largest relative error of a
variance against two passes in wide doubles. scikit-learn's other exact solver ("full") keeps its
digits, at its price, which is shown too.
"""

# ruff: noqa: E402 (the threads are set before the libraries load)
from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

# One thread for everybody; these are read when the libraries load.
for name in ("SEGPY_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import numpy as np
import pandas as pd
from machine import Asked, head, least_times, parser, show
from sklearn.decomposition import PCA as Peer

import segpy as sp
from segpy import _core

FULL = 1_000_000
Estimators = dict[str, Callable[[], Any]]


def estimators(full: bool) -> Estimators:
    """Give every engine's estimator; Intel's where it is installed."""
    found: Estimators = {
        "segpy": sp.PCA,
        "scikit-learn": lambda: Peer(svd_solver="covariance_eigh"),
    }
    if full:
        found["scikit-learn full"] = lambda: Peer(svd_solver="full")
    try:
        from sklearnex.decomposition import PCA as Intel

        found["scikit-learn-intelex"] = Intel
    except ImportError:
        pass  # the head of the output says so
    return found


def exact_variances(X: np.ndarray) -> np.ndarray:
    """Give the variances along the components by two passes in wide doubles."""
    d = X.shape[1]
    wide = np.zeros((d, d), np.longdouble)
    first = X[0].astype(np.longdouble)
    sums = np.zeros(d, np.longdouble)
    for part in np.array_split(X, max(1, len(X) // 50_000)):
        sums += (part - first).sum(axis=0)
    mean = first + sums / len(X)
    for part in np.array_split(X, max(1, len(X) // 50_000)):
        apart = part - mean
        wide += apart.T @ apart
    covariance = np.asarray(wide / (len(X) - 1), np.float64)
    return np.linalg.eigvalsh(covariance)[::-1]


def show_times(
    title: str, X: Any, repeats: int, full: bool = False, judge: Asked | None = None
) -> None:
    """Measure one layout and print a row an engine."""
    makers = estimators(full)
    calls = {engine: lambda make=make: make().fit(X) for engine, make in makers.items()}
    for call in calls.values():
        call()  # the first turn warms up
    least = least_times(calls, repeats)
    print(f"\n{title}: {X.shape[0]:,} x {X.shape[1]}")
    show(least)
    if judge is not None:
        judge.ratios(title, least, {"scikit-learn": 1.2})


def show_threads(X: np.ndarray, repeats: int) -> None:
    """Compare one and two threads by the clock on the wall, in pairs."""
    ratios = []
    for _ in range(repeats):
        seconds = []
        for n_threads in (1, 2):
            state = _core.Moments(X.shape[1])
            start = time.perf_counter()
            state.add(X, n_threads, "", None)
            seconds.append(time.perf_counter() - start)
        ratios.append(seconds[1] / seconds[0])
    print(f"\ntwo threads take {np.median(ratios):.2f} of the time of one (median of {repeats})")


def show_errors(rows: int, columns: int, judge: Asked) -> None:
    """Print the relative error of the variances by mean over spread."""
    rng = np.random.default_rng(1)
    spread = rng.normal(size=(rows, columns)) * np.geomspace(1.0, 5.0, columns)
    print("\nlargest relative error of a variance, by mean / spread")
    for middle in (0.0, 1e3, 1e6):
        X = spread + middle * np.geomspace(1.0, 5.0, columns)
        exact = exact_variances(X)
        errors = {
            engine: float(np.abs(make().fit(X).explained_variance_ / exact - 1).max())
            for engine, make in estimators(full=False).items()
        }
        shown = ", ".join(f"{engine} {error:.1e}" for engine, error in errors.items())
        print(f"  {middle:9,.0f}: {shown}")
    judge.at_most("error at a mean of a million spreads", errors["segpy"], 1e-10, "")


def main() -> None:
    """Run all of it."""
    words = parser(__doc__)
    words.add_argument("--rows", type=int, default=FULL)
    words.add_argument("--columns", type=int, default=20)
    words.add_argument("--repeats", type=int, default=5)
    arguments = words.parse_args()
    judge = Asked((arguments.rows, arguments.columns) == (FULL, 20), arguments.check)
    head("numpy", "scikit-learn", "scikit-learn-intelex")
    rng = np.random.default_rng(0)
    mix = rng.normal(size=(arguments.columns, arguments.columns))
    X = rng.normal(size=(arguments.rows, arguments.columns)) @ mix
    show_times("rows in memory, float64", X, arguments.repeats, full=True, judge=judge)
    show_times("float32", X.astype(np.float32), arguments.repeats)
    table = pd.DataFrame({f"x{j}": X[:, j] for j in range(arguments.columns)})
    show_times("a DataFrame, column by column", table, arguments.repeats)
    show_threads(X, 9)
    show_errors(arguments.rows // 2, arguments.columns, judge)
    judge.tell()


if __name__ == "__main__":
    main()
