"""Lists of items as codes, from memory or from a text file."""

from __future__ import annotations

import bz2
import csv
import gzip
import lzma
import os
import zlib
from collections.abc import Hashable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segpy import _checks, _core

_OPENERS: dict[str, Any] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}


_Counted = tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]


def counted(who: str, lists: Iterable[Iterable[Hashable]]) -> tuple[_Counted, list[Any]]:
    """Make baskets of lists, and give the distinct items in order."""
    try:
        start, codes, distinct = _core.encode_lists(lists)
    except TypeError as error:
        raise _refused(who, error) from None
    there: Iterable[int] = range(len(distinct))
    if set(map(type, distinct)) - {str, int}:
        there = [code for code in there if not _missing(distinct[code])]
    by_name = _ordered(distinct, there)
    place = np.full(len(distinct), -1, np.int32)  # of a missing item it stays so
    place[by_name] = np.arange(len(by_name), dtype=np.int32)
    items = list(map(distinct.__getitem__, by_name))
    return _core.baskets_of_rows(start, codes, place, len(items), None), items


def _refused(who: str, error: TypeError) -> TypeError:
    """Say in the house's words what the kernel would not read."""
    if len(error.args) != 3:
        return error
    words, row, what = error.args
    if words == "no list":
        return _checks.type_error(who, f"basket {row}", "a list of items", what)
    advice = "Use a tuple or a string."
    return _checks.type_error(who, f"an item of basket {row}", "hashable", what, advice)


def _missing(item: Any) -> bool:
    if isinstance(item, str):
        return False
    return item is None or item is pd.NA or item is pd.NaT or bool(item != item)


def _ordered(names: list[Any], codes: Iterable[int]) -> list[int]:
    """Sort codes by names of any kinds: by value if they compare, else by kind and by text."""
    try:
        return sorted(codes, key=names.__getitem__)
    except TypeError:
        return sorted(codes, key=lambda code: (type(names[code]).__name__, str(names[code])))


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
    except (OSError, EOFError, lzma.LZMAError, zlib.error) as error:  # a packed one may be cut off
        kind = type(error) if isinstance(error, FileNotFoundError | PermissionError) else OSError
        got = f"{_checks.shown_path(path)} ({getattr(error, 'strerror', None) or error})"
        advice = f"Looked in {os.getcwd()!r}." if kind is FileNotFoundError else ""
        raise kind(_checks.sentence(who, "'path'", "a file to read", got, advice)) from None
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
