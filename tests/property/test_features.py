"""What must hold of prepared features, profiles and names for any table."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import segpy as sp

few = settings(max_examples=60, deadline=None)
numbers = st.one_of(
    st.floats(-1e6, 1e6, width=32), st.integers(-20, 20).map(float), st.floats(-1e290, 1e290)
)
tables = arrays.arrays(
    np.float64, st.tuples(st.integers(1, 25), st.integers(1, 4)), elements=numbers
)
seeds = st.integers(0, 2**16)


def frame(values: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(values, columns=[f"x{i}" for i in range(values.shape[1])])


@few
@given(tables, st.booleans(), st.one_of(st.none(), st.floats(0, 0.49)), seeds)
def test_any_order_of_rows_learns_the_same(values, log, winsorise, seed) -> None:
    turn = np.random.default_rng(seed).permutation(len(values))
    options = {"log": log, "winsorise": winsorise}
    found = sp.prepare_features(**options).fit_transform(values)
    again = sp.prepare_features(**options).fit_transform(values[turn])
    assert np.array_equal(again, found[turn])
    assert np.isfinite(found).all()
    # One row or many at once: the same bits.
    preparer = sp.prepare_features(**options).fit(values)
    assert np.array_equal(preparer.transform(values[:1]), found[:1])


@few
@given(tables, st.booleans())
def test_order_is_kept_and_scales_are_one(values, log) -> None:
    found = sp.prepare_features(log=log).fit_transform(values)
    for column, out in zip(values.T, found.T, strict=True):
        assert (np.diff(out[np.argsort(column, kind="stable")]) >= 0).all()
        assert (out[0] == out).all() or abs(out.std() - 1.0) < 1e-9


@few
@given(tables, st.booleans())
def test_there_and_back(values, log) -> None:
    preparer = sp.prepare_features(log=log).fit(values)
    back = preparer.inverse_transform(preparer.transform(values))
    # A logarithm keeps the relative size, a scale the size beside the largest of the column.
    largest = np.abs(values).max(axis=0)
    slack = 1e-11 * (np.abs(values) + (0 if log else 1) * largest) + 1e-11
    assert (np.abs(back - values) <= slack * (1 + np.log1p(largest))).all()


@few
@given(tables, st.lists(st.integers(-1, 4), min_size=25, max_size=25), seeds)
def test_a_profile_is_of_its_rows(values, labels, seed) -> None:
    table, by = frame(values), np.array(labels[: len(values)])
    profile = sp.segment_profile(table, by)
    assert profile["size"].groupby(profile["feature"]).sum().eq(len(values)).all()
    assert profile["effect"].dropna().between(-1, 1).all()
    inside = table.groupby(by)
    low, high = inside.min().stack(), inside.max().stack()
    facts = profile.set_index(["segment", "feature"])
    for name in ("mean", "median"):
        fact = facts[name].reindex(low.index)
        slack = 1e-12 * np.maximum(low.abs(), high.abs())
        assert (fact >= low - slack).all()
        assert (fact <= high + slack).all()
    turn = np.random.default_rng(seed).permutation(len(values))
    assert sp.segment_profile(frame(values[turn]), by[turn]).equals(profile)
    # The logarithm, as every other map that keeps the order, leaves the effects as they are.
    logs = sp.segment_profile(frame(np.sign(values) * np.sqrt(np.abs(values))), by)
    keys = ["segment", "feature"]
    one, other = (p.set_index(keys)["effect"].sort_index() for p in (profile, logs))
    pd.testing.assert_series_equal(one, other)


@few
@given(tables, st.lists(st.integers(-1, 12), min_size=25, max_size=25))
def test_names_differ_and_depend_on_the_profile_alone(values, labels) -> None:
    by = np.array(labels[: len(values)])
    profile = sp.segment_profile(frame(values), by)
    names = sp.name_segments(profile)
    assert list(names.index) == sorted(set(by))
    assert names.is_unique
    assert names.str.len().gt(0).all()
    assert sp.name_segments(profile.sample(frac=1, random_state=0)).equals(names)


@few
@given(tables, st.integers(1, 9))
def test_pictures_of_anything_are_drawn(values, k) -> None:
    from segpy.plotting import style

    by = np.arange(len(values)) % k
    ax = sp.plot_clusters(values, by, ax=style.sheet(4, 3))
    assert len(ax.collections[0].get_offsets()) == len(values)
    ax.figure.canvas.draw()
    sp.plot_profile(sp.segment_profile(frame(values), by), style.sheet(4, 3)).figure.canvas.draw()
