"""PCA of a million rows, side by side with scikit-learn on one thread.

    python benchmarks/pca.py                 # 1,000,000 x 20, as quoted in the README
    python benchmarks/pca.py --rows 20000    # a quick run, for CI

The figure is CPU time (user and system, all threads) of one warm fit of an estimator, the best of a
few that take turns; segpy's holds its Python wrapper and the look for NaN and infinity. Then the
accuracy, on columns whose mean is a million times their spread: the largest relative error of a
variance against two passes in wide doubles. scikit-learn's other exact solver ("full") keeps its
digits, at its price, which is shown too.
"""

# ruff: noqa: E402 (the threads are set before the libraries load)
from __future__ import annotations

import argparse
import os
import platform
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

# One thread for everybody; these are read when the libraries load.
for name in ("SEGPY_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import numpy as np
import pandas as pd
from machine import processor
from sklearn.decomposition import PCA as Peer

import segpy as sp
from segpy import _core

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


def best_times(makers: Estimators, X: Any, repeats: int) -> dict[str, float]:
    """Give the least CPU seconds of each engine; they take turns, so that all share the weather."""
    least = dict.fromkeys(makers, float("inf"))
    for _ in range(repeats + 1):  # the first turn warms up
        for engine, make in makers.items():
            start = time.process_time()
            make().fit(X)
            least[engine] = min(least[engine], time.process_time() - start)
    return least


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


def show_times(title: str, X: Any, repeats: int, full: bool = False) -> None:
    """Measure one layout and print a row an engine."""
    least = best_times(estimators(full), X, repeats)
    print(f"\n{title}: {X.shape[0]:,} x {X.shape[1]}")
    for engine, seconds in least.items():
        ratio = "" if engine == "segpy" else f"{seconds / least['segpy']:6.2f}x segpy"
        print(f"  {engine:21} {seconds * 1000:9.1f} ms  {ratio}")


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


def show_errors(rows: int, columns: int) -> None:
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


def main() -> None:
    """Run all of it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=20)
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    print(f"{processor()}, one thread; segpy {sp.__version__} at level {_core.level()}")
    peers = ["numpy", "scikit-learn"]
    try:
        version("scikit-learn-intelex")
        peers.append("scikit-learn-intelex")
    except PackageNotFoundError:
        print("scikit-learn-intelex is not installed here: it is left out")
    print(f"Python {platform.python_version()}, " + ", ".join(f"{p} {version(p)}" for p in peers))
    rng = np.random.default_rng(0)
    mix = rng.normal(size=(arguments.columns, arguments.columns))
    X = rng.normal(size=(arguments.rows, arguments.columns)) @ mix
    show_times("rows in memory, float64", X, arguments.repeats, full=True)
    show_times("float32", X.astype(np.float32), arguments.repeats)
    table = pd.DataFrame({f"x{j}": X[:, j] for j in range(arguments.columns)})
    show_times("a DataFrame, column by column", table, arguments.repeats)
    show_threads(X, 9)
    show_errors(arguments.rows // 2, arguments.columns)


if __name__ == "__main__":
    main()
