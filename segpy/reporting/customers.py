"""Chapter "Best customers": who they are, by segment; only when ids may be shown."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from segpy.reporting import pictures, tables, words
from segpy.reporting.sold import largest
from segpy.reporting.story import Chapter, Story

_TOP = 5


@dataclass(frozen=True)
class Person:
    """A customer of the list."""

    id: str
    spent: str
    orders: str
    last: str


@dataclass(frozen=True)
class Group:
    """The customers of one segment who spent most."""

    segment: str
    colour: str
    customers: tuple[Person, ...]


def chapter(story: Story) -> Chapter | None:
    """List the customers who spent most in each segment; nothing unless ids were asked for."""
    if not story.include_ids:
        return None
    groups = []
    for place, name in enumerate(story.summary.index):
        own = story.rfm[story.segment_codes == place]
        if len(own):
            groups.append(Group(str(name), pictures.colour(str(name)), _best(own, story.money)))
    return Chapter(
        anchor="customers",
        label="Best customers",
        heading="The best customers of each segment",
        template="customers.html",
        values={"groups": groups},
    )


def _best(own: pd.DataFrame, say: words.Money) -> tuple[Person, ...]:
    """Take the customers who spent most, ties by id."""
    best = own.iloc[largest(own["monetary"].to_numpy(dtype=np.float64), own.index, _TOP)]
    return tuple(
        Person(
            id=str(customer),
            spent=say(line["monetary"]),
            orders=words.plural(line["frequency"], "order"),
            last=words.plural(line["recency_days"], "day") + " before the snapshot",
        )
        for customer, line in tables.rows(best).items()
    )
