"""Ids to codes: every kind of column, every level, against pandas."""

import numpy as np
import pandas as pd
import pytest

from segpy import _core, _frames

LEVELS = _core.levels()
TEXTS = {
    "short": ["b", "a", "", "ab", "b", "a\0", "a", "a\0\0"],
    "eleven": ["x" * k for k in range(15)] * 2,
    "long": [f"{'shared prefix of many':s}{i % 37}" for i in range(500)],
    "mixed": ["é" * (i % 9) + str(i % 5) for i in range(400)],
    "numbered": [f"INV-{i * 7919 % 503:07d}" for i in range(3000)],
    "cancelled": [f"{'C' * (i % 9 == 0)}{536365 + i * 7919 % 503}" for i in range(3000)],
    "unpadded": [str(i * 7919 % 1503) for i in range(3000)],
    "many": [f"C{i * 7919 % 5003:05d}" for i in range(20_000)],
}


def check(codes, ids, values, sort):
    """Codes are a numbering of the distinct values, in their order if asked."""
    expected = pd.Series(values, dtype=object)
    assert codes.dtype == np.int32
    assert len(set(ids)) == len(ids)
    assert [None if c < 0 else ids[c] for c in codes] == [
        None if pd.isna(v) else v for v in expected
    ]
    if sort:
        assert list(ids) == sorted(ids)


@pytest.mark.parametrize("sort", [True, False])
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", TEXTS)
def test_texts(name, level, sort):
    values = TEXTS[name]
    codes, rows = _core.encode_texts(np.array(values, dtype=object), sort, level)
    check(codes, [values[r] for r in rows], values, sort)


@pytest.mark.parametrize("kind", ["string", "large_string", "string_view"])
def test_arrow_texts_in_chunks_with_offsets_and_gaps(kind):
    pa = pytest.importorskip("pyarrow", reason="pyarrow is an optional dependency")
    values = ["skipped", "a", None, "longer than twelve bytes", "a", "", None, "end", "tail"] * 50
    whole = pa.array(values, getattr(pa, kind)())
    column = pa.chunked_array([whole[1:7], whole[7:7], whole[7:300], whole[300:]])
    codes, rows = _core.encode_texts(column)
    check(codes, [values[1 + r] for r in rows], values[1:], True)


@pytest.mark.parametrize("sort", [True, False])
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("spread", [1, 63, 64, 65, 10**4, 10**9, 2**62])
def test_ints(spread, level, sort):
    rng = np.random.default_rng(spread)
    values = rng.integers(-spread, spread, 5000)
    codes, ids = _core.encode_ints(values, None, sort, level)
    check(codes, ids.tolist(), values.tolist(), sort)
    gone = rng.random(5000) < 0.2
    codes, ids = _core.encode_ints(values, gone, sort, level)
    check(
        codes,
        ids.tolist(),
        [None if g else v for v, g in zip(values.tolist(), gone, strict=True)],
        sort,
    )


def test_extremes_and_nothing():
    limits = np.iinfo(np.int64)
    values = np.array([limits.max, limits.min, 0, limits.max])
    codes, ids = _core.encode_ints(values)
    assert codes.tolist() == [2, 0, 1, 2]
    assert ids.tolist() == [limits.min, 0, limits.max]
    codes, ids = _core.encode_ints(np.zeros(0, np.int64))
    assert len(codes) == len(ids) == 0
    codes, ids = _core.encode_ints(values, np.ones(4, np.bool_))
    assert codes.tolist() == [-1] * 4
    assert len(ids) == 0
    codes, rows = _core.encode_texts(np.array([None, np.nan], dtype=object))
    assert codes.tolist() == [-1, -1]
    assert len(rows) == 0


