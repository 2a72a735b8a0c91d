"""prepare_features, segment_profile and name_segments on real customers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans

import segpy as sp

INCOME, SCORE = "Annual Income (k$)", "Spending Score (1-100)"
# Centre of each group (income, score), its customers, and the name it should have.
MALL = {
    (55.2963, 49.5185): (81, "average income, average spending"),
    (86.5385, 82.1282): (39, "high income, high spending"),
    (88.2000, 17.1143): (35, "high income, low spending"),
    (26.3043, 20.9130): (23, "low income, low spending"),
    (25.7273, 79.3636): (22, "low income, high spending"),
}


@pytest.fixture(scope="module", params=["Mall_Customers.csv", "Mall_Customers_Genre.csv"])
def mall(request, data_dir) -> pd.DataFrame:
    table = pd.read_csv(data_dir / request.param)
    found = KMeans(5, n_init=50, random_state=0).fit(table[[INCOME, SCORE]])
    assert found.inertia_ == pytest.approx(44448.4554, abs=1e-4)
    return table.assign(group=found.labels_)


@pytest.mark.parametrize("features", [None, [INCOME, SCORE]], ids=["all", "used"])
def test_the_five_groups_of_the_mall_have_sensible_names(mall, features):
    profile = sp.segment_profile(mall, "group", features=features)
    assert set(profile["feature"]) == {"Age", INCOME, SCORE}
    assert profile.attrs["left_out"]["CustomerID"] == "an id, by its name"
    names = sp.name_segments(profile)
    assert not names.str.contains("customer|id", case=False, regex=True).any()
    means = profile.pivot(index="segment", columns="feature", values="mean")
    found = {
        (round(row[INCOME], 4), round(row[SCORE], 4)): names[segment]
        for segment, row in means.iterrows()
    }
    assert found == {centre: name for centre, (_, name) in MALL.items()}
    sizes = profile.groupby("segment")["size"].first()
    assert sorted(sizes) == sorted(size for size, _ in MALL.values())
    used = profile.groupby("feature")["used"].first()
    assert used["Age"] == (features is None)
    # The groups were made from income and score; that the young ones spend was found.
    assert set(profile["feature"].head(6)) == {INCOME, SCORE}


@pytest.mark.parametrize("k", range(2, 11))
def test_any_number_of_groups_has_names_of_its_own(mall, k):
    labels = KMeans(k, n_init=10, random_state=0).fit_predict(mall[[INCOME, SCORE]])
    names = sp.name_segments(sp.segment_profile(mall.drop(columns="group"), labels))
    assert names.is_unique
    assert len(names) == k
    assert not names.str.contains("group").any()


@pytest.fixture(scope="module")
def rfm(online_retail) -> pd.DataFrame:
    clean, _ = sp.clean_transactions(online_retail, missing_customer="drop", returns="drop")
    return sp.rfm(clean, snapshot="2011-12-10")


def test_log_rfm_is_what_was_clustered(rfm):
    preparer = sp.prepare_features()
    found = preparer.fit_transform(rfm)
    columns = ["recency_days", "frequency", "monetary"]
    logs = np.log1p(rfm[columns].astype("float64"))
    expected = (logs - logs.mean()) / logs.std(ddof=0)
    np.testing.assert_allclose(found[columns], expected, rtol=1e-12, atol=1e-12)
    assert list(found.columns) == columns
    assert preparer.left_out_ == {"first_order": "dates", "last_order": "dates"}
    # Shares of variance, and inertia and sizes of two groups, as computed elsewhere.
    shares = np.linalg.eigvalsh(np.cov(found.T, ddof=0))[::-1] / 3
    np.testing.assert_allclose(shares, [0.751433, 0.187125, 0.061442], atol=5e-7)
    means = KMeans(2, n_init=20, random_state=0).fit(found)
    # Lloyd stops within its tolerance: a customer or two may still change sides.
    assert means.inertia_ == pytest.approx(6474.1385, rel=1e-6)
    np.testing.assert_allclose(sorted(np.bincount(means.labels_)), [1668, 2670], atol=10)
    names = sp.name_segments(sp.segment_profile(rfm, means.labels_))
    assert set(names) == {
        "recent, frequent, high spending",
        "long ago, infrequent, low spending",
    }


def test_any_order_of_customers_gives_the_same(rfm):
    turned = rfm.sample(frac=1, random_state=4)
    options = {"winsorise": 0.01}
    found = sp.prepare_features(**options).fit_transform(rfm)
    assert sp.prepare_features(**options).fit_transform(turned).loc[rfm.index].equals(found)
    by = pd.Series(np.where(rfm["frequency"] > 2, "active", "not"), index=rfm.index)
    assert sp.segment_profile(rfm, by).equals(sp.segment_profile(turned, by))


def test_columns_of_other_real_tables(data_dir):
    cards = pd.read_csv(data_dir / "CC_GENERAL.csv.gz")
    preparer = sp.prepare_features(impute="median").fit(cards)
    assert preparer.left_out_ == {"CUST_ID": "an id, by its name"}
    assert preparer.columns_.loc["MINIMUM_PAYMENTS", "missing"] == 313
    with pytest.raises(ValueError, match=r"column 'CREDIT_LIMIT' .*got NaN in row \d+"):
        sp.prepare_features().fit(cards)
    people = pd.read_csv(data_dir / "marketing_campaign.csv.gz", sep=None, engine="python")
    left = sp.prepare_features(impute="median").fit(people).left_out_
    assert left == {
        "ID": "an id, by its name",
        "Education": "text",
        "Marital_Status": "text",
        "Dt_Customer": "dates written as text",
    }
    wholesale = pd.read_csv(data_dir / "wholesale_customers.csv")
    assert sp.prepare_features().fit(wholesale).left_out_ == {}
