"""segpy.compat beside mlxtend itself: any frame, any option, the same answer or the same error."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import segpy.compat as ours
from segpy.basket.compat_rules import METRICS

with warnings.catch_warnings():
    # its import sets a filter of its own
    theirs = pytest.importorskip("mlxtend.frequent_patterns", reason="mlxtend is not installed")
    encoding = pytest.importorskip("mlxtend.preprocessing")

few = settings(max_examples=120, deadline=None)
NAMES = ["bread", "tea", "b", 7, ("x", 1), "salt, fine"]


@st.composite
def frames(draw, missing: bool = False):
    rows, columns = draw(st.integers(1, 30)), draw(st.integers(1, 6))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    cells = rng.random((rows, columns)) < rng.random(columns) * draw(st.floats(0.1, 1.7))
    names = draw(st.sampled_from([NAMES, list("abcdef"), list(range(6))]))[:columns]
    frame = pd.DataFrame(cells, columns=pd.Index(names, tupleize_cols=False))
    kind = draw(st.sampled_from(["bool", "bool", "int64", "float64", "object", "sparse"]))
    if missing:
        return frame.astype("float64").mask(rng.random(cells.shape) < 0.2)
    if kind == "sparse":
        return frame.astype(pd.SparseDtype(bool, False))
    return frame.astype(kind)


supports = st.one_of(
    st.integers(1, 100).map(lambda p: p / 100), st.sampled_from([0.28, 0.07, 0.3, 1 / 3, 0.1 + 0.2])
)
lengths = st.none() | st.integers(1, 4)


def answer(call):
    """Give what a call gives or raises, and the kinds of warnings it gives."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            result = call()
        except Exception as error:
            result = error
    kinds = {w.category for w in said if not issubclass(w.category, RuntimeWarning)}
    return result, kinds


def both(name, *args, **options):
    return [answer(lambda m=m: getattr(m, name)(*args, **options)) for m in (theirs, ours)]


def same_error(wanted, got):
    """Whether both raise the same kind with words that begin alike; mlxtend's have slips."""
    return (type(got), str(got)[:70]) == (type(wanted), str(wanted)[:70])


def by_set(frame):
    return dict(zip(frame["itemsets"], frame["support"], strict=True))


@few
@given(frames(), supports, st.booleans(), lengths, st.booleans())
def test_apriori_is_mlxtends(frame, support, use_colnames, max_len, low_memory):
    options = {"use_colnames": use_colnames, "max_len": max_len, "low_memory": low_memory}
    (wanted, warned), (got, also) = both("apriori", frame, support, **options)
    assert warned == also
    if isinstance(wanted, Exception):
        assert same_error(wanted, got)
    else:
        # of a frame of objects mlxtend gives supports as objects
        typed = len(wanted) > 0 and frame.to_numpy().dtype != object
        pd.testing.assert_frame_equal(got, wanted, check_exact=True, check_dtype=typed)
        assert [type(i) for s in got["itemsets"] for i in s] == [
            type(i) for s in wanted["itemsets"] for i in s
        ]


@few
@given(st.sampled_from(["fpgrowth", "fpmax"]), frames(), supports, st.booleans(), lengths)
def test_growth_and_maximal_sets_are_mlxtends(name, frame, support, use_colnames, max_len):
    options = {"use_colnames": use_colnames, "max_len": max_len}
    (wanted, warned), (got, also) = both(name, frame, support, **options)
    assert warned == also
    assert by_set(got) == by_set(wanted)
    assert len(got) == len(wanted)
    assert list(got.columns) == list(wanted.columns)
    assert got.index.equals(wanted.index)
    assert len(wanted) == 0 or got.dtypes.equals(wanted.dtypes)


@few
@given(st.sampled_from(["fpgrowth", "fpmax"]), frames(missing=True), supports, lengths)
def test_missing_values_count_as_mlxtend_counts_them(name, frame, support, max_len):
    options = {"null_values": True, "max_len": max_len}
    (wanted, warned), (got, also) = both(name, frame, support, **options)
    assert warned == also
    assert by_set(got) == by_set(wanted)


def same_rules(wanted, got):
    if isinstance(wanted, Exception):
        assert same_error(wanted, got)
    elif len(wanted) == 0:
        assert len(got) == 0
        assert list(got.columns) == list(wanted.columns)
    else:
        pd.testing.assert_frame_equal(got, wanted, check_exact=True)


@few
@given(frames(), st.sampled_from(METRICS), st.floats(0, 2), st.booleans(), st.data())
def test_rules_are_mlxtends_to_the_bit(frame, metric, least, use_colnames, data):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sets = theirs.apriori(frame, 0.1, use_colnames=use_colnames)
    # of a frame of objects the supports are objects, which Python divides: x / 0 then raises
    sets = sets.astype({"support": np.float64})
    sets = sets.sample(frac=data.draw(st.sampled_from([1.0, 1.0, 0.9])), random_state=1)
    options = {"metric": metric, "min_threshold": least}
    options["support_only"] = data.draw(st.booleans())
    options["num_itemsets"] = data.draw(st.sampled_from([1, len(frame)]))
    options["return_metrics"] = data.draw(st.sampled_from([METRICS, ["lift", "support"], []]))
    (wanted, _), (got, _) = both("association_rules", sets, **options)
    same_rules(wanted, got)


