"""Rules, redundancy, Fisher's test, pairs and suggestions against their slow twins."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from oracle import rules as oracle
from segpy import _core

few = settings(max_examples=150, deadline=None)
ITEMS = 7
baskets_ = st.lists(st.sets(st.integers(0, ITEMS - 1), max_size=6), min_size=1, max_size=14)
levels = st.sampled_from(_core.levels())
threads = st.sampled_from([1, 2, 5])
some = st.none() | st.sets(st.integers(0, ITEMS - 1))


def rows(sets):
    """Give sets as indptr and indices."""
    indptr = np.zeros(len(sets) + 1, np.int64)
    np.cumsum([len(s) for s in sets], out=indptr[1:])
    return indptr, np.array([i for s in sets for i in sorted(s)], np.int32)


def is_whole(counts):
    """Whether every subset of a set is there."""
    return all(s - {i} in counts for s in counts if len(s) > 1 for i in s)


def flags(chosen):
    return None if chosen is None else np.isin(np.arange(ITEMS), list(chosen))


@st.composite
def itemsets(draw):
    """Draw baskets and their frequent sets, all of them or with some taken out."""
    baskets = draw(baskets_)
    counts = oracle.frequent(baskets, draw(st.integers(1, 3)))
    for gone in draw(st.just([]) | st.lists(st.integers(0, 200), max_size=5)):
        counts.pop((oracle.ordered(counts) or [None])[gone % max(len(counts), 1)], None)
    sets = oracle.ordered(counts)
    flat = (*rows(sets), np.array([counts[s] for s in sets], np.int64))
    return len(baskets), counts, sets, flat


@few
@given(
    itemsets(),
    st.fractions(0, 1, max_denominator=12),
    st.integers(1, 6),
    some,
    some,
    levels,
    threads,
)
def test_rules_are_those_of_the_twin(found, confidence, most, body, head, level, n_threads):
    n, counts, sets, flat = found
    limits = (confidence.numerator, confidence.denominator, most, flags(body), flags(head))
    whole, left, right, best, unknown = _core.rules(
        n, ITEMS, *flat, *limits, n_threads, level, None
    )
    wanted = oracle.rules(counts, confidence, most, body, head)
    got = [(sets[x], sets[y]) for x, y in zip(left, right, strict=True)]
    assert all(sets[w] == x | y for w, (x, y) in zip(whole.tolist(), got, strict=True))
    assert len(set(got)) == len(got)
    assert set(got) <= {(r.antecedent, r.consequent) for r in wanted}
    assert unknown > 0 or len(got) == len(wanted)
    assert unknown == 0 or not is_whole(counts)
    everything = oracle.rules(counts, Fraction(0), most, body, head)
    if len(counts) and unknown == 0 and everything:
        top = max(r.confidence for r in everything)
        x, y = sets[best[1]], sets[best[2]]
        assert Fraction(counts[x | y], counts[x]) == top


@few
@given(itemsets(), st.integers(1, 6), levels, threads)
def test_redundant_rules_are_those_of_the_twin(found, most, level, n_threads):
    n, counts, sets, flat = found
    whole, left, right, *_ = _core.rules(n, ITEMS, *flat, 0, 1, most, None, None, 1, level, None)
    flag = _core.rules_redundant(n, ITEMS, *flat, whole, left, right, n_threads, level, None)
    for w, x, y, redundant in zip(whole, left, right, flag, strict=True):
        rule = oracle.Rule(sets[x], sets[y], counts[sets[w]], counts[sets[x]], counts[sets[y]])
        if is_whole(counts):
            assert redundant == oracle.is_redundant(rule, counts)
        else:
            assert not redundant or oracle.is_redundant(rule, counts)


@few
@given(st.integers(0, 60), st.data(), levels)
def test_fisher_is_exact(n, data, level):
    x, y = data.draw(st.integers(0, n)), data.draw(st.integers(0, n))
    both = data.draw(st.integers(max(0, x + y - n), min(x, y)))
    counts = [np.array([v], np.int64) for v in (x, y, both)]
    [p] = _core.fisher_greater(n, *counts, 1, level, None)
    exact = oracle.fisher(n, x, y, both)
    assert abs(Fraction(p) - exact) <= exact / 10**13


@few
@given(baskets_, st.integers(1, 4), levels, threads)
def test_pairs_are_those_of_the_twin(baskets, min_count, level, n_threads):
    a, b, count = _core.item_pairs(ITEMS, *rows(baskets), min_count, n_threads, level, None)
    got = dict(zip(zip(a.tolist(), b.tolist(), strict=True), count.tolist(), strict=True))
    assert len(got) == len(a)
    assert got == oracle.pairs(baskets, min_count)


ranked_ = st.lists(
    st.tuples(
        st.frozensets(st.integers(0, ITEMS - 1), min_size=1), st.integers(0, ITEMS - 1)
    ).filter(lambda rule: rule[1] not in rule[0]),
    max_size=25,
)


@few
@given(ranked_, baskets_, st.integers(1, 5), levels, threads)
def test_suggestions_are_those_of_the_twin(ranked, baskets, most, level, n_threads):
    index = _core.Recommender(
        ITEMS, *rows([x for x, _ in ranked]), np.array([y for _, y in ranked], np.int32)
    )
    held = rows(baskets)
    best = index.best(*held, most, n_threads, level, None).reshape(len(baskets), most)
    for basket, rules in zip(baskets, best.tolist(), strict=True):
        assert [r for r in rules if r >= 0] == oracle.recommend(ranked, basket, most)
    place = index.hidden(*held, most, n_threads, level, None)
    wanted = [oracle.place(ranked, b, i, most) for b in baskets for i in sorted(b)]
    assert place.tolist() == wanted
