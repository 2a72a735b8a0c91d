"""Silhouette, Calinski-Harabasz and Davies-Bouldin beside scikit-learn and the oracle."""

import decimal
import os
import signal
import sys
import threading
import time

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn import metrics

import segpy as sp
from oracle import indices as oracle
from segpy import _core

THREE = ["silhouette_score", "calinski_harabasz_score", "davies_bouldin_score"]
FOUR = ["silhouette_samples", *THREE]
ORACLE = {
    "silhouette_samples": oracle.silhouette_samples,
    "silhouette_score": lambda X, labels: oracle.mean(oracle.silhouette_samples(X, labels)),
    "calinski_harabasz_score": oracle.calinski_harabasz,
    "davies_bouldin_score": oracle.davies_bouldin,
}


def blobs(n: int, d: int, k: int, seed: int = 0):
    rng = np.random.default_rng(seed)
    labels = np.append(np.arange(k), rng.integers(0, k, n - k))
    return rng.normal(size=(n, d)) + rng.normal(scale=3, size=(k, d))[labels], labels


def standard(X):
    return (X - X.mean(axis=0)) / X.std(axis=0)


@pytest.mark.parametrize(
    ("n", "d", "k"),
    [(5, 1, 2), (60, 2, 3), (300, 4, 2), (1500, 4, 8), (900, 9, 5), (400, 3, 60), (2000, 17, 12)],
)
def test_equal_to_scikit_learn_on_standardised_data(n, d, k):
    X, labels = blobs(n, d, k)
    X = standard(X)
    for name in FOUR:
        found, peer = getattr(sp, name)(X, labels), getattr(metrics, name)(X, labels)
        np.testing.assert_allclose(found, peer, rtol=1e-10, atol=1e-12, err_msg=name)


def test_equal_to_the_oracle_where_scikit_learn_loses_digits():
    # scikit-learn takes the distance of two near centres from their squared norms.
    X, labels = blobs(700, 3, 260)
    X = standard(X)
    for name in FOUR:
        found, expected = getattr(sp, name)(X, labels), ORACLE[name](X, labels)
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14, err_msg=name)
        np.testing.assert_allclose(getattr(metrics, name)(X, labels), found, rtol=1e-6)


@pytest.mark.parametrize("offset", [0.0, 1e6, -1e9])
@pytest.mark.parametrize("scale", [1e-300, 1e-170, 1e-9, 1.0, 1e170, 1e290])
def test_equal_to_the_oracle_at_any_size_and_place(scale, offset):
    X, labels = blobs(120, 3, 4, seed=1)
    X = np.round(X * 2**10) / 2**10 + offset  # exact at every offset
    for name in FOUR:
        expected = ORACLE[name](X, labels)
        with np.errstate(over="raise"):
            found = getattr(sp, name)(np.ldexp(X, int(np.log2(scale))), labels)
        np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-13, err_msg=name)


@pytest.mark.parametrize("first", [0, 1])
def test_one_far_row_takes_no_digits_from_the_others(first):
    X, labels = blobs(200, 3, 4, seed=1)
    X[first] = 1e13
    for name in FOUR:
        expected = ORACLE[name](X, labels)
        np.testing.assert_allclose(getattr(sp, name)(X, labels), expected, rtol=1e-10, atol=1e-13)


def test_the_widest_range_of_all():
    X = np.array([[-1.7e308], [-1.6e308], [1.6e308], [1.7e308]])
    for name in FOUR:
        expected = ORACLE[name](X / 1e308, [0, 0, 1, 1])
        np.testing.assert_allclose(getattr(sp, name)(X, [0, 0, 1, 1]), expected, rtol=1e-12)
    with_offset = np.column_stack([np.full(4, 1e300), [0, 1e-300, 5e-300, 6e-300]])
    for name in FOUR:
        expected = ORACLE[name]([[0], [1], [5], [6]], [0, 0, 1, 1])
        np.testing.assert_allclose(
            getattr(sp, name)(with_offset, [0, 0, 1, 1]), expected, rtol=1e-12
        )


