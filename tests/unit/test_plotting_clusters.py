"""plot_clusters and plot_profile: what is drawn, what is said, and nothing lies on anything."""

from __future__ import annotations

from functools import cache
from itertools import combinations

import numpy as np
import pandas as pd
import polars as pl
import pytest
from matplotlib import pyplot as plt
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex

import segpy as sp
from segpy.plotting import style, svg

SHEETS = {"desktop": (8.0, 5.0), "flat": (8.0, 3.0), "phone": (3.6, 4.6), "tiny": (2.2, 1.6)}
NAMES = [
    "high income, high spending",
    "low income, low spending",
    "average income",
    "$x_2$",
    "é" * 70,
]


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


def sheet(size=(8.0, 5.0), margin=style.CHART):
    return style.sheet(*size, margin)


def family(ax):
    return [ax, *(inner for child in ax.child_axes for inner in family(child))]


def words(ax):
    canvas = FigureCanvasAgg(ax.figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    found = []
    for each in family(ax):
        texts = [*each.texts, each._left_title]
        if each.axison:
            texts += [each.xaxis.label, each.yaxis.label]
            for axis in (each.xaxis, each.yaxis):
                low, high = sorted(axis.get_view_interval())
                texts += [t.label1 for t in axis.get_major_ticks() if low <= t.get_loc() <= high]
        found += [t for t in texts if t.get_text().strip()]
    return [(t, t.get_window_extent(renderer)) for t in found]


def assert_apart(ax, but=()):
    """No two texts overlap, and none leaves the figure; `but` names texts that may."""
    boxes = [(t, b) for t, b in words(ax) if t.get_text() not in but]
    assert boxes
    frame = ax.figure.bbox
    for text, box in boxes:
        assert box.x0 >= frame.x0 - 1, text
        assert box.x1 <= frame.x1 + 1, text
        assert box.y0 >= frame.y0 - 1, text
        assert box.y1 <= frame.y1 + 1, text
    for (a, one), (b, two) in combinations(boxes, 2):
        across = min(one.x1, two.x1) - max(one.x0, two.x0)
        up = min(one.y1, two.y1) - max(one.y0, two.y0)
        assert min(across, up) <= 0.5, (a.get_text(), b.get_text())


def said(ax) -> str:
    return " | ".join(t.get_text() for each in family(ax) for t in each.texts)


def blobs(n=300, d=2, k=3, seed=0):
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % k
    return rng.normal(0, 1, (n, d)) + 8.0 * rng.normal(0, 1, (k, d))[labels], labels


def marks(ax):
    """Give the places of the marks in data units, and their words."""
    ax.figure.canvas.draw()
    inverse = ax.transData.inverted()
    return {
        t.get_text(): inverse.transform(ax.transAxes.transform(t.get_position())) for t in ax.texts
    }


# --- plot_clusters -------------------------------------------------------------------------


def test_every_point_in_the_colour_of_its_group():
    X, labels = blobs()
    ax = sp.plot_clusters(X, labels, ax=sheet())
    points = ax.collections[0]
    drawn = pd.DataFrame(np.asarray(points.get_offsets()), columns=["x", "y"])
    drawn["colour"] = [to_hex(c) for c in points.get_facecolors()]
    expected = pd.DataFrame(X, columns=["x", "y"])
    expected["colour"] = [style.group_colours(range(3))[c] for c in labels]
    by = ["x", "y"]
    left, right = (t.sort_values(by).reset_index(drop=True) for t in (drawn, expected))
    assert left.equals(right)
    assert ax.get_title(loc="left") == "300 rows in 3 groups"
    for group in range(3):
        assert f"Group {group}: 100 (33.3%)" in said(ax)


def test_marks_stand_at_means_or_at_given_centres():
    X, labels = blobs()
    found = marks(sp.plot_clusters(X, labels, ax=sheet()))
    for group in range(3):
        np.testing.assert_allclose(found[str(group)], X[labels == group].mean(axis=0), rtol=1e-9)
    centres = np.array([[1.0, 2.0], [30.0, -4.0], [-20.0, 9.0], [5.0, 5.0]])
    found = marks(sp.plot_clusters(X, labels, centres, sheet()))
    for group in range(3):
        np.testing.assert_allclose(found[str(group)], centres[group], rtol=1e-9)
    named = pd.Series(labels).map({0: "b", 1: "c", 2: "a"})
    found = marks(sp.plot_clusters(X, named, centres[:3], sheet()))
    np.testing.assert_allclose(found["a"], centres[0], rtol=1e-9)


def test_marks_are_moved_apart_and_stay_on_the_axes():
    X, _ = blobs(400, 2, 1)
    ax = sp.plot_clusters(X, np.arange(400) % 12, ax=sheet())
    canvas = FigureCanvasAgg(ax.figure)
    canvas.draw()
    frame = ax.get_window_extent()
    places = np.array([ax.transAxes.transform(t.get_position()) for t in ax.texts])
    gaps = np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1))
    np.fill_diagonal(gaps, np.inf)
    assert gaps.min() > 12.0 * ax.figure.dpi / 72
    assert (places >= [frame.x0, frame.y0]).all()
    assert (places <= [frame.x1, frame.y1]).all()


