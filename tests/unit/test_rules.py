"""Apriori.rules and Rules: tables, limits, chance, redundancy, empty answers, errors."""

from __future__ import annotations

import csv
import math
import pickle
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

import segpy as sp
from oracle import rules as oracle
from segpy.basket.rules import significant, smallest_confidence

LISTS = [
    ["tea", "cup", "milk"],
    ["tea", "cup"],
    ["tea", "milk"],
    ["tea", "cup", "milk"],
    ["jam"],
    ["jam", "cup"],
    [],
]
COLUMNS = [
    "antecedents",
    "consequents",
    "antecedent support",
    "consequent support",
    "support",
    "confidence",
    "lift",
    "representativity",
    "leverage",
    "conviction",
    "zhangs_metric",
    "jaccard",
    "certainty",
    "kulczynski",
    "count",
    "p_value",
    "lift_low",
]


@pytest.fixture(scope="module")
def model():
    return sp.Apriori(min_support=1).fit(LISTS)


def found(rules):
    frame = rules.to_frame()
    return set(zip(frame["antecedents"], frame["consequents"], strict=True))


def test_the_table_has_the_columns_and_types_that_are_promised(model):
    frame = model.rules().to_frame()
    assert list(frame.columns) == COLUMNS
    assert frame["count"].dtype == np.int64
    assert (frame.dtypes[COLUMNS[2:14] + COLUMNS[15:]] == np.float64).all()
    assert isinstance(frame["antecedents"][0], tuple)
    assert frame.attrs["n_baskets"] == 7
    assert frame.attrs["n_tested"] == model.rules().n_tested


def test_measures_follow_their_formulas(model):
    frame = model.rules(min_confidence=0.0, max_consequent=None).to_frame()
    sets = [set(basket) for basket in LISTS]
    n = len(sets)
    assert len(frame) > 10
    for row in frame.to_dict("records"):
        left, right = set(row["antecedents"]), set(row["consequents"])
        x, y = sum(left <= s for s in sets), sum(right <= s for s in sets)
        b = sum(left | right <= s for s in sets)
        px, py, pb, conf = x / n, y / n, b / n, b / x
        below = max(pb * (1 - px), px * (py - pb))
        z = 1.6448536269514722
        low = [
            (b + z * z / 2 - z * math.sqrt(b * (m - b) / m + z * z / 4)) / (m + z * z)
            for m in (x, y)
        ]
        wanted = {
            "antecedent support": px,
            "consequent support": py,
            "support": pb,
            "confidence": conf,
            "lift": conf / py,
            "representativity": 1.0,
            "leverage": pb - px * py,
            "conviction": math.inf if b == x else (1 - py) / (1 - conf),
            "zhangs_metric": (pb - px * py) / below if below else 0.0,
            "jaccard": b / (x + y - b),
            "certainty": (conf - py) / (1 - py),
            "kulczynski": (conf + b / y) / 2,
            "count": b,
            "p_value": float(oracle.fisher(n, x, y, b)),
            "lift_low": n * min(low[0] / y, low[1] / x),
        }
        assert {k: row[k] for k in wanted} == pytest.approx(wanted, rel=1e-12, abs=1e-15)


def test_an_item_of_every_basket_makes_finite_measures():
    rules = sp.Apriori(min_support=1).fit([["a", "b"], ["a"]]).rules(min_confidence=0.0)
    frame = rules.to_frame()
    assert frame["certainty"].tolist() == [0.0, 0.0]
    assert frame["zhangs_metric"].tolist() == [0.0, 0.0]
    assert frame["lift"].tolist() == [1.0, 1.0]
    assert frame["p_value"].tolist() == [1.0, 1.0]
    assert np.isinf(frame["conviction"].max())


def test_confidence_is_the_decimal_it_prints():
    lists = [["a", "b"]] * 3 + [["a"]] * 7  # 0.3, and 0.1 + 0.2 is more than that
    model = sp.Apriori(min_support=1).fit(lists)
    assert len(model.rules(min_confidence=0.3)) == 2
    assert len(model.rules(min_confidence=np.float32(0.3))) == 2
    assert len(model.rules(min_confidence=0.1 + 0.2)) == 1
    assert len(model.rules(min_confidence=1)) == 1
    assert len(model.rules(min_confidence=1e-300)) == 2


@pytest.mark.parametrize(
    "value", [0, 1, 0.5, 0.3, 1e-300, 0.30000000000000004, 1 / 3, 2 / 3, 0.999]
)
@pytest.mark.parametrize("n", [1, 2, 7, 30, 1000])
def test_the_kernels_fraction_decides_as_the_decimal_does(value, n):
    least, asked = smallest_confidence("x", value, n), Fraction(str(value))
    assert asked <= least
    assert least.denominator <= n
    for x in range(1, min(n, 60) + 1):
        for b in range(x + 1):
            assert (Fraction(b, x) >= asked) == (Fraction(b, x) >= least)


