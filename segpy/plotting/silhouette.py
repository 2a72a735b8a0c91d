"""How well every row sits in its cluster: a knife for each cluster, its rows from best to worst."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from segpy import _checks, _core, _frames, _labels, _matrix
from segpy.plotting import beside, style
from segpy.plotting import labels as texts

_MOST_ROWS = 50_000  # every row is compared with every other: more take their time
_MOST_STEPS = 400  # of one knife; more cannot be told apart and would swell a page
_FOOT = 36.0  # points under the axes: numbers and what they measure
_SIZE = 8.5  # of the names, in points
_STEP = _SIZE * texts.LINE


@dataclass(frozen=True)
class _Knife:
    """One cluster: its name, its silhouettes from best to worst, where it stands."""

    name: str
    colour: str
    values: NDArray[np.float64]
    top: float = 0.0

    @property
    def mean(self) -> float:
        return _frames.total(self.values) / len(self.values)

    @property
    def facts(self) -> str:
        rows = len(self.values)
        return f"{style.count(rows)} row{'s' * (rows != 1)}, mean {_signed(self.mean)}"


def plot_silhouette(X: Any, labels: Any, ax: Axes | None = None) -> Axes:
    """Draw the silhouette of every row, cluster by cluster: the knife plot.

    Long, blunt knives are good clusters. A knife that ends in a thin point has rows between two
    clusters; what lies left of 0 sits nearer to another cluster than to its own.

    Parameters
    ----------
    X : array or DataFrame (pandas, polars or pyarrow) of shape (n_samples, n_features)
        Finite numbers, as `silhouette_samples` takes them.
    labels : array-like of shape (n_samples,)
        The cluster of each row. The noise label -1 is a label like any other.
    ax : Axes, optional
        Where to draw; by default a new figure.

    Returns
    -------
    Axes
        x: silhouette; y: rows, best first within each cluster, clusters in the order of their
        labels. Of more than 50,000 rows a sample of so many is computed, and the picture says so;
        a cluster of more than 400 rows is drawn by 400 evenly spread ones.

    Raises
    ------
    ValueError, TypeError
        As `silhouette_samples`; if `ax` is no Axes.

    Notes
    -----
    Clusters have the colours of `plot_clusters`; what is below 0 has that of text. Beside the name
    of each cluster stand its rows and its mean silhouette; the dashed line is the
    mean of all rows. O(m^2 n_features) for m different rows.

    Examples
    --------
    >>> ax = plot_silhouette([[0.0], [1.0], [9.0], [10.0]], ["low", "low", "high", "high"])
    >>> ax.get_title(loc="left")
    'Mean silhouette 0.89: no row sits nearer to another cluster'
    """
    who = "plot_silhouette"
    X = _matrix.read(who, X)
    _matrix.finite(who, X)
    coded = _labels.read(who, labels, X)
    rows = len(X)
    if rows > _MOST_ROWS:
        some = np.sort(np.random.default_rng(0).choice(rows, _MOST_ROWS, replace=False))
        X, coded = replace(X, values=X.values[some]), replace(coded, codes=coded.codes[some])
    _labels.comparable(who, coded)
    threads = _checks.cores()
    samples = _core.silhouette(X.values, coded.codes, len(coded.names), threads, "", None)
    ax = style.axes(who, ax, (7.2, 4.8), (0.26, 0.26, 0.62, 0.46))
    inks = style.inks(ax)
    mean = _frames.total(samples) / len(samples)
    texts.title_first(ax, _title(samples, mean), inks)
    lines = _said(ax, samples, mean, rows, 0).count("\n")
    beside.make_room(ax, below=_FOOT + 9.0 * texts.LINE * lines)
    style.chart(ax, inks, grid="x")
    knives, height = _stand(_knives(samples, coded, inks))
    lowest = _scale(ax, samples, knives, height, inks)
    for place, knife in enumerate(knives):
        _draw(ax, place, knife, inks)
    ax.plot([mean, mean], [0, height], color=inks.ink, linewidth=1.0, linestyle=(0, (4, 3)))
    unnamed = _names(ax, knives, height, lowest, inks)
    ax.set_xlabel(_said(ax, samples, mean, rows, unnamed), **style.words(inks.ink, 9))
    return ax


def _signed(value: float) -> str:
    text = f"{abs(value):.2f}"
    return f"\N{MINUS SIGN}{text}" if value < 0 and text != "0.00" else text


def _knives(samples: NDArray[np.float64], coded: _labels.Labels, inks: style.Inks) -> list[_Knife]:
    """Gather the silhouettes of each cluster that has rows, best first; plot_clusters' colours."""
    order = np.lexsort((-samples, coded.codes))
    ends = np.cumsum(np.bincount(coded.codes, minlength=len(coded.names)))
    parts = zip(coded.names, np.split(samples[order], ends[:-1]), strict=True)
    there = [(name, values) for name, values in parts if len(values)]
    noise = [isinstance(name, int) and name == -1 for name, _ in there]
    grouped = [name for (name, _), none in zip(there, noise, strict=True) if not none]
    colours = iter(style.group_colours(grouped))
    return [
        _Knife(texts.tidy(name), inks.soft if none else next(colours), values)
        for (name, values), none in zip(there, noise, strict=True)
    ]


