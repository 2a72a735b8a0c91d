"""One list of bad input, and every function that takes a matrix: who, which column, what to do."""

from __future__ import annotations

import datetime
import decimal
import os
import signal
import sys
import threading
import time

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import scipy.sparse

import segpy as sp

GOOD = np.random.default_rng(0).normal(size=(20, 3))
NAMES = ["income", "score", "age"]
TABLE = pd.DataFrame(GOOD, columns=NAMES, index=[f"c{i}" for i in range(20)])
LABELS = np.arange(20) % 3


def labelled(function):
    return lambda X: function(X, LABELS[: len(X)] if isinstance(X, np.ndarray) else LABELS)


# Who speaks, and a call that takes a matrix.
FACES = {
    "KMeans": lambda X: sp.KMeans(2).fit(X),
    "KMeans of an init": lambda X: sp.KMeans(2, init="random", n_init=2).fit(X),
    "KMeans.partial_fit": lambda X: sp.KMeans(2).partial_fit(X),
    "KMeans.predict": lambda X: known(sp.KMeans(2), X).predict(X),
    "KMeans.transform": lambda X: known(sp.KMeans(2), X).transform(X),
    "KMeans.score": lambda X: known(sp.KMeans(2), X).score(X),
    "choose_k": lambda X: sp.choose_k(X, [2, 3], n_boot=2, n_refs=2),
    "PCA": lambda X: sp.PCA().fit(X),
    "PCA.partial_fit": lambda X: sp.PCA().partial_fit(X),
    "PCA.transform": lambda X: known(sp.PCA(), X).transform(X),
    "PCA.score": lambda X: known(sp.PCA(2), X).score(X),
    "silhouette_samples": labelled(sp.silhouette_samples),
    "silhouette_score": labelled(sp.silhouette_score),
    "calinski_harabasz_score": labelled(sp.calinski_harabasz_score),
    "davies_bouldin_score": labelled(sp.davies_bouldin_score),
    "plot_silhouette": labelled(sp.plot_silhouette),
    "plot_clusters": labelled(sp.plot_clusters),
    "prepare_features": lambda X: sp.prepare_features(log=False).fit(X),
    "prepare_features.transform": lambda X: known(sp.prepare_features(log=False), X).transform(X),
}


@pytest.fixture(autouse=True)
def no_figure_stays():
    yield
    plt.close("all")


MATRIX = pytest.mark.parametrize("face", FACES)
# A table may hold anything for prepare_features, which leaves out what is no number.
STRICT = pytest.mark.parametrize("face", [f for f in FACES if not f.startswith("prepare")])


def known(model, X):
    """Fit on good rows with names where X has some."""
    return model.fit(TABLE if isinstance(X, pd.DataFrame) else GOOD)


def who(face):
    return face.partition(" ")[0].partition(".")[0]


@MATRIX
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_names_column_and_first_row(face, value):
    X = GOOD.copy()
    X[7, 1] = X[9, 2] = value
    said = "NaN" if np.isnan(value) else str(value)
    with pytest.raises(
        ValueError, match=rf"^{who(face)}: column 1 .*finite.* {said} in row 7.*\. "
    ):
        FACES[face](X)
    table = pd.DataFrame(X, columns=NAMES, index=TABLE.index)
    with pytest.raises(ValueError, match=rf"^{who(face)}: column 'score' .* row 7 \(index 'c7'\)"):
        FACES[face](table)
    with pytest.raises(ValueError, match=rf"^{who(face)}: column 'score' .* in row 7"):
        FACES[face](table.astype({"score": "Float64"}))


@MATRIX
def test_a_masked_cell_is_missing(face):
    X = np.ma.masked_array(GOOD, mask=np.zeros(GOOD.shape, bool))
    FACES[face](X)
    X[7, 1] = np.ma.masked
    with pytest.raises(ValueError, match=rf"^{who(face)}: column 1 .* NaN in row 7"):
        FACES[face](X)


@MATRIX
@pytest.mark.parametrize(
    ("X", "said"),
    [
        (GOOD[:0], r"0 sample\(s\) .* Pass one row a customer"),
        (GOOD[:, :0], r"0 feature\(s\) .* one column a measure"),
        (GOOD[0], "Expected 2D array, got 1D array instead.* Reshape your data"),
        (np.zeros((2, 2, 2)), "Expected 2D array, got 3D array instead"),
        (5.0, "Expected 2D array, got scalar array instead"),
        ({"a": [1, 2]}, "got scalar array instead.* X must be a table or an array; got dict"),
        (None, "Expected 2D array"),
        ("income", "Expected 2D array"),
        ([[1.0], [2.0, 3.0]], "X must be rows of equal length"),
        (GOOD + 1j, "Complex data not supported; got complex128. Pass the real and"),
    ],
)
def test_shapes_and_kinds_that_are_refused(face, X, said):
    with pytest.raises(ValueError, match=rf"^{who(face)}: {said}|^{who(face)}: .*{said}"):
        FACES[face](X)


