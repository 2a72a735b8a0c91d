"""KMeans beside scikit-learn, scikit-learn-intelex and faiss: same data, same first centres.

One thread, CPU time, the Python wrapper included; the engines take turns and the least of their
times counts. Fits from given centres use tol=0, and their inertias are compared. After that the
same rows at the level every processor has, where they have to win; two threads beside one; and the
memory of a large fit.

    python benchmarks/kmeans.py [--rows 1000000] [--repeats 2] [--check]
"""

from __future__ import annotations

import importlib
import os
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from machine import Asked, head, least_times, parser, show
from sklearn.cluster import KMeans, kmeans_plusplus
from threadpoolctl import threadpool_limits

import segpy as sp
from segpy import _core

Work = Callable[[], float]
FULL = 1_000_000


def peer(module: str) -> Any:
    """Give a module of a peer, or None."""
    try:
        return importlib.import_module(module)
    except ImportError:
        return None


INTEL, DAAL, FAISS = (peer(name) for name in ("sklearnex.cluster", "daal4py", "faiss"))


class Rows:
    """The rows of one run: how often each is measured, and what is asked of it."""

    def __init__(self, n: int, repeats: int, judge: Asked, base: bool) -> None:
        self.n, self.repeats, self.judge, self.base = n, repeats, judge, base

    def run(
        self,
        title: str,
        works: dict[str, Work],
        repeats: int,
        asked: tuple[float, float],
        close: float | None,
    ) -> None:
        """Measure, and compare what segpy and scikit-learn found unless `close` is None."""
        found: dict[str, float] = {}

        def kept(engine: str, work: Work) -> Callable[[], None]:
            return lambda: found.update({engine: work()})

        calls = {engine: kept(engine, work) for engine, work in works.items()}
        least = least_times(calls, max(repeats, self.repeats))
        if close is not None and abs(found["segpy"] / found["scikit-learn"] - 1) > close:
            sys.exit(f"{title}: {found}")
        self.tell(title, least, {e: f"found {x:.9g}" for e, x in found.items()}, asked)

    def tell(
        self, title: str, least: dict[str, float], notes: dict[str, str], asked: tuple[float, float]
    ) -> None:
        """Print a row, and judge it: `asked` holds what is asked and what is aimed at."""
        print(f"\n{title}", flush=True)
        show(least, notes)
        ratio = least["scikit-learn"] / least["segpy"]
        if self.base:
            self.judge.at_least(f"{title}, base level", ratio, 1.0, "x")
        else:
            self.judge.at_least(f"{title} (aim {asked[1]:g}x)", ratio, asked[0], "x")


def correlated(n: int, d: int) -> np.ndarray:
    """Make correlated normal rows: a long way to rest."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(n, d)) @ rng.normal(size=(d, d))


def blobs(n: int, d: int, k: int) -> np.ndarray:
    """Make rows around k places."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(n, d)) + 4 * rng.normal(size=(k, d))[rng.integers(0, k, n)]


def faiss_fit(X: np.ndarray, init: np.ndarray, max_iter: int) -> float:
    """Fit by faiss: floats, and always max_iter iterations."""
    k, d = init.shape
    model = FAISS.Kmeans(d, k, niter=max_iter, max_points_per_centroid=len(X))
    model.train(X.astype(np.float32), init_centroids=init.astype(np.float32))
    return float(model.obj[-1])


def from_centres(
    rows: Rows, title: str, X: np.ndarray, k: int, max_iter: int, asked: tuple[float, float]
) -> None:
    """Fit from the first k rows."""
    init = X[:k].copy()
    words = {"n_clusters": k, "init": init, "n_init": 1, "tol": 0.0, "max_iter": max_iter}
    works: dict[str, Work] = {
        "segpy": lambda: sp.KMeans(**words, n_jobs=1).fit(X).inertia_,
        "scikit-learn": lambda: KMeans(**words).fit(X).inertia_,
    }
    if INTEL and not rows.base:
        works["scikit-learn-intelex"] = lambda: INTEL.KMeans(**words).fit(X).inertia_
    if FAISS and not rows.base:
        works["faiss"] = lambda: faiss_fit(X, init, max_iter)
    title = f"{title}, {len(X):,} x {X.shape[1]}, k={k}, at most {max_iter} iterations"
    # where max_iter ends a fit scikit-learn's sums may take another path
    rows.run(title, works, 1, asked, 1e-4)


