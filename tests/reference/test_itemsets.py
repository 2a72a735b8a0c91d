"""Numbers of frequent itemsets of public data, each found by at least two other programs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import segpy as sp

# file: {least count: sets}
ALL = {
    "mushroom": {4062: 153, 3250: 565, 2438: 2735, 1625: 53583, 1219: 98575, 813: 574431},
    "chess": {2877: 622, 2557: 8227, 2238: 48731, 1918: 254944, 1598: 1272932},
    "connect": {64180: 2201, 60802: 27127, 57424: 142127, 54046: 533975, 47290: 4129839},
    "T10I4D100K": {5000: 10, 1000: 385, 500: 1073, 200: 13255, 100: 27532, 50: 53385, 10: 411365},
    "retail": {8817: 9, 882: 159, 441: 580, 177: 2691, 89: 7589, 88: 7712, 45: 19242, 9: 240852},
    "BMS-WebView-1": {597: 77, 120: 798, 60: 3991, 42: 27403, 36: 461521, 35: 1177607},
    "foodmart": {21: 12, 5: 1541, 3: 1644},
}
BIG = {"mushroom": {407: 3755511}, "chess": {1279: 6439702}}
# file: {least count: (closed, maximal)}
SOME = {
    "mushroom": {4062: (45, 15), 1625: (1197, 158), 813: (4885, 547), 82: (51640, 6768)},
    "chess": {2877: (498, 34), 1918: (98392, 3323), 1598: (369450, 11463)},
    "connect": {64180: (811, 99), 57424: (8252, 454), 47290: (35875, 1220)},
    "T10I4D100K": {1000: (385, 370), 100: (26806, 4054), 10: (283397, 127264)},
    "retail": {882: (159, 78), 89: (7572, 3452), 9: (189077, 75200)},
    "BMS-WebView-1": {60: (3974, 2067), 42: (20447, 7390), 36: (64762, 15179)},
    "foodmart": {5: (1541, 1541), 3: (1630, 1494)},
}
# file, least count: sum of supports, and the order-free value of sets and supports
HASHES = {
    ("retail", 89): (1859296, 0x97F045E6C38CFF91),
    ("T10I4D100K", 10): (14180121, 0x7E649E1A9F6595D2),
    ("mushroom", 1625): (98797340, 0x81AE890F93B5C00A),
    ("chess", 1918): (537258268, 0xD6741F9796FCA3BE),
}
LENGTHS = {("mushroom", 1625): [43, 376, 1472, 3559, 6267, 8802, 10151, 9488, 7010, 4004, 1729]}


@pytest.fixture(scope="module")
def fimi(data_dir):
    """Give the baskets of a file, read once."""
    known: dict[str, sp.Baskets] = {}

    def read(name: str) -> sp.Baskets:
        if name not in known:
            known[name] = sp.Baskets.from_file(data_dir / f"fimi/{name}.dat.gz", sep=" ")
        return known[name]

    return read


def order_free(found) -> int:
    """Mix sets and supports into one number that no order changes."""
    x = np.array([int(i) for i in found.items], np.uint64) + np.uint64(1)
    x *= np.uint64(0x9E3779B97F4A7C15)
    x ^= x >> np.uint64(29)
    x *= np.uint64(0xBF58476D1CE4E5B9)
    x ^= x >> np.uint64(32)
    sets = np.add.reduceat(x[found.indices], found.indptr[:-1])
    sets ^= sets >> np.uint64(31)
    return int((sets * found.counts.astype(np.uint64)).sum(dtype=np.uint64))


@pytest.mark.parametrize("name", sorted(ALL))
def test_all_sets(fimi, name):
    baskets = fimi(name)
    found = {k: len(sp.Apriori(k).fit(baskets).itemsets_) for k in ALL[name]}
    assert found == ALL[name]


@pytest.mark.parametrize("name", sorted(BIG))
def test_millions_of_sets(fimi, name):
    baskets = fimi(name)
    found = {k: len(sp.Apriori(k).fit(baskets).itemsets_) for k in BIG[name]}
    assert found == BIG[name]


def closed_and_maximal(baskets: sp.Baskets, count: int) -> tuple[int, int]:
    return tuple(
        len(sp.Apriori(count, target=target).fit(baskets).itemsets_)
        for target in ("closed", "maximal")
    )


@pytest.mark.parametrize("name", sorted(SOME))
def test_closed_and_maximal_sets(fimi, name):
    baskets = fimi(name)
    assert {k: closed_and_maximal(baskets, k) for k in SOME[name]} == SOME[name]


@pytest.mark.parametrize(("name", "count"), sorted(HASHES))
def test_every_set_and_support(fimi, name, count):
    found = sp.Apriori(count).fit(fimi(name)).itemsets_
    assert (int(found.counts.sum()), order_free(found)) == HASHES[name, count]


def test_every_set_and_support_of_online_retail(online_retail):
    # items are numbered by their first line, orders that begin with C are left out afterwards
    numbers = pd.Series(pd.factorize(online_retail["product"])[0], online_retail.index)
    lines = online_retail.assign(number=numbers)
    lines = lines[~lines["order"].astype(str).str.startswith("C")]
    held = sp.baskets(lines, item="number", label=None, non_products="keep")
    found = sp.Apriori(111).fit(held).itemsets_
    assert (int(found.counts.sum()), order_free(found)) == (2149714, 0xD33CC119E476F79F)


def test_sets_of_each_length(fimi):
    for (name, count), expected in LENGTHS.items():
        lengths = sp.Apriori(count).fit(fimi(name)).itemsets_.lengths
        assert np.bincount(lengths)[1 : 1 + len(expected)].tolist() == expected


def test_groceries(data_dir):
    baskets = sp.Baskets.from_file(data_dir / "groceries.csv.gz")
    assert (baskets.n_baskets, baskets.n_items, len(baskets.indices)) == (9835, 169, 43367)
    assert baskets.items[0] == "whole milk"
    assert baskets.item_counts[0] == 2513
    assert int(baskets.sizes.max()) == 32
    expected = {492: 31, 99: 333, 50: 1001, 10: 13492, 5: 49580}
    assert {k: len(sp.Apriori(k).fit(baskets).itemsets_) for k in expected} == expected
    assert len(sp.Apriori(0.001).fit(baskets).itemsets_) == 13492
    expected = {492: (31, 27), 10: (13464, 7794), 5: (46267, 22725)}
    assert {k: closed_and_maximal(baskets, k) for k in expected} == expected


def test_french_grocery(data_dir):
    baskets = sp.Baskets.from_file(data_dir / "Market_Basket_Optimisation.csv.gz")
    assert (baskets.n_baskets, baskets.n_items, len(baskets.indices)) == (7501, 119, 29358)
    expected = {376: 28, 76: 257, 38: 725, 23: 1443, 8: 6778}
    assert {k: len(sp.Apriori(k).fit(baskets).itemsets_) for k in expected} == expected


def test_online_retail(online_retail):
    every = sp.baskets(online_retail, non_products="keep")
    assert (every.n_baskets, every.n_items, len(every.indices)) == (25900, 4070, 531225)
    expected = {1295: 11, 518: 220, 259: 1087, 130: 7538, 78: 55441, 52: 678020}
    assert {k: len(sp.Apriori(k).fit(every).itemsets_) for k in expected} == expected
    kept = ~online_retail["order"].astype(str).str.startswith("C")
    sold = sp.baskets(online_retail[kept], non_products="keep")
    assert (sold.n_baskets, len(sold.indices)) == (22064, 522086)
    expected = {1104: 25, 442: 308, 221: 1567, 111: 12884, 67: 121150, 45: 2733609}
    assert {k: len(sp.Apriori(k).fit(sold).itemsets_) for k in expected} == expected
    expected = {442: (308, 253), 111: (12836, 8054), 67: (112108, 55995), 45: (1441646, 538561)}
    assert {k: closed_and_maximal(sold, k) for k in expected} == expected
    assert "REGENCY CAKESTAND 3 TIER" in sold.items
