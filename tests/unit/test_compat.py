"""segpy.compat on its own: what mlxtend's documentation shows, and what wrong input gets."""

from __future__ import annotations

import doctest

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from segpy import compat
from segpy.compat import TransactionEncoder, apriori, association_rules, fpgrowth, fpmax

LISTS = [
    ["Milk", "Onion", "Nutmeg", "Kidney Beans", "Eggs", "Yogurt"],
    ["Dill", "Onion", "Nutmeg", "Kidney Beans", "Eggs", "Yogurt"],
    ["Milk", "Apple", "Kidney Beans", "Eggs"],
    ["Milk", "Unicorn", "Corn", "Kidney Beans", "Yogurt"],
    ["Corn", "Onion", "Onion", "Kidney Beans", "Ice cream", "Eggs"],
]


@pytest.fixture(scope="module")
def frame():
    encoder = TransactionEncoder()
    return pd.DataFrame(encoder.fit_transform(LISTS), columns=encoder.columns_)


def test_the_example_of_the_documentation(frame):
    sets = apriori(frame, min_support=0.6, use_colnames=True)
    assert len(sets) == 11
    assert sets["itemsets"][0] == frozenset({"Eggs"})
    assert sets["support"].tolist()[:5] == [0.8, 1.0, 0.6, 0.6, 0.6]
    assert sets["itemsets"].map(len).is_monotonic_increasing
    rules = association_rules(sets, metric="confidence", min_threshold=0.7)
    assert len(rules) == 12
    assert len(association_rules(sets, metric="lift", min_threshold=1.2)) == 6
    assert set(fpgrowth(frame, 0.6, use_colnames=True)["itemsets"]) == set(sets["itemsets"])
    assert set(fpmax(frame, 0.6, use_colnames=True)["itemsets"]) == {
        frozenset({"Milk", "Kidney Beans"}),
        frozenset({"Yogurt", "Kidney Beans"}),
        frozenset({"Onion", "Eggs", "Kidney Beans"}),
    }


def test_the_examples_of_the_docstrings_run():
    flags = doctest.NORMALIZE_WHITESPACE
    assert doctest.testmod(compat, optionflags=flags).failed == 0
    assert doctest.testmod(compat, optionflags=flags).attempted > 8


def test_frames_keep_what_they_hold(frame):
    before = frame.copy()
    for find in (apriori, fpgrowth, fpmax):
        find(frame, 0.3)
    pd.testing.assert_frame_equal(frame, before)


def test_sparse_columns_and_verbose(frame, capsys):
    sparse = frame.astype(pd.SparseDtype(bool, False))
    pd.testing.assert_frame_equal(apriori(sparse, 0.3), apriori(frame, 0.3, verbose=1, n_jobs=-1))
    assert "itemsets" in capsys.readouterr().out


def test_nothing_frequent_is_an_empty_frame(frame):
    for find in (apriori, fpgrowth, fpmax):
        found = find(frame.iloc[:, :1], 0.9)
        assert len(found) == 0
        assert list(found.columns) == ["support", "itemsets"]
        with pytest.raises(ValueError, match="is empty"):
            association_rules(found)


def test_a_missing_part_is_a_key_error(frame):
    maximal = fpmax(frame, 0.6, use_colnames=True)
    with pytest.raises(KeyError, match="support_only=True"):
        association_rules(maximal)
    only = association_rules(maximal, support_only=True, min_threshold=0.6)
    assert only["confidence"].isna().all()
    assert (only["support"] >= 0.6).all()


def test_wrong_cells_are_refused():
    non_bool = pytest.warns(DeprecationWarning, match="non-bool types")
    with non_bool, pytest.raises(ValueError, match="Found value 2"):
        apriori(pd.DataFrame({"a": [0, 2]}))
    non_bool = pytest.warns(DeprecationWarning, match="non-bool types")
    with non_bool, pytest.raises(ValueError, match="NaN"):
        fpgrowth(pd.DataFrame({"a": [0, np.nan]}))


def test_the_encoder_is_an_estimator():
    encoder = clone(TransactionEncoder())
    with pytest.raises(NotFittedError):
        encoder.get_feature_names_out()
    table = encoder.set_output(transform="pandas").fit_transform(LISTS)
    assert list(table.columns) == encoder.columns_
    plain = TransactionEncoder().fit(LISTS)
    array = plain.transform(LISTS)
    assert [sorted(row) for row in plain.inverse_transform(array)] == [
        sorted(set(row)) for row in LISTS
    ]
    matrix = plain.transform(LISTS[:1], sparse=True)
    assert (matrix.toarray() == array[:1]).all()
    with pytest.raises(KeyError):
        plain.transform([["Bread"]])