def test_sides_and_sizes_are_limited(model):
    assert found(model.rules(consequent="cup", min_confidence=0.0)) == {
        (("cup",) and x, ("cup",)) for x in [("tea",), ("milk",), ("jam",), ("tea", "milk")]
    }
    limited = model.rules(antecedent=["tea", "jam"], min_confidence=0.0, max_consequent=None)
    assert {x for x, _ in found(limited)} == {("tea",), ("jam",)}
    assert (("tea",), ("cup", "milk")) in found(limited)
    assert max(len(y) for _, y in found(model.rules(min_confidence=0.0, max_consequent=2))) == 2
    assert model.rules(consequent="cup").n_tested == model.rules().n_tested


def test_n_tested_counts_all_splits(model):
    lengths = np.bincount(model.itemsets_.lengths)
    assert model.rules(min_confidence=1.0).n_tested == 2 * lengths[2] + 3 * lengths[3]
    assert model.rules(max_consequent=None).n_tested == 2 * lengths[2] + 6 * lengths[3]


def test_filter_top_and_sorting(model):
    rules = model.rules(min_confidence=0.0)
    assert (rules.filter(min_lift=1.2).to_frame()["lift"] >= 1.2).all()
    assert all("jam" in x + y for x, y in found(rules.filter(contains="jam")))
    assert all({"tea", "cup"} <= {*x, *y} for x, y in found(rules.filter(contains=["tea", "cup"])))
    best = rules.top(3, "confidence").to_frame(by=None)
    assert best.equals(rules.to_frame(3, by="confidence"))
    assert rules.to_frame()["lift_low"].is_monotonic_decreasing
    assert rules.to_frame(by="p_value")["p_value"].is_monotonic_increasing
    tied = rules.to_frame(by="representativity")
    assert tied["count"].is_monotonic_decreasing
    assert len(rules.to_frame(0)) == 0
    assert list(rules.to_frame(0).columns) == COLUMNS


def test_prune_takes_redundant_rules_away():
    # (tea, milk) => cup says no more than tea => cup does
    lists = [["tea", "milk", "cup"]] * 3 + [["tea", "cup"]] * 3 + [["milk"]] * 3 + [["jam"]]
    rules = sp.Apriori(min_support=1).fit(lists).rules(min_confidence=0.9)
    assert (("tea", "milk"), ("cup",)) in {
        (tuple(sorted(x, reverse=True)), y) for x, y in found(rules)
    }
    assert all(len(x) == 1 for x, _ in found(rules.prune()))
    assert len(rules.prune(redundant=False)) == len(rules)


def test_redundancy_looks_beyond_the_rules_at_hand():
    # of two antecedents the better is no rule here: its antecedent is not asked for
    lists = [["a", "b", "c"]] * 4 + [["a"]] * 2 + [["b", "c"]] * 4 + [["d"]]
    rules = sp.Apriori(min_support=1).fit(lists).rules(min_confidence=0.5, consequent="c")
    only = rules.filter(contains=["a", "b"])
    assert found(only) == {(("b", "a"), ("c",))} or found(only) == {(("a", "b"), ("c",))}
    assert len(only.prune()) == 0


def test_corrections_are_those_of_the_books():
    p = np.array([0.04, 0.001, 0.012, 0.011, 0.9])
    assert significant(p, 0.05, "bonferroni", 5).tolist() == [False, True, False, False, False]
    assert significant(p, 0.05, "holm", 5).tolist() == [False, True, True, True, False]
    assert significant(p, 0.05, "bh", 5).tolist() == [True, True, True, True, False]
    assert significant(p, 0.05, "bh", 5000).tolist() == [False] * 5
    assert significant(np.zeros(0), 0.05, "holm", 5).tolist() == []
    for correction in ("bh", "holm", "bonferroni"):
        assert significant(np.zeros(3), 0.05, correction, 10**30).all()


def test_independent_items_leave_no_rule_that_stands():
    # correcting after a filter on lift would let some of these through
    rng = np.random.default_rng(3)
    left = tried = 0
    for _ in range(10):
        held = rng.random((2000, 40)) < 0.05
        rules = sp.Apriori(min_support=5).fit(held).rules(min_confidence=0.0)
        good = rules.filter(min_lift=1.5)
        tried += len(good)
        left += len(good.prune(alpha=0.05))
    assert tried > 1000
    assert left <= 2


def test_an_empty_answer_names_the_best_rule(model):
    rules = model.rules(min_confidence=1.0, consequent="jam")
    assert len(rules) == 0
    assert list(rules.to_frame().columns) == COLUMNS
    assert "cup => jam, confidence 0.25, lift 0.875, 1 basket" in rules.note
    assert rules.note in repr(rules)
    assert rules.to_frame().attrs["note"] == rules.note
    lifted = model.rules(min_lift=50)
    assert len(lifted) == 0
    assert "lift 50" in lifted.note
    assert "the best there is" in lifted.note
    pruned = model.rules().prune(alpha=0.001)
    assert len(pruned) == 0
    assert f"among {pruned.n_tested}" in pruned.note
    apart = sp.Apriori(min_support=4).fit(LISTS).rules()
    assert "most frequent pair is cup with tea, 3 baskets" in apart.note
    assert "ever in one basket" in sp.Apriori(min_support=1).fit([["a"], ["b"]]).rules().note


