"""Quality indices, for any rows and labels hypothesis can think of."""

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import segpy as sp
from oracle import indices as oracle
from segpy import _core

LATTICE = st.integers(-3, 3).map(float)
ANY_SIZE = st.floats(-1e6, 1e6).map(lambda v: float(np.float32(v)))


@st.composite
def labelled(draw):
    """Give rows, many of them equal or of any size, and labels that leave the indices defined."""
    n, d = draw(st.integers(3, 12)), draw(st.integers(1, 3))
    X = draw(arrays(np.float64, (n, d), elements=draw(st.sampled_from([LATTICE, ANY_SIZE]))))
    labels = draw(arrays(np.int64, n, elements=st.integers(-1, draw(st.integers(0, 8)))))
    assume(2 <= len(set(labels.tolist())) < n)
    return X, labels


@settings(max_examples=40, deadline=None)
@given(labelled())
def test_silhouettes_are_those_of_the_definition(drawn):
    X, labels = drawn
    found = sp.silhouette_samples(X, labels)
    np.testing.assert_allclose(found, oracle.silhouette_samples(X, labels), rtol=1e-12, atol=1e-13)
    assert abs(sp.silhouette_score(X, labels) - oracle.mean(found)) < 1e-15


@settings(max_examples=40, deadline=None)
@given(labelled())
def test_the_other_indices_are_those_of_their_definitions(drawn):
    X, labels = drawn
    for name in ("calinski_harabasz", "davies_bouldin"):
        found, expected = getattr(sp, f"{name}_score")(X, labels), getattr(oracle, name)(X, labels)
        if expected and not 1e-10 < expected < 1e10:
            continue  # spread that is rounding only: centres that are equal but for the last bit
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12, err_msg=name)


@settings(max_examples=40, deadline=None)
@given(labelled(), st.randoms(use_true_random=False), st.integers(-900, 900))
def test_silhouettes_know_no_order_names_or_units(drawn, random, power):
    X, labels = drawn
    expected = sp.silhouette_samples(X, labels)
    order = list(range(len(X)))
    random.shuffle(order)
    names = dict(zip(range(-1, 9), random.sample(range(100), 10), strict=True))
    renamed = np.array([names[label] for label in labels.tolist()])
    found = sp.silhouette_samples(np.ldexp(X[order], power), renamed[order])
    assert found.tobytes() == expected[order].tobytes()


@settings(max_examples=40, deadline=None)
@given(labelled(), st.data())
def test_rows_may_be_counted_or_repeated(drawn, data):
    X, labels = drawn
    times = data.draw(arrays(np.int64, len(X), elements=st.integers(1, 4)))
    many, of_many = np.repeat(X, times, axis=0), np.repeat(labels, times)
    expected = oracle.silhouette_samples(many, of_many)
    np.testing.assert_allclose(
        sp.silhouette_samples(many, of_many), expected, rtol=1e-12, atol=1e-13
    )


@settings(max_examples=40, deadline=None)
@given(labelled(), st.sampled_from(_core.levels()), st.integers(1, 5))
def test_levels_and_threads_change_no_bit(drawn, level, threads):
    X, labels = drawn
    codes = (labels + 1).astype(np.int32)
    for kernel in (_core.silhouette, _core.calinski_harabasz, _core.davies_bouldin):
        first = kernel(X, codes, 10, 1, _core.levels()[0], None)
        again = kernel(X, codes, 10, threads, level, None)
        assert np.asarray(again).tobytes() == np.asarray(first).tobytes()
