"""choose_k: planted clusters are found, noise has none, and every rule says what it says."""

import math
import os
import pickle
import signal
import threading
import time

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.metrics import adjusted_rand_score

import segpy as sp
from oracle import choose_k as oracle
from segpy import _core

COLUMNS = [
    *("inertia", "silhouette", "calinski_harabasz", "davies_bouldin", "gap", "gap_se"),
    *("stability", "stability_ref", "smallest_share", "separation"),
]


def planted(k: int, d: int, n: int, apart: float, seed: int):
    """Give n rows in k normal clusters, any two centres at least `apart` spreads apart."""
    rng = np.random.default_rng(seed)
    box, centers = 1.2 * apart * max(1.2, k ** (1 / d)), []
    while len(centers) < k:
        center = rng.uniform(0, box, d)
        if all(np.linalg.norm(center - other) >= apart for other in centers):
            centers.append(center)
        box *= 1.002
    labels = np.append(np.arange(k).repeat(10), rng.integers(k, size=n - 10 * k))
    return np.array(centers)[labels] + rng.normal(size=(n, d)), labels


def noise(kind: str, n: int, d: int, seed: int):
    rng = np.random.default_rng(seed)
    if kind == "even":
        return rng.uniform(size=(n, d))
    X = rng.normal(size=(n, d))
    return X if kind == "normal" else X @ rng.normal(size=(d, d))


@pytest.mark.parametrize("k", range(3, 9))
@pytest.mark.parametrize(("d", "n", "apart"), [(2, 200, 6), (2, 1000, 5), (3, 400, 8), (8, 300, 6)])
def test_planted_clusters_are_found(k, d, n, apart):
    X, labels = planted(k, d, n, apart, seed=k)
    found = sp.choose_k(X, n_boot=6, n_refs=3)
    assert (found.kind, found.best_k, found.suggested_k) == ("natural", k, k), found
    assert found.verdict.startswith(f"{k} natural clusters")
    assert adjusted_rand_score(labels, found.labels(k)) > 0.95


@pytest.mark.parametrize("kind", ["even", "normal", "correlated"])
@pytest.mark.parametrize(("n", "d"), [(60, 2), (200, 1), (300, 2), (300, 8), (800, 3)])
def test_noise_has_no_natural_clusters(kind, n, d):
    for seed in range(20):
        found = sp.choose_k(noise(kind, n, d, seed), n_boot=0 if seed else 20, n_refs=0)
        assert (found.kind, found.best_k) == ("constructive", None), (seed, found)
        assert found.suggested_k in found.table.index
        assert found.verdict.startswith("No natural clusters at any k from 2 to 10")
        assert "bands" in found.verdict
        assert f"take {found.suggested_k} groups as a construction" in found.verdict


@pytest.mark.parametrize("n", range(3, 10))
def test_one_or_two_rows_are_no_natural_cluster(n):
    """They have next to no spread, so that any distance is far: 3 of 10 sets of 5 rows had some."""
    for seed in range(12):
        found = sp.choose_k(noise("even", n, 1, seed), range(2, n), n_boot=2, n_refs=0)
        if found.best_k is not None:
            assert np.bincount(found.labels(found.best_k)).min() >= 3


def test_few_rows_have_clusters_where_each_holds_three():
    X = np.add.outer([0.0, 0.1, 0.2, 90.0, 90.1, 90.2, 50.0, 50.1, 50.2], [0.0, 40.0])
    found = sp.choose_k(X, range(2, 6), n_boot=2, n_refs=0)
    assert (found.kind, found.best_k) == ("natural", 3)


def test_the_table():
    X, _ = planted(4, 2, 300, 7, 0)
    found = sp.choose_k(X, range(2, 7), n_boot=4, n_refs=3)
    table = found.table
    assert table.columns.tolist() == COLUMNS
    assert (table.dtypes == np.float64).all()
    assert table.index.name == "k"
    assert table.index.tolist() == [2, 3, 4, 5, 6]
    assert table.notna().all().all()
    assert table.attrs["rows"] == table.attrs["sampled_rows"] == 300
    for k in table.index:
        model, labels = sp.KMeans(k).fit(X), found.labels(k)
        assert table.at[k, "inertia"] <= model.inertia_
        np.testing.assert_array_equal(labels, model.labels_)
        assert table.at[k, "silhouette"] == pytest.approx(sp.silhouette_score(X, labels), 1e-12)
        expected = sp.calinski_harabasz_score(X, labels)
        assert table.at[k, "calinski_harabasz"] == pytest.approx(expected, 1e-9)
        expected = sp.davies_bouldin_score(X, labels)
        assert table.at[k, "davies_bouldin"] == pytest.approx(expected, 1e-10)
        assert table.at[k, "smallest_share"] == np.bincount(labels).min() / 300


