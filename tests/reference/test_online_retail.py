"""Online Retail: the counts everybody quotes, and those that only matching gives."""

import time

import numpy as np
import pandas as pd
import pytest

import segpy as sp
from oracle.returns import match
from segpy import _core, _frames

KNOWN = [12346, 12347, 12348, 12747, 12748]


@pytest.fixture(scope="module")
def clean(online_retail):
    return sp.clean_transactions(online_retail, missing_customer="drop", returns="drop")


def counts(table: pd.DataFrame) -> tuple:
    return (
        len(table),
        table["customer"].nunique(),
        table["order"].nunique(),
        round(_frames.total(table["amount"]), 3),
    )


def test_table_of_rows_and_money(online_retail, clean):
    """workflow.md 3.1, line by line."""
    tx = online_retail
    assert counts(tx) == (541_909, 4_372, 25_900, 9_747_747.934)
    assert tx["product"].nunique() == 4_070
    named = tx[tx["customer"].notna()]
    assert counts(named) == (406_829, 4_372, 22_190, 8_300_065.814)
    assert named["product"].nunique() == 3_684
    assert len(named.drop_duplicates()) == 401_604
    bought = named[named["quantity"] > 0]
    assert counts(bought)[:2] == (397_924, 4_339)
    table, audit = clean
    assert counts(table) == (397_884, 4_338, 18_532, 8_911_407.904)
    assert table["product"].nunique() == 3_665
    once = table.drop_duplicates()
    assert counts(once) == (392_692, 4_338, 18_532, 8_887_208.894)
    anonymous_too, _ = sp.clean_transactions(tx, returns="drop")
    assert counts(anonymous_too) == (530_104, 4_338, 19_960, 10_666_684.544)
    uk = table[table["country"] == "United Kingdom"]
    assert counts(uk) == (354_321, 3_920, 16_646, 7_308_391.554)
    late = bought[(bought["country"] == "United Kingdom") & (bought["date"] >= "2010-12-09")]
    assert counts(late) == (342_478, 3_863, 16_017, 7_058_375.114)
    other = table[~table["is_product"]]
    assert (len(other), round(_frames.total(other["amount"]), 2)) == (1_547, 150_341.25)
    assert audit.loc["returns", "removed_rows"] == 8_905
    assert round(audit.loc["returns", "removed_revenue"], 2) == -611_342.09
    left = audit["revenue"].iloc[0] - audit["removed_revenue"].sum()
    assert round(left, 2) == round(audit["revenue"].iloc[-1], 2)


def test_what_is_odd_in_the_raw_lines(online_retail):
    """The counts of workflow.md 3.1 that cleaning starts from."""
    tx = online_retail
    cancelled = tx["order"].str.fullmatch(r"C\d+")
    assert (int(cancelled.sum()), tx.loc[cancelled, "order"].nunique()) == (9_288, 3_836)
    assert int(tx["order"].str.startswith("A").sum()) == 3
    assert int(tx["customer"].isna().sum()) == 135_080
    assert int(tx["description"].isna().sum()) == 1_454
    assert int(tx.duplicated().sum()) == 5_268
    assert tx["country"].nunique() == 38
    back = tx["quantity"] <= 0
    assert (int(back.sum()), int((back & ~cancelled).sum())) == (10_624, 1_336)
    assert (int((tx["price"] == 0).sum()), int((tx["price"] < 0).sum())) == (2_515, 2)
    assert (tx["date"].min(), tx["date"].max()) == (
        pd.Timestamp("2010-12-01 08:26"),
        pd.Timestamp("2011-12-09 12:50"),
    )


