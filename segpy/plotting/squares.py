"""The squarified treemap: areas exactly as the values, cells as near to a wished shape as it goes.

Bruls, Huizing, van Wijk (2000), "Squarified Treemaps", doi:10.1007/978-3-7091-6783-0_4.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Box(NamedTuple):
    """A rectangle by its lower left corner and its size."""

    x: float
    y: float
    width: float
    height: float


def squarify(values: Sequence[float], room: Box, shape: float = 1.5) -> list[Box]:
    """Cut `room` into one box a value, largest first from the upper left.

    Parameters
    ----------
    values : sequence of float
        Above zero, in descending order.
    room : Box
        What is filled, to the edge.
    shape : float, default 1.5
        Width over height a box should have; text lies better in wide boxes.

    Returns
    -------
    list of Box
        In the order of `values`; each area over the area of `room` is value over sum of values,
        to the rounding of float64.
    """
    boxes: list[Box] = []
    if not values:
        return boxes
    # Squares are sought on paper squeezed by `shape`; y runs downwards here.
    x, y, width, height = 0.0, 0.0, room.width / shape, room.height
    scale = width * height / sum(values)
    areas = [v * scale for v in values]
    start = 0
    while start < len(areas):
        side = min(width, height)
        stop = start + 1
        while stop < len(areas) and _worst(areas[start : stop + 1], side) <= _worst(
            areas[start:stop], side
        ):
            stop += 1
        strip = areas[start:stop]
        thick = sum(strip) / side
        along = 0.0
        for area in strip:
            length = area / thick
            if width >= height:
                boxes.append(Box(x, y + along, thick, length))
            else:
                boxes.append(Box(x + along, y, length, thick))
            along += length
        if width >= height:
            x, width = x + thick, max(width - thick, 0.0)
        else:
            y, height = y + thick, max(height - thick, 0.0)
        if min(width, height) <= 0.0:
            # Rounding may eat a last sliver; values that small get boxes without area.
            boxes += [Box(x, y, 0.0, 0.0)] * (len(areas) - stop)
            break
        start = stop
    top = room.y + room.height
    return [
        Box(room.x + b.x * shape, top - b.y - b.height, b.width * shape, b.height) for b in boxes
    ]


def _worst(strip: Sequence[float], side: float) -> float:
    """Give the worst ratio of sides in a strip laid along `side`."""
    total = sum(strip)
    square = side * side / (total * total)
    return max(strip[0] * square, 1.0 / (strip[-1] * square))