@MATRIX
@pytest.mark.parametrize(
    ("X", "said"),
    [
        (scipy.sparse.csr_matrix(GOOD), r"sparse data \(csr_matrix\).* pass X\.toarray\(\)"),
        (scipy.sparse.coo_array(GOOD), r"sparse data \(coo_array\)"),
        (GOOD.astype(str), "X must be numbers; got an array of <U"),
        (GOOD.astype("datetime64[D]"), "X must be numbers; .* Pass the days up to a date"),
        (GOOD.astype("timedelta64[D]"), "X must be numbers"),
        ([[1.0, "a"]] * 20, "X must be numbers; got an array of <U"),
        (
            np.array([[1.0, "a"]] * 20, object),
            "column 1 of X must be numbers; got str 'a' in row 0",
        ),
        (
            np.array([[2.0, "1"]] * 20, object),
            "column 1 of X must be numbers; got str '1' in row 0",
        ),
        (np.array([[{}, 1.0]] * 20, object), "column 0 of X must be numbers; got dict"),
    ],
)
def test_what_holds_no_numbers_is_refused(face, X, said):
    with pytest.raises(TypeError, match=f"^{who(face)}: .*{said}"):
        FACES[face](X)


@STRICT
@pytest.mark.parametrize(
    ("column", "said"),
    [
        (list("ab") * 10, "Leave it out, or pass a number for it"),
        (pd.Categorical(list("ab") * 10), "Leave it out, or pass a number for it"),
        (pd.date_range("2011-12-09", periods=20), "Pass the days up to a date"),
        (pd.date_range("2011-12-09", periods=20, tz="Europe/London"), "Pass the days up to a date"),
        (pd.period_range("2011-12", periods=20, freq="M"), "Pass the days up to a date"),
        ([datetime.date(2011, 12, 9)] * 20, "got dates .*Pass the days up to a date"),
        (pd.to_timedelta(np.arange(20), "D"), "Pass the number of days"),
        ([{}] * 20, "Leave it out, or pass a number for it"),
        (["1.5"] * 20, "Leave it out, or pass a number for it"),
    ],
)
def test_a_column_of_no_numbers_is_named(face, column, said):
    table = TABLE[["income", "age"]].assign(score=column)[NAMES]
    with pytest.raises(TypeError, match=f"^{who(face)}: column 'score' of X must be.* {said}"):
        FACES[face](table)


@STRICT
def test_complex_and_sparse_columns_are_refused(face):
    with pytest.raises(ValueError, match=f"^{who(face)}: Complex data not supported; column 'age'"):
        FACES[face](TABLE.assign(age=TABLE["age"] + 1j))
    sparse = TABLE.assign(age=pd.arrays.SparseArray(TABLE["age"]))
    with pytest.raises(TypeError, match=rf"^{who(face)}: .*column 'age'.*X\.sparse\.to_dense\(\)"):
        FACES[face](sparse)


@MATRIX
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_numbers_of_every_kind_are_taken(face):
    for kind in ("float32", "float16", "longdouble", "int8", "uint64", ">f8", ">i4", "object"):
        FACES[face]((np.round(GOOD * 20) if "u" not in kind else np.abs(GOOD * 20)).astype(kind))
    FACES[face](GOOD[::-1, ::-1])
    FACES[face](np.asfortranarray(GOOD))
    frozen = GOOD.copy()
    frozen.flags.writeable = False
    FACES[face](frozen)
    tens = [decimal.Decimal(f"{value:.3f}") for value in GOOD[:, 1]]
    for column in (
        pd.array(np.arange(20), "Int64"),
        pd.array(GOOD[:, 1], "Float64"),
        pd.array(np.arange(20) % 3 == 1, "boolean"),
        np.arange(20) % 3 == 1,
        pd.Series(tens, dtype=object).to_numpy(),
        np.arange(20, dtype=np.uint8),
    ):
        kind = getattr(column, "dtype", None)
        if face.startswith("prepare") and pd.api.types.is_bool_dtype(kind):
            continue  # yes and no is left out there, and named
        FACES[face](TABLE.assign(score=column))
        plt.close("all")


