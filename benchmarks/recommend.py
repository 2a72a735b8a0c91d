"""Suggestions for a basket beside what is usually written over mlxtend's frame of rules.

One thread, CPU time, microseconds a basket, the Python wrapper included; the scores are compared.
`recommend` answers one basket with a DataFrame, and making that takes most of its time;
`recommend_all` answers them all with one. The peers look through the same rules, of mlxtend if it
is installed: "frame" filters the DataFrame with `apply` for each basket, "loop" walks through a
list of tuples that was sorted once.

The data come from the folder that SEGPY_DATA names: groceries.csv.gz and online_retail.csv.gz.

    python benchmarks/recommend.py [--repeats 3] [--check]
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from machine import Asked, head, least_times, parser

import segpy as sp

try:
    from mlxtend.frequent_patterns import association_rules, fpgrowth
except ImportError:
    from segpy.compat import association_rules, fpgrowth

DATA = Path(os.environ.get("SEGPY_DATA", "../shared/data"))
SETS = [("groceries", 0.001, 0.5), ("groceries", 0.001, 0.1), ("online retail", 0.01, 0.1)]
ASKED, BEST = 100, 5  # baskets that are answered one by one, suggestions for each
MOST_ONE, MOST_ALL = 100.0, 10.0  # microseconds a basket


def baskets_of(name: str) -> sp.Baskets:
    """Give the baskets of a data set."""
    if name == "groceries":
        return sp.Baskets.from_file(DATA / "groceries.csv.gz")
    lines = pd.read_csv(DATA / "online_retail.csv.gz", dtype=str)
    sold = lines[~lines["InvoiceNo"].str.startswith("C")]
    return sp.baskets(sold, item="StockCode", label=None, order="InvoiceNo")


def lists_of(baskets: sp.Baskets) -> list[list[Any]]:
    """Give baskets as lists of names."""
    starts = baskets.indptr.tolist()
    held = [baskets.items[i] for i in baskets.indices.tolist()]
    return [held[a:b] for a, b in pairwise(starts)]


def frame_of(baskets: sp.Baskets, support: float, confidence: float) -> pd.DataFrame:
    """Give the rules of one consequent and lift above 1 as mlxtend makes them, best first."""
    cells = np.zeros((baskets.n_baskets, baskets.n_items), dtype=np.bool_)
    cells[np.repeat(np.arange(len(baskets)), baskets.sizes), baskets.indices] = True
    table = pd.DataFrame(cells, columns=baskets.items)
    sets = fpgrowth(table, min_support=support, use_colnames=True)
    rules = association_rules(sets, metric="confidence", min_threshold=confidence)
    rules = rules[(rules["consequents"].map(len) == 1) & (rules["lift"] > 1 + 1e-9)]
    return rules.sort_values(["confidence", "lift"], ascending=False)


def first_new(found: Iterator[tuple[frozenset[Any], float]], held: set[Any]) -> list[float]:
    """Give the scores of the first suggestions that are not held and not there yet."""
    seen: set[Any] = set()
    scores = []
    for items, score in found:
        (item,) = items
        if item not in held and item not in seen:
            seen.add(item)
            scores.append(score)
            if len(scores) == BEST:
                break
    return scores


def by_frame(rules: pd.DataFrame, basket: list[Any]) -> list[float]:
    """Filter the frame for one basket."""
    held = set(basket)
    speak = rules[rules["antecedents"].apply(held.issuperset)]
    return first_new(zip(speak["consequents"], speak["confidence"], strict=True), held)


def by_loop(rules: list[tuple[frozenset[Any], frozenset[Any], float]], b: list[Any]) -> list[float]:
    """Walk through the sorted rules for one basket until there are enough."""
    held = set(b)
    return first_new(((y, score) for x, y, score in rules if x <= held), held)


def one_set(judge: Asked, name: str, support: float, confidence: float, repeats: int) -> None:
    """Time one set of rules."""
    baskets = baskets_of(name)
    asked = lists_of(baskets)[:ASKED]
    rules = sp.Apriori(support, n_jobs=1).fit(baskets).rules(min_confidence=confidence)
    model = sp.RuleRecommender(rules, n_jobs=1)
    frame = frame_of(baskets, support, confidence)
    pairs = list(zip(frame["antecedents"], frame["consequents"], frame["confidence"], strict=True))
    title = f"{name} {support}, rules of confidence {confidence}"
    print(f"\n{title}: {len(model):,} suggestions, {baskets.n_baskets:,} baskets", flush=True)
    for basket in asked:
        found = [
            model.recommend(basket, BEST)["score"].tolist(),
            by_frame(frame, basket),
            by_loop(pairs, basket),
        ]
        # mlxtend divides shares, segpy counts
        if len({tuple(round(score, 9) for score in scores) for scores in found}) > 1:
            sys.exit(f"{title}: the answers for {basket} differ")
    calls: dict[str, Callable[[], Any]] = {
        "segpy": lambda: [model.recommend(basket, BEST) for basket in asked],
        "frame": lambda: [by_frame(frame, basket) for basket in asked],
        "loop": lambda: [by_loop(pairs, basket) for basket in asked],
    }
    least = least_times(calls, repeats)
    all_of_them = least_times({"all": lambda: model.recommend_all(baskets, BEST)}, repeats)["all"]
    one, every = 1e6 * least["segpy"] / len(asked), 1e6 * all_of_them / baskets.n_baskets
    for engine, micros in [
        ("segpy recommend", one),
        ("segpy recommend_all", every),
        ("frame", 1e6 * least["frame"] / len(asked)),
        ("loop", 1e6 * least["loop"] / len(asked)),
    ]:
        print(f"  {engine:21}{micros:11.1f} us a basket {micros / every:10.1f}x recommend_all")
    judge.at_most(f"{title}, recommend", one, MOST_ONE, " us")
    judge.at_most(f"{title}, recommend_all", every, MOST_ALL, " us")


def main() -> None:
    """Run everything."""
    words = parser(__doc__)
    words.add_argument("--repeats", type=int, default=3)
    asked = words.parse_args()
    judge = Asked(full=True, check=asked.check)
    head("mlxtend", "pandas")
    for name, support, confidence in SETS:
        one_set(judge, name, support, confidence, asked.repeats)
    judge.tell()


if __name__ == "__main__":
    main()
