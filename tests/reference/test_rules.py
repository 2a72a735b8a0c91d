"""Rules of real baskets: the figures that are published or computed elsewhere, and the peers'."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

import segpy as sp
from segpy import compat


@pytest.fixture(scope="module")
def groceries(data_dir):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEGPY_DATA", str(data_dir))
        return sp.datasets.fetch_groceries()


@pytest.fixture(scope="module")
def often(groceries):
    return sp.Apriori(0.001).fit(groceries)


@pytest.fixture(scope="module")
def retail(online_retail):
    lines, _ = sp.clean_transactions(online_retail, missing_customer="drop", returns="drop")
    return lines


def test_groceries_rules_by_size_and_the_best(often):
    rules = often.rules(min_confidence=0.8)
    assert len(rules) == 410
    assert np.bincount(rules.itemsets.lengths[rules.whole]).tolist() == [0, 0, 0, 29, 229, 140, 12]
    assert len(rules.prune()) == 410 - 18
    best = rules.to_frame(1, by="lift").iloc[0]
    assert set(best["antecedents"]) == {"liquor", "red/blush wine"}
    assert best["consequents"] == ("bottled beer",)
    assert best["count"] == 19
    measures = ["support", "confidence", "lift"]
    assert best[measures].tolist() == pytest.approx([0.001931876, 0.9047619, 11.23527], rel=5e-7)


def test_groceries_rules_at_other_thresholds(often, groceries):
    assert len(often.rules()) == 5668
    best = often.rules().to_frame(1, by="lift").iloc[0]
    assert set(best["antecedents"]) == {"Instant food products", "soda"}
    assert best["consequents"] == ("hamburger meat",)
    assert best["count"] == 12
    assert best["lift"] == pytest.approx(18.99565, rel=5e-7)
    hundredth = sp.Apriori(0.01).fit(groceries)
    assert len(hundredth.rules()) == 15
    assert len(hundredth.rules(min_confidence=0.3)) == 125
    some = sp.Apriori(0.006).fit(groceries)
    assert len(some.rules(min_confidence=0.25)) == 463
    assert len(some.rules(min_confidence=0.25, max_consequent=None)) == 467


def country(lines, name, support):
    """Give the rules of the most-read notebook on these data, and what they were found in."""
    here = lines[(lines["country"] == name) & ~lines["order"].astype(str).str.startswith("C")]
    here = here[here["description"].notna()]
    # an order of postage alone stays a basket, an empty one
    onehot = pd.crosstab(here["order"], here["description"].str.strip()).astype(bool)
    held = sp.Baskets.from_onehot(onehot.drop(columns="POSTAGE"))
    model = sp.Apriori(support).fit(held)
    return held, model, model.rules(min_confidence=0.0, min_lift=1, max_consequent=None)


def test_rules_of_france(online_retail):
    held, model, rules = country(online_retail, "France", 0.07)
    assert (held.n_baskets, len(model.itemsets_), len(rules)) == (392, 51, 26)
    table = rules.to_frame(by="lift")
    strong = table[(table["lift"] >= 6) & (table["confidence"] >= 0.8)]
    assert len(strong) == 8
    rows = {
        (frozenset(a), c): (round(s, 6), round(p, 6), round(q, 6))
        for a, c, s, p, q in strong[
            ["antecedents", "consequents", "support", "confidence", "lift"]
        ].itertuples(index=False)
    }
    paper = frozenset({"SET/20 RED RETROSPOT PAPER NAPKINS", "SET/6 RED SPOTTY PAPER CUPS"})
    assert rows[paper, ("SET/6 RED SPOTTY PAPER PLATES",)] == (0.09949, 0.975, 7.644)
    clock = frozenset({"ALARM CLOCK BAKELIKE RED"})
    assert rows[clock, ("ALARM CLOCK BAKELIKE GREEN",)] == (0.079082, 0.837838, 8.642959)


def test_rules_of_germany(online_retail):
    held, model, rules = country(online_retail, "Germany", 0.05)
    assert (held.n_baskets, len(model.itemsets_), len(rules)) == (457, 59, 18)
    best = rules.filter(contains="RED RETROSPOT CHARLOTTE BAG").to_frame(1, by="confidence").iloc[0]
    assert best["consequents"] == ("WOODLAND CHARLOTTE BAG",)
    values = best[["support", "confidence", "lift"]].round(6).tolist()
    assert values == [0.059081, 0.84375, 6.648168]


def test_rules_of_online_retail(retail):
    held = sp.baskets(retail, label=None, non_products="keep")
    fiftieth, hundredth = sp.Apriori(0.02).fit(held), sp.Apriori(0.01).fit(held)
    assert len(fiftieth.rules(max_consequent=None)) == 32
    assert len(hundredth.rules(max_consequent=None)) == 323
    assert len(hundredth.rules(max_consequent=None, min_confidence=0.7)) == 67
    table = hundredth.rules(max_consequent=None, consequent="23171").to_frame(1, by="lift")
    best = table.iloc[0]
    assert best["antecedents"] == ("23172",)
    assert best[["support", "confidence", "lift"]].tolist() == pytest.approx(
        [0.0109, 0.90179, 61.896], rel=5e-5
    )


def test_all_pairs_of_online_retail(retail):
    held = sp.baskets(retail, label=None, non_products="keep")
    pairs = sp.pair_counts(held)
    sizes = held.sizes
    assert pairs["count"].sum() == (sizes * (sizes - 1) // 2).sum()
    sets = sp.Apriori(0.01, min_len=2, max_len=2).fit(held).itemsets_.to_frame()
    often = pairs[pairs["count"] >= sets["count"].min()]
    wanted = {frozenset(s): n for s, n in zip(sets["itemsets"], sets["count"], strict=True)}
    got = zip(often["item_a"], often["item_b"], often["count"], strict=True)
    assert {frozenset([a, b]): n for a, b, n in got} == wanted


def test_the_recommender_beats_the_most_popular(retail):
    table = sp.evaluate_recommender(retail, split="2011-10-01")
    assert table.index.tolist() == [1, 5, 10]
    assert (table["n"] == 125_727).all()
    assert (table["rules"] > 2 * table["most_popular"]).all()
    assert table.attrs["verdict"].startswith("The rules beat the most popular items")


def test_groceries_are_mlxtends(groceries):
    with warnings.catch_warnings():
        theirs = pytest.importorskip("mlxtend.frequent_patterns", reason="no mlxtend here")
    cells = np.zeros((groceries.n_baskets, groceries.n_items), dtype=np.bool_)
    cells[np.repeat(np.arange(len(groceries)), groceries.sizes), groceries.indices] = True
    frame = pd.DataFrame(cells, columns=groceries.items)
    wanted = theirs.apriori(frame, 0.01, use_colnames=True)
    got = compat.apriori(frame, 0.01, use_colnames=True)
    pd.testing.assert_frame_equal(got, wanted, check_exact=True)
    options = {"metric": "confidence", "min_threshold": 0.3}
    pd.testing.assert_frame_equal(
        compat.association_rules(got, **options),
        theirs.association_rules(wanted, **options),
        check_exact=True,
    )
    maximal = theirs.fpmax(frame, 0.01, use_colnames=True)
    found = compat.fpmax(frame, 0.01, use_colnames=True)
    assert set(found["itemsets"]) == set(maximal["itemsets"])
