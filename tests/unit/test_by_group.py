"""by_group: each group as if alone, what was skipped and why, and differences beyond chance."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import segpy as sp

ITEMSETS = ["group", "itemsets", "support", "count", "length"]
DIFFERENCES = [
    *("group", "antecedents", "consequents", "share", "share_rest", "ratio", "count"),
    *("baskets", "count_rest", "baskets_rest", "p_value", "p_adjusted"),
]


def lines(groups: dict[object, list[list[str]]], column: str = "country") -> pd.DataFrame:
    """Give order lines of a list of baskets a group."""
    rows = [
        (f"{g}-{at}", item, g)
        for g, baskets in groups.items()
        for at, basket in enumerate(baskets)
        for item in basket
    ]
    return pd.DataFrame(rows, columns=["order", "product", column])


TWO = lines(
    {
        "UK": [["tea", "milk"]] * 12 + [["tea"]] * 3,
        "France": [["wine", "bread"]] * 11 + [["tea"]] * 4,
        "Malta": [["tea", "milk"]] * 2,
    }
)


def made(n_baskets: int, n_items: int, shares: list[float], seed: int) -> pd.DataFrame:
    """Give baskets of independent items, dealt to groups without regard to what they hold."""
    rng = np.random.default_rng(seed)
    order, item = np.nonzero(rng.random((n_baskets, n_items)) < rng.uniform(0.01, 0.3, n_items))
    group = rng.choice(len(shares), n_baskets, p=shares)
    return pd.DataFrame(
        {
            "order": order,
            "product": np.array([f"p{i}" for i in range(n_items)])[item],
            "country": np.array(list("abcdefgh"))[group[order]],
        }
    )


def test_each_group_is_searched_as_if_alone():
    found = sp.by_group(TWO, "country", sp.Apriori(0.5), min_baskets=10, min_confidence=0.9)
    assert list(found.itemsets.columns) == ITEMSETS
    assert list(found.rules.columns)[:3] == ["group", "antecedents", "consequents"]
    for name, theirs in found.itemsets.groupby("group"):
        alone = sp.Apriori(0.5).fit(TWO[TWO["country"] == name])
        got = theirs.drop(columns="group").reset_index(drop=True)
        pd.testing.assert_frame_equal(got, alone.itemsets_.to_frame())
        rules = found.rules[found.rules["group"] == name]
        got = rules.drop(columns="group").reset_index(drop=True)
        pd.testing.assert_frame_equal(got, alone.rules(min_confidence=0.9).to_frame())
    assert found.groups["group"].tolist() == ["France", "UK"]
    assert found.groups["baskets"].tolist() == [15, 15]
    assert found.groups["rules"].tolist() == [2, 1]
    assert repr(found) == "GroupRules: 3 rules in 2 groups of 'country'; 1 skipped"


def test_too_few_baskets_are_skipped_and_said():
    found = sp.by_group(TWO, "country", sp.Apriori(0.5), min_baskets=10)
    assert found.skipped.to_dict("records") == [
        {
            "group": "Malta",
            "reason": "too few baskets",
            "baskets": 2,
            "why": "2 baskets, fewer than min_baskets=10.",
        }
    ]
    assert sp.by_group(TWO, "country", sp.Apriori(0.5), min_baskets=15).skipped.shape == (1, 4)
    assert sp.by_group(TWO, "country", sp.Apriori(0.5), min_baskets=16).skipped.shape == (3, 4)


def test_the_floor_keeps_one_basket_from_making_everything_frequent():
    long = [f"item {i}" for i in range(40)]
    tx = lines({"here": [long] + [["tea"]] * 99})
    found = sp.by_group(tx, "country", sp.Apriori(0.01))
    assert found.itemsets["itemsets"].tolist() == [("tea",)]
    assert found.groups["min_count"].tolist() == [5]
    assert found.skipped["reason"].tolist() == ["no rule"]
    assert "the most frequent pair is" in found.skipped["why"][0]
    share = sp.by_group(tx, "country", sp.Apriori(0.2)).groups["min_count"]
    assert share.tolist() == [20]  # the support is above the floor
    counted = sp.by_group(tx, "country", sp.Apriori(7)).groups["min_count"]
    assert counted.tolist() == [7]


def test_the_floor_on_counts_and_the_support_are_told_apart():
    tx = lines({"spread": [[f"item {i}"] for i in range(50)] * 2})
    found = sp.by_group(tx, "country", sp.Apriori(0.01))
    assert found.skipped["reason"].tolist() == ["floor on counts"]
    assert found.skipped["why"][0] == (
        "The most frequent item, 'item 0', is in 2 baskets: enough for the support (1), fewer than "
        "min_count=5."
    )
    found = sp.by_group(tx, "country", sp.Apriori(0.5))
    assert found.skipped["reason"].tolist() == ["no frequent set"]
    assert found.skipped["why"][0] == (
        "No set is in 50 baskets; the highest support is 0.02 (2 of 100), that of 'item 0'."
    )


def test_lines_without_a_group_count_for_nothing_and_are_said():
    tx = TWO.assign(country=TWO["country"].where(TWO["country"] != "France"))
    found = sp.by_group(tx, "country", sp.Apriori(0.5), min_baskets=10)
    assert found.groups["group"].tolist() == ["UK"]
    row = found.skipped.iloc[0]
    assert row["group"] is None or pd.isna(row["group"])
    assert row["reason"] == "no group named"
    assert row["why"] == "26 lines of 15 orders without a group."
    # nor are they part of the rest: only Malta is
    assert found.differences.attrs["n_compared"] > 0
    assert (found.differences["baskets_rest"] <= 2).all()


def test_an_order_of_two_groups_is_a_basket_in_each():
    tx = pd.DataFrame(
        {
            "order": [1, 1, 1, 2, 2, 3],
            "product": ["tea", "cup", "jam", "tea", "cup", "jam"],
            "shelf": ["a", "a", "b", "a", "a", "b"],
        }
    )
    found = sp.by_group(tx, "shelf", sp.Apriori(1), min_baskets=1, min_count=1)
    sets = found.itemsets.set_index("group")
    assert sets.loc["a", "itemsets"].tolist() == [("cup",), ("tea",), ("cup", "tea")]
    assert sets.loc["b", "count"] == 2
    assert found.note == "1 order with lines of several groups: a basket in each."


def test_groups_come_in_the_order_of_their_categories():
    kinds = pd.CategoricalDtype(["UK", "Malta", "France", "Nowhere"], ordered=True)
    tx = TWO.assign(country=TWO["country"].astype(kinds))
    found = sp.by_group(tx, "country", sp.Apriori(0.5), min_baskets=1, min_count=1)
    assert found.groups["group"].tolist() == ["UK", "Malta", "France"]
    assert found.rules["group"].drop_duplicates().tolist() == ["UK", "Malta", "France"]


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ([True, False], [False, True]),
        (pd.array([True, False], dtype="boolean"), [False, True]),
        ([7, 3], [3, 7]),
        ([7.0, np.nan], [7]),
        (pd.to_datetime(["2024-02-01", "2024-01-01"]), list(pd.to_datetime(["2024-01-01"]))),
    ],
)
def test_groups_of_any_kind(values, names):
    tx = pd.DataFrame({"order": [1, 1], "product": ["a", "b"], "group": values})
    found = sp.by_group(tx, "group", sp.Apriori(1), min_baskets=1, min_count=1)
    assert found.groups["group"].tolist()[: len(names)] == names
    assert found.itemsets["group"].drop_duplicates().tolist()[: len(names)] == names


def test_an_item_has_one_name_in_all_groups():
    tx = pd.DataFrame(
        {
            "order": [1, 2, 3, 4, 5, 6],
            "product": ["T"] * 6,
            "description": ["TEA", "TEA", "TEA", "TEA", "TEE", "TEE"],
            "country": ["UK"] * 4 + ["Germany"] * 2,
        }
    )
    found = sp.by_group(tx, "country", sp.Apriori(1), min_baskets=1, min_count=1)
    assert found.itemsets["itemsets"].tolist() == [("TEA",), ("TEA",)]


def test_options_of_rules_are_passed_on_and_items_known_elsewhere_are_known():
    found = sp.by_group(
        TWO, "country", sp.Apriori(0.5), min_baskets=10, min_confidence=0.0, consequent="milk"
    )
    assert found.rules["consequents"].tolist() == [("milk",)]
    assert found.skipped["group"].tolist() == ["France", "Malta"]
    closed = sp.by_group(TWO, "country", sp.Apriori(0.5, target="closed"), min_baskets=10)
    full = sp.by_group(TWO, "country", sp.Apriori(0.5), min_baskets=10)
    pd.testing.assert_frame_equal(closed.rules, full.rules)
    assert len(closed.itemsets) < len(full.itemsets)


def test_nothing_is_changed_and_order_of_lines_does_not_matter():
    before, model = TWO.copy(), sp.Apriori(0.5, max_len=2)
    first = sp.by_group(TWO, "country", model, min_baskets=10)
    pd.testing.assert_frame_equal(TWO, before)
    assert model.get_params()["min_support"] == 0.5
    assert not hasattr(model, "itemsets_")
    second = sp.by_group(TWO.sample(frac=1, random_state=1), "country", model, min_baskets=10)
    for name in ("itemsets", "rules", "groups", "skipped", "differences"):
        pd.testing.assert_frame_equal(getattr(first, name), getattr(second, name))


def test_polars_and_arrow_tables():
    polars = pytest.importorskip("polars", reason="no polars here")
    want = sp.by_group(TWO, "country", sp.Apriori(0.5), min_baskets=10)
    table = polars.DataFrame(TWO.to_dict("list"))
    got = sp.by_group(table, "country", sp.Apriori(0.5), min_baskets=10)
    assert got.rules["antecedents"].tolist() == want.rules["antecedents"].tolist()
    assert got.rules["group"].tolist() == want.rules["group"].tolist()


def test_a_limit_that_is_hit_is_said():
    model = sp.Apriori(0.1, max_itemsets=1)
    found = sp.by_group(TWO, "country", model, min_baskets=10)
    assert "The itemsets are not all there in 'France', 'UK'" in found.note
    assert found.groups["note"].str.contains("max_itemsets=1").all()


# ------------------------------------------------------------------------------ empty answers


def test_all_groups_too_small_give_empty_tables_and_a_sentence():
    found = sp.by_group(TWO, "country", sp.Apriori(0.5))
    full = sp.by_group(TWO, "country", sp.Apriori(0.5), min_baskets=10)
    for name in ("itemsets", "rules", "groups", "differences"):
        table, other = getattr(found, name), getattr(full, name)
        assert len(table) == 0
        assert list(table.columns) == list(other.columns)
    assert found.itemsets["count"].dtype == np.int64
    assert found.rules["lift"].dtype == np.float64
    assert found.note == (
        "No group of 'country' has 100 baskets; the largest, 'France', has 15: lower min_baskets."
    )
    assert found.skipped["baskets"].tolist() == [15, 15, 2]
    assert found.differences.attrs["note"] == "No group is compared with others."


def test_no_line_at_all_and_no_group_at_all():
    for tx in (TWO.iloc[:0], TWO.assign(country=None)):
        found = sp.by_group(tx, "country", sp.Apriori(0.5))
        assert found.note == "No line names a group in 'country'."
        assert len(found.rules) == len(found.differences) == 0


def test_groups_without_rules_say_why():
    tx = lines({"here": [["tea"]] * 20, "there": [["jam"]] * 20})
    found = sp.by_group(tx, "country", sp.Apriori(0.5), min_baskets=10)
    assert found.note == "No group has a rule; `skipped` says why."
    assert found.skipped["why"].tolist() == ["No two items are ever in one basket."] * 2
    assert list(found.rules.columns) == ["group", *sp.Apriori(1).fit([[1]]).rules().to_frame()]


# ------------------------------------------------------------------------------ differences


def test_a_planted_difference_is_found_and_nothing_else():
    tx = made(4000, 40, [0.5, 0.3, 0.2], seed=5)
    there = tx[tx["country"] == "b"].drop_duplicates("order")
    more = there.iloc[::4]
    planted = [there.assign(product="napkin"), more.assign(product="candle")]
    elsewhere = tx[tx["country"] != "b"].drop_duplicates("order").iloc[::4]
    planted.append(elsewhere.assign(product="candle"))
    lines_ = pd.concat([tx, *planted])
    table = sp.by_group(lines_, "country", sp.Apriori(0.02), min_confidence=0.2).differences
    assert list(table.columns) == DIFFERENCES
    of_b = table[table["group"] == "b"]
    items = of_b[of_b["antecedents"] == ()]
    assert items["consequents"].tolist() == [("napkin",)]
    assert items["share"].tolist() == [1.0]
    assert items["share_rest"].tolist() == [0.0]
    assert np.isinf(items["ratio"]).all()
    # what else differs is who buys it together with something else: rules to the napkin
    rules = table[table["antecedents"] != ()]
    assert len(rules)
    assert set(rules["consequents"]) == {("napkin",)}
    assert (table["p_adjusted"] <= table.attrs["alpha"]).all()
    assert table["p_adjusted"].is_monotonic_increasing


def test_a_rule_that_holds_in_one_group_only_is_a_difference():
    rng = np.random.default_rng(2)
    baskets = {"a": [], "b": []}
    for name in baskets:
        for _ in range(600):
            tea = rng.random() < 0.5
            # milk is bought as often in both, with the tea only in a
            milk = rng.random() < 0.4 if name == "b" else tea and rng.random() < 0.8
            basket = ["tea"] * tea + ["milk"] * milk
            baskets[name].append([*basket, "bread"])
    table = sp.by_group(lines(baskets), "country", sp.Apriori(0.05)).differences
    keys = zip(table["group"], table["antecedents"], table["consequents"], strict=True)
    rows = dict(zip(keys, table.to_dict("records"), strict=True))
    assert rows["a", ("tea",), ("milk",)]["share"] > 0.7
    assert rows["a", ("tea",), ("milk",)]["share_rest"] < 0.5
    assert not ((table["antecedents"] == ()) & (table["consequents"] == ("bread",))).any()


def test_noise_gives_next_to_no_difference():
    rows, compared = [], 0
    for seed in range(40):
        tx = made(1200, 50, [0.5, 0.2, 0.15, 0.1, 0.05], seed)
        table = sp.by_group(tx, "country", sp.Apriori(0.01, max_len=3), min_baskets=40).differences
        rows.append(len(table))
        compared += table.attrs["n_compared"]
        if not len(table):
            assert table.attrs["note"].startswith("No difference among the ")
    # at most one such table in twenty may have a row: 2 of 40 are to be expected, 6 are not
    assert sum(n > 0 for n in rows) < 6
    assert compared > 40 * 500  # many were compared; uncorrected, one in twenty would stand


def test_rare_items_that_only_luck_made_frequent_are_no_difference():
    # Of 2,000 rare items some are in five of the small group's 120 baskets by luck, and only those
    # are compared there: correcting for them alone leaves a false row in most tables.
    rows = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        order, item = np.nonzero(rng.random((2500, 2000)) < 0.01)
        country = np.where(order < 120, 0, 1 + order % 30)  # all but the first have few baskets
        tx = pd.DataFrame({"order": order, "product": item, "country": country})
        table = sp.by_group(tx, "country", sp.Apriori(0.01)).differences
        rows.append(len(table))
        assert 0 < table.attrs["n_compared"] < 50
    assert sum(n > 0 for n in rows) <= 3


def test_the_family_that_is_corrected_for_is_all_that_could_be_found():
    tx = made(1500, 12, [0.6, 0.4], seed=1)
    planted = tx[tx["country"] == "a"].drop_duplicates("order").assign(product="flag")
    model = sp.Apriori(0.02)
    found = sp.by_group(pd.concat([tx, planted]), "country", model, min_confidence=0.1)
    table = found.differences
    table = table[table["p_value"] > 0]  # the flag's own lies below the least double
    factor = table["p_adjusted"] / table["p_value"]
    length = table["antecedents"].map(len) + 1
    # 13 items, 2 groups: 2^l G C(13, l) s(l)
    wanted = {1: 2 * 2 * 13, 2: 4 * 2 * 78 * 2, 3: 8 * 2 * 286 * 3, 4: 16 * 2 * 715 * 4}
    assert {2, 3} <= set(length)
    assert factor.to_numpy() == pytest.approx([wanted[n] for n in length], rel=1e-12)


def test_one_group_alone_has_nothing_to_differ_from():
    found = sp.by_group(TWO[TWO["country"] == "UK"], "country", sp.Apriori(0.5), min_baskets=10)
    assert list(found.differences.columns) == DIFFERENCES
    assert found.differences.attrs["note"] == "No group is compared with others."


# ------------------------------------------------------------------------------ bad input


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"tx": [1, 2]}, TypeError, "the table must be a pandas, polars or pyarrow table"),
        ({"tx": TWO.drop(columns="order")}, ValueError, "got no 'order' among"),
        ({"tx": TWO.drop(columns="product")}, ValueError, "got no 'product' among"),
        ({"column": "land"}, ValueError, r"got no 'land' among \['order', 'product', 'country'\]"),
        ({"column": ["country"]}, TypeError, r"'column' must be the name of a column; got list"),
        ({"estimator": 0.5}, TypeError, r"'estimator' must be an Apriori such as .*; got float"),
        ({"estimator": sp.Apriori}, TypeError, "'estimator' must be an Apriori such as"),
        (
            {"estimator": sp.Apriori(target="maximal")},
            ValueError,
            "Apriori of target 'all' or 'closed'; got target 'maximal'",
        ),
        ({"min_baskets": 0}, ValueError, r"'min_baskets' must be an int >= 1; got 0\."),
        ({"min_baskets": 0.5}, TypeError, "'min_baskets' must be an int >= 1; got float"),
        ({"min_count": -1}, ValueError, r"'min_count' must be an int >= 1; got -1\."),
        ({"min_count": True}, TypeError, "'min_count' must be an int >= 1; got bool"),
        ({"min_conf": 0.5}, TypeError, "options must be among 'min_confidence', .*got 'min_conf'"),
        ({"min_confidence": 2}, ValueError, r"'min_confidence' must be a number in \[0, 1\]"),
        ({"min_lift": "x"}, TypeError, "'min_lift' must be a number >= 0; got str"),
        ({"max_consequent": 0}, ValueError, "'max_consequent' must be an int >= 1"),
        ({"consequent": "mlik"}, ValueError, "'consequent' must be items .*'mlik'.*'milk'"),
    ],
)
@pytest.mark.parametrize("min_baskets", [10, 1000])
def test_bad_input_is_said_whether_a_group_is_searched_or_not(change, error, words, min_baskets):
    asked = {
        "tx": TWO,
        "column": "country",
        "estimator": sp.Apriori(0.5),
        "min_baskets": min_baskets,
    }
    with pytest.raises(error, match="by_group: .*" + words):
        sp.by_group(**(asked | change))


@pytest.mark.parametrize("bad", [0, 1.5, True, None])
def test_a_bad_estimator_speaks_for_itself(bad):
    with pytest.raises((TypeError, ValueError), match="Apriori: 'min_support' must be a share"):
        sp.by_group(TWO, "country", sp.Apriori(bad))


def test_a_column_that_holds_no_ids_is_named():
    tx = TWO.assign(country=0.5)
    with pytest.raises(ValueError, match=r"by_group: ids of column 'country' must be whole"):
        sp.by_group(tx, "country", sp.Apriori(0.5))
    twice = pd.concat([TWO, TWO["country"]], axis=1)
    with pytest.raises(ValueError, match=r"by_group: column names must be there once each"):
        sp.by_group(twice, "country", sp.Apriori(0.5))
