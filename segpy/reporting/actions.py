"""Chapter "What to do first": the advice, where a campaign moves most at the top."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from segpy.reporting import pictures, products, tables, words
from segpy.reporting.story import Chapter, Story

_FIRST = 3
_ORDER = (
    "The order is that of money at stake, weighed by how readily such customers move. At stake is "
    "one more order from every customer of the segment, of the size the middle customer places: "
    "the most a campaign can win."
)


@dataclass(frozen=True)
class Action:
    """What to do for one segment, with the customers and the money it is about.

    `value` is empty where nothing is at stake; `pairs` are what the offer may begin with, and
    `source` says whose they are.
    """

    rank: int
    segment: str
    colour: str
    goal: str
    message: str
    offer: str
    channel: str
    window: str
    customers: str
    people: str
    value: str
    why: str
    pairs: tuple[str, ...]
    source: str
    favourites: tuple[str, ...]


def chapter(story: Story) -> Chapter:
    """Put the segments in the order of their priority; the first few stand large."""
    table = tables.rows(story.steps)
    people = tables.rows(story.summary)
    favourites = products.favourites(story)
    steps = [
        Action(
            rank=place + 1,
            segment=str(name),
            colour=pictures.colour(str(name)),
            goal=_sentence(line["goal"]),
            message=_sentence(line["message"]),
            offer=_sentence(story.plain_offers[name]),
            channel=_sentence(line["channel"]),
            window=_window(line["window_days"]),
            customers=words.plural(people[name]["customers"], "customer"),
            people=words.count(people[name]["customers"]),
            value=_stake(story, line["value_at_stake"]),
            why=_sentence(line["why"]),
            **_pairs(story, name, line["offer"]),
            favourites=tuple(favourites.get(str(name), ())),
        )
        for place, (name, line) in enumerate(table.items())
    ]
    # Who has no name is no segment to start with, however few segments there are.
    first = [step for step, name in zip(steps, table, strict=True) if name in story.named][:_FIRST]
    return Chapter(
        anchor="actions",
        label="What to do first",
        heading=(
            f"Start with {first[0].segment}: {_lower(first[0].goal)}"
            if first
            else "No segment to start with"
        ),
        template="actions.html",
        values={
            "lead": _ORDER if story.has_shares else story.no_shares,
            "first": first,
            "rest": [step for step in steps if step not in first],
        },
    )


def _pairs(story: Story, name: object, offer: object) -> dict[str, Any]:
    """Give the pairs of products to begin with, where the advice is to cross-sell."""
    if offer == story.plain_offers[name]:
        return {"pairs": (), "source": ""}
    found, names = story.offers[str(name)], story.product_names
    told = tuple(
        f"{words.listed([names[p] for p in rule.after])} for buyers of "
        f"{words.listed([names[p] for p in rule.before])}"
        for rule in found.rules
    )
    return {"pairs": told, "source": found.source}


def _stake(story: Story, value: float) -> str:
    return story.money(value) if story.has_shares and value > 0 else ""


def _sentence(text: object) -> str:
    """Give the words with a capital letter and nothing else changed."""
    said = str(text).strip()
    return said[:1].upper() + said[1:]


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _window(value: object) -> str:
    number = float(str(value))
    return f"within {words.plural(number, 'day')}" if np.isfinite(number) else ""
