"""Chapter "Segments": who they are, in pictures, in figures and in plain words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segpy import _frames
from segpy.customer.segment_map import UNASSIGNED
from segpy.reporting import pictures, tables, words
from segpy.reporting.story import Chapter, Cuts, Story

_METRICS = ("R", "F", "M")


@dataclass(frozen=True)
class Row:
    """A segment as the table shows it; `meaning` is its definition in words.

    `revenue_share` is empty and `revenue_bar` None where there is no revenue to share.
    """

    name: str
    colour: str
    meaning: str
    customers: str
    customer_share: str
    revenue: str
    revenue_share: str
    customer_bar: float
    revenue_bar: float | None
    recency: str
    frequency: str
    frequency_mean: str
    monetary: str
    monetary_mean: str
    order_value: str


def chapter(story: Story) -> Chapter:
    """Tell which segments there are, what each means and what it is worth."""
    meanings = describe(story.cuts, story.money) if story.cuts is not None else _observed(story)
    rows = segment_rows(story, meanings)
    return Chapter(
        anchor="segments",
        label="Segments",
        heading=_heading(story),
        template="segments.html",
        values={
            "rows": rows,
            "pareto": pareto_words(story) if story.has_shares else story.no_shares,
            "bounded": story.cuts is not None,
            "treemap": (
                pictures.treemap(story, _treemap_words(story)) if story.has_shares else None
            ),
            "treemap_caption": "",
            "grid": _grid(story),
            "grid_caption": "",
        },
    )


def _heading(story: Story) -> str:
    """Say of the segment that brings most how large it is."""
    if story.best_segment is None:
        return "The map has no name for any customer"
    top, shares = story.best_segment
    heading = f"{top}: {words.share(shares['customer_share'])} of customers"
    if story.has_shares:
        heading += f", {words.share(shares['revenue_share'])} of revenue"
    return heading


def segment_rows(story: Story, meanings: Mapping[str, str]) -> list[Row]:
    """Shape the summary for the table, medians beside means."""
    summary, say = story.summary, story.money
    widest = max(float(summary["customer_share"].max()), 1e-9)
    if story.has_shares:
        widest = max(widest, float(summary["revenue_share"].max()))
    rows = []
    for name, line in tables.rows(summary).items():
        people = line["customers"]
        rows.append(
            Row(
                name=str(name),
                colour=pictures.colour(str(name)),
                meaning=meanings.get(str(name), ""),
                customers=words.count(people),
                customer_share=words.share(line["customer_share"]),
                revenue=say(line["revenue"]),
                revenue_share=words.share(line["revenue_share"]) if story.has_shares else "",
                customer_bar=_bar(line["customer_share"], widest),
                revenue_bar=_bar(line["revenue_share"], widest) if story.has_shares else None,
                recency=_days(line["recency_days_median"]),
                frequency=words.few(line["frequency_median"]),
                frequency_mean=words.few(line["orders"] / people) if people else "",
                monetary=say(line["monetary_median"]),
                monetary_mean=say(line["revenue"] / people) if people else "",
                order_value=say(line["order_value_mean"]),
            )
        )
    return rows


def _days(value: float) -> str:
    """Say a median of whole days; the half of an even number of customers is rounded up."""
    return words.plural(math.floor(value + 0.5), "day") if math.isfinite(value) else words.NOTHING


def _bar(value: float, widest: float) -> float:
    """Length of a bar in percent of its box; nothing for a share below zero."""
    return round(max(0.0, min(1.0, value / widest)) * 100, 1) if np.isfinite(value) else 0.0


def describe(cuts: Cuts, say: words.Money) -> dict[str, str]:
    """Say each segment's bounds in plain words.

    The bounds are the smallest box of scores that holds all codes of the segment, so they are true
    of every customer in it.
    """
    told = {}
    # Where no metric has a cut, or the map has one name, there is nobody else.
    one = cuts.codes["segment"].nunique() == 1 or not any(len(b) for b in cuts.breaks.values())
    for name, codes in cuts.codes.groupby("segment", observed=True, sort=False):
        parts = []
        for metric in _METRICS:
            low, high = score_range(
                cuts.breaks[metric],
                int(codes[metric].min()),
                int(codes[metric].max()),
                cuts.n_bins[metric],
                highest_is_low=metric == "R",
            )
            parts.append(_metric_words(metric, low, high, say))
        unbounded = "everyone else" if name == UNASSIGNED else "no bounds of its own"
        told[str(name)] = "every customer" if one else ", ".join(p for p in parts if p) or unbounded
    return told


def score_range(
    breaks: NDArray[np.float64], lowest: int, highest: int, n_bins: int, *, highest_is_low: bool
) -> tuple[float, float]:
    """Give the values low < value <= high that score from `lowest` to `highest`.

    `highest_is_low` counts from the other end, as recency does: few days score high.
    """
    ends = np.concatenate(([-np.inf], np.asarray(breaks, dtype=np.float64), [np.inf]))
    if highest_is_low:
        lowest, highest = n_bins + 1 - highest, n_bins + 1 - lowest
    top = len(ends) - 1
    return float(ends[min(lowest - 1, top)]), float(ends[min(highest, top)])


def _metric_words(metric: str, low: float, high: float, say: words.Money) -> str:
    if metric == "R":
        return words.recency_words(low, high)
    if metric == "F":
        return words.frequency_words(low, high)
    return words.monetary_words(low, high, say)


def _observed(story: Story) -> dict[str, str]:
    """Say where the middle half of each of the caller's own segments lies."""
    told = {}
    names = story.segments.reindex(story.rfm.index)
    for name, own in story.rfm.groupby(names, observed=True, sort=False):
        recency = own["recency_days"].astype(float).quantile([0.25, 0.75]).tolist()
        spent = own["monetary"].astype(float).quantile([0.25, 0.75]).tolist()
        ago = _between(words.count(recency[0]), words.plural(recency[1], "day"))
        said = f"last order {ago} ago, {_between(*map(story.money, spent))} spent"
        told[str(name)] = said if len(own) == 1 else f"half of them: {said}"
    return told


