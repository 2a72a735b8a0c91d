"""The drawing of a network: names, arrows between them, and a key that explains the arrows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle, Patch, PathPatch, Polygon
from matplotlib.path import Path
from numpy.typing import NDArray

from segpy.plotting import labels, network, style

Floats = NDArray[np.float64]
Point = tuple[float, float]

# All in points.
_ROW = 13.5  # the least height of a name
_TALL = 38.0  # rows that are higher fall apart
_NAME = 0.37  # of the width, at most, is for the names of one column
_AREA = 420.0  # square points between the columns that an arrow needs
_BESIDE = 7.0  # between an item's dot and its name
_NODE, _JUNCTION = 2.6, 2.1  # radius of an item's dot, and of one where several items meet
_APART = 9.0  # between two of the latter
_START, _END = 4.0, 4.5  # between a dot and an arrow that leaves it, that reaches it
_KEY, _LINE, _SAMPLE = 7.5, 13.0, 20.0  # of the key: letters, rows, samples of lines
_BRIEF = 215.0  # a narrower key uses short words
_FAINT = 0.4  # opacity of the weakest line


@dataclass(frozen=True)
class Arrow:
    """A rule between numbers of items, and what its line says."""

    rule: network.Rule
    confidence: float
    lift: float

    @property
    def thickness(self) -> float:
        """Width of the line."""
        return thickness(self.confidence)

    @property
    def rare(self) -> bool:
        """Whether it is no more frequent than by chance."""
        return self.lift <= 1.0


def thickness(confidence: float) -> float:
    """Give the width of a line in points."""
    return 0.7 + 2.3 * confidence * confidence


@dataclass(frozen=True)
class Scale:
    """The lifts that the faintest and the strongest line stand for."""

    low: float
    high: float

    @classmethod
    def of(cls, arrows: Sequence[Arrow]) -> Scale:
        """Span the lifts above chance, at least a factor of two."""
        lifts = [arrow.lift for arrow in arrows if not arrow.rare] or [2.0]
        return cls(min(*lifts, max(lifts) / 2), max(lifts))

    def opacity(self, lift: float) -> float:
        """Give the opacity of a line; it is that, not its hue, that any paper shows."""
        place = math.log(max(lift / self.low, 1.0)) / math.log(self.high / self.low)
        return _FAINT + (1.0 - _FAINT) * place


def fitting(arrows: list[Arrow], width: float, height: float, inks: style.Inks) -> list[Arrow]:
    """Give the first arrows whose items have room below each other; the first one has anyhow."""
    for n in range(len(arrows), 1, -1):
        rows = network.fewest_rows([arrow.rule for arrow in arrows[:n]])
        room = height - Key(arrows[:n], Scale.of(arrows[:n]), (width, height), inks).height
        if rows * _ROW <= room and n * _AREA <= (1 - 2 * _NAME) * width * room:
            return arrows[:n]
    return arrows[:1]


class Picture:
    """A network laid out for its paper of `size`, the key at its foot."""

    def __init__(
        self,
        ax: Axes,
        names: Sequence[str],
        arrows: Sequence[Arrow],
        size: tuple[float, float],
        inks: style.Inks,
    ) -> None:
        self.ax, self.arrows, self.inks = ax, arrows, inks
        self.scale = Scale.of(arrows)
        self.key = Key(arrows, self.scale, size, inks)
        room = size[1] - self.key.height
        rules = [arrow.rule for arrow in arrows]
        bands = network.bands(rules, compact=False)
        if network.rows(bands) * _ROW * 1.2 > room:
            bands = network.bands(rules, compact=True)
        self.row = min(room / network.rows(bands), _TALL)
        self.size = 8.5 if self.row >= 15.0 and size[0] > 280.0 else labels.SMALLEST
        self._break(names, bands, size[0])
        self._place(bands, size, (room - network.rows(bands) * self.row) / 2)

    def _break(self, names: Sequence[str], bands: list[network.Band], width: float) -> None:
        """Break the names into lines as wide as half of the names leave room for."""
        most = max(1, int(self.row / (self.size * 1.25)))
        room = _NAME * width - _BESIDE - _NODE
        self.lines = {
            item: labels.broken(names[item], room, self.size, min(most, 3))
            for band in bands
            for item in (*band.left, *band.right)
        }

    def _place(self, bands: list[network.Band], size: tuple[float, float], above: float) -> None:
        """Find the place of every item; `inwards` is 1 in the left column and -1 in the right."""
        widest = [0.0, 0.0]
        for band in bands:
            for side, column in enumerate((band.left, band.right)):
                widest[side] = max([widest[side], *map(self._wide, column)])
        self.left, self.right = widest[0], size[0] - widest[1]
        self.place: dict[int, Point] = {}
        self.inwards: dict[int, int] = {}
        top = size[1] - above
        for band in bands:
            heights = band.heights()
            for column, x, way in ((band.left, self.left, 1), (band.right, self.right, -1)):
                for item in column:
                    self.place[item] = (x, top - heights[item] * self.row)
                    self.inwards[item] = way
            top -= (band.rows + network.GAP) * self.row

    def _wide(self, item: int) -> float:
        """Give the width of an item with its dot."""
        words = max(labels.width(line, self.size) for line in self.lines[item])
        return words + _BESIDE + _NODE

    def draw(self) -> None:
        """Draw the arrows, the weakest first, then the items over them, then the key."""
        meet = self._meetings()
        back = {arrow.rule[::-1]: number for number, arrow in enumerate(self.arrows)}
        for number in range(len(self.arrows) - 1, -1, -1):
            arrow, name = self.arrows[number], f"rule-{number + 1}"
            if number in meet:
                self._through(arrow, meet[number], name)
            elif (other := back.get(arrow.rule)) is None:
                self._direct(arrow, None, name)
            elif number <= other:
                self._direct(arrow, self.arrows[other], name)
        for item in self.place:
            self._name(item)
        self.key.draw(self.ax)

    def _add(self, patch: Patch) -> None:
        """Put a patch on the axes as it is: their limits are set, and nothing sticks out."""
        patch.set_clip_on(False)
        self.ax.add_artist(patch)

    def _name(self, item: int) -> None:
        """Draw an item: a dot, and its name beside it."""
        (x, y), way, lines = self.place[item], self.inwards[item], self.lines[item]
        dot = Circle((x, y), _NODE, facecolor=self.inks.ink, edgecolor="none", zorder=3)
        dot.set_gid(f"item-{item + 1}")
        self._add(dot)
        for place, line in enumerate(lines):
            self.ax.text(
                x - way * _BESIDE,
                y + ((len(lines) - 1) / 2 - place) * self.size * 1.2,
                line,
                ha="right" if way > 0 else "left",
                va="center_baseline",
                **style.words(self.inks.ink, self.size),
            )

    def _meetings(self) -> dict[int, Point]:
        """Find where the lines of rules of several items meet, apart from each other."""
        several = [n for n, arrow in enumerate(self.arrows) if max(map(len, arrow.rule)) > 1]
        if not several:
            return {}
        wide = self.right - self.left
        wished = []
        for n in several:
            sides = [np.array([self.place[i] for i in side]) for side in self.arrows[n].rule]
            # Nearer to where it comes from: out of the way of what leads straight to the same item.
            middle = 0.7 * sides[0].mean(axis=0) + 0.3 * sides[1].mean(axis=0)
            middle[0] = self.left + wide / 2 + 0.35 * (middle[0] - self.left - wide / 2)
            wished.append(middle)
        ys = [y for _, y in self.place.values()]
        room = (self.left + 0.28 * wide, self.right - 0.28 * wide, min(ys), max(ys))
        found = network.spread(np.array(wished), room, _APART)
        return {n: (x, y) for n, (x, y) in zip(several, found.tolist(), strict=True)}

    def _direct(self, arrow: Arrow, other: Arrow | None, name: str) -> None:
        """Draw an arrow from one item to another; with the one that leads back it has two heads."""
        (a,), (b,) = arrow.rule
        (x0, y0), (x1, y1) = self.place[a], self.place[b]
        way, back = self.inwards[a], self.inwards[b]
        if way == back:  # a bow, the deeper the longer
            deep = way * min(0.45 * (self.right - self.left), 13.0 + 0.5 * abs(y1 - y0))
            bend = ((x0 + deep, y0), (x1 + deep, y1))
        else:
            reach = 0.42 * (x1 - x0)
            slant = 0.1 * (y1 - y0)
            bend = ((x0 + reach, y0 + (slant if other else 0.0)), (x1 - reach, y1 - slant))
        start = (x0 + way * (_END if other else _START), y0)
        self._curve(arrow, other, (start, *bend, (x1 + back * _END, y1)), name)

    def _through(self, arrow: Arrow, dot: Point, name: str) -> None:
        """Draw the lines of several items to a dot, and an arrow from there to each item."""
        before, after = arrow.rule
        dress = self._dress(arrow)
        thin = dress | {"linewidth": max(0.7, 0.5 * arrow.thickness)}
        for place, item in enumerate(before):
            x, y = self.place[item]
            turn = ((x + dot[0]) / 2, y)
            path = Path([(x + self.inwards[item] * _START, y), turn, dot], [1, 3, 3])
            line = PathPatch(path, facecolor="none", capstyle="butt", zorder=1, **thin)
            line.set_gid(f"{name}-from-{place + 1}")
            self._add(line)
        for place, item in enumerate(after):
            x, y = self.place[item]
            reach = 0.4 * (x - dot[0])
            bend = ((dot[0] + reach, dot[1]), (x - reach, y - 0.15 * (y - dot[1])))
            end = (x + self.inwards[item] * _END, y)
            tail = f"-to-{place + 1}" if place else ""
            self._curve(arrow, None, (dot, *bend, end), name + tail)
        # On paper of its own, so that no line shows through.
        for colour, radius, alpha in (
            (self.inks.paper, _JUNCTION + 0.8, 1.0),
            (dress["edgecolor"], _JUNCTION, dress["alpha"]),
        ):
            spot = Circle(dot, radius, facecolor=colour, edgecolor="none", alpha=alpha, zorder=2)
            self._add(spot)

    def _dress(self, arrow: Arrow) -> dict[str, Any]:
        return dress(arrow.thickness, self.scale.opacity(arrow.lift), arrow.rare, self.inks)

    def _curve(
        self, arrow: Arrow, other: Arrow | None, points: tuple[Point, ...], name: str
    ) -> None:
        """Draw a cubic curve with a head; of two arrows in one, each head is as wide as its own."""
        worn = self._dress(arrow)
        course = np.array(points)
        if other is not None:
            course[:2] += self._head(other, course[0], course[1])
            worn["linewidth"] = (arrow.thickness + other.thickness) / 2
        course[2:] += self._head(arrow, course[3], course[2])
        path = Path(course, [1, 4, 4, 4])
        line = PathPatch(path, facecolor="none", capstyle="butt", zorder=1, **worn)
        line.set_gid(name)
        self._add(line)

    def _head(self, arrow: Arrow, tip: Floats, before: Floats) -> Floats:
        """Draw the head of an arrow; give the way from its tip to its base."""
        worn = self._dress(arrow)
        along = (tip - before) / max(1e-9, float(np.hypot(*(tip - before))))
        base = tip - (4.4 + 1.1 * arrow.thickness) * along
        across = (1.5 + 0.75 * arrow.thickness) * np.array([-along[1], along[0]])
        corners = np.array([tip, base + across, base - across])
        head = Polygon(corners, closed=True, facecolor=worn["edgecolor"], edgecolor="none")
        head.set_alpha(worn["alpha"])
        self._add(head)
        return base - tip


def dress(wide: float, opacity: float, rare: bool, inks: style.Inks) -> dict[str, Any]:
    """Give the keywords of a line."""
    return {
        "edgecolor": inks.soft if rare else style.MAIN,
        "linestyle": (0, (2.5, 1.5)) if rare else "-",
        "linewidth": wide,
        "alpha": 0.8 if rare else opacity,
    }


# --- the key -------------------------------------------------------------------------------


class Key:
    """What lines say: entries of samples and words, side by side as far as the width allows.

    There is none where it would take half of the picture.
    """

    def __init__(
        self, arrows: Sequence[Arrow], scale: Scale, size: tuple[float, float], inks: style.Inks
    ) -> None:
        self.inks = inks
        lifts = sorted({arrow.lift for arrow in arrows if not arrow.rare})
        shares = sorted(
            {round(100 * arrow.confidence): arrow.confidence for arrow in arrows}.items()
        )
        often, also = ("times as often as by chance:", "of 100 buyers also buy it:")
        if size[0] < _BRIEF:
            often, also = "lift:", "confidence, %:"
        entries: list[list[str | dict[str, Any]]] = []
        if lifts:
            entries.append([often])
            for lift in dict.fromkeys((lifts[0], lifts[-1])):
                entries[-1] += [dress(2.0, scale.opacity(lift), False, inks), times(lift)]
        if len(lifts) < len({arrow.lift for arrow in arrows}):
            entries.append([dress(1.4, 1.0, True, inks), "no more often than by chance"])
        entries.append([also])
        for percent, share in dict.fromkeys((shares[0], shares[-1])):
            entries[-1] += [dress(thickness(share), 1.0, False, inks), f"{percent}"]
        if any(len(arrow.rule[0]) > 1 for arrow in arrows):
            entries.append(["\N{BULLET} several items together"])
        self.rows = self._laid(entries, size[0])
        if self.height > size[1] / 2:
            self.rows = []

    @staticmethod
    def _laid(
        entries: list[list[str | dict[str, Any]]], width: float
    ) -> list[list[tuple[float, str | dict[str, Any]]]]:
        """Give the pieces of each row with the place where they begin."""
        rows: list[list[tuple[float, str | dict[str, Any]]]] = []
        x = math.inf
        for entry in entries:
            wide = [labels.width(p, _KEY) if isinstance(p, str) else _SAMPLE for p in entry]
            if x + sum(wide) + 4.0 * len(wide) > width:
                rows.append([])
                x = 0.0
            for piece, room in zip(entry, wide, strict=True):
                rows[-1].append((x, piece))
                x += room + 4.0
            x += 16.0
        return rows

    @property
    def height(self) -> float:
        """Height of the key with the gap above it."""
        return len(self.rows) * _LINE + 8.0 if self.rows else 0.0

    def draw(self, ax: Axes) -> None:
        """Draw the key at the foot of axes measured in points."""
        for number, row in enumerate(self.rows):
            y = (len(self.rows) - number - 0.5) * _LINE
            for x, piece in row:
                if isinstance(piece, str):
                    worn = style.words(self.inks.soft, _KEY)
                    ax.text(x, y, piece, ha="left", va="center_baseline", **worn)
                    continue
                path = Path([(x, y), (x + _SAMPLE, y)])
                ax.add_patch(PathPatch(path, facecolor="none", capstyle="butt", **piece))


def times(lift: float) -> str:
    """Say a lift in two or three digits."""
    return f"{lift:.1f}" if lift < 99.95 else style.compact(lift)
