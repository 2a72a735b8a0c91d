"""Made order lines hold what they promise; fetched files are the right ones or an error."""

from __future__ import annotations

import gzip
import hashlib
import http.server
import threading
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import segpy as sp
from segpy import datasets

COLUMNS = [
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
]


@pytest.fixture(scope="module")
def made() -> tuple[pd.DataFrame, pd.Series]:
    return datasets.make_transactions(2000, random_state=0, return_segments=True)


# ------------------------------------------------------------------------------ made order lines


def test_columns_and_types_are_those_of_a_raw_export(made):
    table = made[0]
    assert list(table.columns) == COLUMNS
    assert table["Quantity"].dtype == np.int64
    assert table["UnitPrice"].dtype == np.float64
    assert table["InvoiceDate"].dtype.kind == "M"
    assert str(table["CustomerID"].dtype) == "Int64"
    assert table.index.equals(pd.RangeIndex(len(table)))
    assert table["InvoiceDate"].is_monotonic_increasing
    assert table.attrs == {}


def test_the_default_table_is_the_same_everywhere(made):
    # Pinned: the floor and the newest versions of the dependencies must make the same table.
    table = made[0]
    assert len(table) == 62_477
    assert int(table["Quantity"].sum()) == 2_111_452
    assert table["InvoiceNo"].nunique() == 14_477


def test_planted_segments_have_exact_shares_and_every_customer_once(made):
    table, planted = made
    assert planted.index.name == "customer"
    assert planted.name == "segment"
    assert planted.index.is_monotonic_increasing
    assert planted.value_counts().to_dict() == {
        "Champions": 400,
        "Loyal": 320,
        "Potential Loyalist": 240,
        "New Customers": 240,
        "At Risk": 80,
        "Hibernating": 320,
        "Lost": 400,
    }
    assert set(table["CustomerID"].dropna()) == set(planted.index)


def test_shares_round_by_largest_remainder():
    for n in (1, 2, 7, 33, 101):
        planted = datasets.make_transactions(n, return_segments=True)[1]
        counts = planted.value_counts()
        assert counts.sum() == n
        for name in {plant.name for plant in datasets._PLANTS}:
            kinds = [plant.share for plant in datasets._PLANTS if plant.name == name]
            assert abs(counts.get(name, 0) - sum(kinds) * n) < len(kinds)


def test_planted_customers_behave_as_their_segment_says(made):
    table, planted = made
    bought = table[table["CustomerID"].notna() & (table["Quantity"] > 0)]
    of = bought.groupby("CustomerID")
    orders = of["InvoiceNo"].nunique().reindex(planted.index)
    last_day = table["InvoiceDate"].dt.normalize().max()
    gone = (last_day - of["InvoiceDate"].max().dt.normalize()).dt.days.reindex(planted.index)
    for name in planted.unique():
        kinds = [plant for plant in datasets._PLANTS if plant.name == name]
        mine = planted == name
        assert orders[mine].min() >= min(kind.orders[0] for kind in kinds)
        assert orders[mine].max() <= max(kind.orders[1] for kind in kinds)
        assert gone[mine].min() >= min(kind.days[0] for kind in kinds)
        # A closed day moves an order by one.
        assert gone[mine].max() <= max(kind.days[1] for kind in kinds) + 1
    money = (bought["Quantity"] * bought["UnitPrice"]).groupby(bought["CustomerID"]).sum()
    middle = money.reindex(planted.index).groupby(planted).median()
    assert middle["Champions"] > middle["Loyal"] > middle["Potential Loyalist"] > middle["Lost"]


def test_the_dirt_is_there(made):
    table = made[0]
    back = table["InvoiceNo"].str.startswith("C")
    assert (table.loc[back, "Quantity"] < 0).all()
    assert table.loc[back, "CustomerID"].notna().all()
    assert 0.01 < back.mean() < 0.04
    assert 0.005 < table.duplicated().mean() < 0.03
    assert 0.05 < table["CustomerID"].isna().mean() < 0.2
    assert {"POST", "M"} <= set(table["StockCode"])
    free = table["UnitPrice"] == 0
    assert free.any()
    assert table.loc[free, ["Description", "CustomerID"]].isna().all(axis=None)
    assert not table.loc[~free, "Description"].isna().any()


def test_most_returns_have_an_earlier_purchase_and_some_have_none(made):
    table = made[0]
    known = table[table["CustomerID"].notna()]
    back = known[known["InvoiceNo"].str.startswith("C")]
    keys = ["CustomerID", "StockCode"]
    bought = known[known["Quantity"] > 0].groupby(keys)["InvoiceDate"].min().rename("bought")
    joined = back.join(bought, on=keys)
    matched = joined["bought"] <= joined["InvoiceDate"]
    assert 0.85 < matched.mean() < 1


