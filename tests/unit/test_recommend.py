"""RuleRecommender and evaluate_recommender."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest

import segpy as sp

LISTS = [["tea", "cup"], ["tea", "cup", "milk"], ["tea", "cup"], ["milk"], ["jam", "milk"], ["jam"]]


@pytest.fixture(scope="module")
def model():
    return sp.Apriori(min_support=1).fit(LISTS)


@pytest.fixture(scope="module")
def recommender(model):
    return sp.RuleRecommender(model.rules(min_confidence=0.1))


def by_the_words(rules, basket, n):
    """Rank rules of lift above 1 and walk through them."""
    frame = rules.to_frame(by=None)
    frame = frame[frame["lift"] > 1]
    found = {}
    for row in frame.sort_values(["confidence", "lift", "count"], ascending=False).to_dict(
        "records"
    ):
        for item in row["consequents"]:
            if set(row["antecedents"]) <= set(basket) and item not in basket:
                found.setdefault(item, row["confidence"])
    return sorted(found.values(), reverse=True)[:n]


def test_suggestions_have_scores_and_the_rules_that_made_them(model, recommender):
    table = recommender.recommend(["tea"])
    assert list(table.columns) == ["item", "score", "because"]
    assert table.iloc[0].tolist() == ["cup", 1.0, ("tea",)]
    assert table.attrs == {"unknown": []}
    for basket in (["tea"], ["tea", "milk"], ["jam"], ["cup", "milk", "tea"], []):
        table = recommender.recommend(basket)
        assert table["score"].tolist() == by_the_words(recommender.rules, basket, 5)
        assert not set(table["item"]) & set(basket)
        assert all(set(b) <= set(basket) for b in table["because"])


def test_unknown_items_are_ignored_and_listed(recommender):
    table = recommender.recommend(["tea", "caviar", 7, "caviar", None, ["tea"]])
    assert table.attrs["unknown"] == ["caviar", "7", "None", "['tea']"]
    assert table["item"].tolist() == recommender.recommend("tea")["item"].tolist()
    assert len(recommender.recommend(["caviar"])) == 0
    assert list(recommender.recommend([]).columns) == ["item", "score", "because"]


def test_no_answer_is_changed_through_another(recommender):
    first = recommender.recommend(["tea"])
    wanted = first.copy()
    first.loc[0, "score"] = -1.0
    first["item"] = "none"
    first["more"] = 1
    pd.testing.assert_frame_equal(recommender.recommend(["tea"]), wanted)
    assert wanted.dtypes.tolist() == [object, np.float64, object]
    assert wanted.index.equals(pd.RangeIndex(len(wanted)))


def test_more_than_there_is_may_be_asked_for(recommender):
    table = recommender.recommend(["tea"], n=2**70)
    assert table.equals(recommender.recommend(["tea"], n=3))
    assert recommender.recommend_all([["tea"]] * 9, n=10**15)["item"].tolist() == [
        *(table["item"].tolist() * 9)
    ]


def test_all_baskets_are_answered_as_one_is(model, recommender):
    table = recommender.recommend_all(model.baskets_, n=2)
    assert list(table.columns) == ["order", "item", "score", "because"]
    for number, basket in enumerate(LISTS):
        part = table[table["order"] == number].drop(columns="order").reset_index(drop=True)
        alone = recommender.recommend(basket, n=2)
        assert part.to_numpy().tolist() == alone.to_numpy().tolist()
    without = sum(len(recommender.recommend(basket, n=2)) == 0 for basket in LISTS)
    assert table.attrs == {"baskets": 6, "without": without, "unknown": []}


def test_other_baskets_are_matched_by_name(recommender):
    table = recommender.recommend_all([["cup", "beer"], ["beer"], ["tea", "cup"]])
    assert table[table["order"] == 0].iloc[0, 1:].tolist() == ["tea", 1.0, ("cup",)]
    assert table.attrs["unknown"] == ["beer"]


def test_order_lines_are_matched_by_what_was_counted():
    def shop(**names):
        rows = [
            (order, code, names[code])
            for order, codes in enumerate(["AB", "AB", "AC", "C", "D"])
            for code in codes
        ]
        return pd.DataFrame(rows, columns=["order", "product", "description"])

    rules = sp.Apriori(1).fit(sp.baskets(shop(A="tea", B="cup", C="jam", D="pot"))).rules()
    recommender = sp.RuleRecommender(rules)
    # in the other table A is shown as what B is shown as here
    later = sp.baskets(shop(A="cup", B="mug", C="jam", D="pot"))
    table = recommender.recommend_all(later)
    wanted = recommender.recommend("tea").drop(columns="score")
    assert len(wanted)
    assert recommender.recommend("A").drop(columns="score").equals(wanted)
    asked = table[table["order"] == 2]  # A and C
    assert asked["item"].tolist() == ["cup"]
    assert asked["because"].tolist() == [("tea",)]
    # of lists nothing but names is known
    assert recommender.recommend_all([["tea", "jam"]])["item"].tolist() == ["cup"]


def test_ties_go_to_the_order_that_is_stated():
    lists = [["a", "x"], ["a", "x"], ["a", "y"], ["a", "y"], ["b"], ["b"]]
    rules = sp.Apriori(min_support=1).fit(lists).rules(min_confidence=0.1)
    assert sp.RuleRecommender(rules).recommend("a")["item"].tolist() == ["x", "y"]


def test_rules_of_several_consequents_suggest_each(model):
    rules = model.rules(min_confidence=0.1, max_consequent=None, antecedent="milk", min_lift=0)
    pairs = rules.filter(contains=["tea", "cup"])
    assert all(len(y) == 2 for y in pairs.to_frame()["consequents"])
    strong = sp.RuleRecommender(pairs)
    assert len(strong) in (0, 2)


def test_no_rules_suggest_nothing(model):
    nothing = sp.RuleRecommender(model.rules(min_confidence=1.0, consequent="jam"))
    assert len(nothing) == 0
    assert len(nothing.recommend(["tea"])) == 0
    assert len(nothing.recommend_all(LISTS)) == 0


def test_it_pickles_and_threads_change_nothing(model, recommender):
    again = pickle.loads(pickle.dumps(recommender))
    assert again.recommend(["tea"]).equals(recommender.recommend(["tea"]))
    many = sp.RuleRecommender(recommender.rules, n_jobs=4)
    assert many.recommend_all(LISTS * 300).equals(recommender.recommend_all(LISTS * 300))


def test_wrong_arguments_are_named(recommender):
    for call, kind in [
        (lambda: sp.RuleRecommender([]), TypeError),
        (lambda: sp.RuleRecommender(recommender.rules, n_jobs=0), ValueError),
        (lambda: recommender.recommend("tea", n=0), ValueError),
        (lambda: recommender.recommend_all(LISTS, n=2.0), TypeError),
        (lambda: recommender.recommend(sp.Baskets.from_lists(LISTS)), TypeError),
        (lambda: recommender.recommend(pd.DataFrame({"tea": [1]})), TypeError),
    ]:
        with pytest.raises(kind, match="RuleRecommender"):
            call()


def lines(orders, day):
    rows = [(number, item, day) for number, basket in orders for item in basket]
    return pd.DataFrame(rows, columns=["order", "product", "date"]).astype(
        {"date": "datetime64[ns]"}
    )


def test_hidden_items_are_counted_by_the_words():
    rng = np.random.default_rng(5)
    baskets = [sorted({f"i{v}" for v in rng.geometric(0.2, 5)}) for _ in range(300)]
    tx = pd.concat(
        [
            lines(enumerate(baskets[:200]), "2024-01-01"),
            lines(enumerate(baskets[200:], 1000), "2024-03-01"),
        ]
    )
    table = sp.evaluate_recommender(tx, split="2024-02-01", min_support=0.02, k=[3, 1])
    assert table.index.tolist() == [1, 3]
    assert table.index.name == "k"
    assert list(table.columns) == ["rules", "most_popular", "coverage", "n"]
    before = sp.Baskets.from_lists(baskets[:200])
    rules = sp.Apriori(0.02).fit(before).rules(min_confidence=0.1)
    recommender = sp.RuleRecommender(rules)
    hits = {(who, k): 0 for who in ("rules", "popular") for k in (1, 3)}
    covered = n = 0
    for basket in baskets[200:]:
        for hidden in basket if len(basket) > 1 else []:
            rest = [item for item in basket if item != hidden]
            found = recommender.recommend(rest, n=3)["item"].tolist()
            popular = [item for item in before.items if item not in rest]
            n += 1
            covered += bool(found)
            for k in (1, 3):
                hits["rules", k] += hidden in found[:k]
                hits["popular", k] += hidden in popular[:k]
    assert (table["n"] == n).all()
    assert table["rules"].tolist() == [hits["rules", k] / n for k in (1, 3)]
    assert table["most_popular"].tolist() == [hits["popular", k] / n for k in (1, 3)]
    assert (table["coverage"] == covered / n).all()
    assert table.attrs["orders_before"] == 200
    assert table.attrs["orders_after"] == 100


def test_the_split_must_split():
    tx = lines(enumerate([["a", "b"], ["a", "b"]]), "2024-01-01")
    both = pd.concat([tx, lines([(9, ["a"])], "2024-03-01")])
    for table, split, words in [
        (tx, "2023-01-01", "between the first and the last order"),
        (tx, "2025-01-01", "between the first and the last order"),
        (tx, "soon", "a date such as"),
        (tx, "01/02/2024", "year, month, day"),
        (tx, pd.Timestamp("2024-02-01", tz="UTC"), "without a time zone"),
        (both, "2024-02-01", "of two items and more"),
        (tx.drop(columns="date"), "2024-02-01", "'date'"),
        (tx.head(0), "2024-02-01", "lines of orders; got none"),
    ]:
        with pytest.raises(ValueError, match=words):
            sp.evaluate_recommender(table, split=split)
    with pytest.raises(TypeError, match="'progress'"):
        sp.evaluate_recommender(tx, split="2024-02-01", progress="yes")
    for k, kind in [([], ValueError), ([0], ValueError), (None, TypeError), ("1", TypeError)]:
        with pytest.raises(kind, match="'k'"):
            sp.evaluate_recommender(tx, split="2024-02-01", k=k)


def test_the_verdict_says_where_nothing_is_suggested(capsys):
    before = lines(enumerate([["a", "b"], ["a", "b"]]), "2024-01-01")  # lift 1
    tx = pd.concat([before, lines([(9, ["a", "b"])], "2024-03-01")])
    table = sp.evaluate_recommender(tx, split="2024-02-01", progress=True)
    assert table.attrs["verdict"].endswith("no rule of lift above 1: nothing is suggested.")
    assert table["rules"].tolist() == [0.0] * 3
    assert table["most_popular"].tolist() == [1.0] * 3
    assert "hiding items" in capsys.readouterr().err
