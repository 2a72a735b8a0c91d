"""The chapter "Bought together": true sentences, few of them, and one where there is nothing."""

from __future__ import annotations

import re
from math import ceil

import numpy as np
import pandas as pd
import pytest

import segpy as sp
from segpy.reporting import bought, page, road, sentences, together
from segpy.reporting.bought import Together
from segpy.reporting.story import Story


def shop(n=400, seed=1, habit=0.8, items=12) -> pd.DataFrame:
    """Make cleaned lines of `n` orders: thing 1 goes with thing 0, 3 with 2, the rest by chance."""
    rng = np.random.default_rng(seed)
    rows = []
    for order in range(n):
        held = {int(i) for i in rng.integers(0, items, 3)}
        held |= {i + 1 for i in (0, 2) if i in held and rng.random() < habit}
        rows += [(order, i) for i in sorted(held)]
    orders, things = np.array(rows).T
    table = pd.DataFrame(
        {
            "customer": [f"person-{o % 90:02d}" for o in orders],
            "order": [f"order-{o:04d}" for o in orders],
            "date": pd.Timestamp("2024-01-05") + pd.to_timedelta(orders % 300, unit="D"),
            "product": [f"sku{i:02d}" for i in things],
            "quantity": 1,
            "price": 2.0,
            "amount": 2.0,
            "description": [f"Thing {i}" for i in things],
            "is_product": True,
            "returned_quantity": 0,
        }
    )
    return table


def told(lines: pd.DataFrame, **options) -> Story:
    given = {
        "read": None,
        "clean": None,
        "audit": None,
        "segments": None,
        "snapshot": None,
        "segment_map": "rfm-11",
        "currency": "£",
        "title": None,
        "include_ids": False,
    }
    return road.walk(lines, **{**given, **options})


def section(text: str) -> str:
    found = re.search(r'<section class="chapter" id="together".*?</section>', text, re.DOTALL)
    assert found is not None
    return found.group()


