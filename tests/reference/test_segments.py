"""Scores, segments, summary and advice on UCI Online Retail, against figures computed apart.

The clean lines and the RFM tables are built here by plain pandas, so that the figures stand on
nothing of the package but what is tested.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import segpy as sp


@pytest.fixture(scope="module")
def raw(data_dir: Path) -> pd.DataFrame:
    """The file as it is, columns renamed."""
    table = pd.read_csv(
        data_dir / "online_retail.csv.gz",
        dtype={"InvoiceNo": str, "StockCode": str, "CustomerID": "Int64"},
    )
    date = pd.to_datetime(table["InvoiceDate"], format="%m/%d/%Y %H:%M")
    table = table.assign(InvoiceDate=date, amount=table["Quantity"] * table["UnitPrice"])
    return table.rename(
        columns={
            "InvoiceNo": "order",
            "StockCode": "product",
            "InvoiceDate": "date",
            "Quantity": "quantity",
            "UnitPrice": "price",
            "CustomerID": "customer",
            "Country": "country",
        }
    )


@pytest.fixture(scope="module")
def clean(raw: pd.DataFrame) -> pd.DataFrame:
    """Customer known, no cancellation, quantity and price above zero."""
    keep = raw["customer"].notna() & ~raw["order"].str.startswith("C")
    lines = raw[keep & (raw["quantity"] > 0) & (raw["price"] > 0)]
    lines = lines.astype({"customer": "int64"})
    assert (len(lines), lines["customer"].nunique()) == (397_884, 4_338)
    return lines


def plain_rfm(lines: pd.DataFrame, snapshot: str) -> pd.DataFrame:
    by = lines.groupby("customer")
    last = by["date"].max()
    return pd.DataFrame(
        {
            "recency_days": (pd.Timestamp(snapshot) - last.dt.normalize()).dt.days,
            "frequency": by["order"].nunique(),
            "monetary": by["amount"].sum(),
            "first_order": by["date"].min(),
            "last_order": last,
        }
    )


@pytest.fixture(scope="module")
def rfm(clean: pd.DataFrame) -> pd.DataFrame:
    return plain_rfm(clean, "2011-12-10")


def sizes(scores: pd.DataFrame, metric: str) -> list[int]:
    return scores[metric].value_counts().sort_index().tolist()


def test_tie_safe_quintiles(rfm: pd.DataFrame) -> None:
    scorer = sp.RFMScorer()
    scores = scorer.fit_transform(rfm)
    assert sizes(scores, "R") == [861, 866, 863, 880, 868]
    assert sizes(scores, "F") == [1493, 835, 508, 802, 700]
    assert sizes(scores, "M") == [868, 867, 868, 867, 868]
    assert scorer.breaks_["R"] == [13.8, 33.0, 72.0, 180.0]
    assert scorer.breaks_["F"] == [1.0, 2.0, 3.0, 6.0]
    assert scorer.breaks_["M"] == pytest.approx([250.194, 490.096, 942.276, 2058.426], rel=1e-12)
    assert scores["score"].nunique() == 112
    assert scorer.ties_.loc["F"].tolist() == [5, 5, 3008]
    assert (rfm["frequency"] == 1).sum() == 1493


def test_ranks_would_have_moved_customers_with_the_rows(rfm: pd.DataFrame) -> None:
    """What the common cure does: one-order customers score 1 or 2 by the order of rows."""
    rank = rfm["frequency"].rank(method="first")
    split = pd.qcut(rank, 5, labels=False)[rfm["frequency"] == 1]
    assert split.value_counts().sort_index().tolist() == [868, 625]
    shuffled = rfm.sample(frac=1, random_state=1)
    scores = sp.RFMScorer().fit_transform(rfm)
    assert sp.RFMScorer().fit_transform(shuffled).loc[rfm.index].equals(scores)


ELEVEN = {
    "Champions": (798, 62.0),
    "Loyal": (403, 11.2),
    "Potential Loyalist": (307, 2.2),
    "New Customers": (407, 1.0),
    "Promising": (243, 4.2),
    "Need Attention": (254, 3.5),
    "About To Sleep": (229, 1.0),
    "At Risk": (348, 7.8),
    "Cannot Lose Them": (123, 2.7),
    "Hibernating": (659, 3.0),
    "Lost": (567, 1.4),
}


@pytest.fixture(scope="module")
def summary(clean: pd.DataFrame, rfm: pd.DataFrame) -> pd.DataFrame:
    segments = sp.assign_segments(sp.RFMScorer().fit_transform(rfm))
    return sp.segment_summary(clean, segments)


def test_the_eleven_segments_by_name(summary: pd.DataFrame, clean: pd.DataFrame) -> None:
    shares = (summary["revenue_share"] * 100).round(1)
    found = {n: (int(summary.loc[n, "customers"]), float(shares[n])) for n in summary.index}
    assert found == ELEVEN
    assert list(found) == list(ELEVEN)
    assert math.fsum(summary["revenue"]) == pytest.approx(8_911_407.904, abs=5e-4)
    assert summary["orders"].sum() == 18_532
    assert summary["customer_share"].sum() == pytest.approx(1)


def test_summary_medians_and_shares(
    summary: pd.DataFrame, clean: pd.DataFrame, rfm: pd.DataFrame
) -> None:
    segments = sp.assign_segments(sp.RFMScorer().fit_transform(rfm))
    by = rfm.groupby(segments, observed=True)
    for column, source in (
        ("recency_days_median", "recency_days"),
        ("frequency_median", "frequency"),
        ("monetary_median", "monetary"),
    ):
        assert summary[column].tolist() == pytest.approx(by[source].median().tolist(), rel=1e-12)
    once = (rfm["frequency"] == 1).groupby(segments, observed=True).mean()
    assert summary["one_order_share"].tolist() == pytest.approx(once.tolist(), rel=1e-15)
    value = summary["revenue"] / summary["orders"]
    assert summary["order_value_mean"].tolist() == value.tolist()


def test_cannot_lose_them_have_mostly_ordered_once(summary: pd.DataFrame) -> None:
    row = summary.loc["Cannot Lose Them"]
    assert row["one_order_share"] * row["customers"] == pytest.approx(108)
    assert row["frequency_median"] == 1
    actions = sp.recommend_actions(summary, budget=10_000)
    told = actions.loc["Cannot Lose Them"]
    assert told["goal"] == "second purchase"
    assert "108 of the 123 (88%) ordered only once" in told["why"]
    second = actions.index[actions["goal"] == "second purchase"].tolist()
    assert second == ["New Customers", "Cannot Lose Them"]
    assert math.fsum(actions["budget_share"]) == 1.0
    assert actions["budget_share"]["Lost"] <= summary["revenue_share"]["Lost"]
    stake = summary["customers"] * summary["monetary_median"] / summary["frequency_median"]
    assert actions["value_at_stake"].tolist() == pytest.approx(stake.tolist())
    first = actions["priority"].sort_values().index.tolist()
    assert first[:3] == ["Champions", "At Risk", "Loyal"]
    assert first[-2:] == ["Hibernating", "Lost"]


def test_one_wholesaler_does_not_decide_what_to_do_first(summary: pd.DataFrame) -> None:
    """Customer 16446 alone brings 168,472.50 of what the promising segment brought."""
    promising = summary.loc["Promising"]
    assert promising["order_value_mean"] > 900
    actions = sp.recommend_actions(summary)
    each = actions.loc["Promising", "value_at_stake"] / promising["customers"]
    assert each == pytest.approx(promising["monetary_median"] / promising["frequency_median"])
    assert each < 400


def test_quartile_6_by_name(rfm: pd.DataFrame, clean: pd.DataFrame) -> None:
    scores = sp.RFMScorer(n_bins=4).fit_transform(rfm)
    segments = sp.assign_segments(scores, "quartile-6")
    assert segments.value_counts(sort=False).to_dict() == {
        "Best Customers": 456,
        "Almost Lost": 70,
        "Lost Customers": 10,
        "Lost Cheap Customers": 444,
        "Loyal Customers": 336,
        "Big Spenders": 362,
        "Unassigned": 2660,
    }
    cheap = sp.segment_summary(clean, segments).loc["Lost Cheap Customers"]
    assert round(100 * cheap["customer_share"]) == 10
    assert round(100 * cheap["revenue_share"], 1) == 0.8


def rules(rfm: pd.DataFrame) -> list[int]:
    """Customers under each of the tutorial's six rules, as its table counts them (they overlap)."""
    scores = sp.RFMScorer(n_bins=4).fit_transform(rfm)
    code = scores["score"]
    counts = [(code == "444"), (scores["F"] == 4), (scores["M"] == 4)]
    counts += [(code == "244"), (code == "144"), (code == "111")]
    return [int(count.sum()) for count in counts]


