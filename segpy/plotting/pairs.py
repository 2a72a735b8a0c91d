"""plot_pairs: a heat map of how much more often than by chance items are bought together."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from segpy import _checks
from segpy.plotting import labels, style, tables

_MOST = 12  # items: more of them and a cell holds no number
_LEAST = 13.0  # points: a row whose name can be read
_NARROW = 23.0  # points: a cell that holds its number
_NAMES = 0.46  # of the width, at most, is for names
_FEW, _MANY = "#dde8f3", "#0d4a82"  # chance, and the strongest pair
_MARGIN: style.Margin = (0.12, 0.12, 0.12, 0.42)
_TITLE = "Bought together: times as often as by chance"


def plot_pairs(pairs: object, ax: Axes | None = None) -> Axes:
    """Draw a heat map of pairs of items: colour and number are their lift.

    Parameters
    ----------
    pairs : DataFrame
        The table of `pair_counts`: `item_a, item_b, count, lift`. Its first rows choose the items:
        the most frequent pairs, up to twelve items, fewer where the picture is small.
    ax : Axes, optional
        Where to draw; by default a new figure. Labels are laid out for the size the Axes have at
        the call.

    Returns
    -------
    Axes
        A row and a column an item; a number such as 7.2 in their cell is the lift of the pair. The
        shade grows with its logarithm; pairs no more frequent than by chance have an outline only,
        pairs that are not in the table a dot.

    Raises
    ------
    ValueError
        A column is missing, the table has no row, or a lift is negative, NaN or infinite.
    TypeError
        `pairs` is no table, or `ax` no Axes.

    Examples
    --------
    >>> import segpy as sp
    >>> lists = [["bread", "butter"], ["bread", "butter", "jam"], ["tea", "jam"], ["tea"]]
    >>> ax = sp.plot_pairs(sp.pair_counts(lists))
    >>> ax.get_title(loc="left")
    'Bought together: times as often as by chance'
    """
    who = "plot_pairs"
    needed = ("item_a", "item_b", "count", "lift")
    rows = tables.rows(who, pairs, needed, "", "a pair", "Pass the table of pair_counts.")
    lift = tables.numbers(who, rows, "lift")
    if lift.min() < 0:
        row = int(np.argmin(lift))
        raise _checks.value_error(who, "column 'lift'", "at least 0", f"{lift[row]} in row {row}")
    ax = style.axes(who, ax, (7.6, 4.6), _MARGIN)
    inks = style.inks(ax)
    labels.title(ax, _TITLE, inks)
    width, height = style.bare(ax)
    fit = min(_MOST, int(height // _LEAST), int((1 - _NAMES) * width // _NARROW))
    items = _items(rows, max(2, fit))
    place = {item: i for i, item in enumerate(items)}
    cells: dict[tuple[int, int], float] = {}
    for a, b, value in zip(rows["item_a"], rows["item_b"], lift.tolist(), strict=True):
        if a in place and b in place:
            cells[max(place[a], place[b]), min(place[a], place[b])] = value
    _draw(ax, items, cells, (width, height), inks)
    return ax


def _items(rows: pd.DataFrame, most: int) -> list[Any]:
    """Choose the items of the first pairs, in the order they come."""
    items: dict[Any, None] = {}
    for pair in zip(rows["item_a"], rows["item_b"], strict=True):
        if len(items.keys() | set(pair)) <= most:
            items.update(dict.fromkeys(pair))
        if len(items) == most:
            break
    return list(items)


def _draw(
    ax: Axes,
    items: list[Any],
    cells: dict[tuple[int, int], float],
    size: tuple[float, float],
    inks: style.Inks,
) -> None:
    """Draw names with their numbers to the left, the triangle of cells to the right."""
    width, height = size
    n = len(items)
    row = min(height / n, 34.0)
    names = [labels.tidy(item) for item in items]
    text = 8.5 if row >= 15.0 else labels.SMALLEST
    number = labels.width(f"{n}", text) + 6.0
    wished = max(labels.width(name, text) for name in names) + number + 9.0
    left = min(wished, _NAMES * width)
    cell = min((width - left) / n, 2.6 * row)
    most = max([2.0, *cells.values()])
    for i, name in enumerate(names):
        y = height - (i + 0.5) * row
        dress = style.words(inks.soft, text)
        ax.text(number - 6.0, y, f"{i + 1}", ha="right", va="center_baseline", **dress)
        shown = labels.cut(name, left - number - 8.0, text)
        dress = style.words(inks.ink, text)
        ax.text(number, y, shown, ha="left", va="center_baseline", **dress)
        for j in range(i):
            box = (left + j * cell, y - row / 2, cell, row)
            _cell(ax, box, cells.get((i, j)), most, inks, f"pair-{i + 1}-{j + 1}")
        # The number of a column stands where its triangle begins, on the diagonal.
        if i < n - 1:
            x = left + (i + 0.5) * cell
            dress = style.words(inks.soft, text)
            ax.text(x, y, f"{i + 1}", ha="center", va="center_baseline", **dress)


def _cell(
    ax: Axes,
    box: tuple[float, float, float, float],
    lift: float | None,
    most: float,
    inks: style.Inks,
    name: str,
) -> None:
    """Draw one pair: its shade and its lift; a dot where the table does not have it."""
    x, y, width, height = box
    middle = (x + width / 2, y + height / 2)
    if lift is None:
        dress = style.words(inks.soft, labels.SMALLEST)
        ax.text(*middle, "\N{MIDDLE DOT}", ha="center", va="center_baseline", **dress)
        return
    rare = lift <= 1
    shade = 0.0 if rare else math.log(lift) / math.log(most)
    fill = "none" if rare else style.blend(_FEW, _MANY, shade)
    patch = Rectangle((x + 1, y + 1), width - 2, height - 2, facecolor=fill, gid=name)
    patch.set_edgecolor(inks.line if rare else "none")
    patch.set_linewidth(0.8)
    ax.add_patch(patch)
    text = f"{lift:.1f}" if lift < 99.95 else style.compact(lift)
    for size in (9.0, 8.0, labels.SMALLEST):
        if labels.width(text, size) < width - 4.0 and size * labels.LINE < height:
            dress = style.words(inks.soft if rare else style.text_on(fill), size)
            ax.text(*middle, text, ha="center", va="center_baseline", **dress)
            return
