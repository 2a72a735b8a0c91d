"""Segment maps: what ships, what a check finds, and who gets which name."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import segpy as sp
from segpy.customer import segment_map as maps


def all_scores(n_bins: int) -> pd.DataFrame:
    """One customer for each possible code."""
    rows = list(product(range(1, n_bins + 1), repeat=3))
    scores = pd.DataFrame(rows, columns=["R", "F", "M"])
    scores.index = pd.Index(["".join(map(str, row)) for row in rows], name="customer")
    scores.attrs["n_bins"] = {"R": n_bins, "F": n_bins, "M": n_bins}
    return scores


def test_the_shipped_maps_are_listed() -> None:
    table = sp.segment_maps().set_index("name")
    assert table["n_bins"].to_dict() == {"rfm-11": 5, "rf-10": 5, "klaviyo-6": 3, "quartile-6": 4}
    assert table["segments"].map(len).to_dict() == {
        "rfm-11": 11,
        "rf-10": 10,
        "klaviyo-6": 6,
        "quartile-6": 6,
    }
    assert table["covered"].tolist() == [125, 125, 27, 29]
    assert table["about"].str.len().gt(10).all()
    assert table["source"].str.len().gt(10).all()


@pytest.mark.parametrize("name", ["rfm-11", "rf-10", "klaviyo-6"])
def test_maps_that_claim_to_name_everybody_have_no_fault(name: str) -> None:
    faults = sp.check_segment_map(name)
    assert list(faults.columns) == ["fault", "code", "names"]
    assert len(faults) == 0
    n_bins = int(sp.segment_maps().set_index("name").loc[name, "n_bins"])
    segments = sp.assign_segments(all_scores(n_bins), name)
    assert "Unassigned" not in segments.cat.categories
    assert segments.value_counts().gt(0).all()


def test_quartile_6_takes_the_first_match_and_leaves_the_rest_unassigned() -> None:
    """The rules of the tutorial, written out as a chain of ifs."""

    def name(r: int, f: int, m: int) -> str:
        named = {(4, 4, 4): "Best Customers", (2, 4, 4): "Almost Lost"}
        named |= {(1, 4, 4): "Lost Customers", (1, 1, 1): "Lost Cheap Customers"}
        if (r, f, m) in named:
            return named[r, f, m]
        return "Loyal Customers" if f == 4 else "Big Spenders" if m == 4 else "Unassigned"

    scores = all_scores(4)
    segments = sp.assign_segments(scores, "quartile-6")
    assert segments.tolist() == [name(*row) for row in scores.itertuples(index=False)]
    assert segments.cat.categories.tolist() == [
        "Best Customers",
        "Almost Lost",
        "Lost Customers",
        "Lost Cheap Customers",
        "Loyal Customers",
        "Big Spenders",
        "Unassigned",
    ]
    faults = sp.check_segment_map("quartile-6")
    assert set(faults["fault"]) == {"gap"}
    assert set(faults["code"]) == set(segments.index[segments == "Unassigned"])


@pytest.mark.parametrize(
    ("map_name", "code", "segment"),
    [
        ("rfm-11", "555", "Champions"),
        ("rfm-11", "335", "Loyal"),
        ("rfm-11", "231", "About To Sleep"),
        ("rfm-11", "113", "Cannot Lose Them"),
        ("rfm-11", "151", "Lost"),
        ("rf-10", "541", "Champions"),
        ("rf-10", "345", "Loyal"),
        ("rf-10", "525", "Potential Loyalists"),
        ("rf-10", "515", "New"),
        ("rf-10", "411", "Promising"),
        ("rf-10", "333", "Need Attention"),
        ("rf-10", "321", "About To Sleep"),
        ("rf-10", "155", "Can't Lose"),
        ("rf-10", "241", "At Risk"),
        ("rf-10", "225", "Hibernating"),
        ("klaviyo-6", "323", "Champions"),
        ("klaviyo-6", "233", "Loyal"),
        ("klaviyo-6", "311", "Recent"),
        ("klaviyo-6", "133", "Needs attention"),
        ("klaviyo-6", "211", "At risk"),
        ("klaviyo-6", "121", "Inactive"),
    ],
)
def test_codes_have_the_names_of_their_grid(map_name: str, code: str, segment: str) -> None:
    n_bins = 3 if map_name == "klaviyo-6" else 5
    assert sp.assign_segments(all_scores(n_bins), map_name)[code] == segment


def as_dict(name: str) -> dict[str, list[str]]:
    known = maps.read_map("test", name)
    return {n: list(e) for n, e in zip(known.names, known.entries, strict=True)}


def faults_of(given: Any, n_bins: int | None = None) -> list[tuple[str, str, str]]:
    return [tuple(row) for row in sp.check_segment_map(given, n_bins).itertuples(index=False)]


def test_planted_faults_are_found_in_a_map_of_codes() -> None:
    grid = as_dict("rfm-11")
    grid["Champions"].remove("555")
    grid["Lost"].append("444")
    grid["Loyal"].append("543")
    grid["Promising"] += ["556", "42"]
    grid["Nobody"] = []
    grid["Nowhere"] = ["999"]
    assert faults_of(grid) == [
        ("gap", "555", ""),
        ("overlap", "444", "Loyal, Lost"),
        ("overlap", "543", "Loyal, Loyal"),
        ("dead name", "", "Nobody"),
        ("dead name", "", "Nowhere"),
        ("unknown code", "556", "Promising"),
        ("unknown code", "42", "Promising"),
        ("unknown code", "999", "Nowhere"),
    ]


def test_in_a_map_of_patterns_order_decides_and_a_name_never_reached_is_dead() -> None:
    given = {"A": ["5.."], "B": ["55.", "111"], "C": ["555"], "D": ["[1-4].."], "E": ["666"]}
    assert faults_of(given) == [
        ("dead name", "", "C"),
        ("dead name", "", "E"),
        ("unknown code", "666", "E"),
    ]
    given = {"A": ["5.."], "B": ["555"], "C": ["6.."]}
    assert [row for row in faults_of(given) if row[0] != "gap"] == [
        ("dead name", "", "B"),
        ("dead name", "", "C"),
    ]
    assert sum(row[0] == "gap" for row in faults_of(given)) == 100


def test_a_map_is_checked_against_its_own_bins_5_for_a_dict_or_those_asked_for() -> None:
    assert len(faults_of({"All": ["..."]})) == 0
    assert faults_of({"All": "[12][12][12]"}, n_bins=2) == []
    assert len(faults_of({"All": "[12][12][12]"})) == 117
    grid = faults_of("rfm-11", n_bins=4)
    assert grid[0] == ("dead name", "", "Champions")  # each of its codes has a 5
    assert [row[0] for row in grid[1:]] == ["unknown code"] * (125 - 64)
    assert faults_of("klaviyo-6") == []


def test_codes_of_more_than_nine_bins_have_dashes() -> None:
    scores = pd.DataFrame(
        {"R": [10, 1], "F": [2, 10], "M": [3, 10]}, index=pd.Index([7, 8], name="customer")
    )
    scores.attrs["n_bins"] = {"R": 10, "F": 10, "M": 10}
    found = sp.assign_segments(scores, {"Top": ["10-2-3"], "Old": ["1-10-10"]})
    assert found.tolist() == ["Top", "Old"]
    assert ("unknown code", "555", "X") in faults_of({"X": [r"\d+-\d+-1", "555"]}, 10)


def test_segments_are_a_categorical_series_of_the_customers() -> None:
    scores = all_scores(5).iloc[[124, 0, 62]]
    found = sp.assign_segments(scores)
    assert found.name == "segment"
    assert found.index.equals(scores.index)
    assert found.index.name == "customer"
    assert found.cat.categories.tolist() == list(as_dict("rfm-11"))
    assert found.tolist() == ["Champions", "Lost", "Potential Loyalist"]
    json.dumps(found.attrs)
    assert found.attrs["segment_map"] == "rfm-11"


def test_unassigned_comes_last_and_only_if_used() -> None:
    scores = all_scores(5)
    mine = {"Top": "5..", "Old": ["1.."]}
    assert sp.assign_segments(scores, mine).cat.categories.tolist() == ["Top", "Old", "Unassigned"]
    top = sp.assign_segments(scores[scores["R"] == 5], mine)
    assert top.cat.categories.tolist() == ["Top", "Old"]
    assert len(sp.assign_segments(scores.iloc[:0], mine)) == 0


def test_a_dict_takes_codes_as_numbers_text_lists_or_sets() -> None:
    scores = all_scores(5)
    lists = sp.assign_segments(scores, {"A": ["555", "111"], "B": ["333"]})
    assert sp.assign_segments(scores, {"A": {111, 555}, "B": 333}).equals(lists)
    assert sp.assign_segments(scores, {"A": ("555", " 111 "), "B": "333"}).equals(lists)


def test_a_csv_is_a_map(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(
        "\ufeffsegment,codes,note\nTop,444 443,x\nBottom,111,\nTop,434,again\n", encoding="utf-8"
    )
    scores = all_scores(5)
    found = sp.assign_segments(scores, path)
    assert found[["444", "443", "434", "111"]].tolist() == ["Top", "Top", "Top", "Bottom"]
    assert found.cat.categories.tolist() == ["Top", "Bottom", "Unassigned"]
    assert sp.assign_segments(scores, str(path)).equals(found)
    for separator in ";\t":
        text = "segment;codes\nTop;444 443\nBottom;111\nTop;434\n".replace(";", separator)
        path.write_text(text, encoding="utf-8")
        assert sp.assign_segments(scores, path).equals(found)
    path.write_text("segment,codes,n_bins\nTop,4..,4\nRest,...,4\n", encoding="utf-8")
    assert sp.check_segment_map(path).empty
    assert sp.assign_segments(all_scores(4), path).value_counts().to_dict() == {
        "Top": 16,
        "Rest": 48,
    }
    with pytest.raises(ValueError, match=r"scores for the map 'mine.csv' must be of 4 bins"):
        sp.assign_segments(scores, path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a CSV with rows and the columns 'segment' and 'codes'"),
        ("segment,codes\n", "a CSV with rows"),
        ("name,codes\nA,555\n", r"got the columns \['name', 'codes'\]"),
        ("segment,codes\n,555\n", "a segment's name must be text"),
        ("segment,codes\nUnassigned,555\n", "a segment's name must be text other than"),
        (
            "segment,codes,n_bins\nA,555,5\nB,111,4\n",
            "'n_bins' in 'm.csv' must be one whole number",
        ),
        ("segment,codes,n_bins\nA,555,x\n", "must be one whole number; got x"),
        ("segment,codes,n_bins\nA,555,1\n", r"must be an int in \[2, 100\]; got 1"),
    ],
)
def test_a_csv_that_is_no_map_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "m.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match="^check_segment_map: .*" + message):
        sp.check_segment_map(path)


def test_a_csv_in_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_bytes("segment,codes\nTreue Käufer,555\n".encode("latin-1"))
    with pytest.raises(ValueError, match=r"the file 'm.csv' must be a CSV in UTF-8"):
        sp.check_segment_map(path)


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        (None, TypeError, "'segment_map' must be a map's name, a dict or the path of a CSV"),
        (
            "rfm-12",
            ValueError,
            "one of 'rfm-11', 'rf-10', 'klaviyo-6', 'quartile-6', a dict or .*; got 'rfm-12'",
        ),
        ({}, ValueError, "of at least one segment; got none"),
        ({1: ["555"]}, TypeError, "a segment's name must be text"),
        ({"": ["555"]}, ValueError, "a segment's name must be text other than"),
        ({"A": None}, TypeError, "the codes of 'A' must be a list or text"),
        ({"A": True}, TypeError, "the codes of 'A' must be a list or text"),
        ({"A": [5.5]}, TypeError, "a code of 'A' must be text"),
        ({"A": [" "]}, ValueError, "a code of 'A' must be text"),
        (
            {"A": ["[12"]},
            ValueError,
            r"the pattern of 'A' must be a regular expression; got '\[12'",
        ),
        (
            {"A": ["556"]},
            ValueError,
            "'segment_map' must be a map of codes that the scores can have; got '556' under A",
        ),
        (
            {"A": ["555"], "B": ["555"]},
            ValueError,
            "'segment_map' must be a map with each code under one name; got '555' under A, B",
        ),
    ],
)
def test_a_wrong_map_is_refused(given: Any, error: type, message: str) -> None:
    with pytest.raises(error, match="^assign_segments: .*" + message):
        sp.assign_segments(all_scores(5), given)


def test_a_code_twice_under_one_name_names_nobody_wrongly() -> None:
    assert sp.assign_segments(all_scores(5), {"A": ["555", "555"]})["555"] == "A"


@pytest.mark.parametrize(("name", "n_bins"), [("rfm-11", 4), ("rfm-11", 6), ("quartile-6", 5)])
def test_scores_of_another_number_of_bins_are_refused(name: str, n_bins: int) -> None:
    with pytest.raises(ValueError, match=rf"must be of \d bins; got R {n_bins}, F {n_bins}"):
        sp.assign_segments(all_scores(n_bins), name)


def test_scores_from_a_file_show_wrong_bins_by_a_score_above_them(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    all_scores(5).to_csv(path)
    read = pd.read_csv(path)
    assert sp.assign_segments(read).tolist() == sp.assign_segments(all_scores(5)).tolist()
    with pytest.raises(ValueError, match="must be of 4 bins; got R 5, F 5, M 5"):
        sp.assign_segments(read, "quartile-6")
    assert sp.assign_segments(read, {"All": "..."}).tolist() == ["All"] * 125


def test_scores_with_bins_of_their_own_fit_a_dict_only() -> None:
    rfm = pd.DataFrame(
        {"recency_days": range(40), "frequency": range(40), "monetary": np.arange(40.0)},
        index=pd.Index(range(40), name="customer"),
    )
    scores = sp.RFMScorer({"R": 5, "F": 2, "M": 3}).fit_transform(rfm)
    assert set(sp.assign_segments(scores, {"All": "[1-5][12][1-3]"})) == {"All"}
    with pytest.raises(ValueError, match="must be of 5 bins; got R 5, F 2, M 3"):
        sp.assign_segments(scores)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda s: s.drop(columns="M"), ValueError, "no 'M' among .* RFMScorer.transform gives"),
        (lambda s: s.assign(R=0), ValueError, "column 'R' must be finite and >= 1; got 0 in row 0"),
        (
            lambda s: s.assign(F=1.5),
            ValueError,
            "column 'F' must be whole numbers; got 1.5 in row 0",
        ),
        (lambda s: s.assign(M=np.nan), ValueError, "column 'M' must be finite and >= 1; got nan"),
        (lambda s: s.assign(M="5"), TypeError, "column 'M' must be numeric"),
        (lambda s: pd.concat([s, s]), ValueError, "each customer must be in the table once"),
        (lambda s: "scores", TypeError, "the table must be"),
    ],
)
def test_scores_that_are_none_are_refused(change: Any, error: type, message: str) -> None:
    with pytest.raises(error, match="^assign_segments: .*" + message):
        sp.assign_segments(change(all_scores(5)))


def test_polars_scores_are_taken() -> None:
    scores = all_scores(5)
    found = sp.assign_segments(pl.from_pandas(scores.reset_index()))
    assert found.tolist() == sp.assign_segments(scores).tolist()
    assert found.index.tolist() == scores.index.tolist()


def test_a_shipped_file_is_checked_on_load(tmp_path: Path, monkeypatch: Any) -> None:
    good = (maps._HOME / "rfm-11.csv").read_text(encoding="utf-8")
    listing = (maps._HOME / "maps.json").read_text(encoding="utf-8")
    monkeypatch.setattr(maps, "_HOME", tmp_path)
    (tmp_path / "maps.json").write_text(listing, encoding="utf-8")
    for kind, damaged in {
        "with each code under one name; got '444' under Loyal, Lost": good.replace(
            "Lost,111", "Lost,444 111"
        ),
        "of codes that the scores can have; got '556' under Champions": good.replace(
            "555 ", "556 "
        ),
        "with a code for every name; got '' under Champions": good.replace(
            good.splitlines()[1], "Champions,,5"
        ),
    }.items():
        (tmp_path / "rfm-11.csv").write_text(damaged, encoding="utf-8")
        maps._shipped_map.cache_clear()
        with pytest.raises(ValueError, match=f"the file 'rfm-11.csv' must be a map {kind}"):
            sp.assign_segments(all_scores(5))
    maps._shipped_map.cache_clear()
