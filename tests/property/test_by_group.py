"""by_group against a plain loop over groups, its differences against SciPy's test."""

from __future__ import annotations

from math import comb

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import hypergeom

import segpy as sp
from segpy.basket import differences
from segpy.basket.support import min_count

few = settings(max_examples=60, deadline=None)
ITEMS = [*"abcdef", None]


@st.composite
def order_lines(draw):
    """Draw lines: any item in any order in any group, some of them missing."""
    n = draw(st.integers(0, 60))
    column = lambda values: draw(st.lists(st.sampled_from(values), min_size=n, max_size=n))  # noqa: E731
    table = {
        "order": column([*range(12), None]),
        "product": column(ITEMS),
        "country": column(["north", "south", "west", None]),
    }
    return pd.DataFrame(table).astype({"order": "Int64", "product": object, "country": object})


@few
@given(
    order_lines(),
    st.sampled_from([0.1, 0.34, 0.5, 1, 3]),
    st.integers(1, 6),
    st.integers(1, 4),
    st.sampled_from([0.0, 0.3, 0.8]),
    st.sampled_from([1, 2, None]),
)
def test_a_plain_loop_over_groups_gives_the_same(tx, share, least, floor, confidence, most):
    options = {"min_confidence": confidence, "max_consequent": most}
    found = sp.by_group(
        tx, "country", sp.Apriori(share), min_baskets=least, min_count=floor, **options
    )
    searched, without = [], []
    for name, theirs in tx.groupby("country"):
        held = sp.baskets(theirs)
        if held.n_baskets < least:
            without.append(name)
            continue
        model = sp.Apriori(max(min_count("", share, held.n_baskets), floor)).fit(held)
        rules = model.rules(**options)
        searched.append(name)
        for got, want in ((found.itemsets, model.itemsets_), (found.rules, rules)):
            mine = got[got["group"] == name].drop(columns="group").reset_index(drop=True)
            assert mine.to_dict("list") == want.to_frame().to_dict("list")
        row = found.groups[found.groups["group"] == name].iloc[0]
        assert (row["baskets"], row["min_count"]) == (held.n_baskets, model.min_count_)
        assert (row["itemsets"], row["rules"]) == (len(model.itemsets_), len(rules))
        assert row["n_tested"] == rules.n_tested
        if not len(rules):
            without.append(name)
    assert found.groups["group"].tolist() == searched
    skipped = found.skipped[found.skipped["reason"] != "no group named"]
    assert sorted(skipped["group"]) == sorted(without)


@few
@given(st.lists(st.sets(st.integers(0, 5)), min_size=1, max_size=150), st.integers(1, 70))
def test_sets_are_counted_in_parts_of_any_size(lists, block):
    held = sp.Baskets.from_lists(lists)
    sets = [{a, b} for a in range(held.n_items) for b in range(a)]
    sets = [{a} for a in range(held.n_items)] + sets
    indptr = np.cumsum([0, *map(len, sets)])
    positions = np.array([p for s in sets for p in sorted(s)], np.int64)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(differences, "_BITS", block * max(held.n_items, 1))
        patch.setattr(differences, "_CELLS", 3)
        got = differences.supports(held, indptr, positions)
    names = [{held.items[p] for p in s} for s in sets]
    assert got.tolist() == [sum(s <= basket for basket in lists) for s in names]


@few
@given(st.lists(st.tuples(*[st.integers(0, 30)] * 3, st.integers(1, 30)), min_size=1, max_size=8))
def test_p_is_twice_the_smaller_tail(tables):
    counts = np.array([[a, a + b, c, c + d] for a, b, c, d in tables], np.int64)
    for row, p in zip(counts, differences._two_sided(counts), strict=True):
        count, baskets, rest, baskets_rest = row.tolist()
        spread = hypergeom(baskets + baskets_rest, count + rest, baskets)
        wanted = min(1.0, 2 * min(spread.cdf(count), spread.sf(count - 1)))
        assert p == pytest.approx(wanted, rel=1e-9)


@few
@given(order_lines())
def test_every_difference_can_be_counted_by_hand(tx):
    found = sp.by_group(tx, "country", sp.Apriori(1), min_baskets=1, min_count=1)
    known = tx[tx["order"].notna() & tx["country"].notna()]
    baskets = {
        key: set(lines["product"].dropna()) for key, lines in known.groupby(["country", "order"])
    }
    items = {item for basket in baskets.values() for item in basket}
    n_groups = len(found.groups)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(differences, "_ALPHA", 1.0)  # every comparison gets its row
        table = found.differences
    assert len(table) == table.attrs["n_compared"]
    for row in table.to_dict("records"):
        whole = {*row["antecedents"], *row["consequents"]}
        there, rest = (
            [b for (g, _), b in baskets.items() if (g == row["group"]) == same]
            for same in (True, False)
        )
        for held, names in ((there, ("count", "baskets")), (rest, ("count_rest", "baskets_rest"))):
            body = [b for b in held if set(row["antecedents"]) <= b]
            assert row[names[1]] == len(body)
            assert row[names[0]] == sum(whole <= b for b in body)
        assert row["share"] == row["count"] / row["baskets"]
        ways = len(whole) if row["antecedents"] else 1
        times = 2 ** len(whole) * n_groups * comb(len(items), len(whole)) * ways
        assert row["p_adjusted"] == pytest.approx(min(1.0, row["p_value"] * times), rel=1e-12)