@pytest.mark.parametrize("k", [2, 7, 300, 1400])
def test_same_bits_for_every_level_and_any_threads(k):
    X, labels = blobs(300_000 if k == 2 else 4000, 4, k, seed=2)
    labels = labels.astype(np.int32)
    for kernel in (_core.silhouette, _core.calinski_harabasz, _core.davies_bouldin):
        n = 5000 if kernel is _core.silhouette else len(X)  # enough for several threads
        found = set()
        for level in _core.levels():
            for threads in (1, 2, 3, 4, 7):
                result = kernel(X[:n], labels[:n], k, threads, level, None)
                found.add(np.asarray(result).tobytes())
        assert len(found) == 1, kernel


@pytest.mark.parametrize(("n", "d", "k"), [(3000, 4, 5), (1000, 2, 400), (700, 11, 3)])
def test_silhouettes_are_the_same_bits_for_any_order_of_rows_and_names(n, d, k):
    X, labels = blobs(n, d, k, seed=3)
    X[n // 2 :] = X[: n - n // 2].round()  # some rows are equal
    expected, mean = sp.silhouette_samples(X, labels), sp.silhouette_score(X, labels)
    rng = np.random.default_rng(4)
    for _ in range(3):
        order, names = rng.permutation(n), rng.permutation(k) - 1
        found = sp.silhouette_samples(X[order], names[labels[order]])
        assert found.tobytes() == expected[order].tobytes()
        assert sp.silhouette_score(X[order], names[labels[order]]) == mean


def test_other_indices_do_not_depend_on_order_but_for_rounding():
    X, labels = blobs(30_000, 4, 6, seed=5)
    order = np.random.default_rng(6).permutation(len(X))
    for name in THREE[1:]:
        index = getattr(sp, name)
        assert index(X[order], 5 - labels[order]) == pytest.approx(index(X, labels), rel=1e-13)


def test_repeated_rows_are_weights():
    X, labels = blobs(150, 3, 4, seed=7)
    times = np.random.default_rng(8).integers(1, 9, len(X))
    many, of_many = np.repeat(X, times, axis=0), np.repeat(labels, times)
    for name in FOUR:
        expected = ORACLE[name](many, of_many)
        np.testing.assert_allclose(getattr(sp, name)(many, of_many), expected, rtol=1e-12)
    one_each = sp.silhouette_samples(many, of_many)[np.cumsum(times) - 1]
    assert np.repeat(one_each, times).tobytes() == sp.silhouette_samples(many, of_many).tobytes()


def test_a_million_scores_of_few_kinds_take_no_time():
    rng = np.random.default_rng(9)
    X = rng.integers(1, 6, (300_000, 3))
    start = time.process_time()
    found = sp.silhouette_score(X, X[:, 0])
    assert time.process_time() - start < 2  # 4.5e10 distances one by one would take a minute
    kinds, times = np.unique(X, axis=0, return_counts=True)
    apart = np.linalg.norm(kinds[:, None, :] - kinds, axis=2) * times
    sums = np.stack([apart[:, kinds[:, 0] == k].sum(axis=1) for k in range(1, 6)], axis=1)
    sizes = np.bincount(X[:, 0])[1:]
    own = kinds[:, 0] - 1
    rows = np.arange(len(kinds))
    a = sums[rows, own] / (sizes[own] - 1)
    means = sums / sizes
    means[rows, own] = np.inf
    b = means.min(axis=1)
    assert found == pytest.approx(np.average((b - a) / np.maximum(a, b), weights=times), rel=1e-12)


def test_many_clusters_need_little_memory():
    rng = np.random.default_rng(10)
    X, labels = rng.normal(size=(6000, 2)), np.arange(6000) // 2
    for name in FOUR:
        found, peer = getattr(sp, name)(X, labels), getattr(metrics, name)(X, labels)
        np.testing.assert_allclose(found, peer, rtol=1e-10, atol=1e-12, err_msg=name)


def test_any_kind_of_input_is_the_same_rows():
    X, labels = blobs(400, 3, 3, seed=11)
    X = X.astype(np.float32).astype(np.float64)
    expected = {name: getattr(sp, name)(X, labels) for name in FOUR}
    frame = pd.DataFrame(X, columns=list("abc"), index=np.arange(400) * 7)
    wide = np.zeros((800, 6))
    wide[::2, ::2] = X
    words = np.array(["gone", "loyal", "new"])[labels]
    shapes = [
        (X.astype(np.float32), labels),
        (np.asfortranarray(X), labels.astype(np.int8)),
        (wide[::2, ::2], labels - 1),
        (X[::-1], labels[::-1]),
        (X.astype(">f8"), labels.astype(np.uint64)),
        (X.astype(object), labels.tolist()),
        (X.tolist(), words),
        (frame, pd.Series(labels, index=frame.index)),
        (frame.astype("Float64"), pd.Categorical(words)),
        (frame, pd.Series(words, index=frame.index, dtype="string")),
        (pl.DataFrame(frame), pl.Series(labels)),
        (pl.DataFrame(frame).to_arrow(), labels * 10**12),
        (X, np.array([7, "seven", 7.5], object)[labels]),
        (frame.map(decimal.Decimal), labels),
    ]
    for i, (rows, of_rows) in enumerate(shapes):
        for name in FOUR:
            found = getattr(sp, name)(rows, of_rows)
            found = found[::-1] if i == 3 and name == "silhouette_samples" else found
            np.testing.assert_allclose(found, expected[name], rtol=1e-12, err_msg=f"{i} {name}")
    whole = np.round(X * 4).astype(np.int16)
    for name in FOUR:
        found = getattr(sp, name)(whole, labels == 0)
        assert np.array_equal(found, getattr(sp, name)(whole.astype(float), labels == 0))


def test_noise_is_a_label_like_any_other():
    X, labels = blobs(200, 2, 3, seed=12)
    noise = np.where(labels == 2, -1, labels)
    for name in FOUR:
        found = getattr(sp, name)(X, noise)
        np.testing.assert_allclose(found, getattr(sp, name)(X, labels), rtol=1e-14)


def test_what_has_no_spread():
    same, two = np.ones((6, 2)), [0, 0, 0, 1, 1, 1]
    assert np.array_equal(sp.silhouette_samples(same, two), np.zeros(6))
    assert sp.calinski_harabasz_score(same, two) == metrics.calinski_harabasz_score(same, two) == 1
    assert sp.davies_bouldin_score(same, two) == metrics.davies_bouldin_score(same, two) == 0
    apart = np.repeat([[0.1, 0.7], [0.3, 0.9]], 3, axis=0)
    assert np.array_equal(sp.silhouette_samples(apart, two), np.ones(6))
    assert sp.calinski_harabasz_score(apart, two) == 1
    assert sp.davies_bouldin_score(apart, two) == 0
    one_center = [[-1.0], [1.0], [-2.0], [2.0], [7.0], [9.0]]
    three = [0, 0, 1, 1, 2, 2]
    assert sp.davies_bouldin_score(one_center, three) == pytest.approx(
        metrics.davies_bouldin_score(one_center, three), rel=1e-12
    )


def test_a_sample_is_taken_only_if_asked():
    X, labels = blobs(2000, 3, 4, seed=13)
    whole = sp.silhouette_score(X, labels)
    part = sp.silhouette_score(X, labels, sample_size=500)
    assert part == sp.silhouette_score(X, labels, sample_size=500, random_state=0) != whole
    assert part == sp.silhouette_score(
        X, labels, sample_size=500, random_state=np.random.default_rng(0)
    )
    assert part != sp.silhouette_score(X, labels, sample_size=500, random_state=1)
    rows = np.random.default_rng(0).choice(2000, 500, replace=False)
    assert part == sp.silhouette_score(X[rows], labels[rows])
    assert abs(part - whole) < 0.05
    sp.silhouette_score(X, labels, sample_size=500, random_state=None)
    one, two = (
        sp.silhouette_score(X, labels, sample_size=500, random_state=np.random.RandomState(seed))
        for seed in (4, 4)
    )
    assert one == two
    assert sp.silhouette_score(X, labels, sample_size=10**9) == whole
    with pytest.raises(ValueError, match="Number of labels is 1"):
        sp.silhouette_score(X, labels == labels[0] - 99, sample_size=500)


X = np.array([[0.0, 1.0], [1.0, 5.0], [9.0, 2.0], [8.0, 7.0]])
TABLE = pd.DataFrame({"income": [1.0, 2, 3, 4], "score": [4.0, 3, 2, 1]})


@pytest.mark.parametrize("name", FOUR)
@pytest.mark.parametrize(
    ("rows", "labels", "error", "message"),
    [
        (X, [3] * 4, ValueError, "labels is 1. Valid values are 2 to n_samples - 1 .* one label"),
        (X, range(4), ValueError, "Number of labels is 4. Valid values .* a cluster of its own"),
        (X, [0, 1], ValueError, r"inconsistent numbers of samples: \[4, 2\]"),
        (X, [[0], [0], [1], [1]], ValueError, r"'labels' must be one-dimensional; got shape"),
        (
            X,
            [0, 1, None, 1],
            ValueError,
            "'labels' must be a label in every row; got none in row 2",
        ),
        (X, [0.0, 1.0, np.nan, 1.0], ValueError, "'labels' must be .* got none in row 2"),
        (X, pd.Series([[0], [0], [1], [1]]), TypeError, "'labels' must be labels such as ints"),
        (X[:0], [], ValueError, r"0 sample\(s\) \(shape=\(0, 2\)\)"),
        (X[:, :0], [0, 0, 1, 1], ValueError, r"0 feature\(s\)"),
        (X[:1], [0], ValueError, "Number of labels is 1"),
        (X[:, 0], [0, 0, 1, 1], ValueError, "Expected 2D array, got 1D array instead"),
        ([[1], [2, 3]], [0, 1], ValueError, "X must be rows of equal length"),
        (
            X * np.nan,
            [0, 0, 1, 1],
            ValueError,
            r"column 0 of X must be a finite .* got NaN in row 0",
        ),
        (
            np.where(X == 5, np.inf, X),
            [0, 0, 1, 1],
            ValueError,
            "column 1 .* inf in row 1",
        ),
        (X + 1j, [0, 0, 1, 1], ValueError, "Complex data not supported"),
        (X.astype(str), [0, 0, 1, 1], TypeError, "X must be numbers; got an array of <U"),
        (X.astype("M8[s]"), [0, 0, 1, 1], TypeError, "X must be numbers; .* Pass the days"),
        (
            [[1, "a"], [2, "b"], [3, "c"]],
            [0, 0, 1],
            TypeError,
            "X must be numbers; got an array of <U",
        ),
        (
            np.array([[1, "a"], [2, "b"], [3, "c"]], dtype=object),
            [0, 0, 1],
            TypeError,
            "column 1 of X must be numbers; got str 'a' in row 0",
        ),
        (
            TABLE.assign(city=list("abcd")),
            [0, 0, 1, 1],
            TypeError,
            "column 'city' of X must be numbers; got dtype .* Leave it out",
        ),
        (
            TABLE.assign(last=pd.Timestamp("2011-12-09")),
            [0, 0, 1, 1],
            TypeError,
            "column 'last' of X must be numbers; .* such as recency_days",
        ),
        (
            TABLE.assign(score=pd.array([1, None, 2, 3], "Int64")),
            [0, 0, 1, 1],
            ValueError,
            "column 'score' of X must be a finite number in every row; got NaN in row 1",
        ),
        (
            TABLE,
            pd.Series([0, 0, 1, 1], index=[3, 2, 1, 0]),
            ValueError,
            r"index of X; got .* another order. Pass labels.loc\[X.index\]",
        ),
    ],
)
def test_bad_input_is_named(name, rows, labels, error, message):
    with pytest.raises(error, match=message) as caught:
        getattr(sp, name)(rows, labels)
    assert str(caught.value).startswith(f"{name}: ")


def test_a_sparse_matrix_is_refused():
    scipy_sparse = pytest.importorskip("scipy.sparse")
    with pytest.raises(TypeError, match=r"X must be dense; .* pass X.toarray\(\)"):
        sp.silhouette_score(scipy_sparse.csr_matrix(X), [0, 0, 1, 1])


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"metric": "cosine"}, ValueError, "'metric' must be 'euclidean'; got 'cosine'"),
        ({"sample_size": 2}, ValueError, "'sample_size' must be an int >= 3; got 2"),
        ({"sample_size": 3.5}, TypeError, "'sample_size' must be an int"),
        ({"sample_size": 3, "random_state": "a"}, TypeError, "'random_state' must be an int"),
        ({"sample_size": 3, "random_state": -1}, ValueError, "'random_state' must be an int >= 0"),
        ({"n_jobs": 0}, ValueError, "'n_jobs' must be an int"),
        ({"progress": 1}, TypeError, "'progress' must be True or False"),
    ],
)
def test_bad_options_are_named(options, error, message):
    with pytest.raises(error, match=f"silhouette_score: {message}"):
        sp.silhouette_score(X, [0, 0, 1, 1], **options)