def test_rules_of_closed_sets_are_those_of_all(model):
    closed = sp.Apriori(min_support=1, target="closed").fit(LISTS).rules(min_confidence=0.0)
    assert closed.to_frame().equals(model.rules(min_confidence=0.0).to_frame())
    longer = sp.Apriori(min_support=1, min_len=3).fit(LISTS).rules(min_confidence=0.0)
    assert {len(x) + len(y) for x, y in found(longer)} == {3}
    assert longer.n_tested == 3


def test_partial_itemsets_say_so():
    model = sp.Apriori(min_support=1, max_itemsets=5).fit([["a", "b", "c", "d"]] * 3)
    assert model.itemsets_.partial
    rules = model.rules(min_confidence=0.0)
    assert "partial" in rules.note
    assert (rules.to_frame()["confidence"] == 1).all()


def test_csv_keeps_names_apart(model, tmp_path):
    lists = [["salt, fine", 'say "no"'], ["salt, fine", 'say "no"'], ["tea"]]
    rules = sp.Apriori(min_support=1).fit(lists).rules()
    path = tmp_path / "rules.csv"
    rules.to_csv(path)
    table = pd.read_csv(path)
    assert list(table.columns) == COLUMNS
    cells = {next(csv.reader([cell]))[0] for cell in table["antecedents"]}
    assert cells == {"salt, fine", 'say "no"'}
    with pytest.raises(OSError, match=r"Rules\.to_csv"):
        rules.to_csv(tmp_path)


def test_rules_pickle(model):
    rules = model.rules()
    assert pickle.loads(pickle.dumps(rules)).to_frame().equals(rules.to_frame())


def test_names_of_any_kind():
    lists = [[1, "1", ("a", "b"), None], [1, "1", ("a", "b")], [1]]
    rules = sp.Apriori(min_support=2).fit(lists).rules(min_confidence=0.0)
    assert ((("a", "b"),), (1,)) in found(rules)
    assert found(rules.filter(contains=("a", "b"))) == {
        r for r in found(rules) if ("a", "b") in r[0] + r[1]
    }


@pytest.mark.parametrize(
    ("kind", "words", "options"),
    [
        (ValueError, "'min_confidence' must be a number in \\[0, 1\\]", {"min_confidence": 1.5}),
        (ValueError, "'min_confidence'", {"min_confidence": -0.1}),
        (ValueError, "'min_confidence'", {"min_confidence": math.nan}),
        (TypeError, "'min_confidence'", {"min_confidence": True}),
        (TypeError, "'min_confidence'", {"min_confidence": "0.5"}),
        (ValueError, "'min_lift'", {"min_lift": -1}),
        (ValueError, "'min_lift'", {"min_lift": math.inf}),
        (ValueError, "'max_consequent' must be an int >= 1", {"max_consequent": 0}),
        (TypeError, "'max_consequent'", {"max_consequent": 1.0}),
        (
            ValueError,
            "'antecedent' must be items of the baskets; got 'teh'.*'tea'",
            {"antecedent": "teh"},
        ),
        (ValueError, "'consequent' must be items of the baskets; got none", {"consequent": []}),
    ],
)
def test_wrong_options_are_named(model, kind, words, options):
    with pytest.raises(kind, match=words):
        model.rules(**options)


def test_wrong_calls_are_named(model):
    rules = model.rules()
    for call, kind in [
        (lambda: rules.to_frame(by="speed"), ValueError),
        (lambda: rules.to_frame(-1), ValueError),
        (lambda: rules.top(1.5), TypeError),
        (lambda: rules.prune(alpha=1.0), ValueError),
        (lambda: rules.prune(alpha=0), ValueError),
        (lambda: rules.prune(correction="fdr"), ValueError),
        (lambda: rules.prune(redundant="yes"), TypeError),
        (lambda: rules.filter(contains="beer"), ValueError),
        (lambda: rules.filter(min_lift="2"), TypeError),
        (lambda: rules.measure("antecedents"), ValueError),
    ]:
        with pytest.raises(kind, match="Rules"):
            call()
    maximal = sp.Apriori(min_support=1, target="maximal").fit(LISTS)
    with pytest.raises(ValueError, match="have lost the counts of their parts"):
        maximal.rules()


def test_no_baskets_and_empty_ones():
    for lists in ([[], []], [["a"]], [["a", "b"]]):
        rules = sp.Apriori(min_support=1).fit(lists).rules()
        assert len(rules) == (2 if lists == [["a", "b"]] else 0)
        assert len(rules.to_frame()) == len(rules)
        assert len(rules.prune(alpha=0.05)) == 0
