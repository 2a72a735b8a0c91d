"""The squarified treemap: areas exactly as the values, cells as near to a wished shape as it goes.

Bruls, Huizing, van Wijk (2000), "Squarified Treemaps", doi:10.1007/978-3-7091-6783-0_4.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
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
    # Squares are sought on paper squeezed by `shape`; y runs downwards here. Every strip takes its
    # part of what is left, so that rounding never lets a box stick out of the room.
    x, y, width, height = 0.0, 0.0, room.width / shape, room.height
    left = [*list(accumulate(reversed(values)))[::-1], 0.0]  # the values from each one on
    start = 0
    while start < len(values):
        stop = start + 1
        side, scale = min(width, height), width * height / left[start]
        while stop < len(values) and _worst(values[start : stop + 1], scale, side) <= _worst(
            values[start:stop], scale, side
        ):
            stop += 1
        strip = sum(values[start:stop])
        part = strip / (strip + left[stop])
        along = 0.0
        for value in values[start:stop]:
            if width >= height:
                boxes.append(Box(x, y + along, width * part, height * (value / strip)))
                along += boxes[-1].height
            else:
                boxes.append(Box(x + along, y, width * (value / strip), height * part))
                along += boxes[-1].width
        if width >= height:
            x, width = x + width * part, width * (1.0 - part)
        else:
            y, height = y + height * part, height * (1.0 - part)
        start = stop
        if min(width, height) <= 0.0:
            # Rounding ate the last sliver: values that small get boxes without area.
            boxes += [Box(x, y, 0.0, 0.0)] * (len(values) - stop)
            break
    top = room.y + room.height
    return [
        Box(room.x + b.x * shape, top - b.y - b.height, b.width * shape, b.height) for b in boxes
    ]


def _worst(values: Sequence[float], scale: float, side: float) -> float:
    """Give the worst ratio of sides in a strip along `side`; `scale` is area over value."""
    thick = sum(values) * scale / side
    square = thick * thick / scale  # the value whose box would be a square
    return max(values[0] / square, square / values[-1])
