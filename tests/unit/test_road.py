"""From made order lines to segments: the road finds what was planted."""

from __future__ import annotations

import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

import segpy as sp

# Agreement of the segments found with those planted, 1 being perfect and 0 chance. The planted
# ranges overlap, returns take money away and duplicates add some, so 1 is out of reach.
AT_LEAST = 0.80


def found(n_customers: int, seed: int) -> tuple[pd.Series, pd.Series]:
    """Walk the road; give the segments found and the segments planted, customer by customer."""
    raw, planted = sp.datasets.make_transactions(
        n_customers, random_state=seed, return_segments=True
    )
    clean, _ = sp.clean_transactions(sp.read_transactions(raw), duplicates="drop")
    scores = sp.RFMScorer().fit_transform(sp.rfm(clean))
    segments = sp.assign_segments(scores)
    return segments, planted.reindex(segments.index)


@pytest.mark.parametrize(("n_customers", "seed"), [(2000, 0), (2000, 7), (500, 1), (8000, 2)])
def test_the_road_finds_the_planted_segments(n_customers, seed):
    segments, planted = found(n_customers, seed)
    assert not planted.isna().any()
    assert len(segments) > 0.98 * n_customers  # who returned everything is gone
    assert adjusted_rand_score(planted, segments.astype(str)) >= AT_LEAST


def test_they_agree_by_name_too():
    segments, planted = found(2000, 0)
    assert (segments.astype(str) == planted).mean() >= 0.85


def test_labels_dealt_out_by_chance_would_not_pass():
    segments, planted = found(2000, 0)
    dealt = planted.sample(frac=1, random_state=0).to_numpy()
    assert adjusted_rand_score(dealt, segments.astype(str)) < 0.05


def test_where_returns_are_not_matched_the_order_of_lines_decides_nothing():
    raw = sp.datasets.make_transactions(300)
    mixed = raw.sample(frac=1, random_state=3)
    tables = []
    for lines in (raw, mixed):
        clean, _ = sp.clean_transactions(sp.read_transactions(lines), returns="drop")
        scores = sp.RFMScorer().fit_transform(sp.rfm(clean))
        tables.append(sp.assign_segments(scores).sort_index())
    pd.testing.assert_series_equal(*tables)