@few
@given(frames(missing=True), st.sampled_from(METRICS), st.floats(0, 1), st.booleans())
def test_rules_with_missing_values_are_mlxtends(frame, metric, least, use_colnames):
    frame.columns = list("abcdef")[: frame.shape[1]]
    options = {"null_values": True, "use_colnames": use_colnames}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sets = theirs.fpgrowth(frame, 0.1, **options)
    (wanted, warned), (got, also) = both(
        "association_rules",
        sets,
        num_itemsets=max(len(frame), 2),
        df_orig=frame,
        null_values=True,
        metric=metric,
        min_threshold=least,
    )
    assert warned == also
    same_rules(wanted, got)


lists = st.lists(st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=5), max_size=8)


@few
@given(lists, lists, st.booleans())
def test_encoder_is_mlxtends(train, later, sparse):
    made = []
    for encoder in (encoding.TransactionEncoder(), ours.TransactionEncoder()):
        fitted, _ = answer(lambda e=encoder: e.fit(train))
        result, _ = answer(lambda e=encoder: e.transform(later, sparse=sparse))
        made.append((fitted.columns_, fitted.columns_mapping_, result))
    (columns, mapping, wanted), (ours_columns, ours_mapping, got) = made
    assert (ours_columns, ours_mapping) == (columns, mapping)
    if isinstance(wanted, KeyError):
        assert isinstance(got, KeyError)  # of several unknown items either may be named
    elif not isinstance(wanted, Exception):
        wide = got.toarray() if sparse else got
        narrow = wanted.toarray() if sparse else wanted
        # mlxtend's sparse matrix ends at the last column in use
        assert wide.dtype == narrow.dtype == bool
        assert (wide[:, : narrow.shape[1]] == narrow).all()
        assert not wide[:, narrow.shape[1] :].any()


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"a": [0, 2], "b": [1, 1]}),
        pd.DataFrame({"a": ["yes", 0], "b": [1, 1]}),
        pd.DataFrame({"a": [0.5, 1.0]}),
        pd.DataFrame({"a": [np.nan, 1.0]}),
        pd.DataFrame({"a": [None, True]}),
        pd.DataFrame({"a": [True], "b": [1]}),
        pd.DataFrame({1: pd.arrays.SparseArray([True, False])}),
        pd.DataFrame({"a": pd.Series([], dtype=bool)}),
        pd.DataFrame(),
    ],
)
@pytest.mark.parametrize("name", ["apriori", "fpgrowth", "fpmax"])
def test_frames_that_are_not_one_hot(name, frame):
    (wanted, warned), (got, also) = both(name, frame, 0.5)
    assert warned == also
    if isinstance(wanted, Exception):
        assert same_error(wanted, got)
    else:
        assert by_set(got) == by_set(wanted)


@pytest.mark.parametrize("support", [0, -0.1, 1.5, 0.0, np.nan, True])
@pytest.mark.parametrize("name", ["apriori", "fpgrowth", "fpmax"])
def test_supports_out_of_range(name, support):
    frame = pd.DataFrame({"a": [True, False], "b": [True, True]})
    (wanted, _), (got, _) = both(name, frame, support)
    if isinstance(wanted, Exception):
        assert same_error(wanted, got)
    else:
        assert by_set(got) == by_set(wanted)


@pytest.mark.parametrize("max_len", [0, -1, True, 2.0, 1.5, "2"])
@pytest.mark.parametrize("name", ["apriori", "fpgrowth", "fpmax"])
def test_lengths_of_any_kind(name, max_len):
    frame = pd.DataFrame({"a": [1, 1, 1], "b": [1, 1, 0], "c": [1, 1, 0]}, dtype=bool)
    (wanted, _), (got, _) = both(name, frame, 0.5, max_len=max_len)
    if isinstance(wanted, Exception):
        assert type(got) is type(wanted)
    else:
        assert by_set(got) == by_set(wanted)


def test_supports_of_single_precision():
    frame = pd.DataFrame({"a": [True, False, True], "b": [True, True, True]})
    sets = ours.apriori(frame, 0.1).astype({"support": np.float32})
    for only in (False, True):
        (wanted, _), (got, _) = both(
            "association_rules", sets, min_threshold=0.3, support_only=only
        )
        pd.testing.assert_frame_equal(got, wanted, check_exact=True)


@pytest.mark.parametrize(
    "options",
    [
        {"null_values": True},
        {"null_values": True, "df_orig": pd.DataFrame({"a": [1.0, np.nan]})},
        {"metric": "speed"},
        {"df_orig": pd.DataFrame({"a": [2]})},
    ],
)
def test_rules_asked_wrongly(options):
    frame = pd.DataFrame({"a": [True, False], "b": [True, True]})
    sets = ours.apriori(frame, 0.1)
    for table in (sets, sets.head(0), sets.drop(columns="support")):
        (wanted, _), (got, _) = both("association_rules", table, **options)
        assert type(got) is type(wanted)
