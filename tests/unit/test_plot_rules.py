"""plot_rules: the network says each rule once, in places without chance, and stays readable."""

from __future__ import annotations

import functools
import itertools

import numpy as np
import pandas as pd
import polars as pl
import pytest
from matplotlib import pyplot as plt
from matplotlib.backends.backend_agg import FigureCanvasAgg

import segpy as sp
from segpy.plotting import links, network, style
from segpy.plotting.labels import broken, width

LISTS = [["bread", "butter"], ["bread", "butter", "jam"], ["tea", "jam"], ["tea"]]


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


def table(*rules):
    """Make a table of rules: text before and after an arrow, confidence, lift."""
    sides = [[tuple(part.split("+")) for part in rule[0].split(">")] for rule in rules]
    return pd.DataFrame(
        {
            "antecedents": [left for left, _ in sides],
            "consequents": [right for _, right in sides],
            "confidence": [rule[1] for rule in rules],
            "lift": [rule[2] for rule in rules],
        }
    )


@functools.cache
def many(n_baskets=400, n_items=24, length=14):
    """Mine rules among items with long names, three of them in a group."""
    rng = np.random.default_rng(5)
    names = [f"{'A RATHER LONG NAME ' * (i % 3)}ITEM {i}"[-length * 3 :] for i in range(n_items)]
    baskets = []
    for _ in range(n_baskets):
        first = 3 * int(rng.integers(n_items // 3))
        held = [first + k for k in range(3) if rng.random() < 0.8]
        baskets.append([names[i] for i in {*held, int(rng.integers(n_items))}])
    return sp.Apriori(4).fit(baskets).rules(min_confidence=0.1)


def drawn(ax):
    """Give the ids of what is drawn."""
    return {p.get_gid() for p in ax.patches if p.get_gid()}


def boxes(ax):
    FigureCanvasAgg(ax.figure).draw()
    return [t.get_window_extent() for t in [*ax.texts, ax._left_title] if t.get_text()]


def test_an_arrow_a_rule_and_a_name_an_item():
    ax = sp.plot_rules(table(("a>b", 0.9, 3.0), ("c+d>e", 0.5, 2.0), ("f>g+h", 0.7, 4.0)))
    ids = {"rule-1", "rule-2", "rule-2-from-1", "rule-2-from-2", "rule-3", "rule-3-from-1"}
    assert drawn(ax) == {*ids, "rule-3-to-2", *(f"item-{n}" for n in range(1, 9))}
    assert set("abcdefgh") <= {t.get_text() for t in ax.texts}
    assert ax.get_title(loc="left") == "Bought together: 3 rules"


def test_two_rules_that_turn_each_other_round_are_one_line_with_two_heads():
    ax = sp.plot_rules(table(("a>b", 0.9, 3.0), ("b>a", 0.5, 3.0)))
    assert drawn(ax) == {"rule-1", "item-1", "item-2"}
    heads = [p for p in ax.patches if type(p).__name__ == "Polygon"]
    assert len(heads) == 2
    line = next(p for p in ax.patches if p.get_gid() == "rule-1")
    assert line.get_linewidth() == (links.thickness(0.9) + links.thickness(0.5)) / 2


def test_lift_is_strength_and_confidence_thickness():
    ax = sp.plot_rules(table(("a>b", 0.9, 16.0), ("c>d", 0.5, 4.0), ("e>f", 0.5, 1.0)))
    high, low, rare = (next(p for p in ax.patches if p.get_gid() == f"rule-{n}") for n in (1, 2, 3))
    assert high.get_alpha() == 1.0
    assert low.get_alpha() == pytest.approx(0.4)
    assert high.get_linewidth() > low.get_linewidth() == rare.get_linewidth()
    assert low.get_linestyle() == "-"
    assert rare.get_linestyle() != "-"
    said = [t.get_text() for t in ax.texts]
    assert {"4.0", "16.0", "50", "90", "no more often than by chance"} <= set(said)


def test_rules_and_their_table_are_the_same_picture():
    rules = many()
    one, other = sp.plot_rules(rules), sp.plot_rules(rules.to_frame())
    frozen = rules.to_frame().map(lambda v: frozenset(v) if isinstance(v, tuple) else v)
    assert [t.get_text() for t in one.texts] == [t.get_text() for t in other.texts]
    third = sp.plot_rules(frozen)
    assert drawn(one) == drawn(other) == drawn(third)


def test_a_table_of_another_library():
    lists = pl.DataFrame(
        {"antecedents": [["a", "b"]], "consequents": [["c"]], "confidence": [0.5], "lift": [2.0]}
    )
    assert {"a", "b", "c"} <= {t.get_text() for t in sp.plot_rules(lists).texts}


def test_the_title_says_how_many_of_how_many():
    rules = many()
    assert len(rules) > 100
    said = sp.plot_rules(rules).get_title(loc="left")
    assert said == f"Bought together: the best 30 of {len(rules)} rules"
    small = style.sheet(3.0, 3.0, style.BARE)
    sp.plot_rules(rules, ax=small)
    shown = int(small.get_title(loc="left").split("best")[1].split()[0])
    assert 1 < shown < 30
    # The first ones are shown, and nothing of the others.
    numbers = {int(g.split("-")[1]) for g in drawn(small) if g.startswith("rule")}
    assert max(numbers) <= shown


def test_without_rules_the_picture_says_why():
    rules = sp.Apriori(2).fit(LISTS).rules(min_lift=100)
    ax = sp.plot_rules(rules)
    assert ax.get_title(loc="left") == "No rule: nothing leads to anything else"
    said = " ".join(" ".join(t.get_text() for t in ax.texts).split())
    assert said == rules.note
    bare = sp.plot_rules(table(("a>b", 0.5, 2.0)).head(0))
    assert [t.get_text() for t in bare.texts] == ["There is no rule to draw."]


@pytest.mark.parametrize("size", [(10.4, 5.0), (7.6, 8.0), (3.9, 5.0), (3.0, 3.0), (2.2, 1.6)])
@pytest.mark.parametrize("n", [1, 10, 30])
def test_texts_lie_apart_and_on_the_paper(size, n):
    ax = style.sheet(*size, style.BARE)
    sp.plot_rules(many().top(n), ax=ax)
    found = boxes(ax)
    paper = ax.figure.bbox
    assert len(found) >= 3
    assert all(paper.x0 - 1 <= b.x0 and b.x1 <= paper.x1 + 1 for b in found)
    assert all(paper.y0 - 1 <= b.y0 and b.y1 <= paper.y1 + 1 for b in found)
    assert not any(one.overlaps(other) for one, other in itertools.combinations(found, 2))


def test_a_long_rule_names_some_items_and_counts_the_rest():
    ax = style.sheet(3.0, 3.0, style.BARE)
    sp.plot_rules(table(("+".join(f"item {i}" for i in range(20)) + ">z", 0.5, 2.0)), ax=ax)
    said = [t.get_text() for t in ax.texts]
    assert "13 more" in said
    assert "item 6" in said
    assert "item 7" not in said
    found = boxes(ax)
    assert not any(one.overlaps(other) for one, other in itertools.combinations(found, 2))


def test_odd_names_and_the_sessions_settings_change_nothing():
    rules = table(("$x^2$>_hidden", 0.5, 2.0), ("New\nline>", 0.5, 3.0), ("Лояльные>a", 1, 9))
    plain = [(t.get_text(), t.get_fontsize(), t.get_color()) for t in sp.plot_rules(rules).texts]
    with plt.rc_context({"font.size": 30, "text.color": "red", "lines.linewidth": 9}):
        assert [
            (t.get_text(), t.get_fontsize(), t.get_color()) for t in sp.plot_rules(rules).texts
        ] == plain
    assert {"$x^2$", "_hidden", "New line", "(no name)"} <= {text for text, _, _ in plain}
    with plt.rc_context({"figure.facecolor": "#101418"}):
        dark = sp.plot_rules(rules)
    assert dark.texts[0].get_color() == style.DARK.ink


def test_a_wrong_table_is_named():
    good = table(("a>b", 0.5, 2.0))
    for bad, kind in [
        (good.drop(columns="lift"), ValueError),
        (good.assign(lift=-1.0), ValueError),
        (good.assign(lift=np.inf), ValueError),
        (good.assign(confidence=1.5), ValueError),
        (good.assign(confidence=np.nan), ValueError),
        (good.assign(antecedents=[()]), ValueError),
        (good.assign(antecedents=[([1], [2])]), TypeError),
        ("rules", TypeError),
        (None, TypeError),
    ]:
        with pytest.raises(kind, match="plot_rules"):
            sp.plot_rules(bad)
    with pytest.raises(TypeError, match="'ax'"):
        sp.plot_rules(good, ax=3)


# --- the layout by itself -----------------------------------------------------------------


def test_groups_are_what_rules_join():
    rules = [((0,), (1,)), ((2, 3), (4,)), ((5,), (1,)), ((6,), (3,))]
    assert network.groups(rules) == [[0, 1, 5], [2, 3, 4, 6]]
    assert network.fewest_rows(rules) == 2 + 2 + network.GAP


def test_what_leads_stands_left():
    (band,) = network.bands([((0,), (2,)), ((1,), (2,)), ((0, 1), (3,))], compact=False)
    assert set(band.left) == {0, 1}
    assert set(band.right) == {2, 3}


def cost(order, weight, apart):
    return float((weight[np.ix_(order, order)] * apart).sum())


def test_every_exchange_gains_what_it_says():
    rng = np.random.default_rng(3)
    weight = rng.random((9, 9)) * (rng.random((9, 9)) < 0.4)
    np.fill_diagonal(weight, 0.0)
    apart = network._apart(5, 4)
    order = np.arange(9)
    for p, q in itertools.combinations(range(9), 2):
        swapped = order.copy()
        swapped[[p, q]] = swapped[[q, p]]
        gain = cost(order, weight, apart) - cost(swapped, weight, apart)
        assert network._gain(weight, apart, p, q) == pytest.approx(gain, abs=1e-12)
    best = network._exchanged(order.copy(), weight, apart)
    assert sorted(best) == list(range(9))
    for p, q in itertools.combinations(range(9), 2):
        swapped = best.copy()
        swapped[[p, q]] = swapped[[q, p]]
        assert cost(best, weight, apart) <= cost(swapped, weight, apart) + 1e-9


def test_points_that_lie_on_each_other_are_spread():
    found = network.spread(np.zeros((12, 2)) + 50.0, (0.0, 100.0, 0.0, 100.0), 9.0)
    assert found[0].tolist() == [50.0, 50.0]
    gaps = [np.hypot(*(a - b)) for a, b in itertools.combinations(found, 2)]
    assert min(gaps) >= 9.0
    # Without room for all they lie as far apart as it goes.
    tight = network.spread(np.zeros((5, 2)), (0.0, 10.0, 0.0, 0.0), 9.0)
    assert len(tight) == 5


def test_a_long_text_is_broken_and_ends_in_an_ellipsis():
    lines = broken("one two three four five six seven", 60.0, 8.0, 2)
    assert len(lines) == 2
    assert lines[-1].endswith("…")
    assert all(width(line, 8.0) <= 60.0 for line in lines)
    assert broken("Z" * 80, 60.0, 8.0, 3)[-1].endswith("…")
    assert broken("short", 60.0, 8.0, 2) == ["short"]
