"""A figure as SVG for the middle of a page: text stays text, ids are its own, inks follow the page.

The page sets ``--plot-ink``, ``--plot-soft``, ``--plot-line`` and ``--plot-paper`` (each has a
fallback for light paper), so one picture serves the light and the dark theme.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable
from xml.etree import ElementTree

import matplotlib.style
from matplotlib.axes import Axes

from segpy.plotting import style

_ROLES = {
    getattr(style.LIGHT, role): f"var(--plot-{role}, {getattr(style.LIGHT, role)})"
    for role in ("ink", "soft", "line", "paper")
}
_ROLE = re.compile("|".join(_ROLES))
_FAMILY = re.compile(r"font-family: [^;]*;? ?")
_FONT = re.compile(r"font: (?:(\d+) )?([\d.]+px) [^;]*")  # how matplotlib up to 3.10 writes it
_URL = re.compile(r"url\(#")
_SVG = "http://www.w3.org/2000/svg"


def picture(
    plot: Callable[[Axes], object],
    name: str,
    *,
    width: float,
    height: float,
    margin: style.Margin = style.CHART,
    alt: str = "",
) -> str:
    """Draw one picture of a page and write it as an ``<svg>`` element.

    Parameters
    ----------
    plot : callable
        Is given the Axes to draw on, such as ``lambda ax: plot_pareto(rfm, ax)``.
    name : str
        Different for each picture of the page: it goes before every id.
    width, height : float
        Inches of 72 units; the element has a viewBox and no size of its own, so a page scales
        it. Text is 8 to 13 units high.
    margin : Margin, default style.CHART
        ``style.BARE`` for the treemap, the grid and `plot_rfm`, which bring their own margins.
    alt : str
        What the picture shows, for those who do not see it; given to screen readers.

    Returns
    -------
    str
        The same text for the same picture, whatever the session's matplotlib settings.
    """
    # Artists take what they are not told from the settings, and the backend reads the last three
    # only there: for the time of the drawing they are matplotlib's own. Then all are put back.
    settings = {"svg.fonttype": "none", "svg.hashsalt": name, "savefig.bbox": "standard"}
    with matplotlib.style.context(["default", settings]), warnings.catch_warnings():
        # The reader's browser has the letters that matplotlib's font lacks.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        ax = style.sheet(width, height, margin)
        plot(ax)
        buffer = io.BytesIO()
        figure = style.figure(ax)
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return _inline(buffer.getvalue(), name, alt)


def _inline(document: bytes, name: str, alt: str) -> str:
    """Turn matplotlib's SVG document into an element that may stand beside others in a page."""
    root = ElementTree.fromstring(document)
    for element in root.iter():
        # A <style> inside a page would speak to the whole page; its one rule goes on the root.
        for child in [c for c in element if c.tag.endswith(("}metadata", "}style"))]:
            element.remove(child)
        element.tag = element.tag.partition("}")[2]
        if not (element.text or "").strip():
            element.text = None
        element.tail = None
        _rewrite(element, name)
    box = root.get("viewBox", "")
    root.attrib.clear()
    root.attrib.update({"xmlns": _SVG, "viewBox": box, "role": "img"})
    if alt:
        root.set("aria-label", alt)
    root.set("style", "stroke-linejoin: round; stroke-linecap: butt")
    return ElementTree.tostring(root, encoding="unicode")


def _rewrite(element: ElementTree.Element, name: str) -> None:
    """Give an element the ids of its picture, the inks of the page and the font of the page."""
    for attribute, value in list(element.attrib.items()):
        plain = attribute.partition("}")[2] or attribute
        if plain != attribute:
            del element.attrib[attribute]
        if plain == "id":
            value = f"{name}-{value}"
        elif plain == "href" and value.startswith("#"):
            value = f"#{name}-{value[1:]}"
        else:
            value = _URL.sub(f"url(#{name}-", value)
        if plain == "style":
            value = _ROLE.sub(lambda match: _ROLES[match.group()], value)
            value = _FAMILY.sub("", value)
            value = _FONT.sub(r"font-weight: \1; font-size: \2", value)
            value = value.replace("font-weight: ;", "font-weight: 400;")
        element.set(plain, value)
