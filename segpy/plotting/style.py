"""One calm style for every picture: colours, fonts, numbers and the sheet they are drawn on.

Nothing here touches ``rcParams`` or a current figure: every artist is told its own font and
colour, so a picture looks the same whatever the session has set.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb, to_rgba
from matplotlib.figure import Figure, SubFigure

from segpy._checks import type_error, value_error

if TYPE_CHECKING:
    from matplotlib.axis import Axis

# The font that matplotlib itself ships: there on every machine, and wider than the usual page
# fonts, so that what fits here also fits where a browser sets the text in another one.
FAMILY = "DejaVu Sans"

# One colour per segment name for ever. The thirteen hues below were searched for by computer:
# the closest two stay 0.088 apart in OKLab for normal sight and for simulated protanopia,
# deuteranopia and tritanopia (Machado et al. 2009, doi:10.1109/TVCG.2009.113; 0.02 can just be
# told apart), and each carries either white or near-black text at a contrast above 4.5.
_NAVY, _BLUE, _SKY = "#093f75", "#498de4", "#82c9fb"
_TEAL, _MINT = "#1b8369", "#7abb9d"
_YELLOW, _TAN, _AMBER, _CRIMSON = "#eec858", "#d29854", "#be7414", "#841814"
_MAUVE, _SLATE, _PURPLE, _PALE = "#968ca6", "#50565c", "#7a5a9d", "#d7d7d7"

# A name that means the same in another map has the same colour there. No two names of one
# shipped map share a colour.
_SEGMENTS = {
    "champions": _NAVY,
    "best customers": _NAVY,
    "loyal": _BLUE,
    "loyal customers": _BLUE,
    "loyal clients": _BLUE,
    "potential loyalist": _SKY,
    "potential loyalists": _SKY,
    "new customers": _TEAL,
    "new": _TEAL,
    "recent": _TEAL,
    "promising": _MINT,
    "need attention": _YELLOW,
    "needs attention": _YELLOW,
    "about to sleep": _TAN,
    "at risk": _AMBER,
    "almost lost": _AMBER,
    "cannot lose them": _CRIMSON,
    "cannot lose": _CRIMSON,
    "cant lose": _CRIMSON,
    "cant lose them": _CRIMSON,
    "hibernating": _MAUVE,
    "inactive": _MAUVE,
    "lost customers": _MAUVE,
    "lost": _SLATE,
    "lost cheap customers": _SLATE,
    "lost cheap clients": _SLATE,
    "big spenders": _PURPLE,
    "unassigned": _PALE,
}

# Groups that clustering found, in this order: the hues above, first those seen on any paper.
_GROUPS = (
    *(_BLUE, _AMBER, _TEAL, _PURPLE, _CRIMSON, _TAN),
    *(_SLATE, _MINT, _MAUVE, _SKY, _YELLOW, _NAVY),
)

# Where all other names find their colour: twelve hues, dark and light, same contrast promise.
_OTHERS = (
    *("#934951", "#914f2f", "#845a0f", "#6c6610", "#497032", "#117555"),
    *("#017272", "#116d8a", "#39659b", "#5e5a9a", "#79508a", "#8b4a70"),
    *("#f2a89b", "#e9b082", "#d4bc79", "#b6c784", "#94cf9f", "#78d1c0"),
    *("#72cede", "#87c6f2", "#a7bbf9", "#c6b1f0", "#dfa9da", "#efa6bb"),
)

ON_LIGHT, ON_DARK = "#141a22", "#ffffff"
MAIN, ACCENT = "#4a7fb8", "#c2641c"  # what is no segment; both are seen on white and on near-black


@dataclass(frozen=True)
class Inks:
    """The colours that depend on the paper: text, quieter text, thin lines, and the paper."""

    ink: str
    soft: str
    line: str
    paper: str


# These exact values stand for their role: `svg.inline` turns them into CSS variables.
LIGHT = Inks(ink="#1f2730", soft="#58636f", line="#d5dbe1", paper="#fefefe")
DARK = Inks(ink="#e8ecf0", soft="#a9b4bf", line="#313a44", paper="#14181d")

# Room around the axes in inches: left, right, bottom, top.
Margin = tuple[float, float, float, float]
BARE: Margin = (0.08, 0.08, 0.08, 0.42)
CHART: Margin = (0.72, 0.26, 0.62, 0.46)


def _plain(name: str) -> str:
    letters = name.casefold().replace("'", "").replace("\N{RIGHT SINGLE QUOTATION MARK}", "")
    return " ".join("".join(c if c.isalnum() else " " for c in letters).split())


@lru_cache(maxsize=4096)
def segment_colour(name: str) -> str:
    """Give the colour of a segment: fixed for shipped names, hashed to a palette for all others.

    Case, underscores and apostrophes do not matter: ``about_to_sleep`` is ``About To Sleep``.
    The answer depends on the name alone, never on what else is in the picture.

    Examples
    --------
    >>> segment_colour("Champions")
    '#093f75'
    >>> segment_colour("cant_lose") == segment_colour("Cannot Lose Them")
    True
    """
    plain = _plain(name)
    if plain in _SEGMENTS:
        return _SEGMENTS[plain]
    digest = hashlib.sha256(plain.encode("utf-8", "surrogatepass")).digest()
    return _OTHERS[int.from_bytes(digest[:8], "big") % len(_OTHERS)]


def group_colours(names: Iterable[object]) -> list[str]:
    """Give groups that are drawn together colours that differ, in the order of the groups.

    A name that is shipped keeps its colour. All others, such as the numbers of clusters, take the
    twelve hues in their order and then the larger palette; past 36 groups colours come again.

    Examples
    --------
    >>> group_colours([0, 1, "Loyal"])
    ['#be7414', '#1b8369', '#498de4']
    """
    plain = [_plain(str(name)) for name in names]
    kept = {_SEGMENTS[name] for name in plain if name in _SEGMENTS}
    free = [c for c in (*_GROUPS, *_OTHERS) if c not in kept]
    numbers = iter(range(len(plain)))
    return [
        _SEGMENTS[name] if name in _SEGMENTS else free[next(numbers) % len(free)] for name in plain
    ]


def rgb(colour: str) -> tuple[float, float, float]:
    """Split a colour into red, green and blue, each 0 to 1."""
    red, green, blue = to_rgb(colour)
    return red, green, blue


def luminance(colour: str) -> float:
    """Compute the relative luminance of a colour, 0 black to 1 white (WCAG 2.1)."""
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Compute the contrast of two colours, 1 to 21 (WCAG 2.1); text wants 4.5."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def text_on(fill: str) -> str:
    """Choose the text colour for `fill`: white or near-black, black where neither reaches 4.5."""
    best = max((ON_DARK, ON_LIGHT), key=lambda ink: contrast(ink, fill))
    # On mid-greys near-black falls short; of white and black one always has 4.58 or more.
    return best if contrast(best, fill) >= 4.5 else "#000000"


def blend(one: str, other: str, share: float) -> str:
    """Mix two colours: `share` of `other`, the rest of `one`."""
    pairs = zip(to_rgb(one), to_rgb(other), strict=True)
    red, green, blue = (a + (b - a) * share for a, b in pairs)
    return to_hex((red, green, blue))


# --- numbers -------------------------------------------------------------------------------


def _signed(value: float, text: str) -> str:
    return f"\N{MINUS SIGN}{text}" if value < 0 and any(c in "123456789" for c in text) else text


def count(value: float) -> str:
    """Write a whole number with thousands set apart: ``4,338``."""
    return _signed(value, f"{abs(value):,.0f}")


def people(number: float) -> str:
    """Write a number of customers: ``1 customer``, ``4,338 customers``."""
    return f"{count(number)} {'customer' if number == 1 else 'customers'}"


def share(value: float) -> str:
    """Write a share of one as a percentage with one decimal: ``62.0%``."""
    if 0 < abs(value) < 0.0005:
        return "<0.1%" if value > 0 else "\N{MINUS SIGN}<0.1%"
    return _signed(value, f"{100 * abs(value):.1f}%")


def _unit(size: float) -> tuple[float, str]:
    for limit, letter in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e4, "k")):
        if size >= limit * 0.9995:
            return (1e3 if letter == "k" else limit), letter
    return 1.0, ""


def _digits(value: float) -> str:
    # Three significant digits, never an exponent; whole numbers above that.
    places = max(0, 2 - math.floor(math.log10(value))) if value >= 0.01 else 2
    text = f"{value:,.{min(places, 2)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def compact(value: float) -> str:
    """Write a number in three digits or so: ``8.91M``, ``12.3k``, ``2,058``, ``13.8``."""
    if value == 0:
        return "0"
    size, letter = _unit(abs(value))
    return _signed(value, _digits(abs(value) / size) + letter)


def money(value: float, currency: str = "") -> str:
    """Write money compactly with its currency before it: a sign is joined, a word set apart."""
    return priced(compact(value), currency)


def priced(text: str, currency: str) -> str:
    """Put a currency before a number that is already text; the minus sign stays in front."""
    if not currency:
        return text
    gap = "\N{NO-BREAK SPACE}" if currency[-1].isalnum() else ""
    minus = "\N{MINUS SIGN}"
    if text.startswith(minus):
        return f"{minus}{currency}{gap}{text[1:]}"
    return f"{currency}{gap}{text}"


def ticks(axis: Axis) -> None:
    """Let an axis write its numbers, every one in the unit of the largest."""

    def write(value: float, _: float) -> str:
        size, letter = _unit(max(abs(v) for v in axis.get_view_interval()))
        return "0" if value == 0 else _signed(value, _digits(abs(value) / size) + letter)

    axis.set_major_formatter(write)


# --- the sheet -----------------------------------------------------------------------------


def figure(ax: Axes) -> Figure:
    """Find the figure the axes are on; without one they cannot be drawn on."""
    found = ax.figure
    if isinstance(found, SubFigure):
        found = found.figure  # the one that holds them all
    if not isinstance(found, Figure):
        raise value_error("plot", "'ax'", "Axes on a figure", "Axes that were removed from theirs")
    return found


def place(ax: Axes, margin: Margin) -> None:
    """Give the axes all of the figure but the margin, in inches."""
    width, height = figure(ax).get_size_inches()
    left, right, bottom, top = margin
    if width < 5.0:
        top += 0.2  # a title takes two lines here
    ax.set_position(
        (
            left / width,
            bottom / height,
            max(0.1, (width - left - right) / width),
            max(0.1, (height - bottom - top) / height),
        )
    )


def axes(who: str, ax: object, size: tuple[float, float], margin: Margin) -> Axes:
    """Return the caller's Axes, or a new one on a pyplot figure so that notebooks show it."""
    if ax is None:
        from matplotlib import pyplot

        page = pyplot.figure(figsize=size)
        page.set_layout_engine("none")
        ax = page.add_subplot()
        place(ax, margin)
    if not isinstance(ax, Axes):
        raise type_error(who, "'ax'", "a matplotlib Axes or None", ax)
    return ax


