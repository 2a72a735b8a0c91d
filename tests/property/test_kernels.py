"""Ids, money, RFM and matching, for any columns hypothesis can think of."""

from fractions import Fraction

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

import segpy as sp
from oracle.money import total
from oracle.returns import match
from oracle.rfm import rfm as oracle_rfm
from segpy import _core, _frames

TEXTS = st.lists(st.none() | st.text(max_size=30), max_size=60)
WORDS = st.lists(st.sampled_from(["a", "b", "shared prefix 1", "shared prefix 2", ""]), max_size=60)
INTS = st.lists(st.none() | st.integers(-(2**63), 2**63 - 1) | st.integers(0, 50), max_size=60)
MONEY = st.floats(-(2.0**44), 2.0**44, exclude_min=True, exclude_max=True)
LEVELS = st.sampled_from(_core.levels())


def check_codes(codes, ids, values, sort):
    assert [None if c < 0 else ids[c] for c in codes] == values
    assert sorted(set(ids)) == sorted(ids)
    assert not sort or list(ids) == sorted(ids)
    assert set(codes) - {-1} == set(range(len(ids)))


@given(TEXTS | WORDS, st.booleans(), LEVELS)
def test_texts_to_codes(values, sort, level):
    column = np.empty(len(values), dtype=object)
    column[:] = values
    try:
        codes, rows = _core.encode_texts(column, sort, level)
    except UnicodeEncodeError:
        assert any(v is not None and any(0xD800 <= ord(c) < 0xE000 for c in v) for v in values)
        return
    check_codes(codes, [values[r] for r in rows], values, sort)


@given(INTS, st.booleans(), LEVELS)
def test_ints_to_codes(values, sort, level):
    gone = np.array([v is None for v in values], np.bool_)
    ids = np.array([0 if v is None else v for v in values], np.int64)
    codes, found = _core.encode_ints(ids, gone, sort, level)
    check_codes(codes, found.tolist(), values, sort)


@given(st.lists(MONEY, max_size=60), st.randoms(use_true_random=False))
def test_money_is_exact_in_any_order(amounts, random):
    expected = total(amounts)
    assert _frames.total(amounts) == expected
    random.shuffle(amounts)
    assert _frames.total(amounts) == expected


@given(MONEY)
def test_one_amount_is_rounded_to_the_quantum_once(amount):
    found = Fraction(_frames.total([amount]))
    assert abs(found - Fraction(amount)) <= Fraction(1, 2**53)


@st.composite
def order_lines(draw):
    n = draw(st.integers(1, 40))
    few = st.lists(st.integers(0, 5), min_size=n, max_size=n)
    days = draw(st.lists(st.integers(-400, 400), min_size=n, max_size=n))
    amounts = draw(st.lists(MONEY, min_size=n, max_size=n))
    return pd.DataFrame(
        {
            "customer": draw(few),
            "order": draw(few),
            "date": pd.Timestamp("2011-12-09 12:50") + pd.to_timedelta(days, unit="D"),
            "amount": amounts,
        }
    )


@settings(deadline=None)
@given(order_lines(), st.integers(1, 500), st.integers(0, 400))
def test_rfm_equals_the_oracle(tx, lookback, back):
    day = pd.Timestamp("2011-12-09") + pd.Timedelta(days=400 - back)
    found = sp.rfm(tx, snapshot=day, lookback=lookback, future="drop")
    expected = oracle_rfm(tx, day - pd.Timedelta(days=lookback - 1), day)
    columns = ["frequency", "monetary", "first_order", "last_order"]
    assert {
        c: tuple(r) for c, r in zip(found.index, found[columns].values, strict=True)
    } == expected
    last = pd.to_datetime(found["last_order"]).dt.normalize()
    assert found["recency_days"].tolist() == ((day - last).dt.days).tolist()


@settings(deadline=None)
@given(order_lines(), st.data())
def test_any_split_of_a_state_equals_the_whole(tx, data):
    parts = data.draw(st.lists(st.integers(0, 4), min_size=len(tx), max_size=len(tx)))
    states = [sp.RFMState() for _ in range(5)]
    for k, state in enumerate(states):
        state.add(tx[np.array(parts) == k])
    whole = sp.RFMState()
    for k in data.draw(st.permutations(range(5))):
        whole.merge(states[k])
    pd.testing.assert_frame_equal(whole.finish(), sp.rfm(tx), check_exact=True)


WHOLE = st.integers(-5, 9)
# Weights and lengths as shops write them, and what no double holds.
FRACTIONS = st.integers(-50, 90).map(lambda tenths: tenths / 10) | st.sampled_from(
    [
        0.25,
        -1.125,
        1 / 128,
        -1 / 128,
        1 / 3,
        -2 / 3,
        1e-6,
        -1e-6,
        4e-7,
        2.0**20 + 0.3,
        -(2.0**20) - 0.1,
    ]
)


@st.composite
def lines_with_returns(draw, quantities=WHOLE):
    n = draw(st.integers(1, 40))
    few = st.lists(st.integers(0, 2), min_size=n, max_size=n)
    quantity = draw(st.lists(quantities, min_size=n, max_size=n))
    customer = draw(st.lists(st.none() | st.integers(0, 2), min_size=n, max_size=n))
    tx = pd.DataFrame(
        {
            "customer": pd.array(customer, dtype="Int64"),
            "order": [f"{i}" for i in range(n)],
            "date": pd.Timestamp("2011-01-01") + pd.to_timedelta(draw(few), unit="D"),
            "product": pd.Series(draw(few)).astype(str),
            "quantity": quantity,
            "price": 2.0,
        }
    )
    return tx.assign(amount=tx["quantity"] * tx["price"])


@settings(deadline=None)
@given(lines_with_returns())
def test_matching_equals_the_oracle_and_loses_nothing(tx):
    returned = (tx["quantity"] < 0).to_numpy()
    left, credited = match(tx, returned)
    clean, audit = sp.clean_transactions(tx)
    stays = [i for i in range(len(tx)) if not returned[i] and (left[i] > 0 or not credited[i])]
    assert clean.index.tolist() == stays
    assert clean["quantity"].tolist() == [left[i] for i in stays]
    assert clean["returned_quantity"].tolist() == [credited[i] for i in stays]
    assert audit["revenue"].iloc[0] - audit["removed_revenue"].sum() == audit["revenue"].iloc[-1]
    assert audit["rows"].iloc[0] - audit["removed_rows"].sum() == len(clean)


@settings(deadline=None)
@given(lines_with_returns(WHOLE | FRACTIONS))
def test_fractions_are_matched_as_the_oracle_settles_them(tx):
    returned = (tx["quantity"] < 0).to_numpy()
    left, credited = match(tx, returned)
    clean, _ = sp.clean_transactions(tx)
    stays = [i for i in range(len(tx)) if not returned[i] and (left[i] > 0 or not credited[i])]
    assert clean.index.tolist() == stays
    assert clean["quantity"].tolist() == [left[i] for i in stays]
    assert clean["returned_quantity"].tolist() == [credited[i] for i in stays]
    assert clean["amount"].tolist() == [left[i] * 2.0 for i in stays]
