"""Principal components of real data: known shares and loadings."""

import numpy as np
import pandas as pd
import pytest

import segpy as sp


def standardised(table: pd.DataFrame) -> pd.DataFrame:
    return (table - table.mean()) / table.std(ddof=0)


@pytest.fixture(scope="module")
def rfm_features(online_retail) -> pd.DataFrame:
    clean, _ = sp.clean_transactions(online_retail, missing_customer="drop", returns="drop")
    table = sp.rfm(clean)[["recency_days", "frequency", "monetary"]]
    return standardised(np.log1p(table))


def test_rfm_of_online_retail(rfm_features):
    """Calendar days to 2011-12-10, log1p, z-scores (ddof 0)."""
    pca = sp.PCA().fit(rfm_features)
    assert pca.explained_variance_ratio_.round(6).tolist() == [0.751433, 0.187125, 0.061442]
    known = np.array([[-0.5124, 0.6176, 0.5967], [0.8496, 0.2635, 0.4568]])
    np.testing.assert_array_equal(pca.components_[:2].round(4), known)
    np.testing.assert_array_equal(pca.components_[2].round(4), [0.1249, 0.7410, -0.6597])
    assert pca.n_samples_ == 4338
    assert list(pca.feature_names_in_) == ["recency_days", "frequency", "monetary"]


def test_rfm_in_parts_and_by_share(rfm_features):
    whole, parts = sp.PCA(0.9).fit(rfm_features), sp.PCA(0.9)
    for start in range(0, len(rfm_features), 500):
        parts.partial_fit(rfm_features.iloc[start : start + 500])
    assert whole.n_components_ == parts.n_components_ == 2
    np.testing.assert_allclose(parts.components_, whole.components_, rtol=1e-12)
    np.testing.assert_allclose(parts.explained_variance_, whole.explained_variance_, rtol=1e-12)


def test_mall_customers(data_dir):
    """Z-scores of age, income and spending score."""
    mall = pd.read_csv(data_dir / "Mall_Customers.csv")
    names = [c for c in mall if mall[c].dtype.kind == "i" and c != "CustomerID"]
    assert len(mall) == 200
    assert len(names) == 3
    pca = sp.PCA().fit(standardised(mall[names]))
    assert pca.explained_variance_ratio_.round(6).tolist() == [0.442662, 0.333084, 0.224255]
    with pytest.raises(TypeError, match=r"PCA: column '(Gender|Genre)' of X must be numbers"):
        sp.PCA().fit(mall)