def test_season_weekdays_and_one_customer_an_order(made):
    table = made[0]
    sold = table[table["Quantity"] > 0]
    assert not (table["InvoiceDate"].dt.day_name() == "Saturday").any()
    orders = sold.groupby(sold["InvoiceDate"].dt.strftime("%Y-%m"))["InvoiceNo"].nunique()
    assert orders["2024-11"] > 1.5 * orders["2025-01"]
    assert orders["2024-11"] > 1.5 * orders["2025-02"]
    per_order = table.groupby("InvoiceNo")
    assert (per_order["CustomerID"].nunique() <= 1).all()
    assert (per_order["InvoiceDate"].nunique() == 1).all()


def test_same_seed_same_table_and_generator_moves_on(made):
    assert (made[0]["UnitPrice"].round(2) == made[0]["UnitPrice"]).all()
    again = datasets.make_transactions(2000)
    pd.testing.assert_frame_equal(made[0], again)
    pd.testing.assert_frame_equal(made[0], datasets.make_transactions(random_state=np.int64(0)))
    rng = np.random.default_rng(5)
    first, second = (datasets.make_transactions(50, random_state=rng) for _ in range(2))
    assert not first.equals(second)
    pd.testing.assert_frame_equal(
        first, datasets.make_transactions(50, random_state=np.random.default_rng(5))
    )
    free = [datasets.make_transactions(50, random_state=None) for _ in range(2)]
    assert not free[0].equals(free[1])


@pytest.mark.parametrize("n", [1, 2, 5])
def test_few_customers_are_enough(n):
    table, planted = datasets.make_transactions(n, return_segments=True)
    assert len(planted) == n
    assert table["CustomerID"].nunique() == n


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"n_customers": 0}, ValueError, r"'n_customers' must be an int >= 1; got 0\."),
        ({"n_customers": 2.5}, TypeError, r"'n_customers' must be an int >= 1; got float 2\.5\."),
        ({"n_customers": True}, TypeError, r"'n_customers' must be an int"),
        ({"random_state": -1}, ValueError, r"'random_state' must be an int >= 0; got -1\."),
        ({"random_state": "a"}, TypeError, r"'random_state' must be .* got str 'a'\."),
        ({"random_state": True}, TypeError, r"'random_state' must be"),
    ],
)
def test_bad_arguments_say_what_is_allowed(arguments, error, words):
    with pytest.raises(error, match="make_transactions: " + words):
        datasets.make_transactions(**arguments)


# ------------------------------------------------------------------------------ public data sets

TEXT = b"CustomerID,Gender,Age,Annual Income (k$),Spending Score (1-100)\n1,Male,19,15,39\n"


@pytest.fixture
def pinned(monkeypatch, tmp_path) -> Path:
    """Point the fetcher at a small file of our own and at an empty cache; give the folder."""
    folder = tmp_path / "away"
    folder.mkdir()
    (folder / "mall.csv").write_bytes(TEXT)
    source = datasets._Source(
        "Mall_Customers.csv",
        (folder / "mall.csv").as_uri(),
        "shop next door",
        hashlib.sha256(TEXT).hexdigest(),
    )
    monkeypatch.setitem(datasets._SOURCES, "fetch_mall_customers", source)
    monkeypatch.delenv("SEGPY_DATA", raising=False)
    monkeypatch.setattr(datasets, "_cache_folder", lambda: tmp_path / "cache" / "segpy")
    return folder


def test_a_file_is_fetched_once_and_then_read_from_the_cache(pinned, tmp_path):
    assert datasets.fetch_mall_customers()["Age"].tolist() == [19]
    assert [p.name for p in (tmp_path / "cache" / "segpy").iterdir()] == ["Mall_Customers.csv"]
    (pinned / "mall.csv").unlink()
    assert datasets.fetch_mall_customers()["Age"].tolist() == [19]


def test_a_damaged_cache_is_fetched_again(pinned, tmp_path):
    kept = tmp_path / "cache" / "segpy" / "Mall_Customers.csv"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(TEXT[:-5])
    assert datasets.fetch_mall_customers()["Age"].tolist() == [19]
    assert kept.read_bytes() == TEXT


def test_a_file_comes_over_http(pinned, monkeypatch):
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args):
            super().__init__(*args, directory=str(pinned))

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            there = f"http://127.0.0.1:{server.server_address[1]}"
            source = datasets._SOURCES["fetch_mall_customers"]
            change = {**vars(source), "address": f"{there}/mall.csv"}
            monkeypatch.setitem(
                datasets._SOURCES, "fetch_mall_customers", datasets._Source(**change)
            )
            assert len(datasets.fetch_mall_customers()) == 1
        finally:
            server.shutdown()
            thread.join()


def test_another_file_at_the_address_is_refused_and_not_kept(pinned, tmp_path):
    (pinned / "mall.csv").write_bytes(b"<html>moved</html>")
    with pytest.raises(ValueError, match=r"must be the whole data set, SHA-256 .*; got 18 bytes"):
        datasets.fetch_mall_customers()
    assert not (tmp_path / "cache").exists()