@pytest.mark.parametrize(
    "call",
    [
        lambda: _core.encode_ints(np.zeros(3)),
        lambda: _core.encode_ints([1, 2]),
        lambda: _core.encode_ints(np.zeros((2, 2), np.int64)),
        lambda: _core.encode_ints(np.zeros(4, np.int64)[::2]),
        lambda: _core.encode_ints(np.zeros(4, ">i8")),
        lambda: _core.encode_texts(np.zeros(4)),
        lambda: _core.encode_texts(np.array(["a", 3], dtype=object)),
    ],
)
def test_the_binding_takes_exact_arrays_only(call):
    with pytest.raises(TypeError, match="_core: "):
        call()


def test_lengths_must_agree_and_levels_exist():
    with pytest.raises(ValueError, match="'missing' must have 2 values; got 3"):
        _core.encode_ints(np.zeros(2, np.int64), np.zeros(3, np.bool_))
    with pytest.raises(ValueError, match="the level must be 'base', 'v3' or 'v4'; got 'v9'"):
        _core.encode_ints(np.zeros(2, np.int64), None, True, "v9")


def test_a_lone_surrogate_is_an_error_not_a_crash():
    with pytest.raises(UnicodeEncodeError):
        _core.encode_texts(np.array(["a", "\ud800"], dtype=object))


def test_references_are_given_back():
    import sys

    text = "a text that nobody else holds " + str(id(object()))
    column = np.array([text, "b", None] * 1000, dtype=object)
    before = sys.getrefcount(text), sys.getrefcount(None)
    for _ in range(20):
        _core.encode_texts(column)
        with pytest.raises(TypeError):
            _core.encode_texts(np.array([text, 3], dtype=object))
    assert sys.getrefcount(text) == before[0]
    assert abs(sys.getrefcount(None) - before[1]) < 1000


def test_categories_dates_and_gaps():
    category = pd.Series(pd.Categorical(["b", None, "a", "b"], categories=["z", "b", "a"]))
    found = _frames.encode("t", category)
    assert found.codes.tolist() == [1, -1, 0, 1]
    assert found.ids.tolist() == ["a", "b"]
    when = pd.Series(pd.to_datetime(["2011-01-02", None, "2011-01-01"]))
    found = _frames.encode("t", when)
    assert found.codes.tolist() == [1, -1, 0]
    assert found.ids.tolist() == [pd.Timestamp("2011-01-01"), pd.Timestamp("2011-01-02")]


def test_totals_are_exact_and_refuse_what_is_not_money():
    from oracle.money import total

    rng = np.random.default_rng(0)
    amounts = rng.normal(size=3000) * 10.0 ** rng.integers(-20, 12, 3000)
    codes = rng.integers(-1, 5, 3000).astype(np.int32)
    found = _frames.totals(codes, 5, amounts)
    assert found.tolist() == [total(amounts[codes == k]) for k in range(5)]
    order = rng.permutation(3000)
    assert _frames.totals(codes[order], 5, amounts[order]).tolist() == found.tolist()
    assert _frames.total([]) == 0.0
    with pytest.raises(ValueError, match="code is outside"):
        _core.totals(np.array([5], np.int32), np.array([1.0]), 5)


@pytest.mark.parametrize("gap", [None, np.nan, pd.NA])
@pytest.mark.parametrize("dtype", ["string[python]", "string[pyarrow]", object])
def test_every_kind_of_gap_in_every_kind_of_text_is_missing(dtype, gap):
    ids = pd.Series(["b", gap, "a", "b"], dtype=dtype, name="customer")
    codes = _frames.encode("test", ids)
    assert codes.codes.tolist() == [1, -1, 0, 1]
    assert list(codes.ids) == ["a", "b"]


@pytest.mark.parametrize("gap", [None, np.nan, pd.NA])
def test_numbers_among_texts_become_texts_and_gaps_stay_gaps(gap):
    ids = pd.Series(["b", gap, 7, "b"], dtype=object, name="customer")
    codes = _frames.encode("test", ids)
    assert codes.codes.tolist() == [1, -1, 0, 1]
    assert list(codes.ids) == ["7", "b"]
