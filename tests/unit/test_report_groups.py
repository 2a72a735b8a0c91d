"""The chapter "Groups found in the data": the verdict first, then who they are, if any."""

from __future__ import annotations

import dataclasses
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import segpy as sp
from segpy.reporting import groups as chapter_of_groups
from segpy.reporting import indices, page, road
from segpy.reporting.grouping import FEWEST, MEASURES, PAGE, Groups
from segpy.reporting.story import Story

ROOT = Path(__file__).resolve().parents[2]

# Last order, orders and order value around which three kinds of customers gather.
KINDS = [(8, 30, 40.0), (60, 8, 90.0), (300, 2, 25.0)]
EACH = 70


def planted(kinds=KINDS, each=EACH, width=0.12) -> pd.DataFrame:
    """Make cleaned lines of customers who gather around `kinds`, in no order."""
    rng = np.random.default_rng(3)
    parts, orders = [], 0
    for number, (last, count, value) in enumerate(kinds):
        for place in range(each):
            n = max(1, round(count * np.exp(rng.normal(0, width))))
            days = max(1, round(last * np.exp(rng.normal(0, width))))
            ago = days + np.concatenate([[0], rng.integers(1, 200, n - 1)])
            parts.append(
                pd.DataFrame(
                    {
                        "customer": number * each + place,
                        "order": np.arange(orders, orders + n),
                        "date": pd.Timestamp("2023-12-31") - pd.to_timedelta(ago, unit="D"),
                        "product": "P",
                        "quantity": 1,
                        "price": (value * np.exp(rng.normal(0, width, n))).round(2),
                    }
                )
            )
            orders += n
    table = pd.concat(parts, ignore_index=True)
    table["amount"], table["is_product"] = table["price"], True
    return table.sample(frac=1, random_state=1, ignore_index=True)


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


@pytest.fixture(scope="module")
def story() -> Story:
    return told(planted())


@pytest.fixture(scope="module")
def shapeless() -> Story:
    return told(sp.clean_transactions(sp.read_transactions(sp.datasets.make_transactions(400)))[0])


def section(text: str, anchor: str = "groups") -> str:
    found = re.search(rf'<section class="chapter" id="{anchor}".*?</section>', text, re.DOTALL)
    return "" if found is None else found.group()


def test_planted_groups_are_found_and_described(story):
    found = story.groups
    assert found is not None
    assert found.choice.kind == "natural"
    assert found.k == found.choice.best_k == 3
    kinds = story.rfm.index.to_numpy() // EACH
    assert len(set(zip(kinds, found.codes, strict=True))) == 3  # each group is one kind
    chapter = chapter_of_groups.chapter(story)
    assert chapter is not None
    assert chapter.label == "Groups found in the data"
    assert chapter.heading == "3 natural groups of customers"
    assert "There are 3: between any two of them lies emptier space" in chapter.values["lead"]
    rows = chapter.values["rows"]
    assert [row.name for row in rows] == [
        "Recent, frequent, high spending",
        "Average recency, average frequency, average spending",
        "Long ago, infrequent, low spending",
    ]
    assert [row.customers for row in rows] == [str(EACH)] * 3
    assert [row.customer_share for row in rows] == ["33.3%"] * 3
    own = story.rfm.groupby(kinds)
    assert [row.revenue for row in rows] == [story.money(v) for v in own["monetary"].sum()]
    assert [row.monetary for row in rows] == [story.money(v) for v in own["monetary"].median()]
    medians = [f"{value:g} days" for value in own["recency_days"].median()]
    assert [row.recency for row in rows] == medians
    assert rows[0].mostly.endswith("are in the segment Champions")


def test_it_is_the_road_of_the_public_functions(story):
    table = story.rfm[list(MEASURES)]
    X = sp.prepare_features().fit_transform(table)
    pd.testing.assert_frame_equal(X, story.groups.scaled, check_exact=True)
    choice = sp.choose_k(X, **PAGE)
    assert choice.verdict == story.groups.choice.verdict
    model = sp.KMeans(choice.best_k).fit(X)
    assert (model.labels_ == story.groups.codes).all()
    profile = sp.segment_profile(table, model.labels_)
    pd.testing.assert_frame_equal(profile, story.groups.profile)
    assert sp.name_segments(profile).tolist() == story.groups.names.tolist()
    pca = sp.PCA().fit(X)
    np.testing.assert_array_equal(pca.components_, story.groups.loadings)
    np.testing.assert_array_equal(pca.explained_variance_ratio_, story.groups.shares)


def test_where_there_are_none_the_page_says_so(shapeless):
    found = shapeless.groups
    assert found is not None
    assert found.choice.kind == "constructive"
    text = section(page.render(shapeless))
    assert "No natural groups: cut by value instead" in text
    assert "found no emptier space between any of them" in text
    assert "Use the segments above" in text
    assert "Their border is chosen, not found." in text
    assert "<table" not in text
    assert "<svg" not in text
    for name in found.names:
        assert f"“{name}”" in text


