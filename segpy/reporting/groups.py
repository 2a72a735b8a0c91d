"""Chapter "Groups found in the data": the verdict first, then who they are, if there are any."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from segpy import _frames
from segpy.reporting import pictures, tables, words
from segpy.reporting.grouping import MEASURES, Groups
from segpy.reporting.story import Chapter, Story

_COMPARED = words.listed(list(MEASURES.values()))


@dataclass(frozen=True)
class Row:
    """A group as the table shows it; `mostly` says which segment most of it belongs to."""

    name: str
    colour: str
    mostly: str
    customers: str
    customer_share: str
    customer_bar: float
    revenue: str
    revenue_share: str
    recency: str
    frequency: str
    monetary: str


def chapter(story: Story) -> Chapter | None:
    """Say whether there are groups of customers by themselves, and describe those there are."""
    groups = story.groups
    if groups is None:
        return None
    shown = groups.choice.kind != "constructive"
    return Chapter(
        anchor="groups",
        label="Groups found in the data",
        heading=heading(groups),
        template="groups.html",
        values={
            "lead": lead(groups),
            "rows": rows(story, groups) if shown else [],
            "picture": _picture(groups) if shown else None,
            "advice": advice(groups),
        },
    )


def heading(groups: Groups) -> str:
    """Say the verdict in a few words."""
    if groups.choice.kind == "natural":
        return f"{words.plural(groups.k, 'natural group')} of customers"
    if groups.choice.kind == "reproducible":
        return f"No natural groups, but the same {groups.k} come back"
    return "No natural groups: cut by value instead"


def lead(groups: Groups) -> str:
    """Say the verdict in plain words; the appendix has it in the words of the method."""
    ks = groups.choice.table.index
    looked = (
        f"Clustering looked for {ks[0]} to {ks[-1]} groups of customers alike in {_COMPARED}, each "
        "on a logarithmic scale so that a few large customers are not the whole answer"
    )
    again = groups.choice.table.loc[groups.k]
    agreement = (
        f"(agreement {again['stability']:.2f}, where data without groups reach "
        f"{again['stability_ref']:.2f})"
    )
    if groups.choice.kind == "natural":
        return (
            f"{looked}. There are {groups.k}: between any two of them lies emptier space, and they "
            f"come back when the customers are drawn again {agreement}."
        )
    if groups.choice.kind == "reproducible":
        return (
            f"{looked}. No emptier space lies between any of them, but when the customers are "
            f"drawn again the same {groups.k} come back {agreement}: a division to be repeated."
        )
    return (
        f"{looked}. It found no emptier space between any of them: whoever stands on one side of a "
        "border is like whoever stands on the other side."
    )


def advice(groups: Groups) -> str:
    """Say what to do with the verdict."""
    if groups.choice.kind == "natural":
        return (
            "These groups were found, the segments above were cut by value. Where the two agree, "
            "trust the segment; where a group holds parts of several segments, treat these alike."
        )
    sizes = np.bincount(groups.codes, minlength=groups.k)
    if groups.choice.kind == "reproducible":
        return "Its borders run through customers who are alike; the segments above say where."
    parts = [
        f"{words.count(size)} customers ({words.share(size / len(groups.codes))}) who are “{name}”"
        for size, name in sorted(zip(sizes, groups.names, strict=True), reverse=True)
    ]
    return (
        "Use the segments above: they cut by value and say where. If groups are wanted all the "
        f"same, take {groups.k}: {words.listed(parts)}. Their border is chosen, not found."
    )


def rows(story: Story, groups: Groups) -> list[Row]:
    """Shape the profile for the table, the group that brings most first."""
    codes, k = groups.codes, groups.k
    sizes = np.bincount(codes, minlength=k)
    revenue = _frames.totals(codes, k, story.rfm["monetary"].to_numpy(dtype=np.float64))
    everything = _frames.total(revenue)
    colours = pictures.group_colours(groups.names)
    median = groups.profile.set_index(["segment", "feature"])["median"].to_dict()
    found = []
    for code in np.argsort(-revenue, kind="stable").tolist():
        name = str(groups.names.loc[code])
        share = float(revenue[code]) / everything if everything > 0 else np.nan
        found.append(
            Row(
                name=name[:1].upper() + name[1:],
                colour=colours[name],
                mostly=_mostly(story, codes == code),
                customers=words.count(sizes[code]),
                customer_share=words.share(sizes[code] / len(codes)),
                customer_bar=round(100 * float(sizes[code] / sizes.max()), 1),
                revenue=story.money(float(revenue[code])),
                revenue_share=words.share(share) if everything > 0 else "",
                recency=words.few(median[code, "recency_days"]) + " days",
                frequency=words.few(median[code, "frequency"]),
                monetary=story.money(median[code, "monetary"]),
            )
        )
    return found


def _mostly(story: Story, own: np.ndarray) -> str:
    """Name the segment that most customers of a group belong to."""
    places = story.segment_codes[own]
    counts = np.bincount(places[places >= 0], minlength=len(story.summary))
    most = int(np.argmax(counts))
    if not counts[most]:
        return ""
    return f"{words.share(counts[most] / own.sum())} are in the segment {story.summary.index[most]}"


def _picture(groups: Groups) -> pictures.Pair:
    names = pd.Series(groups.names.to_numpy()[groups.codes], index=groups.scaled.index)
    counts = tables.rows(names.value_counts().sort_index().to_frame("customers"))
    said = "; ".join(f"{name}: {words.count(line['customers'])}" for name, line in counts.items())
    alt = (
        "Customers as points along the two directions in which they differ most, in the colour of "
        f"their group. {said}."
    )
    return pictures.groups(groups.scaled, names, alt)
