"""Order lines as codes of orders and items, and the labels items are shown by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segpy import _checks, _frames, _products

WHO = "baskets"


class Lines(NamedTuple):
    """The lines that count."""

    table: pd.DataFrame
    orders: _frames.Codes
    items: _frames.Codes
    label: pd.Series[Any] | None

    def labels(self, ids: Sequence[Any]) -> list[Any]:
        """Give the name each item is shown by, by code: unlike names for unlike items."""
        if self.label is None:
            return list(ids)
        shown = _most_frequent(self.items, self.label)
        names = [ids[code] if name is None else name for code, name in enumerate(shown)]
        times = Counter(names)
        return [
            f"{name} ({ids[code]})" if times[name] > 1 else name for code, name in enumerate(names)
        ]


def read(
    tx: Any,
    item: str = "product",
    label: str | None = "description",
    order: str = "order",
    non_products: str = "drop",
    who: str = WHO,
) -> Lines:
    """Read the columns and leave out what is no product."""
    table = _frames.frame(who, tx)
    _checks.one_of(who, "non_products", non_products, ("drop", "keep"))
    shown_by = label if label in table.columns else None
    if label is not None and shown_by is None and label != "description":
        _checks.columns(who, table, [label])
    _checks.columns(who, table, [order, item], "Read the file with read_transactions.")
    if non_products == "drop":
        table = table[_is_product(who, table, item)]
    orders = _frames.encode(who, _frames.column(table, order))
    items = _frames.encode(who, _frames.column(table, item))
    if shown_by in (None, item):
        return Lines(table, orders, items, None)
    return Lines(table, orders, items, _frames.column(table, str(shown_by)))


def _is_product(who: str, table: pd.DataFrame, item: str) -> NDArray[np.bool_]:
    if "is_product" in table.columns:
        flags = _frames.column(table, "is_product")
        if not pd.api.types.is_bool_dtype(flags.dtype) or flags.hasnans:
            dtype = flags.dtype
            raise _checks.type_error(who, "column 'is_product'", "True or False", dtype)
        return flags.to_numpy(dtype=bool)
    told_by = "product" if "product" in table.columns else item
    return _products.is_product(_frames.encode(who, _frames.column(table, told_by)))


def _most_frequent(items: _frames.Codes, label: pd.Series[Any]) -> list[Any]:
    """Give the label of most lines by item code, ties by alphabet; None where there is none."""
    labels = _frames.encode(WHO, label)
    there = (items.codes >= 0) & (labels.codes >= 0)
    pair = items.codes[there].astype(np.int64) * max(labels.count, 1) + labels.codes[there]
    pairs, lines = np.unique(pair, return_counts=True)
    owner, named = np.divmod(pairs, max(labels.count, 1))
    best = np.lexsort((named, -lines, owner))  # of each item the best first
    first = np.unique(owner[best], return_index=True)[1]
    names: list[Any] = [None] * items.count
    texts = labels.ids.tolist()
    for place in best[first].tolist():
        names[int(owner[place])] = texts[int(named[place])]
    return names
