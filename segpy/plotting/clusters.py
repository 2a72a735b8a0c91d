"""Customers as points, coloured by the group they are in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from segpy import _checks, _columns, _frames, _matrix
from segpy.plotting import beside, style
from segpy.plotting import labels as text
from segpy.plotting.labels import Entry, Key

_WHO = "plot_clusters"
_MOST = 20_000  # points drawn; more only hide each other
_VECTORS = 5_000  # points from which a vector picture would be larger than the same in pixels
_FOOT = 36.0  # points under the axes: numbers and what they measure
_SIDE = 46.0  # points beside the axes, for the same
_DISC = 7.5  # points: radius of the mark at the middle of a group
_NOISE = -1
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class _Cloud:
    """Points on the plane with their groups, and what the two axes measure.

    `middles` has a row a group; `spread` is the share of the variance the plane holds.
    """

    points: Floats
    codes: Ints
    groups: list[Any]
    sizes: Ints
    middles: Floats
    axes: tuple[str, str]
    spread: float


def plot_clusters(
    X: object, labels: object, centers: object = None, ax: Axes | None = None
) -> Axes:
    """Draw customers as points, coloured by group, with a mark at the middle of each group.

    Two columns are the two axes. More are turned so that the picture shows the two directions in
    which the points spread most (their first two principal components), and its title says how
    much of the spread they hold. With one column each group has a line of its own.

    Parameters
    ----------
    X : DataFrame or array-like of shape (n_samples, n_features)
        What was clustered, on the scale it was clustered on; all columns are numbers. A table's
        column names go to the axes.
    labels : array-like of shape (n_samples,)
        The group of each row, whole numbers or names; -1 is noise, drawn quietly. A Series with
        the index of `X` in another order is taken by its index.
    centers : array-like of shape (n_groups, n_features), optional
        Where the marks stand, such as `KMeans.cluster_centers_`: row i is the group with the label
        i, or of names the i-th in ascending order. By default the mean of each group.
    ax : Axes, optional
        Where to draw; by default a new figure. The key takes its room from the foot of the Axes.

    Returns
    -------
    Axes
        In units of `X`, or of its principal components. ``ax.collections[0]`` are the points, the
        marks are the texts of ``ax``.

    Raises
    ------
    ValueError
        If a number is NaN or infinite, there is no row or column, the labels are of another length
        or missing, or `centers` does not fit `X` and `labels`.
    TypeError
        If `X` holds no numbers or `ax` is no Axes.

    See Also
    --------
    plot_profile : what sets the groups apart, which a picture of two directions cannot show.

    Notes
    -----
    Above 20,000 rows a share of each group is drawn, at least 50 points of each, evenly taken
    along the horizontal axis, and the title says how many; equal rows in another order give the
    same picture. Principal components are of the covariance matrix, by NumPy's SVD; the largest
    loading of each is positive. Nothing is scaled.

    Examples
    --------
    >>> import pandas as pd
    >>> import segpy as sp
    >>> X = pd.DataFrame({"income": [15, 17, 80, 90], "spending": [80, 75, 10, 15]})
    >>> ax = sp.plot_clusters(X, [0, 0, 1, 1])
    >>> ax.get_xlabel(), ax.get_title(loc="left")
    ('income', '4 rows in 2 groups')
    """
    return draw_clusters(X, labels, centers, ax)


def draw_clusters(
    X: object, labels: object, centers: object = None, ax: Axes | None = None, most: int = _MOST
) -> Axes:
    """Draw as `plot_clusters` does, at most `most` points: a page has room for fewer."""
    rows = _matrix.read(_WHO, X)
    _matrix.finite(_WHO, rows)
    values = rows.values.astype(np.float64)
    names = [text.tidy(name) for name in rows.names or []]
    names = names or [f"Feature {place}" for place in range(rows.width)]
    index = pd.RangeIndex(len(rows)) if rows.index is None else rows.index
    found = _frames.encode(_WHO, _columns.labels(_WHO, "'labels'", labels, index))
    codes = found.codes.astype(np.int64)
    if (codes < 0).any():
        row = int(np.argmax(codes < 0))
        raise _checks.value_error(_WHO, "'labels'", "a group in every row", f"none in row {row}")
    groups = found.ids.tolist()
    cloud = _cloud(values, names, codes, groups, _centers(centers, groups, values.shape[1]))
    ax = style.axes(_WHO, ax, (7.2, 5.2), style.CHART)
    inks = style.inks(ax)
    _draw(ax, cloud, inks, most)
    return ax


def _centers(centers: object, groups: Sequence[Any], n_columns: int) -> Floats | None:
    """Give the centre of each group in the order of the groups, NaN for noise."""
    if centers is None:
        return None
    places = [p for p, group in enumerate(groups) if not _is_noise(group)]
    numbered = all(isinstance(groups[p], int) and groups[p] >= 0 for p in places)
    rows = [groups[p] for p in places] if numbered else list(range(len(places)))
    least = max(rows, default=-1) + 1
    allowed = f"of shape ({least if numbered else len(places)}, {n_columns}), a row a group"
    try:
        given = np.asarray(centers, dtype=np.float64)
    except (TypeError, ValueError):
        raise _checks.type_error(_WHO, "'centers'", "an array " + allowed, centers) from None
    fits = given.ndim == 2 and given.shape[1] == n_columns
    if not fits or len(given) < least or (not numbered and len(given) != least):
        raise _checks.value_error(_WHO, "'centers'", allowed, f"shape {given.shape}")
    if not np.isfinite(given).all():
        row = int(np.argmin(np.isfinite(given).all(axis=1)))
        raise _checks.value_error(_WHO, "'centers'", "finite", f"{given[row]} in row {row}")
    result = np.full((len(groups), n_columns), np.nan)
    result[places] = given[rows]
    return result


def _is_noise(group: object) -> bool:
    return isinstance(group, int) and group == _NOISE


def _cloud(
    values: Floats, names: Sequence[str], codes: Ints, groups: list[Any], centers: Floats | None
) -> _Cloud:
    """Lay the points on the plane."""
    sizes = np.bincount(codes, minlength=len(groups))
    middles = np.column_stack(
        [np.bincount(codes, weights=c, minlength=len(groups)) / sizes for c in values.T]
    )
    if centers is not None:
        middles = np.where(np.isnan(centers), middles, centers)
    spread = 1.0
    if values.shape[1] == 1:
        values, middles = _strips(values[:, 0], codes, middles[:, 0])
        axes = (names[0], "")
    elif values.shape[1] == 2:
        axes = (names[0], names[1])
    else:
        plane, centre, shares = _plane(values)
        values, middles = (values - centre) @ plane, (middles - centre) @ plane
        spread = float(shares.sum())
        axes = (
            f"First principal component ({style.share(shares[0])})",
            f"Second principal component ({style.share(shares[1])})",
        )
    return _Cloud(values, codes, groups, sizes, middles, axes, spread)


def _strips(values: Floats, codes: Ints, middles: Floats) -> tuple[Floats, Floats]:
    """Give each group a strip, points of a strip apart by the golden ratio, not by chance."""
    order = np.lexsort((values, codes))
    apart = np.empty(len(values))
    apart[order] = (np.arange(len(values)) * 0.6180339887498949) % 1.0
    heights = codes + 0.6 * (apart - 0.5)
    return np.column_stack([values, -heights]), np.column_stack([middles, -np.arange(len(middles))])


def _plane(values: Floats) -> tuple[Floats, Floats, Floats]:
    """Find the two directions of most spread, the mean, and their shares of the variance."""
    centre = values.mean(axis=0)
    apart = values - centre
    size = float(np.abs(apart).max())
    if size > 0:
        apart /= size
    covariance = apart.T @ apart / len(apart)
    directions, spreads, _ = np.linalg.svd(covariance)
    plane = directions[:, :2]
    largest = np.argmax(np.abs(plane), axis=0)
    plane = plane * np.where(plane[largest, [0, 1]] < 0, -1.0, 1.0)
    total = float(spreads.sum())
    return plane, centre, spreads[:2] / total if total > 0 else np.zeros(2)


def _shares(sizes: Ints, most: int) -> Ints:
    """Decide how many points of each group are drawn: its share, but no fewer than 50."""
    n = int(sizes.sum())
    if n <= most:
        return sizes
    least = min(50, most // len(sizes))
    wanted = np.minimum(sizes, np.maximum(sizes * most // n, least))
    # What small groups have above their share is taken from the largest ones.
    while (over := int(wanted.sum()) - most) > 0:
        largest = int(np.argmax(wanted))
        wanted[largest] -= min(over, max(1, int(wanted[largest] - least) // 2))
    return wanted


def _thinned(cloud: _Cloud, most: int) -> tuple[Floats, Ints]:
    """Choose the points that are drawn, and mix the groups so that none covers the others.

    The choice looks at the points alone, not at the order of their rows.
    """
    places, groups = [], []
    shares = _shares(cloud.sizes, most)
    for code, (size, wanted) in enumerate(zip(cloud.sizes, shares, strict=True)):
        keys = np.empty(size, dtype=np.complex128)
        keys.real, keys.imag = cloud.points[cloud.codes == code].T
        keys.sort()  # by the horizontal place, then by the vertical one
        chosen = keys[(np.arange(wanted) * size) // wanted]
        places.append(np.column_stack([chosen.real, chosen.imag]))
        groups.append(np.full(wanted, code, dtype=np.int64))
    points, codes = np.concatenate(places), np.concatenate(groups)
    mixed = np.random.default_rng(0).permutation(len(points))
    return points[mixed], codes[mixed]


def _draw(ax: Axes, cloud: _Cloud, inks: style.Inks, most: int) -> None:
    """Draw the points, the marks and the key, and say in the title what is shown."""
    noise = [_is_noise(group) for group in cloud.groups]
    points, codes = _thinned(cloud, most)
    if cloud.axes[1]:
        beside.make_room(ax, left=_SIDE)
    text.title_first(ax, _said(cloud, len(points), noise), inks)
    named = [group for group, none in zip(cloud.groups, noise, strict=True) if not none]
    found = iter(style.group_colours(named))
    colours = [inks.soft if none else next(found) for none in noise]
    marks = _marks(cloud.groups)
    key = _key(ax, cloud, colours, marks)
    _room_for(ax, key, inks)
    style.chart(ax, inks)
    shades = np.asarray(colours, dtype=object)[codes]
    # Many points are small and let each other be seen.
    size = float(np.clip(4000.0 / len(points), 3.0, 26.0))
    ax.scatter(
        points[:, 0],
        points[:, 1],
        # One size is one path that all points of an SVG use; many are as many paths.
        s=np.where(np.asarray(noise)[codes], 0.6 * size, size) if any(noise) else size,
        c=list(shades),
        alpha=0.9 if len(points) <= 500 else 0.65,
        linewidths=0,
        rasterized=len(points) > _VECTORS,
        gid="points",
    )
    _scales(ax, cloud, points, inks)
    grouped = [place for place, none in enumerate(noise) if not none]
    for place, where in zip(grouped, _apart(ax, cloud.middles[grouped]), strict=True):
        _disc(ax, where, colours[place], marks[place], inks)


def _said(cloud: _Cloud, drawn: int, noise: Sequence[bool]) -> str:
    """Say how many rows are shown in how many groups, and what the picture leaves out."""
    lost = int(cloud.sizes[np.asarray(noise)].sum())
    n, groups = len(cloud.points), len(cloud.groups) - sum(noise)
    said = f"{style.count(n)} row{'' if n == 1 else 's'} in "
    said += "1 group" if groups == 1 else f"{groups} groups"
    if lost:
        said += f", {style.count(lost)} of them in none"
    if drawn < n:
        said += f"; {style.count(drawn)} are drawn"
    if cloud.spread < 1.0:
        said += f"; the picture holds {style.share(cloud.spread)} of their spread"
    return said


def _marks(groups: Sequence[Any]) -> list[str]:
    """Give each group a mark of at most three letters: its own short label, else a letter."""
    own = [text.tidy(group) for group in groups]
    if all(0 < len(mark) <= 3 for mark in own) and len(set(own)) == len(own):
        return own
    letters = [chr(ord("A") + place % 26) for place in range(len(own))]
    return [m if p < 26 else f"{m}{p // 26 + 1}" for p, m in enumerate(letters)]


def _key(ax: Axes, cloud: _Cloud, colours: Sequence[str], marks: Sequence[str]) -> Key:
    """Lay the key out: each group with its mark, name and size."""
    n = len(cloud.points)
    entries = []
    for group, size, colour, mark in zip(cloud.groups, cloud.sizes, colours, marks, strict=True):
        name = "Noise" if _is_noise(group) else text.tidy(group)
        name = f"Group {name}" if name == mark else name
        facts = f": {style.count(size)} ({style.share(size / n)})"
        entries.append(Entry(name, facts, colour, "" if _is_noise(group) else mark))
    width, height = style.points(ax)

    def rest(start: int) -> Entry:
        people = style.count(int(cloud.sizes[start:].sum()))
        return Entry(f"{len(entries) - start} more groups", f": {people}", style.MAIN, hollow=True)

    room = min(0.35 * height, height - 60.0)
    key = text.key(entries if room >= 20.0 else [], width, room, rest)
    # A key that only counts the groups says nothing that the title does not.
    counted = len(key.entries) == 1 < len(entries)
    return text.key([], width, room, rest) if counted else key


def _room_for(ax: Axes, key: Key, inks: style.Inks) -> None:
    """Move the foot of the axes up and draw the key where it stood, below what they measure."""
    if not key.height or not beside.make_room(ax, below=key.height + _FOOT):
        beside.make_room(ax, below=_FOOT)
        return
    width = style.points(ax)[0]
    place = (0.0, -key.height - _FOOT, width, key.height)
    sheet = ax.inset_axes(place, transform=beside.from_corner(ax))
    style.bare(sheet)
    sheet.set_xlim(0, width)
    sheet.set_ylim(0, key.height)
    key.draw(sheet, key.height, inks)


def _scales(ax: Axes, cloud: _Cloud, points: Floats, inks: style.Inks) -> None:
    """Set the ranges and say what the axes measure."""
    every = np.concatenate([points, cloud.middles])
    for limits, column in ((ax.set_xlim, every[:, 0]), (ax.set_ylim, every[:, 1])):
        low, high = float(column.min()), float(column.max())
        air = 0.05 * (high - low) or 0.05 * abs(high) or 1.0
        limits(low - air, high + air)
    dress = style.words(inks.ink, 9)
    width, height = style.points(ax)
    style.ticks(ax.xaxis)
    ax.set_xlabel(text.cut(cloud.axes[0], width, 9), **dress)
    ax.grid(True, axis="x", color=inks.line, linewidth=0.7, linestyle="-")
    if cloud.axes[1]:
        style.ticks(ax.yaxis)
        ax.set_ylabel(text.cut(cloud.axes[1], height, 9), **dress)
    else:
        ax.set_yticks([])
        ax.grid(False, axis="y")
    for axis, room in ((ax.xaxis, width), (ax.yaxis, height)):
        if axis is ax.xaxis or cloud.axes[1]:
            axis.set_major_locator(_locator(room))


def _locator(room: float) -> Any:
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(max(1, min(7, int(room // 48))))


def _apart(ax: Axes, middles: Floats) -> Floats:
    """Move marks that would cover each other apart; give their places in points."""
    size = np.asarray(style.points(ax))
    low = np.array([ax.get_xlim()[0], ax.get_ylim()[0]])
    high = np.array([ax.get_xlim()[1], ax.get_ylim()[1]])
    places: Floats = (middles - low) / (high - low) * size
    room = 2 * _DISC + 1.0
    angles = 2.4 * np.arange(len(places))
    nudge = np.column_stack([np.cos(angles), np.sin(angles)])
    for _ in range(60):
        gaps = places[:, None] - places[None, :]
        far = np.hypot(gaps[..., 0], gaps[..., 1])
        np.fill_diagonal(far, np.inf)
        if len(places) == 0 or far.min() >= room:
            break
        close = np.maximum(room - far, 0.0) / 2
        ways = np.where(far[..., None] > 1e-9, gaps / np.maximum(far, 1e-9)[..., None], 0.0)
        ways = np.where(far[..., None] > 1e-9, ways, (nudge[:, None] - nudge[None, :]))
        places = places + (ways * close[..., None]).sum(axis=1)
        places = np.clip(places, _DISC, np.maximum(size - _DISC, _DISC))
    return places


def _disc(ax: Axes, place: Floats, colour: str, mark: str, inks: style.Inks) -> None:
    """Draw the mark of a group: its letter or number on a disc of its colour."""
    width, height = style.points(ax)
    x, y = place[0] / width, place[1] / height
    ax.plot(
        [x],
        [y],
        "o",
        transform=ax.transAxes,
        markersize=2 * _DISC,
        markerfacecolor=colour,
        markeredgecolor=inks.paper,
        markeredgewidth=1.6,
        zorder=4,
        clip_on=False,
        gid="mark",
    )
    ax.text(
        x,
        y,
        mark,
        transform=ax.transAxes,
        ha="center",
        va="center_baseline",
        zorder=5,
        **style.words(style.text_on(colour), text.SMALLEST, bold=True),
    )
