"""Names of items as people give them: one or several, known or close to a known one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segpy import _checks


class HasSets(Protocol):
    """What holds sets of items, flat and by length."""

    items: list[Any]
    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]


class HasItems(Protocol):
    """What holds the names of items by position."""

    @property
    def items(self) -> list[Any]:
        """The shown names."""

    @property
    def ids(self) -> list[Any]:
        """What was counted."""


class Names:
    """The items of baskets by name: shown names first, then what was counted."""

    def __init__(self, source: HasItems) -> None:
        self.items = source.items
        self._ids = source.ids

    @cached_property
    def place(self) -> dict[Any, int]:
        """Position by name."""
        found = {name: i for i, name in enumerate(self._ids)}
        found.update((name, i) for i, name in enumerate(self.items))
        return found

    def known(self, name: Any) -> bool:
        """Whether there is an item of this name."""
        try:
            return name in self.place
        except TypeError:  # not hashable
            return False

    def several(self, names: Any) -> list[Any]:
        """Give one name or several as a list; a tuple that is a name itself is one."""
        if isinstance(names, str | bytes) or self.known(names) or not isinstance(names, Iterable):
            return [names]
        return list(names)

    def split(self, names: Any) -> tuple[NDArray[np.int32], list[Any]]:
        """Give the positions of the names, ascending, each once, and the names nobody knows."""
        place, found, unknown = self.place, set(), []
        for name in self.several(names):
            try:
                found.add(place[name])
            except (KeyError, TypeError):  # not known, or not hashable
                unknown.append(name)
        return np.array(sorted(found), dtype=np.int32), unknown

    def positions(self, who: str, what: str, names: Any) -> NDArray[np.int32]:
        """Give the positions of names that must all be known."""
        found, unknown = self.split(names)
        if unknown or not len(found):
            texts = [str(name) for name in self.items]
            near = difflib.get_close_matches(str(unknown[0]), texts, 3) if unknown else []
            raise _checks.value_error(
                who,
                f"'{what}'",
                "items of the baskets",
                _checks.shown(unknown[0]) if unknown else "none",
                f"Similar: {', '.join(repr(n) for n in near)}." if near else "",
            )
        return found


def side(who: str, names: Names, what: str, chosen: Any) -> NDArray[np.bool_] | None:
    """Give a flag an item for one side of a rule; None where every item may stand."""
    if chosen is None:
        return None
    flags = np.zeros(len(names.items), dtype=np.bool_)
    flags[names.positions(who, what, chosen)] = True
    return flags


def tuples(source: HasSets, sets: NDArray[np.integer[Any]]) -> NDArray[np.object_]:
    """Give sets, by their numbers, as tuples of names; a set that comes again is the same tuple.

    Sets of one length are one matrix, whose columns are named at once.
    """
    names = np.empty(len(source.items), dtype=object)
    names[:] = source.items
    used, back = sets, np.s_[:]
    if (np.diff(sets) <= 0).any():
        used, back = np.unique(sets, return_inverse=True)
    start = source.indptr[used]
    lengths = source.indptr[used + 1] - start
    made: list[tuple[Any, ...]] = []
    while len(made) < len(used):
        length = int(lengths[len(made)])
        starts = start[len(made) : np.searchsorted(lengths, length, "right")]
        columns = (names[source.indices[starts + at]].tolist() for at in range(length))
        made.extend(zip(*columns, strict=True))
    found = np.empty(len(used), dtype=object)
    found[:] = made
    return found[back]


def text_order(items: list[Any]) -> NDArray[np.int64]:
    """Rank names by their text; names of one text keep their order."""
    texts = pd.Series([str(name) for name in items], dtype=object)
    rank = np.empty(len(items), dtype=np.int64)
    rank[np.argsort(texts.to_numpy(), kind="stable")] = np.arange(len(items))
    return rank
