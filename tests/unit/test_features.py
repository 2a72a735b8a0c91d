"""prepare_features: what is done to each column, what is left out, and what is refused."""

from __future__ import annotations

import datetime
import json
import pickle
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import check_estimator

import segpy as sp
from segpy import _columns


def customers(n: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    return pd.DataFrame(
        {
            "customer_id": rng.permutation(n) + 12_000,
            "recency_days": rng.integers(0, 300, n),
            "monetary": rng.lognormal(4, 1.5, n),
            "balance": rng.normal(0, 100, n),
            "last_order": pd.Timestamp("2011-01-01") + pd.to_timedelta(rng.integers(0, 99, n), "D"),
            "country": rng.choice(["France", "Norway"], n),
        },
        index=pd.Index(rng.permutation(n) + 500, name="customer"),
    )


def z(values):
    values = np.asarray(values, dtype=np.float64)
    return (values - values.mean()) / values.std()


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"log": False},
        {"scale": False},
        {"winsorise": 0.05},
        {"impute": "median"},
        {"impute": 0.0, "winsorise": (0, 0.1)},
        {"log": [0]},
    ],
    ids=str,
)
def test_scikit_learn_finds_no_fault(options):
    done = check_estimator(sp.prepare_features(**options), on_fail=None, on_skip=None)
    failed = {r["check_name"]: repr(r["exception"]) for r in done if r["status"] != "passed"}
    assert not {k: v for k, v in failed.items() if "SkipTest" not in v}
    assert len(done) > 40


def test_numbers_are_logged_and_scaled_and_the_rest_is_named():
    table = customers()
    preparer = sp.prepare_features()
    found = preparer.fit_transform(table)
    used = ["recency_days", "monetary", "balance"]
    assert list(found.columns) == used
    assert found.index.equals(table.index)
    for name in used:
        values = table[name].to_numpy(np.float64)
        expected = z(np.sign(values) * np.log1p(np.abs(values)))
        np.testing.assert_allclose(found[name], expected, rtol=1e-12, atol=1e-14)
    assert preparer.left_out_ == {
        "customer_id": "an id, by its name",
        "last_order": "dates",
        "country": "text",
    }
    done = preparer.columns_
    assert list(done.index) == list(table.columns)
    assert done.index.name == "column"
    assert done["used"].tolist() == [False, True, True, True, False, False]
    assert done["why"]["last_order"] == "dates"
    assert done["log"].tolist() == ["", "log1p", "log1p", "signed log1p", "", ""]
    assert done["mean"]["monetary"] == preparer.mean_[1]
    assert json.loads(json.dumps(preparer.left_out_)) == preparer.left_out_
    assert list(preparer.get_feature_names_out()) == used
    assert list(preparer.feature_names_in_) == used


def test_new_customers_get_the_same_treatment():
    table = customers()
    old, new = table.iloc[:40], table.iloc[40:].assign(monetary=-5.0)
    preparer = sp.prepare_features(winsorise=0.1, impute="median").fit(old)
    learned = preparer.columns_
    found = preparer.transform(new)
    low, mean, scale = learned.loc["monetary", ["low", "mean", "scale"]].astype(float)
    expected = (np.log1p(low) - mean) / scale
    np.testing.assert_allclose(found["monetary"], expected, rtol=1e-12)
    # One customer is treated as in company, with or without the columns that were left out.
    used = list(preparer.feature_names_in_)
    one = preparer.transform(new[used].iloc[[3]])
    assert one.equals(found.iloc[[3]])
    # A few whole numbers that look like ids later are still the feature they were.
    few = new.iloc[:30].assign(recency_days=range(20))
    assert list(preparer.transform(few).columns) == used
    # A name that was given to the groups meanwhile is no number, and not looked at.
    assert preparer.transform(new.assign(group="high income")).equals(found)


