"""The cells of the treemap and their text: what fits is written, what does not goes to a key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from segpy.plotting import labels, style
from segpy.plotting.labels import LINE, Entry, Key
from segpy.plotting.squares import Box, squarify

_PAD = 5.0  # points between a cell's edge and its text


@dataclass(frozen=True)
class Segment:
    """A row of the summary, ready to be drawn."""

    name: str
    customers: float
    revenue: float
    share: float
    colour: str

    @property
    def people(self) -> str:
        """Its customers in words."""
        return style.people(self.customers)

    @property
    def part(self) -> str:
        """Its share of the revenue."""
        return style.share(self.share)


@dataclass(frozen=True)
class _Label:
    """A cell's text, found to fit: the name on its lines, what is known under it, and sizes."""

    name: list[str]
    facts: list[str]
    size: float
    small: float


def _arrange(
    drawn: list[Segment], flat: list[Segment], width: float, height: float, currency: str
) -> tuple[list[Box], list[_Label | None], Key, list[str]]:
    """Lay out cells and key together: a cell whose text does not fit moves its text to the key.

    The key takes room from the cells, so this repeats until no more text has to move; a text
    that has moved stays in the key, so it ends.
    """
    moved: set[int] = set()
    while True:
        order = sorted(moved)
        number = {place: str(n) for n, place in enumerate(order, 1)}
        entries = [
            Entry(s.name, f": {s.people}, {s.part}", s.colour, number[i])
            for i, s in enumerate(drawn)
            if i in moved
        ]
        entries += [Entry(s.name, _flat(s, currency), s.colour, hollow=True) for s in flat]
        listed = [drawn[i] for i in order] + flat
        key = labels.key(entries, width, 0.5 * height, partial(_rest, listed))
        room = Box(0.0, key.height, width, height - key.height)
        boxes = squarify([s.revenue for s in drawn], room)
        texts = [
            None if i in moved else _fit(s, b, width * height)
            for i, (s, b) in enumerate(zip(drawn, boxes, strict=True))
        ]
        new = {i for i, text in enumerate(texts) if text is None} - moved
        if not new:
            return boxes, texts, key, [number.get(i, "") for i in range(len(drawn))]
        moved |= new


def _flat(segment: Segment, currency: str) -> str:
    return f": {segment.people}, {style.money(segment.revenue, currency)}, no area"


def _rest(listed: Sequence[Segment], kept: int) -> Entry:
    """Sum up the segments for which a key has no room: all after the first `kept`."""
    segments = listed[kept:]
    people = style.people(sum(s.customers for s in segments))
    part = style.share(sum(s.share for s in segments))
    return Entry(f"{len(segments)} more segments", f": {people}, {part}", style.MAIN, hollow=True)


def _fit(segment: Segment, box: Box, sheet: float) -> _Label | None:
    """Find the largest setting of a cell's text that fits, from roomy to tight, or None."""
    room, tall = box.width - 2 * _PAD, box.height - 2 * _PAD
    people, part = style.count(segment.customers), segment.part
    longest = [segment.people, f"{part} of revenue"]
    large = 13.0 if box.width * box.height > 0.2 * sheet else 11.0
    for size, small, facts in (
        (large, 9.5, longest),
        (10.0, 8.5, longest),
        (9.5, 8.5, [f"{segment.people}, {part}"]),
        (9.0, 8.0, [f"{people} · {part}"]),
        (8.0, labels.SMALLEST, [f"{people} · {part}"]),
        (8.0, labels.SMALLEST, [people, part]),
    ):
        if max(labels.width(f, small) for f in facts) > room:
            continue
        for most in (1, 2, 3):
            name = labels.wrap(segment.name, room, size, bold=True, most=most)
            if name and (len(name) * size + len(facts) * small) * LINE <= tall:
                return _Label(name, facts, size, small)
    return None


def _write(ax: Axes, segment: Segment, box: Box, text: _Label | None, mark: str) -> None:
    """Write a cell's text at its upper left, or its number in the key if that fits."""
    ink = style.text_on(segment.colour)
    if text is not None:
        y = box.y + box.height - _PAD
        lines = [(line, text.size, True) for line in text.name]
        lines += [(line, text.small, False) for line in text.facts]
        for line, size, bold in lines:
            # 0.95 of the size lies above the base line, the rest of the line below it.
            ax.text(box.x + _PAD, y - 0.95 * size, line, **style.words(ink, size, bold=bold))
            y -= size * LINE
    elif box.height > 9.0 and labels.width(mark, labels.SMALLEST) + 3.0 < box.width:
        x, middle = box.x + box.width / 2, box.y + box.height / 2
        dress = style.words(ink, labels.SMALLEST)
        ax.text(x, middle, mark, ha="center", va="center_baseline", **dress)


def draw(
    ax: Axes,
    segments: Sequence[Segment],
    currency: str,
    inks: style.Inks,
    size: tuple[float, float],
) -> None:
    """Draw segments, in descending order of revenue, on axes that measure `size` points."""
    width, height = size
    drawn = [s for s in segments if s.revenue > 0]
    flat = [s for s in segments if s.revenue <= 0]
    boxes, texts, key, marks = _arrange(drawn, flat, width, height, currency)
    for place, (segment, box, text, mark) in enumerate(
        zip(drawn, boxes, texts, marks, strict=True)
    ):
        ax.add_patch(
            Rectangle(
                (box.x, box.y),
                box.width,
                box.height,
                facecolor=segment.colour,
                edgecolor=inks.paper,
                linewidth=1.6,
                gid=f"segment-{place}",
            )
        )
        _write(ax, segment, box, text, mark)
    if not drawn:
        x, y = width / 2, (height + key.height) / 2
        dress = style.words(inks.soft, 10)
        ax.text(x, y, "No segment has revenue above zero.", ha="center", va="center", **dress)
    key.draw(ax, key.height, inks)