def test_the_separation_is_what_its_words_say():
    for X in (planted(4, 2, 300, 7, 0)[0], noise("even", 400, 3, 0)):
        found = sp.choose_k(X, range(2, 7), n_boot=0, n_refs=0)
        for k in found.table.index:
            expected = oracle.separation(X, found.labels(k))
            assert found.table.at[k, "separation"] == pytest.approx(expected, 1e-9)


@pytest.mark.parametrize("levels", [2, 3, 5, 10])
def test_the_steps_of_scores_are_no_clusters(levels):
    X = np.random.default_rng(0).integers(1, levels + 1, size=(20_000, 3))
    top = min(10, len(np.unique(X, axis=0)) - 1)
    found = sp.choose_k(X, range(2, top + 1), n_boot=0, n_refs=0)
    assert found.kind == "constructive", found


def test_the_gap_is_that_of_evenly_filled_boxes():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(600, 2)) * [3.0, 1.0] + 12 * rng.integers(2, size=(600, 1))
    found = sp.choose_k(X, range(1, 6), n_boot=0, n_refs=30)
    _, axes = np.linalg.eigh(np.cov(X.T))
    scores = X @ axes
    boxes = [rng.uniform(scores.min(0), scores.max(0), X.shape) for _ in range(30)]
    for k in found.table.index:
        gap, error = oracle.gap(X, boxes, lambda rows, k=k: sp.KMeans(k).fit(rows).inertia_)
        assert found.table.at[k, "gap"] == pytest.approx(gap, abs=0.03)
        assert found.table.at[k, "gap_se"] == pytest.approx(error, rel=0.6)


def test_any_order_of_rows_and_any_threads_give_the_same_bits():
    X, _ = planted(3, 2, 250, 6, 1)
    X = np.vstack([X, X[:40]])
    first = sp.choose_k(X, range(2, 6), n_boot=6, n_refs=3, n_jobs=1)
    order = np.random.default_rng(0).permutation(len(X))
    for rows, threads in ((X, 2), (X, 7), (X[order], 1), (np.asfortranarray(X), 3)):
        found = sp.choose_k(rows, range(2, 6), n_boot=6, n_refs=3, n_jobs=threads)
        pd.testing.assert_frame_equal(found.table, first.table, rtol=0, atol=0)
        assert found.verdict == first.verdict
    np.testing.assert_array_equal(
        sp.choose_k(X[order], [3], n_boot=0, n_refs=0).labels(3), first.labels(3)[order]
    )


def test_tables_and_types_of_numbers_do_not_matter():
    X = np.round(planted(3, 2, 250, 30, 1)[0]).astype(np.int16)
    first = sp.choose_k(X, range(2, 6), n_boot=3, n_refs=2)
    before = X.copy()
    for same in (X.astype(np.float32), pd.DataFrame(X), pl.DataFrame(X), X.tolist()):
        found = sp.choose_k(same, range(2, 6), n_boot=3, n_refs=2)
        pd.testing.assert_frame_equal(found.table, first.table, rtol=0, atol=0)
    np.testing.assert_array_equal(X, before)


def test_the_seed_decides_the_draws_and_not_the_fits():
    X, _ = planted(3, 2, 250, 6, 1)
    one, other = (
        sp.choose_k(X, [2, 3, 4], n_boot=6, n_refs=3, random_state=np.random.default_rng(seed))
        for seed in (0, 1)
    )
    assert (one.table["gap"] != other.table["gap"]).all()
    assert one.best_k == other.best_k == 3


