"""Moments and components of any rows hypothesis can think of."""

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

import segpy as sp
from oracle.moments import moments
from segpy import _core

# Hundredths, as money has them, some far from zero.
VALUES = st.integers(-(10**6), 10**6).map(lambda cents: cents / 100) | st.sampled_from(
    [1e9, 1e9 + 1.25, 0.1, -3e-5]
)
ROWS = arrays(
    np.float64, array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=12), elements=VALUES
)
LEVELS = st.sampled_from(_core.levels())


def counted(X: np.ndarray, level: str = "") -> _core.Moments:
    state = _core.Moments(X.shape[1])
    state.add(X, 1, level, None)
    return state


def check(state: _core.Moments, X: np.ndarray) -> None:
    rows, pivot, offset, scatter = state.read()
    mean, wanted = moments(X)
    assert rows == len(X)
    # rounding is of the size of the spread, and of the last digit of what came in
    last = np.spacing(np.abs(X).max(axis=0)) * len(X)
    spread = np.sqrt([float(wanted[j][j]) for j in range(len(mean))]) * 1e-13 + last
    for j in range(len(mean)):
        found = Fraction(pivot[j]) + Fraction(offset[j])
        assert abs(found - mean[j]) <= spread[j] + last[j]
        for k in range(len(mean)):
            size = np.sqrt(float(wanted[j][j] * wanted[k][k]))
            allowed = 1e-12 * size + spread[j] * spread[k]
            assert abs(Fraction(scatter[j, k]) - wanted[j][k]) <= allowed
            assert scatter[j, k] == scatter[k, j]


@given(ROWS, LEVELS)
def test_moments_are_the_exact_ones_but_for_rounding(X, level):
    check(counted(X, level), X)


@given(ROWS, st.integers(0, 12), LEVELS)
def test_a_split_makes_the_same(X, cut, level):
    first, second = counted(X[:cut], level), counted(X[cut:], level)
    first.merge(second)
    check(first, X)


@given(ROWS, st.integers(0, 11))
def test_equal_values_have_no_scatter(X, column):
    X[:, column % X.shape[1]] = 0.1
    scatter = counted(X).read()[3]
    assert not scatter[column % X.shape[1]].any()


@given(ROWS)
def test_components_are_a_turned_frame_that_loses_nothing(X):
    if len(X) < 2 or np.ptp(X, axis=0).max() < 1e-3:
        return
    pca = sp.PCA().fit(X)
    kept = pca.components_
    np.testing.assert_allclose(kept @ kept.T, np.eye(len(kept)), atol=1e-12)
    assert (np.diff(pca.explained_variance_) <= 0).all()
    assert (kept[np.arange(len(kept)), np.abs(kept).argmax(axis=1)] > 0).all()
    back = pca.inverse_transform(pca.transform(X))
    np.testing.assert_allclose(back, X, rtol=1e-12, atol=1e-9 * np.abs(X).max())
    total = np.asarray([float(v[j]) for j, v in enumerate(moments(X)[1])]).sum() / (len(X) - 1)
    np.testing.assert_allclose(pca.explained_variance_.sum(), total, rtol=1e-9)
