"""The R x F grid: a cell for each pair of scores, its customers, and the segments they are in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from segpy.plotting import labels, style
from segpy.plotting.labels import LINE, Entry, Key

Cells = Mapping[tuple[int, int], Counter[str]]

_FEW, _MANY = "#dde8f3", "#0d4a82"  # the two ends of the shade that stands for a count
_LEAST = 12.0  # points: a row of cells that can show its counts
_STRIP = 5.0  # points: the strip that shows the mix of a cell


def tally(r: Iterable[int], f: Iterable[int], names: Sequence[str] | None) -> Cells:
    """Count the customers of each cell by segment; without names under one empty name."""
    cells: dict[tuple[int, int], Counter[str]] = {}
    if names is None:
        pairs = Counter(zip(r, f, strict=True))
        return {(int(a), int(b)): Counter({"": n}) for (a, b), n in pairs.items()}
    for (a, b, name), n in Counter(zip(r, f, names, strict=True)).items():
        cells.setdefault((int(a), int(b)), Counter())[name] += n
    return cells


@dataclass(frozen=True)
class _Frame:
    """Where the grid lies on the sheet, in points, and the size of one cell."""

    x: float
    y: float
    width: float
    height: float
    columns: int
    rows: int
    key: Key = field(repr=False)

    @property
    def cell(self) -> tuple[float, float]:
        return self.width / self.columns, self.height / self.rows


def ranked(cells: Cells) -> list[tuple[str, int]]:
    """List the segments with their customers, most first, equals by name."""
    total: Counter[str] = Counter()
    for mix in cells.values():
        total.update(mix)
    return sorted(total.items(), key=lambda item: (-item[1], item[0]))


def draw(
    ax: Axes,
    cells: Cells,
    bins: tuple[int, int],
    inks: style.Inks,
    size: tuple[float, float],
) -> None:
    """Draw the grid, its two axes and its key on axes that measure `size` points."""
    width, height = size
    names = [(name, n) for name, n in ranked(cells) if name]
    entries = [
        Entry(labels.tidy(name), f": {style.count(n)}", style.segment_colour(name))
        for name, n in names
    ]
    if names:
        entries.append(Entry("Foot of a cell", ": its mix", inks.soft, hollow=True))
    left, foot = 34.0, 34.0
    # The counts come first: on a small sheet the key has what they leave.
    room = min(0.4 * height, height - foot - bins[1] * _LEAST)
    key = labels.key(entries if room >= 24.0 else [], width, room, lambda n: _rest(names[n:]))
    frame = _Frame(
        left, key.height + foot, width - left, height - key.height - foot, bins[0], bins[1], key
    )
    most = max(sum(mix.values()) for mix in cells.values())
    short = _names_fit(cells, frame)
    for r in range(1, bins[0] + 1):
        for f in range(1, bins[1] + 1):
            _cell(ax, frame, r, f, cells.get((r, f), Counter()), most, short, inks)
    _axes(ax, frame, inks)
    key.draw(ax, key.height, inks)


def _rest(names: Sequence[tuple[str, int]]) -> Entry:
    people = style.count(sum(n for _, n in names))
    return Entry(f"{len(names)} more segments", f": {people}", style.MAIN, hollow=True)


def _leader(mix: Counter[str]) -> str:
    """Name the segment most customers of a cell are in; of equals the first by name."""
    return min(mix, key=lambda name: (-mix[name], name))


def _names_fit(cells: Cells, frame: _Frame) -> bool:
    """Tell whether every cell has room for its segment's name under the count."""
    width, height = frame.cell
    if height < _STRIP + (11.0 + 2 * labels.SMALLEST) * LINE + 8.0:
        return False
    leaders = {labels.tidy(_leader(mix)) for mix in cells.values()}
    return all(labels.wrap(name, width - 8.0, labels.SMALLEST) for name in leaders if name)


