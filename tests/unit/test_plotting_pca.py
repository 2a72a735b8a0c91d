"""plot_pca: shares and loadings as they are, and words that never lie on each other."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn import decomposition

import segpy as sp
from segpy.plotting import style, svg
from unit.test_plotting import LONG, SHEETS, assert_apart, cells, said, sheet


def rows(n_features: int, names=None) -> pd.DataFrame:
    rng = np.random.default_rng(n_features)
    X = rng.normal(size=(400, n_features)) @ rng.normal(size=(n_features, n_features))
    return pd.DataFrame(X, columns=names or [f"feature {j}" for j in range(n_features)])


@pytest.mark.parametrize("size", [SHEETS["desktop"], SHEETS["phone"]])
def test_bars_are_the_shares_and_cells_the_loadings(size):
    pca = sp.PCA().fit(rows(3))
    ax = sp.plot_pca(pca, sheet(size))
    bars = list(cells(ax, "bar-").values())
    heights = np.array([bar.get_height() for bar in bars])
    shares = pca.explained_variance_ratio_
    np.testing.assert_allclose(heights / heights.max(), shares / shares.max())
    assert len(cells(ax, "loading-")) == 9
    for share in (*shares, *np.cumsum(shares)):
        assert style.share(share) in said(ax)
    for value in pca.components_.ravel():
        assert f"{abs(value):.2f}" in said(ax)
    for name in pca.feature_names_in_:
        assert name in said(ax)


@pytest.mark.parametrize("size", SHEETS.values(), ids=SHEETS)
@pytest.mark.parametrize("n_features", [1, 2, 3, 5, 8, 20, 40])
def test_words_never_overlap(n_features, size):
    table = rows(n_features)
    assert_apart(sp.plot_pca(sp.PCA().fit(table), sheet(size)))
    assert_apart(sp.plot_pca(sp.PCA(0.5).fit(table.to_numpy()), sheet(size)))


@pytest.mark.parametrize("size", SHEETS.values(), ids=SHEETS)
def test_any_names_are_set_as_they_are(size):
    ax = sp.plot_pca(sp.PCA(2).fit(rows(11, LONG)), sheet(size))
    assert_apart(ax)
    assert not any(text.get_parse_math() for text in ax.texts)


def test_what_finds_no_room_is_summed_up():
    pca = sp.PCA().fit(rows(40))
    ax = sp.plot_pca(pca, sheet(SHEETS["phone"]))
    drawn = len(cells(ax, "bar-"))
    features = {gid.split("-")[1] for gid in cells(ax, "loading-")}
    left = style.share(pca.explained_variance_ratio_[drawn:].sum())
    assert (
        f"Not drawn: {40 - drawn} more components ({left}) and {40 - len(features)} feat"
        in said(ax)
    )


def test_the_features_that_are_drawn_have_the_largest_loadings():
    X = rows(3).to_numpy()
    table = pd.DataFrame(np.column_stack([rows(30).to_numpy() * 1e-3, X * 10]))
    table.columns = [f"f{j}" for j in range(33)]
    ax = sp.plot_pca(sp.PCA(2).fit(table), sheet(SHEETS["flat"]))
    features = {int(gid.split("-")[1]) for gid in cells(ax, "loading-")}
    assert {30, 31, 32} <= features


@pytest.mark.parametrize(
    ("spread", "n_components", "title"),
    [
        ([3.0, 0.1, 0.1], None, "The first component holds 99.8% of the variance"),
        ([1.0, 0.9, 0.1], None, "The first 2 components hold 99.5% of the variance"),
        ([1.0, 1.0, 1.0], None, "It takes all 3 components to hold 80% of the variance"),
        ([1.0, 1.0, 1.0], 2, "These 2 components hold 66.7% of the variance"),
        ([1.0, 1.0, 1.0], 1, "This component holds 33.3% of the variance"),
    ],
)
def test_the_title_says_how_few_tell_most(spread, n_components, title):
    X = np.diag(spread)
    pca = sp.PCA(n_components).fit(np.vstack([X, -X]))
    assert sp.plot_pca(pca).get_title(loc="left") == title


def test_a_page_takes_it_and_scikit_learn_too():
    table = rows(4)
    peer = decomposition.PCA().fit(table)
    assert said(sp.plot_pca(peer)) == said(sp.plot_pca(sp.PCA().fit(table)))
    text = svg.picture(
        lambda ax: sp.plot_pca(peer, ax), "pca", width=7, height=4, margin=style.BARE
    )
    assert text.startswith("<svg")
    assert "feature 3" in text


def test_what_is_no_pca_is_refused():
    for wrong in (rows(3), sp.PCA, None, "pca"):
        with pytest.raises(TypeError, match="plot_pca: 'pca' must be a fitted PCA; got"):
            sp.plot_pca(wrong)
    with pytest.raises(ValueError, match=r"plot_pca: 'pca' must be a fitted PCA; .* Call fit"):
        sp.plot_pca(sp.PCA())
    empty = sp.PCA(1).fit(rows(3))
    empty.explained_variance_ratio_ = np.array([np.nan])
    with pytest.raises(ValueError, match="of some variance"):
        sp.plot_pca(empty)
    with pytest.raises(TypeError, match="'ax' must be a matplotlib Axes"):
        sp.plot_pca(sp.PCA().fit(rows(3)), "ax")
