"""The knife plot: its knives are the silhouettes, its words never lie on each other."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex

import segpy as sp
from segpy.plotting import style
from unit.test_plotting import LONG, SHEETS, assert_apart, words


def sheet(size=(7.2, 4.8), **options):
    return style.sheet(*size, **options)


def blobs(n: int, k: int, seed: int = 0):
    rng = np.random.default_rng(seed)
    labels = np.append(np.arange(k), rng.integers(0, k, n - k))
    return rng.normal(size=(n, 2)) + rng.normal(scale=2, size=(k, 2))[labels], labels


def knives(ax, kind="knife"):
    """Give the drawn steps of each knife: (top, height, value), by its number."""
    found = {}
    for part in ax.collections:
        gid = part.get_gid() or ""
        if gid.startswith(f"{kind}-"):
            corners = part.get_paths()[0].vertices
            found[int(gid.split("-")[1])] = corners
    return found


def texts(ax):
    return [t.get_text() for t, _ in words(ax)]


def test_knives_are_the_silhouettes_best_first():
    X, labels = blobs(90, 4)
    samples = sp.silhouette_samples(X, labels)
    ax = sp.plot_silhouette(X, labels, sheet())
    drawn, below = knives(ax), knives(ax, "below")
    assert list(drawn) == [0, 1, 2, 3]
    assert (samples < 0).any()
    tops = []
    for k, corners in drawn.items():
        own = np.sort(samples[labels == k])[::-1]
        both = np.concatenate([corners[:, 0], below[k][:, 0]]) if k in below else corners[:, 0]
        assert set(np.round(both, 12)) - {0.0} == set(np.round(own, 12)) - {0.0}
        assert np.ptp(corners[:, 1]) == pytest.approx(len(own))  # a step a row
        tops.append(corners[:, 1].min())
    assert tops == sorted(tops)
    assert {k for k in range(4) if (samples[labels == k] < 0).any()} == set(below)
    mean = next(line for line in ax.lines if line.get_linestyle() != "-").get_xdata()
    assert mean == pytest.approx([samples.mean()] * 2)


def test_words_say_what_holds():
    X, labels = blobs(300, 3, seed=2)
    names = np.array(["Lost", "Champions", "in between"])[labels]
    samples = sp.silhouette_samples(X, names)
    ax = sp.plot_silhouette(X, names, sheet())
    said = texts(ax)
    share = style.share((samples < 0).mean())
    title = f"Mean silhouette {samples.mean():.2f}: {share} of rows sit nearer to another cluster"
    assert title in " ".join(said).replace("\n", " ")
    facts = [t for t in said if "rows, mean" in t]
    expected = [
        f"{(names == n).sum()} rows, mean {samples[names == n].mean():.2f}".replace(
            "-", "\N{MINUS SIGN}"
        )
        for n in sorted(set(names))
    ]
    assert facts == expected
    colours = [to_hex(c.get_facecolor()[0]) for c in ax.collections if "knife" in c.get_gid()]
    assert colours == style.group_colours(sorted(set(names)))


def test_any_row_order_gives_the_same_picture():
    X, labels = blobs(200, 3)
    order = np.random.default_rng(1).permutation(200)
    one, other = (
        sp.plot_silhouette(X, labels, sheet()),
        sp.plot_silhouette(X[order], labels[order], sheet()),
    )
    for k, corners in knives(one).items():
        assert np.array_equal(corners, knives(other)[k])
    assert texts(one) == texts(other)


def test_many_rows_are_thinned_and_very_many_sampled():
    X, labels = blobs(3000, 2)
    corners = knives(sp.plot_silhouette(X, labels, sheet()))[0]
    assert len(corners) < 2000
    samples = sp.silhouette_samples(X, labels)[labels == 0]
    assert corners[:, 0].max() == samples.max()
    scores = np.random.default_rng(0).integers(1, 6, (60_000, 3))
    said = " ".join(texts(sp.plot_silhouette(scores, scores[:, 0], sheet())))
    assert "a sample of 50,000 of 60,000 rows" in said.replace("\n", " ")


@pytest.mark.parametrize("size", SHEETS.values(), ids=SHEETS)
@pytest.mark.parametrize("k", [2, 5, 11, 60])
def test_words_never_overlap(k, size):
    X, labels = blobs(400, k)
    names = np.array([LONG[i % len(LONG)] + " " * (i // len(LONG)) * 3 for i in range(k)])
    for given in (labels, names[labels] if k <= len(LONG) else labels - 1):
        assert_apart(sp.plot_silhouette(X, given, sheet(size)))


def test_a_cluster_of_one_row_is_named_among_large_ones():
    X, labels = blobs(500, 3)
    labels[0] = 7
    ax = sp.plot_silhouette(X, labels, sheet())
    assert "1 row, mean 0.00" in texts(ax)
    assert_apart(ax)


def test_clusters_without_room_for_a_name_are_counted():
    X, labels = blobs(400, 60)
    said = " ".join(texts(sp.plot_silhouette(X, labels, sheet((7.0, 3.0)))))
    assert "smaller clusters are not named" in said.replace("\n", " ")


def test_given_axes_stay_where_they_are_and_the_session_style_outside():
    plt.close("all")
    X, labels = blobs(100, 3)
    settings = dict(mpl.rcParams)
    page, (one, two) = plt.subplots(1, 2, figsize=(14, 5))
    place = one.get_position().bounds
    assert sp.plot_silhouette(X, labels, one) is one
    assert one.get_position().bounds == place
    assert plt.gca() is two
    assert not two.has_data()
    assert plt.get_fignums() == [page.number]
    plt.close(page)
    ax = sp.plot_silhouette(X, labels)
    assert len(plt.get_fignums()) == 1
    assert_apart(ax)
    plt.close("all")
    assert dict(mpl.rcParams) == settings
    dark = sheet()
    dark.figure.set_facecolor("#101418")
    sp.plot_silhouette(X, labels, dark)
    title = next(t for t, _ in words(dark) if t.get_fontsize() == 10.5)
    assert style.contrast(to_hex(title.get_color()), "#101418") > 10


@pytest.mark.parametrize(
    ("rows", "labels", "ax", "error", "message"),
    [
        ([[1.0], [2.0], [3.0]], [0, 0, 0], None, ValueError, "Number of labels is 1"),
        ([[1.0], [2.0], [np.nan]], [0, 0, 1], None, ValueError, "column 0 of X must be a finite"),
        (pd.DataFrame({"a": list("xyz")}), [0, 0, 1], None, TypeError, "column 'a' of X must be"),
        ([[1.0], [2.0], [3.0]], [0, 1], None, ValueError, "inconsistent numbers of samples"),
        ([[1.0], [2.0], [3.0]], [0, 0, 1], "here", TypeError, "'ax' must be a matplotlib Axes"),
    ],
)
def test_wrong_input_leaves_no_figure_behind(rows, labels, ax, error, message):
    before = plt.get_fignums()
    with pytest.raises(error, match=f"plot_silhouette: .*{message}|plot_silhouette: {message}"):
        sp.plot_silhouette(rows, labels, ax)
    assert plt.get_fignums() == before