def test_winsorising_pulls_in_at_quantiles():
    values = np.append(np.arange(100.0), 1e6)
    table = pd.DataFrame({"x": values / 3})
    found = sp.prepare_features(log=False, scale=False, winsorise=(0.0, 0.05)).fit_transform(table)
    assert found["x"].max() == np.quantile(values / 3, 0.95)
    assert found["x"].min() == 0.0
    both = sp.prepare_features(log=False, scale=False, winsorise=0.1).fit(table)
    np.testing.assert_allclose([both.low_[0], both.high_[0]], np.quantile(table["x"], [0.1, 0.9]))
    assert both.columns_.loc["x", "low"] == both.low_[0]
    no = sp.prepare_features().fit(table).columns_
    assert no[["low", "high", "fill"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("impute", "fill"), [("median", 2.5), ("mean", 27.5), (7, 7.0), (np.float32(0.5), 0.5)]
)
def test_missing_values_become_what_was_learned(impute, fill):
    table = pd.DataFrame({"x": [1.0, np.nan, 2.0, 3.0, 104.0]})
    preparer = sp.prepare_features(log=False, scale=False, impute=impute).fit(table)
    assert preparer.fill_[0] == fill
    assert preparer.transform(table)["x"].tolist() == [1.0, fill, 2.0, 3.0, 104.0]
    assert preparer.transform(pd.DataFrame({"x": [np.nan]}))["x"].tolist() == [fill]
    assert preparer.columns_.loc["x", "missing"] == 1
    scaled = sp.prepare_features(impute=impute).fit_transform(table)["x"]
    assert scaled.mean() == pytest.approx(0, abs=1e-12)
    assert scaled.std(ddof=0) == pytest.approx(1, rel=1e-12)


def test_nullable_arrow_decimal_and_objects_are_numbers():
    table = pd.DataFrame(
        {
            "a": pd.array([1, None, 5], dtype="Int64"),
            "b": pd.array([1.5, None, 5], dtype=pd.ArrowDtype(pa.float64())),
            "c": [Decimal("1.25"), Decimal("2"), Decimal("9")],
            "d": pd.Series([1, 2.5, 9], dtype=object),
        }
    )
    found = sp.prepare_features(log=False, scale=False, impute=3.0).fit_transform(table)
    assert found.to_numpy().tolist() == [[1, 1.5, 1.25, 1], [3, 3, 2, 2.5], [5, 5, 9, 9]]
    assert (found.dtypes == np.float64).all()


@pytest.mark.parametrize("kind", ["polars", "arrow"])
def test_other_tables_give_the_same(kind):
    table = customers().reset_index(drop=True)
    other = pl.from_pandas(table) if kind == "polars" else pa.Table.from_pandas(table)
    preparer = sp.prepare_features()
    expected = preparer.fit_transform(table)
    again = sp.prepare_features().fit(other)
    assert again.transform(other).equals(expected)
    assert preparer.transform(other).equals(expected)
    assert again.inverse_transform(expected).equals(preparer.inverse_transform(expected))


def test_the_way_back():
    table = customers()
    preparer = sp.prepare_features().fit(table)
    back = preparer.inverse_transform(preparer.transform(table))
    for name in preparer.feature_names_in_:
        np.testing.assert_allclose(back[name], table[name], rtol=1e-12, atol=1e-12)
    assert back.index.equals(table.index)
    array = table[list(preparer.feature_names_in_)].to_numpy(np.float64)
    plain = sp.prepare_features().fit(array)
    assert isinstance(plain.inverse_transform(plain.transform(array)), np.ndarray)
    clipped = sp.prepare_features(winsorise=0.2).fit(table)
    back = clipped.inverse_transform(clipped.transform(table))["monetary"]
    expected = table["monetary"].clip(clipped.low_[1], clipped.high_[1])
    np.testing.assert_allclose(back, expected, rtol=1e-12)


def test_centres_of_clusters_come_back_in_money():
    table = customers()[["recency_days", "monetary"]]
    road = make_pipeline(sp.prepare_features(), KMeans(3, n_init=3, random_state=0)).fit(table)
    preparer, means = road
    centres = preparer.inverse_transform(
        pd.DataFrame(means.cluster_centers_, columns=preparer.get_feature_names_out())
    )
    assert centres["monetary"].between(table["monetary"].min(), table["monetary"].max()).all()
    assert len(road.predict(table.iloc[:5])) == 5


def test_clone_pickle_and_output_settings():
    table = customers()
    preparer = sp.prepare_features(log=["monetary"], winsorise=(0.0, 0.1)).fit(table)
    twin = clone(preparer)
    assert twin.get_params() == preparer.get_params()
    with pytest.raises(NotFittedError):
        twin.transform(table)
    again = pickle.loads(pickle.dumps(preparer))
    assert again.transform(table).equals(preparer.transform(table))
    assert again.columns_.equals(preparer.columns_)
    array = table[["monetary"]].to_numpy()
    framed = sp.prepare_features().set_output(transform="pandas").fit_transform(array)
    assert list(framed.columns) == ["x0"]
    polars = sp.prepare_features().set_output(transform="polars").fit_transform(table)
    assert isinstance(polars, pl.DataFrame)
    assert polars.columns == ["recency_days", "monetary", "balance"]


def test_logs_of_some_columns():
    table = customers()
    preparer = sp.prepare_features(log=["monetary"], scale=False).fit(table)
    assert preparer.log_.tolist() == [False, True, False]
    found = preparer.transform(table)
    assert found["recency_days"].tolist() == table["recency_days"].tolist()
    np.testing.assert_allclose(found["monetary"], np.log1p(table["monetary"]), rtol=1e-14)
    array = table[["recency_days", "monetary"]].to_numpy()
    by_place = sp.prepare_features(log=[1], scale=False).fit_transform(array)
    np.testing.assert_array_equal(by_place, found[["recency_days", "monetary"]])


def test_a_column_that_never_changes_becomes_zero_and_comes_back():
    table = pd.DataFrame({"x": [0.1] * 7, "y": np.arange(7) / 3})
    for log in (True, False):
        preparer = sp.prepare_features(log=log).fit(table)
        assert (preparer.transform(table)["x"] == 0.0).all()
        assert preparer.scale_[0] == 1.0
        back = preparer.inverse_transform(preparer.transform(table))["x"]
        np.testing.assert_allclose(back, 0.1, rtol=1e-15)
    one = sp.prepare_features().fit_transform(table.iloc[[0]])
    assert (one == 0.0).all(axis=None)


@pytest.mark.parametrize("unit", [1e300, 1e-300, 1e-20, 1e15])
def test_any_size_of_numbers(unit):
    values = np.array([-3.0, -1.0, 0.5, 7.0])
    found = sp.prepare_features(log=False).fit_transform(values[:, None] * unit)
    np.testing.assert_allclose(found[:, 0], z(values), rtol=1e-12)
    logged = sp.prepare_features().fit_transform(values[:, None] * unit)
    assert np.isfinite(logged).all()


def test_a_mean_far_above_the_spread_costs_no_digits():
    rng = np.random.default_rng(0)
    small = rng.integers(-1000, 1000, 5000) / 1024.0
    found = sp.prepare_features(log=False).fit_transform((small + 2.0**30)[:, None])
    # The mean itself is one double, so that all may lie 2**-23 off; what lies between is exact.
    assert abs(found.mean()) <= 2.0**-22
    np.testing.assert_allclose(found[:, 0] - found[0, 0], z(small) - z(small)[0], atol=1e-12)


def test_the_input_stays_as_it_is():
    table = customers()
    table.loc[table.index[3], "monetary"] = np.nan
    before = table.copy(deep=True)
    preparer = sp.prepare_features(impute="mean", winsorise=0.1).fit(table)
    preparer.transform(table)
    assert table.equals(before)
    array = np.asfortranarray(before[["recency_days", "balance"]].to_numpy(np.float64))
    array.setflags(write=False)
    kept = array.copy()
    preparer = sp.prepare_features(winsorise=0.2).fit(array)
    preparer.inverse_transform(preparer.transform(array))
    assert np.array_equal(array, kept)


# --- what is no measure --------------------------------------------------------------------

N = 40
SOME = np.random.default_rng(1)
LEFT_OUT = {
    "id by name": (pd.Series([1, 1, 2, 2] * 10, name="Member_number"), "an id, by its name"),
    "float id": (pd.Series([17850.0, np.nan] * 20, name="CustomerID"), "an id, by its name"),
    "text id": (pd.Series(["C10001"] * N, name="CUST_ID"), "an id, by its name"),
    "running": (pd.Series(SOME.permutation(N), name="x"), "whole numbers that never repeat"),
    "sparse": (pd.Series(np.arange(N) * 2 + 7, name="x"), "whole numbers that never repeat"),
    "dates": (pd.Series(pd.date_range("2011", periods=N), name="x"), "dates"),
    "zoned": (pd.Series(pd.date_range("2011", periods=N, tz="UTC"), name="x"), "dates"),
    "days": (pd.Series([datetime.date(2011, 1, 2)] * N, name="x"), "dates"),
    "periods": (pd.Series(pd.period_range("2011", periods=N, freq="M"), name="x"), "dates"),
    "date text": (pd.Series(["2011-12-09", "2011-12-10 12:50"] * 20, name="x"), "dates written"),
    "date number": (pd.Series([20111209, 20111210] * 20, name="order_date"), "dates written"),
    "durations": (pd.Series(pd.to_timedelta(range(N), "D"), name="x"), "durations"),
    "yes": (pd.Series([True, False] * 20, name="x"), "yes or no"),
    "maybe": (pd.Series([True, None] * 20, name="x", dtype="boolean"), "yes or no"),
    "objects": (pd.Series([True, None] * 20, name="x", dtype=object), "yes or no"),
    "categories": (pd.Series([1, 2] * 20, name="x", dtype="category"), "categories"),
    "number text": (pd.Series(["1.5", "2"] * 20, name="x"), "numbers written as text"),
    "text": (pd.Series(["a", None] * 20, name="x"), "text"),
    "lists": (pd.Series([[1], [2]] * 20, name="x"), "neither numbers nor text"),
    "nothing": (pd.Series([None] * N, name="x", dtype=object), "no values"),
    "complex": (pd.Series([1j] * N, name="x"), "complex numbers"),
}


@pytest.mark.parametrize("case", LEFT_OUT)
def test_what_is_no_measure_is_left_out(case):
    column, why = LEFT_OUT[case]
    table = pd.DataFrame({column.name: column, "spent": np.linspace(0, 1, N)})
    preparer = sp.prepare_features().fit(table)
    assert list(preparer.left_out_) == [column.name]
    assert preparer.left_out_[column.name].startswith(why)
    assert list(preparer.transform(table).columns) == ["spent"]


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([3, 1, 2, 5], name="visits"),
        pd.Series(np.arange(N) / 7, name="height"),
        pd.Series(SOME.integers(0, 100, N), name="score"),
        pd.Series(np.arange(12) * 1000, name="months"),
        pd.Series([1975, 1980] * 20, name="Year_Birth"),
        pd.Series(SOME.choice(10**6, N, replace=False), name="cents"),
        pd.Series([5, 6] * 20, name="days_since_update"),
        pd.Series([5, 6] * 20, name="number_of_orders"),
        pd.Series([5.5, 6] * 20, name="bid"),
        pd.Series([5, 6] * 20, name=7),
    ],
    ids=lambda c: str(c.name),
)
def test_what_is_a_measure(column):
    assert _columns.why_left_out(column) == ""


