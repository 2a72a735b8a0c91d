"""What sets groups apart, as a table whose colours say how far."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from segpy import _checks, _frames
from segpy.plotting import labels, style, tables
from segpy.plotting.labels import LINE, SMALLEST

_WHO = "plot_profile"
_LOW, _SAME, _HIGH = "#b35a12", "#eef1f4", "#0d4a82"  # below the rest, like it, above it
_UNKNOWN = "none"
_FLAT = 13.0  # points: the least height of a row
_NARROW = 13.0  # points: the least width of a column
_LEGEND = 26.0  # points: the strip that explains the colours
_LOST = 12.0  # points: the line that says what had no room
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class _Grid:
    """The profile as matrices: a row a group, a column a feature, most telling first."""

    groups: list[str]
    sizes: list[int]
    features: list[str]
    used: list[bool]
    median: Floats
    effect: Floats


def plot_profile(profile: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw what sets groups apart: a row a group, a column a feature, most telling first.

    Each cell shows the group's median, in the unit of the column, and its colour how far the
    group lies above or below all other rows.

    Parameters
    ----------
    profile : DataFrame
        The table of `segment_profile`; used are ``segment``, ``feature``, ``size``, ``median``,
        ``effect`` and ``used``. To show names, put them into its column of groups:
        ``profile.assign(segment=profile["segment"].map(names))``.
    ax : Axes, optional
        Where to draw; by default a new figure that is as high as the groups ask for. Text is laid
        out for the size the Axes have at the call.

    Returns
    -------
    Axes
        With one Rectangle a cell, ``gid`` "cell-ROW-COLUMN" such as "cell-0-2"; data units are
        points.

    Raises
    ------
    ValueError
        If a column is missing, the table has no row, or a pair of segment and feature is there
        twice.
    TypeError
        If `profile` is no table or `ax` no Axes.

    See Also
    --------
    name_segments : the same in a few words.

    Notes
    -----
    The effect is Cliff's delta, -1 to 1. Features stand in the order of their mean squared effect,
    weighted with the sizes of the groups. Groups and features for which there is no room are
    counted under the table.

    Examples
    --------
    >>> import pandas as pd
    >>> import segpy as sp
    >>> table = pd.DataFrame({"income": [15.0, 17.0, 80.0, 90.0], "age": [31, 50, 31, 40]})
    >>> ax = sp.plot_profile(sp.segment_profile(table, by=["low", "low", "high", "high"]))
    >>> ax.get_title(loc="left")
    'What sets 2 groups apart (medians)'
    """
    needed = ("segment", "feature", "size", "median", "effect", "used")
    advice = "Pass the table of segment_profile."
    table = tables.rows(_WHO, profile, needed, "", "a group and feature", advice)
    grid = _grid(table)
    ax = style.axes(_WHO, ax, _paper(grid), style.BARE)
    inks = style.inks(ax)
    groups = "1 group" if len(grid.groups) == 1 else f"{len(grid.groups)} groups"
    labels.title_first(ax, f"What sets {groups} apart (medians)", inks)
    _draw(ax, grid, style.bare(ax), inks)
    return ax


def _paper(grid: _Grid) -> tuple[float, float]:
    """Choose a size in inches at which every cell, head and name has room, within reason."""
    wide = float(np.clip(2.8 + 0.62 * len(grid.features), 8.0, 16.0))
    points = 72 * wide - 12.0
    left = _names_width(grid, points)
    head = _head_height(grid, len(grid.features), (points - left) / len(grid.features), 150.0)
    rows = len(grid.groups) * (44.0 if len(grid.groups) <= 12 else 26.0)
    return wide, min(36.0 + head + rows + _LEGEND, 1100.0) / 72.0


def _grid(table: pd.DataFrame) -> _Grid:
    """Turn the long table into matrices; the order of its rows does not matter."""
    found = _frames.encode(_WHO, _frames.column(table, "segment"))
    columns = _frames.encode(_WHO, _frames.column(table, "feature").astype(str))
    shape = (len(found.ids), len(columns.ids))
    if pd.MultiIndex.from_arrays([found.codes, columns.codes]).has_duplicates:
        raise _checks.value_error(
            _WHO, "a pair of segment and feature", "in the table once", "one that is there twice"
        )
    median, effect, sizes = (np.full(shape, np.nan) for _ in range(3))
    for name, matrix in (("median", median), ("effect", effect), ("size", sizes)):
        values = _frames.money(_WHO, _frames.column(table, name), check=False)
        matrix[found.codes, columns.codes] = values
    weights = np.nan_to_num(sizes)
    squares = (np.nan_to_num(effect) ** 2 * weights).sum(axis=0)
    telling = np.round(squares / np.maximum(weights.sum(axis=0), 1.0), 12)
    used = pd.Series(table["used"].to_numpy(dtype=bool)).groupby(columns.codes).any()
    order = np.argsort(-telling, kind="stable")
    return _Grid(
        [labels.tidy(name) for name in found.ids],
        [int(np.nan_to_num(row).max()) for row in sizes],
        [labels.tidy(columns.ids[place]) for place in order],
        [bool(used[place]) for place in order],
        median[:, order],
        effect[:, order],
    )


