"""RFMScorer: ties, labels, given cuts, nested groups, files, and refusals."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline

import segpy as sp


def table(recency: Any, frequency: Any, monetary: Any) -> pd.DataFrame:
    index = pd.Index(range(1000, 1000 + len(recency)), name="customer")
    return pd.DataFrame(
        {
            "recency_days": np.asarray(recency, dtype=np.int64),
            "frequency": np.asarray(frequency, dtype=np.int64),
            "monetary": np.asarray(monetary, dtype=np.float64),
        },
        index=index,
    )


def skewed(n: int = 400, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return table(
        rng.integers(1, 300, n), rng.geometric(0.45, n), np.round(rng.lognormal(5, 1.2, n), 2)
    )


def by_hand(values: pd.Series, n_bins: int, reverse: bool) -> np.ndarray:
    """Score with pandas' own quantiles and a loop over the cuts."""
    cuts = values.quantile([i / n_bins for i in range(1, n_bins)]).tolist()
    lower = [sum(cut < value - 1e-9 * abs(value) for cut in cuts) for value in values]
    return np.array([n_bins - k if reverse else k + 1 for k in lower])


@pytest.mark.parametrize("n_bins", [2, 3, 4, 5, 7, 10])
def test_scores_are_those_of_quantiles_of_the_values(n_bins: int) -> None:
    rfm = skewed()
    scores = sp.RFMScorer(n_bins).fit_transform(rfm)
    assert (scores["R"] == by_hand(rfm["recency_days"], n_bins, True)).all()
    assert (scores["F"] == by_hand(rfm["frequency"], n_bins, False)).all()
    assert (scores["M"] == by_hand(rfm["monetary"], n_bins, False)).all()
    assert (scores["total"] == scores["R"] + scores["F"] + scores["M"]).all()


def test_scores_have_the_promised_columns_and_dtypes() -> None:
    rfm = skewed(50)
    scores = sp.RFMScorer().fit_transform(rfm)
    assert list(scores.columns) == ["R", "F", "M", "score", "total"]
    assert scores.index.equals(rfm.index)
    assert scores.index.name == "customer"
    assert all(scores[c].dtype == np.int64 for c in ("R", "F", "M", "total"))
    assert scores["score"].str.fullmatch("[1-5]{3}").all()
    json.dumps(scores.attrs)


def test_a_value_equal_to_a_cut_goes_to_the_lower_bin_and_recency_counts_from_the_other_end() -> (
    None
):
    rfm = table([10, 20, 30], [1, 2, 3], [10.0, 20.0, 30.0])
    breaks = {"R": [10, 20], "F": [1, 2], "M": [10, 20]}
    scores = sp.RFMScorer(3, breaks=breaks).fit_transform(rfm)
    assert scores["R"].tolist() == [3, 2, 1]
    assert scores["F"].tolist() == [1, 2, 3]
    assert scores["M"].tolist() == [1, 2, 3]


def test_a_cut_that_falls_on_a_value_is_that_value_to_the_bit() -> None:
    """0.1 + (0.3 - 0.1) * 1.0 is not 0.3; such a cut would move a customer up."""
    money = np.array([0.1, 0.3, 0.7, 1.1, 1.3, 2.9, 3.3, 4.7, 5.9, 6.1, 7.3])
    scorer = sp.RFMScorer(5).fit(table([1] * 11, [1] * 11, money))
    assert scorer.breaks_["M"] == [0.7, 1.3, 3.3, 5.9]


def test_labels_keep_their_meaning_when_ties_remove_a_bin() -> None:
    frequency = [1] * 70 + [2] * 10 + [3] * 10 + [9] * 10
    rfm = table([5] * 100, frequency, np.arange(100.0))
    scorer = sp.RFMScorer().fit(rfm)
    scores = scorer.transform(rfm)
    assert scorer.breaks_["F"] == pytest.approx([1, 1, 1, 2.2])
    assert dict(zip(rfm["frequency"], scores["F"], strict=True)) == {1: 1, 2: 4, 3: 5, 9: 5}
    assert scores["R"].eq(5).all()  # nobody is older than anybody else
    ties = scorer.ties_
    assert ties.loc["F"].tolist() == [5, 3, 70]  # no cut falls into the run of 2
    assert ties.loc["R"].tolist() == [5, 1, 100]
    assert ties.loc["M"].tolist() == [5, 5, 0]


