"""RFM of generated order lines, side by side with pandas, polars and duckdb on one thread.

    python benchmarks/rfm.py                 # 10,000,000 lines, as quoted in the README
    python benchmarks/rfm.py --rows 200000   # a quick look
    python benchmarks/rfm.py --check         # ends with 1 where a ratio that is asked for is missed

All engines get the same lines in their own form of table, made before the clock starts, and give
last order, number of distinct orders and sum of money for each customer. The figure is CPU time
(user and system, all threads) of one warm call, the best of a few that take turns; segpy's holds
its Python wrapper. Amounts are multiples of 1/64, so that every sum is exact in any order and the
results must agree bit for bit; nothing else depends on it.
"""

# ruff: noqa: E402 (the threads are set before the libraries load)
from __future__ import annotations

import ctypes
import hashlib
import os
import sys
from collections.abc import Callable
from pathlib import Path

# One thread for everybody; these are read when the libraries load.
for name in (
    "SEGPY_NUM_THREADS",
    "POLARS_MAX_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "RAYON_NUM_THREADS",
):
    os.environ[name] = "1"

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from machine import Asked, head, least_times, parser

import segpy as sp

Table = dict[str, np.ndarray]
Answer = Callable[[], object]

FULL = 10_000_000
# How many times segpy's CPU time each engine is to take at least, at the full size.
ASKED = {
    "shuffled": {"pandas": 6.0, "polars": 2.5, "polars streaming": 2.5, "duckdb": 2.5},
    "adjacent": {"pandas": 10.0},
    "text": {"pandas": 5.0, "polars": 2.0, "polars streaming": 2.0, "duckdb": 1.3},
    "hex": {},
    "spread": {},
}


# ------------------------------------------------------------------------------ the data


