"""What goes wrong with baskets, line by line: who says what, in one sentence, and what to do."""

from __future__ import annotations

import csv

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

import segpy as sp
from segpy import compat
from segpy.basket import memory

LISTS = [["tea", "cup"], ["tea", "cup", "jam"], ["tea"], ["jam"]]
ONEHOT = pd.DataFrame({"tea": [1, 1, 1, 0], "cup": [1, 1, 0, 0], "jam": [0, 1, 0, 1]})
LINES = pd.DataFrame(
    {
        "order": [1, 1, 2, 2, 3],
        "product": ["tea", "cup", "tea", "cup", "tea"],
        "date": pd.to_datetime(["2024-01-01"] * 3 + ["2024-02-01"] * 2),
        "country": ["UK"] * 5,
    }
)
ALLOWED = r"'min_support' must be a share in \(0, 1\] or a number of baskets >= 1; got "


# ------------------------------------------------------------------------------ support


@pytest.mark.parametrize(
    ("support", "error", "got"),
    [
        (0, ValueError, r"0\.$"),
        (0.0, ValueError, r"0\.0\.$"),
        (-3, ValueError, r"-3\.$"),
        (-0.5, ValueError, r"-0\.5\.$"),
        (1.5, ValueError, r"1\.5\. A number of baskets is an int\.$"),
        (float("inf"), ValueError, "inf"),
        (float("nan"), ValueError, r"nan\.$"),
        (True, TypeError, r"bool True\.$"),
        (None, TypeError, r"NoneType None\.$"),
        ("1%", TypeError, r"str '1%'\.$"),
    ],
)
@pytest.mark.parametrize(
    "call",
    [
        lambda support: sp.Apriori(support).fit(LISTS),
        lambda support: sp.by_group(LINES, "country", sp.Apriori(support)),
        lambda support: sp.evaluate_recommender(LINES, split="2024-01-15", min_support=support),
    ],
    ids=["Apriori", "by_group", "evaluate_recommender"],
)
def test_support_is_a_share_or_a_count(call, support, error, got):
    with pytest.raises(error, match="^Apriori: " + ALLOWED + got):
        call(support)


