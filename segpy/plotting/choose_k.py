"""What choose_k found: how far apart, how stable and how compact clusters are at every k."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, NullLocator
from numpy.typing import NDArray

from segpy import _checks
from segpy.plotting import beside, labels, style

Floats = NDArray[np.float64]

_SIZE = 8.5
_FOOT = 40.0  # points under the axes: the k and what they are
_ROW = 14.0  # points: a row of the key
_LEAST = 40.0  # points: lines need so much height, whatever the key would take
_DASH = 18.0  # points: the piece of line before a name


class _Line(NamedTuple):
    """A column of the table as the picture shows it; `short` where there is little room."""

    column: str
    name: str
    short: str
    colour: str
    dashes: Any
    width: float


# The first is what decides.
_LINES = (
    _Line(
        "separation",
        "separation (1: emptier space between all)",
        *("separation", style.MAIN),
        "-",
        2.2,
    ),
    _Line("silhouette", "silhouette", "silhouette", "#1b8369", "-", 1.6),
    _Line("stability", "stability in resamples", "stability", style.ACCENT, "-", 1.6),
    _Line(
        "stability_ref",
        "stability without clusters",
        *("without clusters", style.ACCENT),
        (0, (3, 2)),
        1.2,
    ),
)


def plot_choose_k(result: Any, ax: Axes | None = None) -> Axes:
    """Draw what `choose_k` found at every k, and which k it chose.

    Clusters are natural where the blue line is at 1 or above: emptier space lies between any two.
    The solid orange line tells how often resamples find the same groups, the dashed one how often
    they would if there were no clusters.

    Parameters
    ----------
    result : KChoice
        What `choose_k` returns.
    ax : Axes, optional
        Where to draw; by default a new figure.

    Returns
    -------
    Axes
        x: k; y: `separation`, `stability`, `stability_ref` and `silhouette` of the table, as far as
        they were asked for. The chosen (else suggested) k is a vertical line.

    Raises
    ------
    TypeError
        If `result` is not from `choose_k`, or `ax` no Axes.

    Examples
    --------
    >>> import numpy as np
    >>> import segpy as sp
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(300, 2)) + 9 * rng.integers(2, size=(300, 2))
    >>> ax = plot_choose_k(sp.choose_k(X, range(2, 7), n_boot=10, n_refs=0))
    >>> ax.get_title(loc="left")
    '4 natural clusters'
    """
    who = "plot_choose_k"
    names = ("table", "kind", "best_k", "suggested_k")
    if not all(hasattr(result, name) for name in names):
        raise _checks.type_error(who, "'result'", "what choose_k returned", result)
    ax = style.axes(who, ax, (7.2, 4.6), (0.5, 0.26, 1.0, 0.46))
    inks = style.inks(ax)
    labels.title_first(ax, _title(result), inks)
    style.chart(ax, inks)
    table = result.table.loc[result.table.index >= 2]
    ks = table.index.to_numpy(np.float64)
    known = [line for line in _LINES if table[line.column].notna().any()]
    values = [table[line.column].to_numpy(np.float64) for line in known]
    _key(ax, known, inks)
    top, low = _scale(values)
    ax.set_xlim(ks[0] - 0.4, ks[-1] + 0.4)
    ax.set_ylim(low, top)
    ax.axhline(1.0, color=inks.soft, linewidth=0.8)
    ax.axvline(result.suggested_k, color=inks.line, linewidth=9.0, zorder=0.5)
    for line, value in zip(known, values, strict=True):
        ax.plot(
            *(ks, np.minimum(value, top)),
            color=line.colour,
            linestyle=line.dashes,
            linewidth=line.width,
            marker="o",
            markersize=3.5 if line.width > 1.2 else 0.0,
            label=line.name,
        )
    _axis(ax, ks, inks)
    return ax


def _scale(values: list[Floats]) -> tuple[float, float]:
    """Choose the highest and lowest value shown; a separation of far more than 2 is cut off."""
    found = np.concatenate(values)
    found = found[np.isfinite(found)]
    highest, lowest = (float(f(found, initial=1.0)) for f in (np.max, np.min))
    return max(1.1, 1.06 * min(highest, 2.5)), min(0.0, 1.1 * lowest)


def _axis(ax: Axes, ks: Floats, inks: style.Inks) -> None:
    """Write every k, or every n-th where they stand too close."""
    room = style.points(ax)[0] / (ks[-1] - ks[0] + 0.8)
    every = max(1, math.ceil(labels.width("00", _SIZE) * 1.4 / room))
    ax.xaxis.set_major_locator(FixedLocator([float(k) for k in ks if int(k) % every == 0]))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:.0f}")
    ax.set_xlabel("k, the number of clusters", **style.words(inks.soft))


def _key(ax: Axes, known: list[_Line], inks: style.Inks) -> None:
    """Set the names of the lines below the axes, two a row, where the picture keeps its room."""
    names, size, second = _fitting(known, style.points(ax)[0])
    rows = -(-len(names) // 2)
    if second < 0 or not beside.make_room(ax, below=_FOOT + _ROW * rows, least=_LEAST):
        beside.make_room(ax, below=_FOOT)
        return
    corner = beside.from_corner(ax)
    for place, (line, name) in enumerate(zip(known, names, strict=True)):
        x, y = place % 2 * second, -_FOOT - _ROW * (place // 2 + 0.5)
        ax.plot(
            *([x, x + _DASH], [y, y]),
            color=line.colour,
            linestyle=line.dashes,
            linewidth=line.width,
            transform=corner,
            clip_on=False,
        )
        dress = style.words(inks.soft, size)
        ax.text(x + _DASH + 5.0, y, name, transform=corner, va="center_baseline", **dress)


def _fitting(known: list[_Line], room: float) -> tuple[list[str], float, float]:
    """Choose names and their size that fit, and where the second column begins; below 0: none."""
    full, short = [line.name for line in known], [line.short for line in known]
    for names, size in (
        (full, _SIZE),
        (full, labels.SMALLEST),
        (short, _SIZE),
        (short, labels.SMALLEST),
    ):
        widths = [_DASH + 5.0 + labels.width(name, size) for name in names]
        second = max(widths[::2]) + 12.0
        beside = max(widths[1::2], default=-12.0)
        if second + beside <= room:
            return names, size, max(second, min(0.5 * room, room - beside))
    return names, size, -1.0


def _title(result: Any) -> str:
    if result.best_k is not None:
        return f"{result.best_k} natural clusters"
    if result.kind == "reproducible":
        return f"No natural clusters; {result.suggested_k} groups that resamples find again"
    return f"No natural clusters; {result.suggested_k} groups would be a construction"