def test_codes_and_countries_of_the_clean_lines(clean):
    table, _ = clean
    other = table[~table["is_product"]]
    assert other["product"].value_counts().to_dict() == {
        "POST": 1_099,
        "M": 284,
        "C2": 133,
        "DOT": 16,
        "BANK CHARGES": 12,
        "PADS": 3,
    }
    assert table["country"].nunique() == 37
    for country, rows, customers, orders, money in [
        ("Netherlands", 2_359, 9, 94, 285_446.34),
        ("EIRE", 7_236, 3, 260, 265_545.90),
        ("Germany", 9_040, 94, 457, 228_867.14),
        ("France", 8_341, 87, 389, 209_024.05),
        ("Australia", 1_182, 9, 57, 138_521.31),
        ("Spain", 2_484, 30, 90, 61_577.11),
        ("Switzerland", 1_841, 21, 51, 56_443.95),
    ]:
        found = counts(table[table["country"] == country])
        assert found[:3] == (rows, customers, orders)
        assert round(found[3], 2) == money
    homes = table.groupby("customer")["country"].nunique()
    assert homes[homes > 1].index.tolist() == [
        12370,
        12394,
        12417,
        12422,
        12429,
        12431,
        12455,
        12457,
    ]


def test_the_audit_with_duplicates_dropped(online_retail):
    table, audit = sp.clean_transactions(
        online_retail, missing_customer="drop", duplicates="drop", returns="drop"
    )
    assert counts(table) == (392_692, 4_338, 18_532, 8_887_208.894)
    assert audit["rows"].tolist() == [541_909, 406_829, 401_604, 401_564, 401_564, 392_692, 392_692]


def test_months_come_out(clean):
    table, _ = clean
    month = table["date"].dt.strftime("%Y-%m")
    months = _frames.encode("test", month)
    money = _frames.totals(months.codes, months.count, table["amount"])
    found = dict(zip(months.ids, money.round(2), strict=True))
    assert found == {
        "2010-12": 572713.89,
        "2011-01": 569445.04,
        "2011-02": 447137.35,
        "2011-03": 595500.76,
        "2011-04": 469200.36,
        "2011-05": 678594.56,
        "2011-06": 661213.69,
        "2011-07": 600091.01,
        "2011-08": 645343.90,
        "2011-09": 952838.38,
        "2011-10": 1039318.79,
        "2011-11": 1161817.38,
        "2011-12": 518192.79,
    }


def test_matched_returns_by_the_kernel(online_retail):
    table, audit = sp.clean_transactions(online_retail, missing_customer="drop")
    assert counts(table) == (395_020, 4_327, 18_370, 8_395_237.554)
    assert 12346 not in set(table["customer"])
    left = audit["revenue"].iloc[0] - audit["removed_revenue"].sum()
    assert round(left, 2) == round(audit["revenue"].iloc[-1], 2)
    table, _ = sp.clean_transactions(online_retail)
    assert (len(table), round(_frames.total(table["amount"]), 3)) == (527_240, 10_150_514.194)


def test_matched_returns_by_the_oracle(online_retail):
    """The same matches, line by line, from the plain words."""
    tx = online_retail[online_retail["price"] > 0]
    order = tx["order"].astype(str)
    returned = ((tx["quantity"] < 0) | order.str.fullmatch(r"C\d+")).to_numpy()
    pairs = tx["customer"].astype(str) + "\t" + tx["product"]
    touched = pairs.isin(set(pairs[returned])).to_numpy()
    left, credited = match(tx[touched], returned[touched])
    table, audit = sp.clean_transactions(online_retail)
    expected = tx["quantity"].abs().astype(float)
    expected[touched] = left
    stays = expected[(expected > 0) & ~returned]
    assert table["quantity"].astype(float).equals(stays)
    units = pd.Series(0.0, index=tx.index)
    units[touched] = credited
    assert (table["returned_quantity"] == units[table.index]).all()
    assert audit.loc["orphan returns", "removed_rows"] == int(((expected > 0) & returned).sum())


def test_the_published_counts_of_a_greedy_matching(online_retail):
    """7,521 removed, 1,226 without a counterpart: duplicates dropped, one whole purchase each."""
    tx = online_retail[online_retail["customer"].notna()].drop_duplicates()
    back = tx[(tx["quantity"] <= 0) & (tx["description"] != "Discount")]
    pair = ["customer", "product"]
    bought = tx[tx["quantity"] > 0].merge(back[pair].drop_duplicates(), on=pair)
    groups = dict(iter(bought.groupby(pair)[["date", "quantity"]]))
    removed = orphans = 0
    for line in back.itertuples():
        group = groups.get((line.customer, line.product))
        earlier = None if group is None else group[group["date"] < line.date]
        if earlier is None or earlier.empty:
            orphans += 1
        elif len(earlier) == 1 or (earlier["quantity"] >= -line.quantity).any():
            removed += 1
    assert (removed, orphans, len(back) - removed - orphans) == (7_521, 1_226, 48)


