"""How customers spread over recency, frequency and money, with the cuts of the scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from segpy import _checks
from segpy.plotting import labels, style, tables

_COLUMNS = {"R": "recency_days", "F": "frequency", "M": "monetary"}
_BARS = 32  # bars of a panel, about
_SKEWED = 2.0  # a skewness above this asks for a log scale
_BESIDE = 430.0  # points of width from which the panels stand side by side
_ROW = 10.5  # points: one row of labels over the cuts
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class _Panel:
    """One metric, ready to be drawn.

    `cuts` are pairs of where the line stands and the cut that is written over it; `note` is what
    else must be said.
    """

    metric: str
    values: Floats
    edges: Floats
    log: bool
    cuts: tuple[tuple[float, float], ...]
    note: str

    @property
    def title(self) -> str:
        """What the panel counts customers by."""
        name = {"R": "Days since last order", "F": "Orders", "M": "Money spent"}[self.metric]
        return f"{name} (log scale)" if self.log else name


def plot_rfm(
    rfm: pd.DataFrame,
    breaks: Mapping[str, Sequence[float]] | None = None,
    ax: Axes | None = None,
    *,
    currency: str = "",
) -> Axes:
    """Draw how many customers there are by recency, frequency and money, in three panels.

    Frequency and money stand on a log scale where they are skewed, which they mostly are. With
    `breaks` the cuts between the scores are drawn and their values written over them.

    Parameters
    ----------
    rfm : DataFrame
        The table of `segpy.rfm`, a row a customer: ``recency_days`` (days), ``frequency``
        (orders), ``monetary`` (currency of the input).
    breaks : mapping, optional
        Ascending cut points by "R", "F", "M" or by column name: ``RFMScorer.breaks_``. A nested
        metric, whose cuts differ between groups, is drawn without cuts and says so.
    ax : Axes, optional
        Axes whose place the three panels take; by default a new figure.
    currency : str, default ""
        Written before money, such as "£" or "EUR".

    Returns
    -------
    Axes
        The place; ``ax.child_axes`` are the panels of R, F and M, side by side or, on a narrow
        place, one under the other. Bars count customers.

    Raises
    ------
    ValueError
        If a column is missing, a number is NaN or infinite, the table has no row, or `breaks`
        has an unknown key or cut points that do not ascend.
    TypeError
        If `rfm` is no table, `breaks` no mapping of lists of numbers, or `ax` no Axes.

    Notes
    -----
    Skewed means a skewness (third moment over the cube of the standard deviation) above 2 of the
    values above zero. A log scale has no place for values of zero or below: the panel says how
    many customers are not drawn. A value equal to a cut goes to the lower bin; orders are whole,
    so the line of a cut of F stands half an order above it.

    Examples
    --------
    >>> import pandas as pd
    >>> rfm = pd.DataFrame(
    ...     {
    ...         "recency_days": [1, 9, 40],
    ...         "frequency": [5, 2, 1],
    ...         "monetary": [90.0, 30.0, 20.0],
    ...     }
    ... )
    >>> ax = plot_rfm(rfm, {"R": [5, 20]})
    >>> [panel.get_title(loc="left") for panel in ax.child_axes]
    ['Days since last order', 'Orders', 'Money spent']
    """
    who = "plot_rfm"
    advice = "Pass the table of rfm(tx)."
    table = tables.rows(who, rfm, _COLUMNS.values(), "customer", "a customer", advice)
    cuts = _cuts(who, breaks)
    panels = [
        _panel(m, tables.numbers(who, table, c), cuts.get(m, ())) for m, c in _COLUMNS.items()
    ]
    ax = style.axes(who, ax, (9.0, 3.4), style.BARE)
    inks = style.inks(ax)
    _draw(ax, panels, inks, currency)
    clause = "; dashed: the cuts between scores" if any(p.cuts for p in panels) else ""
    spread = "spreads" if len(table) == 1 else "spread"
    labels.title(ax, f"How {style.people(len(table))} {spread}{clause}", inks)
    return ax


def _cuts(who: str, breaks: object) -> dict[str, tuple[float, ...] | None]:
    """Read cut points by metric; None where they differ between the groups of a nested metric."""
    if breaks is None:
        return {}
    if not isinstance(breaks, Mapping):
        raise _checks.type_error(who, "'breaks'", "a dict of cut points or None", breaks)
    found: dict[str, tuple[float, ...] | None] = {}
    names = {**{m: m for m in _COLUMNS}, **{c: m for m, c in _COLUMNS.items()}}
    for key, cut in breaks.items():
        if key not in names:
            allowed = "among " + ", ".join(repr(n) for n in names)
            raise _checks.value_error(who, "a key of 'breaks'", allowed, _checks.shown(key))
        if isinstance(cut, Mapping):
            found[names[key]] = None
            continue
        what, allowed = f"breaks[{key!r}]", "a list of ascending numbers"
        try:
            points = np.asarray(cut, dtype=np.float64)
        except (TypeError, ValueError):
            raise _checks.type_error(who, what, allowed, cut) from None
        if points.ndim != 1:
            raise _checks.type_error(who, what, allowed, cut)
        if not np.isfinite(points).all() or (np.diff(points) < 0).any():
            raise _checks.value_error(who, what, allowed, _checks.shown(points.tolist()))
        # Equal cuts, as ties make them, are one line.
        found[names[key]] = tuple(float(p) for p in np.unique(points))
    return found


def _panel(metric: str, values: Floats, cuts: tuple[float, ...] | None) -> _Panel:
    """Choose the scale and the bars of a metric; `cuts` is None for a nested one."""
    positive = values[values > 0]
    log = metric != "R" and len(positive) > 0 and _skewness(positive) > _SKEWED
    drawn = positive if log else values
    low, high = float(drawn.min()), float(drawn.max())
    notes = ["cuts differ between groups"] if cuts is None else []
    pairs = [(c, c) for c in cuts or ()]
    if metric != "M" and bool((values == np.floor(values)).all()):
        edges = _whole_edges(low, high, log)
    else:
        edges = _edges(low, high, log)
    if metric == "F":
        pairs = [(float(np.floor(c)) + 0.5, c) for c in cuts or ()]
    if len(drawn) < len(values):
        notes.append(f"{style.count(len(values) - len(drawn))} at zero or below not drawn")
    return _Panel(metric, drawn, edges, log, tuple(pairs), "; ".join(notes))


def _skewness(values: Floats) -> float:
    """Compute the skewness; 0 where all values are equal."""
    apart = values / values.max()  # no overflow in the third power
    apart = apart - apart.mean()
    spread = float(np.sqrt(np.mean(apart**2)))
    return float(np.mean(apart**3)) / spread**3 if spread > 1e-12 else 0.0


def _whole_edges(low: float, high: float, log: bool) -> Floats:
    """Cut whole numbers into bars, half a unit off each.

    On a log scale small numbers have a bar each, and bars widen so slowly that no step in their
    heights comes from their widths alone where it could be seen.
    """
    if not log:
        step = max(1.0, float(np.ceil((high - low + 1.0) / _BARS)))
        return np.arange(low - 0.5, high + step, step)
    edges = [low - 0.5]
    while edges[-1] < high:
        edges.append(edges[-1] + max(1.0, float(np.floor(edges[-1] / 12.0))))
    return np.asarray(edges)


def _edges(low: float, high: float, log: bool) -> Floats:
    """Cut a range of numbers into bars of one width, or of one ratio on a log scale."""
    if low == high:
        half = abs(low) / 10.0 or 0.5
        return np.asarray([low - half, low + half])
    edges = np.geomspace(low, high, _BARS + 1) if log else np.linspace(low, high, _BARS + 1)
    edges[0], edges[-1] = low, high  # the ends exactly, or rounding would lose a customer
    return edges


def _place(
    place: int, size: tuple[float, float], rows: Sequence[int]
) -> tuple[float, float, float, float]:
    """Give a panel its box in points, under a title and `rows[place]` rows of labels."""
    width, height = size
    if width >= _BESIDE:
        top, wide = 18.0 + max(rows) * _ROW, width / 3.0  # beside each other, at one height
        return place * wide + 32.0, 34.0, wide - 46.0, max(20.0, height - 34.0 - top)
    top, tall = 18.0 + rows[place] * _ROW, height / 3.0
    return 32.0, height - (place + 1) * tall + 34.0, width - 42.0, max(20.0, tall - 34.0 - top)


def _draw(ax: Axes, panels: Sequence[_Panel], inks: style.Inks, currency: str) -> None:
    """Draw the panels, each with room for the rows of labels over its cuts."""
    size = style.bare(ax)
    spans = [_span(panel) for panel in panels]
    wide = [_place(i, size, [0, 0, 0])[2] for i in range(len(panels))]
    stacked = [_stack(p, s, w) for p, s, w in zip(panels, spans, wide, strict=True)]
    rows = [max(found, default=-1) + 1 for found in stacked]
    for place, panel in enumerate(panels):
        x, y, width, height = _place(place, size, rows)
        bounds = (x / size[0], y / size[1], width / size[0], height / size[1])
        inset = ax.inset_axes(bounds)
        _bars(inset, panel, spans[place], (width, height), inks, currency)
        _lines(inset, panel, stacked[place], inks)
        own = max(rows) if size[0] >= _BESIDE else rows[place]
        dress = style.words(inks.ink, 9, bold=True)
        inset.set_title(panel.title, loc="left", pad=5.0 + own * _ROW, **dress)


def _span(panel: _Panel) -> tuple[float, float]:
    """Give the range of x: all bars and all cuts, with a little air."""
    places = [*panel.edges, *(at for at, _ in panel.cuts if at > 0 or not panel.log)]
    low, high = min(places), max(places)
    if panel.log:
        air = (high / low) ** 0.02
        return low / air, high * air
    air = (high - low) * 0.02
    return low - air, high + air


def _along(panel: _Panel, span: tuple[float, float], at: float) -> float:
    """Find where a value lies in the range of x, 0 to 1."""
    if panel.log:
        return float(np.log(at / span[0]) / np.log(span[1] / span[0]))
    return (at - span[0]) / (span[1] - span[0])


def _stack(panel: _Panel, span: tuple[float, float], wide: float) -> list[int]:
    """Choose a row for the label of each cut, so that labels of a row keep apart."""
    ends: list[float] = []
    rows = []
    for at, cut in panel.cuts:
        if panel.log and at <= 0:
            rows.append(-1)
            continue
        half = labels.width(style.compact(cut), labels.SMALLEST) / 2 + 2.0
        middle = _along(panel, span, at) * wide
        row = next((r for r, end in enumerate(ends) if end <= middle - half), len(ends))
        ends[row : row + 1] = [middle + half]
        rows.append(row)
    return rows


def _written(panel: _Panel, value: float, currency: str) -> str:
    return style.money(value, currency) if panel.metric == "M" else style.compact(value)


def _bars(
    ax: Axes,
    panel: _Panel,
    span: tuple[float, float],
    size: tuple[float, float],
    inks: style.Inks,
    currency: str,
) -> None:
    """Draw the bars of one panel and its scales."""
    style.chart(ax, inks)
    counts, edges = np.histogram(panel.values, panel.edges)
    ax.bar(
        edges[:-1],
        counts,
        width=np.diff(edges),
        align="edge",
        color=style.MAIN,
        edgecolor=inks.paper,
        linewidth=0.5 if len(counts) <= _BARS else 0.0,
    )
    ax.set_xscale("log" if panel.log else "linear")
    ax.set_xlim(span)
    ax.minorticks_off()
    dress = style.words(inks.soft, 8)
    ticks = _ticks(panel, span, size[0], currency)
    ax.set_xticks(ticks, [_written(panel, t, currency) for t in ticks], **dress)
    most = float(counts.max())
    found = MaxNLocator(max(1, int(size[1] // 34)), integer=True).tick_values(0, most)
    heights = [float(h) for h in found if 0 <= h <= most * 1.02]
    ax.set_yticks(heights, [style.compact(h) for h in heights], **dress)
    ax.set_ylim(0, most * 1.04)
    if panel.note:
        ax.set_xlabel(panel.note, labelpad=2, **style.words(inks.soft, labels.SMALLEST))


def _ticks(panel: _Panel, span: tuple[float, float], wide: float, currency: str) -> list[float]:
    """Choose round numbers that lie in the range and whose labels keep apart."""
    if panel.log:
        decades = range(int(np.floor(np.log10(span[0]))), int(np.ceil(np.log10(span[1]))) + 1)
        choices = [[m * 10.0**d for d in decades for m in ms] for ms in ((1, 2, 5), (1, 3), (1,))]
        choices += [[10.0**d for d in decades if d % n == 0] for n in (2, 3, 4, 6)]
    else:
        choices = [
            list(MaxNLocator(n, integer=True).tick_values(*span)) for n in (6, 5, 4, 3, 2, 1)
        ]
    least = 1.0 if panel.log and panel.metric == "F" else span[0]  # there is no half order
    for choice in choices:
        ticks = [float(t) for t in choice if least <= t <= span[1]]
        if panel.metric != "M":
            ticks = [t for t in ticks if t == np.floor(t)] or ticks
        texts = [_written(panel, t, currency) for t in ticks]
        ends = [
            (_along(panel, span, t) * wide, labels.width(text, 8) / 2)
            for t, text in zip(ticks, texts, strict=True)
        ]
        # In a range so narrow that steps are lost in rounding, fewer ticks are tried.
        if len(set(texts)) == len(texts) and all(
            b - hb - (a + ha) > 6.0 for (a, ha), (b, hb) in pairwise(ends)
        ):
            return ticks
    return ticks[:1]


def _lines(ax: Axes, panel: _Panel, rows: Sequence[int], inks: style.Inks) -> None:
    """Draw the cuts, each with its value over it."""
    for (at, cut), row in zip(panel.cuts, rows, strict=True):
        if row < 0:
            continue
        ax.axvline(at, color=style.ACCENT, linewidth=1.1, linestyle=(0, (4, 2)))
        ax.annotate(
            style.compact(cut),
            (at, 1.0),
            (0.0, 3.0 + row * _ROW),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            ha="center",
            va="baseline",
            **style.words(inks.ink, labels.SMALLEST),
        )
