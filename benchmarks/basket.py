"""Itemsets and rules beside mlxtend, efficient-apriori and PyFIM: same baskets, one run.

One thread, CPU time, the Python wrapper included; the numbers of sets and rules are compared.
PyFIM leaves out sets that are in every basket and counts the support of a rule by its body unless
told otherwise. A peer that is not installed is named and left out:

    pip install mlxtend efficient-apriori pyfim

The data come from the folder that SEGPY_DATA names: groceries.csv.gz, online_retail.csv.gz and
fimi/*.dat.gz. Part "base" goes the roads at the lowest level, part "memory" reads how far memory
rises; each runs in a process of its own.

    python benchmarks/basket.py [--repeats 2] [--skip-slow] [--part base] [--check]
"""

from __future__ import annotations

import ctypes
import gc
import gzip
import os
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from machine import Asked, head, least_times, parser, show

import segpy as sp

try:
    import fim
except ImportError:
    fim = None
try:
    from mlxtend import frequent_patterns
    from mlxtend.preprocessing import TransactionEncoder
except ImportError:
    frequent_patterns = None
try:
    import efficient_apriori
except ImportError:
    efficient_apriori = None

Lists = list[list[str]]
DATA = Path(os.environ.get("SEGPY_DATA", "../shared/data"))
# lists to itemsets to all rules of confidence .3: file, support, asked of mlxtend and efficient-
# apriori
ROADS = [
    ("groceries", 0.001, 100, 15),
    ("online retail", 0.01, 50, 15),
    ("T10I4D100K", 0.005, 80, 15),
    ("retail", 0.005, 200, 15),
]
SETS = [
    ("retail", 0.001),
    ("T10I4D100K", 0.001),
    ("online retail", 0.003),
    ("online retail", 0.01),
    ("chess", 0.6),
    ("mushroom", 0.1),
    ("connect", 0.85),
]


@cache
def lists(name: str) -> Lists:
    """Give the baskets of a data set as lists of strings."""
    if name == "groceries":
        with gzip.open(DATA / "groceries.csv.gz", "rt") as file:
            return [line.rstrip("\n").split(",") for line in file]
    if name == "online retail":
        lines = pd.read_csv(DATA / "online_retail.csv.gz", dtype=str)
        sold = lines[~lines["InvoiceNo"].str.startswith("C")]
        found = sold.groupby("InvoiceNo")["StockCode"].unique()
        return [list(items) for items in found]
    with gzip.open(DATA / f"fimi/{name}.dat.gz", "rt") as file:
        return [line.split() for line in file]


def mine(baskets: Any, support: float, target: str = "all") -> Any:
    """Fit on one thread."""
    return sp.Apriori(support, target=target, n_jobs=1).fit(baskets)


def mlxtend_road(rows: Lists, support: float, sparse: bool = False) -> int:
    """Encode, mine and make rules as its user guide does; give the number of rules."""
    encoder = TransactionEncoder()
    if sparse:
        matrix = encoder.fit(rows).transform(rows, sparse=True)
        frame = pd.DataFrame.sparse.from_spmatrix(matrix, columns=encoder.columns_)
    else:
        frame = pd.DataFrame(encoder.fit_transform(rows), columns=encoder.columns_)
    sets = frequent_patterns.fpgrowth(frame, min_support=support, use_colnames=True)
    return len(frequent_patterns.association_rules(sets, metric="confidence", min_threshold=0.3))


def road_calls(rows: Lists, support: float, slow: bool) -> dict[str, Callable[[], int]]:
    """Give who goes from these lists to all rules of confidence .3."""
    calls: dict[str, Callable[[], int]] = {
        "segpy": lambda: len(mine(rows, support).rules(min_confidence=0.3, max_consequent=None))
    }
    if frequent_patterns is not None and slow:
        calls["mlxtend"] = lambda: mlxtend_road(rows, support)
        calls["mlxtend, sparse"] = lambda: mlxtend_road(rows, support, sparse=True)
    if efficient_apriori is not None and slow:
        # it wants tuples, and cuts sets off at eight items unless told
        pairs = [tuple(row) for row in rows]
        calls["efficient-apriori"] = lambda: len(
            efficient_apriori.apriori(
                pairs, min_support=support, min_confidence=0.3, max_length=99
            )[1]
        )
    return calls


def roads(judge: Asked, repeats: int, slow: bool, base: bool) -> None:
    """Go from lists to all rules. What is asked of mlxtend is asked of its usual, dense frame."""
    for name, support, of_mlxtend, of_apriori in ROADS:
        calls = road_calls(lists(name), support, slow)
        title = f"{name} {support}, lists to all rules"
        compare(title, {engine: call() for engine, call in calls.items()})
        least = least_times(calls, repeats if name == "groceries" else 1)
        # one run of milliseconds beside one of seconds says little
        again = least_times({"segpy": calls["segpy"]}, 3)
        least["segpy"] = min(least["segpy"], again["segpy"])
        show(least)
        if base:
            judge.ratios(f"base level, {title}", least, dict.fromkeys(list(calls)[1:], 1))
        else:
            judge.ratios(title, least, {"mlxtend": of_mlxtend, "efficient-apriori": of_apriori})


def compare(title: str, found: dict[str, int], apart: int = 0) -> None:
    """Print the numbers, and stop where they differ."""
    print(f"\n{title}: {found['segpy']:,}", flush=True)
    for engine, number in found.items():
        if abs(number - found["segpy"]) > apart:
            sys.exit(f"{title}: {found} ({engine})")