def test_more_columns_are_turned_to_their_principal_components():
    X, labels = blobs(500, 5)
    ax = sp.plot_clusters(X, labels, ax=sheet())
    centred = X - X.mean(axis=0)
    _, spreads, axes = np.linalg.svd(centred, full_matrices=False)
    shares = spreads**2 / (spreads**2).sum()
    expected = centred @ axes[:2].T
    drawn = np.asarray(ax.collections[0].get_offsets())
    for place in range(2):
        one, other = np.sort(drawn[:, place]), np.sort(expected[:, place])
        turned = np.sort(-expected[:, place])
        assert np.allclose(one, other, atol=1e-9) or np.allclose(one, turned, atol=1e-9)
    assert ax.get_xlabel() == f"First principal component ({style.share(shares[0])})"
    assert f"the picture holds {style.share(shares[:2].sum())} of their spread" in (
        ax.get_title(loc="left").replace("\n", " ")
    )
    centres = np.array([X[labels == g].mean(axis=0) for g in range(3)])
    one = marks(ax)
    other = marks(sp.plot_clusters(X, labels, centres, sheet()))
    for mark, place in one.items():
        np.testing.assert_allclose(other[mark], place, atol=1e-9)


def test_one_column_gives_each_group_a_line():
    X = pd.DataFrame({"spent": [1.0, 2, 3, 50, 51, 52]})
    ax = sp.plot_clusters(X, ["low"] * 3 + ["high"] * 3, ax=sheet())
    points = np.asarray(ax.collections[0].get_offsets())
    assert sorted(points[:, 0]) == [1, 2, 3, 50, 51, 52]
    high, low = points[points[:, 0] > 9, 1], points[points[:, 0] < 9, 1]
    assert high.min() > low.max()  # in ascending order of names, from above
    assert ax.get_xlabel() == "spent"
    assert list(ax.get_yticks()) == []


def test_many_rows_are_thinned_and_it_is_said():
    X, _ = blobs(60_000)
    labels = np.where(np.arange(60_000) < 30, "few", np.where(X[:, 0] > 0, "right", "left"))
    ax = sp.plot_clusters(X, labels, ax=sheet())
    points = np.asarray(ax.collections[0].get_offsets())
    drawn = len(points)
    assert 19_990 < drawn <= 20_000
    assert ax.get_title(loc="left") == f"60,000 rows in 3 groups; {drawn:,} are drawn"
    assert "few: 30 (0.1%)" in said(ax)
    rows = {tuple(row) for row in X.tolist()}
    assert all(tuple(row) in rows for row in points.tolist())
    few = {tuple(row) for row in X[:30].tolist()}
    assert few <= {tuple(row) for row in points.tolist()}
    assert ax.collections[0].get_rasterized()
    turn = np.random.default_rng(1).permutation(60_000)
    again = sp.plot_clusters(X[turn], labels[turn], ax=sheet())
    np.testing.assert_array_equal(np.asarray(again.collections[0].get_offsets()), points)