@pytest.mark.parametrize("n_bins", [3, 4, 5])
@pytest.mark.parametrize("seed", range(3))
def test_customers_on_a_tie_are_those_that_ranks_would_split(n_bins: int, seed: int) -> None:
    rfm = skewed(173, seed)
    ties = sp.RFMScorer(n_bins).fit(rfm).ties_["customers_on_tie"]
    for metric, column in (("R", "recency_days"), ("F", "frequency"), ("M", "monetary")):
        values = rfm[column].sort_values()
        label = pd.qcut(values.rank(method="first"), n_bins, labels=False)
        split = label.groupby(values).transform("nunique") > 1
        assert ties[metric] == split.sum()


def test_bins_can_differ_by_metric_and_more_than_nine_are_joined_by_a_dash() -> None:
    rfm = skewed()
    scores = sp.RFMScorer({"R": 12, "F": 3, "M": 4}).fit_transform(rfm)
    assert (scores["R"].max(), scores["F"].max(), scores["M"].max()) == (12, 3, 4)
    expected = [f"{r}-{f}-{m}" for r, f, m in scores[["R", "F", "M"]].itertuples(index=False)]
    assert scores["score"].tolist() == expected


def test_given_breaks_of_one_metric_leave_the_others_to_the_data() -> None:
    rfm = skewed()
    scorer = sp.RFMScorer(breaks={"R": [30, 90, 180, 250]}).fit(rfm)
    assert scorer.breaks_["R"] == [30.0, 90.0, 180.0, 250.0]
    assert scorer.breaks_["M"] == sp.RFMScorer().fit(rfm).breaks_["M"]
    assert scorer.ties_.loc["R", "customers_on_tie"] == 0
    assert scorer.transform(rfm)["R"].equals(
        5
        - sum((rfm["recency_days"] > cut).astype("int64") for cut in (30, 90, 180, 250)).rename("R")
    )


def test_given_breaks_set_the_number_of_bins_unless_another_number_is_asked_for() -> None:
    rfm = skewed()
    old = sp.RFMScorer(4).fit(rfm)
    again = sp.RFMScorer(breaks=old.breaks_).fit(rfm)
    assert again.n_bins_ == {"R": 4, "F": 4, "M": 4}
    assert again.transform(rfm).equals(old.transform(rfm))
    with pytest.raises(ValueError, match=r"breaks\['R'\] must be 2 cut points for n_bins=3; got 3"):
        sp.RFMScorer(3, breaks=old.breaks_).fit(rfm)


@pytest.mark.parametrize("strategy", ["quantile", "nested"])
def test_a_new_snapshot_is_scored_with_old_breaks(strategy: str) -> None:
    before, after = skewed(300, 1), skewed(500, 2)
    old = sp.RFMScorer(strategy=strategy).fit(before)
    direct = old.transform(after)
    assert len(direct) == 500
    given = sp.RFMScorer(strategy=strategy, breaks=old.breaks_).fit_transform(after)
    assert given.equals(direct)
    assert not direct.equals(sp.RFMScorer(strategy=strategy).fit_transform(after))


def test_the_five_customers_of_r_rfm_get_their_published_scores() -> None:
    """R puts a value equal to a cut into the upper bin: its F cuts 4/5/6/8 are 3/4/5/7 here."""
    rfm = table([205, 140, 194, 98, 132], [6, 3, 4, 7, 5], [472, 340, 405, 596, 448])
    breaks = {"R": [115, 181, 297.4, 482], "F": [3, 4, 5, 7], "M": [255.8, 382, 506.4, 666]}
    scores = sp.RFMScorer(breaks=breaks).fit_transform(rfm)
    assert scores["score"].tolist() == ["343", "412", "323", "544", "433"]