def _between(low: str, high: str) -> str:
    """Say a range; one whose ends are the same is said once."""
    return high if high == low or high.startswith(f"{low} ") else f"{low} to {high}"


def pareto_words(story: Story) -> str:
    """Say what the best fifth of the customers brings."""
    spent = np.sort(story.rfm["monetary"].to_numpy(dtype=np.float64))[::-1]
    fifth = int(np.ceil(len(spent) / 5))
    everything = _frames.total(spent)
    if len(spent) < 5 or everything <= 0:
        return ""
    part = _frames.total(spent[:fifth]) / everything
    said = f"{words.share(part)} of the revenue."
    if fifth == 1:
        return f"The customer who spent most, a fifth of all, brings {said}"
    return f"The {words.count(fifth)} customers who spent most, a fifth of all, bring {said}"


def _treemap_words(story: Story) -> str:
    """Say the treemap for those who do not see it."""
    parts = [
        f"{name} {words.share(float(line['customer_share']))} of customers, "
        f"{words.share(float(line['revenue_share']))} of revenue"
        for name, line in tables.rows(story.summary).items()
    ]
    return "Segments: " + "; ".join(parts) + "."


def _grid(story: Story) -> pictures.Pair | None:
    """Draw the grid of scores; there is none for segments that were given."""
    if story.scores is None:
        return None
    return pictures.grid(story.scores, story.segments, _grid_words(story))


def _grid_words(story: Story) -> str:
    """Say the grid of recency and frequency scores for those who do not see it."""
    return (
        f"Grid of {words.plural(len(story.rfm), 'customer')} by recency score and order score; "
        "the table above gives the same segments in figures."
    )