def make_lines(rows: int, seed: int = 0) -> Table:
    """Make order lines in file order: a customer to 20 lines, an order to 10/3 lines."""
    rng = np.random.Generator(np.random.PCG64(seed))
    customers, orders = max(rows // 20, 1), max(rows * 3 // 10, 1)
    # Every customer orders at least once; the rest goes to few, as in real shops.
    weight = rng.pareto(1.5, customers) + 0.2
    often = rng.choice(customers, size=orders - min(customers, orders), p=weight / weight.sum())
    owner = rng.permutation(np.concatenate([np.arange(min(customers, orders)), often]))
    sizes = np.ones(orders, dtype=np.int64)
    sizes += np.bincount(rng.integers(0, orders, rows - orders), minlength=orders)
    order = np.repeat(np.arange(orders), sizes)
    start = np.datetime64("2024-01-01", "us").astype(np.int64)
    moment = np.sort(rng.integers(0, 730 * 24 * 60, orders)) * 60_000_000 + start
    ids = rng.permutation(customers) + 12_346
    return {
        "customer": ids[owner[order]],
        "order": order + 536_365,
        "date": moment[order].view("datetime64[us]"),
        "amount": np.maximum(np.round(rng.lognormal(2.5, 1.0, rows) * 64), 1.0) / 64,
    }


def shuffled(lines: Table) -> Table:
    """Put the lines in random order."""
    place = np.random.Generator(np.random.PCG64(1)).permutation(len(lines["order"]))
    return {name: values[place] for name, values in lines.items()}


def spread(lines: Table) -> Table:
    """Scatter the ids over 60 bits, so that no table indexed by id is possible."""
    factor = np.int64(1_000_003) * 1_000_033
    wide = {n: (lines[n] * factor) % np.int64(2**60 - 93) for n in ("customer", "order")}
    return {**lines, **wide}


def with_text_ids(lines: Table) -> pa.Table:
    """Write the ids as short texts: C0012345, INV-0536365."""
    texts = {}
    for name, form in (("customer", "C{:07d}"), ("order", "INV-{:07d}")):
        ids, codes = np.unique(lines[name], return_inverse=True)
        dictionary = pa.array([form.format(i) for i in ids], pa.large_string())
        texts[name] = dictionary.take(pa.array(codes))
    return pa.table({**texts, "date": lines["date"], "amount": lines["amount"]})


def with_hex_ids(lines: Table) -> pa.Table:
    """Write the ids as 32 hexadecimal digits, as some marketplaces do: no number to be seen."""
    texts = {}
    for name in ("customer", "order"):
        ids, codes = np.unique(lines[name], return_inverse=True)
        digests = [hashlib.md5(b"%d" % i, usedforsecurity=False).hexdigest() for i in ids.tolist()]
        texts[name] = pa.array(digests, pa.large_string()).take(pa.array(codes))
    return pa.table({**texts, "date": lines["date"], "amount": lines["amount"]})


# ------------------------------------------------------------------------------ the engines


def engines(lines: Table | pa.Table) -> tuple[pd.DataFrame, dict[str, Answer]]:
    """Give every engine the lines in its own form; each call returns its own form of result."""
    arrow = lines if isinstance(lines, pa.Table) else pa.table(lines)
    frame = arrow.to_pandas() if isinstance(lines, pa.Table) else pd.DataFrame(lines)
    polars = pl.from_arrow(arrow)
    assert isinstance(polars, pl.DataFrame)
    duck = duckdb.connect(config={"threads": 1})
    duck.register("arrow_lines", arrow)
    duck.execute("create table lines as select * from arrow_lines")
    duck.unregister("arrow_lines")
    wanted = [
        pl.col("date").max().alias("last"),
        pl.col("order").n_unique().alias("orders"),
        pl.col("amount").sum().alias("money"),
    ]
    query = """select customer, max(date) as last, count(distinct "order") as orders,
               sum(amount) as money from lines group by customer"""
    return frame, {
        "segpy": lambda: sp.rfm(frame),
        "pandas": lambda: frame.groupby("customer").agg(
            last=("date", "max"), orders=("order", "nunique"), money=("amount", "sum")
        ),
        "polars": lambda: polars.group_by("customer").agg(wanted),
        "polars streaming": lambda: (
            polars.lazy().group_by("customer").agg(wanted).collect(engine="streaming")
        ),
        "duckdb": lambda: duck.sql(query).to_arrow_table(),
    }


def same(engine: str, result: object) -> pd.DataFrame:
    """Bring a result to one form: index customer, columns last, orders, money."""
    if engine == "segpy":
        assert isinstance(result, pd.DataFrame)
        names = {"last_order": "last", "frequency": "orders", "monetary": "money"}
        table = result.rename(columns=names)[["last", "orders", "money"]]
    elif isinstance(result, pd.DataFrame):
        table = result
    else:
        table = result.to_pandas().set_index("customer")  # type: ignore[attr-defined]
    table = table.sort_index()
    return pd.DataFrame(
        {
            "last": table["last"].to_numpy().astype("datetime64[us]").astype(np.int64),
            "orders": table["orders"].to_numpy().astype(np.int64),
            "money": table["money"].to_numpy().astype(np.float64).view(np.int64),
        },
        index=pd.Index(table.index.to_numpy().astype(object), name="customer"),
    )


# ------------------------------------------------------------------------------ the clock


def peak_beyond(answer: Answer) -> int | None:
    """Give the bytes a call needs at its peak beyond what was there, where Linux tells."""
    status, reset = Path("/proc/self/status"), Path("/proc/self/clear_refs")
    try:
        ctypes.CDLL(None).malloc_trim(0)  # memory kept from the call before would hide this one's
        reset.write_text("5")  # forgets the peak so far
    except (OSError, AttributeError, TypeError):
        return None

    def figure(name: str) -> int:
        line = next(x for x in status.read_text().splitlines() if x.startswith(name + ":"))
        return int(line.split()[1]) * 1024

    before = figure("VmRSS")
    result = answer()
    peak = figure("VmHWM")
    del result
    return peak - before


def text_bytes(frame: pd.DataFrame) -> int:
    """Count the characters of the ids that a table of customers and orders must know."""
    columns = (frame[name] for name in ("customer", "order") if frame[name].dtype.kind != "i")
    return sum(int(column.drop_duplicates().str.len().sum()) for column in columns)


def run(case: str, title: str, lines: Table | pa.Table, repeats: int, judge: Asked) -> None:
    """Measure one kind of lines and print a row an engine."""
    frame, answers = engines(lines)
    n_orders, n_customers = frame["order"].nunique(), frame["customer"].nunique()
    expected = same("pandas", answers["pandas"]())
    for engine, answer in answers.items():
        found = same(engine, answer())  # also the warm-up
        if not found.equals(expected):
            sys.exit(f"{title}: {engine} and pandas disagree")
    least = least_times(answers, repeats)
    print(f"\n{title}: {len(frame):,} lines, {n_customers:,} customers, {n_orders:,} orders")
    for engine, seconds in least.items():
        ratio = "" if engine == "segpy" else f"{seconds / least['segpy']:6.1f}x segpy"
        print(
            f"  {engine:17} {seconds:8.3f} s  {len(frame) / seconds / 1e6:7.1f} M lines/s  {ratio}"
        )
    beyond = peak_beyond(answers["segpy"])
    if beyond is not None:
        allowed = 12 * len(frame) + 200 * n_customers + 64 * n_orders + text_bytes(frame)
        print(f"  segpy beyond the input: {beyond / 1e6:,.0f} MB (12 B a line, 200 a customer,")
        print(f"  64 an order and the text of the ids: {allowed / 1e6:,.0f} MB)")
        judge.at_most(f"{case}, memory beyond the input", beyond / 1e6, allowed / 1e6, " MB")
    print("  every engine's result is equal to pandas', bit for bit", flush=True)
    judge.ratios(case, least, ASKED[case])


def main() -> None:
    """Run the cases asked for."""
    cases = tuple(ASKED)
    words = parser(__doc__)
    words.add_argument("--rows", type=int, default=FULL)
    words.add_argument("--repeats", type=int, default=3)
    words.add_argument("--cases", nargs="+", choices=cases, default=list(cases))
    arguments = words.parse_args()
    judge = Asked(arguments.rows >= FULL, arguments.check)
    pa.set_cpu_count(1)
    head("numpy", "pandas", "pyarrow", "polars", "duckdb")
    lines = make_lines(arguments.rows)
    mixed = shuffled(lines)
    titles: dict[str, tuple[str, Callable[[], Table | pa.Table]]] = {
        "shuffled": ("integer ids, shuffled", lambda: mixed),
        "adjacent": ("integer ids, the lines of an order adjacent", lambda: lines),
        "text": ("text ids (pandas str over Arrow), shuffled", lambda: with_text_ids(mixed)),
        "hex": ("text ids of 32 random hex digits, shuffled", lambda: with_hex_ids(mixed)),
        "spread": ("integer ids over 60 bits, shuffled", lambda: spread(mixed)),
    }
    for case in arguments.cases:
        title, make = titles[case]
        run(case, title, make(), arguments.repeats, judge)
    judge.tell()


if __name__ == "__main__":
    main()