def test_the_buggy_notebook_is_what_not_to_get(raw: pd.DataFrame) -> None:
    """A much-copied tutorial drops an order's further lines before it sums the money.

    Its frame for frequency is another name of the frame for money, duplicates of the order number
    are dropped in place, and money is summed over what is left: the first line of each order.
    """
    keep = (raw["country"] == "United Kingdom") & (raw["quantity"] > 0) & raw["customer"].notna()
    lines = raw[keep & (raw["date"] >= "2010-12-09")].astype({"customer": "int64"})
    right = plain_rfm(lines, "2011-12-09")
    first_lines = lines.drop_duplicates(["order", "customer"])
    buggy = right.assign(monetary=plain_rfm(first_lines, "2011-12-09")["monetary"])
    assert len(right) == 3_863
    assert right["monetary"].sum() == pytest.approx(7_058_375.114, abs=1e-3)
    assert buggy["monetary"].sum() == pytest.approx(1_113_349.42, abs=5e-3)
    scorer = sp.RFMScorer(n_bins=4).fit(right)
    assert scorer.breaks_["R"] == [17, 49, 134]
    assert scorer.breaks_["F"] == [1, 2, 5]
    assert scorer.breaks_["M"] == pytest.approx([296.67, 642.41, 1554.49], abs=5e-3)
    assert sp.RFMScorer(4).fit(buggy).breaks_["M"] == pytest.approx([17.4, 45.0, 121.6], abs=5e-3)
    assert rules(buggy) == [356, 752, 966, 64, 9, 353]
    assert rules(right) == [408, 752, 966, 62, 9, 389]
    codes = [sp.RFMScorer(4).fit_transform(table)["score"] for table in (buggy, right)]
    assert (codes[0] != codes[1]).sum() == 1_971