def plain(text: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", "", section(text).split("<figure")[0]).split())


@pytest.fixture(scope="module")
def story() -> Story:
    return told(shop())


@pytest.fixture(scope="module")
def text(story) -> str:
    return page.render(story)


def test_every_sentence_is_true_of_the_lines(story):
    orders = shop().groupby("order")["description"].agg(set)
    people = shop().groupby("order")["customer"].first()
    sentences = together.chapter(story).values["told"]
    assert 2 <= len(sentences) <= bought.MOST
    for told_, rule in zip(sentences, story.together.rules, strict=True):
        left = orders.map(lambda held, t=told_: set(t.before) <= held)
        right = orders.map(lambda held, t=told_: set(t.after) <= held)
        both = int((left & right).sum())
        confidence = both / left.sum()
        assert rule.confidence == pytest.approx(confidence)
        assert told_.share == f"{round(100 * confidence)} of 100"
        assert told_.often == f"{confidence / right.mean():.1f} times as often as usual"
        assert told_.baskets == f"{both} baskets"
        assert told_.customers == f"of {people[left & right].nunique()} customers"


def test_the_planted_habits_are_told_first(story, text):
    first, second = together.chapter(story).values["told"][:2]
    assert {frozenset(t.before + t.after) for t in (first, second)} == {
        frozenset({"Thing 0", "Thing 1"}),
        frozenset({"Thing 2", "Thing 3"}),
    }
    said = plain(text)
    assert f"Who buys {first.before[0]} often buys {first.after[0]} too" in said
    assert first.text in said
    assert "of 400 baskets (1.2%)" in said
    assert "The orders of one customer are not independent" in section(text)
    assert section(text).count("<svg") == 2


def test_it_is_the_road_of_the_public_functions(story):
    model = sp.Apriori(5, max_len=3).fit(sp.baskets(shop()))
    rules = model.rules(min_confidence=bought.CONFIDENCE)
    kept = rules.prune(alpha=bought.ALPHA)
    found = story.together
    assert (found.n_tested, found.n_rules) == (rules.n_tested, len(kept))
    table = kept.to_frame()
    best = table[table["antecedents"].map(len) == 1].iloc[0]
    told_ = together.sentence(found.rules[0], story.product_names)
    assert {*told_.before, *told_.after} == {*best["antecedents"], *best["consequents"]}


def test_each_sentence_names_a_product_not_named_before(story):
    named = set()
    for rule in story.together.rules:
        assert not named.issuperset(rule.products)
        assert all(rule.count >= story.together.min_count for rule in story.together.rules)
        named.update(rule.products)


def test_any_order_of_lines_gives_the_same_chapter(text):
    shuffled = shop().sample(frac=1, random_state=4)
    assert section(page.render(told(shuffled))) == section(text)


@pytest.mark.parametrize("seed", range(8))
def test_products_bought_by_chance_are_said_to_be(seed):
    rng = np.random.default_rng(seed)
    n = 1200
    lines = shop(10).iloc[[0] * n].reset_index(drop=True)
    lines["order"] = rng.integers(0, 400, n)
    lines["customer"] = lines["order"] % 90
    lines["product"] = lines["description"] = [f"thing {i}" for i in rng.integers(0, 6, n)]
    found = Together.of(told(lines).sold)
    assert found.rules == []
    heading, sentence = together.nothing(found)
    assert heading == "Nothing is bought together more often than chance"
    assert "None of them applies to 30 of 100 buyers and is beyond chance." in sentence


def test_a_hundred_orders_are_enough_for_a_habit_and_five_baskets_are_the_floor():
    found = told(shop(100)).together
    assert found.min_count == bought.FLOOR == 5
    assert len(found.rules) >= 2
    assert min(rule.count for rule in found.rules) >= 5
    few = told(shop(6)).together
    assert few.rules == []
    assert together.nothing(few)[1].startswith("No two products are together in 5 of 6 baskets")


def test_the_share_is_lowered_where_it_tells_too_little():
    # Forty pairs, each in 1.2 % of the orders where it is alone, none of them in 2 %.
    found = told(shop(3000, habit=0.9, items=160)).together
    assert found.min_count == max(5, ceil(0.001 * found.n_baskets)) < 0.01 * found.n_baskets
    assert len(found.rules) == 2
    assert told(shop(3000)).together.min_count <= 30


def test_what_one_customer_always_buys_is_not_told():
    lines = shop(habit=0.0)
    habit = lines["order"].isin(lines["order"].unique()[:20])
    lines.loc[habit, "customer"] = "person-99"
    extra = lines[habit].drop_duplicates("order")
    pair = [
        extra.assign(product=f"own{i}", description=f"Own {i}", customer="person-99")
        for i in (1, 2)
    ]
    one = pd.concat([lines, *pair], ignore_index=True)
    found = told(one).together
    assert found.n_rules >= 2
    assert found.rules == []
    assert together.nothing(found) == (
        "What is bought together is one or two customers' habit",
        together.nothing(found)[1],
    )
    assert "fewer than 3 customers stand behind each" in together.nothing(found)[1]
    # Without a customer every basket counts as one of its own.
    one.loc[one["customer"] == "person-99", "customer"] = None
    free = told(one).together
    assert {r.anonymous for r in free.rules} == {20}
    assert together.sentence(free.rules[0], dict.fromkeys(range(20), "x")).customers == (
        "without a customer"
    )


def test_too_many_itemsets_are_not_gone_into(monkeypatch):
    monkeypatch.setattr(bought, "_SETS", 30)
    found = told(shop()).together
    assert found.min_count > 5
    monkeypatch.setattr(bought, "_SETS", 12)
    assert told(shop()).together.n_tested == 0


def words_of(lines) -> str:
    text = page.render(told(lines))
    assert "<svg" not in section(text)
    return plain(text)


def test_where_nothing_can_be_together_the_page_says_why():
    lines = shop()
    assert "The lines name no product" in words_of(lines.drop(columns=["product", "description"]))
    assert "The lines name no product" in words_of(lines.assign(is_product=False))
    one = lines.assign(product="P", description="P")
    assert "Only one product was sold" in words_of(one)
    single = words_of(lines.drop_duplicates("order"))
    assert "None of the 400 baskets holds two products" in single
    assert "baskets" in words_of(lines.head(1)) or "Only one product" in words_of(lines.head(1))


def test_lines_without_an_order_are_in_no_basket():
    lines = shop()
    loose = lines.head(5).assign(order=None, customer=None, product="loose", description="Loose")
    both = told(pd.concat([lines, loose], ignore_index=True))
    assert both.together.n_baskets == 400
    assert plain(page.render(both)) == plain(page.render(told(lines)))


def test_two_products_of_one_name_are_told_apart():
    lines = shop()
    lines["description"] = "Thing"
    names = told(lines).product_names
    assert len(set(names.values())) == len(names)
    assert "Thing (sku00)" in names.values()


def test_names_are_escaped():
    lines = shop()
    lines["description"] = "<script>alert(1)</script>" + lines["product"]
    html = section(page.render(told(lines)))
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;sku00" in html


def test_figures_in_words():
    assert [sentences.times(v) for v in (78.2, 9.96, 6.55, 1.04, 1.2)] == [
        *("78", "10", "6.5", "1.04", "1.2"),
    ]
    assert [sentences.of_hundred(v) for v in (1.0, 0.9991, 0.845, 0.3)] == [
        *("100 of 100", "99 of 100", "84 of 100", "30 of 100"),
    ]
