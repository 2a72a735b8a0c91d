"""Cross-sell in the advice: a segment's own pairs, or the shop's best, and which it is."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

import segpy as sp
from segpy.reporting import actions, page, road
from segpy.reporting.story import Story

# Segments whose advice cross-sells, and one whose does not; the last buys too little to count.
PAIRS = {"Champions": (0, 1), "Loyal": (2, 3), "Lost": (4, 5), "Promising": (6, 7)}
ORDERS = {"Champions": 150, "Loyal": 150, "Lost": 150, "Promising": 12}


def lines() -> pd.DataFrame:
    """Make lines in which each segment has a pair of its own, and all buy other things."""
    rng = np.random.default_rng(2)
    rows = []
    for kind, (first, second) in PAIRS.items():
        for number in range(ORDERS[kind]):
            held = {int(i) for i in rng.integers(8, 20, 2)}
            if rng.random() < 0.5:
                held |= {first, second} if rng.random() < 0.9 else {first}
            who, order = f"{kind}-{number % 30}", f"{kind}-{number}"
            rows += [(who, order, number, i) for i in sorted(held)]
    who, order, number, item = zip(*rows, strict=True)
    return pd.DataFrame(
        {
            "customer": who,
            "order": order,
            "date": pd.Timestamp("2024-01-05") + pd.to_timedelta(number, unit="D"),
            "product": [f"sku{i:02d}" for i in item],
            "quantity": 1,
            "price": 2.0,
            "amount": 2.0,
            "description": [f"Thing <{i}>" for i in item],
            "is_product": True,
            "returned_quantity": 0,
        }
    )


def told(table: pd.DataFrame) -> Story:
    people = table["customer"].unique()
    return road.walk(
        table,
        read=None,
        clean=None,
        audit=None,
        segments=pd.Series([name.split("-")[0] for name in people], index=people),
        snapshot=None,
        segment_map="rfm-11",
        currency="",
        title=None,
        include_ids=False,
    )


@pytest.fixture(scope="module")
def story() -> Story:
    return told(lines())


def steps(story: Story) -> dict[str, actions.Action]:
    values = actions.chapter(story).values
    return {step.segment: step for step in [*values["first"], *values["rest"]]}


def test_a_segment_is_offered_what_it_buys_together(story):
    found = steps(story)
    for kind in ("Champions", "Loyal"):
        first, second = (f"Thing <{i}>" for i in PAIRS[kind])
        assert found[kind].pairs[0] in {
            f"{first} for buyers of {second}",
            f"{second} for buyers of {first}",
        }
        assert found[kind].source == "Found in the 150 baskets of this segment."


def test_too_few_baskets_are_offered_the_shops_best(story):
    found = steps(story)["Promising"]
    assert found.source == "Found in all baskets: the 12 of this segment are too few."
    assert set(found.pairs) == {
        f"{story.product_names[r.after[0]]} for buyers of {story.product_names[r.before[0]]}"
        for r in story.together.rules[:3]
    }


def test_a_segment_without_a_pair_is_offered_the_shops_best():
    table = lines()
    rng = np.random.default_rng(8)
    own = table["customer"].str.startswith("Loyal")
    # Of the same number of things, by chance.
    table.loc[own, "product"] = [f"sku{i:02d}" for i in rng.integers(8, 20, own.sum())]
    found = steps(told(table))["Loyal"]
    said = "Found in all baskets: the 150 of this segment hold no pair beyond chance."
    assert found.source == said
    assert len(found.pairs) == 3


def test_advice_that_does_not_cross_sell_names_no_pairs(story):
    found = steps(story)["Lost"]
    assert (found.pairs, found.source) == ((), "")
    assert found.offer == story.actions.loc["Lost", "offer"]


def test_the_advice_is_that_of_recommend_actions(story):
    rows = [
        {
            "segment": name,
            "antecedents": tuple(story.product_names[p] for p in rule.before),
            "consequents": tuple(story.product_names[p] for p in rule.after),
        }
        for name, offer in story.offers.items()
        for rule in offer.rules
    ]
    expected = sp.recommend_actions(story.summary, cross_sell=pd.DataFrame(rows))
    pd.testing.assert_frame_equal(story.actions, expected)
    assert f"Start with {steps(story)['Loyal'].pairs[0]}" in expected.loc["Loyal", "offer"]


def test_the_page_says_it_escaped(story):
    text = page.render(story)
    found = re.search(r'<section class="chapter" id="actions".*?</section>', text, re.DOTALL)
    assert found is not None
    assert "Start with" in found.group()
    assert "Found in the 150 baskets of this segment." in found.group()
    assert "Thing &lt;2&gt;" in found.group()
    assert "Thing <" not in found.group()


def test_without_pairs_or_products_the_advice_is_as_before():
    for table in (
        lines().drop(columns=["product", "description"]),
        lines().drop_duplicates("order"),
    ):
        story = told(table)
        assert story.offers == {}
        assert all(step.pairs == () for step in steps(story).values())
        pd.testing.assert_frame_equal(story.actions, sp.recommend_actions(story.summary))


def test_any_order_of_lines_gives_the_same_advice(story):
    again = told(lines().sample(frac=1, random_state=1))
    assert steps(again) == steps(story)
