"""Chapter "How this was made": audit, options, cuts, codes and version, folded away."""

from __future__ import annotations

import numpy as np

from segpy.reporting import indices, tables, words
from segpy.reporting.story import Chapter, Cuts, Story

_NAMES = {"R": "Recency, days since the last order", "F": "Orders", "M": "Money spent"}


def chapter(story: Story) -> Chapter:
    """Put down all that is needed to make the page again and to check it."""
    return Chapter(
        anchor="appendix",
        label="How this was made",
        heading="How this was made",
        template="appendix.html",
        values={
            "audit": audit_rows(story),
            "cuts": cut_rows(story.cuts) if story.cuts is not None else [],
            "codes": code_rows(story.cuts) if story.cuts is not None else [],
            "months": month_rows(story),
            "groups": indices.values(story.groups) if story.groups is not None else None,
            "options": list(story.options.items()),
            "version": story.version,
        },
        collapsed=True,
    )


def audit_rows(story: Story) -> list[dict[str, str]]:
    """Shape the audit: what each step left and took away, to the penny."""
    if story.audit is None:
        return []
    return [
        {
            "step": str(step),
            "rows": words.count(line["rows"]),
            "customers": words.count(line["customers"]),
            "orders": words.count(line["orders"]),
            "revenue": exact(story.currency, line["revenue"]),
            "removed_rows": words.count(line["removed_rows"]),
            "removed_revenue": exact(story.currency, line["removed_revenue"]),
            "why": str(line["why"]),
        }
        for step, line in tables.rows(story.audit).items()
    ]


def exact(currency: str, value: float) -> str:
    """Say an amount with two decimals, as an accountant wants it."""
    if not np.isfinite(value):
        return words.NOTHING
    sign = words.MINUS if round(value, 2) < 0 else ""
    gap = words.SPACE if currency[-1:].isalnum() else ""
    return f"{sign}{currency}{gap}{abs(value):,.2f}"


def cut_rows(cuts: Cuts) -> list[dict[str, str]]:
    """Shape the cut points of each metric."""
    ties = tables.rows(cuts.ties)
    return [
        {
            "metric": _NAMES[metric],
            "cuts": ", ".join(f"{cut:,.10g}" for cut in cuts.breaks[metric]) or words.NOTHING,
            "ties": words.count(ties[metric]["customers_on_tie"]),
            "bins": f"{ties[metric]['bins_found']} of {ties[metric]['bins_asked']}",
        }
        for metric in ("R", "F", "M")
    ]


def code_rows(cuts: Cuts) -> list[dict[str, str]]:
    """List the score codes of each segment."""
    return [
        {"segment": str(name), "codes": " ".join(sorted(codes["score"].astype(str), reverse=True))}
        for name, codes in cuts.codes.groupby("segment", observed=True)
    ]


def month_rows(story: Story) -> list[dict[str, str]]:
    """Shape the table of months, the figures behind the picture."""
    return [
        {
            "month": words.month(month) + (" (part)" if line["partial"] else ""),
            "revenue": story.money(line["revenue"]),
            "orders": words.count(line["orders"]),
            "order_value": story.money(line["order_value"]),
            "customers": words.count(line["customers"]),
            "new": words.count(line["new"]),
            "returning": words.count(line["returning"]),
        }
        for month, line in tables.rows(story.months).items()
    ]
