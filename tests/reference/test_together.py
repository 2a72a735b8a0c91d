"""What the page says is bought together in real data, counted again in plain pandas."""

from __future__ import annotations

import pandas as pd
import pytest

import segpy as sp
from segpy.reporting import together
from segpy.reporting.bought import Together
from segpy.reporting.sold import Sold


@pytest.fixture(scope="module")
def clean(online_retail) -> pd.DataFrame:
    return sp.clean_transactions(online_retail)[0]


def sold_of(lines: pd.DataFrame) -> Sold:
    orders = pd.factorize(lines["order"])[0]
    customers = pd.factorize(lines["customer"])[0].astype("int64")
    found = Sold.of(lines, lines["amount"].to_numpy(), orders, customers)
    assert found is not None
    return found


def test_online_retail_tells_ten_true_pairs(clean):
    sold = sold_of(clean)
    found = Together.of(sold)
    assert (found.n_baskets, found.min_count, found.n_tested, found.n_rules, len(found.rules)) == (
        *(19_639, 197, 2_566, 1_509, 10),
    )
    baskets = clean[clean["is_product"]].groupby("product")["order"].agg(set)
    for rule in found.rules:
        (a,), (b,) = ([baskets[sold.ids[p]] for p in side] for side in (rule.before, rule.after))
        assert rule.count == len(a & b)
        assert rule.confidence == len(a & b) / len(a)
        assert rule.lift == pytest.approx(len(a & b) * found.n_baskets / len(a) / len(b), rel=1e-15)
    names = sold.different_names(sorted({p for rule in found.rules for p in rule.products}))
    assert together.sentence(found.rules[0], names).text == (
        "93 of 100 who buy HERB MARKER THYME also buy HERB MARKER ROSEMARY, "
        "76 times as often as usual, 220 baskets"
    )


def test_a_hundred_orders_of_it_have_pairs_too(clean):
    first = sorted(clean["order"].unique())[:100]
    found = Together.of(sold_of(clean[clean["order"].isin(first)]))
    assert (found.n_baskets, found.min_count) == (100, 5)
    assert len(found.rules) == 10
