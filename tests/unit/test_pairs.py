"""pair_counts and plot_pairs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

import segpy as sp
from oracle import rules as oracle
from segpy.plotting import style

LISTS = [["b", "a"], ["a", "b", "c"], ["c", "a"], ["d"], []]
COLUMNS = [
    "item_a",
    "item_b",
    "count",
    "support",
    "confidence_ab",
    "confidence_ba",
    "lift",
    "p_value",
]


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


def test_every_pair_is_there_with_its_measures():
    table = sp.pair_counts(LISTS)
    assert list(table.columns) == COLUMNS
    assert list(zip(table["item_a"], table["item_b"], table["count"], strict=True)) == [
        ("a", "b", 2),
        ("a", "c", 2),
        ("b", "c", 1),
    ]
    assert table["support"].tolist() == [0.4, 0.4, 0.2]
    assert table["confidence_ab"].tolist() == [2 / 3, 2 / 3, 1 / 2]
    assert table["confidence_ba"].tolist() == [1.0, 1.0, 1 / 2]
    assert table["lift"].tolist() == [10 / 6, 10 / 6, 5 / 4]
    assert table["p_value"].tolist() == pytest.approx(
        [float(oracle.fisher(5, *c)) for c in [(3, 2, 2), (3, 2, 2), (2, 2, 1)]], rel=1e-12
    )
    assert table["count"].dtype == np.int64


def test_top_and_min_count_cut_the_same_table():
    rng = np.random.default_rng(1)
    lists = [rng.choice(30, size=rng.integers(0, 9), replace=False).tolist() for _ in range(300)]
    whole = sp.pair_counts(lists)
    for top in (0, 1, 7, 100, 10_000):
        assert sp.pair_counts(lists, top=top).equals(whole.head(top))
    assert sp.pair_counts(lists, min_count=5).equals(whole[whole["count"] >= 5])
    assert sp.pair_counts(lists, n_jobs=3).equals(whole)
    order = [(-c, str(a), str(b)) for a, b, c in whole[COLUMNS[:3]].to_numpy().tolist()]
    assert order == sorted(order)


def test_no_pairs_is_an_empty_table_of_the_same_columns():
    for lists in ([], [[]], [["a"], ["b"]]):
        table = sp.pair_counts(lists)
        assert list(table.columns) == COLUMNS
        assert len(table) == 0


def test_names_of_any_kind():
    table = sp.pair_counts([[1, "1", None, ("x", 2)], [("x", 2), 1]])
    pairs = {frozenset([a, b]) for a, b in table[["item_a", "item_b"]].to_numpy().tolist()}
    assert pairs == {frozenset([1, "1"]), frozenset([1, ("x", 2)]), frozenset(["1", ("x", 2)])}


def test_an_order_of_many_items():
    table = sp.pair_counts([range(3000), [1, 2]], min_count=2)
    assert table[["item_a", "item_b", "count"]].to_numpy().tolist() == [[1, 2, 2]]


def test_wrong_arguments_are_named():
    for options, kind in [
        ({"top": -1}, ValueError),
        ({"top": 1.0}, TypeError),
        ({"min_count": 0}, ValueError),
        ({"n_jobs": 0}, ValueError),
    ]:
        with pytest.raises(kind, match="pair_counts"):
            sp.pair_counts(LISTS, **options)
    with pytest.raises(TypeError):
        sp.pair_counts(3)


def texts(ax):
    return [t.get_text() for t in ax.texts]


def test_the_picture_shows_the_lift_of_each_pair():
    pairs = sp.pair_counts(LISTS)
    ax = sp.plot_pairs(pairs)
    boxes = {p.get_gid() for p in ax.patches}
    assert boxes == {"pair-2-1", "pair-3-1", "pair-3-2"}
    assert {"a", "b", "c", "1.7", "1.2"} <= set(texts(ax))
    assert ax.get_title(loc="left") == "Bought together: times as often as by chance"


def test_what_is_missing_has_a_dot_and_what_is_rare_an_outline():
    pairs = pd.DataFrame(
        {
            "item_a": ["a", "a"],
            "item_b": ["b", "c"],
            "count": [5, 4],
            "lift": [0.5, 3.0],
        }
    )
    ax = sp.plot_pairs(pairs)
    assert texts(ax).count("\N{MIDDLE DOT}") == 1
    filled = {p.get_gid(): p.get_facecolor()[3] for p in ax.patches}
    assert filled == {"pair-2-1": 0.0, "pair-3-1": 1.0}


@pytest.mark.parametrize("size", [(7.6, 4.6), (3.6, 4.6), (2.2, 1.6)])
def test_texts_lie_apart_and_inside(size):
    rng = np.random.default_rng(2)
    lists = [[f"A RATHER LONG NAME {i}" for i in rng.choice(20, 5)] for _ in range(200)]
    ax = style.sheet(*size, style.BARE)
    sp.plot_pairs(sp.pair_counts(lists), ax=ax)
    ax.figure.canvas.draw()
    paper = ax.figure.bbox
    boxes = [t.get_window_extent() for t in ax.texts if t.get_text() != "\N{MIDDLE DOT}"]
    assert len(boxes) > 5
    for i, one in enumerate(boxes):
        assert paper.x0 <= one.x0
        assert one.x1 <= paper.x1 + 1
        assert not any(one.overlaps(other) for other in boxes[:i])


def test_a_wrong_table_is_named():
    pairs = sp.pair_counts(LISTS)
    for table, kind in [
        (pairs.drop(columns="lift"), ValueError),
        (pairs.head(0), ValueError),
        (pairs.assign(lift=-1.0), ValueError),
        (pairs.assign(lift=np.nan), ValueError),
        ("pairs", TypeError),
    ]:
        with pytest.raises(kind, match="plot_pairs"):
            sp.plot_pairs(table)
