"""Baskets and itemsets, for any lists hypothesis can think of."""

from __future__ import annotations

import numpy as np
import pandas as pd
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st

import segpy as sp
from oracle import itemsets as oracle
from segpy import _core

LISTS = st.lists(st.lists(st.integers(0, 8), max_size=7), max_size=24)
FORMS = st.sampled_from([(0, 12), (1, 0), (2, 0), (3, 0), (3, 3), (3, 12)])
ANY = 2**63 - 1


def as_dict(sets: sp.Apriori) -> dict[frozenset[object], int]:
    found = sets.itemsets_
    return dict(zip(found.to_frozensets(), found.counts.tolist(), strict=True))


@settings(max_examples=150, deadline=None)
@given(LISTS, st.integers(1, 6))
def test_every_frequent_set_is_there_with_its_count(lists, min_count):
    model = sp.Apriori(min_count).fit(lists)
    expected = oracle.frequent(lists, min_count)
    assert as_dict(model) == expected
    assert len(model.itemsets_) == len(expected)
    sets = list(zip(model.itemsets_.lengths.tolist(), rows_of(model), strict=True))
    assert sets == sorted(sets)


@settings(max_examples=200, deadline=None)
@given(LISTS, st.integers(1, 6))
def test_closed_and_maximal_sets_are_those_of_the_definition(lists, min_count):
    every = oracle.frequent(lists, min_count)
    for target in ("closed", "maximal"):
        model = sp.Apriori(min_count, target=target).fit(lists)
        assert as_dict(model) == getattr(oracle, target)(every)
        sets = list(zip(model.itemsets_.lengths.tolist(), rows_of(model), strict=True))
        assert sets == sorted(sets)


def rows_of(model: sp.Apriori) -> list[list[int]]:
    found = model.itemsets_
    return [part.tolist() for part in np.split(found.indices, found.indptr[1:-1])][: len(found)]


@settings(max_examples=150, deadline=None)
@given(LISTS, st.integers(1, 6), FORMS, st.integers(1, 3), st.integers(1, 5))
def test_every_form_and_number_of_threads_gives_the_same(lists, min_count, form, threads, max_len):
    baskets = sp.Baskets.from_lists(lists)
    model = sp.Apriori(min_count, max_len=max_len).fit(baskets)
    for level in _core.levels():
        *arrays, full = _core.itemsets(
            baskets.indptr,
            baskets.indices,
            baskets.item_counts,
            *(min_count, 1, max_len, 0, ANY, ANY, *form, threads, level, None),
        )
        assert full == 0
        for name, array in zip(("indptr", "indices", "counts"), arrays, strict=True):
            np.testing.assert_array_equal(array, getattr(model.itemsets_, name))


@settings(max_examples=100, deadline=None)
@given(LISTS, st.integers(1, 6), st.sampled_from([1, 2]), st.sampled_from([1, 2]))
def test_closed_and_maximal_sets_from_rows_are_those_from_bitmaps(lists, least, target, threads):
    baskets = sp.Baskets.from_lists(lists)
    flat = baskets.indptr, baskets.indices, baskets.item_counts
    for level in _core.levels():
        rows, bits = (
            _core.itemsets(*flat, least, 1, ANY, target, ANY, ANY, form, 0, threads, level, None)
            for form in (1, 2)
        )
        for one, other in zip(rows[:3], bits[:3], strict=True):
            np.testing.assert_array_equal(one, other)


@settings(max_examples=80, deadline=None)
@given(LISTS, st.randoms(use_true_random=False))
def test_neither_order_nor_repeats_matter(lists, random):
    expected = sp.Apriori(2).fit(lists).itemsets_
    shuffled = [random.sample(row + row[:2], len(row) + len(row[:2])) for row in lists]
    random.shuffle(shuffled)
    found = sp.Apriori(2).fit(shuffled).itemsets_
    assert found.items == expected.items
    for name in ("indptr", "indices", "counts"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))


@settings(max_examples=80, deadline=None)
@given(LISTS)
def test_every_kind_of_input_makes_the_same_baskets(lists):
    names = list(range(9))
    bits = np.zeros((len(lists), 9), bool)
    for row, items in enumerate(lists):
        bits[row, items] = True
    order, item = np.nonzero(bits)
    expected = sp.Baskets.from_codes(order, item, names, n_baskets=len(lists))
    frame = pd.DataFrame(bits, columns=names)
    made = [
        sp.Baskets.from_onehot(frame),
        sp.Baskets.from_onehot(frame.astype(int)),
        sp.Baskets.from_onehot(frame.astype(pd.SparseDtype(bool, False))),
        sp.Baskets.from_onehot(frame.astype("boolean")),
        sp.Baskets.from_onehot(np.asfortranarray(bits)),
        sp.Baskets.from_onehot(np.ascontiguousarray(bits).astype(np.float32)),
        sp.Baskets.from_sparse(scipy.sparse.csr_array(bits), names),
        sp.Baskets.from_sparse(scipy.sparse.csc_array(bits.astype(np.int8)), names),
    ]
    for found in made:
        assert found.items == expected.items
        for name in ("indptr", "indices", "item_counts"):
            np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))