@MATRIX
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("power", [1e300, 1e-300])
def test_very_large_and_very_small_numbers_are_exact_or_refused(face, power):
    try:
        FACES[face](GOOD * power)
    except ValueError as error:
        said = str(error)
        assert who(face) == "PCA", said  # squares that no float64 holds
        assert "power of ten" in said
    else:
        if face in ("KMeans", "KMeans of an init"):
            one = sp.KMeans(3).fit(GOOD)
            other = sp.KMeans(3).fit(GOOD * power)
            assert (one.labels_ == other.labels_).all()


@MATRIX
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_constant_columns_are_fine_beside_others(face):
    X = np.column_stack([GOOD[:, 0], np.full(20, 7.0), GOOD[:, 1]])
    FACES[face](X)


@pytest.mark.parametrize("face", ["KMeans", "KMeans.predict", "prepare_features"])
def test_one_row(face):
    if face == "KMeans":
        assert sp.KMeans(1).fit(GOOD[:1]).labels_.tolist() == [0]
    else:
        FACES[face](GOOD[:1])


@pytest.mark.parametrize("face", [f for f in FACES if "silhouette" in f or "_score" in f])
def test_one_row_has_no_index(face):
    with pytest.raises(ValueError, match=f"^{who(face)}: Number of labels is 1"):
        FACES[face](GOOD[:1])


def test_one_row_has_no_components():
    with pytest.raises(ValueError, match=r"^PCA: .*1 sample\(s\).* minimum of 2 is required"):
        sp.PCA().fit(GOOD[:1])


def test_all_rows_equal():
    flat = np.full((6, 2), 3.0)
    with pytest.warns(UserWarning, match="distinct rows"):
        assert sp.KMeans(2).fit(flat).inertia_ == 0.0
    with pytest.raises(ValueError, match="PCA: X must be different rows"):
        sp.PCA().fit(flat)
    assert (sp.prepare_features().fit_transform(flat) == 0.0).all()
    assert sp.silhouette_score(flat, [0, 0, 0, 1, 1, 1]) == 0.0


@pytest.mark.parametrize("face", [f for f in FACES if "." in f and "partial" not in f])
def test_other_columns_than_at_fit_are_refused(face):
    name = who(face)
    model = {"KMeans": sp.KMeans(2), "PCA": sp.PCA(), "prepare_features": sp.prepare_features()}
    fitted = model[name].fit(GOOD)
    call = getattr(fitted, face.partition(".")[2])
    with pytest.raises(ValueError, match=rf"2 features.* {name}: Pass the columns that fit saw"):
        call(GOOD[:, :2])
    fitted.fit(TABLE)
    with pytest.raises(ValueError, match=rf"(?s)feature names.* {name}: Pass the columns that fit"):
        call(TABLE[["score", "age", "income"]])
    with pytest.raises(ValueError, match=rf"(?s)feature names.* {name}: Pass the columns that fit"):
        call(TABLE.rename(columns={"age": "years"}))


@pytest.mark.parametrize(
    ("options", "weights", "error", "said"),
    [
        ({"n_clusters": 0}, None, ValueError, r"'n_clusters' must be an int >= 1; got 0"),
        ({"n_clusters": 2.5}, None, TypeError, r"'n_clusters' must be .* got float 2.5"),
        ({"n_clusters": True}, None, TypeError, r"'n_clusters' must be .* got bool True"),
        ({"n_clusters": 21}, None, ValueError, r"\(n_samples=20\); got 21. Ask for fewer"),
        ({"init": GOOD[:3]}, None, ValueError, r"'init' must be of shape \(2, 3\).* \(3, 3\)"),
        ({"init": GOOD[:2] * np.nan}, None, ValueError, "'init' must be finite"),
        ({"init": [["a", "b", "c"]] * 2}, None, TypeError, "'init' must be"),
        ({"n_jobs": 0}, None, ValueError, "'n_jobs' must be"),
        ({"n_jobs": 1.5}, None, TypeError, "'n_jobs' must be"),
        ({}, [1.0] * 19 + [-1.0], ValueError, "'sample_weight' must be .* -1.0 in row 19"),
        ({}, [np.nan] + [1.0] * 19, ValueError, "'sample_weight' must be .* nan in row 0"),
        ({}, [np.inf] + [1.0] * 19, ValueError, "'sample_weight' must be .* inf in row 0"),
        ({}, [0.0] * 20, ValueError, "all sample weights are zero"),
        ({}, [1.0] * 19, ValueError, r"shape \(20,\); got shape \(19,\)"),
        ({}, ["a"] * 20, TypeError, "'sample_weight' must be numbers"),
    ],
)
def test_what_kmeans_is_asked(options, weights, error, said):
    for method in ("fit", "fit_predict", "partial_fit"):
        with pytest.raises(error, match=f"^KMeans: {said}|^KMeans: .*{said}"):
            getattr(sp.KMeans(**{"n_clusters": 2, **options}), method)(GOOD, sample_weight=weights)