def test_the_callers_data_is_left_alone():
    rows, labels = blobs(300, 3, 3, seed=14)
    rows, labels = rows * 1e300, labels.astype(np.int32)
    before = rows.tobytes(), labels.tobytes()
    rows.flags.writeable = labels.flags.writeable = False
    for name in FOUR:
        getattr(sp, name)(rows, labels)
    assert (rows.tobytes(), labels.tobytes()) == before


def test_codes_outside_their_range_never_reach_memory():
    rows = np.zeros((3, 2))
    for bad in (-1, 2, 2**31 - 1):
        labels = np.array([0, 1, bad], np.int32)
        for kernel in (_core.silhouette, _core.calinski_harabasz, _core.davies_bouldin):
            with pytest.raises(ValueError, match="a code is outside its range") as caught:
                kernel(rows, labels, 2, 1, "", None)
            assert caught.value.args[1] == 2


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no os.kill(SIGINT) to a process")
@pytest.mark.parametrize("threads", [1, 2])
def test_ctrl_c_is_felt_within_a_fifth_of_a_second(threads):
    rows, labels = blobs(200_000, 4, 8, seed=15)  # many seconds
    sent = []

    def interrupt():
        sent.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(0.5, interrupt)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        sp.silhouette_samples(rows, labels, n_jobs=threads)
    late = time.monotonic() - sent[0]
    timer.join()
    assert late < 0.2
    assert sp.silhouette_score(rows[:100], labels[:100]) > -1


