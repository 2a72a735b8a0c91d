"""The squarified layout, for any values: areas exact, nothing overlaps, nothing sticks out."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from segpy.plotting.squares import Box, squarify

values = st.lists(st.floats(1e-6, 1e9), min_size=1, max_size=40).map(
    lambda found: sorted(found, reverse=True)
)
sides = st.floats(1.0, 2000.0)


@given(values, sides, sides, st.floats(0.3, 3.0))
def test_areas_are_the_values_and_the_room_is_filled(found, width, height, shape):
    room = Box(3.0, -7.0, width, height)
    boxes = squarify(found, room, shape)
    assert len(boxes) == len(found)
    total, area = math.fsum(found), width * height
    slack = 1e-9 * area
    for value, box in zip(found, boxes, strict=True):
        assert abs(box.width * box.height - area * value / total) <= slack
        assert box.x >= room.x - 1e-9 * width
        assert box.y >= room.y - 1e-9 * height
        assert box.x + box.width <= room.x + width * (1 + 1e-9)
        assert box.y + box.height <= room.y + height * (1 + 1e-9)
    for i, one in enumerate(boxes):
        for two in boxes[:i]:
            across = min(one.x + one.width, two.x + two.width) - max(one.x, two.x)
            up = min(one.y + one.height, two.y + two.height) - max(one.y, two.y)
            assert min(across / width, up / height) <= 1e-9


@given(st.floats(1e-6, 1e9), st.integers(1, 30), st.sampled_from([1.0, 1.5]))
def test_equal_values_get_cells_no_worse_than_three_to_one(value, n, shape):
    boxes = squarify([value] * n, Box(0.0, 0.0, 300.0 * shape, 300.0), shape)
    for box in boxes:
        ratio = box.width / shape / box.height
        assert 1 / 3 - 1e-9 <= ratio <= 3 + 1e-9


def test_no_values_no_boxes():
    assert squarify([], Box(0.0, 0.0, 10.0, 10.0)) == []


def test_a_value_lost_in_rounding_keeps_its_place():
    boxes = squarify([1e16, 1.0, 1e-300], Box(0.0, 0.0, 100.0, 50.0))
    assert len(boxes) == 3
    assert all(math.isfinite(side) for box in boxes for side in box)
