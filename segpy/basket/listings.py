"""Lists of items as codes, from memory or from a text file."""

from __future__ import annotations

import bz2
import csv
import gzip
import lzma
from collections.abc import Hashable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segpy import _checks

_OPENERS: dict[str, Any] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}


def encode(
    who: str, lists: Iterable[Iterable[Hashable]]
) -> tuple[NDArray[np.int64], NDArray[np.int32], list[Any]]:
    """Give where each list starts, the code of every item, and the distinct items in order."""
    rows = [
        row if isinstance(row, list | tuple) else _as_list(who, at, row)
        for at, row in enumerate(lists)
    ]
    start = np.zeros(len(rows) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, rows), np.int64, len(rows)), out=start[1:])
    try:
        distinct = dict.fromkeys(chain.from_iterable(rows))
    except TypeError:
        raise _not_hashable(who, rows) from None
    items = ordered([item for item in distinct if not _missing(item)])
    places: dict[Any, int] = dict.fromkeys(distinct, -1)
    places.update(zip(items, range(len(items)), strict=True))
    found = map(places.__getitem__, chain.from_iterable(rows))
    return start, np.fromiter(found, np.int32, int(start[-1])), items


def _as_list(who: str, at: int, row: Any) -> list[Any]:
    if isinstance(row, str | bytes) or not isinstance(row, Iterable):
        raise _checks.type_error(who, f"basket {at}", "a list of items", row)
    return list(row)


def _not_hashable(who: str, rows: list[Any]) -> TypeError:
    for at, row in enumerate(rows):
        for item in row:
            try:
                hash(item)
            except TypeError:
                what = f"an item of basket {at}"
                return _checks.type_error(who, what, "hashable", item, "Use a tuple or a string.")
    return TypeError(f"{who}: an item changed while it was read.")


def _missing(item: Any) -> bool:
    return item is None or item is pd.NA or item is pd.NaT or bool(item != item)


def ordered(items: list[Any]) -> list[Any]:
    """Sort names of any kinds: by value where they compare, else by kind and how they print."""
    try:
        return sorted(items)
    except TypeError:
        return sorted(items, key=lambda item: (type(item).__name__, str(item)))


def read_file(who: str, path: str | Path, sep: str, encoding: str) -> Iterator[list[str]]:
    """Give the items of each line of a text file."""
    if not isinstance(path, str | Path):
        raise _checks.type_error(who, "'path'", "a path", path)
    if not isinstance(sep, str):
        raise _checks.type_error(who, "'sep'", "a string", sep)
    if sep == "":
        raise _checks.value_error(who, "'sep'", "the text between two items", "''")
    opener = _OPENERS.get(Path(path).suffix.lower(), open)
    try:
        with opener(path, "rt", encoding=encoding) as file:
            text: str = file.read()
    except UnicodeDecodeError as error:
        raise _checks.value_error(
            who, f"the file {str(path)!r}", f"text in {encoding}", str(error), "Name its encoding."
        ) from None
    lines = text.split("\n")
    if lines and lines[-1].strip() == "":
        lines.pop()  # what is behind the last line's end is no basket
    return (_items_of(line, sep) for line in lines)


def _items_of(line: str, sep: str) -> list[str]:
    if '"' in line and len(sep) == 1:
        names = next(csv.reader([line], delimiter=sep, skipinitialspace=True), [])
    else:
        names = line.split(None if sep == " " else sep)
    return [name for name in map(str.strip, names) if name]