def sets(judge: Asked, repeats: int) -> None:
    """Find itemsets as Python sees them: from lists, from Baskets, and as a table."""
    for name, support in SETS:
        rows = lists(name)
        baskets = sp.Baskets.from_lists(rows)
        least_count = mine(baskets, support).min_count_
        for target, letter in (("all", "s"), ("closed", "c"), ("maximal", "m")):
            title = f"{name} {support}, {target}"
            ours = {
                "segpy": lambda b=baskets, s=support, t=target: mine(b, s, t),
                "segpy from lists": lambda r=rows, s=support, t=target: mine(r, s, t),
                "segpy to_frame": lambda r=rows, s=support, t=target: mine(
                    r, s, t
                ).itemsets_.to_frame(),
            }
            calls: dict[str, Any] = dict(ours)
            for peer in ("eclat", "fpgrowth", "sam") if fim is not None else ():
                if peer == "sam" and target != "all":
                    continue
                calls[f"PyFIM {peer}"] = lambda p=peer, r=rows, k=least_count, x=letter: getattr(
                    fim, p
                )(r, supp=-k, target=x)
            found = {"segpy": len(ours["segpy"]().itemsets_)}
            found |= {e: len(c()) for e, c in calls.items() if e not in ours}
            compare(title, found, apart=1)  # PyFIM: without what is in every basket
            least = least_times(calls, repeats)
            show(least)
            best = min((s for e, s in least.items() if e not in ours), default=None)
            if best is not None:
                from_lists, from_baskets = (1.2, 3.0) if target == "all" else (1.0, 1.0)
                judge.at_least(
                    f"{title}, from lists", best / least["segpy from lists"], from_lists, "x"
                )
                judge.at_least(f"{title}, from Baskets", best / least["segpy"], from_baskets, "x")


def many_rules(judge: Asked) -> None:
    """Make millions of rules of one head, support as the textbooks have it."""
    rows = lists("online retail")
    calls: dict[str, Callable[[], int]] = {
        "segpy": lambda: len(mine(rows, 48).rules(min_confidence=0.5))
    }
    if fim is not None:
        calls["PyFIM arules"] = lambda: len(
            fim.arules(rows, supp=-48, conf=50, zmin=2, mode="o", report="aC")
        )
    title = "online retail 48, rules of confidence .5"
    compare(title, {engine: call() for engine, call in calls.items()}, apart=1)
    least = least_times(calls, 1)
    show(least)
    judge.ratios(title, least, {"PyFIM arules": 20})


def rise(work: Callable[[], Any]) -> tuple[int, Any]:
    """Give how many bytes memory rises above what is held before, at most, and the result."""

    def status(line: str) -> int:
        found = [x for x in Path("/proc/self/status").read_text().splitlines() if line in x]
        return int(found[0].split()[1]) * 1024

    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)  # what was freed before would hide what is taken
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before = status("VmRSS:")
    result = work()
    return status("VmHWM:") - before, result


def memory(judge: Asked) -> None:
    """Read how far memory rises: three times the occurrences and twice the answer are allowed.

    Run with MALLOC_MMAP_THRESHOLD_=65536, as the whole run does, so that the C library gives back
    what it is given: what it keeps for later is not ours to count, and up to 10 MB.
    """
    mine([["a"]], 1)
    for name, support in [*SETS, ("online retail", 48)]:
        baskets = sp.Baskets.from_lists(lists(name))
        lists.cache_clear()
        took, model = rise(lambda b=baskets, s=support: mine(b, s))
        sets = model.itemsets_
        answer = sets.indptr.nbytes + sets.indices.nbytes + sets.counts.nbytes
        allowed = 3 * baskets.indices.nbytes + 2 * answer
        judge.at_most(f"memory, {name} {support}", took / 1e6, allowed / 1e6, " MB")
    n = 100_000_000
    draw = np.random.default_rng(0)
    order = draw.integers(0, n // 20, n, np.int32)
    item = draw.integers(0, 50_000, n, np.int32)
    names = list(range(50_000))
    took, _ = rise(lambda: sp.Baskets.from_codes(order, item, names))
    judge.at_most(f"memory, baskets of {n:,} lines, a line", took / n, 16, " bytes")


def apart(part: str, judge: Asked, words: list[str], **environment: str) -> None:
    """Run a part of this file in a process of its own."""
    command = [sys.executable, str(Path(__file__).resolve()), "--part", part, *words]
    done = subprocess.run(command, env={**os.environ, **environment}, check=False)
    judge.at_least(f"all of part '{part}', which is told above", 1 - done.returncode, 1, "")


def main() -> None:
    """Run everything."""
    words = parser(__doc__)
    words.add_argument("--repeats", type=int, default=2)
    words.add_argument("--skip-slow", action="store_true", help="leave out the peers in Python")
    words.add_argument("--part", choices=["all", "roads", "base", "memory"], default="all")
    asked = words.parse_args()
    judge = Asked(not asked.skip_slow, asked.check)
    if asked.part == "memory":
        memory(judge)
    else:
        head("mlxtend", "efficient-apriori", "pyfim")
        roads(judge, asked.repeats, not asked.skip_slow, asked.part == "base")
    if asked.part == "all":
        sets(judge, asked.repeats)
        many_rules(judge)
        check = ["--check"] if judge.full else []
        apart("memory", judge, check, MALLOC_MMAP_THRESHOLD_="65536")
        if judge.full:
            apart("base", judge, check, SEGPY_LEVEL="base")
    judge.tell()


if __name__ == "__main__":
    main()
