"""k-means for any rows hypothesis can think of."""

import warnings
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.exceptions import ConvergenceWarning

import segpy as sp
from oracle import kmeans as oracle
from segpy import _core

LEVELS = st.sampled_from(_core.levels())
THREADS = st.sampled_from([1, 2, 3])


@st.composite
def quarters(draw, offsets=(0.0,)):
    """Give rows of quarters, whose sums are exact and whose distances tie, and a number of k."""
    d = draw(st.integers(1, 11))
    n = draw(st.integers(1, 4 + 96 // d))
    x = draw(arrays(np.int8, (n, d), elements=st.integers(-40, 40))) / 4
    return x + draw(st.sampled_from(offsets)), draw(st.integers(1, min(n, 9)))


@st.composite
def numbers(draw):
    """Give rows without a pattern, some of them far from 0 or very small, and a number of k."""
    n, d = draw(st.integers(1, 300)), draw(st.integers(1, 11))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    scale = draw(st.sampled_from([1.0, 1e-20, 1e20]))
    x = (rng.normal(size=(n, d)) + draw(st.sampled_from([0.0, 1e6]))) * scale
    return x, draw(st.integers(1, min(n, 20)))


TABLES = quarters(offsets=(0.0, 1e6)) | numbers()


def fit(x, k, *, init=None, weight=None, threads=1, level="", seed=0, max_iter=30):
    flat = None if init is None else np.ascontiguousarray(init).ravel()
    points = _core.Points(x, weight)
    return points.kmeans(k, 1, 0, max_iter, 0.0, seed, False, flat, threads, level, None)


@given(TABLES, st.integers(1, 4), st.integers(0, 2**64 - 1), LEVELS, THREADS)
def test_one_seeding_serves_every_k(table, starts, seed, level, threads):
    x, most = table
    points = _core.Points(x)
    if x.shape[1] == 1:
        return  # solved exactly, without a seeding
    seeds = points.seeds(most, starts, seed, threads, level, None).reshape(starts, most, -1)
    for k in {1, most // 2 or 1, most}:
        how = (k, starts, 0, 30, 0.0, seed, False)
        init = np.ascontiguousarray(seeds[:, :k]).ravel()
        drawn = points.kmeans(*how, None, 1, "", None)
        given = points.kmeans(*how, init, threads, level, None)
        for a, b in zip(drawn, given, strict=True):
            assert np.array_equal(a, b)


@given(TABLES, LEVELS, THREADS, st.data())
def test_labels_are_the_exact_argmin_of_the_centres(table, level, threads, data):
    x, k = table
    rows = data.draw(st.lists(st.integers(0, len(x) - 1), min_size=k, max_size=k))
    centers, labels, _, inertia, *_ = fit(x, k, init=x[rows], threads=threads, level=level)
    centers = centers.reshape(k, -1)
    assert np.array_equal(labels, oracle.nearest(x, centers))
    assert np.array_equal(labels, _core.kmeans_label(x, centers.ravel(), threads, level, None))
    least = oracle.squares(x, centers).min(1)
    assert abs(inertia - least.sum()) <= 1e-12 * least.sum()
    assert np.array_equal(_core.kmeans_nearest(x, centers.ravel(), 1, level, None)[1], least)


@given(quarters(), st.data())
def test_runs_as_lloyd_does_where_sums_are_exact(table, data):
    x, k = table
    x = np.unique(x, axis=0)
    k = min(k, len(x), 3)  # so few that no cluster loses its last row
    weight = data.draw(arrays(np.float64, len(x), elements=st.integers(1, 3)))
    init = x[data.draw(st.permutations(range(len(x))))[:k]]
    centers, labels, inertia, n_iter = oracle.lloyd(x, weight, init, 30)
    got = fit(x, k, init=init, weight=weight)
    assert np.array_equal(got[1], labels)
    # centres that do not move end a run whatever the labels did
    assert got[4] == (1 if np.array_equal(centers, init) else n_iter)
    assert np.allclose(got[0].reshape(k, -1), centers, rtol=1e-12, atol=1e-12)
    assert abs(got[3] - inertia) <= 1e-12 * (1 + inertia)


@given(TABLES, st.integers(0, 3))
def test_levels_and_threads_give_equal_bits(table, seed):
    x, k = table
    first = fit(x, k, seed=seed)
    for level in _core.levels():
        got = fit(x, k, seed=seed, threads=2, level=level)
        assert all(np.array_equal(a, b) for a, b in zip(first, got, strict=True))


@given(TABLES, st.randoms(use_true_random=False), st.data())
@settings(max_examples=50)
def test_weights_are_repetitions_and_order_does_not_matter(table, random, data):
    x, k = table
    counts = data.draw(arrays(np.int64, len(x), elements=st.integers(0, 3)))
    counts[0] += 1
    repeated = np.repeat(x, counts, axis=0)
    order = random.sample(range(len(repeated)), len(repeated))
    k = min(k, len(repeated))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        once = sp.KMeans(k).fit(x, sample_weight=counts)
        again = sp.KMeans(k).fit(repeated[order])
    assert once.inertia_ == again.inertia_
    assert np.array_equal(once.cluster_centers_, again.cluster_centers_)
    assert np.array_equal(once.labels_, again.predict(x))


@given(quarters(), st.sampled_from([np.float32, np.float64]), st.booleans(), st.booleans())
def test_type_and_layout_do_not_matter(table, dtype, turned, backwards):
    x, k = table
    other = np.asfortranarray(x) if turned else x
    other = other.astype(dtype)
    other = other[::-1].copy()[::-1] if backwards else other
    first, second = fit(x, k, init=x[:k]), fit(other, k, init=x[:k])
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


@given(TABLES, st.integers(0, 5))
def test_more_iterations_never_cost(table, seed):
    x, k = table
    inertias = [fit(x, k, init=x[:k], max_iter=m, seed=seed)[3] for m in (1, 2, 5, 30)]
    for before, after in pairwise(inertias):
        assert after <= before * (1 + 1e-9)


@given(TABLES, TABLES)
def test_a_label_depends_on_its_row_alone(table, others):
    x, k = table
    batch, _ = others
    centers = fit(x, k)[0]
    alone = _core.kmeans_label(x, centers, 1, "", None)
    if batch.shape[1] == x.shape[1]:
        both = np.concatenate([batch, x])
        assert np.array_equal(_core.kmeans_label(both, centers, 1, "", None)[len(batch) :], alone)
    one_by_one = [_core.kmeans_label(row[None], centers, 1, "", None)[0] for row in x]
    assert np.array_equal(one_by_one, alone)