def small(rows: Rows) -> None:
    """Fit 200 rows ten times, as notebooks do."""
    X = np.random.default_rng(0).integers(1, 100, (200, 2)).astype(float)
    words = {"n_init": 10, "random_state": 0}
    works: dict[str, Work] = {
        "segpy": lambda: sp.KMeans(5, **words, n_jobs=1).fit(X).inertia_,
        "scikit-learn": lambda: KMeans(5, **words).fit(X).inertia_,
    }
    if INTEL and not rows.base:
        works["scikit-learn-intelex"] = lambda: INTEL.KMeans(5, **words).fit(X).inertia_
    rows.run("200 x 2, k=5, n_init=10", works, 25, (15, 40), None)


def labels(rows: Rows, X: np.ndarray) -> None:
    """Label rows by given centres."""
    k = 8
    ours = sp.KMeans(k, n_init=1, max_iter=2, n_jobs=1).fit(X)
    places = ours.cluster_centers_
    theirs = KMeans(k, init=places, n_init=1, max_iter=1).fit(X)
    theirs.cluster_centers_ = places
    works: dict[str, Work] = {
        "segpy": lambda: float(ours.predict(X).sum()),
        "scikit-learn": lambda: float(theirs.predict(X).sum()),
    }
    if INTEL and not rows.base:
        intel = INTEL.KMeans(k, init=places, n_init=1, max_iter=1).fit(X)
        works["scikit-learn-intelex"] = lambda: float(intel.predict(X).sum())
    if FAISS and not rows.base:
        index = FAISS.IndexFlatL2(X.shape[1])
        index.add(places.astype(np.float32))
        works["faiss"] = lambda: float(index.search(X.astype(np.float32), 1)[1].sum())
    rows.run(f"predict, {len(X):,} x {X.shape[1]}, k={k}", works, 15, (4, 8), 1e-6)


def seeding(rows: Rows, X: np.ndarray) -> None:
    """Draw first centres: what a fit that draws takes more than one that does not, and packing."""
    k = 8
    init = X[:k].copy()
    parts: dict[str, Callable[[], Any]] = {
        "drawn": lambda: sp.KMeans(k, n_init=1, max_iter=1, n_jobs=1).fit(X),
        "given": lambda: sp.KMeans(k, init=init, max_iter=1, n_jobs=1).fit(X),
        "packed": lambda: _core.Points(X),
        "scikit-learn": lambda: kmeans_plusplus(X, k, random_state=0),
    }
    least = least_times(parts, max(rows.repeats, 9))
    alone = least["packed"] + max(least["drawn"] - least["given"], 0.0)
    title = f"k-means++ alone, packing included, {len(X):,} x {X.shape[1]}, k={k}"
    rows.tell(title, {"segpy": alone, "scikit-learn": least["scikit-learn"]}, {}, (6, 10))


def beside_peers(rows: Rows) -> None:
    """Run what is compared with peers."""
    small(rows)
    labels(rows, correlated(rows.n, 4))
    seeding(rows, correlated(rows.n, 4))
    from_centres(rows, "correlated normal", correlated(rows.n, 4), 8, 300, (8, 20))
    from_centres(rows, "blobs", blobs(rows.n, 4, 8), 8, 25, (4, 8))
    from_centres(rows, "correlated normal", correlated(rows.n, 10), 10, 300, (5, 12))