def test_out_of_reach_says_where_to_get_the_file(pinned):
    (pinned / "mall.csv").unlink()
    with pytest.raises(FileNotFoundError) as caught:
        datasets.fetch_mall_customers()
    text = str(caught.value)
    for part in ("SEGPY_DATA", "Mall_Customers.csv.gz", "shop next door", "mall.csv", "SHA-256"):
        assert part in text
    assert "\n" not in text


def test_segpy_data_comes_first_plain_or_packed(pinned, monkeypatch, tmp_path):
    own = tmp_path / "own"
    own.mkdir()
    monkeypatch.setenv("SEGPY_DATA", str(own))
    (pinned / "mall.csv").unlink()
    (own / "Mall_Customers.csv.gz").write_bytes(gzip.compress(TEXT))
    assert len(datasets.fetch_mall_customers()) == 1
    (own / "Mall_Customers.csv").write_bytes(TEXT)
    (own / "Mall_Customers.csv.gz").write_bytes(b"broken")
    assert len(datasets.fetch_mall_customers()) == 1
    (own / "Mall_Customers.csv").unlink()
    with pytest.raises(ValueError, match=r"Mall_Customers\.csv\.gz.* must be the whole data set"):
        datasets.fetch_mall_customers()


def test_a_cache_that_cannot_be_written_is_no_loss(pinned, monkeypatch, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    monkeypatch.setattr(datasets, "_cache_folder", lambda: blocked / "segpy")
    assert len(datasets.fetch_mall_customers()) == 1


@pytest.mark.parametrize(
    ("platform", "names"),
    [
        ("linux", {"XDG_CACHE_HOME": "/c"}),
        ("linux", {"HOME": "/h"}),
        ("darwin", {"HOME": "/h"}),
        ("win32", {"LOCALAPPDATA": "/l"}),
    ],
)
def test_cache_folder_follows_the_system(monkeypatch, platform, names):
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in names.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(datasets.sys, "platform", platform)
    wanted = {
        ("linux", "XDG_CACHE_HOME"): Path("/c/segpy"),
        ("linux", "HOME"): Path("/h/.cache/segpy"),
        ("darwin", "HOME"): Path("/h/Library/Caches/segpy"),
        ("win32", "LOCALAPPDATA"): Path("/l/segpy"),
    }
    assert datasets._cache_folder() == wanted[platform, next(iter(names))]


def test_pinned_addresses_are_plain_csv_over_https():
    for source in datasets._SOURCES.values():
        assert source.address.startswith("https://raw.githubusercontent.com/")
        assert source.address.endswith(".csv")
        assert len(source.sha256) == 64


def test_online_retail_is_the_whole_data_set(data_dir, monkeypatch):
    monkeypatch.setenv("SEGPY_DATA", str(data_dir))
    table = datasets.fetch_online_retail()
    assert list(table.columns) == COLUMNS
    assert len(table) == 541_909
    assert int(table["CustomerID"].isna().sum()) == 135_080
    assert int(table["Description"].isna().sum()) == 1_454
    assert int(table["Quantity"].sum()) == 5_176_450
    assert table["CustomerID"].nunique() == 4_372
    assert str(table["InvoiceDate"].min()) == "2010-12-01 08:26:00"
    assert str(table["InvoiceDate"].max()) == "2011-12-09 12:50:00"


def test_mall_customers_are_the_two_hundred(data_dir, monkeypatch):
    monkeypatch.setenv("SEGPY_DATA", str(data_dir))
    table = datasets.fetch_mall_customers()
    assert table.shape == (200, 5)
    assert table["Gender"].value_counts().to_dict() == {"Female": 112, "Male": 88}
    assert table["Annual Income (k$)"].mean() == 60.56


def test_groceries_are_the_baskets_of_the_file(data_dir, monkeypatch):
    monkeypatch.setenv("SEGPY_DATA", str(data_dir))
    got = datasets.fetch_groceries()
    assert isinstance(got, sp.Baskets)
    assert (got.n_baskets, got.n_items, len(got.indices)) == (9_835, 169, 43_367)
    assert (got.items[0], int(got.item_counts[0])) == ("whole milk", 2_513)
    want = sp.Baskets.from_file(data_dir / "groceries.csv.gz")
    assert got.items == want.items
    np.testing.assert_array_equal(got.indptr, want.indptr)
    np.testing.assert_array_equal(got.indices, want.indices)


def test_another_file_of_groceries_is_refused(tmp_path, monkeypatch):
    (tmp_path / "groceries.csv").write_text("whole milk,butter\n")
    monkeypatch.setenv("SEGPY_DATA", str(tmp_path))
    with pytest.raises(ValueError, match=r"fetch_groceries: .* must be the whole data set"):
        datasets.fetch_groceries()
