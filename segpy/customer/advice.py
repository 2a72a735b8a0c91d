"""The advice library: which entry of actions.json a segment gets, by name or by its R, F and M."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from segpy.customer.segment_map import UNASSIGNED

_ROUNDING = 1e-9  # a segment that is the middle itself must not fall beside it by rounding
_FILE = Path(__file__).parent / "actions.json"


@dataclass(frozen=True)
class Advice:
    """One entry of the library; `effort` weighs money at stake when a budget is split.

    `again` stands in where the entry speaks to first-time buyers but at most half of the segment's
    customers ordered only once; `once` where it speaks of frequent orders but more than half did.
    """

    goal: str
    message: str
    offer: str
    channel: str
    why: str
    window_days: int
    gap_quantile: float
    effort: float
    cross_sell: bool
    capped: bool
    loyal: bool
    again: Advice | None = None
    once: Advice | None = None


@dataclass(frozen=True)
class Segment:
    """What the choice of advice looks at; medians and shares may be NaN."""

    name: str
    customers: int
    customer_share: float
    revenue_share: float
    recency: float
    frequency: float
    monetary: float
    one_order_share: float


@dataclass(frozen=True)
class Middle:
    """What "recent", "often" and "high" are measured against."""

    recency: float
    frequency: float
    monetary: float


def middle_of(segments: list[Segment]) -> Middle:
    """Weigh the segments' medians by customers: days as they are, orders and money by logarithm.

    Orders and money are skewed, and a plain mean would make nearly every segment a small one.
    """
    weights = np.array([segment.customers for segment in segments], dtype=np.float64)

    def mean(values: list[float]) -> float:
        known = ~np.isnan(values) & (weights > 0)
        if not known.any():
            return float("nan")
        return float(np.average(np.asarray(values)[known], weights=weights[known]))

    return Middle(
        recency=mean([s.recency for s in segments]),
        frequency=float(np.expm1(mean([np.log1p(max(s.frequency, 0.0)) for s in segments]))),
        monetary=float(np.expm1(mean([np.log1p(max(s.monetary, 0.0)) for s in segments]))),
    )


def choose(segment: Segment, middle: Middle) -> tuple[Advice, str]:
    """Give the advice for a segment and why it is that one, with the segment's own figures."""
    library = _library()
    recent = segment.recency <= middle.recency * (1 + _ROUNDING)
    named = library["names"].get(segment.name) or library["folded"].get(_folded(segment.name))
    entry = named or library["by_rfm"][_kind(segment, middle, recent)]
    loyal = named.loyal if named else _promises_loyalty(segment.name)
    reasons = [_figures(segment)]
    if loyal and segment.one_order_share > 0.5:
        # The library knows of a name it has whether these customers buy now or have stopped.
        buys_now = named.gap_quantile <= 0.5 if named else recent
        entry = library["second_purchase"]["recent" if buys_now else "away"]
        reasons.append(f"{_once(segment)}, so the name promises a loyalty that is not there.")
    elif named and named.once is not None and segment.one_order_share > 0.5:
        entry = named.once
        reasons.append(f"{_once(segment)}.")
    elif named and named.again is not None and segment.one_order_share <= 0.5:
        entry = named.again
    elif segment.name == UNASSIGNED:
        reasons.append("The map has no name for them.")
    reasons.append(entry.why)
    if entry.capped:
        cap = f"Cap the spend: they are {percent(segment.customer_share)} of the customers"
        known = not np.isnan(segment.revenue_share)
        cap += f" and {percent(segment.revenue_share)} of the revenue." if known else "."
        reasons.append(cap)
    return entry, " ".join(reason for reason in reasons if reason)


def percent(share: float) -> str:
    """Write a share for people: 62%, 8.2%, 0.8%."""
    if np.isnan(share):
        return "an unknown share"
    return f"{share:.0%}" if abs(share) >= 0.0995 or share == 0 else f"{share:.1%}"


def _kind(segment: Segment, middle: Middle, recent: bool) -> str:
    """Place a segment among the others; often is never less than two orders."""
    often = segment.frequency >= max(2.0, middle.frequency * (1 - _ROUNDING))
    high = segment.monetary >= middle.monetary * (1 - _ROUNDING)
    parts = ("recent" if recent else "away", "frequent" if often else "rare")
    return " ".join((*parts, "high" if high else "low"))


def _figures(segment: Segment) -> str:
    """Say in one sentence how many they are, what they bring and how the middle one buys."""
    plural = segment.customers != 1
    text = f"{segment.customers:,} customer{'s' if plural else ''}"
    # Without revenue above zero in all there is nothing to be a share of.
    if not np.isnan(segment.revenue_share):
        text += f" bring{'' if plural else 's'} {percent(segment.revenue_share)} of the revenue"
    if np.isnan(segment.recency) or np.isnan(segment.frequency):
        return text + "."
    # The median of an even number of customers may lie between two whole numbers.
    low, high = math.floor(segment.frequency), math.ceil(segment.frequency)
    number = f"{low:,}" if low == high else f"{low:,} to {high:,}"
    orders = f"{number} order{'' if segment.frequency == 1 else 's'}"
    ago = math.floor(segment.recency + 0.5)
    days = f"{ago:,} day{'' if ago == 1 else 's'}"
    return f"{text}; the middle one has {orders}, the last {days} ago."


def _once(segment: Segment) -> str:
    """Say how many ordered only once, as a number where it is known."""
    once = segment.one_order_share * segment.customers
    said = f"{percent(segment.one_order_share)} of the customers with orders"
    if abs(once - round(once)) < 1e-6:
        said = f"{round(once):,} of the {segment.customers:,} ({percent(segment.one_order_share)})"
    return f"{said} ordered only once"


def _folded(name: str) -> str:
    """Fold case, underscores, dashes and doubled blanks, so that "at_risk" finds "At Risk"."""
    return " ".join(re.sub(r"[_\-\s]+", " ", name).casefold().replace("\u2019", "'").split())


def _promises_loyalty(name: str) -> bool:
    """Tell whether a name nobody listed says that these customers come back."""
    text = " ".join(re.findall(r"[\w']+", _folded(name)))
    words = "|".join(map(re.escape, _library()["loyal_words"]))
    return re.search(rf"\b(?:{words})\b|loyal", text) is not None


@lru_cache(maxsize=1)
def _library() -> dict[str, Any]:
    """Read actions.json: entries by exact name, by folded name, by R F M, and the overrides."""
    raw = json.loads(_FILE.read_text(encoding="utf-8"))
    exact: dict[str, Advice] = {}
    folded: dict[str, Advice] = {}
    for entry in raw["segments"]:
        names = entry.pop("names")
        others = {key: entry.pop(key) for key in ("again", "once") if key in entry}
        # What the other wording does not say is as in the entry.
        worded: dict[str, Any] = {k: Advice(**{**entry, **o}) for k, o in others.items()}
        for name in names:
            exact[name] = Advice(**entry, **worded)
            folded.setdefault(_folded(name), exact[name])
    return {
        "names": exact,
        "folded": folded,
        "by_rfm": {kind: Advice(loyal=False, **e) for kind, e in raw["by_rfm"].items()},
        "second_purchase": {
            kind: Advice(loyal=True, **e) for kind, e in raw["second_purchase"].items()
        },
        "loyal_words": raw["loyal_words"],
    }