# --- bad input -----------------------------------------------------------------------------


def bad(name, value):
    table = customers()[["recency_days", "monetary"]].astype(object)
    table.iloc[2, 1] = value
    return table.astype(np.float64).rename(columns={"monetary": name})


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"scale": 1}, TypeError, "'scale' must be True or False; got int 1"),
        ({"log": "monetary"}, TypeError, "'log' must be True, False or a list of columns"),
        ({"log": ["profit"]}, ValueError, "a list of used columns: .*'balance'.*; got 'profit'"),
        ({"log": 1}, TypeError, "'log' must be"),
        ({"winsorise": 0.5}, ValueError, r"'winsorise' must be a share in \[0, 0.5\).*; got 0.5"),
        ({"winsorise": 5}, ValueError, "0.01 is 1 % at each end"),
        ({"winsorise": -0.1}, ValueError, "'winsorise'"),
        ({"winsorise": np.nan}, ValueError, "'winsorise'"),
        ({"winsorise": True}, TypeError, "'winsorise'"),
        ({"winsorise": "1%"}, TypeError, "'winsorise'"),
        ({"winsorise": (0.1, 0.1, 0.1)}, ValueError, "'winsorise'"),
        ({"impute": "mode"}, ValueError, "'impute' must be 'median', 'mean', a number or None"),
        ({"impute": True}, TypeError, "'impute'"),
        ({"impute": np.inf}, ValueError, "'impute' must be finite"),
        ({"impute": [1]}, TypeError, "'impute'"),
    ],
    ids=str,
)
def test_bad_options(options, error, said):
    with pytest.raises(error, match=f"^prepare_features: .*{said}"):
        sp.prepare_features(**options).fit(customers())