def two_threads(title: str, work: Callable[[int], object], calls: int, judge: Asked) -> None:
    """Time one and two threads in turns, by the clock, each nine times."""
    ratios = []
    for _ in range(9):
        seconds = []
        for n_jobs in (1, 2):
            start = time.perf_counter()
            for _ in range(calls):
                work(n_jobs)
            seconds.append(time.perf_counter() - start)
        ratios.append(seconds[1] / seconds[0])
    ratio = statistics.median(ratios)
    print(f"  {title:32}{ratio:6.2f} of one thread's time", flush=True)
    judge.at_most(f"two threads beside one, {title}", ratio, 1.05, "x")


def threads(n: int, judge: Asked) -> None:
    """Compare two threads with one where there is little to share, some and much."""
    print("\ntwo threads beside one, median of nine pairs")
    few = np.random.default_rng(0).integers(1, 100, (200, 2)).astype(float)
    some, many = blobs(n // 50, 4, 8), blobs(n, 4, 8)
    model = sp.KMeans(8, n_jobs=1).fit(some)
    two_threads("200 x 2, k=5", lambda t: sp.KMeans(5, n_jobs=t).fit(few), 20, judge)
    two_threads(f"{len(some):,} x 4, k=8", lambda t: sp.KMeans(8, n_jobs=t).fit(some), 1, judge)
    two_threads(f"{n:,} x 4, k=8", lambda t: sp.KMeans(8, n_jobs=t).fit(many), 1, judge)
    two_threads(
        f"predict {n:,} x 4, k=8", lambda t: model.set_params(n_jobs=t).predict(many), 5, judge
    )


def memory(n: int, judge: Asked) -> None:
    """Fit 20 times the rows in floats, and read how far memory rose."""
    import resource

    def peak() -> int:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024  # Linux counts in KiB

    X = np.random.default_rng(0).standard_normal((20 * n, 4), np.float32)
    sp.KMeans(8, max_iter=1, n_init=1).fit(X[:1000])
    before = peak()
    model = sp.KMeans(8, max_iter=10, n_init=1).fit(X)
    took, allowed = (peak() - before) / 1e6, (X.size * 4 + 16 * len(X) + model.labels_.nbytes) / 1e6
    title = f"{len(X):,} x 4 float32, k=8, memory beside the data"
    print(f"\n{title}: {took:,.0f} MB (data {X.nbytes / 1e6:,.0f} MB)", flush=True)
    judge.at_most(f"{title}: packed copy, 16 bytes a row, labels", took, allowed, " MB")


def again(part: str, rows: Rows, **environment: str) -> None:
    """Run a part of this file in a process of its own."""
    words = [sys.executable, str(Path(__file__).resolve()), "--part", part]
    words += ["--rows", str(rows.n), "--repeats", str(rows.repeats)]
    words += ["--check"] if rows.judge.full else []
    done = subprocess.run(words, env={**os.environ, **environment}, check=False)
    rows.judge.at_least(f"all of part '{part}', which is told above", 1 - done.returncode, 1, "")


def main() -> None:
    """Run every row."""
    words = parser(__doc__)
    words.add_argument("--rows", type=int, default=FULL)
    words.add_argument("--repeats", type=int, default=2)
    words.add_argument("--part", choices=["all", "base", "memory"], default="all")
    asked = words.parse_args()
    warnings.simplefilter("ignore")  # fits that max_iter ends are meant to
    judge = Asked(asked.rows == FULL, asked.check)
    rows = Rows(asked.rows, asked.repeats, judge, asked.part == "base")
    if DAAL:
        DAAL.daalinit(1)
    if FAISS:
        FAISS.omp_set_num_threads(1)
    if asked.part == "memory":
        memory(asked.rows, judge)
    else:
        head("numpy", "scikit-learn", "scikit-learn-intelex", "faiss-cpu")
        with threadpool_limits(1):
            beside_peers(rows)
    if asked.part == "all":
        threads(asked.rows, judge)
        again("memory", rows)
        again("base", rows, SEGPY_LEVEL="base")
    judge.tell()


if __name__ == "__main__":
    main()
