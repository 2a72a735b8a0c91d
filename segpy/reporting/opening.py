"""The top of the page: what was looked at, and the finding in two sentences."""

from __future__ import annotations

from segpy.reporting import words
from segpy.reporting.story import Story


def values(story: Story) -> dict[str, object]:
    """Give the values of the page's head."""
    return {
        "overline": "Customer segments",
        "title": story.title or _title(story),
        "lede": lede(story),
        "facts": facts(story),
    }


def _title(story: Story) -> str:
    people = words.plural(len(story.rfm), "customer")
    return f"{people} in {words.plural(len(story.summary), 'segment')}"


def facts(story: Story) -> list[tuple[str, str]]:
    """Say which days the lines cover and how much they hold."""
    known = story.known_revenue
    return [
        ("First order", words.day(story.first_day)),
        ("Last order", words.day(story.last_day)),
        ("Snapshot", words.day(story.snapshot)),
        ("Orders", words.count(story.orders.count)),
        ("Revenue", story.money(story.revenue)),
        ("of known customers", story.money(known)),
    ]


def lede(story: Story) -> str:
    """Say who brings the money and how many bought only once."""
    top, shares = story.best_segment
    once = float((story.rfm["frequency"] == 1).mean())
    told = f"{words.share(once)} of customers have ordered only once."
    if len(story.summary) == 1:
        return told
    return (
        f"{top} are {words.share(shares['customer_share'])} of the customers and "
        f"bring {words.share(shares['revenue_share'])} of their revenue. "
        f"{told} Start with {_start(story)}."
    )


def _start(story: Story) -> str:
    """Name the segments to begin with, in the order of the advice."""
    return words.listed([str(name) for name in story.steps.index[:3]])