def test_twenty_thousand_are_all_drawn():
    X, labels = blobs(20_000)
    ax = sp.plot_clusters(X, labels, ax=sheet())
    assert len(ax.collections[0].get_offsets()) == 20_000
    assert "drawn" not in ax.get_title(loc="left")


def test_noise_is_quiet():
    X, labels = blobs()
    labels = np.where(np.arange(300) < 40, -1, labels)
    ax = sp.plot_clusters(X, labels, ax=sheet())
    assert ax.get_title(loc="left") == "300 rows in 3 groups, 40 of them in none"
    assert "Noise: 40 (13.3%)" in said(ax)
    assert set(marks(ax)) == {"0", "1", "2"}
    shades = [to_hex(c) for c in ax.collections[0].get_facecolors()]
    assert shades.count(style.LIGHT.soft) == 40
    centres = np.arange(6.0).reshape(3, 2)
    np.testing.assert_allclose(marks(sp.plot_clusters(X, labels, centres, sheet()))["1"], [2, 3])


def test_names_come_from_tables_and_labels_by_their_index():
    X, labels = blobs()
    table = pd.DataFrame(X, columns=["Income (k$)", "Score"], index=np.arange(300)[::-1])
    ax = sp.plot_clusters(table, labels, ax=sheet())
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("Income (k$)", "Score")
    turned = pd.Series(labels, index=table.index).sample(frac=1, random_state=0)
    again = sp.plot_clusters(table, turned, ax=sheet())
    for one, other in ((ax, again),):
        np.testing.assert_array_equal(
            one.collections[0].get_facecolors(), other.collections[0].get_facecolors()
        )
    frame = sp.plot_clusters(pl.from_pandas(table.reset_index(drop=True)), labels, ax=sheet())
    assert frame.get_xlabel() == "Income (k$)"


@pytest.mark.parametrize("size", SHEETS.values(), ids=SHEETS)
@pytest.mark.parametrize("k", [1, 2, 5, 30])
def test_words_of_clusters_never_overlap(size, k):
    X, labels = blobs(300, 2, k)
    names = [NAMES[i % 5] + ("" if i < 5 else f" {i}") for i in range(k)]
    for by in (labels, pd.Series(labels).map(dict(enumerate(names)))):
        for margin in (style.CHART, (0.72, 0.2, 0.2, 0.46)):
            ax = sp.plot_clusters(X * 1e6, by, ax=sheet(size, margin))
            assert_apart(ax, but={t.get_text() for t in ax.texts})


def test_the_key_takes_its_room_from_the_own_axes():
    figure, both = plt.subplots(2, 1, figsize=(7, 8))
    before = [ax.get_position() for ax in both]
    X, labels = blobs()
    sp.plot_clusters(X, labels, ax=both[0])
    assert both[0].get_position().y0 > before[0].y0
    assert both[0].get_position().y1 == pytest.approx(before[0].y1)
    assert both[1].get_position().bounds == before[1].bounds
    figure.canvas.draw()


def test_equal_points_one_row_and_extremes_are_drawn():
    for X in (np.zeros((5, 2)), np.full((4, 3), 7.0), [[1.0, 2.0]], [[3.0]]):
        ax = sp.plot_clusters(X, np.zeros(len(X), int), ax=sheet())
        assert_apart(ax, but={"0"})
    for unit in (1e300, 1e-300):
        X, labels = blobs(90, 3)
        ax = sp.plot_clusters(X * unit, labels, ax=sheet())
        assert np.isfinite(np.asarray(ax.collections[0].get_offsets())).all()
        ax.figure.canvas.draw()