def test_the_bar_moves_from_the_callers_thread():
    rows, labels = blobs(25_000, 4, 8, seed=16)
    seen = []
    _core.silhouette(
        rows,
        labels.astype(np.int32),
        8,
        2,
        "",
        lambda done: seen.append((done, threading.get_ident())),
    )
    shares = [done for done, _ in seen]
    assert shares == sorted(shares)
    assert all(0 <= share <= 1 for share in shares)
    assert {ident for _, ident in seen} == {threading.get_ident()}


def test_several_python_threads_at_once():
    rows, labels = blobs(4000, 4, 5, seed=17)
    expected = sp.silhouette_score(rows, labels)
    found = [None] * 6

    def work(i):
        found[i] = sp.silhouette_score(rows, labels, n_jobs=1 + i % 3)

    workers = [threading.Thread(target=work, args=(i,)) for i in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert found == [expected] * 6


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_computes_the_same():
    rows, labels = blobs(4000, 4, 5, seed=18)
    expected = sp.silhouette_score(rows, labels, n_jobs=2)
    child = os.fork()
    if child == 0:
        same = False
        try:
            same = sp.silhouette_score(rows, labels, n_jobs=2) == expected
        finally:
            os._exit(0 if same else 1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0


def test_labels_of_a_narrow_type_are_the_same_labels():
    X = np.arange(12.0).reshape(6, 2)
    wide = np.array([-1, -1, 127, 127, 127, 0])
    expected = sp.calinski_harabasz_score(X, wide)
    for dtype in (np.int8, np.int16, np.float64, object):
        assert sp.calinski_harabasz_score(X, wide.astype(dtype)) == expected
    high = np.array([2**64 - 1, 2**64 - 1, 2**64 - 3, 2**64 - 3, 2**64 - 2, 2**64 - 3], np.uint64)
    names = np.array([2, 2, 0, 0, 1, 0])
    assert sp.silhouette_score(X, high) == sp.silhouette_score(X, names)
    with pytest.raises(ValueError, match="Number of labels is 1"):
        sp.silhouette_score(X, np.array([True] * 6))
