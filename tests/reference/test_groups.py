"""What the page and the command line say of groups in real data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import segpy as sp
from segpy.reporting import groups as chapter_of_groups
from segpy.reporting.grouping import PAGE, Groups


@pytest.fixture(scope="module")
def table(online_retail) -> pd.DataFrame:
    return sp.rfm(sp.clean_transactions(online_retail)[0])


def test_online_retail_is_active_or_not_and_nothing_more(table):
    found = Groups.of(table, **PAGE)
    assert found is not None
    assert (found.choice.kind, found.choice.best_k, found.k) == ("constructive", None, 2)
    assert found.names.tolist() == [
        "long ago, infrequent, low spending",
        "recent, frequent, high spending",
    ]
    assert np.bincount(found.codes).tolist() == [2_671, 1_656]
    assert chapter_of_groups.heading(found) == "No natural groups: cut by value instead"
    assert "found no emptier space between any of them" in chapter_of_groups.lead(found)
    # 75 % of what the three measures vary is one direction: active or not.
    assert found.shares.round(2).tolist() == [0.75, 0.19, 0.06]


def test_a_page_looks_less_closely_and_says_the_same(table):
    page = Groups.of(table, **PAGE)
    close = Groups.of(table)
    assert page is not None
    assert close is not None
    assert page.choice.kind == close.choice.kind
    assert page.k == close.k
    assert (page.codes == close.codes).all()
    both = page.choice.table.index
    assert (page.choice.table["inertia"] == close.choice.table.loc[both, "inertia"]).all()
    assert page.choice.table.attrs["sampled_rows"] == 1_000
    assert close.choice.table.attrs["sampled_rows"] == len(table)


def test_the_mall_from_its_file_to_five_names(data_dir):
    mall = pd.read_csv(data_dir / "Mall_Customers.csv")
    # Scaled to one spread the same five come out as in the units of the file.
    pair = ["Annual Income (k$)", "Spending Score (1-100)"]
    X = sp.prepare_features(log=False).fit_transform(mall[pair])
    choice = sp.choose_k(X)
    assert (choice.kind, choice.best_k) == ("natural", 5)
    names = sp.name_segments(sp.segment_profile(mall, choice.labels(5), features=pair))
    assert set(names) == {
        "average income, average spending",
        "high income, high spending",
        "high income, low spending",
        "low income, high spending",
        "low income, low spending",
    }