def test_the_result_can_be_stored():
    X, _ = planted(3, 2, 250, 6, 1)
    found = sp.choose_k(X, [2, 3, 4], n_boot=2, n_refs=2)
    again = pickle.loads(pickle.dumps(found))
    assert (again.verdict, again.votes) == (found.verdict, found.votes)
    np.testing.assert_array_equal(again.labels(3), found.labels(3))
    assert found.verdict in repr(found)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no os.kill(SIGINT) to a process")
@pytest.mark.parametrize(("wait", "n_boot"), [(0.15, 400), (1.0, 400), (0.5, 0), (2.5, 20_000)])
def test_ctrl_c_stops_it_and_everything_stays_usable(wait, n_boot):
    X, _ = planted(5, 4, 20_000, 6, 0)
    before, sent = X.copy(), []

    def interrupt():
        sent.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(wait, interrupt)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        sp.choose_k(X, range(2, 25), n_boot=n_boot, n_refs=500)
    assert time.monotonic() - sent[0] < 0.3
    timer.join()
    np.testing.assert_array_equal(X, before)
    assert sp.choose_k(X[:300], [4, 5], n_boot=2, n_refs=2).best_k == 5


def test_the_bar_never_falls_and_ends():
    X, _ = planted(3, 2, 250, 6, 1)
    seen = []
    _core.Points(X).pairs(np.array([2, 3], np.int32), 2, 300, 1e-4, 0, 30, 250, 1, "", seen.append)
    assert seen == sorted(seen)
    sp.choose_k(X, [2, 3], n_boot=2, n_refs=2, progress=True)


def test_what_is_left_out_is_nan_and_has_no_vote():
    X, _ = planted(4, 2, 300, 7, 0)
    found = sp.choose_k(X, range(2, 7), n_boot=0, n_refs=0)
    assert found.table[["gap", "gap_se", "stability", "stability_ref"]].isna().all().all()
    assert found.votes["gap"] is found.votes["stability"] is None
    assert found.votes["silhouette"] == found.best_k == 4


def test_more_rows_than_asked_for_are_sampled_and_it_is_said():
    X, _ = planted(4, 2, 1200, 8, 0)
    found = sp.choose_k(X, range(2, 7), n_boot=4, n_refs=3, max_rows=300)
    assert found.best_k == 4
    assert found.table.attrs["rows"] == 1200
    assert found.table.attrs["sampled_rows"] == 300
    assert found.table.at[4, "inertia"] == sp.KMeans(4).fit(X).inertia_
    exact = sp.silhouette_score(X, found.labels(4))
    assert found.table.at[4, "silhouette"] == pytest.approx(exact, abs=0.05)


@pytest.mark.parametrize("scale", [1e300, 1e-303])
def test_values_of_any_size(scale):
    X, _ = planted(3, 2, 200, 8, 0)
    plain = sp.choose_k(X, range(2, 6), n_boot=4, n_refs=3)
    found = sp.choose_k(X / 16 * scale, range(2, 6), n_boot=4, n_refs=3)
    assert found.best_k == 3
    of_any_size = [c for c in COLUMNS if c != "inertia"]
    pd.testing.assert_frame_equal(found.table[of_any_size], plain.table[of_any_size], rtol=1e-6)


def test_labels_are_copies_of_those_it_has():
    X, _ = planted(3, 2, 200, 8, 0)
    found = sp.choose_k(X, range(2, 5), n_boot=0, n_refs=0)
    found.labels(3)[:] = -1
    assert found.labels(3).min() == 0
    assert found.labels(3).dtype == np.int32
    with pytest.raises(ValueError, match=r"'k' must be one of \[2, 3, 4\]; got 7"):
        found.labels(7)


def test_one_cluster_may_be_asked_for_too():
    X, _ = planted(3, 2, 200, 8, 0)
    found = sp.choose_k(X, range(1, 6), n_boot=4, n_refs=3)
    assert found.best_k == 3
    assert found.table.at[1, "inertia"] == pytest.approx(X.var(axis=0).sum() * 200)
    assert math.isnan(found.table.at[1, "silhouette"])


