"""What the whole road costs: `import segpy`, the matching of returns, `segpy report` on a file.

    python benchmarks/road.py [--repeats 3] [--check]

The file is UCI Online Retail (541,909 lines) where it can be had, else made lines of that size.
Figures are CPU seconds (user and system, children and all threads), the best of a few.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

import pandas as pd
from machine import Asked, head, least_times, parser

import segpy as sp


def cpu_of(command: list[str], repeats: int) -> float:
    """Give the least CPU seconds of a command as a whole process."""
    least = float("inf")
    for _ in range(repeats):
        before = getrusage(RUSAGE_CHILDREN)
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        after = getrusage(RUSAGE_CHILDREN)
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        least = min(least, used)
    return least


def order_lines() -> tuple[str, pd.DataFrame]:
    """Give Online Retail, else lines made to its size."""
    try:
        return "Online Retail", sp.datasets.fetch_online_retail()
    except (FileNotFoundError, ValueError) as error:
        print(f"Online Retail is not to be had ({error}); lines are made instead.")
        return "made lines", sp.datasets.make_transactions(19_000)


def matching(lines: pd.DataFrame, repeats: int) -> float:
    """Give the CPU seconds that matching returns adds to dropping them."""
    ways = ("match", "drop")
    calls = {w: lambda w=w: sp.clean_transactions(lines, returns=w) for w in ways}
    least = least_times(calls, repeats)
    return least["match"] - least["drop"]


def main() -> None:
    """Print the figures."""
    words = parser(__doc__)
    words.add_argument("--repeats", type=int, default=3)
    asked = words.parse_args()
    repeats, python = asked.repeats, sys.executable
    name, raw = order_lines()
    judge = Asked(name == "Online Retail", asked.check)
    head("numpy", "pandas", "matplotlib", "jinja2")
    numpy = cpu_of([python, "-c", "import numpy"], repeats + 4)
    both = cpu_of([python, "-c", "import numpy, segpy"], repeats + 4)
    print(f"import segpy, over numpy: {1000 * (both - numpy):.0f} ms (numpy {1000 * numpy:.0f} ms)")
    judge.at_most("import segpy, over numpy", 1000 * (both - numpy), 20.0, " ms")
    lines = sp.read_transactions(raw)
    matched = 1000 * matching(lines, repeats)
    print(f"{name}: {len(lines):,} lines")
    print(f"matching returns, over dropping them: {matched:.0f} ms", flush=True)
    judge.at_most("matching returns", matched, 50.0, " ms")
    with tempfile.TemporaryDirectory() as folder:
        file, page = Path(folder, "lines.csv"), Path(folder, "report.html")
        raw.to_csv(file, index=False, date_format="%m/%d/%Y %H:%M")
        for command, place in (("rfm", "-"), ("report", str(page))):
            seconds = cpu_of([python, "-m", "segpy", command, str(file), "-o", place], repeats)
            size = file.stat().st_size / 1e6
            print(f"segpy {command} on {file.name} ({size:.0f} MB): {seconds:.1f} s", flush=True)
        judge.at_most("segpy report, CPU in all", seconds, 6.0, " s")
        print(f"the page: {page.stat().st_size / 1e3:,.0f} kB")
        judge.at_most("size of the page", page.stat().st_size / 1e6, 1.5, " MB")
    judge.tell()


if __name__ == "__main__":
    main()
