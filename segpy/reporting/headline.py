"""Chapter "Headline": the last whole month beside the month and the year before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from segpy import _frames
from segpy.reporting import tables, words
from segpy.reporting.story import Chapter, Story

# With less history than this before a month, most of its "new" customers are only new to the file.
_HISTORY = 3


@dataclass(frozen=True)
class Figure:
    """One headline figure: what it is, its value, and the comparisons there are."""

    label: str
    value: str
    changes: tuple[words.Change, ...]
    note: str = ""


def chapter(story: Story) -> Chapter:
    """Compare whole months with whole months; the unfinished one only with the same days."""
    months = tables.rows(story.months)
    whole = [month for month, line in months.items() if not line["partial"]]
    if not whole:
        return _without_whole_month(story)
    month = whole[-1]
    before = [earlier for earlier in (month - 1, month - 12) if earlier in whole]
    figures = [
        Figure(label, say(months[month][column]), _changes(months, column, month, before, say))
        for label, column, say in _measures(story)
    ]
    revenue = figures[0].changes
    heading = f"{words.month(month)}: {figures[0].value}"
    if revenue:
        way = {"up": "up ", "down": "down ", "flat": ""}[revenue[0].direction]
        heading += f", {way}{revenue[0].text} on {revenue[0].against}"
    return Chapter(
        anchor="headline",
        label="The last whole month",
        heading=heading,
        template="headline.html",
        values={
            "figures": figures,
            "notes": [*_missing(month, before), *_so_far(story, month=story.months.index[-1])],
        },
    )


def _measures(story: Story) -> list[tuple[str, str, Callable[[float], str]]]:
    return [
        ("Revenue", "revenue", story.money),
        ("Orders", "orders", words.count),
        ("Order value", "order_value", story.money),
        ("Active customers", "customers", words.count),
        ("New customers", "new", words.count),
        ("Returning customers", "returning", words.count),
    ]


def _changes(
    months: dict[pd.Period, dict[str, Any]],
    column: str,
    month: pd.Period,
    before: list[pd.Period],
    say: Callable[[float], str],
) -> tuple[words.Change, ...]:
    """Compare one figure of the month with those of the earlier whole months."""
    first = next(iter(months))
    steps = [
        words.change(months[month][column], months[earlier][column], words.month(earlier), say)
        for earlier in before
        if column not in ("new", "returning") or earlier - _HISTORY >= first
    ]
    return tuple(step for step in steps if step is not None)


def _missing(month: pd.Period, before: list[pd.Period]) -> list[str]:
    """Say which comparison is not there, and why."""
    if month - 12 in before:
        return []
    if month - 1 in before:
        return [f"There is no whole {words.month(month - 12)} in the lines to compare with."]
    return ["There is no earlier whole month in the lines to compare with."]


def _so_far(story: Story, month: pd.Period) -> list[str]:
    """Say how the unfinished last month stands against the same days of earlier months."""
    line = tables.rows(story.months)[month]
    if not line["partial"]:
        return []
    upto = story.last_day.day
    now = line["revenue"]
    parts = []
    for earlier in (month - 1, month - 12):
        start = earlier.start_time
        days_there = min(upto, earlier.days_in_month)
        if start < story.first_day or days_there < upto:
            continue
        then = _between(story, start, upto)
        step = words.change(now, then, words.month(earlier), story.money)
        if step is not None:
            way = {"up": f"{step.text} more than", "down": f"{step.text} less than"}.get(
                step.direction, "the same as"
            )
            parts.append(f"{way} the same days of {step.against} ({step.then})")
    sofar = f"{words.month(month)} so far, to {words.day(story.last_day)}: {story.money(now)}"
    return [f"{sofar}, {words.listed(parts)}." if parts else f"{sofar}."]


def _between(story: Story, start: pd.Timestamp, n_days: int) -> float:
    """Sum the revenue of `n_days` days from `start`."""
    first = (start - pd.Timestamp(0)).days
    chosen = (story.days >= first) & (story.days < first + n_days)
    return _frames.total(story.amounts[chosen])


def _without_whole_month(story: Story) -> Chapter:
    """Give the figures of all lines where no month is whole."""
    orders = story.orders.count
    value = story.revenue / orders if orders else np.nan
    figures = [
        Figure("Revenue", story.money(story.revenue), ()),
        Figure("Orders", words.count(orders), ()),
        Figure("Order value", story.money(value), ()),
        Figure("Customers", words.count(len(story.rfm)), ()),
    ]
    return Chapter(
        anchor="headline",
        label="All lines",
        heading=f"{story.money(story.revenue)} in {words.plural(orders, 'order')}",
        template="headline.html",
        values={
            "figures": figures,
            "notes": ["No month is whole yet, so there is nothing to compare these figures with."],
        },
    )
