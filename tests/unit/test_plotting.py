"""Pictures: the values in the artists, and words that never lie on each other."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import combinations

import matplotlib as mpl
import numpy as np
import pandas as pd
import polars as pl
import pytest
from matplotlib import pyplot as plt
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex

import segpy as sp
from segpy.plotting import style
from segpy.plotting.labels import cut, width, wrap
from segpy.plotting.months import draw_months

# Online Retail by the eleven names: customers and revenue.
ELEVEN = {
    "Champions": (798, 5523272.40),
    "Loyal": (403, 1000049.03),
    "Potential Loyalist": (307, 194495.14),
    "New Customers": (407, 91929.80),
    "Promising": (243, 375323.45),
    "Need Attention": (254, 316228.10),
    "About To Sleep": (229, 88781.96),
    "At Risk": (348, 693758.88),
    "Cannot Lose Them": (123, 236541.73),
    "Hibernating": (659, 265008.78),
    "Lost": (567, 126018.63),
}
LONG = [
    "High value customers who order every week and cost us $5 a parcel",
    "Extraordinarilylongunbreakablesegmentname",
    "_hidden $x^2$",
    "Ordered once, long ago, in the summer sale of some year",
    "a",
    "Менее активные покупатели",
    "Kunden, die bald wieder bestellen könnten",
    "New\nline and\ttab",
    "100% & <more>",
    "Лояльные",
    "Z" * 70,
]
SHEETS = {"desktop": (8.0, 5.0), "flat": (8.0, 3.0), "phone": (3.6, 4.6), "tiny": (2.2, 1.6)}


def summary_of(names, customers, revenue) -> pd.DataFrame:
    revenue = np.asarray(revenue, dtype=np.float64)
    return pd.DataFrame(
        {
            "customers": customers,
            "customer_share": np.asarray(customers) / np.sum(customers),
            "revenue": revenue,
            "revenue_share": revenue / revenue.sum(),
        },
        index=pd.Index(names, name="segment"),
    )


def eleven(n: int = 11) -> pd.DataFrame:
    rows = list(ELEVEN.items())[:n]
    return summary_of([k for k, _ in rows], [v[0] for _, v in rows], [v[1] for _, v in rows])


def sheet(size=(8.0, 5.0), margin=style.BARE):
    return style.sheet(*size, margin)


def family(ax):
    return [ax, *(inner for child in ax.child_axes for inner in family(child))]


def words(ax):
    """Draw with Agg and give each visible text with its box."""
    canvas = FigureCanvasAgg(ax.figure)
    if any(each.axison for each in family(ax)):
        canvas.draw()  # ticks have their places only then
    renderer = canvas.get_renderer()
    found = []
    for each in family(ax):
        texts = [*each.texts, each.title, each._left_title, each._right_title]
        if each.axison:
            texts += [each.xaxis.label, each.yaxis.label]
            for axis in (each.xaxis, each.yaxis):
                low, high = sorted(axis.get_view_interval())
                texts += [t.label1 for t in axis.get_major_ticks() if low <= t.get_loc() <= high]
        found += [t for t in texts if t.get_visible() and t.get_text().strip()]
    return [(t, t.get_window_extent(renderer)) for t in found]


def assert_apart(ax):
    """No two texts overlap, and none leaves the figure."""
    boxes = words(ax)
    assert boxes
    frame = ax.figure.bbox
    for text, box in boxes:
        assert box.x0 >= frame.x0 - 1, text
        assert box.x1 <= frame.x1 + 1, text
    for (a, one), (b, two) in combinations(boxes, 2):
        across = min(one.x1, two.x1) - max(one.x0, two.x0)
        up = min(one.y1, two.y1) - max(one.y0, two.y0)
        assert min(across, up) <= 0.5, (a.get_text(), b.get_text())


def said(ax) -> str:
    return " | ".join(t.get_text() for each in family(ax) for t in each.texts)


def cells(ax, start):
    return {p.get_gid(): p for p in ax.patches if (p.get_gid() or "").startswith(start)}


# --- treemap -------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SHEETS.values(), ids=SHEETS)
@pytest.mark.parametrize("n", range(1, 12))
def test_areas_are_revenue(n, size):
    summary = eleven(n)
    ax = sp.plot_segments(summary, sheet(size))
    ordered = summary.sort_values("revenue", ascending=False)
    boxes = list(cells(ax, "segment-").values())
    assert len(boxes) == n
    areas = np.array([b.get_width() * b.get_height() for b in boxes])
    assert areas / areas.sum() == pytest.approx(
        (ordered["revenue"] / ordered["revenue"].sum()).to_numpy(), rel=1e-9
    )
    fills = [to_hex(b.get_facecolor()) for b in boxes]
    assert fills == [style.segment_colour(name) for name in ordered.index]


@pytest.mark.parametrize("n", [1, 2, 5, 11])
def test_cells_fill_their_room_and_do_not_overlap(n):
    ax = sp.plot_segments(eleven(n), sheet())
    boxes = list(cells(ax, "segment-").values())
    for one, two in combinations(boxes, 2):
        across = min(one.get_x() + one.get_width(), two.get_x() + two.get_width()) - max(
            one.get_x(), two.get_x()
        )
        up = min(one.get_y() + one.get_height(), two.get_y() + two.get_height()) - max(
            one.get_y(), two.get_y()
        )
        assert min(across, up) < 1e-9
    high = max(b.get_y() + b.get_height() for b in boxes)
    low = min(b.get_y() for b in boxes)
    wide = max(b.get_x() + b.get_width() for b in boxes)
    total = sum(b.get_width() * b.get_height() for b in boxes)
    assert total == pytest.approx((high - low) * wide, rel=1e-9)


def shapes(n):
    yield "real", eleven(n)
    yield "long names", eleven(n).set_axis(pd.Index(LONG[:n], name="segment"))
    yield "one dominates", eleven(n).assign(revenue=[1e6, *[300.0 / (i + 1) for i in range(n - 1)]])
    yield "equal", eleven(n).assign(revenue=1.0)


@pytest.mark.parametrize("size", SHEETS.values(), ids=SHEETS)
@pytest.mark.parametrize("n", range(1, 12))
def test_words_of_the_treemap_never_overlap(n, size):
    for _, summary in shapes(n):
        assert_apart(sp.plot_segments(summary, sheet(size), currency="EUR"))


@pytest.mark.parametrize("n", range(1, 12))
def test_every_segment_is_named_with_customers_and_share(n):
    summary = eleven(n)
    for size in (SHEETS["desktop"], SHEETS["phone"]):
        text = said(sp.plot_segments(summary, sheet(size))).replace(" | ", " ")
        for name, row in summary.iterrows():
            assert name in text
            assert re.search(rf"\b{row.customers:,.0f}\b", text)
            assert style.share(row.revenue_share) in text


def test_words_lie_inside_their_cell_and_read_on_it():
    for size in SHEETS.values():
        ax = sp.plot_segments(eleven(), sheet(size))
        patches = [*cells(ax, "segment-").values(), *cells(ax, "key-").values()]
        inside = 0
        for text, box in words(ax):
            for patch in patches:
                cell = patch.get_window_extent()
                if cell.contains(*box.get_points().mean(axis=0)):
                    assert cell.x0 <= box.x0
                    assert box.x1 <= cell.x1
                    assert cell.y0 - 1 <= box.y0
                    assert box.y1 <= cell.y1 + 1
                    fill = to_hex(patch.get_facecolor())
                    assert style.contrast(to_hex(text.get_color()), fill) >= 4.5
                    inside += 1
        assert inside >= 1


def test_any_row_order_gives_the_same_treemap():
    summary = eleven().assign(revenue=[5.0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1])
    first = sp.plot_segments(summary, sheet())
    again = sp.plot_segments(summary.sample(frac=1, random_state=3), sheet())
    assert said(first) == said(again)
    for gid, patch in cells(first, "segment-").items():
        assert patch.get_bbox().bounds == cells(again, "segment-")[gid].get_bbox().bounds


def test_revenue_at_zero_or_below_is_said():
    summary = eleven(4)
    summary.loc["Loyal", ["revenue", "revenue_share"]] = [-2000.0, -0.01]
    summary.loc["New Customers", ["revenue", "revenue_share"]] = [0.0, 0.0]
    ax = sp.plot_segments(summary, sheet(), currency="£")
    assert len(cells(ax, "segment-")) == 2
    assert "Loyal: 403 customers, \N{MINUS SIGN}£2,000, no area" in said(ax)
    assert "New Customers: 407 customers, £0, no area" in said(ax)
    assert_apart(ax)


def test_no_revenue_at_all_is_said():
    summary = eleven(3).assign(revenue=[0.0, -5.0, 0.0], revenue_share=0.0)
    ax = sp.plot_segments(summary, sheet())
    assert not cells(ax, "segment-")
    assert "No segment has revenue above zero." in said(ax)
    assert_apart(ax)


def test_what_the_key_has_no_room_for_is_summed_up():
    names = [f"segment number {i}" for i in range(60)]
    summary = summary_of(names, range(1, 61), np.arange(60, 0, -1.0))
    ax = sp.plot_segments(summary, sheet((3.6, 4.6)))
    rest = re.search(r"(\d+) more segments: ([\d,]+) customers, ([\d.]+)%", said(ax))
    assert rest
    listed = [name for name in names if f"{name}: " in said(ax) or f"{name} |" in said(ax)]
    left = summary.drop(index=listed)
    assert int(rest[1]) == len(left)
    assert int(rest[2].replace(",", "")) == left["customers"].sum()
    assert float(rest[3]) == pytest.approx(100 * left["revenue_share"].sum(), abs=0.06)
    assert_apart(ax)


def test_names_are_never_mathematics():
    ax = sp.plot_segments(eleven(11).set_axis(pd.Index(LONG, name="segment")), sheet())
    assert all(not t.get_parse_math() for t, _ in words(ax))
    assert "_hidden $x^2$" in said(ax).replace(" | ", " ")


# --- R x F grid ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def scored():
    rng = np.random.default_rng(1)
    index = pd.Index(rng.permutation(3000), name="customer")
    scores = pd.DataFrame(
        {
            "R": np.ceil(5 * rng.random(3000) ** 2).astype(int),
            "F": np.ceil(5 * rng.random(3000) ** 3).astype(int),
            "M": rng.integers(1, 6, 3000),
        },
        index=index,
    )
    scores["score"] = scores[["R", "F", "M"]].astype(str).agg("".join, axis=1)
    scores["total"] = scores[["R", "F", "M"]].sum(axis=1)
    scores.attrs = {"n_bins": {"R": 5, "F": 5, "M": 5}}
    return scores, sp.assign_segments(scores, "rfm-11")


def test_counts_of_the_grid_are_the_crosstab(scored):
    scores, segments = scored
    table = pd.crosstab(scores["R"], scores["F"]).reindex(
        index=range(1, 6), columns=range(1, 6), fill_value=0
    )
    for names in (None, segments):
        ax = sp.plot_rf_grid(scores, names, sheet((9.0, 7.0)))
        found = cells(ax, "cell-")
        assert len(found) == 25
        for gid, patch in found.items():
            _, r, f = gid.split("-")
            box = patch.get_bbox()
            inside = [t.get_text() for t in ax.texts if box.contains(*t.get_position())]
            assert inside[0] == f"{table.loc[int(r), int(f)]:,}"


def test_cells_have_the_colour_of_their_largest_segment(scored):
    scores, segments = scored
    ax = sp.plot_rf_grid(scores, segments, sheet((9.0, 7.0)))
    for (r, f), names in segments.astype(object).groupby([scores["R"], scores["F"]]):
        counts = names.value_counts()
        leader = min(counts[counts == counts.max()].index)
        patch = cells(ax, "cell-")[f"cell-{r}-{f}"]
        assert to_hex(patch.get_facecolor()) == style.segment_colour(leader)


def test_the_foot_of_a_cell_is_its_mix():
    scores = pd.DataFrame({"R": [1] * 10, "F": [1] * 10}, index=pd.RangeIndex(10, name="customer"))
    segments = pd.Series(["Lost"] * 6 + ["At Risk"] * 3 + ["Loyal"], index=scores.index)
    ax = sp.plot_rf_grid(scores, segments, sheet())
    strip = [p for p in ax.patches if p.get_gid() == "mix"]
    wide = np.array([p.get_width() for p in strip])
    assert wide / wide.sum() == pytest.approx([0.6, 0.3, 0.1], rel=1e-9)
    assert [to_hex(p.get_facecolor()) for p in strip] == [
        style.segment_colour(n) for n in ("Lost", "At Risk", "Loyal")
    ]


def test_bins_are_those_of_the_scorer_even_if_the_best_is_empty():
    scores = pd.DataFrame({"R": [1, 2], "F": [1, 1]}, index=pd.Index([5, 6], name="customer"))
    assert len(cells(sp.plot_rf_grid(scores, ax=sheet()), "cell-")) == 2
    scores.attrs = {"n_bins": {"R": 3, "F": 4, "M": 5}}
    ax = sp.plot_rf_grid(scores, ax=sheet())
    assert len(cells(ax, "cell-")) == 12
    assert to_hex(cells(ax, "cell-")["cell-3-4"].get_facecolor(), keep_alpha=True).endswith("00")


@pytest.mark.parametrize("size", SHEETS.values(), ids=SHEETS)
def test_words_of_the_grid_never_overlap(scored, size):
    scores, segments = scored
    for names in (None, segments):
        assert_apart(sp.plot_rf_grid(scores, names, sheet(size)))
    renamed = segments.cat.rename_categories(dict(zip(segments.cat.categories, LONG, strict=True)))
    assert_apart(sp.plot_rf_grid(scores, renamed, sheet(size)))


def test_words_of_the_grid_read_on_their_fill(scored):
    scores, segments = scored
    for names in (None, segments):
        ax = sp.plot_rf_grid(scores, names, sheet())
        for patch in cells(ax, "cell-").values():
            fill = to_hex(patch.get_facecolor(), keep_alpha=True)
            box = patch.get_bbox()
            inside = [t for t in ax.texts if box.contains(*t.get_position())]
            assert inside
            for text in inside:
                paper = style.LIGHT.paper if fill.endswith("00") else fill[:7]
                assert style.contrast(to_hex(text.get_color()), paper) >= 4.5


def test_segments_are_found_by_customer_not_by_place(scored):
    scores, segments = scored
    one = sp.plot_rf_grid(scores, segments, sheet())
    two = sp.plot_rf_grid(scores, segments.sample(frac=1, random_state=0), sheet())
    assert said(one) == said(two)
    assert [p.get_facecolor() for p in one.patches] == [p.get_facecolor() for p in two.patches]


# --- R, F and M ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def rfm():
    rng = np.random.default_rng(2)
    return pd.DataFrame(
        {
            "recency_days": rng.integers(1, 374, 4000),
            "frequency": np.minimum(np.round(rng.pareto(1.3, 4000) + 1), 209).astype(int),
            "monetary": np.round(rng.lognormal(6.5, 1.2, 4000), 2),
        },
        index=pd.RangeIndex(4000, name="customer"),
    )


BREAKS = {
    "R": [13.8, 33.0, 72.0, 180.0],
    "F": [1.0, 2.0, 3.0, 6.0],
    "M": [250.194, 490.096, 942.276, 2058.426],
}


def bars(panel):
    return [(p.get_x(), p.get_x() + p.get_width(), p.get_height()) for p in panel.patches]


def test_bars_of_the_panels_count_every_customer(rfm):
    ax = sp.plot_rfm(rfm, BREAKS, sheet((9.0, 3.4)))
    for panel, column in zip(ax.child_axes, rfm.columns, strict=True):
        values = np.sort(rfm[column].to_numpy())
        found = bars(panel)
        assert sum(height for _, _, height in found) == len(rfm)
        for left, right, height in found[:-1]:
            assert height == np.count_nonzero((values >= left) & (values < right))
    recency, frequency, monetary = ax.child_axes
    assert (recency.get_xscale(), frequency.get_xscale(), monetary.get_xscale()) == (
        *("linear", "log", "log"),
    )


def test_cuts_stand_where_the_scores_change(rfm):
    ax = sp.plot_rfm(rfm, BREAKS, sheet((9.0, 3.4)))
    lines = [[line.get_xdata()[0] for line in panel.lines] for panel in ax.child_axes]
    assert lines == [BREAKS["R"], [1.5, 2.5, 3.5, 6.5], BREAKS["M"]]
    texts = [[t.get_text() for t in panel.texts] for panel in ax.child_axes]
    assert texts == [
        ["13.8", "33", "72", "180"],
        ["1", "2", "3", "6"],
        ["250", "490", "942", "2,058"],
    ]
    by_name = dict(zip(("recency_days", "frequency", "monetary"), BREAKS.values(), strict=True))
    again = sp.plot_rfm(rfm, by_name, sheet((9.0, 3.4)))
    assert [[t.get_text() for t in panel.texts] for panel in again.child_axes] == texts


def test_breaks_of_a_scorer_are_taken_as_they_are(rfm):
    for strategy in ("quantile", "nested"):
        scorer = sp.RFMScorer(strategy=strategy).fit(rfm)
        ax = sp.plot_rfm(rfm, scorer.breaks_, sheet((9.0, 3.4)))
        notes = [panel.get_xlabel() for panel in ax.child_axes]
        if strategy == "nested":
            assert notes == ["", *["cuts differ between groups"] * 2]
        else:
            assert notes == ["", "", ""]
            drawn = [t.get_text() for t in ax.child_axes[1].texts]
            assert drawn == [style.compact(c) for c in sorted(set(scorer.breaks_["F"]))]


def test_customers_a_log_scale_cannot_show_are_said(rfm):
    returned = rfm.copy()
    returned.loc[:39, "monetary"] = -5.0
    ax = sp.plot_rfm(returned, {"M": [-1.0, 0.0, 100.0]}, sheet((9.0, 3.4)))
    panel = ax.child_axes[2]
    assert panel.get_xlabel() == "40 at zero or below not drawn"
    assert sum(height for *_, height in bars(panel)) == len(rfm) - 40
    assert [t.get_text() for t in panel.texts] == ["100"]


@pytest.mark.parametrize(
    "values",
    [
        {"recency_days": [3], "frequency": [1], "monetary": [10.0]},
        {"recency_days": [0, 0], "frequency": [2, 2], "monetary": [0.0, 0.0]},
        {"recency_days": [1, 2], "frequency": [1, 1], "monetary": [-3.0, -1.0]},
        {"recency_days": [1, 9000], "frequency": [1, 100_000], "monetary": [1e-3, 1e13]},
        {
            "recency_days": [1] * 99 + [2],
            "frequency": [1] * 99 + [9],
            "monetary": [1.0] * 99 + [9e9],
        },
    ],
)
def test_odd_tables_are_drawn_whole(values):
    ax = sp.plot_rfm(pd.DataFrame(values), BREAKS, sheet((9.0, 3.4)))
    for panel in ax.child_axes:
        assert sum(height for *_, height in bars(panel)) == len(values["monetary"])
    assert_apart(ax)


@pytest.mark.parametrize("size", [(9.0, 3.4), (7.0, 3.0), (3.6, 6.5)])
def test_words_of_the_panels_never_overlap(rfm, size):
    many = {"R": [10, 11, 12, 13, 14], "F": [1, 2, 3, 4, 5], "M": [480, 490, 500, 510, 520]}
    for breaks in (None, BREAKS, many):
        for currency in ("", "EUR"):
            assert_apart(sp.plot_rfm(rfm, breaks, sheet(size), currency=currency))


@pytest.mark.parametrize("monetary", [0.0, 5.0, 12345.67, 1234567.89])
def test_one_customer_is_said_in_the_singular_and_no_tick_twice(monetary):
    one = pd.DataFrame(
        {"recency_days": [1000], "frequency": [1000], "monetary": [monetary]},
        index=pd.Index(["a"], name="customer"),
    )
    ax = sp.plot_rfm(one)
    assert ax.get_title(loc="left") == "How 1 customer spreads"
    for panel in ax.child_axes:
        texts = [tick.get_text() for tick in panel.get_xticklabels()]
        assert texts
        assert len(set(texts)) == len(texts)
    for panel in ax.child_axes[:2]:
        assert [tick.get_text() for tick in panel.get_xticklabels()] == ["1,000"]
    scores = pd.DataFrame({"R": [1], "F": [1]}, index=one.index)
    title = sp.plot_rf_grid(scores).get_title(loc="left")
    assert title == "1 customer by recency and frequency score"
    title = sp.plot_segments(summary_of(["A"], [1], [5.0])).get_title(loc="left")
    assert title == "Share of revenue by segment: 5 from 1 customer"
    assert sp.plot_pareto(one).get_xlabel() == "1 customer, best first"


def test_panels_stand_beside_or_below_each_other(rfm):
    def corners(size):
        ax = sp.plot_rfm(rfm, ax=sheet(size))
        ax.figure.canvas.draw()
        return [p.get_position().bounds[:2] for p in ax.child_axes]

    wide, narrow = corners((9.0, 3.4)), corners((3.6, 6.5))
    assert len({round(y, 9) for _, y in wide}) == 1
    assert len({round(x, 9) for x, _ in narrow}) == 1


# --- Pareto --------------------------------------------------------------------------------


def test_the_line_is_the_cumulated_share():
    values = [7.0, 500.0, 0.25, 80.0, 80.0, 12.5, 3.0]
    ax = sp.plot_pareto(pd.DataFrame({"monetary": values}), sheet(margin=style.CHART))
    exact = [Fraction(0)]
    for value in sorted(values, reverse=True):
        exact.append(exact[-1] + Fraction(value))
    x, y = ax.lines[0].get_data()
    assert list(x) == [k / 7 for k in range(8)]
    assert list(y) == pytest.approx([float(e / exact[-1]) for e in exact], rel=1e-12)
    assert (y[0], y[-1]) == (0.0, 1.0)


def test_marks_are_on_the_line_and_say_what_holds(rfm):
    ax = sp.plot_pareto(rfm, sheet(margin=style.CHART), currency="£")
    values = np.sort(rfm["monetary"].to_numpy())[::-1]
    reached = np.cumsum(values) / values.sum()
    fifth = reached[799]
    most = int(np.argmax(reached >= 0.8)) + 1
    assert (
        ax.get_title(loc="left")
        == f"The best 20% of customers bring {style.share(fifth)} of revenue"
    )
    marks = sorted((float(m.get_xdata()[0]), float(m.get_ydata()[0])) for m in ax.lines[1:])
    expected = sorted([(0.2, fifth), (most / 4000, reached[most - 1])])
    assert np.allclose(marks, expected, rtol=1e-12)
    assert f"{100 * most / 4000:.1f}% of customers bring 80%" in said(ax)
    assert len(ax.lines[0].get_xdata()) <= 410
    x, y = ax.lines[0].get_data()
    ranks = np.round(x * 4000).astype(int)
    assert np.allclose(y[1:], reached[ranks[1:] - 1], rtol=1e-12)


def test_customers_who_returned_more_are_said():
    table = pd.DataFrame({"monetary": [100.0] * 20 + [-300.0]})
    ax = sp.plot_pareto(table, sheet(margin=style.CHART))
    assert "1 returned more than they bought" in ax.get_xlabel().replace("\n", " ")
    assert ax.lines[0].get_ydata().max() == pytest.approx(2000 / 1700)
    assert ax.get_ylim()[1] >= 2000 / 1700
    assert_apart(ax)


@pytest.mark.parametrize("values", [[0.0], [-5.0, 5.0], [-1.0, -2.0]])
def test_nothing_to_share_is_said(values):
    ax = sp.plot_pareto(pd.DataFrame({"monetary": values}), sheet(margin=style.CHART))
    assert "nothing to share" in said(ax)
    assert_apart(ax)


@pytest.mark.parametrize("size", [(7.2, 4.4), (3.6, 3.6)])
def test_words_of_the_pareto_never_overlap(rfm, size):
    equal = pd.DataFrame({"monetary": np.linspace(90, 110, 83)})
    for table in (rfm, equal, rfm.head(1), rfm.head(2), rfm.head(5)):
        assert_apart(sp.plot_pareto(table, sheet(size, style.CHART), currency="EUR"))


# --- months --------------------------------------------------------------------------------


def months(n=13, start="2010-12", partial=(12,)):
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "month": pd.period_range(start, periods=n, freq="M"),
            "revenue": np.round(rng.uniform(4e5, 1.5e6, n), 2),
            "partial": [i in partial for i in range(n)],
        }
    )


def test_bars_are_months_and_pale_ones_are_not_complete():
    table = months()
    ax = draw_months(table.sample(frac=1, random_state=1), sheet(margin=style.CHART), currency="£")
    assert [p.get_height() for p in ax.patches] == table["revenue"].tolist()
    assert [p.get_linestyle() != "solid" for p in ax.patches] == table["partial"].tolist()
    assert ax.patches[-1].get_facecolor()[3] < 0.5 < ax.patches[0].get_facecolor()[3]
    assert ax.get_title(loc="left") == "Revenue by month (Dec 2011 is not complete)"
    assert [t.get_text() for t in ax.texts] == [style.money(v, "£") for v in table["revenue"]]


def test_months_may_be_text_and_gaps_stay_empty():
    table = pd.DataFrame(
        {"month": ["2011-01", "2011-04"], "revenue": [1.0, -2.0], "partial": [False, False]}
    )
    ax = draw_months(table, sheet(margin=style.CHART))
    middles = [p.get_x() + p.get_width() / 2 for p in ax.patches]
    assert middles == pytest.approx([0, 3])
    assert [t.get_text().split()[0] for t in ax.get_xticklabels()] == ["Jan", "Feb", "Mar", "Apr"]
    assert ax.get_ylim()[0] < -2


@pytest.mark.parametrize("n", [1, 2, 13, 25, 60, 300])
@pytest.mark.parametrize("size", [(7.6, 3.4), (3.6, 3.2)])
def test_words_of_the_months_never_overlap(n, size):
    table = months(n, "1960-11", (0, n - 1))
    table.loc[n // 2, "revenue"] *= -0.4
    for currency in ("", "$", "EUR"):
        assert_apart(draw_months(table, sheet(size, style.CHART), currency=currency))


# --- all of them ---------------------------------------------------------------------------


def calls(rfm, scored):
    scores, segments = scored
    return [
        ("plot_segments", lambda ax=None: sp.plot_segments(eleven(), ax, currency="$")),
        ("plot_rf_grid", lambda ax=None: sp.plot_rf_grid(scores, segments, ax)),
        ("plot_rfm", lambda ax=None: sp.plot_rfm(rfm, BREAKS, ax, currency="$")),
        ("plot_pareto", lambda ax=None: sp.plot_pareto(rfm, ax, currency="$$")),
        ("draw_months", lambda ax=None: draw_months(months(60), ax, currency="$$")),
    ]


def test_a_new_figure_is_one_that_notebooks_show(rfm, scored):
    for _, plot in calls(rfm, scored):
        before = plt.get_fignums()
        ax = plot()
        assert len(plt.get_fignums()) == len(before) + 1
        assert_apart(ax)
        plt.close(ax.figure)


def test_given_axes_are_drawn_on_and_nothing_else_changes(rfm, scored):
    plt.close("all")
    settings = dict(mpl.rcParams)
    figure, (one, two) = plt.subplots(1, 2, figsize=(14, 5))
    current = plt.gca()
    assert current is two
    for _, plot in calls(rfm, scored):
        one.clear()
        place = one.get_position().bounds
        assert plot(one) is one
        assert one.get_position().bounds == place
        assert plt.gca() is two
        assert not two.has_data()
        assert plt.get_fignums() == [figure.number]
    assert dict(mpl.rcParams) == settings
    plt.close(figure)


def test_the_session_style_does_not_leak_in(rfm, scored):
    for _, plot in calls(rfm, scored):
        plain = plot(sheet(margin=style.CHART))
        with mpl.rc_context(
            {"font.size": 30, "axes.grid": True, "text.color": "red", "font.family": "serif"}
        ):
            other = plot(sheet(margin=style.CHART))
        looks = [
            [
                (t.get_text(), t.get_color(), t.get_fontsize(), t.get_fontfamily())
                for t, _ in words(a)
            ]
            for a in (plain, other)
        ]
        assert looks[0] == looks[1]


def test_on_dark_paper_words_are_light(rfm, scored):
    for _, plot in calls(rfm, scored):
        ax = sheet(margin=style.CHART)
        ax.figure.set_facecolor("#101418")
        plot(ax)
        title = [t for t, _ in words(ax) if t.get_fontsize() == 10.5]
        assert title
        assert style.contrast(to_hex(title[0].get_color()), "#101418") > 10


def test_tables_are_not_changed(rfm, scored):
    scores, segments = scored
    tables = [rfm, scores, segments, eleven()]
    before = [t.copy(deep=True) for t in tables]
    for _, plot in calls(rfm, scored):
        plot(sheet())
    for was, now in zip(before[:3], tables[:3], strict=True):
        assert was.equals(now)


def test_tables_of_other_libraries_are_taken(rfm, scored):
    summary = eleven()
    theirs = pl.from_pandas(summary.reset_index())
    assert said(sp.plot_segments(theirs, sheet())) == said(sp.plot_segments(summary, sheet()))
    theirs = pl.from_pandas(rfm.reset_index()).to_arrow()
    for plot in (sp.plot_pareto, sp.plot_rfm):
        assert said(plot(theirs, ax=sheet())) == said(plot(rfm, ax=sheet()))
    scores, segments = scored
    theirs = pl.from_pandas(scores.reset_index())
    assert said(sp.plot_rf_grid(theirs, segments, sheet())) == said(
        sp.plot_rf_grid(scores, segments, sheet())
    )


def bad_calls():
    summary, nan = eleven(3), float("nan")
    good = pd.DataFrame({"recency_days": [1, 2], "frequency": [1, 1], "monetary": [5.0, 6.0]})
    scores = pd.DataFrame({"R": [1, 2], "F": [1, 2]}, index=pd.Index([7, 8], name="customer"))
    month = months(2, partial=())
    return {
        "summary no table": (TypeError, lambda: sp.plot_segments([1])),
        "summary no column": (
            ValueError,
            lambda: sp.plot_segments(summary.drop(columns="revenue")),
        ),
        "summary empty": (ValueError, lambda: sp.plot_segments(summary.head(0))),
        "summary nan": (
            ValueError,
            lambda: sp.plot_segments(summary.assign(revenue=[1.0, nan, 2.0])),
        ),
        "summary text": (
            TypeError,
            lambda: sp.plot_segments(summary.assign(customers=["a", "b", "c"])),
        ),
        "ax no Axes": (TypeError, lambda: sp.plot_segments(summary, ax="here")),
        "scores are values": (ValueError, lambda: sp.plot_rf_grid(scores.assign(R=[0, 200]))),
        "scores half": (ValueError, lambda: sp.plot_rf_grid(scores.assign(F=[1.5, 2.0]))),
        "scores none": (ValueError, lambda: sp.plot_rf_grid(scores.head(0))),
        "segments a list": (TypeError, lambda: sp.plot_rf_grid(scores, ["a", "b"])),
        "segments too few": (
            ValueError,
            lambda: sp.plot_rf_grid(scores, pd.Series(["a"], index=[7])),
        ),
        "segments twice": (
            ValueError,
            lambda: sp.plot_rf_grid(scores, pd.Series(["a"] * 3, [7, 7, 8])),
        ),
        "rfm no column": (ValueError, lambda: sp.plot_rfm(good.drop(columns="frequency"))),
        "rfm inf": (ValueError, lambda: sp.plot_rfm(good.assign(monetary=[1.0, np.inf]))),
        "breaks list": (TypeError, lambda: sp.plot_rfm(good, [1, 2])),
        "breaks key": (ValueError, lambda: sp.plot_rfm(good, {"X": [1]})),
        "breaks fall": (ValueError, lambda: sp.plot_rfm(good, {"R": [2, 1]})),
        "breaks text": (TypeError, lambda: sp.plot_rfm(good, {"R": "often"})),
        "pareto none": (ValueError, lambda: sp.plot_pareto(good.head(0))),
        "pareto nan": (ValueError, lambda: sp.plot_pareto(good.assign(monetary=[nan, 1.0]))),
        "month unread": (ValueError, lambda: draw_months(month.assign(month=["2011-01", "soon"]))),
        "month twice": (ValueError, lambda: draw_months(month.assign(month="2011-01"))),
        "partial text": (TypeError, lambda: draw_months(month.assign(partial=["no", "yes"]))),
        "months none": (ValueError, lambda: draw_months(month.head(0))),
    }


@pytest.mark.parametrize("case", bad_calls())
def test_wrong_tables_are_refused_in_the_house_sentence(case):
    error, call = bad_calls()[case]
    before = plt.get_fignums()
    with pytest.raises(error, match=r"^(plot|draw)_\w+: .+ must be .+; got .+\.( .+)?$") as caught:
        call()
    assert type(caught.value) is error
    assert plt.get_fignums() == before  # a refused call leaves no empty figure behind


def test_nan_names_its_column_and_row():
    summary = eleven(3).assign(revenue=[1.0, float("nan"), 2.0])
    with pytest.raises(ValueError, match=r"'revenue'.*row 1 \('Loyal'\)"):
        sp.plot_segments(summary, sheet())


# --- words ---------------------------------------------------------------------------------


def test_wrapped_lines_fit_and_lose_nothing():
    text = "High value customers who order every week"
    for room in (60.0, 90.0, 150.0, 400.0):
        lines = wrap(text, room, 9, most=9)
        assert " ".join(lines) == text
        assert all(width(line, 9) <= room for line in lines)
    assert wrap(text, 60.0, 9, most=2) == []
    assert wrap("unbreakable", 10.0, 9) == []


def test_a_cut_text_is_the_longest_that_fits():
    text = "Extraordinarilylongunbreakablesegmentname"
    for room in (20.0, 50.0, 120.0):
        short = cut(text, room, 9)
        assert width(short, 9) <= room
        assert width(text[: len(short)] + "…", 9) > room
    assert cut("short", 500.0, 9) == "short"


def test_a_measured_width_is_that_of_the_drawn_text():
    ax = sheet()
    for text in ("Champions", "1,234 customers", "Loyal $x$"):
        drawn = ax.text(0.1, 0.5, text, **style.words("black", 9))
        canvas = FigureCanvasAgg(ax.figure)
        box = drawn.get_window_extent(canvas.get_renderer())
        assert 72 * box.width / ax.figure.dpi == pytest.approx(width(text, 9), rel=0.06)


def test_subfigures_are_drawn_on():
    figure = sheet().figure
    left, _ = figure.subfigures(1, 2)
    ax = left.add_axes((0.05, 0.1, 0.9, 0.75))
    assert sp.plot_segments(eleven(), ax) is ax
    assert_apart_of_figure(ax)


def assert_apart_of_figure(ax):
    ax.figure.figure.delaxes(ax.figure.figure.axes[0])
    renderer = FigureCanvasAgg(ax.figure.figure).get_renderer()
    boxes = [t.get_window_extent(renderer) for t in (*ax.texts, ax._left_title)]
    for one, two in combinations(boxes, 2):
        across = min(one.x1, two.x1) - max(one.x0, two.x0)
        assert min(across, min(one.y1, two.y1) - max(one.y0, two.y0)) <= 0.5