def test_group_colours():
    found = style.group_colours(range(36))
    assert len(set(found)) == 36
    assert style.group_colours([0, 1]) == found[:2]
    mixed = style.group_colours(["x", "Champions", "y", "Loyal"])
    assert mixed[1] == style.segment_colour("Champions")
    assert mixed[3] == style.segment_colour("Loyal")
    assert len(set(mixed)) == 4
    assert len(style.group_colours(range(100))) == 100


def test_a_picture_for_a_page_is_the_same_twice():
    X, labels = blobs(400, 2, 4)
    profile = sp.segment_profile(pd.DataFrame(X, columns=["a", "b"]), labels)
    for plot in (
        lambda ax: sp.plot_clusters(X, labels, ax=ax),
        lambda ax: sp.plot_profile(profile, ax),
    ):
        one, two = (svg.picture(plot, "groups", width=7.2, height=5.2) for _ in range(2))
        assert one == two
        assert one.startswith("<svg")


GOOD = np.arange(12.0).reshape(6, 2)


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: sp.plot_clusters("X", [0] * 6), ValueError, "Expected 2D array, got scalar array"),
        (lambda: sp.plot_clusters(GOOD[0], [0] * 2), ValueError, "got 1D array.* is one column"),
        (lambda: sp.plot_clusters(GOOD[:0], []), ValueError, r"0 sample\(s\).* Pass one row"),
        (lambda: sp.plot_clusters(GOOD[:, :0], [0] * 6), ValueError, r"0 feature\(s\)"),
        (lambda: sp.plot_clusters(GOOD * np.nan, [0] * 6), ValueError, "column 0 of X .*NaN"),
        (
            lambda: sp.plot_clusters(pd.DataFrame({"a": ["x"], "b": [1]}), [0]),
            TypeError,
            "column 'a' of X must be numbers",
        ),
        (lambda: sp.plot_clusters(GOOD, [0, 1]), ValueError, "'labels' must be one label for each"),
        (lambda: sp.plot_clusters(GOOD, None), TypeError, "'labels' must be one label for each"),
        (lambda: sp.plot_clusters(GOOD, ["a"] * 5 + [None]), ValueError, "none in row 5"),
        (lambda: sp.plot_clusters(GOOD, [0] * 6, [[1, 2, 3]]), ValueError, r"shape \(1, 2\)"),
        (lambda: sp.plot_clusters(GOOD, [0, 2] * 3, GOOD[:2]), ValueError, r"shape \(3, 2\)"),
        (
            lambda: sp.plot_clusters(GOOD, ["a", "b"] * 3, GOOD),
            ValueError,
            r"shape \(2, 2\), a row",
        ),
        (lambda: sp.plot_clusters(GOOD, [0] * 6, [[1, np.nan]]), ValueError, "finite.*in row 0"),
        (lambda: sp.plot_clusters(GOOD, [0] * 6, "ab"), TypeError, "'centers'"),
        (lambda: sp.plot_clusters(GOOD, [0] * 6, ax=3), TypeError, "'ax' must be a matplotlib"),
    ],
)
def test_bad_clusters(call, error, said):
    with pytest.raises(error, match=f"^plot_clusters: .*{said}"):
        call()


# --- plot_profile --------------------------------------------------------------------------


@cache
def profile_of(k=3, d=4, names=None):
    rng = np.random.default_rng(2)
    labels = np.arange(240) % k
    table = pd.DataFrame(
        rng.lognormal(4, 1, (240, d)) + 300 * rng.normal(0, 1, (k, d))[labels],
        columns=[f"Spent on goods of kind {i} (EUR)" for i in range(d)],
    )
    by = labels if names is None else [names[i] for i in labels]
    return sp.segment_profile(table, by, features=list(table.columns)[: max(1, d - 1)])


def cells(ax):
    return {p.get_gid(): p for p in ax.patches if (p.get_gid() or "").startswith("cell-")}