def sheet(width: float, height: float, margin: Margin = CHART) -> Axes:
    """Make Axes on a transparent figure that pyplot knows nothing of; sizes in inches."""
    page = Figure(figsize=(width, height), facecolor="none", edgecolor="none")
    page.set_layout_engine("none")
    ax = page.add_subplot(facecolor="none")
    place(ax, margin)
    return ax


def inks(ax: Axes) -> Inks:
    """Choose the inks for the paper the axes lie on; see-through paper counts as light."""
    red, green, blue, alpha = to_rgba(figure(ax).get_facecolor())
    if alpha < 0.5:
        return LIGHT
    paper = to_hex((red, green, blue))
    base = DARK if contrast(paper, DARK.ink) > contrast(paper, LIGHT.ink) else LIGHT
    return Inks(base.ink, base.soft, base.line, paper)


def points(ax: Axes) -> tuple[float, float]:
    """Measure the axes as they stand now: width and height in points (1/72 inch)."""
    box, dpi = ax.get_window_extent(), figure(ax).dpi
    return 72 * box.width / dpi, 72 * box.height / dpi


def words(colour: str, size: float = 9.0, *, bold: bool = False) -> dict[str, Any]:
    """Give the keywords every text is made with: our font, and no sign read as mathematics."""
    return {
        "color": colour,
        "fontsize": size,
        "fontfamily": FAMILY,
        "fontweight": "bold" if bold else "normal",
        "fontstyle": "normal",
        "parse_math": False,
        "usetex": False,
    }


def bare(ax: Axes) -> tuple[float, float]:
    """Make the axes an empty sheet measured in points from the lower left; return its size."""
    width, height = points(ax)
    ax.set_axis_off()
    ax.set_xlim(0, width)
    ax.set_ylim(0, height)
    return width, height


def chart(ax: Axes, colours: Inks, *, grid: str = "y") -> None:
    """Dress axes that keep their ticks: one base line, a quiet grid, no frame."""
    ax.set_facecolor("none")
    ax.set_axisbelow(True)
    for side, spine in ax.spines.items():
        spine.set_visible(side == "bottom")
        spine.set_color(colours.soft)
        spine.set_linewidth(0.8)
    ax.grid(False)
    ax.grid(
        True, axis="x" if grid == "x" else "y", color=colours.line, linewidth=0.7, linestyle="-"
    )
    ax.tick_params(
        which="both",
        length=0,
        pad=4,
        labelsize=8.5,
        labelcolor=colours.soft,
        labelfontfamily=FAMILY,
    )
    ax.tick_params(axis="x", which="both", pad=6)  # clear of the lowest label of the other axis
