"""KMeans: exact labels, the same bits everywhere, and the optima of known data."""

import os
import pickle
import signal
import threading
import time
import warnings

import numpy as np
import pandas as pd
import pytest
import sklearn.cluster
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

import segpy as sp
from oracle import kmeans as oracle
from segpy import _core

# The least inertia of income x score, k = 1..10: the lowest of 1,200 starts each.
MALL = [
    269981.28,
    181363.5960,
    106348.3731,
    73679.7890,
    44448.4554,
    37233.8145,
    30227.6065,
    24986.5256,
    21794.8856,
    19634.5546,
]


@pytest.fixture(scope="module")
def mall(data_dir):
    table = pd.read_csv(data_dir / "Mall_Customers.csv")
    return table.iloc[:, 3:5].to_numpy(np.float64)


def normal(n, d, seed=0):
    """Give correlated normal rows: long convergence, few ties."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)) @ rng.normal(size=(d, d)) + rng.normal(size=d) * 5


def fitted(x, k, *, weight=None, init=None, tol=0.0, starts=1, threads=1, level="", seed=0):
    points = _core.Points(x, weight)
    flat = None if init is None else np.ascontiguousarray(init, np.float64).ravel()
    swaps = 0
    return points.kmeans(k, starts, swaps, 300, tol, seed, False, flat, threads, level, None)


def same(a, b):
    """Say whether two results of `fitted` are equal bit for bit."""
    return all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


# ---- E1: labels are the argmin in double precision ----


@pytest.mark.parametrize("level", _core.levels())
@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_labels_are_the_exact_argmin(level, offset):
    rng = np.random.default_rng(1)
    for d in (1, 2, 3, 4, 7, 9, 10, 13):
        for k in (1, 2, 5, 17):
            x = np.round(rng.normal(size=(300, d)) * 4) / 4 + offset
            if d > 1:
                x = np.concatenate([x, rng.normal(size=(200, d)) + offset])
            init = x[rng.choice(len(np.unique(x, axis=0)), k, replace=False)]
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)
                centers, labels, *_ = fitted(x, k, init=init, level=level)
            centers = centers.reshape(k, d)
            assert np.array_equal(labels, oracle.nearest(x, centers))
            got, squares = _core.kmeans_nearest(x, centers.ravel(), 1, level, None)
            assert np.array_equal(got, labels)
            alone = _core.kmeans_label(x, centers.ravel(), 2, level, None)
            assert np.array_equal(alone, labels)
            assert np.array_equal(squares, oracle.squares(x, centers).min(1))


def test_ties_go_to_the_lowest_number():
    x = np.array([[0.0, 0.0], [2.0, 0.0], [1.0, 0.0]])
    model = sp.KMeans(2, init=np.array([[2.0, 0.0], [0.0, 0.0]]), max_iter=1).fit(x)
    assert model.predict([[1.0, 5.0]])[0] == oracle.nearest(
        np.array([[1.0, 5.0]]), model.cluster_centers_
    )
    labels, _ = _core.kmeans_nearest(x, np.array([2.0, 0.0, 0.0, 0.0]), 1, "", None)
    assert labels.tolist() == [1, 0, 0]


# ---- E2: the same labels and iterations as Lloyd in double precision ----


@pytest.mark.parametrize(
    ("n", "d", "k"), [(60, 1, 3), (500, 2, 5), (3000, 3, 8), (12000, 4, 6), (9000, 11, 4)]
)
def test_runs_as_lloyd_does(n, d, k):
    for seed in range(3):
        x = normal(n, d, seed)
        init = x[np.random.default_rng(seed).choice(n, k, replace=False)]
        weight = np.random.default_rng(seed).integers(1, 4, n).astype(float)
        for w in (np.ones(n), weight):
            centers, labels, inertia, n_iter = oracle.lloyd(x, w, init)
            got = fitted(x, k, weight=w, init=init)
            assert np.array_equal(got[1], labels)
            assert got[4] == n_iter
            assert got[0].reshape(k, d) == pytest.approx(centers, rel=1e-10, abs=1e-10)
            assert got[3] == pytest.approx(inertia, rel=1e-12)


def test_an_empty_cluster_gets_the_farthest_row():
    x = np.array([[0.0], [1.0], [10.0], [11.0], [50.0]])
    init = np.array([[0.0], [1000.0], [2000.0]])
    centers, labels, inertia, n_iter = oracle.lloyd(x, np.ones(5), init)
    got = fitted(x, 3, init=init)
    assert np.array_equal(got[1], labels)
    assert got[0].ravel() == pytest.approx(centers.ravel())
    assert (got[3], got[4]) == (pytest.approx(inertia), n_iter)
    assert sorted(np.bincount(got[1])) == [1, 2, 2]


# ---- E3: equal bits for any number of threads and level ----


@pytest.mark.parametrize("init", ["array", "drawn"])
def test_threads_and_levels_give_equal_bits(init):
    x = normal(70_000, 5)
    start = x[:12] if init == "array" else None
    starts = 1 if init == "array" else 3
    first = fitted(x, 12, init=start, starts=starts)
    for level in _core.levels():
        for threads in (1, 2, 3, 4, 7):
            got = fitted(x, 12, init=start, starts=starts, threads=threads, level=level)
            assert same(first, got), (level, threads)


def test_large_data_give_equal_bits_too():
    x = normal(300_000, 4)
    assert x.size > 2**20
    first = fitted(x, 8, tol=1e-4)
    for level in _core.levels():
        for threads in (1, 2, 7):
            assert same(first, fitted(x, 8, tol=1e-4, threads=threads, level=level))
    assert np.array_equal(first[1], oracle.nearest(x, first[0].reshape(8, 4)))


# ---- E4 and E5: a weighted set of rows, whatever its order, type and layout ----


def test_a_weight_is_a_repetition_and_order_does_not_matter():
    rng = np.random.default_rng(4)
    x, counts = normal(400, 3), rng.integers(0, 4, 400)
    model = sp.KMeans(6).fit(x, sample_weight=counts)
    repeated = np.repeat(x, counts, axis=0)
    again = sp.KMeans(6).fit(repeated[rng.permutation(len(repeated))])
    assert model.inertia_ == again.inertia_
    assert np.array_equal(model.cluster_centers_, again.cluster_centers_)
    assert np.array_equal(model.predict(x), again.predict(x))
    assert np.array_equal(model.labels_, model.predict(x))


def test_integers_fit_the_same_in_any_type_layout_and_column_order():
    rng = np.random.default_rng(5)
    x = rng.integers(0, 200, (3000, 4)).astype(np.float64)
    init = x[:7]
    first = fitted(x, 7, init=init)
    padded = np.zeros((6000, 8))
    padded[::2, ::2] = x
    back = x[::-1, ::-1].copy()
    odd = np.zeros(x.nbytes + 1, np.uint8)[1:].view(np.float64).reshape(x.shape)
    odd[:] = x
    variants = [
        x.astype(np.float32),
        x.astype(np.int64),
        x.astype(np.uint8),
        x.astype(np.int16),
        np.asfortranarray(x),
        padded[::2, ::2],
        back[::-1, ::-1],
        odd,
    ]
    for one in variants:
        assert same(first, fitted(one, 7, init=init))
    order = [2, 0, 3, 1]
    got = fitted(x[:, order], 7, init=init[:, order])
    assert np.array_equal(got[1], first[1])
    assert got[3] == pytest.approx(first[3], rel=1e-12)


def test_few_distinct_rows_are_folded_at_any_size():
    rng = np.random.default_rng(6)
    scores = rng.integers(1, 6, (400_000, 3)).astype(np.int8)
    points = _core.Points(scores)
    assert points.count == 125
    unique, counts = np.unique(scores, axis=0, return_counts=True)
    model = sp.KMeans(5).fit(scores)
    small = sp.KMeans(5).fit(unique, sample_weight=counts)
    assert model.inertia_ == small.inertia_
    assert np.array_equal(model.cluster_centers_, small.cluster_centers_)


# ---- E6: beside other threads, after fork, stopped ----


def test_many_python_threads_at_once():
    x = normal(20_000, 3)
    expected = sp.KMeans(4, n_init=2, n_jobs=1).fit(x)
    found = [None] * 5

    def work(i):
        found[i] = sp.KMeans(4, n_init=2, n_jobs=1 + i % 3).fit(x)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for model in found:
        assert np.array_equal(model.cluster_centers_, expected.cluster_centers_)
        assert np.array_equal(model.labels_, expected.labels_)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_computes_the_same():
    x = normal(60_000, 4)
    expected = sp.KMeans(6, n_init=2, n_jobs=2).fit(x)
    child = os.fork()
    if child == 0:
        good = False
        try:
            model = sp.KMeans(6, n_init=2, n_jobs=2).fit(x)
            good = np.array_equal(model.cluster_centers_, expected.cluster_centers_)
        finally:
            os._exit(0 if good else 1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0


@pytest.mark.skipif(os.name == "nt", reason="Windows has no os.kill(SIGINT) to a process")
@pytest.mark.parametrize("threads", [1, 2])
def test_ctrl_c_stops_a_long_fit_and_loses_nothing(threads):
    x = normal(400_000, 8)
    model = sp.KMeans(25, tol=0.0, n_init=50, max_iter=10_000, n_jobs=threads)
    sent = []

    def interrupt():
        sent.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(0.6, interrupt)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        model.fit(x)
    late = time.monotonic() - sent[0]
    timer.join()
    assert late < 0.2
    assert sp.KMeans(2).fit(x[:100]).converged_


# ---- known data ----


def test_mall_customers_reach_the_known_optima(mall):
    for k, best in enumerate(MALL, start=1):
        got = [sp.KMeans(k, random_state=s).fit(mall).inertia_ for s in range(100 if k > 5 else 10)]
        hits = sum(i == pytest.approx(best, abs=1e-3) for i in got)
        assert hits >= (95 if k > 5 else 10), (k, hits)
        assert min(got) > best - 1e-3


def test_mall_customers_in_five_clusters_for_any_seed(mall):
    points = {round(sp.KMeans(5, random_state=s).fit(mall).inertia_, 4) for s in range(1000)}
    assert points == {44448.4554}
    model = sp.KMeans(5).fit(mall)
    table = sorted(
        (*np.round(c, 4).tolist(), n)
        for c, n in zip(model.cluster_centers_, np.bincount(model.labels_).tolist(), strict=True)
    )
    assert table == [
        (25.7273, 79.3636, 22),
        (26.3043, 20.913, 23),
        (55.2963, 49.5185, 81),
        (86.5385, 82.1282, 39),
        (88.2, 17.1143, 35),
    ]


def test_a_fit_of_the_mall_takes_less_than_a_tenth_of_a_second(mall):
    start = time.process_time()
    sp.KMeans(10, n_jobs=1).fit(mall)
    assert time.process_time() - start < 0.1


# ---- one column ----


def test_one_column_is_solved_exactly():
    rng = np.random.default_rng(11)
    for n in (1, 2, 3, 7, 31, 64, 65):
        for k in range(1, min(n, 7) + 1):
            x = np.round(rng.normal(size=n), 1) if n % 2 else rng.exponential(size=n)
            weight = rng.integers(1, 5, n).astype(float)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)
                got = sp.KMeans(k).fit(x[:, None], sample_weight=weight)
            expected = oracle.line_inertia(x, weight, k)
            assert got.inertia_ == pytest.approx(expected, rel=1e-9, abs=1e-12)
            assert got.inertias_.shape == (1,)


def test_one_long_column_is_solved_as_its_counts_are():
    rng = np.random.default_rng(12)
    x = rng.normal(size=1_100_000).round(3) + rng.integers(0, 1000, 1_100_000)
    model = sp.KMeans(4).fit(x[:, None])
    values, counts = np.unique(x, return_counts=True)
    folded = sp.KMeans(4).fit(values[:, None], sample_weight=counts)
    assert model.inertia_ == pytest.approx(folded.inertia_, rel=1e-9)
    assert model.converged_


# ---- the estimator's contract ----


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
def test_check_estimator_finds_nothing():
    results = check_estimator(sp.KMeans(), on_fail=None)
    wrong = [(r["check_name"], r["exception"]) for r in results if r["status"] == "failed"]
    assert not wrong
    assert len(results) > 40


def test_it_works_in_pipelines_searches_clones_and_pickles(mall):
    model = make_pipeline(StandardScaler(), sp.KMeans(5)).fit(mall)
    assert -model.score(mall) == pytest.approx(65.568, abs=1e-3)
    search = GridSearchCV(sp.KMeans(), {"n_clusters": [2, 5]}, cv=3).fit(mall)
    assert search.best_params_ == {"n_clusters": 5}
    one = clone(sp.KMeans(5, tol=0.1)).fit(mall)
    assert one.tol == 0.1
    two = pickle.loads(pickle.dumps(one))
    assert np.array_equal(two.predict(mall), one.labels_)


def test_tables_keep_their_names(mall):
    table = pd.DataFrame(mall, columns=["income", "score"], index=range(5, 205))
    model = sp.KMeans(3).set_output(transform="pandas").fit(table)
    away = model.transform(table)
    assert list(away.columns) == ["kmeans0", "kmeans1", "kmeans2"]
    assert away.index.equals(table.index)
    assert np.array_equal(np.argmin(away.to_numpy(), axis=1), model.labels_)
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(table[["score", "income"]])
    with pytest.raises(ValueError, match="X has 1 features, but KMeans is expecting 2"):
        sp.KMeans(3).fit(mall).predict(mall[:, :1])
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        model.predict(mall)


@pytest.mark.parametrize("kind", ["polars", "pyarrow"])
def test_other_tables_are_taken(mall, kind):
    table = pd.DataFrame(mall, columns=["income", "score"])
    pytest.importorskip(kind)
    if kind == "polars":
        import polars as pl

        other = pl.DataFrame({c: table[c].to_numpy() for c in table})
    else:
        import pyarrow as pa

        other = pa.table(table)
    assert np.array_equal(sp.KMeans(4).fit(other).labels_, sp.KMeans(4).fit(table).labels_)


def test_float32_stays_float32_where_it_comes_back(mall):
    model = sp.KMeans(3).fit(mall.astype(np.float32))
    assert model.transform(mall.astype(np.float32)).dtype == np.float32
    assert model.transform(mall).dtype == np.float64
    assert model.labels_.dtype == np.int32


def test_starts_and_convergence_are_told(mall):
    model = sp.KMeans(5, n_init=7, tol=0).fit(mall)
    assert model.inertias_.shape == (7,)
    assert model.inertia_ == model.inertias_.min()
    assert model.converged_
    assert not sp.KMeans(5, n_init=1, max_iter=1, tol=0).fit(mall).converged_
    assert sp.KMeans(5).fit(mall).inertia_ <= sp.KMeans(5).fit(mall).inertias_.min()


def test_inits_of_every_kind(mall):
    def first_rows(X, k, random_state):
        assert isinstance(random_state, int)
        return X[:k]

    a = sp.KMeans(4, init=first_rows, n_init=1).fit(mall)
    b = sp.KMeans(4, init=mall[:4].tolist()).fit(mall)
    assert np.array_equal(a.cluster_centers_, b.cluster_centers_)
    assert b.inertias_.shape == (1,)
    c = sp.KMeans(4, init="random", n_init=10).fit(mall)
    assert c.inertia_ < 1.2 * MALL[3]


def test_code_of_scikit_learn_runs_after_a_change_of_import(mall):
    words = {"n_clusters": 5, "random_state": 3, "n_init": 10, "copy_x": False, "verbose": False}
    models = [sp.KMeans(**words, algorithm=name).fit(mall) for name in ("lloyd", "elkan")]
    assert all(model.inertia_ == pytest.approx(MALL[4], abs=5e-5) for model in models)
    assert np.array_equal(*(model.cluster_centers_ for model in models))
    assert set(sklearn.cluster.KMeans().get_params()) <= set(models[0].get_params())


def test_partial_fit_merges_counts_and_means():
    rng = np.random.default_rng(8)
    x = np.concatenate([rng.normal(0, 1, (500, 2)), rng.normal(20, 1, (500, 2))])
    x = x[rng.permutation(1000)]
    model = sp.KMeans(2)
    for part in np.array_split(x, 10):
        model.partial_fit(part)
    whole = sp.KMeans(2).fit(x)
    order = np.argsort(model.cluster_centers_[:, 0])
    expected = np.sort(whole.cluster_centers_, axis=0)
    assert model.cluster_centers_[order] == pytest.approx(expected, rel=1e-12, abs=1e-12)
    assert model.counts_.sum() == 1000
    weighted = sp.KMeans(2).partial_fit(x[:100]).partial_fit(x[100:], sample_weight=np.full(900, 2))
    assert weighted.counts_.sum() == 1900


# ---- bad input ----


@pytest.mark.parametrize(
    ("words", "error", "said"),
    [
        ({"n_clusters": 0}, ValueError, r"'n_clusters' must be an int >= 1; got 0\."),
        ({"n_clusters": 2.5}, TypeError, "'n_clusters' must be an int"),
        ({"n_clusters": True}, TypeError, "'n_clusters' must be an int"),
        ({"n_clusters": 21}, ValueError, r"at most the number of rows \(n_samples=20\); got 21"),
        ({"n_clusters": 2**24 + 1}, ValueError, r"at most 2\*\*24 = 16777216; got 16777217"),
        ({"n_init": 0}, ValueError, "'n_init'"),
        ({"n_init": "many"}, ValueError, "'n_init' must be one of 'auto'"),
        ({"max_iter": 0}, ValueError, "'max_iter'"),
        ({"tol": -1}, ValueError, "'tol' must be a number >= 0; got -1"),
        ({"tol": "x"}, TypeError, "'tol'"),
        ({"init": "best"}, ValueError, "'init' must be one of 'k-means"),
        ({"init": [[1.0]]}, ValueError, r"of shape \(8, 2\).*got shape \(1, 1\)"),
        ({"init": np.full((8, 2), np.nan)}, ValueError, "finite"),
        ({"init": np.ma.masked_all((8, 2))}, ValueError, "'init' must be finite"),
        ({"init": np.zeros((8, 2), complex)}, TypeError, "'init' must be 'k-means"),
        ({"init": None}, TypeError, "'init' must be .*or a callable; got NoneType None"),
        ({"algorithm": "full"}, ValueError, "'algorithm' must be one of 'lloyd', 'elkan'; got"),
        ({"copy_x": "no"}, TypeError, "'copy_x' must be True or False"),
        ({"verbose": "yes"}, TypeError, "'verbose' must be an int"),
        ({"random_state": "x"}, TypeError, "'random_state'"),
        ({"random_state": -1}, ValueError, "'random_state'"),
        ({"n_jobs": 0}, ValueError, "'n_jobs'|n_jobs"),
    ],
)
def test_wrong_parameters_are_worded(words, error, said):
    x = np.arange(40.0).reshape(20, 2)
    with pytest.raises(error, match=said):
        sp.KMeans(**words).fit(x)


def test_what_is_no_number_names_its_column_and_row():
    x = np.arange(40.0).reshape(20, 2)
    x[7, 1] = np.nan
    with pytest.raises(ValueError, match=r"column 1 of X must be a finite.*got NaN in row 7"):
        sp.KMeans(2).fit(x)
    x[7, 1] = -np.inf
    with pytest.raises(ValueError, match=r"column 'b' of X must be a finite.*got -inf in row 7"):
        sp.KMeans(2).fit(pd.DataFrame(x, columns=["a", "b"]))
    model = sp.KMeans(2).fit(x[:5])
    with pytest.raises(ValueError, match="got -inf in row 7"):
        model.predict(x)
    big = np.zeros((600_000, 2))
    big[:, 0] = np.arange(600_000)
    big[599_999, 0] = np.inf
    with pytest.raises(ValueError, match=r"column 0 of X.*got inf in row 599999"):
        sp.KMeans(2).fit(big)


@pytest.mark.parametrize(
    ("column", "said"),
    [
        (pd.date_range("2020-01-01", periods=3), "column 'bad'.*numbers.*days up to a date"),
        (["a", "b", "c"], "column 'bad'"),
        (pd.Categorical(["a", "b", "a"]), "column 'bad'"),
        ([{}, 1, 2], "column 'bad'"),
        (pd.to_timedelta([1, 2, 3], unit="D"), "column 'bad'"),
    ],
)
def test_columns_that_are_no_numbers_are_named(column, said):
    table = pd.DataFrame({"good": [1.0, 2.0, 3.0], "bad": column})
    with pytest.raises(TypeError, match=said):
        sp.KMeans(2).fit(table)


def test_shapes_and_kinds_that_cannot_be():
    import scipy.sparse

    with pytest.raises(TypeError, match="Sparse input is not supported"):
        sp.KMeans(1).fit(scipy.sparse.csr_matrix(np.eye(3)))
    with pytest.raises(ValueError, match="Complex data not supported"):
        sp.KMeans(1).fit(np.eye(3) * 1j)
    with pytest.raises(ValueError, match="Reshape your data"):
        sp.KMeans(1).fit([1.0, 2.0])
    with pytest.raises(ValueError, match=r"0 sample\(s\) .* Pass one row a customer"):
        sp.KMeans(1).fit(np.zeros((0, 2)))
    with pytest.raises(ValueError, match=r"0 feature\(s\) .* one column a measure"):
        sp.KMeans(1).fit(np.zeros((2, 0)))
    with pytest.raises(TypeError, match="numbers"):
        sp.KMeans(1).fit(np.array([["a"], ["b"]]))
    assert sp.KMeans(1).fit([[3.0, 4.0]]).inertia_ == 0.0


def test_weights_that_cannot_be():
    x = np.arange(10.0).reshape(5, 2)
    for wrong, said in (
        ([1, 1, -1, 1, 1], "-1.0 in row 2"),
        ([1, np.nan, 1, 1, 1], "nan in row 1"),
        ([0] * 5, "only zeros"),
        ([1, 1], r"shape \(5,\)"),
    ):
        with pytest.raises(ValueError, match=said):
            sp.KMeans(2).fit(x, sample_weight=wrong)
    for wrong in (np.ones(5) + 1j, pd.date_range("2020", periods=5), ["1"] * 5):
        with pytest.raises(TypeError, match="'sample_weight' must be numbers"):
            sp.KMeans(2).fit(x, sample_weight=wrong)
    masked = np.ma.masked_equal([1.0, 1.0, 7.0, 1.0, 1.0], 7.0)
    with pytest.raises(ValueError, match="nan in row 2"):
        sp.KMeans(2).fit(x, sample_weight=masked)


def test_weights_go_by_place_and_another_order_is_said():
    x = pd.DataFrame(np.arange(10.0).reshape(5, 2), index=list("abcde"))
    weights = pd.Series([1.0, 2.0, 3.0, 4.0, 5.0], index=list("abcde"))
    expected = sp.KMeans(2).fit(x, sample_weight=weights.to_numpy())
    for right in (weights, weights.reset_index(drop=True)):
        found = sp.KMeans(2).fit(x, sample_weight=right)
        assert np.array_equal(found.cluster_centers_, expected.cluster_centers_)
    with pytest.raises(ValueError, match=r"the index of 'sample_weight' .*sample_weight\.loc\["):
        sp.KMeans(2).fit(x, sample_weight=weights.iloc[::-1])


@pytest.mark.parametrize("n", [300, 300_000])
@pytest.mark.parametrize(
    ("weight", "size"),
    [(2.0**1023, 1), (2.0**1000, 2.0**33), (2.0**-1060, 2.0**-33), (2.0**-1074, 1)],
)
def test_weights_of_any_size_give_the_same_centres(n, weight, size):
    x = normal(n, 4)
    init = x[:4].copy()
    expected = sp.KMeans(4, init=init, max_iter=9).fit(x, sample_weight=np.ones(n))
    model = sp.KMeans(4, init=init * size, max_iter=9).fit(x * size, sample_weight=[weight] * n)
    assert np.array_equal(model.cluster_centers_, expected.cluster_centers_ * size)
    assert np.array_equal(model.labels_, expected.labels_)
    with np.errstate(over="ignore"):
        assert np.array_equal(model.counts_, expected.counts_ * weight)
        assert model.inertia_ == pytest.approx(expected.inertia_ * weight * size**2)
        assert model.inertias_ == pytest.approx(expected.inertias_ * weight * size**2)
        assert model.score(x * size, sample_weight=[weight] * n) == pytest.approx(-model.inertia_)


@pytest.mark.parametrize("columns", [1, 2])
@pytest.mark.parametrize("weight", [1e308, 1e-300, 5e-324])
def test_drawn_starts_and_batches_take_weights_of_any_size(weight, columns):
    x = np.repeat([[0.0, 1.0], [10.0, 5.0], [30.0, 2.0]], 50, axis=0)[:, :columns]
    some, w = x[::7], np.full(len(x), weight)
    model = sp.KMeans(3).fit(x, sample_weight=w)
    assert sorted(model.cluster_centers_.tolist()) == np.unique(x, axis=0).tolist()
    assert model.inertia_ == 0.0
    model.partial_fit(some + 1.0, sample_weight=w[::7])
    assert np.isfinite(model.cluster_centers_).all()
    moved = sp.KMeans(3).fit(x, sample_weight=np.full(len(x), 1.0)).partial_fit(some + 1.0)
    kept = np.isfinite(model.counts_)
    assert np.allclose(model.cluster_centers_[kept], moved.cluster_centers_[kept])


def test_small_weights_beside_very_large_ones_still_count():
    x = np.array([[0.0, 0], [1, 0], [50, 0], [51, 0]])
    model = sp.KMeans(2, init=x[::2]).fit(x, sample_weight=[1e308, 1e308, 1e-20, 3e-20])
    assert np.allclose(model.cluster_centers_[:, 0], [0.5, 50.75])


def test_fewer_distinct_rows_than_clusters_is_said_before_the_work():
    x = np.repeat([[1.0, 2.0], [3.0, 4.0]], 10, axis=0)
    with pytest.warns(ConvergenceWarning, match="at least as many as the clusters, 3; got 2"):
        model = sp.KMeans(3).fit(x)
    assert model.inertia_ == 0.0
    assert len(set(model.labels_)) == 2
    with pytest.warns(ConvergenceWarning):
        assert sp.KMeans(2).fit(np.ones((9, 3))).inertia_ == 0.0


@pytest.mark.parametrize("size", [1e300, 1e-300, 1e150, 1e-160])
def test_very_large_and_very_small_numbers(size):
    x = normal(300, 2)
    expected = sp.KMeans(4).fit(x)
    model = sp.KMeans(4).fit(x * size)
    assert model.cluster_centers_.shape == (4, 2)
    assert np.isfinite(model.cluster_centers_).all()
    assert np.array_equal(model.labels_, model.predict(x * size))
    same_groups = pd.crosstab(model.labels_, expected.labels_).to_numpy()
    assert (same_groups > 0).sum() == 4
    mixed = np.column_stack([x[:, 0] * size, x[:, 1]])
    assert sp.KMeans(4).fit(mixed).converged_


def test_columns_far_from_zero_keep_their_digits():
    x = normal(2000, 3)
    far = x + np.array([1e9, -1e9, 1e9])
    init = x[:5]
    a = fitted(far - np.array([1e9, -1e9, 1e9]), 5, init=init)
    b = fitted(far, 5, init=init + np.array([1e9, -1e9, 1e9]))
    assert np.mean(a[1] == b[1]) > 0.999
    assert b[3] == pytest.approx(a[3], rel=1e-6)


def test_more_threads_than_cores_and_data_untouched():
    x = normal(30_000, 3)
    x.flags.writeable = False
    before = x.copy()
    model = sp.KMeans(3, n_jobs=64).fit(x)
    assert np.array_equal(x, before)
    assert np.array_equal(model.labels_, sp.KMeans(3, n_jobs=1).fit(x).labels_)


def test_points_keep_the_arrays_they_read():
    x, weight = normal(300_000, 4), np.arange(1.0, 300_001.0)
    expected = fitted(x, 3, init=x[:3], weight=weight)
    points = _core.Points(x.copy(), weight.copy())
    _ = [np.zeros(weight.size) for _ in range(4)]  # what was freed would be overwritten
    got = points.kmeans(3, 1, 0, 300, 0.0, 0, False, x[:3].ravel(), 1, "", None)
    assert same(expected, got)


def test_no_memory_is_said_with_what_a_fit_needs(monkeypatch):
    def nothing(*_):
        raise MemoryError

    monkeypatch.setattr(_core, "Points", nothing)
    wanted = r"KMeans: 20,000,000 rows of 4 columns in 8 clusters, beside the data, need 640\.0 MB"
    x = np.broadcast_to(np.float32(1), (20_000_000, 4))
    with pytest.raises(MemoryError, match=wanted):
        sp.KMeans(8).fit(x)


def test_verbose_draws_a_bar(mall, capsys):
    sp.KMeans(3, verbose=1).fit(mall)
    captured = capsys.readouterr()
    assert "k-means" in captured.err
    assert captured.out == ""


def test_rows_far_beyond_tiny_centres_are_labelled():
    model = sp.KMeans(2, init=np.array([[-1e-312], [1e-312]]), n_init=1).fit([[-1e-312], [1e-312]])
    assert model.predict([[-1e-312], [1e-312], [-1e293], [1e293]])[:2].tolist() == [0, 1]