def test_a_cell_shows_its_median_in_the_colour_of_its_effect():
    profile = profile_of()
    ax = sp.plot_profile(profile, sheet(margin=style.BARE))
    found = cells(ax)
    assert len(found) == 12
    telling = (
        profile.assign(e=profile["effect"] ** 2 * profile["size"])
        .groupby("feature")["e"]
        .sum()
        .sort_values(ascending=False)
    )
    by_pair = profile.set_index(["segment", "feature"])
    for gid, patch in found.items():
        _, row, column = gid.split("-")
        fact = by_pair.loc[(int(row), telling.index[int(column)])]
        box = patch.get_bbox()
        inside = [t.get_text() for t in ax.texts if box.contains(*t.get_position())]
        assert inside == [style.compact(fact["median"])]
        end = "#0d4a82" if fact["effect"] > 0 else "#b35a12"
        assert to_hex(patch.get_facecolor()) == style.blend("#eef1f4", end, abs(fact["effect"]))
    text = said(ax)
    for group in range(3):
        assert f"{group} | 80 rows" in text
    assert text.count("(not used)") == 1
    assert ax.get_title(loc="left") == "What sets 3 groups apart (medians)"


def test_the_order_of_rows_does_not_matter():
    profile = profile_of()
    one = sp.plot_profile(profile, sheet(margin=style.BARE))
    other = sp.plot_profile(profile.sample(frac=1, random_state=1), sheet(margin=style.BARE))
    assert said(one) == said(other)
    polars = sp.plot_profile(pl.from_pandas(profile), sheet(margin=style.BARE))
    assert said(one) == said(polars)


@pytest.mark.parametrize("size", SHEETS.values(), ids=SHEETS)
@pytest.mark.parametrize(("k", "d"), [(1, 1), (3, 2), (5, 8), (25, 16)])
def test_words_of_the_profile_never_overlap(size, k, d):
    names = tuple(NAMES[i % 5] + ("" if i < 5 else f" {i}") for i in range(k))
    for profile in (profile_of(k, d), profile_of(k, d, names)):
        ax = sp.plot_profile(profile, sheet(size, style.BARE))
        assert_apart(ax)
        drawn = len(cells(ax))
        if drawn < k * d and size[1] > 2:
            assert "Not drawn: " in said(ax)


@pytest.mark.parametrize(("k", "d"), [(2, 2), (7, 17), (25, 6)])
def test_a_new_figure_has_room_for_all(k, d):
    ax = sp.plot_profile(profile_of(k, d))
    assert len(cells(ax)) == k * d
    assert "Not drawn" not in said(ax)
    assert_apart(ax)


def test_words_read_on_their_cell():
    for size in SHEETS.values():
        ax = sp.plot_profile(profile_of(5, 6), sheet(size, style.BARE))
        for patch in cells(ax).values():
            box = patch.get_bbox()
            for t in ax.texts:
                if box.contains(*t.get_position()):
                    fill = to_hex(patch.get_facecolor())
                    assert style.contrast(to_hex(t.get_color()), fill) >= 4.5


def test_what_is_not_known_has_no_colour():
    table = pd.DataFrame({"a": [1.0, 2, 3, 4], "b": [np.nan, np.nan, 5, 6]})
    ax = sp.plot_profile(sp.segment_profile(table, [0, 0, 1, 1]), sheet(margin=style.BARE))
    assert "?" in said(ax).split(" | ")
    hollow = [p for p in cells(ax).values() if p.get_facecolor()[3] == 0]
    assert len(hollow) == 2  # nothing known of one, and no other to compare with


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (
            lambda p: sp.plot_profile(p.drop(columns="effect")),
            ValueError,
            "there: .*segment_profile",
        ),
        (lambda p: sp.plot_profile(p.iloc[:0]), ValueError, "at least one row, one a group"),
        (lambda p: sp.plot_profile(pd.concat([p, p])), ValueError, "in the table once"),
        (lambda p: sp.plot_profile(None), TypeError, "a pandas, polars or pyarrow table"),
        (lambda p: sp.plot_profile(p, ax="x"), TypeError, "'ax' must be a matplotlib Axes"),
    ],
)
def test_bad_profiles_are_refused(call, error, said):
    with pytest.raises(error, match=f"^plot_profile: .*{said}"):
        call(profile_of())
