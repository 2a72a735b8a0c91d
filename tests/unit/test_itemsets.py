"""Apriori: parameters, limits, names, empty answers."""

from __future__ import annotations

import pickle
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

import segpy as sp

ORDERS = [["tea", "cup"], ["tea", "cup", "jam"], ["tea"], ["jam"]]


def test_a_share_is_the_decimal_it_prints():
    baskets = [["a"]] * 7 + [["b"]] * 18
    assert sp.Apriori(0.28).fit(baskets).min_count_ == 7
    assert sp.Apriori(np.float32(0.28)).fit(baskets).min_count_ == 7
    assert sp.Apriori(Fraction(28, 100)).fit(baskets).min_count_ == 7
    assert sp.Apriori(0.281).fit(baskets).min_count_ == 8
    assert sp.Apriori(1.0).fit(baskets).min_count_ == 25
    assert sp.Apriori(1).fit(baskets).min_count_ == 1
    assert sp.Apriori(1e-9).fit(baskets).min_count_ == 1


def test_a_set_in_every_basket_is_there():
    found = sp.Apriori(1.0).fit([["a", "b"], ["b", "a", "c"]]).itemsets_
    assert list(found) == [("a",), ("b",), ("a", "b")]
    assert found.counts.tolist() == [2, 2, 2]


def test_the_table():
    found = sp.Apriori(0.5).fit(ORDERS).itemsets_
    frame = found.to_frame()
    assert list(frame.columns) == ["itemsets", "support", "count", "length"]
    assert frame["itemsets"].tolist() == [("tea",), ("cup",), ("jam",), ("tea", "cup")]
    assert frame["support"].tolist() == [0.75, 0.5, 0.5, 0.5]
    assert frame["count"].dtype == np.int64
    assert found.to_frame(2)["itemsets"].tolist() == [("tea",), ("cup",)]
    assert found[3] == found[-1] == ("tea", "cup")
    assert found[1:3] == [("cup",), ("jam",)]
    assert found[::-2] == [("tea", "cup"), ("cup",)]
    assert list(found) == found[:] == frame["itemsets"].tolist()
    with pytest.raises(IndexError, match="4 sets; got index 4"):
        found[4]
    with pytest.raises(ValueError, match=r"Itemsets.to_frame: 'n'"):
        found.to_frame(-1)
    assert found.to_frozensets()[3] == frozenset({"tea", "cup"})
    with pytest.raises(ValueError, match="read-only"):
        found.counts[0] = 1


def test_names_of_any_kind_are_kept():
    orders = [[("a", 1), "a,b", 3, b"x"], [("a", 1), 3, "a,b"], [None, float("nan"), pd.NA, 3]]
    baskets = sp.Baskets.from_lists(orders)
    assert baskets.items[0] == 3
    assert set(baskets.items) == {("a", 1), "a,b", 3, b"x"}
    found = sp.Apriori(2).fit(orders).itemsets_
    assert {frozenset(s) for s in found} >= {frozenset({("a", 1), "a,b", 3})}
    assert found.to_frame()["itemsets"].map(type).eq(tuple).all()


@pytest.mark.parametrize(
    ("words", "error", "says"),
    [
        ({"min_support": 0}, ValueError, r"Apriori: 'min_support' must be .*; got 0\."),
        ({"min_support": 0.0}, ValueError, "min_support"),
        ({"min_support": -0.1}, ValueError, "min_support"),
        ({"min_support": 1.5}, ValueError, "A number of baskets is an int"),
        ({"min_support": float("nan")}, ValueError, "min_support"),
        ({"min_support": True}, TypeError, "min_support"),
        ({"min_support": "1%"}, TypeError, "min_support"),
        ({"min_len": 0}, ValueError, "min_len"),
        ({"min_len": 3, "max_len": 2}, ValueError, "max_len"),
        ({"max_len": 2.0}, TypeError, "max_len"),
        ({"target": "some"}, ValueError, "target"),
        ({"max_itemsets": 0}, ValueError, "max_itemsets"),
        ({"n_jobs": 0}, ValueError, "n_jobs"),
    ],
)
def test_wrong_parameters(words, error, says):
    with pytest.raises(error, match=says):
        sp.Apriori(**words).fit(ORDERS)


