"""pair_counts: how often every two items are bought together, and what that means."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segpy import _checks, _core
from segpy._progress import kernel_bar
from segpy.basket import measures
from segpy.basket.baskets import Baskets, as_baskets
from segpy.basket.names import text_order


def pair_counts(
    baskets: Any,
    *,
    top: int | None = None,
    min_count: int = 1,
    n_jobs: int | None = None,
    progress: bool | None = None,
) -> pd.DataFrame:
    """Count how often every two items are in one basket: the strength of every pair, exactly.

    Parameters
    ----------
    baskets : Baskets, or what `Apriori.fit` takes
        Lists, a one-hot frame, a sparse matrix or order lines.
    top : int, default None
        Only the first `top` pairs; None gives all.
    min_count : int, default 1
        Only pairs that share at least so many baskets.
    n_jobs : int, default None
        Threads; None and -1 are all cores the process may use. Any value gives the same table.
    progress : bool, default None
        Show a bar; None shows it only after a second of work on a terminal or in a notebook.

    Returns
    -------
    DataFrame
        A row a pair that is together at least once, most baskets first, then by names:
        `item_a, item_b` (names; of a pair the one whose text comes first is `item_a`), `count`
        (baskets with both, int64), `support` (count / baskets), `confidence_ab` (count / baskets
        with a), `confidence_ba`, `lift` (support over what chance would give, 1 for independent
        items), `p_value` (Fisher's exact test, one-sided: so many by chance alone).

    Raises
    ------
    TypeError, ValueError
        `baskets` is nothing to count, `top` is negative or `min_count` below 1.
    MemoryError
        The pairs do not fit; the message says what to do.

    Notes
    -----
    All pairs are counted, no threshold is needed: for each item the items that follow it in its
    baskets are counted into one array, O(sum of squared basket sizes) time and no table of items by
    items. Formulas and sources are those of `Rules`. The p-values are not corrected for the number
    of pairs, and take baskets as independent, which the orders of one customer are not: they screen
    and do not prove.

    Examples
    --------
    >>> import segpy as sp
    >>> lists = [["bread", "butter"], ["bread", "butter", "jam"], ["tea", "jam"], ["tea"]]
    >>> sp.pair_counts(lists, top=2)[["item_a", "item_b", "count", "lift"]]
      item_a  item_b  count  lift
    0  bread  butter      2   2.0
    1  bread     jam      1   1.0
    """
    who = "pair_counts"
    top = None if top is None else _checks.integer(who, "top", top, 0)
    least = _checks.integer(who, "min_count", min_count, 1)
    jobs = _checks.threads(who, n_jobs)
    held = as_baskets(who, baskets)
    with kernel_bar("counting pairs", progress, who=who) as tick:
        a, b, count = _counted(who, held, least, jobs, tick)
    rank = text_order(held.items)
    if top is not None and top < len(count):
        kept = np.flatnonzero(count >= np.partition(count, -top)[-top] if top else count < 0)
        a, b, count = a[kept], b[kept], count[kept]
    flip = rank[a] > rank[b]
    a, b = np.where(flip, b, a), np.where(flip, a, b)
    rows = _order(rank[a], rank[b], count, len(rank))[:top]
    a, b, count = a[rows], b[rows], count[rows]
    names = np.empty(len(held.items), dtype=object)
    names[:] = held.items
    return _table(names, a, b, _counts(held, a, b, count), jobs)


def _counted(
    who: str, held: Baskets, least: int, jobs: int, tick: Any
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]:
    try:
        return _core.item_pairs(held.n_items, held.indptr, held.indices, least, jobs, "", tick)
    except MemoryError:
        raise MemoryError(
            _checks.sentence(
                who,
                f"the pairs of at least {least} baskets",
                "so few that they fit into memory",
                f"too many among {held.n_items:,} items",
                "Ask for a higher 'min_count'.",
            )
        ) from None


def _order(
    first: NDArray[np.int64], second: NDArray[np.int64], count: NDArray[np.int64], n_items: int
) -> NDArray[np.intp]:
    """Order pairs by count, most first, then by names; by one key where it fits 63 bits."""
    most = int(count.max(initial=0))
    if (most + 1) * n_items**2 < 2**63:
        return np.argsort(((most - count) * n_items + first) * n_items + second)
    return np.lexsort((second, first, -count))


def _counts(
    held: Baskets, a: NDArray[np.int32], b: NDArray[np.int32], count: NDArray[np.int64]
) -> measures.Counts:
    return measures.Counts(held.n_baskets, held.item_counts[a], held.item_counts[b], count)


def _table(
    names: NDArray[np.object_],
    a: NDArray[np.int32],
    b: NDArray[np.int32],
    c: measures.Counts,
    jobs: int,
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "item_a": pd.Series(names[a], dtype=object),
            "item_b": pd.Series(names[b], dtype=object),
            "count": c.both,
            "support": measures.FORMULAS["support"](c),
            "confidence_ab": c.both / c.x,
            "confidence_ba": c.both / c.y,
            "lift": measures.FORMULAS["lift"](c),
            "p_value": measures.p_values(c, jobs),
        }
    )
