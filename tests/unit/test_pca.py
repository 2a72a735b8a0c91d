"""PCA: what it learns and gives, how far it may be trusted, and what it refuses."""

import os
import pickle
import signal
import threading
import time

import numpy as np
import pandas as pd
import pytest
from sklearn import decomposition
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

import segpy as sp
from oracle.moments import centred, components, covariance
from segpy import _core


def blob(n=300, d=5, seed=0, middle=0.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    mixed = rng.normal(size=(n, d)) @ rng.normal(size=(d, d)) * np.geomspace(3.0, 0.3, d)
    return mixed + middle


@parametrize_with_checks(
    [sp.PCA(), sp.PCA(n_components=1), sp.PCA(whiten=True), sp.PCA(n_components=0.9)]
)
def test_contract_of_scikit_learn(estimator, check):
    check(estimator)


@pytest.mark.parametrize(("n", "d"), [(2, 1), (2, 2), (50, 1), (300, 5), (300, 20), (40, 39)])
def test_components_are_those_of_the_singular_values(n, d):
    X = blob(n, d)
    pca = sp.PCA().fit(X)
    variances, directions = components(X)
    most = min(n, d)
    np.testing.assert_allclose(pca.explained_variance_, variances, atol=1e-12 * variances[0])
    certain = min(most, n - 1)
    np.testing.assert_allclose(pca.components_[:certain], directions[:certain], rtol=0, atol=1e-10)
    assert pca.components_.shape == (most, d)
    assert (pca.n_components_, pca.n_samples_, pca.n_features_in_) == (most, n, d)
    np.testing.assert_allclose(pca.explained_variance_ratio_.sum(), 1.0, rtol=1e-14)
    np.testing.assert_allclose(
        pca.singular_values_, np.sqrt(pca.explained_variance_ * (n - 1)), rtol=1e-15
    )


@pytest.mark.parametrize("whiten", [False, True])
@pytest.mark.parametrize("k", [None, 1, 3, 0.5, 0.95, 0.999999])
@pytest.mark.parametrize(("n", "d"), [(300, 6), (12, 40)])
def test_everything_agrees_with_scikit_learn(n, d, k, whiten):
    X, new = blob(n, d, 1, middle=2.0), blob(25, d, 2, middle=2.0)
    ours = sp.PCA(k, whiten=whiten).fit(X)
    peer = decomposition.PCA(k, whiten=whiten, svd_solver="full").fit(X)
    assert ours.n_components_ == peer.n_components_
    # the last direction of fewer rows than columns has no variance, so no certain place
    sure = min(ours.n_components_, n - 1)
    for name in ("components_", "explained_variance_", "explained_variance_ratio_"):
        found, wanted = getattr(ours, name)[:sure], getattr(peer, name)[:sure]
        np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(ours.mean_, peer.mean_, rtol=1e-13)
    np.testing.assert_allclose(ours.noise_variance_, peer.noise_variance_, rtol=1e-9, atol=1e-13)
    np.testing.assert_allclose(
        ours.transform(new)[:, :sure], peer.transform(new)[:, :sure], rtol=1e-8, atol=1e-10
    )
    np.testing.assert_allclose(
        ours.fit_transform(X)[:, :sure], peer.fit_transform(X)[:, :sure], rtol=1e-8, atol=1e-10
    )
    if sure == ours.n_components_:
        scores = ours.transform(new)
        np.testing.assert_allclose(
            ours.inverse_transform(scores), peer.inverse_transform(scores), rtol=1e-9, atol=1e-11
        )
    assert list(ours.get_feature_names_out()) == list(peer.get_feature_names_out())


@pytest.mark.parametrize("k", [1, 3, None])
def test_the_model_agrees_with_scikit_learn(k):
    X, new = blob(300, 6, 1), blob(25, 6, 2)
    ours = sp.PCA(k).fit(X)
    peer = decomposition.PCA(k, svd_solver="full").fit(X)
    np.testing.assert_allclose(ours.get_covariance(), peer.get_covariance(), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(ours.get_precision(), peer.get_precision(), rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(ours.score_samples(new), peer.score_samples(new), rtol=1e-9)
    np.testing.assert_allclose(ours.score(new), peer.score(new), rtol=1e-10)


def test_whitened_scores_have_variance_one_and_come_back():
    X = blob()
    pca = sp.PCA(whiten=True).fit(X)
    scores = pca.transform(X)
    np.testing.assert_allclose(np.cov(scores.T), np.eye(5), atol=1e-12)
    np.testing.assert_allclose(pca.inverse_transform(scores), X, atol=1e-12)
    np.testing.assert_allclose(pca.get_covariance(), np.cov(X.T), atol=1e-12)


def test_largest_loading_is_positive():
    for n, d in [(100, 7), (5, 9)]:
        found = sp.PCA().fit(blob(n, d)).components_
        assert (found[np.arange(len(found)), np.abs(found).argmax(axis=1)] > 0).all()


def test_a_share_keeps_as_few_as_explain_more():
    X = np.diag([2.0, 1.0, 1.0])
    X = np.vstack([X, -X])
    shares = sp.PCA().fit(X).explained_variance_ratio_
    np.testing.assert_allclose(shares, [4 / 6, 1 / 6, 1 / 6])
    asked = {0.01: 1, 0.66: 1, 0.67: 2, 0.8: 2, 0.84: 3, 0.999: 3}
    assert {s: sp.PCA(s).fit(X).n_components_ for s in asked} == asked
    assert sp.PCA(np.float32(0.8)).fit(X).n_components_ == 2
    assert sp.PCA(np.int8(2)).fit(X).n_components_ == 2


# ------------------------------------------------------------------------------ accuracy and bits


def loss(found: np.ndarray, wanted: np.ndarray) -> float:
    return float(np.abs(found / wanted - 1).max())


@pytest.mark.parametrize("few", [False, True])
def test_a_mean_a_million_times_the_spread_costs_nothing(few):
    """The covariance of scikit-learn's default solver has lost its digits there."""
    rng = np.random.default_rng(3)
    n, d = (15, 30) if few else (20_000, 6)
    X = rng.normal(size=(n, d)) * np.geomspace(1, 2, d) + 1e6 * np.geomspace(1, 2, d)
    sure = min(n - 1, d)
    variances, directions = components(X)
    pca = sp.PCA().fit(X)
    ours = loss(pca.explained_variance_[:sure], variances[:sure])
    assert ours < 1e-12
    np.testing.assert_allclose(pca.components_[:sure], directions[:sure], rtol=0, atol=1e-10)
    scores = np.asarray(centred(X) @ pca.components_.T, np.float64)
    np.testing.assert_allclose(pca.transform(X), scores, rtol=0, atol=1e-13 * np.abs(scores).max())
    if not few:
        peer = decomposition.PCA().fit(X)
        theirs = loss(peer.explained_variance_, variances)
        print(f"relative error of the variances: ours {ours:.1e}, scikit-learn {theirs:.1e}")
        assert theirs > 1e-6


def test_a_drift_costs_nothing():
    X = np.cumsum(np.random.default_rng(4).normal(size=(50_000, 3)), axis=0) + 1e9
    found = sp.PCA().fit(X).get_covariance()
    np.testing.assert_allclose(found, covariance(X), rtol=1e-11)


def bits(state) -> bytes:
    rows, *arrays = state.read()
    return b"".join([str(rows).encode(), *(a.tobytes() for a in arrays)])


@pytest.mark.parametrize("d", [1, 3, 8, 20])
def test_levels_and_threads_give_the_same_bits(d):
    X = blob(40_000, d, middle=7.0)
    seen = set()
    for level in _core.levels():
        for n_threads in (1, 2, 3, 4, 7):
            state = _core.Moments(d)
            state.add(X, n_threads, level, None)
            seen.add(bits(state))
    assert len(seen) == 1


def test_scores_do_not_depend_on_the_batch():
    X = blob(20_000, 11, middle=3.0)
    for options in ({}, {"n_components": 3, "whiten": True}):
        pca = sp.PCA(**options).fit(X)
        whole = pca.transform(X)
        for other in (np.asfortranarray(X), np.repeat(X, 2, axis=1)[:, ::2]):
            np.testing.assert_array_equal(pca.transform(other), whole)
        np.testing.assert_array_equal(
            np.vstack([pca.transform(X[i : i + 1]) for i in range(9)]), whole[:9]
        )
        np.testing.assert_array_equal(
            np.vstack([pca.transform(part) for part in np.split(X, [1, 2, 70, 16_385])]), whole
        )
        mean, k = pca.mean_, pca.n_components_
        arguments = (X, mean, pca.components_, np.zeros(k), np.ones(k), False)
        found = {
            _core.scores(*arguments, n_threads, level).tobytes()
            for level in _core.levels()
            for n_threads in (1, 2, 3, 4, 7)
        }
        assert len(found) == 1
        np.testing.assert_allclose(
            _core.scores(*arguments, 1, ""), (X - mean) @ pca.components_.T, rtol=0, atol=1e-12
        )


def test_layouts_and_dtypes_do_not_matter():
    X = np.round(blob(500, 7) * 8)
    wanted = sp.PCA().fit(X).components_
    spaced = np.zeros((1000, 21))
    spaced[::2, ::3] = X
    layouts = [
        np.asfortranarray(X),
        spaced[::2, ::3],
        X[::-1].copy()[::-1],
        X.astype(">f8"),
        X.tolist(),
        pd.DataFrame(X).to_numpy(),
    ]
    kinds = ["f4", "i2", "i4", "i8", "f2", "longdouble"]
    for other in [*layouts, *(X.astype(kind) for kind in kinds)]:
        np.testing.assert_array_equal(sp.PCA().fit(other).components_, wanted)
    locked = X.copy()
    locked.flags.writeable = False
    np.testing.assert_array_equal(sp.PCA().fit(locked).components_, wanted)
    unsigned = (X - X.min()).astype(np.uint16)
    np.testing.assert_allclose(sp.PCA().fit(unsigned).components_, wanted, atol=1e-12)


def test_nothing_is_changed():
    X = blob()
    before = X.copy()
    for options in ({}, {"copy": False}, {"whiten": True, "copy": False}):
        sp.PCA(**options).fit(X).transform(X)
        sp.PCA(**options).partial_fit(X).fit_transform(X)
    np.testing.assert_array_equal(X, before)


def test_float32_stays_float32_and_is_added_in_float64():
    X = (blob(5000, 4) + 1000).astype(np.float32)
    pca = sp.PCA(2).fit(X)
    assert pca.components_.dtype == np.float64
    np.testing.assert_array_equal(
        pca.explained_variance_, sp.PCA(2).fit(X.astype(np.float64)).explained_variance_
    )
    assert pca.transform(X).dtype == np.float32
    assert pca.inverse_transform(pca.transform(X)).dtype == np.float32
    assert pca.transform(X.astype(np.int64)).dtype == np.float64


def test_several_threads_at_once():
    X = blob(30_000, 6)
    wanted = sp.PCA().fit(X).components_
    found = []
    many = [threading.Thread(target=lambda: found.append(sp.PCA().fit(X))) for _ in range(6)]
    for thread in many:
        thread.start()
    for thread in many:
        thread.join()
    assert len(found) == 6
    for pca in found:
        np.testing.assert_array_equal(pca.components_, wanted)


def test_one_state_may_be_shared_by_threads():
    X = blob(20_000, 4)
    state = _core.Moments(4)
    many = [threading.Thread(target=state.add, args=(X, 2, "", None)) for _ in range(5)]
    for thread in many:
        thread.start()
    for thread in many:
        thread.join()
    assert state.read()[0] == 100_000


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_child_fits_too():
    X = blob(100_000, 8)
    wanted = sp.PCA().fit(X).components_
    child = os.fork()
    if child == 0:
        state = _core.Moments(8)
        state.add(X, 2, "", None)
        os._exit(0 if state.read()[0] == 100_000 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    np.testing.assert_array_equal(sp.PCA().fit(X).components_, wanted)


@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
def test_ctrl_c_is_felt_and_nothing_is_lost():
    X = blob(500, 400)
    pca = sp.PCA(1).fit(X)
    before = pickle.dumps(pca)
    endless = np.broadcast_to(X[0], (50_000_000, 400))  # one row of memory, a minute of work
    felt = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
    start = time.monotonic()
    felt.start()
    with pytest.raises(KeyboardInterrupt):
        pca.partial_fit(endless)
    assert time.monotonic() - start < 5.0
    felt.join()
    assert pickle.dumps(pca) == before
    assert pca.partial_fit(X[:100]).n_samples_ == 600


# ------------------------------------------------------------------------------ partial_fit


@pytest.mark.parametrize("cuts", [[150], [2, 3, 4, 299], [20, 21, 100, 280]])
@pytest.mark.parametrize("middle", [0.0, 1e6])
def test_parts_make_the_whole(cuts, middle):
    X = blob(300, 8, middle=middle)
    whole, parts = sp.PCA(2).fit(X), sp.PCA(2)
    for part in np.split(X, cuts):
        parts.partial_fit(part)
    assert parts.n_samples_ == 300
    for name in ("components_", "explained_variance_", "singular_values_"):
        np.testing.assert_allclose(getattr(parts, name), getattr(whole, name), rtol=1e-12)
    np.testing.assert_allclose(parts.mean_, whole.mean_, rtol=1e-12)
    np.testing.assert_allclose(parts.transform(X), whole.transform(X), rtol=0, atol=1e-10)


def test_partial_fit_goes_on_after_fit_and_after_a_pickle():
    X = blob(300, 5)
    begun = sp.PCA().fit(X[:100])
    carried = pickle.loads(pickle.dumps(begun)).partial_fit(X[100:])
    np.testing.assert_allclose(carried.components_, sp.PCA().fit(X).components_, atol=1e-13)
    assert begun.n_samples_ == 100
    assert begun.fit(X[:50]).n_samples_ == 50
    assert not hasattr(clone(carried), "components_")


def test_the_parts_of_fewer_rows_than_columns():
    X = blob(9, 12)
    parts = sp.PCA(3).partial_fit(X[:4]).partial_fit(X[4:])
    np.testing.assert_allclose(parts.components_, sp.PCA(3).fit(X).components_, atol=1e-12)
    with pytest.raises(ValueError, match=r"PCA: partial_fit must be called after .* 9 rows of 12"):
        sp.PCA(3).fit(X).partial_fit(X)


def test_a_refused_part_changes_nothing():
    X = blob(100, 4)
    pca = sp.PCA().partial_fit(X)
    before = pickle.dumps(pca)
    wrong = X.copy()
    wrong[7, 2] = np.nan
    for part, words in ((wrong, "column 2"), (X[:, :3], "3 features"), (X[:0], "0 sample")):
        with pytest.raises(ValueError, match=words):
            pca.partial_fit(part)
    assert pickle.dumps(pca) == before


# ------------------------------------------------------------------------------ tables, pipelines


def test_tables_give_their_names():
    table = pd.DataFrame(blob(50, 3), columns=["age", "income", "score"], index=range(100, 150))
    pca = sp.PCA(2).set_output(transform="pandas").fit(table)
    assert list(pca.feature_names_in_) == ["age", "income", "score"]
    scores = pca.transform(table)
    assert list(scores.columns) == ["pca0", "pca1"]
    assert scores.index.equals(table.index)
    with pytest.raises(ValueError, match=r"(?s)feature names.*PCA: Pass the columns that fit"):
        pca.transform(table[["income", "age", "score"]])


@pytest.mark.parametrize("library", ["polars", "pyarrow"])
def test_tables_of_other_libraries(library):
    module = pytest.importorskip(library, reason=f"{library} is an optional dependency")
    table = pd.DataFrame(blob(50, 3), columns=["age", "income", "score"])
    if library == "polars":
        other = module.DataFrame({name: table[name].to_numpy() for name in table})
    else:
        other = module.Table.from_pandas(table)
    found = sp.PCA().fit(other)
    np.testing.assert_array_equal(found.components_, sp.PCA().fit(table).components_)
    assert list(found.feature_names_in_) == ["age", "income", "score"]


def test_numbers_of_every_kind_of_column():
    X = np.round(blob(60, 6) * 4)
    table = pd.DataFrame(X, columns=list("abcdef"))
    wanted = sp.PCA().fit(table).components_
    other = table.astype({"a": "Int64", "b": "Float32", "c": "int8", "d": object})
    np.testing.assert_allclose(sp.PCA().fit(other).components_, wanted, atol=1e-12)
    yes = table.assign(a=table["a"] > 0)
    assert sp.PCA().fit(yes).n_components_ == 6


def test_it_works_in_pipelines_and_searches():
    from sklearn.preprocessing import StandardScaler

    X = blob(200, 5)
    search = GridSearchCV(
        make_pipeline(StandardScaler(), sp.PCA()), {"pca__n_components": [1, 2, 4]}, cv=3
    ).fit(X)
    assert search.best_params_["pca__n_components"] in (1, 2, 4)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


@pytest.mark.parametrize("solver", ["auto", "full", "covariance_eigh", "arpack", "randomized"])
def test_solvers_of_scikit_learn_give_the_one_answer(solver):
    X = blob()
    wanted = sp.PCA(2).fit(X)
    found = sp.PCA(2, copy=False, svd_solver=solver, random_state=42).fit(X)
    np.testing.assert_array_equal(found.components_, wanted.components_)


# ------------------------------------------------------------------------------ bad input


@pytest.mark.parametrize(
    ("options", "kind", "words"),
    [
        ({"n_components": 0}, ValueError, r"PCA: 'n_components' must be None, an int .* got 0"),
        ({"n_components": -1}, ValueError, "got -1"),
        ({"n_components": 6}, ValueError, r"an int in \[1, min\(n_samples, n_features\)=5\]; got"),
        ({"n_components": 2.5}, ValueError, "got 2.5. A number of components is an int"),
        ({"n_components": 1.0}, ValueError, "None keeps all"),
        ({"n_components": np.nan}, ValueError, "got nan"),
        ({"n_components": True}, TypeError, "got bool True"),
        ({"n_components": "mle"}, ValueError, "such as 0.95"),
        ({"n_components": [1]}, TypeError, "got list"),
        ({"whiten": 1}, TypeError, "PCA: 'whiten' must be True or False"),
        ({"copy": None}, TypeError, "PCA: 'copy' must be True or False"),
        ({"svd_solver": "lobpcg"}, ValueError, "PCA: 'svd_solver' must be one of 'auto'"),
        ({"svd_solver": None}, TypeError, "'svd_solver'"),
    ],
)
def test_options_that_are_refused(options, kind, words):
    for method in ("fit", "partial_fit"):
        with pytest.raises(kind, match=words):
            getattr(sp.PCA(**options), method)(blob())


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("n", [4, 40])
def test_what_is_not_finite_is_named(value, n):
    table = pd.DataFrame(blob(n, 5), columns=list("abcde"), index=[f"c{i}" for i in range(n)])
    good = sp.PCA().fit(table)
    table.iloc[3, 1] = value
    table.iloc[2, 4] = value
    said = "NaN" if np.isnan(value) else value
    words = rf"PCA: column 'e' of X must be .* got {said} in row 2 \(index 'c2'\)\. Drop"
    for call in (sp.PCA().fit, good.transform, sp.PCA().partial_fit):
        with pytest.raises(ValueError, match=words):
            call(table)
    with pytest.raises(ValueError, match=r"column 4 of X must be .* in row 2\. Drop"):
        sp.PCA().fit(table.to_numpy())


def test_scores_of_what_is_not_finite():
    pca = sp.PCA(1).fit(blob())
    X = blob(9)
    X[4, 0] = np.inf
    with pytest.raises(ValueError, match=r"column 0 of X must be .* row 4"):
        pca.score(X)


@pytest.mark.parametrize(
    ("X", "kind", "words"),
    [
        (np.zeros((0, 3)), ValueError, r"PCA: .* 0 sample\(s\).* Pass one row a customer"),
        (np.ones((1, 3)), ValueError, r"PCA: .* 1 sample\(s\).*minimum of 2.* Pass one row"),
        (np.zeros((5, 0)), ValueError, r"PCA: .* 0 feature\(s\).* Pass one row a customer"),
        ([1.0, 2.0, 3.0], ValueError, r"PCA: Expected 2D array.* Pass one row"),
        (
            np.zeros((3, 3, 3)),
            ValueError,
            r"PCA: Expected 2D array, got 3D array instead\. Pass one row",
        ),
        (5.0, ValueError, r"PCA: .*got scalar array instead\. Pass one row"),
        (None, ValueError, r"PCA: .* Pass one row"),
        (blob(4) + 1j, ValueError, r"PCA: Complex data not supported.* Pass the real and"),
        (
            [["a", "b"], ["c", "d"]],
            TypeError,
            r"PCA: X must be numbers; .* Leave names and ids out",
        ),
        (
            np.array([[1, "a"], [2, "c"]], object),
            TypeError,
            r"column 1 .* 'a' in row 0 .* Leave it out",
        ),
        (np.full((5, 3), 2.5), ValueError, r"rows that are all equal. Drop constant"),
        (np.full((2, 3), 0.1), ValueError, r"rows that are all equal. Drop constant"),
        (blob() * 1e300, ValueError, r"column 0 of X must be of a spread .* Divide"),
        (blob(3, 5) * 1e300, ValueError, r"must be of a spread .* Divide"),
        (blob() * 1e-300, ValueError, r"with a variance above 1e-290; got a variance of"),
        (blob(3, 5) * 1e-300, ValueError, r"Multiply X by a power of ten"),
    ],
)
def test_data_that_are_refused(X, kind, words):
    with pytest.raises(kind, match="(?s)" + words):
        sp.PCA().fit(X)


def test_sparse_rows_are_refused_clearly():
    from scipy import sparse

    with pytest.raises(TypeError, match=r"PCA: .* Sparse input .*: pass X\.toarray"):
        sp.PCA().fit(sparse.eye_array(5, format="csr"))


@pytest.mark.parametrize(
    ("column", "words"),
    [
        (pd.date_range("2020-01-01", periods=8), "Pass the days up to a date"),
        (pd.date_range("2020-01-01", periods=8) - pd.Timestamp("2019-12-01"), "number of days"),
        (list("abcdefgh"), "pass a number for it"),
        (pd.Categorical(list("abababab")), "pass a number for it"),
        (np.array(pd.date_range("2020-01-01", periods=8), object), "Pass the days"),
    ],
)
def test_a_column_of_no_numbers_is_named(column, words):
    table = pd.DataFrame(blob(8, 2), columns=["age", "income"]).assign(seen=column)
    with pytest.raises(TypeError, match=rf"PCA: column 'seen' of X must be numbers; .*{words}"):
        sp.PCA().fit(table)


def test_constant_columns_are_fine_beside_others():
    X = np.column_stack([blob(100, 3), np.full(100, 0.1), np.full(100, 1e300)])
    pca = sp.PCA(whiten=True).fit(X)
    np.testing.assert_allclose(pca.explained_variance_[3:], 0.0, atol=1e-14)
    np.testing.assert_array_equal(pca.mean_[3:], [0.1, 1e300])
    scores = pca.transform(X)
    np.testing.assert_array_equal(scores[:, 3:], 0.0)
    np.testing.assert_allclose(scores[:, :3].std(axis=0, ddof=1), 1.0)
    with pytest.raises(ValueError, match=r"get_precision must be .* got 3 such directions of 5"):
        pca.get_precision()


def test_wide_and_narrow_numbers_that_fit_are_exact():
    X = blob(200, 4)
    for power in (1e140, 1e-140):
        pca = sp.PCA().fit(X * power)
        np.testing.assert_allclose(pca.components_, sp.PCA().fit(X).components_, atol=1e-11)


def test_no_model_of_fewer_rows_than_columns():
    with pytest.raises(ValueError, match="Keep fewer components, so that the rest counts as noise"):
        sp.PCA().fit(blob(5, 9)).score_samples(blob(5, 9))


def test_the_wrong_columns_later_are_refused():
    pca = sp.PCA(2).fit(blob())
    with pytest.raises(ValueError, match=r"4 features, but PCA is expecting 5.*PCA: Pass the col"):
        pca.transform(blob(10, 4))
    with pytest.raises(ValueError, match=r"of shape \(n_samples, n_components_=2\); got \(10, 5\)"):
        pca.inverse_transform(blob(10))
    with pytest.raises(NotFittedError):
        sp.PCA().transform(blob())


def test_no_memory_is_said_before_the_work(monkeypatch):
    wide = np.broadcast_to(np.float64(1), (2, 10_000_000))  # petabytes of products
    with pytest.raises(MemoryError, match=r"PCA: the products of 10000000 columns need .* GB"):
        sp.PCA().partial_fit(wide)

    class Nothing:
        def __new__(cls, *_):
            raise MemoryError

    monkeypatch.setattr(_core, "Moments", Nothing)
    with pytest.raises(MemoryError, match="PCA: the products of 5 columns need"):
        sp.PCA().fit(blob())


def test_scores_refuse_what_does_not_fit():
    X, mean, axes, one = blob(9, 3), np.zeros(3), np.eye(3)[:2], np.ones(2)
    assert _core.scores(X, mean, axes, one, one, True, 1, "").dtype == np.float32
    for wrong in (
        (X[0], mean, axes, one, one),
        (X, mean[:2], axes, one, one),
        (X, mean, axes[:, :2], one, one),
        (X, mean, axes[:1], one, one),
        (X, mean, axes[:, ::-1], one, one),
        (X, mean, axes.astype("f4"), one, one),
        (X, mean, axes, one[:1], one),
        (X, mean, axes, one, one[:1]),
    ):
        with pytest.raises((TypeError, ValueError)):
            _core.scores(*wrong, False, 1, "")


def test_the_state_refuses_what_does_not_fit():
    state = _core.Moments(3)
    with pytest.raises(ValueError, match="3 columns; got 4"):
        state.add(blob(5, 4), 1, "", None)
    with pytest.raises(ValueError, match="3 columns; got 4"):
        state.merge(_core.Moments(4))
    with pytest.raises(ValueError, match="into itself"):
        state.merge(state)
    with pytest.raises(TypeError, match="two-dimensional"):
        state.add([1.0], 1, "", None)
    with pytest.raises(ValueError, match="'base', 'v3' or 'v4'"):
        state.add(blob(5, 3), 1, "v9", None)
    with pytest.raises(ValueError, match="contract"):
        _core.Moments(-1)
    with pytest.raises(MemoryError):
        _core.Moments(2**40)
    rows, pivot, offset, scatter = state.read()
    for wrong in (
        (-1, pivot, offset, scatter),
        (rows, pivot[:2], offset, scatter),
        (rows, pivot, offset, scatter[:2]),
        (rows, pivot, offset, scatter.astype("f4")),
        (rows, pivot, offset, scatter[:, ::-1]),
    ):
        with pytest.raises((TypeError, ValueError)):
            state.load(*wrong)
    state.load(rows, pivot, offset, scatter)