@pytest.mark.parametrize("data", ["tea", 3, None, {"a": 1}.get])
def test_what_is_no_basket_is_refused(data):
    with pytest.raises(TypeError, match="Apriori"):
        sp.Apriori().fit(data)


def test_nothing_frequent_names_the_highest_support():
    found = sp.Apriori(0.9).fit(ORDERS).itemsets_
    assert len(found) == 0
    assert not found.partial
    assert "0.75 (3 of 4)" in found.note
    assert list(found.to_frame().columns) == ["itemsets", "support", "count", "length"]
    assert found.to_frame().attrs["note"] == found.note
    assert sp.Apriori(1).fit([]).itemsets_.note == "the baskets hold no items"
    assert sp.Apriori(1).fit([[], []]).itemsets_.note == "the baskets hold no items"
    assert len(sp.Apriori(0.5).fit([["a", "b"]]).itemsets_) == 3


def test_a_limit_that_is_hit_is_said():
    model = sp.Apriori(1, max_itemsets=5).fit(ORDERS)
    found = model.itemsets_
    assert found.partial
    assert len(found) == 5
    assert "max_itemsets=5" in found.note
    every = sp.Apriori(1).fit(ORDERS).itemsets_
    assert not every.partial
    known = dict(zip(every, every.counts.tolist(), strict=True))
    assert all(known[s] == c for s, c in zip(found, found.counts.tolist(), strict=True))


def test_lengths_choose():
    found = sp.Apriori(1, min_len=2, max_len=2).fit(ORDERS).itemsets_
    assert found.lengths.tolist() == [2, 2, 2]
    assert found[0] == ("tea", "cup")


def test_clone_pickle_and_refit():
    model = sp.Apriori(0.25, max_len=2).fit(ORDERS)
    again = pickle.loads(pickle.dumps(model))
    fresh = clone(model).fit(ORDERS)
    for other in (again, fresh):
        assert other.get_params() == model.get_params()
        np.testing.assert_array_equal(other.itemsets_.indices, model.itemsets_.indices)
        assert list(other.itemsets_) == list(model.itemsets_)


def test_an_order_of_a_hundred_thousand_items():
    orders = [range(100_000), range(0, 100_000, 25_000), range(3)]
    found = sp.Apriori(2).fit(orders).itemsets_
    # 0 is in all three, 1 and 2 in two, the others of the short order too
    assert len(found) == len(oracle_of(orders))
    assert len(sp.Apriori(1, max_len=1).fit(orders).itemsets_) == 100_000


def oracle_of(orders):
    shared = [set(a) & set(b) for a in orders for b in orders if a is not b]
    sets = set()
    for common in shared:
        items = sorted(common)
        for mask in range(1, 2 ** len(items)):
            sets.add(frozenset(i for k, i in enumerate(items) if mask >> k & 1))
    return sets


def test_more_items_than_two_bytes_name():
    orders = [[i, i + 1] for i in range(65_537)]
    found = sp.Apriori(2).fit(orders).itemsets_
    assert len(found) == 65_536
    found = sp.Apriori(1).fit(orders).itemsets_
    assert len(found) == 65_538 + 65_537


def test_found_sets_cannot_be_changed():
    # the rules read them where they lie
    found = sp.Apriori(1).fit([["a", "b"], ["b"]]).itemsets_
    for array in (found.indptr, found.indices, found.counts):
        with pytest.raises(ValueError, match="WRITEABLE"):
            array.flags.writeable = True
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


@pytest.mark.parametrize("target", ["closed", "maximal"])
def test_items_that_are_always_bought_together(target):
    alike = [f"{i:05}" for i in range(20_000)]
    sets = sp.Apriori(1, target=target).fit([alike, alike, ["a"], ["b"]]).itemsets_
    assert sets.to_frame()["itemsets"].tolist() == [("a",), ("b",), tuple(alike)]
