"""plot_rules: a network of what is bought together, an arrow a rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from segpy import _checks, _frames
from segpy.plotting import labels, links, network, style, tables

_WHO = "plot_rules"
_MOST = 30  # rules: more of them and no arrow can be followed
_MARGIN: style.Margin = (0.12, 0.12, 0.12, 0.42)
_LONG = 8  # items of one side of a rule; the rest is counted
_NEEDED = ("antecedents", "consequents", "confidence", "lift")
_WIDE = 7.6  # inches
_LOW, _HIGH = 2.6, 8.4  # inches: a new figure is no lower and no higher


@dataclass(frozen=True)
class _Rest:
    """The items of a long side that have no name of their own in the picture."""

    count: int
    row: int

    def __str__(self) -> str:
        return f"{self.count} more"


def plot_rules(rules: Any, ax: Axes | None = None) -> Axes:
    """Draw rules as a network: an arrow leads from what is bought to what is bought with it.

    Items that rules join stand together, those that lead to others on the left. Where several
    items lead to one, their lines meet in a dot first. The stronger an arrow's colour, the higher
    its lift; the thicker it is, the higher its confidence. Dashed arrows are no more frequent than
    by chance.

    Parameters
    ----------
    rules : Rules or DataFrame
        What `Apriori.rules` gives, or its table: `antecedents, consequents` (tuples or sets of
        items; anything else is one item), `confidence, lift`, best first. The first 30 are drawn,
        fewer where the picture is small, and the title says how many of how many.
    ax : Axes, optional
        Where to draw; by default a new figure, as high as the rules need. Labels are laid out for
        the size the Axes have at the call.

    Returns
    -------
    Axes
        Without rules it holds a sentence that says so: the `note` of the rules, if they have one.

    Raises
    ------
    ValueError
        A column is missing, a rule has no item on one of its sides, a lift is negative, a
        confidence outside [0, 1], or a number NaN or infinite.
    TypeError
        `rules` are neither Rules nor a table, or `ax` no Axes.

    See Also
    --------
    plot_pairs : a heat map of pairs of items.

    Notes
    -----
    The colour grows with the logarithm of lift, from the lowest to the highest that is drawn, at
    least over a factor of four. Places are found by exchanging items for as long as that shortens
    the arrows; no chance is in it.

    Examples
    --------
    >>> import segpy as sp
    >>> lists = [["bread", "butter"], ["bread", "butter", "jam"], ["tea", "jam"], ["tea"]]
    >>> rules = sp.Apriori(min_support=2).fit(lists).rules(min_confidence=0.6)
    >>> ax = sp.plot_rules(rules)
    >>> ax.get_title(loc="left")
    'Bought together: 2 rules'
    """
    table, total = _table(rules)
    names, found = _read(table.head(_MOST))
    ax = style.axes(_WHO, ax, (_WIDE, _wished(found, 19.0)), _MARGIN)
    inks = style.inks(ax)
    if not found:
        labels.title(ax, "No rule: nothing leads to anything else", inks)
        _sentence(ax, str(table.attrs.get("note") or "There is no rule to draw."), inks)
        return ax
    width, height = style.bare(ax)
    shown = links.fitting(found, width, height, inks)
    labels.title(ax, _title(len(shown), total), inks)
    links.Picture(ax, names, shown, (width, height), inks).draw()
    return ax


def _title(shown: int, total: int) -> str:
    if shown < total:
        return f"Bought together: the best {shown} of {total:,} rules"
    return f"Bought together: {total} {'rule' if total == 1 else 'rules'}"


def _table(rules: Any) -> tuple[pd.DataFrame, int]:
    """Give the rules to draw as a table, best first, and how many there are in all."""
    if hasattr(rules, "to_frame") and hasattr(rules, "n_tested"):
        return rules.to_frame(_MOST), len(rules)
    found = _frames.frame(_WHO, rules)
    _checks.columns(_WHO, found, _NEEDED, "Pass what Apriori.rules gives, or its table.")
    return found, len(found)


def _read(table: pd.DataFrame) -> tuple[list[str], list[links.Arrow]]:
    """Give the names of the items, and the rules as arrows between their numbers."""
    lift, confidence = (tables.numbers(_WHO, table, name) for name in ("lift", "confidence"))
    _within("lift", lift, np.inf, "at least 0")
    _within("confidence", confidence, 1.0 + 1e-9, "in [0, 1]")
    numbers: dict[Any, int] = {}
    found = []
    for row in range(len(table)):
        before, after = (
            tuple(numbers.setdefault(item, len(numbers)) for item in _items(table, side, row))
            for side in _NEEDED[:2]
        )
        found.append(links.Arrow((before, after), float(confidence[row]), float(lift[row])))
    return [labels.tidy(item) or "(no name)" for item in numbers], found


def _within(name: str, values: links.Floats, high: float, allowed: str) -> None:
    """Refuse a number below 0 or above `high`."""
    wrong = (values < 0) | (values > high)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise _checks.value_error(_WHO, f"column {name!r}", allowed, f"{values[row]} in row {row}")


def _items(table: pd.DataFrame, side: str, row: int) -> list[Any]:
    """Give the items of one side of a rule, each once; a set is put into order by its text."""
    value = table[side].iloc[row]
    if isinstance(value, set | frozenset):
        value = sorted(value, key=lambda item: (str(item), type(item).__name__))
    if not isinstance(value, tuple | list | np.ndarray):
        value = [value]
    if len(value) == 0:
        raise _checks.value_error(
            _WHO, f"column {side!r}", "at least one item in every row", f"none in row {row}"
        )
    try:
        items = list(dict.fromkeys(value))
    except TypeError:
        raise _checks.type_error(
            _WHO, f"column {side!r}", "items that can be told apart (hashable)", value
        ) from None
    return (
        items if len(items) <= _LONG else [*items[: _LONG - 1], _Rest(len(items) - _LONG + 1, row)]
    )


def network_height(rules: pd.DataFrame, width: float) -> float:
    """Give the height in inches that a picture of rules should have, `width` inches wide."""
    return _wished(_read(rules.head(_MOST))[1], 19.0 if width >= 5.0 else 30.0)


def _wished(arrows: list[links.Arrow], row: float) -> float:
    """Give the height in inches of a new figure, `row` points for a row of names."""
    rows = network.rows(network.bands([arrow.rule for arrow in arrows], compact=False))
    return min(max((row * rows + 70.0) / 72 + _MARGIN[2] + _MARGIN[3], _LOW), _HIGH)


def _sentence(ax: Axes, text: str, inks: style.Inks) -> None:
    """Set a sentence where the network would be."""
    width, height = style.bare(ax)
    size = 9.0
    shown = "\n".join(labels.broken(labels.tidy(text), width, size, max(1, int(height // 13.0))))
    dress = style.words(inks.soft, size)
    ax.text(0, height - 4.0, shown, ha="left", va="top", linespacing=1.4, **dress)
