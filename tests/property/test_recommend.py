"""The recommender and its evaluation against a walk by the words of their documentation."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import pandas as pd
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import segpy as sp
from oracle import rules as oracle

few = settings(max_examples=100, deadline=None)
NAMES = "abcdefg"
baskets_ = st.lists(st.sets(st.sampled_from(NAMES), max_size=5), min_size=1, max_size=15)
threads = st.sampled_from([1, 3])


def by_popularity(baskets):
    """Give the items of most baskets first, ties by name."""
    count = Counter(item for basket in baskets for item in basket)
    return sorted(count, key=lambda item: (-count[item], item))


def ranked(baskets, min_confidence, most):
    """Give (item, confidence, antecedent) of every suggestion, best first."""
    place = {item: i for i, item in enumerate(by_popularity(baskets))}
    coded = [{place[item] for item in basket} for basket in baskets]
    counts = oracle.frequent(coded, 1)
    found = []
    for rule in oracle.rules(counts, min_confidence, most, None, None):
        x, y = counts[rule.antecedent], counts[rule.consequent]
        both = counts[rule.antecedent | rule.consequent]
        lift = Fraction(both * len(baskets), x * y)
        body = sorted(rule.antecedent)
        for item in rule.consequent if lift > 1 else ():
            key = (-Fraction(both, x), -lift, -both, len(body), body, item)
            found.append((key, item, both / x, body))
    found.sort(key=lambda entry: entry[0])
    names = by_popularity(baskets)
    return [(names[i], score, tuple(names[b] for b in body)) for _, i, score, body in found]


def suggest(entries, basket, n):
    """Walk through all suggestions, best first."""
    found = {}
    for item, score, because in entries:
        if set(because) <= basket and item not in basket:
            found.setdefault(item, (item, score, because))
    return list(found.values())[:n]


def as_rows(table):
    return list(table[["item", "score", "because"]].itertuples(index=False, name=None))


@few
@given(
    baskets_,
    st.sampled_from(["0.0", "0.3", "0.75"]),
    st.sampled_from([1, None]),
    st.lists(st.sets(st.sampled_from(NAMES + "x"), max_size=5), max_size=5),
    st.integers(1, 9),
    threads,
)
def test_each_basket_gets_the_best_of_what_it_does_not_hold(
    baskets, confidence, most, asked, n, n_jobs
):
    rules = (
        sp.Apriori(min_support=1)
        .fit(baskets)
        .rules(min_confidence=float(confidence), max_consequent=most)
    )
    entries = ranked(baskets, Fraction(confidence), most or len(NAMES))
    recommender = sp.RuleRecommender(rules, n_jobs=n_jobs)
    assert len(recommender) == len(entries)
    wanted = [suggest(entries, basket, n) for basket in asked]
    for basket, rows in zip(asked, wanted, strict=True):
        table = recommender.recommend(basket, n)
        assert as_rows(table) == rows
        assert set(table.attrs["unknown"]) == basket - set(by_popularity(baskets))
    table = recommender.recommend_all(asked, n)
    assert table["order"].tolist() == [b for b, rows in enumerate(wanted) for _ in rows]
    assert as_rows(table) == [row for rows in wanted for row in rows]
    assert table.attrs["without"] == sum(not rows for rows in wanted)
    # the order in which rules come decides nothing
    again = sp.RuleRecommender(rules.top(len(rules), "support"))
    assert as_rows(again.recommend_all(asked, n)) == as_rows(table)


@st.composite
def order_lines(draw):
    """Draw lines of orders, in any order, on days 0 to 3."""
    lines = []
    for order in range(draw(st.integers(2, 14))):
        day = draw(st.integers(0, 3))
        items = draw(st.lists(st.sampled_from(NAMES + "~"), min_size=1, max_size=6))
        # a line may be a day later than the order began; ~ is no product
        late = draw(st.lists(st.booleans(), min_size=len(items), max_size=len(items)))
        lines += [(order, i, day + more) for i, more in zip(items, late, strict=True)]
    return draw(st.permutations(lines))


@few
@given(order_lines(), st.integers(1, 3), st.sampled_from(["0.0", "0.5"]), threads)
def test_hidden_items_are_found_as_the_words_say(lines, least, confidence, n_jobs):
    first, held = {}, {}
    for order, item, day in lines:
        first[order] = min(day, first.get(order, day))
        held.setdefault(order, set())
        held[order] |= {item} - {"~"}
    before = [held[o] for o in sorted(held) if first[o] <= 1 and held[o]]
    after = [held[o] for o in sorted(held) if first[o] > 1]
    assume(before and any(len(basket) > 1 for basket in after))
    table = pd.DataFrame(lines, columns=["order", "product", "day"])
    table["date"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(table["day"], unit="D")
    table["is_product"] = table["product"] != "~"
    found = sp.evaluate_recommender(
        table,
        split="2024-01-02",
        min_support=least,
        min_confidence=float(confidence),
        k=[1, 3],
        n_jobs=n_jobs,
    )
    rules = sp.Apriori(least).fit(before).rules(min_confidence=float(confidence))
    recommender, popular = sp.RuleRecommender(rules), by_popularity(before)
    hits, covered, n = Counter(), 0, 0
    for basket in after:
        for hidden in basket if len(basket) > 1 else ():
            rest = basket - {hidden}
            suggested = recommender.recommend(rest, 3)["item"].tolist()
            others = [item for item in popular if item not in rest]
            n, covered = n + 1, covered + bool(suggested)
            for k in (1, 3):
                hits["rules", k] += hidden in suggested[:k]
                hits["most_popular", k] += hidden in others[:k]
    assert found["n"].tolist() == [n, n]
    assert found["coverage"].tolist() == [covered / n] * 2
    for column in ("rules", "most_popular"):
        assert found[column].tolist() == [hits[column, k] / n for k in (1, 3)]