@pytest.mark.parametrize("target", ["all", "closed", "maximal"])
def test_an_answer_that_cannot_fit_stops_and_says_what_there_is(monkeypatch, target):
    monkeypatch.setattr(memory, "half_of_free", lambda: 50_000)
    rng = np.random.default_rng(0)
    baskets = [np.flatnonzero(rng.random(40) < 0.6).tolist() for _ in range(60)]
    found = sp.Apriori(2, target=target).fit(baskets).itemsets_
    assert found.partial
    assert 0 < len(found) < 20_000
    assert f"more than these {len(found):,} sets would not fit" in found.note
    assert "raise min_support, or set max_len" in found.note
    assert found.note in repr(found)
    assert found.to_frame(0).attrs["partial"] is True
    held = [set(basket) for basket in baskets]
    some = range(0, len(found), max(1, len(found) // 50))
    assert all(found.counts[i] == sum(set(found[i]) <= basket for basket in held) for i in some)


def test_rules_of_a_partial_answer_say_so():
    rules = sp.Apriori(1, max_itemsets=4).fit(LISTS).rules()
    assert "there may be more rules than these" in repr(rules)


# ------------------------------------------------------------------------------ few baskets


def test_one_basket():
    model = sp.Apriori(0.5).fit([["a", "b"]])
    table = model.rules().to_frame()
    assert table["antecedents"].tolist() == [("a",), ("b",)]
    assert (table[["confidence", "lift", "p_value"]] == 1).all(axis=None)
    assert sp.pair_counts([["a", "b"]])["count"].tolist() == [1]
    assert repr(sp.Apriori(0.5).fit([["a"]]).rules()).endswith("in one basket.")


@pytest.mark.parametrize("lists", [[[], []], [], [[None], [float("nan")]]])
def test_baskets_that_are_all_empty(lists):
    model = sp.Apriori(0.5).fit(lists)
    assert "the baskets hold no items" in repr(model.itemsets_)
    assert repr(model.rules()) == "Rules(0 of 0 tested): The baskets hold no items."
    assert list(model.itemsets_.to_frame().columns) == ["itemsets", "support", "count", "length"]
    assert len(sp.pair_counts(lists)) == 0
    assert len(sp.RuleRecommender(model.rules()).recommend_all(lists)) == 0
    assert len(model.baskets_) == len(lists)


# ------------------------------------------------------------------------------ names


def test_names_of_all_kinds_stay_apart_and_missing_ones_count_for_nothing(tmp_path):
    odd = [None, float("nan"), pd.NA, pd.NaT]
    lists = [[1, "1", ("a", 1), 2.5, *odd], ["1", 1.0, "a,b"], ["a,b", 1, 'say "hi"']]
    held = sp.Baskets.from_lists(lists)
    assert {(type(i), i) for i in held.items} == {
        (int, 1),
        (str, "1"),
        (str, "a,b"),
        (str, 'say "hi"'),
        (float, 2.5),
        (tuple, ("a", 1)),
    }
    rules = sp.Apriori(2).fit(held).rules(min_confidence=0.0)
    sides = set(zip(*(rules.to_frame()[c] for c in ("antecedents", "consequents")), strict=True))
    assert sides == {
        *[((1,), ("1",)), (("1",), (1,))],
        *[((1,), ("a,b",)), (("a,b",), (1,))],
    }
    rules.to_csv(tmp_path / "rules.csv")
    with (tmp_path / "rules.csv").open(newline="", encoding="utf-8") as file:
        cells = {row["antecedents"] for row in csv.DictReader(file)}
    assert [next(csv.reader([cell])) for cell in sorted(cells)] == [["a,b"], ["1"]]


@pytest.mark.parametrize("missing", [None, float("nan"), pd.NaT])
def test_a_missing_name_of_a_code_is_refused(missing):
    with pytest.raises(ValueError, match=r"'items' must be hashable names, .*; got .* at place 1"):
        sp.Baskets.from_codes([0, 0], [0, 1], ["a", missing])
    with pytest.raises(ValueError, match=r"from_sparse: 'items' must be hashable names"):
        sp.Baskets.from_sparse(scipy.sparse.eye_array(2), ["a", missing])


def test_names_that_cannot_be_names():
    with pytest.raises(ValueError, match=r"from_codes: 'items' must be hashable .*; got \['b'\]"):
        sp.Baskets.from_codes([0, 0], [0, 1], ["a", ["b"]])
    with pytest.raises(TypeError, match=r"an item of basket 0 must be hashable; got list \['b'\]"):
        sp.Apriori().fit([["a", ["b"]]])


def test_column_names_that_come_twice():
    twice = ONEHOT.set_axis(["tea", "cup", "tea"], axis=1)
    with pytest.raises(ValueError, match=r"Apriori: column names must be .*; got 'tea' 2 times"):
        sp.Apriori().fit(twice)
    for names in (["tea", None, None], ["tea", np.nan, np.nan], [1.0, np.nan, np.nan]):
        frame = ONEHOT.set_axis(names, axis=1)
        with pytest.raises(ValueError, match=r"there once each; got (nan|None) 2 times"):
            sp.Apriori().fit(frame)
    lines = pd.concat([LINES, LINES["product"]], axis=1)
    with pytest.raises(ValueError, match=r"baskets: column names .*; got 'product' 2 times"):
        sp.baskets(lines)


# ------------------------------------------------------------------------------ one-hot tables


@pytest.mark.parametrize(
    ("value", "error", "words"),
    [
        (2, ValueError, r"'cup' must be 0 or 1 in every row; got 2\.0 in row 2\. Say what counts"),
        (-1, ValueError, r"got -1\.0 in row 2"),
        (0.5, ValueError, r"got 0\.5 in row 2"),
        ("yes", TypeError, r"'cup' must be True and False, or 0 and 1; got 'yes' in row 2\. Say"),
        ("1", TypeError, r"got '1' in row 2"),
        (None, ValueError, r"'cup' must be 0 or 1; got a missing value in row 2\. Say what it"),
        (np.nan, ValueError, r"got a missing value in row 2"),
    ],
)
@pytest.mark.filterwarnings("ignore:DataFrames with non-bool")  # mlxtend's own, of a slow table
def test_a_cell_that_is_neither_0_nor_1_is_named(value, error, words):
    frame = ONEHOT.astype(object)
    frame.iloc[2, 1] = value
    with pytest.raises(error, match="Apriori: column .*" + words):
        sp.Apriori(0.5).fit(frame)
    if value is not None and value == value:
        with pytest.raises(ValueError, match=f"Found value {value}"):
            compat.apriori(frame, 0.5)


def test_tables_that_hold_something_else():
    said = r"got 'shrimp' in row 0\. .* rows of item names go in as lists, with frame\.to_numpy"
    padded = pd.DataFrame([["shrimp", "almonds"], ["burgers", None]])
    with pytest.raises(TypeError, match=r"Apriori: column 0 must be .*; " + said):
        sp.Apriori().fit(padded)
    assert sp.Apriori(1).fit(padded.to_numpy().tolist()).itemsets_.counts.tolist() == [1] * 4
    with pytest.raises(TypeError, match=said):
        sp.Apriori().fit(np.array([["shrimp", "almonds"]]))
    quantities = pd.DataFrame({"tea": [3, 0], "cup": [1, 1]})
    with pytest.raises(ValueError, match=r"got 3 in row 0\. Say what counts .* with frame > 0"):
        sp.Apriori().fit(quantities)
    export = pd.DataFrame({"InvoiceNo": ["1"], "StockCode": ["a"]})
    with pytest.raises(TypeError, match="order lines need the columns 'order' and 'product'"):
        sp.Apriori().fit(export)


def test_whole_floats_and_booleans_among_objects_are_taken():
    frame = ONEHOT.astype(object)
    frame.iloc[0, 0], frame.iloc[1, 1] = 1.0, True
    want = sp.Apriori(0.5).fit(ONEHOT).itemsets_.to_frame()
    pd.testing.assert_frame_equal(sp.Apriori(0.5).fit(frame).itemsets_.to_frame(), want)


def test_a_series_of_lists_is_lists_and_keeps_its_index():
    held = LINES.groupby("order")["product"].agg(list)
    model = sp.Apriori(0.5).fit(held)
    assert model.itemsets_.to_frozensets() == sp.Apriori(0.5).fit(LINES).itemsets_.to_frozensets()
    assert model.baskets_.orders.tolist() == [1, 2, 3]
    with pytest.raises(TypeError, match=r"Apriori: basket 0 must be a list of items; got str"):
        sp.Apriori().fit(LINES["product"])


# ------------------------------------------------------------------------------ empty answers


def test_a_threshold_that_leaves_nothing_says_what_there_is():
    model = sp.Apriori(0.9).fit(LISTS)
    told = "no set is in 4 baskets; the highest support is 0.75 (3 of 4), that of 'tea'"
    assert repr(model.itemsets_) == f"Itemsets: 0 sets in at least 4 of 4 baskets ({told})"
    frame = model.itemsets_.to_frame()
    assert list(frame.columns) == ["itemsets", "support", "count", "length"]
    assert frame.dtypes.astype(str).tolist() == ["object", "float64", "int64", "int64"]
    assert frame.attrs["note"] == told
    rules = model.rules()
    assert "the most frequent pair is cup with tea, 2 baskets" in repr(rules)
    full = sp.Apriori(0.25).fit(LISTS).rules().to_frame()
    assert rules.to_frame().dtypes.equals(full.dtypes)
    with pytest.raises(ValueError, match="is empty"):
        compat.association_rules(compat.apriori(ONEHOT.astype(bool), 0.9))


def test_rules_of_maximal_sets_are_refused_with_the_way_out():
    model = sp.Apriori(0.25, target="maximal").fit(LISTS)
    with pytest.raises(ValueError, match=r"'maximal'\. .* fit Apriori\(target='all'\)"):
        model.rules()


# ------------------------------------------------------------------------------ unknown items


def test_unknown_items_are_ignored_and_listed():
    model = sp.RuleRecommender(sp.Apriori(0.25).fit(LISTS).rules(min_confidence=0.1))
    table = model.recommend(["tea", "caviar", None, ["x"]])
    assert table["item"].tolist() == ["cup"]
    assert table.attrs["unknown"] == ["caviar", "None", "['x']"]
    table = model.recommend("caviar")
    assert list(table.columns) == ["item", "score", "because"]
    assert (len(table), table.attrs["unknown"]) == (0, ["caviar"])
    every = model.recommend_all([["tea", "x"], ["y"]])
    assert every["order"].tolist() == [0]
    assert every.attrs == {"baskets": 2, "without": 1, "unknown": ["x", "y"]}


# ------------------------------------------------------------------------------ many items


def test_65_537_items():
    ring = [[i, (i + 1) % 65_537] for i in range(65_537)]
    model = sp.Apriori(1).fit(ring)
    assert model.baskets_.n_items == 65_537
    assert len(model.itemsets_) == 2 * 65_537
    assert len(model.rules()) == 2 * 65_537
    pairs = sp.pair_counts(ring)
    assert len(pairs) == 65_537
    assert pairs.iloc[1, :3].tolist() == [0, 65_536, 1]
    suggested = sp.RuleRecommender(model.rules()).recommend(65_536)
    assert sorted(suggested["item"]) == [0, 65_535]


def test_an_order_of_100_000_items():
    long = list(range(100_000))
    model = sp.Apriori(2).fit([long, [5, 7], [5]])
    assert model.itemsets_.to_frozensets() == [{5}, {7}, {5, 7}]
    lines = pd.DataFrame({"order": [0] * 100_000, "product": long})
    assert sp.baskets(lines).sizes.tolist() == [100_000]
    rules = model.rules()
    assert len(sp.RuleRecommender(rules).recommend(long)) == 0
    some = sp.Apriori(1, max_itemsets=10).fit([long]).itemsets_
    assert (len(some), some.partial) == (10, True)
