"""Rules by country of UCI Online Retail: the figures of the most-read notebook, and the time."""

from __future__ import annotations

import time

import pytest

import segpy as sp


@pytest.fixture(scope="module")
def sold(online_retail):
    """Give lines as that notebook takes them: by description; postage makes an empty basket."""
    lines = online_retail[online_retail["description"].notna()]
    lines = lines[~lines["order"].astype(str).str.startswith("C")]
    names = lines["description"].str.strip()
    product = names.mask(names == "POSTAGE")
    return lines.assign(product=product, description=names, is_product=True)


@pytest.mark.parametrize(
    ("name", "support", "baskets", "sets", "rules"),
    [("France", 0.07, 392, 51, 26), ("Germany", 0.05, 457, 59, 18)],
)
def test_rules_of_a_country(sold, name, support, baskets, sets, rules):
    found = sp.by_group(
        sold,
        "country",
        sp.Apriori(support),
        min_confidence=0.0,
        min_lift=1,
        max_consequent=None,
    )
    row = found.groups.set_index("group").loc[name]
    assert row[["baskets", "itemsets", "rules"]].tolist() == [baskets, sets, rules]
    table = found.rules[found.rules["group"] == name]
    best = {
        "France": ("ALARM CLOCK BAKELIKE RED", "ALARM CLOCK BAKELIKE GREEN"),
        "Germany": ("RED RETROSPOT CHARLOTTE BAG", "WOODLAND CHARLOTTE BAG"),
    }[name]
    rule = table[(table["antecedents"] == best[:1]) & (table["consequents"] == best[1:])].iloc[0]
    figures = {
        "France": [0.079082, 0.837838, 8.642959],
        "Germany": [0.059081, 0.84375, 6.648168],
    }[name]
    assert rule[["support", "confidence", "lift"]].astype(float).round(6).tolist() == figures


def test_every_country_in_under_two_seconds(online_retail):
    clean, _ = sp.clean_transactions(online_retail)
    start = time.process_time()
    found = sp.by_group(clean, "country", sp.Apriori(0.02, n_jobs=1))
    table = found.differences
    assert time.process_time() - start < 2
    assert found.groups["group"].tolist() == ["EIRE", "France", "Germany", "United Kingdom"]
    assert found.groups["baskets"].sum() + found.skipped["baskets"].sum() == (
        clean[clean["is_product"]].groupby("order")["country"].nunique().sum()
    )
    assert (found.skipped["reason"] == "too few baskets").all()
    assert found.note == ""  # no order lies in two countries
    # the British buy round snack boxes an eighth as often as the Germans
    boxes = table[table["consequents"] == ("ROUND SNACK BOXES SET OF4 WOODLAND",)]
    shares = boxes[boxes["antecedents"] == ()].set_index("group")["share"]
    assert shares["United Kingdom"] < 0.03 < 0.2 < shares["Germany"]


def test_countries_dealt_out_at_random_do_not_differ(online_retail):
    clean, _ = sp.clean_transactions(online_retail)
    order = clean["order"].drop_duplicates().sample(frac=1, random_state=4)
    dealt = dict(zip(order, (["first", "second", "third"] * len(order))[: len(order)], strict=True))
    found = sp.by_group(clean.assign(part=clean["order"].map(dealt)), "part", sp.Apriori(0.02))
    assert len(found.groups) == 3
    assert found.differences.attrs["n_compared"] > 500
    assert len(found.differences) == 0