def test_nested_cuts_f_within_r_and_m_within_both() -> None:
    rfm = skewed(900, 3)
    scorer = sp.RFMScorer(3, strategy="nested").fit(rfm)
    scores = scorer.transform(rfm)
    assert (scores["R"] == by_hand(rfm["recency_days"], 3, True)).all()
    for _, group in rfm.groupby(scores["R"]):
        assert (scores.loc[group.index, "F"] == by_hand(group["frequency"], 3, False)).all()
    seen = 0
    for (r, f), group in rfm.groupby([scores["R"], scores["F"]]):
        seen += 1
        assert (scores.loc[group.index, "M"] == by_hand(group["monetary"], 3, False)).all()
        assert len(scorer.breaks_["M"][f"{r}-{f}"]) == 2
    assert seen > 5


def test_nested_groups_without_customers_have_the_cuts_of_all() -> None:
    rfm = table([1, 1, 1, 9], [1, 2, 3, 4], [1.0, 2.0, 3.0, 4.0])
    scorer = sp.RFMScorer(3, strategy="nested").fit(rfm)
    assert sorted(scorer.transform(rfm)["R"].unique()) == [1, 3]
    assert scorer.breaks_["F"]["2"] == sp.RFMScorer(3).fit(rfm).breaks_["F"]
    assert scorer.transform(table([1], [9], [9.0]))["score"].tolist() == ["333"]


def test_the_scorer_is_an_estimator() -> None:
    rfm = skewed()
    scorer = sp.RFMScorer(4, breaks={"R": [30, 60, 90]}, strategy="quantile")
    params = {"n_bins": 4, "breaks": {"R": [30, 60, 90]}, "strategy": "quantile"}
    assert scorer.get_params() == params
    copy = clone(scorer)
    assert copy.get_params() == params
    fitted = scorer.fit(rfm)
    assert fitted is scorer
    expected = scorer.transform(rfm)
    assert copy.fit_transform(rfm).equals(expected)
    assert pickle.loads(pickle.dumps(scorer)).transform(rfm).equals(expected)
    assert make_pipeline(clone(scorer)).fit_transform(rfm).equals(expected)
    assert "RFMScorer(" in repr(scorer)
    with pytest.raises(NotFittedError, match="call fit or load first"):
        copy.__class__().transform(rfm)


@pytest.mark.parametrize("strategy", ["quantile", "nested"])
def test_save_and_load_give_the_same_scorer(tmp_path: Path, strategy: str) -> None:
    rfm = skewed()
    scorer = sp.RFMScorer({"R": 4, "F": 3, "M": 5}, strategy=strategy).fit(rfm)
    path = tmp_path / "scorer.json"
    path.write_text("an older file")
    scorer.save(path)
    assert [p.name for p in tmp_path.iterdir()] == ["scorer.json"]
    content = json.loads(path.read_text())
    assert (content["format"], content["version"]) == ("segpy.RFMScorer", 1)
    back = sp.RFMScorer.load(str(path))
    assert back.get_params() == scorer.get_params()
    assert back.breaks_ == scorer.breaks_
    assert back.n_bins_ == scorer.n_bins_
    assert back.n_customers_ == 400
    pd.testing.assert_frame_equal(back.ties_, scorer.ties_)
    assert back.transform(rfm).equals(scorer.transform(rfm))
    assert back.fit_transform(rfm).equals(scorer.transform(rfm))


def test_numpy_options_can_be_saved(tmp_path: Path) -> None:
    scorer = sp.RFMScorer(np.int64(4), breaks={"R": np.array([30, 60, 90])}).fit(skewed())
    scorer.save(tmp_path / "s.json")
    assert sp.RFMScorer.load(tmp_path / "s.json").breaks == {"R": [30, 60, 90]}


