"""What the whole road costs: `import segpy`, the matching of returns, `segpy report` on a file.

    python benchmarks/road.py

The file is UCI Online Retail (541,909 lines) where it can be had, else made lines of that size.
Figures are CPU seconds (user and system, children and all threads), the best of a few.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

import pandas as pd
from machine import processor

import segpy as sp
from segpy import _core


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
    least = {}
    for returns in ("match", "drop"):
        least[returns] = float("inf")
        for _ in range(repeats):
            start = time.process_time()
            sp.clean_transactions(lines, returns=returns)
            least[returns] = min(least[returns], time.process_time() - start)
    return least["match"] - least["drop"]


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--repeats", type=int, default=3)
    repeats = parser.parse_args().repeats
    python = sys.executable
    print(f"{processor()}, segpy at level {_core.level()}")
    numpy = cpu_of([python, "-c", "import numpy"], repeats + 4)
    both = cpu_of([python, "-c", "import numpy, segpy"], repeats + 4)
    print(f"import segpy, over numpy: {1000 * (both - numpy):.0f} ms (numpy {1000 * numpy:.0f} ms)")
    name, raw = order_lines()
    lines = sp.read_transactions(raw)
    print(f"{name}: {len(lines):,} lines")
    print(f"matching returns, over dropping them: {1000 * matching(lines, repeats):.0f} ms")
    with tempfile.TemporaryDirectory() as folder:
        file, page = Path(folder, "lines.csv"), Path(folder, "report.html")
        raw.to_csv(file, index=False, date_format="%m/%d/%Y %H:%M")
        for words in (["rfm", str(file), "-o", "-"], ["report", str(file), "-o", str(page)]):
            seconds = cpu_of([python, "-m", "segpy", *words], repeats)
            size = file.stat().st_size / 1e6
            print(f"segpy {words[0]} on {file.name} ({size:.0f} MB): {seconds:.1f} s")
        print(f"the page: {page.stat().st_size / 1e3:,.0f} kB")


if __name__ == "__main__":
    main()
