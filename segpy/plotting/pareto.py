"""How much of the revenue how few of the customers bring."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from segpy._frames import column, money, total
from segpy.plotting import labels, style, tables

_MOST = 400  # points of the line; more cannot be told apart and would swell a page


def plot_pareto(rfm: pd.DataFrame, ax: Axes | None = None, *, currency: str = "") -> Axes:
    """Draw the share of revenue that the best customers bring, from the best to all.

    Two points are marked: what the best fifth of customers brings, and how many customers bring
    four fifths of the revenue.

    Parameters
    ----------
    rfm : DataFrame
        The table of `segpy.rfm`, a row a customer; used is ``monetary`` (currency of the input).
    ax : Axes, optional
        Where to draw; by default a new figure.
    currency : str, default ""
        Written before money, such as "£" or "EUR".

    Returns
    -------
    Axes
        x: share of customers, y: share of revenue, both fractions of one. The line is
        ``ax.lines[0]``; of more than 400 customers it shows 400 evenly spread ranks.

    Raises
    ------
    ValueError
        If ``monetary`` is missing, NaN or infinite, or the table has no row.
    TypeError
        If `rfm` is no table or `ax` no Axes.

    Notes
    -----
    With values sorted in descending order, y after k of n customers is the sum of the first k
    over the sum of all. Customers of negative money, who returned more than they bought, let the
    line rise above one before it falls back to one. O(n log n).

    Examples
    --------
    >>> import pandas as pd
    >>> ax = plot_pareto(pd.DataFrame({"monetary": [800.0, 50.0, 50.0, 50.0, 50.0]}))
    >>> ax.get_title(loc="left")
    'The best customer brings 80.0% of revenue'
    """
    who = "plot_pareto"
    table = tables.rows(
        who, rfm, ("monetary",), "customer", "a customer", "Pass the table of rfm(tx)."
    )
    values = np.sort(money(who, column(table, "monetary")))[::-1]
    revenue = total(values)
    ax = style.axes(who, ax, (7.2, 4.4), style.CHART)
    inks = style.inks(ax)
    style.chart(ax, inks)
    if revenue > 0:
        _draw(ax, values, revenue, inks)
    else:
        dress = style.words(inks.soft, 10)
        said = (
            f"The revenue of all customers is {style.money(revenue, currency)}:\nnothing to share."
        )
        ax.text(0.5, 0.5, said, ha="center", va="center", **dress)
        labels.title(ax, "No revenue above zero", inks)
    ax.set_xlim(0, 1)
    for axis in (ax.xaxis, ax.yaxis):
        ticks = [t / 5 for t in range(6)]
        axis.set_ticks(ticks, [f"{100 * t:.0f}%" for t in ticks])
    dress = style.words(inks.ink, 9)
    people = f"{style.people(len(values))}, best first"
    returned = int(np.count_nonzero(values < 0))
    if returned:
        people += f"; {style.count(returned)} returned more than they bought"
    lines = labels.wrap(people, style.points(ax)[0], 9) or [people]
    ax.set_xlabel("\n".join(lines), **dress)
    ax.set_ylabel(f"Revenue ({style.money(revenue, currency)})", **dress)
    return ax


def _draw(ax: Axes, values: NDArray[np.float64], revenue: float, inks: style.Inks) -> None:
    """Draw the line, its two marked points, and the title that says the first of them."""
    n = len(values)
    reached = np.concatenate([[0.0], np.cumsum(values) / revenue])
    reached[-1] = 1.0
    fifth = -(-n // 5)
    most = int(np.argmax(reached >= 0.8))
    ranks = np.unique(
        np.concatenate([np.round(np.linspace(0, n, min(n, _MOST) + 1)), [fifth, most]])
    ).astype(np.int64)
    ax.plot(
        ranks / n, reached[ranks], color=style.MAIN, linewidth=2.2, linestyle="-", clip_on=False
    )
    ax.fill_between(ranks / n, reached[ranks], color=style.MAIN, alpha=0.14, linewidth=0)
    ax.set_ylim(0, max(1.0, float(reached.max())))
    spots = [(fifth, style.share(reached[fifth])), (most, "80%")]
    _mark(ax, spots[: 1 if fifth == most else 2], reached, inks)
    best = "best customer brings" if fifth == 1 else f"best {_part(fifth, n)} of customers bring"
    labels.title(ax, f"The {best} {style.share(reached[fifth])} of revenue", inks)


def _mark(
    ax: Axes, spots: list[tuple[int, str]], reached: NDArray[np.float64], inks: style.Inks
) -> None:
    """Mark points of the line, with words to the right and below, or to the left and above.

    The line rises, so both places are free of it.
    """
    n = len(reached) - 1
    width, height = style.points(ax)
    top = ax.get_ylim()[1]
    dots: dict[str, Any] = {
        "markerfacecolor": style.ACCENT,
        "markeredgecolor": inks.paper,
        "ls": "none",
    }
    dress = style.words(inks.ink, 8.5)
    ceiling = height
    for k, share in sorted(spots, reverse=True):
        x, y = k / n * width, float(reached[k]) / top * height
        ax.plot([k / n], [reached[k]], "o", markersize=7, clip_on=False, zorder=4, **dots)
        under = min(y, ceiling) - 12.0
        for text in (f"{_part(k, n)} of customers bring {share}", f"{_part(k, n)} bring {share}"):
            wide = labels.width(text, 8.5)
            if x + 8.0 + wide <= width and under > 2.0:
                ceiling = under
                ax.text((x + 8.0) / width, under / height * top, text, **dress)
                break
            if wide <= x - 8.0 and y < height - 12.0:
                up = (y + 4.0) / height * top
                ax.text((x - 8.0) / width, up, text, ha="right", **dress)
                break


def _part(k: int, n: int) -> str:
    """Write k of n as a percentage, without decimals where it is round."""
    share = 100 * k / n
    return f"{share:.0f}%" if abs(share - round(share)) < 0.05 else f"{share:.1f}%"