@pytest.mark.parametrize(
    ("error", "words", "arguments"),
    [
        (ValueError, r"'k_range' must be an int >= 1; got 0", {"k_range": [0, 2]}),
        (TypeError, r"'k_range' must be an int .* got float 2.5", {"k_range": [2.5]}),
        (TypeError, r"'k_range' must be an int .* got bool True", {"k_range": [True]}),
        (
            ValueError,
            r"'k_range' .*\(n_samples=6\); got 7. Pass range\(2, 6\)",
            {"k_range": [2, 7]},
        ),
        (TypeError, r"'k_range' must be ints .* Pass for example range", {"k_range": 5}),
        (ValueError, r"'k_range' must be ints .* got \[\]", {"k_range": []}),
        (ValueError, r"'k_range' must be ints .* above 1; got \[1\]", {"k_range": [1]}),
        (ValueError, r"number of different rows \(5\); got 6", {"k_range": [6]}),
        (ValueError, r"'n_boot' must be an int >= 0; got -1", {"n_boot": -1}),
        (TypeError, r"'n_refs' must be an int >= 0; got str", {"n_refs": "20"}),
        (ValueError, r"'max_rows' must be an int >= 10; got 1", {"max_rows": 1}),
        (TypeError, r"'random_state' must be an int", {"random_state": "x"}),
        (ValueError, r"'n_jobs' must be an int in \[1, 1024\]; got 0", {"n_jobs": 0}),
        (TypeError, r"'progress' must be True or False", {"progress": 1}),
    ],
)
def test_arguments_are_checked(error, words, arguments):
    X = [[0, 1], [0, 2], [9, 1], [9, 2], [5, 5], [5, 5]]
    with pytest.raises(error, match=f"choose_k: .*{words}"):
        sp.choose_k(X, **({"k_range": [2, 3]} | arguments))


@pytest.mark.parametrize(
    ("error", "words", "X"),
    [
        (ValueError, "column 'b' of X must be a finite number in every row; got NaN in row 1", "n"),
        (TypeError, "column 'day' of X must be numbers", "d"),
        (TypeError, "column 'name' of X must be numbers", "t"),
        (ValueError, "Found array with 1 sample", [[1.0, 2.0]]),
        (ValueError, "Found array with 0 sample", np.empty((0, 2))),
        (ValueError, "Found array with 0 feature", np.empty((5, 0))),
        (ValueError, r"number of different rows \(1\)", np.ones((5, 2))),
        (ValueError, "Expected 2D array", np.arange(5.0)),
        (ValueError, "Complex data not supported", np.ones((5, 2)) * 1j),
    ],
)
def test_rows_are_checked(error, words, X):
    tables = {
        "n": pd.DataFrame({"a": [1, 2, 3], "b": [1, math.nan, math.inf]}),
        "d": pd.DataFrame({"a": [1, 2, 3], "day": pd.to_datetime(["2011-01-01"] * 3)}),
        "t": pd.DataFrame({"a": [1, 2, 3], "name": list("xyz")}),
    }
    with pytest.raises(error, match=words):
        sp.choose_k(tables[X] if isinstance(X, str) else X, [2])


@pytest.mark.parametrize("rows", [2, 3, 10])
def test_as_many_clusters_as_rows_have_no_gap(rows):
    X = np.random.default_rng(rows).normal(size=(rows, 2))
    found = sp.choose_k(X, range(2, rows + 1))
    assert found.table.loc[rows, ["gap", "gap_se"]].isna().all()
    assert found.table.loc[rows, "inertia"] == 0


def test_a_sample_of_fewer_different_rows_than_k_leaves_the_rest_open():
    X = np.random.default_rng(0).normal(size=(50, 2))
    table = sp.choose_k(X, range(2, 13), max_rows=10).table
    assert table.loc[11:, ["gap", "gap_se", "stability"]].isna().all(axis=None)
    assert table["inertia"].notna().all()


def test_choose_k_says_what_memory_it_needs(monkeypatch):
    def nothing(*_):
        raise MemoryError

    monkeypatch.setattr(_core, "Points", nothing)
    wanted = r"choose_k: 20 rows of 3 columns at 2 .* beside the data, need 0\.0 MB.* sample"
    with pytest.raises(MemoryError, match=wanted):
        sp.choose_k(np.arange(60.0).reshape(20, 3), [2, 3])
