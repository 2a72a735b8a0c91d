"""The one place for errors: who, what, allowed, actual, and what to do."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import numpy as np

_LONGEST = 80


def shown(value: object) -> str:
    """Give a value as an error shows it: its repr, cut when long."""
    text = repr(value)
    if "\n" in text:
        text = " ".join(text.split())  # a table's own picture; an error is one line
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def shown_path(path: object) -> str:
    """Give a path as an error shows it; cut when very long, but never its end, the file's name."""
    text = repr(str(path))
    return text if len(text) <= 4 * _LONGEST else f"{text[:_LONGEST]}...{text[-_LONGEST:]}"


def sentence(who: str, what: str, allowed: str, got: str, advice: str = "") -> str:
    """Build the house's sentence: ``who: what must be allowed; got actual. Advice.``."""
    text = f"{who}: {what} must be {allowed}; got {got}."
    return f"{text} {advice}" if advice else text


def value_error(who: str, what: str, allowed: str, got: str, advice: str = "") -> ValueError:
    """Make a ValueError in the house's sentence form; `got` is text, as `shown` gives it."""
    return ValueError(sentence(who, what, allowed, got, advice))


def type_error(who: str, what: str, allowed: str, got: object, advice: str = "") -> TypeError:
    """Make a TypeError in the house's sentence form, naming the type of `got`."""
    return TypeError(sentence(who, what, allowed, f"{type(got).__name__} {shown(got)}", advice))


def memory_error(who: str, what: str, need: int, advice: str) -> MemoryError:
    """Make a MemoryError that says how many bytes are needed for what."""
    size = f"{need / 1e9:,.1f} GB" if need >= 1e9 else f"{need / 1e6:,.1f} MB"
    return MemoryError(f"{who}: {what} need {size}, which are not to be had. {advice}")


def one_of(who: str, name: str, value: object, options: Iterable[str]) -> str:
    """Return `value` if it is one of the option words, else raise."""
    names = list(options)
    allowed = "one of " + ", ".join(repr(n) for n in names)
    if not isinstance(value, str):
        raise type_error(who, f"'{name}'", allowed, value)
    if value not in names:
        raise value_error(who, f"'{name}'", allowed, shown(value))
    return value


def integer(who: str, name: str, value: object, low: int, high: int | None = None) -> int:
    """Return `value` as an int in [low, high], else raise; a bool is not an int here."""
    allowed = f"an int >= {low}" if high is None else f"an int in [{low}, {high}]"
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | np.integer):
        raise type_error(who, f"'{name}'", allowed, value)
    if value < low or (high is not None and value > high):
        raise value_error(who, f"'{name}'", allowed, str(value))
    return int(value)


def boolean(who: str, name: str, value: object) -> bool:
    """Return `value` if it is True or False, else raise."""
    if not isinstance(value, bool | np.bool_):
        raise type_error(who, f"'{name}'", "True or False", value)
    return bool(value)


def columns(who: str, table: Any, needed: Iterable[str], advice: str = "") -> None:
    """Raise unless the table has every needed column, each once."""
    found = [str(c) for c in table.columns]
    missing = [c for c in needed if c not in found]
    if missing:
        raise value_error(
            who,
            "the table's columns",
            "there: " + ", ".join(repr(c) for c in needed),
            "no " + ", ".join(repr(c) for c in missing) + " among " + shown(found),
            advice,
        )
    twice = [c for c in needed if found.count(c) > 1]
    if twice:
        raise value_error(who, f"column {twice[0]!r}", "there once", f"{found.count(twice[0])}")


def cores() -> int:
    """Count the cores this process may use, capped by SEGPY_NUM_THREADS, else OMP_NUM_THREADS."""
    if hasattr(os, "sched_getaffinity"):
        count = len(os.sched_getaffinity(0))
    else:
        count = os.cpu_count() or 1
    cap = os.environ.get("SEGPY_NUM_THREADS") or os.environ.get("OMP_NUM_THREADS") or ""
    return min(count, int(cap)) if cap.isdecimal() and int(cap) > 0 else count


def threads(who: str, n_jobs: object) -> int:
    """Turn `n_jobs` (None and -1: all cores the process may use) into a number of threads."""
    if n_jobs is None:
        return cores()
    if isinstance(n_jobs, int | np.integer) and int(n_jobs) == -1:
        return cores()
    return integer(who, "n_jobs", n_jobs, 1, 1024)
