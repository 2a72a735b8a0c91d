"""Room for what stands beside axes: titles, keys and the names of what they measure."""

from __future__ import annotations

from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.gridspec import SubplotSpec
from matplotlib.layout_engine import ConstrainedLayoutEngine, TightLayoutEngine
from matplotlib.transforms import Affine2D, Bbox, ScaledTranslation, Transform

from segpy.plotting import style

_LEAST = 20.0  # points: axes are not made smaller than this


class _Less(NamedTuple):
    """Where axes stand: their place, whatever a layout makes of it, less points at three sides."""

    spec: SubplotSpec | None = None
    left: float = 0.0
    above: float = 0.0
    below: float = 0.0

    def __call__(self, ax: Any, renderer: object) -> Bbox:
        box, (wide, tall) = ax.get_position(original=True), _paper(ax)
        return Bbox.from_extents(
            box.x0 + self.left / wide,
            box.y0 + self.below / tall,
            box.x1,
            box.y1 - self.above / tall,
        )

    def get_subplotspec(self) -> SubplotSpec | None:
        """Say which cell of a grid the axes have: `tight_layout` asks the one who places them."""
        return self.spec


def make_room(
    ax: Axes,
    *,
    left: float = 0.0,
    above: float = 0.0,
    below: float = 0.0,
    least: float = _LEAST,
) -> bool:
    """Shrink axes until so many points beside them are free; say whether enough of them stays.

    Free is the paper up to its edge; in a grid up to the column on the left, and half of what
    parts two rows. A layout engine makes its own room, and insets keep their place. Axes that would
    end smaller than `least` stay.
    """
    engine = style.figure(ax).get_layout_engine()
    place: Any = ax.get_axes_locator()
    kept = place if isinstance(place, _Less) else _Less()
    placed = isinstance(engine, ConstrainedLayoutEngine | TightLayoutEngine)
    if placed or (place is not None and place is not kept):
        return True
    missing = [max(0.0, a - b) for a, b in zip((left, above, below), _free(ax), strict=True)]
    wide, tall = style.points(ax)
    if not any(missing):
        return True
    if min(wide - missing[0], tall - missing[1] - missing[2]) < least:
        return False
    added = (a + b for a, b in zip(kept[1:], missing, strict=True))
    less: Any = _Less(ax.get_subplotspec(), *added)
    ax.set_axes_locator(less)
    ax.apply_aspect(less(ax, None))
    return True


def from_corner(ax: Axes) -> Transform:
    """Give the transform of points from the lower left corner of axes, wherever they are moved."""
    corner: Any = ax.transAxes
    inches = Affine2D().scale(1 / 72) + style.figure(ax).dpi_scale_trans
    return inches + ScaledTranslation(0, 0, corner)


def _paper(ax: Axes) -> tuple[float, float]:
    """Measure the figure or the part of it that axes are on, in points."""
    page: Any = ax.figure
    scale = 72 / style.figure(ax).dpi
    return scale * float(page.bbox.width), scale * float(page.bbox.height)


def _free(ax: Axes) -> tuple[float, float, float]:
    """Measure what is free left of axes, above and below them, in points."""
    page: Any = ax.figure
    box, spec = ax.get_position(), ax.get_subplotspec()
    left, low, high = 0.0, 0.0, 1.0
    if spec is not None:
        grid = spec.get_gridspec()
        bottoms, tops, _, rights = grid.get_grid_positions(page)
        first, last, column = spec.rowspan.start, spec.rowspan.stop - 1, spec.colspan.start
        left = rights[column - 1] if column else 0.0
        high = (bottoms[first - 1] + tops[first]) / 2 if first else 1.0
        low = (bottoms[last] + tops[last + 1]) / 2 if last + 1 < grid.nrows else 0.0
    wide, tall = _paper(ax)
    return (box.x0 - left) * wide, (high - box.y1) * tall, (box.y0 - low) * tall
