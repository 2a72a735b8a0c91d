"""Itemsets and rules beside mlxtend, efficient-apriori and PyFIM: same baskets, one run.

One thread, CPU time, the Python wrapper included; the numbers of sets and rules are compared.
PyFIM leaves out sets that are in every basket and counts the support of a rule by its body unless
told otherwise. A peer that is not installed is named and left out:

    pip install mlxtend efficient-apriori pyfim

The data come from the folder that SEGPY_DATA names: groceries.csv.gz, online_retail.csv.gz and
fimi/*.dat.gz.

    python benchmarks/basket.py [--repeats 2] [--skip-slow] [--check]
"""

from __future__ import annotations

import gzip
import os
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

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


def mlxtend_road(rows: Lists, support: float) -> int:
    """Encode, mine and make rules as its user guide does; give the number of rules."""
    encoder = TransactionEncoder()
    frame = pd.DataFrame(encoder.fit_transform(rows), columns=encoder.columns_)
    sets = frequent_patterns.fpgrowth(frame, min_support=support, use_colnames=True)
    return len(frequent_patterns.association_rules(sets, metric="confidence", min_threshold=0.3))


def roads(judge: Asked, repeats: int, slow: bool) -> None:
    """Go from lists to all rules."""
    for name, support, of_mlxtend, of_apriori in ROADS:
        rows = lists(name)
        calls: dict[str, Callable[[], int]] = {
            "segpy": lambda rows=rows, s=support: len(
                mine(rows, s).rules(min_confidence=0.3, max_consequent=None)
            )
        }
        if frequent_patterns is not None and slow:
            calls["mlxtend"] = lambda rows=rows, s=support: mlxtend_road(rows, s)
        if efficient_apriori is not None and slow:
            # it wants tuples, and cuts sets off at eight items unless told
            pairs = [tuple(row) for row in rows]
            calls["efficient-apriori"] = lambda pairs=pairs, s=support: len(
                efficient_apriori.apriori(pairs, min_support=s, min_confidence=0.3, max_length=99)[
                    1
                ]
            )
        title = f"{name} {support}, lists to all rules"
        found = {engine: call() for engine, call in calls.items()}
        compare(title, found)
        least = least_times(calls, repeats if name == "groceries" else 1)
        show(least)
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


def main() -> None:
    """Run everything."""
    words = parser(__doc__)
    words.add_argument("--repeats", type=int, default=2)
    words.add_argument("--skip-slow", action="store_true", help="leave out the peers in Python")
    asked = words.parse_args()
    judge = Asked(not asked.skip_slow, asked.check)
    head("mlxtend", "efficient-apriori", "pyfim")
    roads(judge, asked.repeats, not asked.skip_slow)
    sets(judge, asked.repeats)
    many_rules(judge)
    judge.tell()


if __name__ == "__main__":
    main()