def _stand(knives: list[_Knife]) -> tuple[list[_Knife], float]:
    """Give every knife its place from the top down, and the height of all in rows."""
    rows = sum(len(knife.values) for knife in knives)
    gap = min(0.02, 0.2 / len(knives)) * rows
    top, standing = gap / 2, []
    for knife in knives:
        standing.append(replace(knife, top=top))
        top += len(knife.values) + gap
    return standing, top - gap / 2


def _scale(
    ax: Axes, samples: NDArray[np.float64], knives: list[_Knife], height: float, inks: style.Inks
) -> float:
    """Set the axes so that the names have room left of the lowest value; give that value."""
    width = style.points(ax)[0]
    lowest = float(samples.min())
    lowest = lowest - 0.02 if lowest < 0 else 0.0
    longest = max(texts.width(k.facts, _SIZE) for k in knives)
    longest = max(longest, *(texts.width(k.name, _SIZE, True) for k in knives))
    column = min(longest + 14.0, 0.4 * width)
    ax.set_xlim(lowest - (1.0 - lowest) * column / (width - column), 1.0)
    ax.set_ylim(height, 0)
    unit = (width - column) / (1.0 - lowest)
    step = next((s for s in (0.25, 0.5) if s * unit > 34.0), 1.0)
    ticks = np.arange(math.ceil(lowest / step) * step, 1.0 + step / 2, step)
    ax.set_xticks(ticks, [_signed(tick) if tick else "0" for tick in ticks])
    ax.set_yticks([])
    ax.spines["bottom"].set_bounds(lowest, 1.0)
    ax.plot([0, 0], [0, height], color=inks.soft, linewidth=0.8, linestyle="-")
    return lowest


def _draw(ax: Axes, place: int, knife: _Knife, inks: style.Inks) -> None:
    """Draw a knife, a step a row: what is below 0 in the colour of text, which no group has."""
    rows = len(knife.values)
    steps = min(rows, _MOST_STEPS)
    edges = knife.top + np.linspace(0, rows, steps + 1)
    middle = ((np.arange(steps) + 0.5) * rows / steps).astype(np.int64)
    values = knife.values[middle]
    values[-1] = knife.values[-1]
    values[0] = knife.values[0]
    for part, colour, name in (
        (np.maximum(values, 0.0), knife.colour, "knife"),
        (np.minimum(values, 0.0), inks.ink, "below"),
    ):
        if part.any() or name == "knife":
            ax.fill_betweenx(
                edges,
                np.append(part, part[-1]),
                step="post",
                color=colour,
                linewidth=0,
                gid=f"{name}-{place}",
            )


def _names(ax: Axes, knives: list[_Knife], height: float, lowest: float, inks: style.Inks) -> int:
    """Write each cluster's name beside its knife, under it rows and mean where all have room.

    Gives how many clusters found no room for their name.
    """
    width, tall = style.points(ax)
    left, right = ax.get_xlim()
    room = (lowest - left) / (right - left) * width - 8.0
    named = sorted(knives, key=lambda k: -len(k.values))[: max(1, int(tall // _STEP))]
    named.sort(key=lambda k: k.top)
    facts = min(texts.width(k.facts, _SIZE) <= room for k in named)
    step = _STEP * (2 if facts and 2.2 * _STEP * len(named) <= tall else 1)
    at = np.array([(k.top + len(k.values) / 2) / height * tall for k in named])
    for i in range(len(at)):  # apart from the one above, down from the top
        at[i] = max(at[i], at[i - 1] + step if i else step / 2)
    for i in reversed(range(len(at))):  # and up again from the bottom
        at[i] = min(at[i], at[i + 1] - step if i + 1 < len(at) else tall - step / 2)
    for i, knife in enumerate(named):
        above = at[i] - (at[i - 1] if i else -tall)
        below = (at[i + 1] if i + 1 < len(at) else 2 * tall) - at[i]
        free = min(above, below) >= step + _STEP  # its neighbours leave a line between them
        lines = texts.wrap(knife.name, room, _SIZE, True) if free else []
        lines = lines or [texts.cut(knife.name, room, _SIZE, True)]
        both = [(line, True) for line in lines] + [(knife.facts, False)] * (step > _STEP)
        for place, (line, bold) in enumerate(both):
            down = (at[i] + (place - (len(both) - 1) / 2) * _STEP) / tall * height
            dress = style.words(inks.ink if bold else inks.soft, _SIZE, bold=bold)
            ax.text(left, down, line, va="center_baseline", clip_on=False, **dress)
    return len(knives) - len(named)


def _title(samples: NDArray[np.float64], mean: float) -> str:
    below = int(np.count_nonzero(samples < 0))
    who = "no row sits" if not below else f"{style.share(below / len(samples))} of rows sit"
    return f"Mean silhouette {_signed(mean)}: {who} nearer to another cluster"


def _said(ax: Axes, samples: NDArray[np.float64], mean: float, rows: int, unnamed: int) -> str:
    """Say under the axes what they measure, on one line where that is enough."""
    tail = ""
    if rows > len(samples):
        tail += f"; a sample of {style.count(len(samples))} of {style.count(rows)} rows"
    if unnamed:
        tail += f"; {unnamed} smaller clusters are not named"
    room = style.points(ax)[0]
    ways = (
        f"Silhouette of each row (dashed: mean {_signed(mean)}){tail}",
        f"Silhouette (dashed: mean {_signed(mean)}){tail}",
        "Silhouette" + tail,
    )
    for most in (1, 3):
        for way in ways:
            lines = texts.wrap(way, room, 9, most=most)
            if lines:
                return "\n".join(lines)
    return "Silhouette"
