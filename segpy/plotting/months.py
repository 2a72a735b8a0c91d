"""Revenue by month, with months that are not complete drawn as such."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from segpy import _checks
from segpy.plotting import beside, labels, style, tables

_STEPS = (1, 2, 3, 6, 12, 24, 60, 120)  # months from one label to the next


def draw_months(table: pd.DataFrame, ax: Axes | None = None, *, currency: str = "") -> Axes:
    """Draw revenue by month as bars; months that are not complete are pale and dashed.

    Parameters
    ----------
    table : DataFrame
        One row a month, in any order: ``month`` (monthly Period, or text such as "2011-12"),
        ``revenue`` (currency of the input) and ``partial`` (bool, True for a month that is not
        over or of which days are missing). A month without a row stays empty.
    ax : Axes, optional
        Where to draw; by default a new figure. Labels are laid out for the size the Axes have
        at the call.
    currency : str, default ""
        Written before money, such as "£" or "EUR".

    Returns
    -------
    Axes
        One bar a row in the order of time; x counts months from the first.

    Raises
    ------
    ValueError
        If a column is missing, a month cannot be read or comes twice, revenue is NaN or
        infinite, or the table has no row.
    TypeError
        If `table` is no table, ``partial`` no bool, or `ax` no Axes.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame(
    ...     {
    ...         "month": ["2011-11", "2011-12"],
    ...         "revenue": [120.0, 40.0],
    ...         "partial": [False, True],
    ...     }
    ... )
    >>> ax = draw_months(table)
    >>> ax.get_title(loc="left")
    'Revenue by month (Dec 2011 is not complete)'
    """
    who = "draw_months"
    rows = tables.rows(who, table, ("month", "revenue", "partial"), "", "a month", "")
    months = _ordinals(who, rows["month"])
    revenue = tables.numbers(who, rows, "revenue")
    if not pd.api.types.is_bool_dtype(rows["partial"].dtype) or rows["partial"].isna().any():
        raise _checks.type_error(who, "column 'partial'", "True or False", rows["partial"].iloc[0])
    order = np.argsort(months)
    months, revenue = months[order], revenue[order]
    partial = rows["partial"].to_numpy(dtype=bool)[order]
    ax = style.axes(who, ax, (7.6, 3.6), style.CHART)
    inks = style.inks(ax)
    style.chart(ax, inks)
    on_bars = _on_bars(ax, months, revenue, currency)
    if not on_bars:
        beside.make_room(ax, left=42.0)
    _bars(ax, months - months[0], revenue, partial, inks)
    _name_months(ax, int(months[0]), int(months[-1]), inks)
    _scale(ax, months - months[0], revenue, currency, on_bars, inks)
    labels.title(ax, _title(months[partial], "" if on_bars else currency), inks)
    return ax


def _ordinals(who: str, column: pd.Series[Any]) -> NDArray[np.int64]:
    """Give each month its number; the same month twice is an error."""
    found = np.empty(len(column), dtype=np.int64)
    for row, value in enumerate(column):
        try:
            month = value if isinstance(value, pd.Period) else pd.Period(str(value), freq="M")
            found[row] = month.year * 12 + month.month - 1
        except (ValueError, TypeError, AttributeError):
            raise _checks.value_error(
                who,
                "column 'month'",
                "a month such as '2011-12' or a monthly Period",
                f"{_checks.shown(value)} in row {row}",
            ) from None
    months, times = np.unique(found, return_counts=True)
    if (times > 1).any():
        twice = _name(int(months[np.argmax(times > 1)]))
        raise _checks.value_error(who, "column 'month'", "each month once", f"{twice} twice")
    return found


def _name(month: int) -> str:
    # English everywhere, whatever the machine's locale: the page's other words are English.
    return f"{_MONTHS[month % 12]} {month // 12}"


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _title(partial: NDArray[np.int64], currency: str) -> str:
    """Say what is drawn, in which currency if no bar says it, and which months are not complete."""
    title = f"Revenue by month in {currency}" if currency else "Revenue by month"
    if len(partial) == 0:
        return title
    if len(partial) == 1:
        return f"{title} ({_name(int(partial[0]))} is not complete)"
    return f"{title} (pale: not complete)"


def _bars(
    ax: Axes,
    x: NDArray[np.int64],
    revenue: NDArray[np.float64],
    partial: NDArray[np.bool_],
    inks: style.Inks,
) -> None:
    """Draw a bar a month; what is not complete is told apart by its outline too, not by hue."""
    bars = ax.bar(x, revenue, width=0.72, color=style.MAIN, linewidth=0)
    for bar, unfinished in zip(bars, partial, strict=True):
        if unfinished:
            bar.set(
                facecolor=(*style.rgb(style.MAIN), 0.22),
                edgecolor=style.MAIN,
                linewidth=1.2,
                linestyle=(0, (3, 2)),
            )
    ax.axhline(0, color=inks.soft, linewidth=0.8, linestyle="-")
    ax.spines["bottom"].set_visible(False)
    ax.set_xlim(-0.6, float(x[-1]) + 0.6)


def _on_bars(
    ax: Axes, months: NDArray[np.int64], revenue: NDArray[np.float64], currency: str
) -> bool:
    """Tell whether the money of every month fits over its bar."""
    slot = style.points(ax)[0] / float(months[-1] - months[0] + 1.2)
    return max(labels.width(style.money(r, currency), 8.0) for r in revenue) + 4.0 <= slot


def _name_months(ax: Axes, first: int, last: int, inks: style.Inks) -> None:
    """Label as many months as fit, the year under the first of them and under each January."""
    slot = style.points(ax)[0] / (last - first + 1.2)
    step = next((s for s in _STEPS if s * slot >= 27.0), _STEPS[-1])
    shown = [m for m in range(first, last + 1) if m % step == 0] or [first]
    if step >= 12:
        names = [str(m // 12) for m in shown]
    else:
        # The second line of the others is empty, so that all names stand at one height.
        years = [f"{m // 12}" if m == shown[0] or m % 12 == 0 else "" for m in shown]
        names = [f"{_MONTHS[m % 12]}\n{year}" for m, year in zip(shown, years, strict=True)]
    ax.set_xticks([m - first for m in shown], names, **style.words(inks.soft, 8.5))


def _scale(
    ax: Axes,
    x: NDArray[np.int64],
    revenue: NDArray[np.float64],
    currency: str,
    on_bars: bool,
    inks: style.Inks,
) -> None:
    """Give the money on the bars, or along the side where it does not fit there."""
    low, high = min(0.0, float(revenue.min())), max(0.0, float(revenue.max()))
    air = (high - low) * 0.08 or 1.0
    ax.set_ylim(low - (air if low < 0 else 0.0), high + air)
    if not on_bars:
        ax.yaxis.set_major_locator(MaxNLocator(max(2, int(style.points(ax)[1] // 28))))
        style.ticks(ax.yaxis)
        return
    ax.set_yticks([])
    for place, value in zip(x, revenue, strict=True):
        ax.annotate(
            style.money(value, currency),
            (float(place), value),
            (0, 3 if value >= 0 else -3),
            textcoords="offset points",
            ha="center",
            va="bottom" if value >= 0 else "top",
            **style.words(inks.ink, 8.0),
        )