def test_load_refuses_damaged_and_foreign_files(tmp_path: Path) -> None:
    path = tmp_path / "scorer.json"
    sp.RFMScorer().fit(skewed()).save(path)
    good = path.read_text()
    content = json.loads(good)
    damaged = {
        "cut short": good[: len(good) // 2],
        "a digit changed": json.dumps({**content, "n_customers_": 401}),
        "a key gone": json.dumps({k: v for k, v in content.items() if k != "breaks_"}),
        "no JSON": "customer,R,F,M\n",
        "another format": json.dumps({"format": "other", "version": 1}),
        "a list": "[1, 2]",
        "empty": "",
        "endless brackets": "[" * 100_000,
        "endless digits": "9" * 5_000,
    }
    for text in damaged.values():
        path.write_text(text)
        with pytest.raises(ValueError, match=r"the file .*scorer\.json.* must be one that"):
            sp.RFMScorer.load(path)
    path.write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(ValueError, match="no readable JSON"):
        sp.RFMScorer.load(path)
    path.write_text(json.dumps({**content, "version": 2}))
    with pytest.raises(ValueError, match=r"the version of .* must be 1; got 2\. A later segpy"):
        sp.RFMScorer.load(path)
    with pytest.raises(FileNotFoundError):
        sp.RFMScorer.load(tmp_path / "none.json")


def test_save_needs_a_fit_and_a_folder_and_leaves_no_half_file(tmp_path: Path) -> None:
    with pytest.raises(NotFittedError):
        sp.RFMScorer().save(tmp_path / "s.json")
    scorer = sp.RFMScorer().fit(skewed())
    with pytest.raises(FileNotFoundError, match=r"RFMScorer\.save: .* whose folder is missing"):
        scorer.save(tmp_path / "none" / "s.json")
    (tmp_path / "s.json").mkdir()
    with pytest.raises(OSError, match=r"s\.json"):
        scorer.save(tmp_path / "s.json")
    assert [p.name for p in tmp_path.iterdir()] == ["s.json"]


def test_rows_in_any_order_and_equal_customers_score_equal() -> None:
    rfm = skewed(500, 5)
    shuffled = rfm.sample(frac=1, random_state=7)
    for strategy in ("quantile", "nested"):
        scores = sp.RFMScorer(strategy=strategy).fit_transform(rfm)
        other = sp.RFMScorer(strategy=strategy).fit_transform(shuffled)
        assert other.loc[rfm.index].equals(scores)
    alike = scores.groupby([rfm[c] for c in ("recency_days", "frequency", "monetary")])
    assert alike["score"].nunique().eq(1).all()


def test_tables_of_other_kinds_score_the_same_and_stay_as_they_are() -> None:
    rfm = skewed(60)
    before = rfm.copy(deep=True)
    scores = sp.RFMScorer().fit_transform(rfm)
    pd.testing.assert_frame_equal(rfm, before)
    flat = rfm.reset_index()
    kinds = {
        "columns": flat,
        "polars": pl.from_pandas(flat),
        "pyarrow": pa.Table.from_pandas(flat),
        "nullable": rfm.convert_dtypes(),
        "small": rfm.astype({"recency_days": "int16", "frequency": "uint8"}),
        "big-endian": rfm.astype({"monetary": ">f8", "frequency": ">i4"}),
    }
    for kind, other in kinds.items():
        found = sp.RFMScorer().fit_transform(other)
        assert (found["score"].tolist(), found.index.tolist()) == (
            scores["score"].tolist(),
            scores.index.tolist(),
        ), kind


def test_one_customer_and_no_customer() -> None:
    one = table([3], [1], [9.0])
    scorer = sp.RFMScorer().fit(one)
    assert scorer.transform(one)["score"].tolist() == ["511"]
    none = scorer.transform(one.iloc[:0])
    assert len(none) == 0
    assert list(none.columns) == ["R", "F", "M", "score", "total"]


def without(column: str) -> pd.DataFrame:
    return skewed(9).drop(columns=column)


def having(column: str, value: Any) -> pd.DataFrame:
    rfm = skewed(9).astype({column: type(value) if isinstance(value, str) else "float64"})
    rfm.loc[1003, column] = value
    return rfm


@pytest.mark.parametrize(
    ("bad", "error", "message"),
    [
        (lambda: [1, 2], TypeError, "the table must be a pandas, polars or pyarrow table"),
        (lambda: without("monetary"), ValueError, "no 'monetary' among .* segpy.rfm gives"),
        (
            lambda: having("monetary", np.nan),
            ValueError,
            r"'monetary' must be finite; got nan in row 3 \(customer 1003\)",
        ),
        (
            lambda: having("monetary", -np.inf),
            ValueError,
            "'monetary' must be finite; got -inf in row 3",
        ),
        (
            lambda: having("recency_days", -1.0),
            ValueError,
            "'recency_days' must be finite and >= 0; got -1 in row 3",
        ),
        (
            lambda: skewed(9).astype({"frequency": str}),
            TypeError,
            "'frequency' must be numeric; got dtype",
        ),
        (
            lambda: skewed(9).astype({"frequency": object}),
            TypeError,
            "'frequency' must be numeric; got dtype object",
        ),
        (
            lambda: skewed(9).assign(frequency=True),
            TypeError,
            "'frequency' must be numeric; got dtype bool",
        ),
        (
            lambda: skewed(9).assign(monetary=1j),
            TypeError,
            "'monetary' must be real; got dtype complex",
        ),
        (
            lambda: skewed(9).iloc[:0],
            ValueError,
            "the table must be of at least one customer; got no rows",
        ),
        (
            lambda: pd.concat([skewed(3)] * 2),
            ValueError,
            "each customer must be in the table once; got 1000 more than once",
        ),
    ],
)
def test_a_table_that_is_no_rfm_table_is_refused(bad: Any, error: type, message: str) -> None:
    with pytest.raises(error, match="^RFMScorer: .*" + message):
        sp.RFMScorer().fit(bad())


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"n_bins": 1}, ValueError, r"'n_bins' must be an int in \[2, 100\]; got 1"),
        ({"n_bins": 101}, ValueError, r"'n_bins' must be an int in \[2, 100\]; got 101"),
        ({"n_bins": 5.0}, TypeError, "'n_bins' must be an int"),
        ({"n_bins": True}, TypeError, "'n_bins' must be an int"),
        ({"n_bins": {"R": 5, "F": 5}}, ValueError, "'n_bins' must be .* keys 'R', 'F', 'M'"),
        ({"n_bins": {"R": 5, "F": 5, "M": "5"}}, TypeError, r"n_bins\['M'\]"),
        (
            {"strategy": "kmeans"},
            ValueError,
            "'strategy' must be one of 'quantile', 'nested'; got 'kmeans'",
        ),
        ({"strategy": None}, TypeError, "'strategy' must be one of"),
        ({"breaks": [1, 2]}, TypeError, "'breaks' must be a dict of cut points or None"),
        (
            {"breaks": {"recency": [1]}},
            ValueError,
            "keys of 'breaks' must be among 'R', 'F', 'M'; got 'recency'",
        ),
        (
            {"breaks": {"R": [3, 2, 1]}},
            ValueError,
            r"breaks\['R'\] must be at least one cut point, finite and ascending",
        ),
        ({"breaks": {"R": [1, np.nan]}}, ValueError, "finite and ascending"),
        ({"breaks": {"R": []}}, ValueError, "at least one cut point"),
        ({"breaks": {"R": "1234"}}, TypeError, "a list of ascending numbers"),
        ({"breaks": {"R": 7}}, TypeError, "a list of ascending numbers"),
        ({"breaks": {"R": ["a", "b"]}}, TypeError, "a list of ascending numbers"),
        ({"breaks": {"R": list(range(100))}}, ValueError, "at most 99 cut points; got 100"),
        ({"breaks": {"F": {"1": [1]}}}, ValueError, "must be a list of cut points; got a dict"),
        (
            {"strategy": "nested", "breaks": {"R": {"1": [1]}}},
            ValueError,
            "must be a list of cut points; got a dict",
        ),
        (
            {"strategy": "nested", "breaks": {"F": {"1": [1, 2, 3, 4]}}},
            ValueError,
            r"the groups of breaks\['F'\] must be the 5 from '1' to '5'",
        ),
        (
            {"strategy": "nested", "n_bins": 2, "breaks": {"F": {"1": [1], "2": [1, 2]}}},
            ValueError,
            "1 cut points for n_bins=2; got 1 or 2",
        ),
    ],
)
def test_a_wrong_option_is_refused(options: dict[str, Any], error: type, message: str) -> None:
    with pytest.raises(error, match="^RFMScorer: .*" + message):
        sp.RFMScorer(**options).fit(skewed(20))
