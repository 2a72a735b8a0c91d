"""How the page says numbers, dates and cut points: in English words, whatever the locale."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
MINUS = "\u2212"
SPACE = "\u00a0"
NOTHING = "\u2013"

Money = Callable[[float], str]


def count(value: float) -> str:
    """Say a whole number with thousands separators: ``12,345``."""
    if not math.isfinite(value):
        return NOTHING
    return f"{round(value):,}".replace("-", MINUS)


def share(value: float) -> str:
    """Say a fraction as a percentage with one decimal: ``62.0%``."""
    if not math.isfinite(value):
        return NOTHING
    if 0 < abs(value) < 0.0005:
        return "under 0.1%"
    text = f"{100 * abs(value):.1f}%"
    return f"{MINUS}{text}" if value < 0 else text


def few(value: float) -> str:
    """Say a median or a small average with at most one decimal: ``8``, ``11.7``."""
    if not math.isfinite(value):
        return NOTHING
    return f"{value:,.1f}".removesuffix(".0").replace("-", MINUS)


def plural(number: float, one: str, many: str | None = None) -> str:
    """Say a number with its noun: ``1 order``, ``2 orders``."""
    noun = one if round(number) == 1 else (many if many is not None else one + "s")
    return f"{count(number)} {noun}"


def listed(parts: Sequence[str]) -> str:
    """Join words as a sentence does: ``a, b and c``."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def money(currency: str) -> Money:
    """Give the function that says an amount: cents only where the amount is small.

    A sign such as ``£`` stands close before the number, letters such as ``EUR`` keep a space.
    """
    prefix = f"{currency}{SPACE}" if currency[-1:].isalnum() else currency

    def say(value: float) -> str:
        if not math.isfinite(value):
            return NOTHING
        cents = round(value, 2)
        size = abs(cents)
        text = f"{size:,.2f}" if size < 100 and size != round(size) else f"{size:,.0f}"
        return f"{MINUS if cents < 0 else ''}{prefix}{text}"

    return say


def day(date: pd.Timestamp) -> str:
    """Say a date in full: ``9 December 2011``."""
    return f"{date.day} {MONTHS[date.month - 1]} {date.year}"


def month(period: pd.Period) -> str:
    """Say a month in full: ``November 2011``."""
    return f"{MONTHS[period.month - 1]} {period.year}"


@dataclass(frozen=True)
class Change:
    """A figure beside an earlier one: which way it went, in words and in a sign."""

    direction: str
    text: str
    then: str
    against: str


def change(now: float, then: float, against: str, say: Callable[[float], str]) -> Change | None:
    """Compare a figure with an earlier one, or give None where no percentage is meant.

    A base of nothing or less has no percentage, nor has a fall below nothing; growth beyond
    tenfold is said as a factor.
    """
    if not (math.isfinite(now) and math.isfinite(then)) or then <= 0 or now < 0:
        return None
    ratio = now / then
    if abs(ratio - 1) < 0.0005:
        return Change("flat", "unchanged", say(then), against)
    direction = "up" if ratio > 1 else "down"
    text = f"{ratio:,.0f} times" if ratio >= 10 else share(abs(ratio - 1))
    return Change(direction, text, say(then), against)


def _at_least(cut: float, say: Money) -> str:
    """Say the amount above a cut so that it stays true: rounded down, never up."""
    return say(math.floor(cut) if cut >= 100 else math.floor(cut * 100) / 100)


def recency_words(low: float, high: float) -> str:
    """Say low < days since the last order <= high; infinite ends are left out."""
    first, last = math.floor(low) + 1 if math.isfinite(low) else None, high
    if not math.isfinite(last):
        return "" if first is None else f"last order {count(first)} or more days ago"
    if first is None or first <= 0:
        return f"last order within {plural(math.floor(last), 'day')}"
    if first == math.floor(last):
        return f"last order {plural(first, 'day')} ago"
    return f"last order {count(first)} to {plural(math.floor(last), 'day')} ago"


def frequency_words(low: float, high: float) -> str:
    """Say low < orders <= high in whole orders; infinite ends are left out."""
    first = math.floor(low) + 1 if math.isfinite(low) else 1
    if not math.isfinite(high):
        return "" if first <= 1 else f"{count(first)} or more orders"
    last = math.floor(high)
    if first >= last:
        return "one order" if last == 1 else plural(last, "order")
    if first <= 1:
        return f"at most {plural(last, 'order')}"
    return f"{count(first)} to {plural(last, 'order')}"


def monetary_words(low: float, high: float, say: Money) -> str:
    """Say low < money spent <= high; infinite ends are left out.

    Nobody spends less than nothing: an end below zero says that returns are taken off.
    """
    above, below = math.isfinite(low), math.isfinite(high)
    if (above and low < 0) or (below and high <= 0):
        if above and below:
            return f"between {_at_least(low, say)} and {say(high)}, net of returns"
        if above:
            return f"{_at_least(low, say)} or more, net of returns"
        return f"{say(high)} or less, net of returns"
    if above and below:
        return f"{_at_least(low, say)} to {say(high)} spent"
    if above:
        return f"{_at_least(low, say)} or more spent"
    return f"up to {say(high)} spent" if below else ""
