"""The report: figures, words, safety of the page, and writing it whole or not at all."""

from __future__ import annotations

import dataclasses
import errno
import itertools
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import segpy as sp
from segpy import _writing
from segpy.reporting import (
    actions,
    cautions,
    headline,
    opening,
    products,
    road,
    segments,
)
from segpy.reporting.segments import describe
from segpy.reporting.story import Story

HOSTILE_PRODUCT = "<script>alert(1)</script>"
HOSTILE_CUSTOMER = '"><img src=x onerror=alert(2)>'
_VOID = {"meta", "br", "hr", "img", "link", "input"}


def make_lines(
    n_customers: int = 120, first: str = "2023-01-01", n_days: int = 500, seed: int = 7
) -> pd.DataFrame:
    """Make cleaned order lines: few buy often, many once, some carry no id, some is postage."""
    rng = np.random.default_rng(seed)
    n_orders = np.maximum(1, (rng.pareto(1.2, n_customers) * 2).astype(int)).clip(max=40)
    customer = np.repeat(np.arange(n_customers), n_orders)
    order_day = rng.integers(0, n_days, len(customer))
    n_lines = rng.integers(1, 4, len(customer))
    row = np.repeat(np.arange(len(customer)), n_lines)
    product = rng.integers(0, 15, len(row))
    quantity = rng.integers(1, 9, len(row))
    price = (product + 1) * 1.25
    anonymous = rng.random(len(customer)) < 0.08
    ids = np.array([f"person-{c:04d}" for c in customer], dtype=object)
    ids[anonymous] = None
    dates = pd.Timestamp(first) + pd.to_timedelta(order_day[row], unit="D")
    lines = pd.DataFrame(
        {
            "customer": ids[row],
            "order": [f"order-{o:05d}" for o in row],
            "date": dates + pd.Timedelta(hours=10),
            "product": [f"sku{p:02d}" for p in product],
            "quantity": quantity,
            "price": price,
            "amount": quantity * price,
            "description": [f"Thing {p}" for p in product],
            "is_product": product > 0,
            "returned_quantity": 0,
        }
    )
    # The first day and the last day are always there, so that months are whole where meant.
    lines.loc[0, "date"] = pd.Timestamp(first) + pd.Timedelta(hours=9)
    lines.loc[1, "date"] = pd.Timestamp(first) + pd.Timedelta(days=n_days - 1, hours=9)
    lines.loc[[0, 1], "customer"] = "person-0000"
    return lines