@pytest.mark.parametrize(
    ("table", "error", "said"),
    [
        (bad("spent", np.nan), ValueError, r"column 'spent' must be .*; got NaN in row 2 \(index"),
        (bad("spent", np.inf), ValueError, "column 'spent' must be .*; got inf in row 2"),
        (bad("spent", 1.7e308), ValueError, "below 2.*; got 1.7e.308 in row 2"),
        (customers()[["country"]], ValueError, "of at least one numeric column; got 1 columns"),
        (customers()[[]], ValueError, "of at least one numeric column; got 0 columns"),
        (customers().iloc[:0], ValueError, "of at least one row; got no rows"),
        (
            pd.concat([customers(), customers()], axis=1),
            ValueError,
            "column names must be there once each",
        ),
    ],
)
def test_bad_tables(table, error, said):
    with pytest.raises(error, match=f"^prepare_features: .*{said}"):
        sp.prepare_features().fit(table)


def test_infinity_is_never_filled():
    with pytest.raises(ValueError, match=r"column 'spent' must be .*; got -inf in row 2"):
        sp.prepare_features(impute=0).fit(bad("spent", -np.inf))


def test_a_column_of_nothing_has_no_median():
    table = customers().assign(balance=np.nan)
    with pytest.raises(ValueError, match="'balance' must be known in at least one row to have a"):
        sp.prepare_features(impute="median").fit(table)
    found = sp.prepare_features(impute=2).fit_transform(table)
    assert (found["balance"] == 0.0).all()