def _cell(
    ax: Axes,
    frame: _Frame,
    r: int,
    f: int,
    mix: Counter[str],
    most: int,
    short: bool,
    inks: style.Inks,
) -> None:
    """Draw one cell: its fill, its count, its segment's name if it fits, and its mix."""
    width, height = frame.cell
    x, y = frame.x + (r - 1) * width, frame.y + (f - 1) * height
    count = sum(mix.values())
    name = _leader(mix) if mix else ""
    if not count:
        fill = "none"
    elif name:
        fill = style.segment_colour(name)
    else:
        # By the square root: cells differ by a factor of a hundred.
        fill = style.blend(_FEW, _MANY, (count / most) ** 0.5)
    box = Rectangle((x + 1, y + 1), width - 2, height - 2, facecolor=fill, gid=f"cell-{r}-{f}")
    box.set_edgecolor(inks.line if fill == "none" else "none")
    box.set_linewidth(0.8)
    ax.add_patch(box)
    ink = inks.soft if fill == "none" else style.text_on(fill)
    foot = 0.0
    if len(mix) > 1 and height > 24.0:
        foot = _STRIP
        _mix(ax, mix, (x + 1, y + 1, width - 2, foot), inks)
    if height < labels.SMALLEST * LINE:
        return
    text = style.count(count)
    for size in (11.0, 9.0, labels.SMALLEST):
        if labels.width(text, size, True) < width - 6.0:
            break
    else:
        size, text = labels.SMALLEST, style.compact(count)
    lines = labels.wrap(labels.tidy(name), width - 8.0, labels.SMALLEST) if short else []
    middle, step = y + (height + foot) / 2, labels.SMALLEST * LINE
    dress = style.words(ink, size, bold=True)
    top = middle + len(lines) * step / 2
    ax.text(x + width / 2, top, text, ha="center", va="center_baseline", **dress)
    for place, line in enumerate(lines):
        down = top - size * 0.75 - (place + 0.6) * step
        dress = style.words(ink, labels.SMALLEST)
        ax.text(x + width / 2, down, line, ha="center", va="center_baseline", **dress)


def _mix(
    ax: Axes, mix: Counter[str], box: tuple[float, float, float, float], inks: style.Inks
) -> None:
    """Draw the strip of a cell: its segments in the order of their size."""
    x, y, width, height = box
    total = sum(mix.values())
    ax.add_patch(Rectangle((x, y), width, height + 1.2, facecolor=inks.paper, edgecolor="none"))
    for name, n in sorted(mix.items(), key=lambda item: (-item[1], item[0])):
        part = width * n / total
        colour = style.segment_colour(name)
        ax.add_patch(Rectangle((x, y), part, height, facecolor=colour, edgecolor="none", gid="mix"))
        x += part


def _axes(ax: Axes, frame: _Frame, inks: style.Inks) -> None:
    """Write the scores along the two sides and what they mean."""
    width, height = frame.cell
    tick = style.words(inks.soft, 8.5)
    word = style.words(inks.ink, 9)
    wide = labels.width("00", 8.5)
    for r in range(1, frame.columns + 1, int(wide // width) + 1):
        x = frame.x + (r - 0.5) * width
        ax.text(x, frame.y - 9, str(r), ha="center", va="center_baseline", **tick)
    for f in range(1, frame.rows + 1, int(_LEAST // height) + 1):
        y = frame.y + (f - 0.5) * height
        ax.text(frame.x - 9, y, str(f), ha="center", va="center_baseline", **tick)
    across = _first_fit(
        (
            f"Recency score ({frame.columns} = ordered most recently)",
            f"Recency ({frame.columns} = latest)",
            "Recency",
        ),
        frame.width,
    )
    up = _first_fit(
        (
            f"Frequency score ({frame.rows} = most orders)",
            f"Frequency ({frame.rows} = most)",
            "Frequency",
        ),
        frame.height,
    )
    ax.text(
        frame.x + frame.width / 2, frame.y - 25, across, ha="center", va="center_baseline", **word
    )
    ax.text(
        frame.x - 26,
        frame.y + frame.height / 2,
        up,
        ha="center",
        va="center",
        rotation=90,
        rotation_mode="anchor",
        **word,
    )


def _first_fit(texts: Sequence[str], room: float) -> str:
    return next((text for text in texts if labels.width(text, 9) <= room), "")