def _draw(ax: Axes, grid: _Grid, size: tuple[float, float], inks: style.Inks) -> None:
    """Draw heads, rows, cells, the legend of the colours, and what had no room."""
    width, height = size
    left = _names_width(grid, width)
    shown = max(1, min(len(grid.features), int((width - left) // _NARROW)))
    column = (width - left) / shown
    head = _head_height(grid, shown, column, (0.4 if height > 150.0 else 0.25) * height)
    room = height - head - _LEGEND
    if room < len(grid.groups) * _FLAT <= height - head and shown == len(grid.features):
        room = height - head  # a group says more than the legend
    if shown < len(grid.features) or room < len(grid.groups) * _FLAT:
        room -= _LOST
    rows = max(1, min(len(grid.groups), int(room // _FLAT)))
    row = min(max(room, _FLAT) / rows, 46.0)
    top = height - head
    _heads(ax, grid, shown, (left, top, column, head), inks)
    for place in range(rows):
        _name(ax, grid, place, (0.0, top - (place + 1) * row, left, row), inks)
    for feature in range(shown):
        size_of = _fitting(grid, feature, rows, (column, row))
        for place in range(rows):
            box = (left + feature * column, top - (place + 1) * row, column, row)
            _cell(ax, grid, place, feature, box, size_of, inks)
    lost = [
        f"{n} more {what}"
        for n, what in (
            (len(grid.groups) - rows, "groups"),
            (len(grid.features) - shown, "features"),
        )
        if n > 0
    ]
    _legend(ax, (left, top - rows * row, width - left), ", ".join(lost), inks)


def _names_width(grid: _Grid, width: float) -> float:
    """Give the names of the groups what they need, at most 38 % of the sheet."""
    widest = max(labels.width(name, 9, True) for name in grid.groups)
    facts = max(labels.width(_rows(n), 8) for n in grid.sizes)
    return min(max(widest, facts) + 10.0, 0.38 * width)


def _rows(n: int) -> str:
    return f"{style.count(n)} row{'' if n == 1 else 's'}"


def _head_lines(grid: _Grid, feature: int, room: float) -> list[str]:
    """Break the name of a feature into lines that fit, with a word where it was not used."""
    said = labels.wrap(grid.features[feature], room, 8.5, most=3)
    if said and not grid.used[feature]:
        said = [*said, "(not used)"] if labels.width("(not used)", SMALLEST) <= room else []
    return said


def _head_height(grid: _Grid, shown: int, column: float, most: float) -> float:
    """Give the heads of the columns their height, upright where they fit, else turned."""
    lines = [_head_lines(grid, feature, column - 6.0) for feature in range(shown)]
    if all(lines):
        return min(most, max(len(one) for one in lines) * 8.5 * LINE + 6.0)
    return min(most, max(labels.width(_turned(grid, f), 8.5) for f in range(shown)) + 8.0)


def _turned(grid: _Grid, feature: int) -> str:
    return grid.features[feature] + ("" if grid.used[feature] else " (not used)")


def _heads(
    ax: Axes,
    grid: _Grid,
    shown: int,
    box: tuple[float, float, float, float],
    inks: style.Inks,
) -> None:
    """Write the names of the features over their columns."""
    left, top, column, head = box
    lines = [_head_lines(grid, feature, column - 6.0) for feature in range(shown)]
    upright = all(lines) and max(len(one) for one in lines) * 8.5 * LINE <= head
    for feature in range(shown):
        ink = inks.ink if grid.used[feature] else inks.soft
        x = left + (feature + 0.5) * column
        if upright:
            said = "\n".join(lines[feature])
            dress = style.words(ink, 8.5)
            ax.text(x, top + 5.0, said, ha="center", va="bottom", linespacing=1.2, **dress)
        else:
            said = labels.cut(_turned(grid, feature), head - 6.0, 8.5)
            dress = style.words(ink, 8.5) | {"rotation": 90, "rotation_mode": "anchor"}
            ax.text(x + 3.0, top + 5.0, said, ha="left", va="baseline", **dress)


def _name(
    ax: Axes,
    grid: _Grid,
    place: int,
    box: tuple[float, float, float, float],
    inks: style.Inks,
) -> None:
    """Write a group's name and size before its row, on as many lines as there is room for."""
    _, low, width, height = box
    facts = _rows(grid.sizes[place])
    most = int(height // (9.0 * LINE)) - 1
    name = grid.groups[place]
    for limit in (min(most, 3), min(most + 1, 4)):
        lines = _broken(name, width - 10.0, limit)
        if lines:
            break
    else:
        lines = [labels.cut(name, width - 10.0, 9, True)]
    size = min(9.0, height / LINE)
    with_facts = (len(lines) + 1) * 9.0 * LINE <= height
    said = [*lines, facts] if with_facts else lines
    step = size * LINE
    for line, one in enumerate(said):
        y = low + height / 2 + (len(said) / 2 - line - 0.5) * step
        last = with_facts and line == len(said) - 1
        dress = style.words(inks.soft, 8) if last else style.words(inks.ink, size, bold=True)
        ax.text(0.0, y, one, ha="left", va="center_baseline", **dress)


def _broken(name: str, room: float, most: int) -> list[str]:
    """Break a name into lines, after its commas if that is enough; [] if it does not fit."""
    lines: list[str] = []
    for part in name.split(", "):
        if lines and labels.width(f"{lines[-1]}, {part},", 9, True) <= room:
            lines[-1] += f", {part}"
        else:
            lines.append(part)
    if len(lines) <= most and all(labels.width(f"{one},", 9, True) <= room for one in lines):
        return [f"{one}," for one in lines[:-1]] + lines[-1:]
    return labels.wrap(name, room, 9, True, most=most) if most > 0 else []


def _shade(effect: float) -> str:
    """Give the colour of an effect: from below the rest over like it to above it."""
    if np.isnan(effect):
        return _UNKNOWN
    return style.blend(_SAME, _HIGH if effect > 0 else _LOW, min(1.0, abs(effect)))


def _written(grid: _Grid, place: int, feature: int) -> str:
    median = float(grid.median[place, feature])
    return "?" if np.isnan(median) else style.compact(median)


def _fitting(grid: _Grid, feature: int, rows: int, cell: tuple[float, float]) -> float:
    """Give the font size at which all medians of a column fit; 0 if there is none."""
    said = [_written(grid, place, feature) for place in range(rows)]
    for size in (9.5, 8.5, SMALLEST):
        widest = max(labels.width(one, size) for one in said)
        if widest <= cell[0] - 4.0 and size * LINE <= cell[1]:
            return size
    return 0.0


def _cell(
    ax: Axes,
    grid: _Grid,
    place: int,
    feature: int,
    box: tuple[float, float, float, float],
    size: float,
    inks: style.Inks,
) -> None:
    """Draw one cell: its colour, and its median where the column has room for it."""
    x, y, width, height = box
    fill = _shade(grid.effect[place, feature])
    edge = inks.line if fill == _UNKNOWN else "none"
    patch = Rectangle((x + 1, y + 1), width - 2, height - 2, gid=f"cell-{place}-{feature}")
    patch.set(facecolor=fill, edgecolor=edge, linewidth=0.8)
    ax.add_patch(patch)
    if size > 0:
        said = _written(grid, place, feature)
        dress = style.words(inks.soft if fill == _UNKNOWN else style.text_on(fill), size)
        ax.text(x + width / 2, y + height / 2, said, ha="center", va="center_baseline", **dress)


def _legend(ax: Axes, box: tuple[float, float, float], lost: str, inks: style.Inks) -> None:
    """Explain the colours under the table, and say what had no room."""
    left, top, width = box
    y = top - 17.0
    if top < _LEGEND:  # a sheet that has room for nothing but a row
        return
    words = ("below the rest", "above the rest")
    dress = style.words(inks.soft, SMALLEST)
    ends = [labels.width(word, SMALLEST) + 5.0 for word in words]
    steps, side = 9, 11.0
    wide = sum(ends) + steps * side
    if wide <= left + width:
        start = ends[0] + (left if wide <= width else 0.0)
        ax.text(start - 5.0, y, words[0], ha="right", va="center_baseline", **dress)
        for step in range(steps):
            fill = _shade(2.0 * step / (steps - 1) - 1.0)
            corner = (start + step * side, y - 4.5)
            ax.add_patch(Rectangle(corner, side, 9.0, facecolor=fill, edgecolor="none"))
        ax.text(start + steps * side + 5.0, y, words[1], va="center_baseline", **dress)
    if lost:
        said = labels.cut(f"Not drawn: {lost}", left + width, SMALLEST)
        ax.text(left + width, y - _LOST, said, ha="right", va="center_baseline", **dress)
