"""What all benchmarks share: the machine by name, the clock, what was asked beside what is reached.

Every benchmark takes ``--check``: it then ends with 1 where a ratio that was asked for is missed.
The ratios are asked for the full size, which is the default; smaller runs are for a quick look.
"""

from __future__ import annotations

import argparse
import platform
import sys
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any


def processor() -> str:
    """Name the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(x.split(":", 1)[1].strip() for x in lines if x.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def parser(doc: str | None) -> argparse.ArgumentParser:
    """Give a parser that knows ``--check``."""
    made = argparse.ArgumentParser(description=(doc or "").split("\n")[0])
    made.add_argument("--check", action="store_true", help="end with 1 where a ratio is missed")
    return made


def head(*peers: str) -> None:
    """Print the processor, segpy's level and every version; a peer that is not there is named."""
    import segpy
    from segpy import _core

    levels = f"at level {_core.level()} of {', '.join(_core.levels())}"
    print(f"{processor()}, one thread; segpy {segpy.__version__} {levels}")
    known = [f"Python {platform.python_version()}"]
    for peer in peers:
        try:
            known.append(f"{peer} {version(peer)}")
        except PackageNotFoundError:
            known.append(f"no {peer} (not installed: left out)")
    print(", ".join(known), flush=True)


def least_times(calls: dict[str, Callable[[], Any]], repeats: int) -> dict[str, float]:
    """Give the least CPU seconds of each engine; they take turns, so that all share the weather."""
    least = dict.fromkeys(calls, float("inf"))
    for _ in range(repeats):
        for engine, call in calls.items():
            start = time.process_time()
            result = call()
            least[engine] = min(least[engine], time.process_time() - start)
            del result
    return least


def show(least: dict[str, float], notes: dict[str, str] | None = None) -> None:
    """Print a row an engine: milliseconds, and how many times segpy's."""
    for engine, seconds in least.items():
        ratio = "" if engine == "segpy" else f"{seconds / least['segpy']:.2f}x segpy"
        note = (notes or {}).get(engine, "")
        print(f"  {engine:21}{1000 * seconds:11.2f} ms  {ratio:>14}   {note}".rstrip(), flush=True)


class Asked:
    """What the project asks of itself, beside what this run reached."""

    def __init__(self, full: bool, check: bool) -> None:
        self.full, self.check = full, check
        self.rows: list[tuple[str, str, str, bool]] = []
        if check and not full:
            sys.exit("--check: the ratios are asked for the full size only; leave the sizes out.")

    def ratios(self, title: str, least: dict[str, float], asked: dict[str, float]) -> None:
        """Judge how many times segpy's CPU time each peer took; a peer that is absent is not."""
        for engine, times in asked.items():
            if engine in least:
                self.at_least(f"{title}, {engine}", least[engine] / least["segpy"], times, "x")

    def at_least(self, what: str, reached: float, asked: float, unit: str) -> None:
        """Judge a figure that must not be lower."""
        self.rows.append((what, f"{asked:g}{unit}", f"{reached:.2f}{unit}", reached >= asked))

    def at_most(self, what: str, reached: float, asked: float, unit: str) -> None:
        """Judge a figure that must not be higher."""
        shown = f"{reached:.2g}" if abs(reached) < 0.01 else f"{reached:,.2f}"
        self.rows.append((what, f"<= {asked:,g}{unit}", f"{shown}{unit}", reached <= asked))

    def tell(self) -> None:
        """Print asked, reached and met; under ``--check`` end with 1 where something is missed."""
        if not self.full:
            print("\nWhat is asked holds for the full size; this run was smaller.")
            return
        if not self.rows:
            return
        wide = max(len(row[0]) for row in self.rows)
        print(f"\n{'':{wide}}  {'asked':>12}  {'reached':>12}")
        for what, asked, reached, met in self.rows:
            print(f"{what:{wide}}  {asked:>12}  {reached:>12}  {'met' if met else 'MISSED'}")
        if self.check and not all(row[3] for row in self.rows):
            sys.exit(1)