def tell(lines: pd.DataFrame, **options: Any) -> Story:
    """Walk the road with the defaults of `report`."""
    given: dict[str, Any] = {
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
    return road.walk(lines, **(given | options))


class Page(HTMLParser):
    """A page taken apart: elements with attributes, text, and what does not nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open[-1] == tag, f"</{tag}> closes <{self.open[-1]}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text.append(data)

    def tags(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.elements if tag == name]

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.text).split())


@pytest.fixture(scope="module")
def lines() -> pd.DataFrame:
    return make_lines()


@pytest.fixture(scope="module")
def text(lines: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> str:
    place = tmp_path_factory.mktemp("report") / "report.html"
    return sp.report(lines, place, currency="£").read_text(encoding="utf-8")


# ------------------------------------------------------------------------------ the page


def test_report_gives_the_path_it_was_given(
    lines: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = lines.copy(deep=True)
    assert sp.report(lines) == Path("report.html")
    assert os.listdir(tmp_path) == ["report.html"]
    pd.testing.assert_frame_equal(lines, before)


def test_page_is_well_formed_and_closed(text: str) -> None:
    page = Page(text)
    assert page.open == []
    ids = [a["id"] for _, a in page.elements if "id" in a]
    assert len(ids) == len(set(ids))
    for attributes in page.tags("a"):
        assert (attributes["href"] or "").removeprefix("#") in ids


def test_page_loads_and_runs_nothing(text: str) -> None:
    page = Page(text)
    for tag in ("script", "link", "img", "iframe", "object", "embed", "form", "base"):
        assert page.tags(tag) == []
    for tag, attributes in page.elements:
        assert not any(name.startswith("on") for name in attributes), tag
        assert not (attributes.get("src"))
        assert not (attributes.get("srcset"))
    assert "@import" not in text
    assert "http:" not in text.replace("http://www.w3.org/2000/svg", "")
    assert "https:" not in text
    policy = [a for a in page.tags("meta") if a.get("http-equiv") == "Content-Security-Policy"]
    assert (policy[0]["content"] or "").startswith("default-src 'none';")


def test_headings_stand_in_order(text: str) -> None:
    levels = [int(t[1]) for t, _ in Page(text).elements if t in ("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_every_picture_has_words(text: str) -> None:
    pictures = Page(text).tags("svg")
    assert len(pictures) == 6  # three, each wide and narrow
    for attributes in pictures:
        assert attributes["role"] == "img"
        assert len(attributes["aria-label"] or "") > 30


def test_one_appendix_is_folded_away(text: str) -> None:
    folded = Page(text).tags("details")
    assert len(folded) == 1
    assert "open" not in folded[0]
    assert "How this was made" in text[text.index("<summary>") :]


def test_page_is_small(text: str) -> None:
    assert len(text.encode()) < 1_500_000


def test_same_input_gives_same_bytes_in_any_row_order(
    lines: pd.DataFrame, text: str, tmp_path: Path
) -> None:
    shuffled = lines.sample(frac=1, random_state=3)
    again = sp.report(shuffled, tmp_path / "a.html", currency="£").read_bytes()
    assert again == text.encode()


def test_same_bytes_in_another_process_with_another_hash_seed(
    lines: pd.DataFrame, text: str, tmp_path: Path
) -> None:
    lines.to_pickle(tmp_path / "lines.pkl")
    code = (
        "import sys, pandas, segpy; "
        "segpy.report(pandas.read_pickle(sys.argv[1]), sys.argv[2], currency='£')"
    )
    for seed in ("1", "2"):
        place = tmp_path / f"{seed}.html"
        subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / "lines.pkl"), str(place)],
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": "Asia/Tokyo"},
            check=True,
        )
        assert place.read_bytes() == text.encode()


def test_ids_are_on_the_page_only_when_asked_for(
    lines: pd.DataFrame, text: str, tmp_path: Path
) -> None:
    people = set(lines["customer"].dropna())
    assert not any(person in text for person in people)
    named = sp.report(lines, tmp_path / "ids.html", include_ids=True).read_text(encoding="utf-8")
    spent = lines.groupby("customer")["amount"].sum()
    assert spent.idxmax() in named
    listed = sum(person in named for person in people)
    assert 0 < listed <= 5 * 12


def test_hostile_names_show_as_text(tmp_path: Path) -> None:
    lines = make_lines(60)
    lines["description"] = HOSTILE_PRODUCT
    lines["product"] = lines["product"] + HOSTILE_PRODUCT
    lines["customer"] = lines["customer"] + HOSTILE_CUSTOMER
    names = lines["customer"].dropna().unique()
    segments = pd.Series(
        np.where(np.arange(len(names)) % 2, "<b onclick=x>A</b>", "$x^2$ & B"),
        index=pd.Index(names, name="customer"),
    )
    place = tmp_path / "hostile.html"
    sp.report(
        lines,
        place,
        segments=segments,
        include_ids=True,
        title="<i>T</i> {{ 7 * 7 }}",
        currency="<u>$",
    )
    page = Page(place.read_text(encoding="utf-8"))
    assert page.open == []
    for tag in ("script", "img", "b", "i", "u"):
        rows = [a for a in page.tags(tag) if not (tag == "i" and "style" in a)]
        rows = [a for a in rows if not (tag == "b" and not a)]
        assert rows == [], tag
    for shown in (HOSTILE_PRODUCT, HOSTILE_CUSTOMER, "$x^2$ & B", "<b onclick=x>A</b>"):
        assert shown in page.words
    assert "<i>T</i> {{ 7 * 7 }}" in page.words
    assert not any(name.startswith("on") for _, a in page.elements for name in a)


# --------------------------------------------------------------------------- the figures


def naive_months(lines: pd.DataFrame) -> pd.DataFrame:
    """Count months in plain pandas, from the words of `month_table`."""
    month = lines["date"].dt.to_period("M")
    first_of_order = lines.groupby("order")["date"].min().dt.to_period("M")
    known = lines[lines["customer"].notna()]
    first_of_customer = known.groupby("customer")["date"].min().dt.to_period("M")
    index = pd.period_range(month.min(), month.max(), freq="M", name="month")
    counts = {
        "revenue": lines.groupby(month)["amount"].sum(),
        "orders": first_of_order.value_counts(),
        "customers": known.groupby(month)["customer"].nunique(),
        "new": first_of_customer.value_counts(),
    }
    return pd.DataFrame({k: v.reindex(index, fill_value=0) for k, v in counts.items()})


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_month_table_agrees_with_plain_pandas(seed: int) -> None:
    lines = make_lines(40, n_days=300, seed=seed)
    # One order begins in one month and ends in the next.
    lines.loc[lines.index[-2:], "order"] = "split"
    lines.loc[lines.index[-2], "date"] = pd.Timestamp("2023-03-31 23:50")
    lines.loc[lines.index[-1], "date"] = pd.Timestamp("2023-04-01 00:10")
    table = tell(lines).months
    expected = naive_months(lines)
    np.testing.assert_allclose(table["revenue"], expected["revenue"], rtol=1e-12)
    for column in ("orders", "customers", "new"):
        assert table[column].tolist() == expected[column].tolist(), column
    assert (table["returning"] == table["customers"] - table["new"]).all()


@pytest.mark.parametrize(
    ("first", "n_days", "snapshot", "partial"),
    [
        ("2023-01-01", 59, None, [False, False]),
        ("2023-01-02", 58, None, [True, False]),
        ("2023-01-01", 58, None, [False, True]),
        ("2023-01-01", 58, "2023-03-01", [False, False]),
        ("2023-01-01", 58, "2023-02-28", [False, True]),
    ],
)
def test_a_month_is_whole_when_its_days_are_covered(
    first: str, n_days: int, snapshot: str | None, partial: list[bool]
) -> None:
    story = tell(make_lines(60, first=first, n_days=n_days), snapshot=snapshot)
    assert story.months["partial"].tolist() == partial


def test_headline_compares_the_last_whole_month() -> None:
    """The unfinished month is told beside the same days only; it never stands as a crash."""
    story = tell(make_lines(300, n_days=470))  # to 14 April 2024
    chapter = headline.chapter(story)
    assert chapter.heading.startswith("March 2024: £")
    figures: Any = chapter.values["figures"]
    table = story.months
    march, february = pd.Period("2024-03", "M"), pd.Period("2024-02", "M")
    year = pd.Period("2023-03", "M")
    assert [c.against for c in figures[0].changes] == ["February 2024", "March 2023"]
    ratio = table["orders"][march] / table["orders"][february]
    assert figures[1].changes[0].text == f"{100 * abs(ratio - 1):.1f}%"
    ratio = table["revenue"][march] / table["revenue"][year]
    assert figures[0].changes[1].text == f"{100 * abs(ratio - 1):.1f}%"
    # March 2023 stands two months after the lines begin: nearly everyone was new then.
    assert [c.against for c in figures[4].changes] == ["February 2024"]
    notes: Any = chapter.values["notes"]
    day = story.lines["date"].dt.normalize()
    to_14_march = day.between("2024-03-01", "2024-03-14")
    then = story.lines.loc[to_14_march, "amount"].sum()
    assert f"the same days of March 2024 (£{then:,.0f})" in notes[-1]
    assert "the same days of April 2023" in notes[-1]


def test_headline_without_a_whole_month_gives_plain_figures() -> None:
    story = tell(make_lines(30, first="2024-05-05", n_days=12))
    chapter = headline.chapter(story)
    figures: Any = chapter.values["figures"]
    assert all(figure.changes == () for figure in figures)
    assert figures[1].value == f"{story.lines['order'].nunique():,}"


def test_segment_words_are_true_of_every_customer(lines: pd.DataFrame) -> None:
    """Whoever is in a segment lies within the bounds its words are made of."""
    story = tell(lines)
    assert story.cuts is not None
    told = describe(story.cuts, story.money)
    names = story.segments.reindex(story.rfm.index)
    for name, own in story.rfm.groupby(names, observed=True):
        said = told[str(name)]
        if "within " in said:
            limit = int(said.split("within ")[1].split(" day")[0].replace(",", ""))
            assert own["recency_days"].max() <= limit
        if " or more orders" in said:
            limit = int(said.split(" or more orders")[0].split(" ")[-1])
            assert own["frequency"].min() >= limit
    assert "within " in told["Champions"]
    assert " or more orders" in told["Champions"]


def test_medians_stand_beside_means(lines: pd.DataFrame, text: str) -> None:
    story = tell(lines)
    top = story.summary.iloc[0]
    words = Page(text).words
    say = story.money
    assert f"{say(top['monetary_median'])} · {say(top['revenue'] / top['customers'])}" in words


def test_no_cell_tells_of_half_days(lines: pd.DataFrame) -> None:
    story = tell(lines)
    halves = story.summary.assign(recency_days_median=[0.5, 242.5, *range(2, len(story.summary))])
    told = segments.segment_rows(dataclasses.replace(story, summary=halves), {})
    assert [row.recency for row in told[:3]] == ["1 day", "243 days", "2 days"]
    unknown = story.summary.assign(recency_days_median=np.nan)
    assert (
        segments.segment_rows(dataclasses.replace(story, summary=unknown), {})[0].recency
        == "\u2013"
    )


def test_advice_stands_in_its_order(lines: pd.DataFrame, text: str) -> None:
    story = tell(lines)
    words = Page(text).words
    start = words.index("What to do first", words.index("Recently or long ago"))
    places = [
        words.index(message, start)
        for message in story.actions.sort_values("priority")["message"].drop_duplicates()
    ]
    assert places == sorted(places)


def test_a_product_is_called_by_its_most_frequent_name(lines: pd.DataFrame) -> None:
    """Ties go by alphabet, so that the order of rows plays no part."""
    named = lines[lines["product"] == "sku03"].index
    words = lines["description"].copy()
    words[named] = None
    words[named[:2]] = "Beta "
    words[named[2:4]] = "Alpha"
    words[named[4]] = "Zeta"
    sold = tell(lines.assign(description=words)).sold
    assert sold is not None
    place = sold.ids.get_loc("sku03")
    assert sold.names(np.array([place])) == {place: "Alpha"}


def test_one_customer_and_one_product_are_said_in_the_singular(tmp_path: Path) -> None:
    few = make_lines(5, n_days=40).dropna(subset="customer").head(1)
    text = sp.report(few, tmp_path / "r.html").read_text("utf-8")
    assert "Only one product was sold." in text
    assert "every customer" in text
    for wrong in ("everyone else", "1 customers", "these 1 ", "1 lines", "1 orders"):
        assert wrong not in text, wrong


def test_all_products_of_a_short_list_are_said(lines: pd.DataFrame) -> None:
    few = lines[lines["product"].isin(["sku01", "sku02", "sku03"])]
    chapter = products.chapter(tell(few))
    assert chapter is not None
    assert chapter.values["lead"] == "These are all 3 products sold."
    chapter = products.chapter(tell(lines))
    assert chapter is not None
    assert str(chapter.values["lead"]).startswith("Of 14 products, these 10 bring ")


def test_segments_without_bounds_are_told_apart(lines: pd.DataFrame) -> None:
    """A name whose codes reach from end to end is not "everyone else"; a lone name is everyone."""
    ends = tell(lines, segment_map={"Ends": ["111", "555"], "Two": ["222"]})
    assert ends.cuts is not None
    told = describe(ends.cuts, ends.money)
    assert told["Ends"] == "no bounds of its own"
    assert told["Unassigned"] == "everyone else"
    assert "one order" in told["Two"]
    alone = tell(lines, segment_map={"All": ["..."]})
    assert alone.cuts is not None
    assert describe(alone.cuts, alone.money) == {"All": "every customer"}


def test_own_segments_of_one_customer_are_told_plainly(lines: pd.DataFrame) -> None:
    people = lines["customer"].dropna().unique()
    own = pd.Series(np.where(np.arange(len(people)) == 0, "One", "Rest"), index=people)
    chapter = segments.chapter(tell(lines, segments=own))
    rows: Any = chapter.values["rows"]
    told = {row.name: row.meaning for row in rows}
    assert re.fullmatch(r"last order [\d,]+ days? ago, £[\d.,]+ spent", told["One"])
    assert told["Rest"].startswith("half of them: last order ")
    assert " to " in told["Rest"]


# -------------------------------------------------------------------------- the cautions


def found(story: Story) -> str:
    chapter = cautions.chapter(story)
    if chapter is None:
        return ""
    told: Any = chapter.values["cautions"]
    return " | ".join(f"{c.title}: {c.found} {c.advice}" for c in told)


def test_cautions_say_what_bends_the_figures(lines: pd.DataFrame) -> None:
    told = found(tell(lines))
    lost = lines.loc[lines["customer"].isna(), "amount"].sum()
    assert f"worth £{lost:,.0f} carry no customer id" in told
    assert "May 2024 is not over: The lines end on 14 May 2024" in told
    once = (lines.groupby("customer")["order"].nunique() == 1).sum()
    assert f"{once} customers" in told
    assert "The lines cover only" not in told


def test_short_history_is_said() -> None:
    assert "The lines cover only 90 days" in found(tell(make_lines(40, n_days=90)))


def test_a_mistyped_year_is_said_and_drawn_in_time(tmp_path: Path) -> None:
    """One wrong year among 2023's lines makes two thousand months, mostly empty ones."""
    lines = make_lines(40, n_days=90)
    assert "No line for" not in found(tell(lines))
    lines.loc[lines.index[-1], ["customer", "date"]] = ["late", pd.Timestamp("2203-03-01")]
    told = found(tell(lines))
    assert "No line for" in told
    assert "and 1 March 2203 nothing was ordered" in told
    assert "after it: 1 line." in told
    page = sp.report(lines, tmp_path / "r.html").read_text("utf-8")
    assert "The picture shows the last 120 of 2,163 months, from April 2193 on." in page
    assert len(page) < 1_500_000


@pytest.mark.parametrize("year", ["1600", "2262", "9999"])
def test_a_placeholder_for_a_date_is_refused(year: str, tmp_path: Path) -> None:
    lines = make_lines(10, n_days=90).astype({"date": "datetime64[s]"})
    lines.loc[lines.index[7], "date"] = pd.Timestamp(f"{year}-12-31")
    said = rf"report: column 'date' must be in the years 1678 to 2261; got {year}-12-31.* in row 7 "
    with pytest.raises(ValueError, match=said):
        sp.report(lines, tmp_path / "r.html")


def test_wholesalers_are_counted_with_and_without() -> None:
    lines = make_lines(200)
    extra = lines.iloc[[0]].copy()
    extra["customer"], extra["order"] = "warehouse", "big"
    extra["quantity"], extra["amount"] = 50_000, 250_000.0
    story = tell(pd.concat([lines, extra], ignore_index=True))
    n = int(story.wholesalers.sum())
    told = found(story)
    rest = story.rfm.loc[~story.wholesalers, "monetary"]
    assert story.wholesalers["warehouse"]
    assert f"{n} customer" in told
    assert f"without them {story.money(rest.mean())}" in told


def test_orphan_returns_come_from_the_audit(lines: pd.DataFrame) -> None:
    audit = pd.DataFrame(
        {
            "rows": [10, 8],
            "customers": [3, 3],
            "orders": [5, 4],
            "revenue": [100.0, 140.0],
            "removed_rows": [0, 2],
            "removed_revenue": [0.0, -40.0],
            "why": ["as read", "no purchase found"],
        },
        index=pd.Index(["raw", "orphan returns"], name="step"),
    )
    assert "2 returns have no purchase to go with: £40 went back" in found(tell(lines, audit=audit))
    assert "no purchase to go with" not in found(tell(lines))


def test_a_name_that_promises_too_much_is_said() -> None:
    """Large single orders of long ago land in "Cannot Lose Them"; the page says what they are."""
    lines = make_lines(150)
    early = pd.DataFrame([lines.iloc[0]] * 25).reset_index(drop=True)
    early["customer"] = [f"early-{i}" for i in range(25)]
    early["order"] = [f"early-order-{i}" for i in range(25)]
    early["amount"] = 5_000.0
    story = tell(pd.concat([lines, early], ignore_index=True))
    once = story.summary.loc["Cannot Lose Them"]
    n = round(once["one_order_share"] * once["customers"])
    told = found(story)
    assert "Cannot Lose Them promises more than the data hold" in told
    assert f"{n} of the {once['customers']:.0f} customers in Cannot Lose Them" in told


def test_customers_without_a_name_are_said(lines: pd.DataFrame) -> None:
    story = tell(lines, segment_map="quartile-6")
    n = int((story.segments == "Unassigned").sum())
    assert n > 0
    assert f"{n} customers have no segment name" in found(story)
    assert "no segment name" not in found(tell(lines))


def as_steps(steps: object) -> list[actions.Action]:
    assert isinstance(steps, list)
    return steps


def test_customers_without_a_name_are_never_the_first_thing_to_do(lines: pd.DataFrame) -> None:
    story = tell(lines, segment_map={"A": ["555"], "B": ["111"]})
    assert story.summary["customers"].idxmax() == "Unassigned"
    assert story.steps.index[-1] == "Unassigned"
    assert story.best_segment is not None
    assert story.best_segment[0] != "Unassigned"
    assert "Unassigned" not in opening.lede(story)
    chapter = actions.chapter(story)
    first, rest = (as_steps(chapter.values[part]) for part in ("first", "rest"))
    assert sorted(step.segment for step in first) == ["A", "B"]  # two cards, though three fit
    assert [step.segment for step in rest] == ["Unassigned"]
    assert "Unassigned" not in chapter.heading


def test_customers_without_a_name_are_counted_apart(lines: pd.DataFrame) -> None:
    story = tell(lines, segment_map="quartile-6")
    n, people = int((story.segments == "Unassigned").sum()), len(story.rfm)
    segments_told = story.summary.index.drop("Unassigned")
    said = f"{people} customers in {len(segments_told)} segments, {n} customers without a name"
    assert opening.values(story)["title"] == said
    assert str(opening.values(tell(lines))["title"]).endswith(" segments")


def test_a_page_of_customers_without_any_name(lines: pd.DataFrame, tmp_path: Path) -> None:
    people = lines["customer"].dropna().unique()
    own = pd.Series("Unassigned", index=people)
    story = tell(lines, segments=own)
    assert story.best_segment is None
    assert opening.values(story)["title"] == f"{len(people)} customers without a segment name"
    assert opening.lede(story).endswith("% of customers have ordered only once.")
    page = Page(sp.report(lines, tmp_path / "r.html", segments=own).read_text("utf-8"))
    assert page.open == []
    assert [a for a in page.tags("li") if a.get("class") == "card"] == []
    assert "No segment to start with" in page.words


# --------------------------------------------------------------------- sources and options


def test_lines_that_are_all_returns_are_refused(tmp_path: Path) -> None:
    """The error names the step that took the lines, and its advice makes a page."""
    table = pd.DataFrame(
        {
            "customer": ["a", "b", "b"],
            "order": ["1", "2", "2"],
            "date": ["2024-01-01", "2024-02-02", "2024-02-02"],
            "product": ["tea", "cup", "pot"],
            "quantity": [-1, -2, -1],
            "price": [2.0, 3.0, 4.0],
        }
    )
    place = tmp_path / "r.html"
    said = (
        r"report: .* got none: cleaning removed all 3 lines \(orphan returns 3\)\. Keep such lines "
    )
    with pytest.raises(ValueError, match=said + r"with clean=dict\(returns='keep'\)\."):
        sp.report(table, place)
    with pytest.raises(ValueError, match=r"all 3 lines \(missing customer 1, orphan returns 2\)"):
        sp.report(
            table.assign(customer=[None, "b", "b"]), place, clean={"missing_customer": "drop"}
        )
    assert os.listdir(tmp_path) == []
    words = Page(sp.report(table, place, clean={"returns": "keep"}).read_text("utf-8")).words
    assert "brought nothing or less" in words


def test_no_lines_without_an_audit_are_refused(lines: pd.DataFrame, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"got none\. Pass a table with order lines"):
        sp.report(lines.head(0), tmp_path / "r.html")


@pytest.mark.parametrize("option", ["read", "clean"])
def test_unknown_options_of_the_steps_are_said(
    lines: pd.DataFrame, tmp_path: Path, option: str
) -> None:
    raw = lines.drop(columns=["is_product", "returned_quantity"])
    known = {"read": "'columns', .*'dtype'.*", "clean": "'missing_customer', 'returns', .*"}[option]
    said = f"^report: a key of '{option}' must be one of {known}; got 'foo'. These are the options"
    given: dict[str, Any] = {option: {"foo": 1}}
    with pytest.raises(ValueError, match=said):
        sp.report(raw, tmp_path / "r.html", **given)
    assert os.listdir(tmp_path) == []


def test_lines_without_money_are_refused(lines: pd.DataFrame, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="report: the order lines must be lines with money"):
        sp.report(lines.assign(amount=np.nan), tmp_path / "r.html")


def test_raw_lines_are_read_and_cleaned(lines: pd.DataFrame, tmp_path: Path) -> None:
    """A file, and the same file read and cleaned before, give the same page."""
    raw = lines[["customer", "order", "date", "product", "quantity", "price"]]
    back = raw.iloc[[3]].assign(quantity=-1, order="back", date=lines["date"].max())
    pd.concat([raw, back]).to_csv(tmp_path / "lines.csv", index=False)
    options = {"returns": "keep", "no_price": "keep"}
    one = sp.report(tmp_path / "lines.csv", tmp_path / "a.html", clean=options)
    clean, audit = sp.clean_transactions(sp.read_transactions(tmp_path / "lines.csv"), **options)
    two = sp.report(clean, tmp_path / "b.html", audit=audit)
    assert one.read_bytes() == two.read_bytes()
    words = Page(one.read_text("utf-8")).words
    assert "lines.csv" in words
    assert str(tmp_path) not in words
    assert "returns: keep" in words


@pytest.mark.parametrize("segment_map", ["rf-10", "klaviyo-6", "quartile-6"])
def test_scores_get_the_bins_of_the_map(
    lines: pd.DataFrame, tmp_path: Path, segment_map: str
) -> None:
    text = sp.report(lines, tmp_path / "r.html", segment_map=segment_map).read_text("utf-8")
    story = tell(lines, segment_map=segment_map)
    words = Page(text).words
    for name in story.summary.index:
        assert str(name) in words
    assert story.cuts is not None
    assert len(story.cuts.codes) == int(np.prod(list(story.cuts.n_bins.values())))


def test_own_segments_need_no_scores(lines: pd.DataFrame, tmp_path: Path) -> None:
    people = lines["customer"].dropna().unique()
    own = pd.Series(np.where(np.arange(len(people)) % 3, "Left", "Right"), index=people)
    text = sp.report(lines, tmp_path / "r.html", segments=own).read_text("utf-8")
    words = Page(text).words
    assert "The segments were given" in words
    assert "How customers were scored" not in words
    assert len(Page(text).tags("svg")) == 4


@pytest.mark.parametrize("n", [1, 2, 3])
def test_few_lines_still_make_a_page(n: int, tmp_path: Path) -> None:
    few = make_lines(5, n_days=40).dropna(subset="customer").head(n)
    page = Page(sp.report(few, tmp_path / "r.html").read_text("utf-8"))
    assert page.open == []


def test_lines_without_products_make_a_page(lines: pd.DataFrame, tmp_path: Path) -> None:
    bare = lines.assign(is_product=False)
    words = Page(sp.report(bare, tmp_path / "r.html").read_text("utf-8")).words
    assert "What they buy" not in words
    bare = lines.drop(columns="description")
    assert "sku" in Page(sp.report(bare, tmp_path / "r.html").read_text("utf-8")).words


def test_customers_who_bring_less_than_nothing(lines: pd.DataFrame, tmp_path: Path) -> None:
    minus = lines.assign(amount=-lines["amount"].abs())
    words = Page(sp.report(minus, tmp_path / "r.html", currency="£").read_text("utf-8")).words
    assert "brought nothing or less" in words
    assert "\u2212£" in words


@pytest.mark.parametrize("factor", [0.0, -1.0])
def test_no_share_is_made_of_nothing_or_less(
    lines: pd.DataFrame, tmp_path: Path, factor: float
) -> None:
    """Some customers pay, but all in all nothing is left: no shares, no bars, no stake, and why."""
    amount = lines["amount"].to_numpy().copy()
    known = lines["customer"].notna().to_numpy()
    amount[known] *= factor
    amount[np.flatnonzero(known)[0]] = 5.0 if factor else 0.0
    table = lines.assign(amount=amount)
    story = tell(table)
    assert not story.has_shares
    text = sp.report(table, tmp_path / "r.html", currency="£").read_text("utf-8")
    page = Page(text)
    assert page.open == []
    assert f"All segments together bring {story.money(story.segment_revenue)}" in page.words
    assert "so there are no shares of revenue and no money at stake" in page.words
    assert len(page.tags("svg")) == 4  # months and the grid; areas cannot show a share of nothing
    assert len([a for a in page.tags("span") if a.get("class") == "bar"]) == len(story.summary)
    stakes = text.split('<p class="stake">')[1:]
    assert stakes
    assert all(stake.startswith("<span>") for stake in stakes)
    assert not story.actions["why"].str.contains("of the revenue").any()
    rows: Any = segments.chapter(story).values["rows"]
    assert {(row.revenue_share, row.revenue_bar) for row in rows} == {("", None)}


@pytest.mark.parametrize(
    ("options", "kind", "said"),
    [
        ({"include_ids": 1}, TypeError, "report: 'include_ids' must be True or False"),
        ({"currency": 5}, TypeError, "report: 'currency' must be text"),
        ({"title": 5}, TypeError, "report: 'title' must be text"),
        ({"read": "x"}, TypeError, "report: 'read' must be a dict of options or None"),
        ({"clean": {"returns": "drop"}}, ValueError, "report: 'clean' must be None for a table"),
        ({"segments": ["a"]}, TypeError, "report: 'segments' must be a Series"),
        ({"path": 7}, TypeError, "report: 'path' must be a file name"),
        (
            {"audit": pd.DataFrame({"rows": [1]})},
            ValueError,
            "Pass the audit of clean_transactions",
        ),
        ({"audit": "none"}, TypeError, "report: the table must be a pandas"),
        ({"segment_map": "nope"}, ValueError, "nope"),
        ({"snapshot": "2023-01-05"}, ValueError, "snapshot"),
    ],
)
def test_bad_options_are_said(
    lines: pd.DataFrame, tmp_path: Path, options: dict[str, Any], kind: type, said: str
) -> None:
    given = {"path": tmp_path / "r.html", **options}
    with pytest.raises(kind) as caught:
        sp.report(lines, **given)
    assert said in str(caught.value)
    assert os.listdir(tmp_path) == []


def test_audit_belongs_to_cleaned_lines(lines: pd.DataFrame, tmp_path: Path) -> None:
    raw = lines.drop(columns=["is_product", "returned_quantity"])
    with pytest.raises(ValueError, match="'audit' must be None unless"):
        sp.report(raw, tmp_path / "r.html", audit=pd.DataFrame())


def test_customers_twice_in_own_segments(lines: pd.DataFrame, tmp_path: Path) -> None:
    own = pd.Series(["A", "B"], index=["person-0001", "person-0001"])
    with pytest.raises(ValueError, match="'person-0001' more than once"):
        sp.report(lines, tmp_path / "r.html", segments=own)


# ---------------------------------------------------------------------------- the writing


def test_a_folder_a_device_and_a_missing_folder_are_refused(
    lines: pd.DataFrame, tmp_path: Path
) -> None:
    with pytest.raises(IsADirectoryError, match=r"got the folder .*Add a name"):
        sp.report(lines, tmp_path)
    with pytest.raises(FileNotFoundError, match="whose folder is missing"):
        sp.report(lines, tmp_path / "no" / "r.html")
    if os.path.exists("/dev/null"):
        with pytest.raises(OSError, match="got the device"):
            sp.report(lines, "/dev/null")


def test_no_permission_is_said_before_the_work(
    lines: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For a plain user the folder itself refuses; for root the question is answered for it."""
    locked = tmp_path / "locked"
    locked.mkdir(0o500)
    if os.geteuid() == 0:
        monkeypatch.setattr(os, "access", lambda place, mode: Path(place) != locked)
    with pytest.raises(PermissionError, match=r"report: 'path' must be .*Permission denied") as no:
        sp.report(lines, locked / "r.html")
    assert no.value.errno == errno.EACCES
    locked.chmod(0o700)
    assert os.listdir(locked) == []


@pytest.mark.parametrize("old", [None, "the old page"])
def test_a_full_disk_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str | None
) -> None:
    place = tmp_path / "report.html"
    if old is not None:
        place.write_text(old)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=r"No space left on device\)\. Free some space") as told:
        _writing.write_whole("report", place, "new")
    assert told.value.errno == errno.ENOSPC
    assert os.listdir(tmp_path) == ([] if old is None else ["report.html"])
    assert old is None or place.read_text() == old


def test_a_write_that_stops_half_way_leaves_what_was_there(
    lines: pd.DataFrame, tmp_path: Path
) -> None:
    """The system itself stops the write, in a process whose files may hold 20 kB only."""
    resource = pytest.importorskip("resource", reason="only Unix limits the size of files")
    lines.to_pickle(tmp_path / "lines.pkl")
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "report.html").write_text("the old page")
    code = (
        "import sys, pandas, segpy\n"
        "try:\n"
        "    segpy.report(pandas.read_pickle(sys.argv[1]), sys.argv[2])\n"
        "except OSError as error:\n"
        "    print(error.errno, error)\n"
    )

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "lines.pkl"), str(folder / "report.html")],
        preexec_fn=limit,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        check=True,
    )
    assert done.stdout.startswith(f"{errno.EFBIG} report: 'path' must be")
    assert os.listdir(folder) == ["report.html"]
    assert (folder / "report.html").read_text() == "the old page"


def test_an_interrupt_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", stop)
    with pytest.raises(KeyboardInterrupt):
        _writing.write_whole("report", tmp_path / "report.html", "new")
    assert os.listdir(tmp_path) == []


def test_links_are_followed_and_modes_are_usual(tmp_path: Path) -> None:
    real = tmp_path / "real.html"
    real.write_text("old")
    link = tmp_path / "link.html"
    link.symlink_to(real)
    _writing.write_whole("report", _writing.target("report", link), "new")
    assert link.is_symlink()
    assert real.read_text() == "new"
    plain = tmp_path / "plain"
    plain.write_text("")
    assert real.stat().st_mode == plain.stat().st_mode


# ------------------------------------------------------------------------------- real data


@pytest.fixture(scope="module")
def retail(
    online_retail: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Story]:
    place = tmp_path_factory.mktemp("retail") / "report.html"
    clean, audit = sp.clean_transactions(online_retail, missing_customer="drop", returns="drop")
    sp.report(clean, place, audit=audit, currency="£")
    return place.read_text(encoding="utf-8"), tell(clean, audit=audit)


def test_online_retail_shows_the_known_figures(retail: tuple[str, Story]) -> None:
    text, story = retail
    words = Page(text).words
    assert len(text.encode()) < 1_500_000
    assert "798 customers" in words  # Champions, workflow notes 3.3
    assert "62.0% of revenue" in words
    assert "108 of the 123 customers in Cannot Lose Them (87.8%) have ordered only once" in words
    assert "£8,911,407.90" in words
    assert "last order within 33 days, 4 or more orders, £942 or more spent" in words
    # Published month sums (workflow notes 3.1), November and the unfinished December.
    sums = story.months["revenue"].round(2).tolist()
    assert sums[-2:] == [1161817.38, 518192.79]
    assert "November 2011: £1,161,817" in words
    assert "December 2011 is not over" in words


def test_online_retail_codes_of_every_segment_are_in_the_appendix(
    retail: tuple[str, Story],
) -> None:
    text, story = retail
    assert story.cuts is not None
    words = Page(text).words
    assert len(story.cuts.codes) == 125
    assert "555 554 545 544 455 454 445" in words
