"""Pictures on small paper, in grids and under a layout: all words on the paper, none on another."""

from __future__ import annotations

from functools import cache
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

import segpy as sp
from segpy.plotting import beside
from unit.test_plotting_clusters import family, words


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


@cache
def shop():
    """Give five groups of customers whose names are long, what they are like, and the choice."""
    rng = np.random.default_rng(0)
    places = np.array([[20, 20], [20, 80], [55, 50], [88, 18], [88, 82]])
    labels = rng.integers(5, size=150)
    table = pd.DataFrame(
        places[labels] + rng.normal(scale=6, size=(150, 2)),
        columns=["Annual Income (k$)", "Spending Score (1-100)"],
    )
    table["Age"] = rng.integers(18, 70, 150).astype(np.float64)
    profile = sp.segment_profile(table, labels)
    names = sp.name_segments(profile)
    profile["segment"] = profile["segment"].map(names)
    return table, names.to_numpy()[labels], profile, sp.choose_k(table, n_boot=2, n_refs=0)


def picture(name, ax):
    table, names, profile, choice = shop()
    return {
        "choose_k": lambda: sp.plot_choose_k(choice, ax),
        "silhouette": lambda: sp.plot_silhouette(table, names, ax),
        "clusters": lambda: sp.plot_clusters(table, names, ax=ax),
        "pca": lambda: sp.plot_pca(sp.PCA().fit(table), ax),
        "profile": lambda: sp.plot_profile(profile, ax),
    }[name]()


PICTURES = pytest.mark.parametrize("name", ["choose_k", "silhouette", "clusters", "pca", "profile"])


def boxes(axes):
    """Give text, place and owner of all words; the marks of groups lie where the groups are."""
    marks = {"A", "B", "C", "D", "E"}
    return [(t.get_text(), b, ax) for ax in axes for t, b in words(ax) if t.get_text() not in marks]


def assert_in_place(axes):
    """All words are on the paper, apart, and none is on axes that are not its own."""
    found = boxes(axes)
    paper = axes[0].figure.bbox
    for text, box, ax in found:
        assert min(box.x0, box.y0) >= -1, text
        assert max(box.x1 - paper.x1, box.y1 - paper.y1) <= 1, text
        for other in axes:
            if other is not ax:
                assert not overlap(box, other.get_window_extent()), text
    for (one, a, _), (two, b, _) in combinations(found, 2):
        assert not overlap(a, b), (one, two)


def overlap(a, b):
    return min(min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)) > 0.5


@PICTURES
@pytest.mark.parametrize("size", [(3.0, 2.2), (6.4, 4.8)])
def test_small_paper_holds_every_word(name, size):
    _, ax = plt.subplots(figsize=size)
    assert_in_place([picture(name, ax)])


@PICTURES
@pytest.mark.parametrize("layout", [None, "tight", "constrained"])
def test_four_in_a_grid_leave_each_other_alone(name, layout):
    figure, grid = plt.subplots(2, 2, figsize=(9, 7), layout=layout)
    axes = [picture(name, ax) for ax in grid.flat]
    figure.canvas.draw()
    assert_in_place(axes)


def test_a_layout_that_is_asked_for_later_finds_key_and_title():
    figure, grid = plt.subplots(2, 1, figsize=(5, 7))
    axes = [picture("clusters", grid[0]), picture("choose_k", grid[1])]
    figure.tight_layout()
    assert_in_place(axes)
    assert family(axes[0])[1:], "the key"


def test_room_is_taken_only_where_it_is_missing():
    _, ax = plt.subplots(figsize=(6, 6))
    before = ax.get_position().bounds
    assert beside.make_room(ax, left=40.0, above=40.0, below=40.0)
    assert ax.get_position().bounds == before
    assert not beside.make_room(ax, above=400.0)
    assert ax.get_position().bounds == before
    assert beside.make_room(ax, below=100.0)
    assert ax.get_position().y0 == pytest.approx(100 / 432)
    assert ax.get_position().y1 == pytest.approx(before[1] + before[3])


def test_a_group_has_one_colour_in_both_pictures():
    table, names, _, _ = shop()
    for labels in (names, pd.factorize(names)[0] - 1):
        points = sp.plot_clusters(table, labels).collections[0].get_facecolors()[:, :3]
        knives = sp.plot_silhouette(table, labels).collections
        colours = [c.get_facecolor()[0][:3] for c in knives if (c.get_gid() or "")[:5] == "knife"]
        assert len(colours) == 5
        assert {tuple(c) for c in colours} == {tuple(c) for c in np.unique(points, axis=0)}
