"""What must hold of scores and segments for any table."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

import segpy as sp

days = st.integers(0, 400)
orders = st.integers(1, 12)
money = st.one_of(st.integers(-50, 50).map(float), st.floats(-1e6, 1e6, width=32))
rows = st.lists(st.tuples(days, orders, money), min_size=1, max_size=60)
few = settings(max_examples=60, deadline=None)
strategies = st.sampled_from(["quantile", "nested"])


def rfm_of(values: list[tuple[int, int, float]]) -> pd.DataFrame:
    table = pd.DataFrame(values, columns=["recency_days", "frequency", "monetary"])
    return table.rename_axis("customer").astype({"monetary": "float64"})


@few
@given(rows, st.integers(2, 12), strategies, st.randoms(use_true_random=False))
def test_any_order_of_rows_gives_the_same_scores(values, n_bins, strategy, random) -> None:
    rfm = rfm_of(values)
    scores = sp.RFMScorer(n_bins, strategy=strategy).fit_transform(rfm)
    order = list(rfm.index)
    random.shuffle(order)
    again = sp.RFMScorer(n_bins, strategy=strategy).fit_transform(rfm.loc[order])
    assert again.loc[rfm.index].equals(scores)


@few
@given(rows, st.integers(2, 12))
def test_scores_rise_with_the_values_and_equal_values_score_equal(values, n_bins) -> None:
    rfm = rfm_of(values)
    scores = sp.RFMScorer(n_bins).fit_transform(rfm)
    for metric, column, sign in (
        ("R", "recency_days", -1),
        ("F", "frequency", 1),
        ("M", "monetary", 1),
    ):
        assert scores[metric].between(1, n_bins).all()
        ordered = scores[metric].to_numpy()[
            np.argsort(sign * rfm[column].to_numpy(), kind="stable")
        ]
        assert (np.diff(ordered) >= 0).all()
        assert (scores[metric].groupby(rfm[column]).nunique() == 1).all()


@few
@given(rows, st.integers(2, 8))
def test_without_ties_bins_differ_by_one_customer_at_most(values, n_bins) -> None:
    n = max(len(values), n_bins)
    rfm = rfm_of([(i, i + 1, float(i)) for i in range(n)])
    scorer = sp.RFMScorer(n_bins)
    scores = scorer.fit_transform(rfm)
    for metric in ("R", "F", "M"):
        size = scores[metric].value_counts()
        assert len(size) == n_bins
        assert size.max() - size.min() <= 1
    assert scorer.ties_["customers_on_tie"].sum() == 0


@few
@given(rows, st.integers(2, 12), strategies)
def test_breaks_and_files_give_the_same_scorer_back(
    tmp_path_factory, values, n_bins, strategy
) -> None:
    rfm = rfm_of(values)
    scorer = sp.RFMScorer(n_bins, strategy=strategy).fit(rfm)
    scores = scorer.transform(rfm)
    given_ = sp.RFMScorer(n_bins, strategy=strategy, breaks=scorer.breaks_)
    assert given_.fit_transform(rfm).equals(scores)
    path = tmp_path_factory.mktemp("scorer") / "scorer.json"
    scorer.save(path)
    assert sp.RFMScorer.load(path).transform(rfm).equals(scores)


@few
@given(st.lists(st.sampled_from(["A", "B", "C", None]), min_size=27, max_size=27), st.data())
def test_a_map_of_codes_names_as_it_says_and_its_faults_are_counted(names, data) -> None:
    codes = ["".join(map(str, c)) for c in product((1, 2, 3), repeat=3)]
    grid = {name: [c for c, n in zip(codes, names, strict=True) if n == name] for name in "ABC"}
    faults = sp.check_segment_map(grid, n_bins=3)["fault"].value_counts().to_dict()
    assert faults.get("gap", 0) == names.count(None)
    assert faults.get("dead name", 0) == sum(not listed for listed in grid.values())
    assert faults.get("overlap", 0) == 0
    scores = pd.DataFrame([tuple(map(int, c)) for c in codes], columns=["R", "F", "M"])
    scores.attrs["n_bins"] = {"R": 3, "F": 3, "M": 3}
    found = sp.assign_segments(scores, grid)
    assert found.tolist() == [name or "Unassigned" for name in names]
    assert (found.cat.categories[-1] == "Unassigned") == (None in names)
    twice = data.draw(st.sampled_from(codes))
    doubled = {**grid, "D": [twice]}
    rows = sp.check_segment_map(doubled, n_bins=3)
    holder = names[codes.index(twice)]
    overlaps = rows[rows["fault"] == "overlap"]
    if holder is None:
        assert overlaps.empty
    else:
        assert overlaps[["code", "names"]].to_numpy().tolist() == [[twice, f"{holder}, D"]]


stakes = st.lists(
    st.tuples(
        st.sampled_from(["Champions", "Lost", "At Risk", "Inactive", "Hibernating", "Cluster"]),
        st.integers(0, 10_000),
        st.floats(0, 1e6),
        st.floats(0, 1e4),
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda row: row[0],
)


@few
@given(stakes)
def test_budget_shares_are_shares(values) -> None:
    summary = pd.DataFrame(
        {
            "customers": [v[1] for v in values],
            "revenue": [v[2] for v in values],
            "recency_days_median": 10.0,
            "frequency_median": 2.0,
            "monetary_median": [v[3] for v in values],
            "one_order_share": 0.3,
        },
        index=pd.Index([v[0] for v in values], name="segment"),
    )
    actions = sp.recommend_actions(summary, budget=100.0)
    share = actions["budget_share"]
    assert (share >= -1e-15).all()
    assert abs(math.fsum(share) - 1.0) < 1e-15
    assert sorted(actions["priority"]) == list(range(1, len(values) + 1))