def test_matching_takes_under_50_ms(online_retail):
    tx = online_retail
    returned = (tx["quantity"] < 0).to_numpy()
    units = tx["quantity"].abs().to_numpy(np.float64)
    when = _frames.dates("test", tx["date"]).values
    best = np.inf
    for _ in range(5):
        start = time.process_time()
        customer = _frames.encode("test", tx["customer"])
        product = _frames.encode("test", tx["product"])
        _core.match_returns(
            customer.codes,
            product.codes,
            when,
            units,
            returned,
            len(customer.ids),
            len(product.ids),
        )
        best = min(best, time.process_time() - start)
    assert best < 0.05


def test_five_snapshot_conventions(clean):
    """workflow.md 3.2."""
    table, _ = clean
    full = sp.rfm(table, recency="elapsed")
    assert full.attrs["snapshot"] == "2011-12-10T12:50:00"
    assert full.loc[KNOWN, "recency_days"].tolist() == [326, 2, 75, 2, 1]
    assert full.loc[KNOWN, "frequency"].tolist() == [1, 7, 4, 11, 209]
    money = [77183.60, 4310.00, 1797.24, 4196.01, 33719.73]
    assert full.loc[KNOWN, "monetary"].round(2).tolist() == money

    def days(**options):
        return sp.rfm(table, **options).loc[KNOWN, "recency_days"].tolist()

    assert days(snapshot="2011-12-10", recency="elapsed") == [325, 2, 75, 2, 0]
    assert days(snapshot="2011-12-11", recency="elapsed") == [326, 3, 76, 3, 1]
    assert days() == days(snapshot="2011-12-10") == [326, 3, 76, 3, 1]
    assert days(snapshot="2011-12-09") == [325, 2, 75, 2, 0]
    with pytest.raises(ValueError, match="on or after the last order"):
        sp.rfm(table, snapshot="2011-12-08")


def test_describe_and_correlations(clean):
    table = sp.rfm(clean[0], recency="elapsed")[["recency_days", "frequency", "monetary"]]
    described = table.describe().round(3)
    assert described["recency_days"].tolist()[3:] == [1, 18, 51, 142, 374]
    assert described.loc["mean"].tolist() == [92.536, 4.272, 2054.266]
    assert described["frequency"].tolist()[3:] == [1, 1, 2, 5, 209]
    assert described.loc[["25%", "50%", "75%", "max"], "monetary"].tolist() == [
        307.415,
        674.485,
        1661.74,
        280206.02,
    ]
    assert table.skew().round(3).tolist() == [1.246, 12.067, 19.325]
    corr = table.corr().round(3)
    pairs = [("frequency", "monetary"), ("recency_days", "frequency"), ("recency_days", "monetary")]
    assert [corr.loc[p] for p in pairs] == [0.554, -0.261, -0.122]
    assert int((table["frequency"] == 1).sum()) == 1_493
    assert sp.rfm(clean[0]).nlargest(5, "monetary")["monetary"].round(2).to_dict() == {
        14646: 280206.02,
        18102: 259657.30,
        17450: 194550.79,
        16446: 168472.50,
        14911: 143825.06,
    }


def test_shuffled_rows_give_the_same_bits(clean):
    shuffled = clean[0].sample(frac=1, random_state=0)
    assert sp.rfm(shuffled).equals(sp.rfm(clean[0]))


@pytest.mark.parametrize("parts", [2, 7, 1000])
def test_parts_cut_at_random_equal_the_whole(clean, parts):
    table, _ = clean
    place = np.random.default_rng(parts).integers(0, parts, len(table))
    order = np.argsort(place, kind="stable")
    bounds = np.searchsorted(place[order], np.arange(parts + 1))
    state = sp.RFMState()
    for part in range(parts):
        state.add(table.iloc[order[bounds[part] : bounds[part + 1]]])
    pd.testing.assert_frame_equal(state.finish(), sp.rfm(table), check_exact=True)
