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
    n = story.n_nameless
    if not story.named:
        return f"{people} without a segment name"
    nameless = f", {words.plural(n, 'customer')} without a name" if n else ""
    return f"{people} in {words.plural(len(story.named), 'segment')}{nameless}"


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
    once = float((story.rfm["frequency"] == 1).mean())
    told = f"{words.share(once)} of customers have ordered only once."
    if story.best_segment is None or len(story.summary) == 1:
        return told
    start = f"Start with {_start(story)}."
    if not story.has_shares:
        return f"{story.no_shares} {told} {start}"
    top, shares = story.best_segment
    return (
        f"{top} are {words.share(shares['customer_share'])} of the customers and "
        f"bring {words.share(shares['revenue_share'])} of their revenue. {told} {start}"
    )


def _start(story: Story) -> str:
    """Name the segments to begin with, in the order of the advice."""
    return words.listed([str(name) for name in story.steps.index if name in story.named][:3])
