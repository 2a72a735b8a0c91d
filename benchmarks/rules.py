"""From lists to all rules beside mlxtend, efficient-apriori and PyFIM: one run, one thread.

CPU time, everything from Python's lists to the peer's own rules; the number of rules is compared
before a ratio is printed. mlxtend and efficient-apriori take seconds to half a minute and run once.

    python benchmarks/rules.py DATA_FOLDER [--only groceries,online_retail,T10I4D100K,retail,arules]
"""

from __future__ import annotations

import argparse
import gzip
import platform
import sys
import time
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
from machine import processor

import segpy as sp
from segpy import _core

SETS = {"groceries": 0.001, "online_retail": 0.01, "T10I4D100K": 0.005, "retail": 0.005}
CONFIDENCE = 0.3
Lists = list[list[str]]


def read(folder: Path, name: str) -> Lists:
    """Give the baskets of a data set as lists of names."""
    if name == "groceries":
        text = gzip.decompress((folder / "groceries.csv.gz").read_bytes()).decode()
        return [[item.strip() for item in line.split(",")] for line in text.splitlines()]
    if name == "online_retail":
        table = pd.read_csv(folder / "online_retail.csv.gz", dtype=str, keep_default_na=False)
        table = table[~table["InvoiceNo"].str.startswith("C")]
        return [list(set(codes)) for _, codes in table.groupby("InvoiceNo")["StockCode"]]
    text = gzip.decompress((folder / "fimi" / f"{name}.dat.gz").read_bytes()).decode()
    return [line.split() for line in text.splitlines()]


def timed(call: Callable[[], int], repeats: int = 1) -> tuple[float, int]:
    """Give the least CPU seconds of a call, and the number of rules it finds."""
    least = float("inf")
    for _ in range(repeats):
        start = time.process_time()
        found = call()
        least = min(least, time.process_time() - start)
    return least, found


def ours(lists: Lists, support: float) -> int:
    """Find rules of any number of heads, as the peers do."""
    model = sp.Apriori(support, n_jobs=1).fit(lists)
    return len(model.rules(min_confidence=CONFIDENCE, max_consequent=None))


def mlxtend(lists: Lists, support: float) -> int:
    """Encode, grow, split."""
    from mlxtend.frequent_patterns import association_rules, fpgrowth
    from mlxtend.preprocessing import TransactionEncoder

    encoder = TransactionEncoder()
    frame = pd.DataFrame.sparse.from_spmatrix(
        encoder.fit_transform(lists, sparse=True), columns=encoder.columns_
    )
    sets = fpgrowth(frame, min_support=support, use_colnames=True)
    return len(association_rules(sets, metric="confidence", min_threshold=CONFIDENCE))


def efficient_apriori(lists: Lists, support: float) -> int:
    """Find itemsets and rules."""
    from efficient_apriori import apriori

    _, rules = apriori([tuple(b) for b in lists], min_support=support, min_confidence=CONFIDENCE)
    return len(rules)


def compare(name: str, lists: Lists, support: float) -> None:
    """Print a row a peer."""
    seconds, rules = timed(lambda: ours(lists, support), 3)
    print(f"\n{name} {support}: {rules:,} rules")
    print(f"  {'segpy':18}{1000 * seconds:10.1f} ms")
    for peer in (mlxtend, efficient_apriori):
        theirs, found = timed(lambda peer=peer: peer(lists, support))
        same = "" if found == rules else f"   finds {found:,}"
        print(f"  {peer.__name__:18}{1000 * theirs:10.1f} ms {theirs / seconds:8.0f}x segpy{same}")


def compare_arules(lists: Lists) -> None:
    """Millions of rules of one head beside PyFIM, whose support must be asked for as ours is."""
    import fim

    def split() -> int:
        return len(sp.Apriori(48, n_jobs=1).fit(held).rules())

    held = sp.Baskets.from_lists(lists)
    from_lists = timed(lambda: len(sp.Apriori(48, n_jobs=1).fit(lists).rules()), 3)
    seconds, rules = timed(split, 3)
    theirs, found = timed(lambda: len(fim.arules(lists, supp=-48, conf=50, mode="o", report="a")))
    print(f"\nOnline Retail, 48 occurrences, confidence .5: {rules:,} rules")
    print(f"  {'segpy, from lists':18}{1000 * from_lists[0]:10.1f} ms")
    print(f"  {'segpy, Baskets':18}{1000 * seconds:10.1f} ms")
    same = "" if found == rules else f"   finds {found:,}"
    ratios = f"{theirs / from_lists[0]:8.0f}x, {theirs / seconds:.0f}x segpy"
    print(f"  {'PyFIM arules':18}{1000 * theirs:10.1f} ms {ratios}{same}")


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path, help="the shared data sets")
    parser.add_argument("--only", default=",".join([*SETS, "arules"]))
    asked = parser.parse_args()
    if not asked.folder.is_dir():
        sys.exit(f"{asked.folder} is no folder")
    warnings.simplefilter("ignore")
    print(f"{processor()}, one thread; segpy {sp.__version__} at level {_core.level()}")
    peers = ("numpy", "pandas", "mlxtend", "efficient_apriori", "pyfim")
    print(f"Python {platform.python_version()}, " + ", ".join(f"{p} {version(p)}" for p in peers))
    np.ones((2, 2)) @ np.ones((2, 2))  # libraries load before anything is timed
    for name in asked.only.split(","):
        if name == "arules":
            compare_arules(read(asked.folder, "online_retail"))
        else:
            compare(name, read(asked.folder, name), SETS[name])


if __name__ == "__main__":
    main()
