"""recommend_actions: whose advice, by when, for how much, and why."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import segpy as sp
from segpy.customer import advice

TEXTS = ["goal", "message", "offer", "channel", "why"]
SHIPPED = sorted({name for names in sp.segment_maps()["segments"] for name in names})


def summary(**rows: dict[str, float]) -> pd.DataFrame:
    """Give a row for each name; what is not given is that of an ordinary segment."""
    usual = {
        "customers": 100,
        "revenue": 20000.0,
        "recency_days_median": 40.0,
        "frequency_median": 3.0,
        "monetary_median": 180.0,
        "one_order_share": 0.2,
    }
    table = pd.DataFrame([{**usual, **row} for row in rows.values()], index=list(rows))
    return table.rename_axis("segment")


def of(*names: str) -> pd.DataFrame:
    return sp.recommend_actions(summary(**{name: {} for name in names}))


def test_the_table_has_the_promised_columns() -> None:
    table = summary(Champions={}, Lost={})
    before = table.copy(deep=True)
    actions = sp.recommend_actions(table)
    assert list(actions.columns) == [
        "goal",
        "message",
        "offer",
        "channel",
        "window_days",
        "value_at_stake",
        "why",
        "priority",
    ]
    assert actions.index.name == "segment"
    assert actions.index.tolist() == ["Champions", "Lost"]
    assert actions["window_days"].dtype == np.int64
    assert actions["value_at_stake"].tolist() == [6000.0, 6000.0]
    pd.testing.assert_frame_equal(table, before)
    json.dumps(actions.attrs)


def test_every_shipped_name_has_advice_of_its_own() -> None:
    library = advice._library()
    assert set(SHIPPED) <= set(library["names"])
    actions = of(*SHIPPED)
    same = {"Potential Loyalist", "Potential Loyalists"}
    for column in ("message", "offer", "channel"):
        texts = actions.loc[[n for n in SHIPPED if n != "Potential Loyalists"], column]
        assert texts.is_unique, column
    assert actions.loc[sorted(same), "message"].nunique() == 1
    assert (actions[TEXTS].map(len) >= 8).all(axis=None)
    assert (actions[["message", "offer", "channel", "why"]].map(len) >= 25).all(axis=None)
    assert actions["window_days"].between(7, 180).all()
    assert not actions["why"].str.contains("nan").any()


def test_texts_of_the_library_are_sentences() -> None:
    library = advice._library()
    entries = [*library["names"].values(), *library["by_rfm"].values()]
    entries += library["second_purchase"].values()
    others = [(entry.again, entry.once) for entry in entries]
    entries += [entry for pair in others for entry in pair if entry is not None]
    assert len({entry.message for entry in entries}) == len(set(entries))
    for entry in entries:
        assert entry.message[-1] in ".?!"
        assert entry.offer.endswith(".")
        assert entry.why.endswith(".")
        assert 0 < entry.effort <= 1
        assert entry.gap_quantile in (0.5, 0.8, 0.9, 0.95)


def test_the_four_segments_of_the_study_get_its_advice() -> None:
    actions = of("Best Customers", "Loyal Clients", "Almost Lost", "Lost Cheap Clients", "Other")
    best, loyal, almost, lost = (actions.iloc[i] for i in range(4))
    assert "upsell" in best["goal"]
    assert "cross-sell" in best["goal"]
    assert "budget" in loyal["goal"]
    assert "timing" in loyal["goal"]
    assert "budget" in loyal["offer"]
    assert "when they usually order" in loyal["offer"]
    assert "reactivate" in almost["goal"]
    assert "retain" in almost["goal"]
    assert "repeat purchase" in almost["why"]
    assert "reactivate" in lost["goal"]
    assert "cap" in lost["goal"]
    assert "Cap the spend: they are 20% of the customers and 20% of the revenue." in lost["why"]
    for spelled, other in (
        ("Loyal Clients", "Loyal Customers"),
        ("Lost Cheap Clients", "Lost Cheap Customers"),
    ):
        assert of(other).iloc[0].equals(of(spelled).iloc[0].rename(other))


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("at_Risk", "At Risk"),
        ("CHAMPIONS", "Champions"),
        ("cannot-lose them", "Cannot Lose Them"),
        ("can\u2019t lose", "Can't Lose"),
    ],
)
def test_names_are_found_however_they_are_written(written: str, name: str) -> None:
    assert of(written)["message"].tolist() == of(name)["message"].tolist()


def test_a_name_in_its_own_spelling_comes_first() -> None:
    assert of("At risk")["goal"].item() != of("At Risk")["goal"].item()
    assert of("Needs attention")["goal"].item() != of("Need Attention")["goal"].item()


def test_a_name_that_promises_loyalty_to_one_order_customers_is_told_so() -> None:
    once = {"customers": 123, "one_order_share": 108 / 123, "frequency_median": 1.0}
    table = summary(**{"Cannot Lose Them": once, "Champions": {"one_order_share": 0.5}})
    actions = sp.recommend_actions(table)
    assert actions.loc["Cannot Lose Them", "goal"] == "second purchase"
    why = actions.loc["Cannot Lose Them", "why"]
    assert "108 of the 123 (88%) ordered only once" in why
    assert "promises a loyalty that is not there" in why
    assert "win" not in actions.loc["Cannot Lose Them", "message"].lower()
    assert actions.loc["Champions", "goal"] != "second purchase"  # a half is not above a half


@pytest.mark.parametrize(
    ("name", "promises"),
    [
        ("Loyal", True),
        ("Potential Loyalist", True),
        ("Can't Lose", True),
        ("Best Customers", True),
        ("Superloyals", True),
        ("Our VIPs", True),
        ("Regulars", True),
        ("Irregular buyers", False),
        ("Fancy goods", False),
        ("Lost", False),
        ("Hibernating", False),
        ("Big Spenders", False),
    ],
)
def test_which_names_promise_loyalty(name: str, promises: bool) -> None:
    table = summary(**{name: {"one_order_share": 0.9}, "Other": {}})
    assert (sp.recommend_actions(table).loc[name, "goal"] == "second purchase") == promises


def test_the_window_of_a_second_purchase_depends_on_whether_they_still_buy() -> None:
    fresh = {"one_order_share": 0.9, "recency_days_median": 5.0}
    old = {"one_order_share": 0.9, "recency_days_median": 300.0}
    actions = sp.recommend_actions(summary(**{"Loyal A": fresh, "Loyal B": old}))
    assert actions["goal"].tolist() == ["second purchase"] * 2
    assert actions["window_days"].tolist() == [30, 75]


@pytest.mark.parametrize("name", ["New Customers", "New"])
def test_new_customers_who_came_again_are_not_asked_for_a_second_order(name: str) -> None:
    rows = {"one_order_share": 0.5, "frequency_median": 2.0}
    again = sp.recommend_actions(summary(**{name: rows}, Lost={})).loc[name]
    assert not again[TEXTS].str.contains("second|first|Welcome|only order").any()
    assert "next" in again["goal"]
    assert "ordered more than once" in again["why"]
    for share in (0.51, 1.0, np.nan):  # unknown is no proof that they came again
        row = {"one_order_share": share, "frequency_median": 1.0}
        once = sp.recommend_actions(summary(**{name: row}, Lost={})).loc[name]
        assert once["goal"] == "second purchase"
        assert once["window_days"] == again["window_days"]


@pytest.mark.parametrize("name", ["At Risk", "Almost Lost", "Lost Customers"])
def test_who_ordered_once_is_not_told_of_frequent_orders(name: str) -> None:
    usual = sp.recommend_actions(summary(**{name: {"one_order_share": 0.5}}, Other={})).loc[name]
    assert "ordered" in usual["why"]
    assert "often" in usual["why"]
    row = {"customers": 80, "one_order_share": 0.7, "frequency_median": 1.0}
    once = sp.recommend_actions(summary(**{name: row}, Other={})).loc[name]
    assert "56 of the 80 (70%) ordered only once. " in once["why"]
    assert not once[TEXTS].str.contains("often|regularly|usual|best customers").any()
    assert once["goal"] == usual["goal"]
    assert once["window_days"] == usual["window_days"]


def test_no_share_is_made_of_revenue_of_nothing_or_less() -> None:
    for revenue in (0.0, -100.0):
        table = summary(Lost={"revenue": revenue}, Champions={"revenue": 0.0})
        why = sp.recommend_actions(table, budget=5)["why"]
        assert not why.str.contains("of the revenue|unknown").any()
        assert why["Champions"].startswith("100 customers; the middle one has 3 orders")
        assert "Cap the spend: they are 50% of the customers." in why["Lost"]


def test_names_nobody_ships_get_advice_from_recency_frequency_and_money() -> None:
    rows = {}
    for r, recency in (("recent", 5.0), ("away", 200.0)):
        for f, frequency in (("frequent", 9.0), ("rare", 1.0)):
            for m, monetary in (("high", 2000.0), ("low", 50.0)):
                rows[f"{r} {f} {m}"] = {
                    "recency_days_median": recency,
                    "frequency_median": frequency,
                    "monetary_median": monetary,
                }
    actions = sp.recommend_actions(summary(**{f"cluster {k}": v for k, v in rows.items()}))
    library = advice._library()["by_rfm"]
    for kind in rows:
        assert actions.loc[f"cluster {kind}", "message"] == library[kind].message
    assert actions["message"].is_unique
    assert "Cap the spend" in actions.loc["cluster away rare low", "why"]


def test_unassigned_customers_and_numbered_clusters_get_advice() -> None:
    actions = sp.recommend_actions(summary(Unassigned={}, Champions={}))
    assert "The map has no name for them." in actions.loc["Unassigned", "why"]
    clusters = summary(a={"recency_days_median": 3.0}, b={}).set_axis([0, 1])
    assert sp.recommend_actions(clusters).index.tolist() == [0, 1]


def test_why_gives_the_figures_of_the_segment() -> None:
    row = {"customers": 1, "frequency_median": 1.0, "recency_days_median": 1.0, "revenue": 100.0}
    table = summary(Lost=row, Champions={"customers": 1500, "revenue": 19900.0})
    why = sp.recommend_actions(table)["why"]
    assert why["Lost"].startswith(
        "1 customer brings 0.5% of the revenue; the middle one has 1 order, the last 1 day ago."
    )
    assert why["Champions"].startswith(
        "1,500 customers bring 100% of the revenue; the middle one has 3 orders, the last 40 days"
    )


def test_why_knows_no_half_days_and_no_half_orders() -> None:
    table = summary(Lost={"recency_days_median": 114.5, "frequency_median": 1.5}, Champions={})
    why = sp.recommend_actions(table)["why"]["Lost"]
    assert "the middle one has 1 to 2 orders, the last 115 days ago." in why


def test_a_segment_without_orders_is_no_accident() -> None:
    none = dict.fromkeys(["recency_days_median", "frequency_median", "monetary_median"], np.nan)
    table = summary(Prospects={**none, "revenue": 0.0, "one_order_share": np.nan}, Loyal={})
    actions = sp.recommend_actions(table, budget=10)
    assert actions.loc["Prospects", "value_at_stake"] == 0.0
    assert actions.loc["Prospects", "why"].startswith("100 customers bring 0% of the revenue. ")
    assert actions.loc["Prospects", "budget_share"] == 0.0


def test_gaps_set_the_window() -> None:
    table = summary(Champions={}, **{"Need Attention": {}, "At Risk": {}}, Lost={})
    gaps = pd.DataFrame({"gap_days": np.arange(1, 101)})
    assert sp.recommend_actions(table, gaps=gaps)["window_days"].tolist() == [50, 80, 90, 95]
    open_too = pd.DataFrame(
        {"gap_days": [*range(1, 101), *[900] * 100], "closed": [True] * 100 + [False] * 100}
    )
    mixed = open_too.sample(frac=1, random_state=0)
    assert sp.recommend_actions(table, gaps=mixed)["window_days"].tolist() == [50, 80, 90, 95]
    one = pd.DataFrame({"gap_days": [0.0]})
    assert sp.recommend_actions(table, gaps=one)["window_days"].tolist() == [1] * 4
    assert sp.recommend_actions(table, gaps=pl.from_pandas(gaps))["window_days"].tolist() == [
        50,
        80,
        90,
        95,
    ]


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame(
            {"item_a": ["cup", "pot", "tray", "jug"], "item_b": ["saucer", "lid", "cloth", "mat"]}
        ),
        pd.DataFrame(
            {
                "antecedents": [("cup",), ("pot",), ("tray",), ("jug",)],
                "consequents": [("saucer",), ("lid",), ("cloth",), ("mat",)],
            }
        ),
    ],
)
def test_cross_sell_names_the_first_pairs(table: pd.DataFrame) -> None:
    actions = sp.recommend_actions(summary(Champions={}, Lost={}), cross_sell=table)
    words = "Start with saucer for buyers of cup; lid for buyers of pot; cloth for buyers of tray."
    assert actions.loc["Champions", "offer"].endswith(words)
    assert "saucer" not in actions.loc["Lost", "offer"]


def test_cross_sell_by_segment_and_single_items() -> None:
    items = pd.DataFrame({"segment": ["Loyal", "Champions"], "item": ["tea", {"b", "a"}]})
    table = summary(Champions={}, Loyal={}, Recent={})
    actions = sp.recommend_actions(table, cross_sell=items)
    assert actions.loc["Loyal", "offer"].endswith("Start with tea.")
    assert actions.loc["Champions", "offer"].endswith("Start with a and b.")
    assert actions.loc["Recent", "offer"] == of("Recent")["offer"].item()


def test_a_budget_is_split_and_the_lost_are_capped() -> None:
    table = summary(
        Champions={"customers": 100, "monetary_median": 30.0, "revenue": 9000.0},
        **{"At Risk": {"customers": 100, "monetary_median": 60.0, "revenue": 900.0}},
        Lost={"customers": 9000, "monetary_median": 150.0, "revenue": 100.0},
    )
    actions = sp.recommend_actions(table, budget=5000)
    assert list(actions.columns[-2:]) == ["budget_share", "budget"]
    share = actions["budget_share"]
    assert math.fsum(share) == 1.0
    assert share["Lost"] == pytest.approx(0.01)
    # The rest as stake times effort: 1000 x .5 against 2000 x 1.
    assert share["Champions"] == pytest.approx(0.99 * 500 / 2500)
    assert share["At Risk"] == pytest.approx(0.99 * 2000 / 2500)
    assert actions["budget"].tolist() == pytest.approx((share * 5000).tolist())
    assert "budget" not in sp.recommend_actions(table).columns


def test_a_budget_without_anything_at_stake_or_with_capped_segments_only() -> None:
    nothing = summary(Loyal={"monetary_median": np.nan}, Lost={"monetary_median": -5.0})
    assert math.fsum(sp.recommend_actions(nothing, budget=1)["budget_share"]) == 1.0
    lost = summary(Lost={"revenue": 0.0}, Inactive={"revenue": 0.0})
    assert sp.recommend_actions(lost, budget=1.5)["budget"].tolist() == [0.75, 0.75]
    empty = summary(Loyal={"customers": 0, "revenue": 0.0}, Lost={"customers": 0, "revenue": 0.0})
    assert math.fsum(sp.recommend_actions(empty, budget=1)["budget_share"]) == 1.0


def test_priority_ranks_what_a_campaign_can_move() -> None:
    table = summary(
        Lost={"monetary_median": 1500.0},
        Champions={"monetary_median": 360.0},
        **{"At Risk": {"monetary_median": 270.0}},
    )
    assert sp.recommend_actions(table)["priority"].tolist() == [3, 2, 1]


def test_summaries_of_other_kinds() -> None:
    table = summary(Champions={}, Loyal={})
    flat = pl.from_pandas(table.reset_index())
    assert sp.recommend_actions(flat).equals(sp.recommend_actions(table))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda t: sp.recommend_actions("x"), TypeError, "the table must be"),
        (
            lambda t: sp.recommend_actions(t.drop(columns="revenue")),
            ValueError,
            "no 'revenue' among .* segment_summary gives",
        ),
        (
            lambda t: sp.recommend_actions(t.iloc[:0]),
            ValueError,
            "of at least one segment; got no rows",
        ),
        (
            lambda t: sp.recommend_actions(pd.concat([t, t])),
            ValueError,
            "each segment must be in the table once; got 'Loyal' more than once",
        ),
        (
            lambda t: sp.recommend_actions(t.assign(revenue=np.nan)),
            ValueError,
            r"'revenue' must be finite; got nan in row 0 \(segment 'Loyal'\)",
        ),
        (
            lambda t: sp.recommend_actions(t.assign(customers=-1)),
            ValueError,
            "'customers' must be finite and >= 0; got -1",
        ),
        (
            lambda t: sp.recommend_actions(t.assign(one_order_share="a")),
            TypeError,
            "'one_order_share' must be numeric",
        ),
        (
            lambda t: sp.recommend_actions(t.assign(monetary_median=np.inf)),
            ValueError,
            "'monetary_median' must be finite; got inf",
        ),
        (
            lambda t: sp.recommend_actions(t, budget=0),
            ValueError,
            "'budget' must be a finite number > 0; got 0",
        ),
        (
            lambda t: sp.recommend_actions(t, budget=np.inf),
            ValueError,
            "'budget' must be a finite number > 0; got inf",
        ),
        (
            lambda t: sp.recommend_actions(t, budget="9"),
            TypeError,
            "'budget' must be a number > 0 or None",
        ),
        (
            lambda t: sp.recommend_actions(t, budget=True),
            TypeError,
            "'budget' must be a number > 0 or None",
        ),
        (
            lambda t: sp.recommend_actions(t, gaps=pd.DataFrame({"days": [1]})),
            ValueError,
            "no 'gap_days' among",
        ),
        (
            lambda t: sp.recommend_actions(t, gaps=pd.DataFrame({"gap_days": [1.0, np.nan]})),
            ValueError,
            r"'gap_days' must be finite and >= 0; got nan in row 1 \(index 1\)",
        ),
        (
            lambda t: sp.recommend_actions(
                t, gaps=pd.DataFrame({"gap_days": [1], "closed": [False]})
            ),
            ValueError,
            "'gaps' must be of at least one closed gap; got none",
        ),
        (
            lambda t: sp.recommend_actions(
                t, gaps=pd.DataFrame({"gap_days": [1], "closed": ["no"]})
            ),
            TypeError,
            "'closed' must be True or False",
        ),
        (
            lambda t: sp.recommend_actions(t, cross_sell=pd.DataFrame({"a": [1]})),
            ValueError,
            r"the columns of 'cross_sell' must be .* got \['a'\]",
        ),
        (lambda t: sp.recommend_actions(t, cross_sell=["tea"]), TypeError, "the table must be"),
    ],
)
def test_wrong_input_is_refused(call: Any, error: type, message: str) -> None:
    with pytest.raises(error, match="^recommend_actions: .*" + message):
        call(summary(Loyal={}))
