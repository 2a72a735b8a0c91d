"""Text that fits: measured before it is drawn, wrapped, shortened, or moved into a key."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.patches import Rectangle
from matplotlib.textpath import TextToPath

from segpy.plotting import beside, style

LINE = 1.32  # height of a line of text, in font sizes
SMALLEST = 7.5  # points; nothing is set smaller


@lru_cache(maxsize=8192)
def width(text: str, size: float, bold: bool = False) -> float:
    """Measure a line of text in points, as matplotlib's own font would set it."""
    font = FontProperties(family=style.FAMILY, size=size, weight="bold" if bold else "normal")
    known = get_font(findfont(font))
    # A character the font lacks is drawn by another one; the widest letter stands in for it.
    plain = "".join(c if known.get_char_index(ord(c)) else "W" for c in text)
    return float(TextToPath().get_text_width_height_descent(plain, font, False)[0])


def tidy(name: object) -> str:
    """Turn a name into one line: no line breaks, no control characters, blanks folded."""
    text = "".join(" " if unicodedata.category(c) in ("Cc", "Cn", "Cs") else c for c in str(name))
    return " ".join(text.split())


def cut(text: str, room: float, size: float, bold: bool = False) -> str:
    """Shorten a line with an ellipsis until it is no wider than `room` points."""
    if width(text, size, bold) <= room:
        return text
    low, high = 0, len(text)  # the longest start that still fits lies in [low, high)
    while high - low > 1:
        middle = (low + high) // 2
        if width(text[:middle].rstrip() + "…", size, bold) <= room:
            low = middle
        else:
            high = middle
    return text[:low].rstrip() + "…"


def wrap(text: str, room: float, size: float, bold: bool = False, most: int = 2) -> list[str]:
    """Break a text at blanks into at most `most` lines of `room` points; [] if it does not fit."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width(longer, size, bold) <= room:
            lines[-1] = longer
        elif len(lines) < most and width(word, size, bold) <= room:
            lines.append(word)
        else:
            return []
    return lines


def broken(text: str, room: float, size: float, most: int) -> list[str]:
    """Break a text into at most `most` lines, the last one shortened if the whole does not fit."""
    whole = wrap(text, room, size, most=most)
    if whole:
        return whole
    lines, rest = [""], text.split()
    while rest:
        longer = f"{lines[-1]} {rest[0]}".strip()
        if width(longer, size) <= room:
            lines[-1] = longer
            del rest[0]
        elif lines[-1] and len(lines) < most:
            lines.append("")
        else:
            break
    return [*lines[:-1], cut(" ".join([lines[-1], *rest]).strip(), room, size)]


_TITLE = 10.5  # size of a title, in points


def title(ax: Axes, text: str, inks: style.Inks) -> None:
    """Set a title above the left end of the axes, on as many lines as its width asks for."""
    ax.set_title(
        "\n".join(_title_lines(ax, text)),
        loc="left",
        pad=8,
        **style.words(inks.ink, _TITLE, bold=True),
        linespacing=1.2,
    )


def title_first(ax: Axes, text: str, inks: style.Inks) -> None:
    """Set a title before anything else is laid out, and make the axes lower where it needs room."""
    beside.make_room(ax, above=8.0 + 1.25 * _TITLE * len(_title_lines(ax, text)))
    title(ax, text, inks)


def _title_lines(ax: Axes, text: str) -> list[str]:
    room = style.points(ax)[0]
    return wrap(text, room, _TITLE, True, most=3) or [cut(text, room, _TITLE, True)]


# --- the key: a legend of one line or more under a picture --------------------------------


@dataclass(frozen=True)
class Entry:
    """A line of the key: its swatch, a name that may be shortened, and what must be said."""

    name: str
    facts: str
    colour: str
    mark: str = ""
    hollow: bool = False


@dataclass(frozen=True)
class Key:
    """A key laid out for a width: entries by row and column, heights in points."""

    entries: tuple[Entry, ...]
    columns: int
    width: float
    size: float

    @property
    def row(self) -> float:
        """Height of one row."""
        return self.size * 1.75

    @property
    def height(self) -> float:
        """Height of the whole key with the gap above it; 0 without entries."""
        if not self.entries:
            return 0.0
        return -(-len(self.entries) // self.columns) * self.row + 7.0

    def draw(self, ax: Axes, top: float, inks: style.Inks, left: float = 0.0) -> None:
        """Draw the key on axes measured in points, its first row below `top`."""
        rows = -(-len(self.entries) // self.columns)
        column = self.width / self.columns
        side = self.size * 1.3
        for place, entry in enumerate(self.entries):
            x = left + (place // rows) * column
            y = top - 7.0 - (place % rows + 1) * self.row
            base = y + self.row / 2
            ax.add_patch(
                Rectangle(
                    (x + 0.5, base - side / 2),
                    side,
                    side,
                    facecolor="none" if entry.hollow else entry.colour,
                    edgecolor=entry.colour,
                    linewidth=1.2 if entry.hollow else 0.0,
                    clip_on=False,
                    gid=f"key-{place}",
                )
            )
            if entry.mark:
                ink = inks.ink if entry.hollow else style.text_on(entry.colour)
                ax.text(
                    x + 0.5 + side / 2,
                    base,
                    entry.mark,
                    ha="center",
                    va="center_baseline",
                    **style.words(ink, SMALLEST),
                )
            room = column - side - 14.0
            name = cut(entry.name, room - width(entry.facts, self.size), self.size)
            ax.text(
                x + side + 5.0,
                base,
                name + entry.facts,
                ha="left",
                va="center_baseline",
                **style.words(inks.ink, self.size),
            )


def key(entries: Sequence[Entry], room: float, height: float, rest: Callable[[int], Entry]) -> Key:
    """Lay a key out in `room` points; past `height`, ``rest(n)`` sums up the entries from n on."""
    size = 8.0
    widest = max((width(e.name + e.facts, size) for e in entries), default=1.0) + size * 1.3 + 16.0
    columns = max(1, min(len(entries), int(room // min(widest, 280.0))))
    rows = max(1, -(-len(entries) // columns))
    columns = max(1, -(-len(entries) // rows))  # no column stays empty
    wide = room if columns == 1 else min(room, columns * max(widest, room / 4))
    laid = Key(tuple(entries), columns, wide, size)
    most = max(1, int((height - 7.0) // laid.row)) * columns
    if len(entries) > most:
        laid = Key((*entries[: most - 1], rest(most - 1)), columns, wide, size)
    return laid