def test_more_threads_than_cores_change_nothing():
    one = sp.KMeans(3, n_jobs=1).fit(GOOD)
    many = sp.KMeans(3, n_jobs=64).fit(GOOD)
    assert one.cluster_centers_.tobytes() == many.cluster_centers_.tobytes()
    for score in (sp.silhouette_score, sp.calinski_harabasz_score, sp.davies_bouldin_score):
        assert score(GOOD, LABELS, n_jobs=1) == score(GOOD, LABELS, n_jobs=64)


def test_memory_that_is_not_there_is_said_before_the_work():
    wide = np.broadcast_to(np.float64(1.0), (2**43, 2))  # a row of labels each: terabytes
    with pytest.raises(
        MemoryError, match=r"^KMeans: 8,796,093,022,208 rows .* need .* GB.* sample"
    ):
        sp.KMeans(2).fit(wide)
    with pytest.raises(MemoryError, match=r"^PCA: the products of 10000000 columns need .* GB"):
        sp.PCA().partial_fit(np.broadcast_to(np.float64(1.0), (2, 10_000_000)))


def test_more_rows_than_numbers_of_32_bits():
    """Refused before a row is looked at; the labels alone are asked for, and not written."""
    many = np.broadcast_to(np.float64(1.0), (2**31 - 31, 2))
    for work in (sp.KMeans(2).fit, sp.choose_k):
        with pytest.raises((ValueError, MemoryError)) as raised:
            work(many)
        if raised.type is ValueError:
            assert "X must be of at most 2**31 - 32 = 2,147,483,616 rows" in str(raised.value)
        else:
            assert "2,147,483,617 rows of 2 columns" in str(raised.value)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no os.kill(SIGINT) to a process")
@pytest.mark.parametrize("wait", [0.3, 1.5])  # in the fits of all rows, and in the resamples
def test_ctrl_c_inside_choose_k_is_felt_and_leaves_all_usable(wait):
    rows = np.random.default_rng(1).normal(size=(60_000, 6))
    sent = []

    def interrupt():
        sent.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(wait, interrupt)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        sp.choose_k(rows, range(2, 30), n_boot=500)
    late = time.monotonic() - sent[0]
    timer.join()
    assert late < 0.2
    before = rows[:200].tobytes()
    assert sp.choose_k(rows[:200], range(2, 4), n_boot=2, n_refs=2).suggested_k in (2, 3)
    assert rows[:200].tobytes() == before


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"log": "income"}, TypeError, "'log' must be True, False or a list of columns"),
        ({"log": ["size"]}, ValueError, "'log' must be .* got 'size'"),
        ({"scale": 1}, TypeError, "'scale' must be True or False"),
        ({"winsorise": 0.5}, ValueError, r"'winsorise' must be a share in \[0, 0.5\)"),
        ({"winsorise": True}, TypeError, "'winsorise' must be"),
        ({"winsorise": (0.1, 0.2, 0.3)}, ValueError, "'winsorise' must be"),
        ({"impute": "mode"}, ValueError, "'impute' must be 'median', 'mean', a number or None"),
        ({"impute": np.inf}, ValueError, "'impute' must be finite"),
        ({"impute": True}, TypeError, "'impute' must be"),
    ],
)
def test_what_prepare_features_is_asked(options, error, said):
    with pytest.raises(error, match=f"^prepare_features: {said}"):
        sp.prepare_features(**options).fit(TABLE)


def test_prepare_features_fills_what_is_missing_but_not_what_is_infinite():
    X = GOOD.copy()
    X[7, 1] = np.nan
    assert np.isfinite(sp.prepare_features(impute="median").fit_transform(X)).all()
    X[9, 0] = np.inf
    with pytest.raises(ValueError, match=r"^prepare_features: column 0 .* inf in row 9"):
        sp.prepare_features(impute="median").fit(X)


def test_a_table_without_measures_says_what_its_columns_are():
    table = pd.DataFrame({"CustomerID": [1, 2], "city": ["a", "b"]})
    with pytest.raises(ValueError, match=r"at least one numeric column.*an id, by its name.*text"):
        sp.prepare_features().fit(table)
    with pytest.raises(ValueError, match="of at least one row"):
        sp.prepare_features().fit(TABLE[:0])
