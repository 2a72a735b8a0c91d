"""Chapter "Revenue by month": which month was best, and which one is not over."""

from __future__ import annotations

from segpy.reporting import pictures, words
from segpy.reporting.story import Chapter, Story

# More bars than this are a hatching; the chart then shows the latest.
_DRAWN = 120


def chapter(story: Story) -> Chapter:
    """Draw the months, and say which was best and which is not over."""
    table = story.months
    whole = table[~table["partial"]]
    say = story.money
    notes = []
    if table["partial"].iloc[-1]:
        notes.append(
            f"{words.month(table.index[-1])} is not over: the lines end on "
            f"{words.day(story.last_day)}, so its bar is short because the month is."
        )
    if len(table) > 1 and table["partial"].iloc[0]:
        notes.append(
            f"{words.month(table.index[0])} is only part of a month: the lines begin on "
            f"{words.day(story.first_day)}."
        )
    if len(table) > _DRAWN:
        notes.append(
            f"The picture shows the last {_DRAWN} of {words.plural(len(table), 'month')}, "
            f"from {words.month(table.index[-_DRAWN])} on."
        )
    if len(whole) > 1:
        revenue = dict(zip(whole.index, whole["revenue"].tolist(), strict=True))
        best, worst = max(revenue, key=revenue.__getitem__), min(revenue, key=revenue.__getitem__)
        heading = f"{words.month(best)} was the strongest month"
        lead = (
            f"{words.month(best)} brought {say(revenue[best])}, "
            f"{words.month(worst)}, the weakest, {say(revenue[worst])}. "
            f"A whole month brings {say(float(whole['revenue'].median()))} at the median."
        )
    else:
        heading = "Too short a history to compare months"
        lead = f"The lines cover {words.plural(len(whole), 'whole month')}."
    return Chapter(
        anchor="months",
        label="Revenue by month",
        heading=heading,
        template="months.html",
        values={
            "lead": lead,
            "notes": notes,
            "picture": pictures.months(
                story, table.tail(_DRAWN), f"{lead} {' '.join(notes)}".strip()
            ),
        },
    )
