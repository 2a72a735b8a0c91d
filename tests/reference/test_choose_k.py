"""choose_k on data that many have clustered before."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import segpy as sp


def test_the_mall_has_five(data_dir: Path):
    mall = pd.read_csv(data_dir / "Mall_Customers.csv").iloc[:, 3:5]
    found = sp.choose_k(mall)
    assert (found.kind, found.best_k, found.suggested_k) == ("natural", 5, 5)
    assert found.verdict.startswith("5 natural clusters")
    assert found.votes["silhouette"] == found.votes["separation"] == found.votes["elbow"] == 5
    assert found.table.at[5, "inertia"] == pytest.approx(44448.4554, abs=5e-5)
    scaled = sp.choose_k((mall - mall.mean()) / mall.std(), n_boot=10, n_refs=5)
    assert scaled.best_k == 5


@pytest.mark.parametrize(
    ("name", "ks", "k"),
    [
        ("sipu/s1", range(2, 26), 15),
        ("sipu/s2", range(2, 26), 15),
        ("sipu/a1", range(2, 26), 20),
        ("sipu/unbalance", range(2, 26), 8),
        ("fcps/hepta", range(2, 11), 7),
        ("fcps/tetra", range(2, 11), 4),
        ("fcps/twodiamonds", range(2, 11), 2),
        ("sipu/r15", range(2, 20), 15),
        ("other/chameleon_t5_8k", range(2, 11), 6),
    ],
)
def test_sets_with_clusters(data_dir: Path, name, ks, k):
    X = np.loadtxt(data_dir / "clustering" / f"{name}.data.gz")
    found = sp.choose_k(X, ks, n_boot=6, n_refs=2)
    assert (found.kind, found.best_k) == ("natural", k)


@pytest.mark.parametrize(
    "name",
    [
        *("fcps/engytime", "fcps/wingnut", "other/hdbscan", "other/iris5", "other/square"),
        *("sipu/flame", "sipu/jain", "sipu/s3", "sipu/s4", "sipu/spiral"),
        *("uci/wdbc", "uci/wine", "uci/yeast"),
    ],
)
def test_sets_whose_clusters_overlap_or_are_no_balls(data_dir: Path, name):
    """Their labels know clusters; k-means finds no emptier space between its groups and says so."""
    X = np.loadtxt(data_dir / "clustering" / f"{name}.data.gz")
    found = sp.choose_k(X, n_boot=4, n_refs=2)
    assert found.best_k is None
    assert found.verdict.startswith(
        "No natural clusters at any k from 2 to 10: there is no emptier"
    )


@pytest.fixture(scope="module")
def rfm(online_retail: pd.DataFrame) -> pd.DataFrame:
    clean, _ = sp.clean_transactions(online_retail, missing_customer="drop", returns="drop")
    return sp.rfm(clean)[["recency_days", "frequency", "monetary"]]


def test_online_retail_is_active_or_not_and_no_more(rfm):
    features = sp.prepare_features(log=True).fit_transform(rfm)
    found = sp.choose_k(features, n_boot=20, n_refs=5)
    assert (found.best_k, found.suggested_k) == (None, 2)
    assert found.kind != "natural"
    assert found.verdict.startswith("No natural clusters at any k from 2 to 10")
    assert found.table["silhouette"].idxmax() == found.table["stability"].idxmax() == 2
    assert "wholesalers" not in found.verdict


def test_unlogged_the_wholesalers_are_the_whole_answer(rfm):
    found = sp.choose_k((rfm - rfm.mean()) / rfm.std(ddof=0), n_boot=10, n_refs=5)
    assert found.table.at[2, "silhouette"] == pytest.approx(0.8958, abs=5e-5)
    assert found.best_k is None
    assert "A few extreme rows, such as wholesalers among customers, are the whole" in found.verdict
