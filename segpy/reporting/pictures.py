"""The page's pictures: each drawn wide for a desk and narrow for a phone, as inline SVG."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import pandas as pd
from markupsafe import Markup
from matplotlib.axes import Axes

from segpy.plotting import style, svg
from segpy.plotting.clusters import draw_clusters
from segpy.plotting.months import draw_months
from segpy.plotting.rules import network_height, plot_rules
from segpy.plotting.segments import plot_rf_grid, plot_segments
from segpy.reporting.story import Story

# Inches: the page shows the wide ones at about 1010 CSS pixels, the narrow ones at about 340.
_WIDE, _NARROW = 10.4, 3.9

# Margins in inches, left, right, bottom, top: pictures begin and end where the text does.
_EDGE: style.Margin = (0.0, 0.0, 0.08, 0.42)
_AXIS: style.Margin = (0.52, 0.0, 0.36, 0.42)
_BARS: style.Margin = (0.0, 0.0, 0.36, 0.42)
# Up to so many months, the wide picture writes the money on the bars and has no scale.
_ON_BARS = 16
# Customers drawn as points: more swell the page and hide each other.
_POINTS = 800

_TAG = re.compile(r"<[^<>]*>")
_ID = re.compile(r' id="([^"]*)"')
_REFERENCE = re.compile(r'(?:url\(|href=")#([^)"]*)')

Pair = list[tuple[str, Markup]]


def colour(segment: str) -> str:
    """Give the colour a segment has in every picture."""
    return style.segment_colour(segment)


def months(story: Story, table: pd.DataFrame, alt: str) -> Pair:
    """Draw the revenue of each month, unfinished months marked."""
    shown = table.reset_index()[["month", "revenue", "partial"]]
    return _drawn(
        "months",
        alt,
        (3.5, 2.7),
        (_BARS if len(table) <= _ON_BARS else _AXIS, _AXIS),
        lambda ax: draw_months(shown, ax=ax, currency=story.currency),
    )


def treemap(story: Story, alt: str) -> Pair:
    """Draw the segments as areas."""
    return _drawn(
        "treemap",
        alt,
        (4.4, 5.0),
        (_EDGE, _EDGE),
        lambda ax: plot_segments(story.summary, ax=ax, currency=story.currency),
    )


def grid(scores: pd.DataFrame, segments: pd.Series, alt: str) -> Pair:
    """Draw how many customers stand at each recency and frequency score."""
    return _drawn(
        "grid",
        alt,
        (4.6, 4.4),
        (_EDGE, _EDGE),
        lambda ax: plot_rf_grid(scores, segments, ax=ax),
    )


def groups(scaled: pd.DataFrame, names: pd.Series, alt: str) -> Pair:
    """Draw the customers as points in the colours of their groups."""
    return _drawn(
        "groups",
        alt,
        (4.8, 5.2),
        (_AXIS, _AXIS),
        lambda ax: draw_clusters(scaled, names, ax=ax, most=_POINTS),
    )


def together(rules: pd.DataFrame, alt: str) -> Pair:
    """Draw rules as a network, as high as their products need."""
    heights = [network_height(rules, width) for width in (_WIDE, _NARROW)]
    return _drawn(
        "together",
        alt,
        (heights[0], heights[1]),
        (_EDGE, _EDGE),
        lambda ax: plot_rules(rules, ax=ax),
    )


def group_colours(names: Iterable[str]) -> dict[str, str]:
    """Give each group the colour it has in the picture, which takes them by the alphabet."""
    ordered = sorted(names)
    return dict(zip(ordered, style.group_colours(ordered), strict=True))


def _drawn(
    name: str,
    alt: str,
    heights: tuple[float, float],
    margins: tuple[style.Margin, style.Margin],
    draw: Callable[[Axes], object],
) -> Pair:
    """Draw one picture at both sizes; the page shows one of the two."""
    return [
        (
            size,
            # The plotting room escapes every word of its pictures.
            Markup(
                _needed_ids(
                    svg.picture(
                        draw, f"{name}-{size}", width=width, height=height, margin=margin, alt=alt
                    )
                )
            ),
        )
        for size, width, height, margin in zip(
            ("wide", "narrow"), (_WIDE, _NARROW), heights, margins, strict=True
        )
    ]


def _needed_ids(picture: str) -> str:
    """Drop the ids nothing refers to: most of them, and some stand more than once."""
    used = set(_REFERENCE.findall(picture))
    return _TAG.sub(
        lambda tag: _ID.sub(lambda i: i.group() if i.group(1) in used else "", tag.group()), picture
    )
