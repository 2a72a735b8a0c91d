"""Segments at a glance: who brings the revenue (treemap), and where they stand (R x F grid)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from segpy import _checks
from segpy.plotting import grid, labels, style, tables, treemap
from segpy.plotting.treemap import Segment

_MOST_BINS = 100


def _segments(who: str, summary: object) -> list[Segment]:
    """Read a summary: largest revenue first, equal ones by name, whatever its row order."""
    needed = ("customers", "revenue", "revenue_share")
    advice = "Pass the table of segment_summary(tx, segments)."
    table = tables.rows(who, summary, needed, "segment", "a segment", advice)
    customers, revenue, shares = (tables.numbers(who, table, c) for c in needed)
    found = [
        Segment(labels.tidy(n), float(c), float(r), float(s), style.segment_colour(str(n)))
        for n, c, r, s in zip(table.index, customers, revenue, shares, strict=True)
    ]
    return sorted(found, key=lambda s: (-s.revenue, s.name))


def plot_segments(summary: pd.DataFrame, ax: Axes | None = None, *, currency: str = "") -> Axes:
    """Draw segments as a treemap: the area of a cell is its share of the revenue.

    Each cell says the name, the customers and the share of revenue. What does not fit into a
    cell stands in a key below, under a number. A segment whose revenue is zero or negative has
    no area; the key says so.

    Parameters
    ----------
    summary : DataFrame
        The table of `segment_summary`: index ``segment``; used are ``customers`` (count),
        ``revenue`` (currency of the input) and ``revenue_share`` (fraction of one).
    ax : Axes, optional
        Where to draw; by default a new figure. Text is laid out for the size the Axes have at
        the call.
    currency : str, default ""
        Written before money, such as "£" or "EUR".

    Returns
    -------
    Axes
        With one Rectangle a segment of positive revenue, ``gid`` "segment-0" for the largest;
        data units are points.

    Raises
    ------
    ValueError
        If a column is missing, a number is NaN or infinite, or the table has no row.
    TypeError
        If `summary` is no table or `ax` no Axes.

    Notes
    -----
    Area over drawn area is revenue over the sum of all positive revenues. The printed share is
    the table's own, so with negative revenues the two differ by that sum. Squarified layout of
    Bruls, Huizing and van Wijk (2000), doi:10.1007/978-3-7091-6783-0_4.

    Examples
    --------
    >>> import pandas as pd
    >>> summary = pd.DataFrame(
    ...     {"customers": [10, 30], "revenue": [750.0, 250.0], "revenue_share": [0.75, 0.25]},
    ...     index=pd.Index(["Champions", "Lost"], name="segment"),
    ... )
    >>> ax = plot_segments(summary, currency="£")
    >>> ax.get_title(loc="left")
    'Share of revenue by segment: £1,000 from 40 customers'
    """
    segments = _segments("plot_segments", summary)
    ax = style.axes("plot_segments", ax, (8.0, 5.0), style.BARE)
    inks = style.inks(ax)
    treemap.draw(ax, segments, currency, inks, style.bare(ax))
    total = style.money(math.fsum(s.revenue for s in segments), currency)
    people = style.people(sum(s.customers for s in segments))
    labels.title(ax, f"Share of revenue by segment: {total} from {people}", inks)
    return ax


def plot_rf_grid(
    scores: pd.DataFrame, segments: pd.Series[Any] | None = None, ax: Axes | None = None
) -> Axes:
    """Draw how many customers stand at each pair of recency and frequency scores.

    Recency runs to the right, frequency upwards, so the best customers are at the upper right.
    Without `segments` a cell is darker the more customers it holds. With them it has the colour
    of the segment most of its customers are in (of equals the first by name), and where a cell
    holds several segments a strip along its foot shows their mix.

    Parameters
    ----------
    scores : DataFrame
        The table of `RFMScorer.transform`: index ``customer``, int columns ``R`` and ``F``.
        Their number of bins is taken from ``attrs["n_bins"]``, else from the highest score.
    segments : Series, optional
        The Series of `assign_segments`: a name for each customer of `scores`, by index.
    ax : Axes, optional
        Where to draw; by default a new figure. Text is laid out for the size the Axes have at
        the call.

    Returns
    -------
    Axes
        With one Rectangle a cell, ``gid`` "cell-R-F" such as "cell-5-1"; data units are points.

    Raises
    ------
    ValueError
        If a column is missing, a score is no whole number of at least 1, or a customer has no
        segment.
    TypeError
        If `scores` is no table, `segments` no Series or `ax` no Axes.

    Examples
    --------
    >>> import pandas as pd
    >>> scores = pd.DataFrame(
    ...     {"R": [1, 2, 2], "F": [1, 2, 2]}, index=pd.Index([7, 8, 9], name="customer")
    ... )
    >>> ax = plot_rf_grid(scores)
    >>> sorted(p.get_gid() for p in ax.patches)
    ['cell-1-1', 'cell-1-2', 'cell-2-1', 'cell-2-2']
    """
    who = "plot_rf_grid"
    advice = "Pass the table of RFMScorer().fit_transform(rfm)."
    table = tables.rows(who, scores, ("R", "F"), "customer", "a customer", advice)
    r, f = _scores(who, table, "R"), _scores(who, table, "F")
    names = None if segments is None else _names(who, table, segments)
    bins = table.attrs.get("n_bins", {})
    bins = bins if isinstance(bins, dict) else {"R": bins, "F": bins}
    most = [
        max(int(v.max()), int(b) if isinstance(b, int | np.integer) else 1)
        for v, b in ((r, bins.get("R")), (f, bins.get("F")))
    ]
    ax = style.axes(who, ax, (7.2, 5.6), style.BARE)
    inks = style.inks(ax)
    grid.draw(ax, grid.tally(r, f, names), (most[0], most[1]), inks, style.bare(ax))
    labels.title(ax, f"{style.people(len(table))} by recency and frequency score", inks)
    return ax


def _scores(who: str, table: pd.DataFrame, name: str) -> NDArray[np.int64]:
    """Read a column of scores: whole numbers from 1."""
    values = tables.numbers(who, table, name)
    wrong = np.flatnonzero((values < 1) | (values != np.floor(values)) | (values > _MOST_BINS))
    if len(wrong):
        raise _checks.value_error(
            who,
            f"column {name!r}",
            f"a whole number in [1, {_MOST_BINS}]",
            f"{values[wrong[0]]:g} in row {wrong[0]}",
            "Pass scores, not the values of rfm().",
        )
    return values.astype(np.int64)


def _names(who: str, scores: pd.DataFrame, segments: object) -> list[str]:
    """Find the segment of each row of `scores` by its customer."""
    if not isinstance(segments, pd.Series):
        raise _checks.type_error(
            who, "'segments'", "a Series of names by customer, or None", segments
        )
    if not segments.index.is_unique:
        twice = segments.index[segments.index.duplicated()][0]
        raise _checks.value_error(
            who, "the index of 'segments'", "each customer once", f"{twice!r} more than once"
        )
    found = segments.astype("object").reindex(scores.index)
    lost = np.flatnonzero(found.isna().to_numpy())
    if len(lost):
        raise _checks.value_error(
            who,
            "'segments'",
            "a name for every customer of 'scores'",
            f"none for {len(lost)} of {len(found)}, the first {scores.index[lost[0]]!r}",
            "Pass assign_segments(scores).",
        )
    return [str(name) for name in found]
