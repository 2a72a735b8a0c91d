"""What choose_k found: how far apart, how stable and how compact clusters are at every k."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, NullLocator
from numpy.typing import NDArray

from segpy import _checks
from segpy.plotting import labels, style

Floats = NDArray[np.float64]

_SIZE = 8.5
# Column, what the picture calls it, colour, dashes, width: the first is what decides.
_LINES: tuple[tuple[str, str, str, Any, float], ...] = (
    ("separation", "separation (1: emptier space between all)", style.MAIN, "-", 2.2),
    ("stability", "stability in resamples", style.ACCENT, "-", 1.6),
    ("stability_ref", "stability without clusters", style.ACCENT, (0, (3, 2)), 1.2),
    ("silhouette", "silhouette", "#1b8369", "-", 1.6),
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
    style.chart(ax, inks)
    table = result.table.loc[result.table.index >= 2]
    ks = table.index.to_numpy(np.float64)
    known = [line for line in _LINES if table[line[0]].notna().any()]
    values = [table[line[0]].to_numpy(np.float64) for line in known]
    top, low = _scale(values)
    ax.set_xlim(ks[0] - 0.4, ks[-1] + 0.4)
    ax.set_ylim(low, top)
    ax.axhline(1.0, color=inks.soft, linewidth=0.8)
    ax.axvline(result.suggested_k, color=inks.line, linewidth=9.0, zorder=0.5)
    for (_, name, colour, dashes, wide), line in zip(known, values, strict=True):
        ax.plot(
            *(ks, np.minimum(line, top)),
            color=colour,
            linestyle=dashes,
            linewidth=wide,
            marker="o",
            markersize=3.5 if wide > 1.2 else 0.0,
            label=name,
        )
    _axis(ax, ks, inks)
    _key(ax, known, inks)
    labels.title(ax, _title(result), inks)
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


def _key(ax: Axes, known: list[tuple[str, str, str, Any, float]], inks: style.Inks) -> None:
    """Set the names of the lines below the axes, two a row."""
    width, height = style.points(ax)
    for place, (_, name, colour, dashes, wide) in enumerate(known):
        x, y = place % 2 * width * 0.56, -50.0 - 14.0 * (place // 2)
        ax.plot(
            [x / width, (x + 18.0) / width],
            [(y + 3.0) / height] * 2,
            color=colour,
            linestyle=dashes,
            linewidth=wide,
            transform=ax.transAxes,
            clip_on=False,
        )
        ax.text(
            (x + 23.0) / width,
            y / height,
            labels.cut(name, width * 0.56 - 26.0, _SIZE),
            transform=ax.transAxes,
            **style.words(inks.soft, _SIZE),
        )


def _title(result: Any) -> str:
    if result.best_k is not None:
        return f"{result.best_k} natural clusters"
    if result.kind == "reproducible":
        return f"No natural clusters; {result.suggested_k} groups that resamples find again"
    return f"No natural clusters; {result.suggested_k} groups would be a construction"