def test_groups_that_only_come_back_are_called_that(story, monkeypatch):
    choice = story.groups.choice
    monkeypatch.setattr(choice, "kind", "reproducible")
    chapter = chapter_of_groups.chapter(story)
    assert chapter is not None
    assert chapter.heading == "No natural groups, but the same 3 come back"
    assert "come back (agreement" in chapter.values["lead"]
    assert len(chapter.values["rows"]) == 3
    assert "borders run through customers who are alike" in chapter.values["advice"]


def test_the_page_holds_table_picture_and_indices(story, tmp_path):
    lines = planted()
    path = sp.report(lines, tmp_path / "one.html", currency="£")
    text = path.read_text("utf-8")
    found = section(text)
    assert found.index("natural groups of customers") < found.index("<table") < found.index("<svg")
    assert found.count("<svg") == 2
    assert 'aria-label="Customers as points along the two directions' in found
    assert "How groups were looked for" in text
    assert story.groups.choice.verdict in text
    shuffled = lines.sample(frac=1, random_state=9)
    again = sp.report(shuffled, tmp_path / "two.html", currency="£")
    assert again.read_bytes() == path.read_bytes()
    assert path.stat().st_size < 1_500_000


def test_many_customers_keep_the_page_small(tmp_path):
    path = sp.report(planted(each=1_500), tmp_path / "many.html")
    text = path.read_text("utf-8")
    assert "4,500 rows in 3 groups; 798 are drawn" in text
    assert path.stat().st_size < 600_000
    assert "1,000 customers drawn at random out of 4,500 customers" in text


def test_the_appendix_has_the_indices_the_rules_and_the_scree(story):
    values = indices.values(story.groups)
    table = story.groups.choice.table
    assert [row["k"] for row in values["rows"]] == [str(k) for k in table.index]
    assert values["rows"][1]["silhouette"] == f"{table.loc[3, 'silhouette']:.3f}"
    assert values["rows"][1]["smallest_share"] == "33.3%"
    assert len(values["heads"]) == len(values["cells"]) == len(table.columns) + 1
    assert "Separation 3" in values["votes"]
    assert "with 20 pairs of resamples and 5 references instead of 50 and 20" in values["how"]
    assert "look at all 210 customers" in values["how"]
    shares = [values["scree"][0][f"Component {place}"] for place in (1, 2, 3)]
    assert sum(float(share.rstrip("%")) for share in shares) == pytest.approx(100, abs=0.2)
    assert [row["measure"] for row in values["scree"][1:]] == [
        "Days since the last order",
        "Number of orders",
        "Money spent",
    ]


def test_too_few_customers_or_all_alike_are_no_question():
    assert told(planted(each=FEWEST // 3 - 1)).groups is None
    alike = planted([(8, 1, 40.0)], each=60, width=0.0)
    found = told(alike)
    assert found.groups is None
    text = page.render(found)
    assert section(text) == ""
    assert "How groups were looked for" not in text


def test_customers_who_differ_in_one_thing_only():
    lines = planted([(30, 0.1, 40.0)], each=90, width=0.5)
    lines["amount"] = lines["price"] = 10.0
    found = told(lines).groups
    assert found is not None
    assert found.scaled["frequency"].eq(0.0).all()
    assert np.isfinite(found.shares).all()


def test_revenue_of_nothing_has_no_shares(story):
    empty = story.rfm.assign(monetary=0.0)
    rows = chapter_of_groups.rows(dataclasses.replace(story, rfm=empty), story.groups)
    assert [row.revenue_share for row in rows] == [""] * 3


def test_a_page_is_made_without_scikit_learn(tmp_path):
    planted().to_csv(tmp_path / "lines.csv", index=False)
    script = (
        "import sys; from segpy import cli; code = cli.main(['report', 'lines.csv']);"
        "print(code, sorted({'sklearn', 'scipy'} & set(sys.modules)))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    found = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.stdout.endswith("\n0 []\n"), found.stdout + found.stderr
    assert "3 natural groups of customers" in (tmp_path / "report.html").read_text("utf-8")


def test_names_of_segments_are_escaped_here_too():
    hostile = "<script>alert(1)</script>"
    lines = planted()
    segments = pd.Series(hostile, index=pd.Index(range(3 * EACH), name="customer"))
    text = page.render(told(lines, segments=segments))
    assert hostile not in text
    assert "are in the segment &lt;script&gt;" in section(text)


def test_the_wanted_number_of_groups_is_taken(story):
    found = Groups.of(story.rfm, 2, k_range=range(2, 4), n_boot=0, n_refs=0)
    assert found is not None
    assert found.k == 2
    assert set(found.codes) == {0, 1}
    assert found.choice.best_k == 3