def test_columns_of_several_levels_keep_them():
    table = customers()[["recency_days", "monetary"]]
    plain = sp.prepare_features().fit_transform(table)
    table.columns = pd.MultiIndex.from_tuples([("rfm", "recency"), ("rfm", "monetary")])
    preparer = sp.prepare_features()
    found = preparer.fit_transform(table)
    assert found.columns.equals(table.columns)
    np.testing.assert_array_equal(found, plain)
    assert preparer.columns_.index.tolist() == list(table.columns)


def test_other_columns_at_transform():
    table = customers()
    preparer = sp.prepare_features().fit(table)
    with pytest.raises(ValueError, match="missing:\n- monetary"):
        preparer.transform(table.drop(columns="monetary"))
    with pytest.raises(ValueError, match="unseen at fit time:\n- age"):
        preparer.transform(table.assign(age=[30, 31] * 30))
    with pytest.raises(ValueError, match="order"):
        preparer.transform(table[table.columns[::-1]])
    with pytest.raises(TypeError, match="column 'monetary' must be numbers"):
        preparer.transform(table.assign(monetary="much"))
    plain = sp.prepare_features().fit(np.ones((4, 3)))
    with pytest.raises(ValueError, match=r"has 2 features, but .* 3"):
        plain.inverse_transform(np.zeros((4, 2)))
