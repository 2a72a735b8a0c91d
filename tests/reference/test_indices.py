"""Quality indices of the Mall customers, to the digits they are published with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans

import segpy as sp

# Income and score of the five centres that everybody finds, and their customers.
CENTERS = {
    (55.2963, 49.5185): 81,
    (86.5385, 82.1282): 39,
    (88.2000, 17.1143): 35,
    (26.3043, 20.9130): 23,
    (25.7273, 79.3636): 22,
}
SILHOUETTES = {2: 0.2969, 3: 0.4676, 4: 0.4932, 5: 0.5539}


@pytest.fixture(scope="module")
def income_and_score(data_dir: Path) -> pd.DataFrame:
    table = pd.read_csv(data_dir / "Mall_Customers.csv")
    return table.iloc[:, 3:5]


def test_the_five_groups_of_the_mall(income_and_score):
    apart = income_and_score.to_numpy()[:, None, :] - np.array(list(CENTERS))
    labels = (apart**2).sum(axis=2).argmin(axis=1)
    assert np.bincount(labels).tolist() == list(CENTERS.values())
    assert sp.silhouette_score(income_and_score, labels) == pytest.approx(0.5539, abs=5e-5)
    assert sp.calinski_harabasz_score(income_and_score, labels) == pytest.approx(247.3590, abs=5e-5)
    assert sp.davies_bouldin_score(income_and_score, labels) == pytest.approx(0.57256, abs=5e-6)


@pytest.mark.parametrize("k", SILHOUETTES)
def test_silhouettes_of_the_mall_by_number_of_clusters(income_and_score, k):
    labels = KMeans(k, n_init=20, random_state=0).fit_predict(income_and_score.to_numpy())
    found = sp.silhouette_score(income_and_score, labels)
    assert found == pytest.approx(SILHOUETTES[k], abs=5e-5)