def test_a_new_snapshot_scored_with_old_breaks(clean: pd.DataFrame, rfm: pd.DataFrame) -> None:
    before = plain_rfm(clean[clean["date"] < "2011-09-11"], "2011-09-10")
    assert len(before) == 3_370
    old = sp.RFMScorer().fit(before)
    then = sp.assign_segments(old.transform(before))
    now = sp.assign_segments(old.transform(rfm))
    champions = then.index[then == "Champions"]
    assert len(champions) == 645
    assert (now[champions] == "Champions").sum() == 510
    assert round(float((now[then.index] == then).mean()), 3) == 0.364


def test_wholesalers_are_few_and_bring_much(clean: pd.DataFrame, rfm: pd.DataFrame) -> None:
    flags = sp.flag_wholesalers(clean)
    assert len(flags) == 4_338
    assert flags.sum() == 54
    share = rfm["monetary"][flags].sum() / rfm["monetary"].sum()
    assert round(float(share), 2) == 0.3
    top = rfm["monetary"].nlargest(5).index
    assert flags[top].all()
    assert not flags[rfm.index[rfm["monetary"] < rfm["monetary"].median()]].any()


@pytest.mark.parametrize("name", ["rfm-11", "rf-10", "klaviyo-6", "quartile-6"])
def test_every_map_runs_to_advice(name: str, clean: pd.DataFrame, rfm: pd.DataFrame) -> None:
    n_bins = int(sp.segment_maps().set_index("name").loc[name, "n_bins"])
    segments = sp.assign_segments(sp.RFMScorer(n_bins).fit_transform(rfm), name)
    summary = sp.segment_summary(clean, segments)
    assert summary["customers"].sum() == 4_338
    assert summary.attrs["not_in_segments"]["customers"] == 0
    actions = sp.recommend_actions(summary)
    assert actions.index.tolist() == summary.index.tolist()
    assert np.isfinite(actions["value_at_stake"]).all()


def test_the_road_gives_the_same_eleven_segments(online_retail: pd.DataFrame) -> None:
    """Read, clean, rfm, score, name and sum up with the package alone."""
    lines, _ = sp.clean_transactions(online_retail, missing_customer="drop", returns="drop")
    segments = sp.assign_segments(sp.RFMScorer().fit_transform(sp.rfm(lines)))
    summary = sp.segment_summary(lines, segments)
    shares = (summary["revenue_share"] * 100).round(1)
    assert {n: (int(summary.loc[n, "customers"]), float(shares[n])) for n in ELEVEN} == ELEVEN
    assert "return_share" not in summary.columns


def test_matched_returns_are_known_to_the_summary(online_retail: pd.DataFrame) -> None:
    lines, _ = sp.clean_transactions(online_retail)
    segments = sp.assign_segments(sp.RFMScorer().fit_transform(sp.rfm(lines)))
    summary = sp.segment_summary(lines, segments)
    assert summary["customers"].sum() == 4_327
    assert summary["revenue"].sum() == pytest.approx(8_395_237.554, abs=5e-4)
    assert summary["return_share"].between(0, 0.2).all()
    assert summary["return_share"].max() > 0
    both = summary["revenue"].sum() + summary.attrs["anonymous_revenue"]
    assert both == pytest.approx(10_150_514.194, abs=5e-4)
