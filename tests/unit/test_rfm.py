"""rfm: windows, snapshots, ids of every dtype, and what it refuses."""

import numpy as np
import pandas as pd
import pytest

import segpy as sp
from oracle.rfm import rfm as oracle_rfm
from segpy import _core


def lines(**columns) -> pd.DataFrame:
    table = {
        "customer": [7, 7, 8, 7, 9],
        "order": ["a", "a", "b", "c", "d"],
        "date": pd.to_datetime(
            [
                "2011-11-01 10:00",
                "2011-11-01 10:00",
                "2011-11-30 23:59",
                "2011-12-05 00:00",
                "2011-12-09 12:50",
            ]
        ),
        "amount": [10.0, 2.5, 3.0, -1.0, 8.0],
    }
    return pd.DataFrame({**table, **columns})


def test_table_is_what_the_definition_says():
    table = sp.rfm(lines())
    assert table.index.tolist() == [7, 8, 9]
    assert table.index.name == "customer"
    assert list(table) == ["recency_days", "frequency", "monetary", "first_order", "last_order"]
    assert table.loc[7].tolist()[:3] == [5, 2, 11.5]
    assert table["first_order"].loc[7] == pd.Timestamp("2011-11-01 10:00")
    assert table.attrs == {
        "snapshot": "2011-12-10T00:00:00",
        "recency": "calendar",
        "anonymous_lines": 0,
        "lines_outside": 0,
    }


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [5, 10, 1]),
        ({"snapshot": "2011-12-09"}, [4, 9, 0]),
        ({"snapshot": "2011-12-09 23:00"}, [4, 9, 0]),
        ({"recency": "elapsed"}, [5, 9, 1]),
        ({"recency": "elapsed", "snapshot": "2011-12-11"}, [6, 10, 1]),
        ({"recency": "elapsed", "snapshot": "2011-12-09 12:50"}, [4, 8, 0]),
    ],
)
def test_snapshot_conventions(options, expected):
    assert sp.rfm(lines(), **options)["recency_days"].tolist() == expected


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_units_of_dates_do_not_matter(unit):
    table = lines()
    table["date"] = table["date"].astype(f"M8[{unit}]")
    found = sp.rfm(table, lookback=30)
    assert found["last_order"].dtype == f"M8[{unit}]"
    pd.testing.assert_frame_equal(found, sp.rfm(lines(), lookback=30), check_dtype=False)


def test_lookback_is_open_at_the_start_and_closed_at_the_snapshot():
    table = lines(date=pd.to_datetime(["2011-11-30"] * 2 + ["2011-12-01"] * 2 + ["2011-12-31"]))
    found = sp.rfm(table, snapshot="2011-12-31", lookback=31)
    assert found.index.tolist() == [7, 8, 9]
    assert found["recency_days"].tolist() == [30, 30, 0]
    assert found.attrs["lines_outside"] == 2
    by_offset = sp.rfm(table, snapshot="2011-12-31", lookback=pd.DateOffset(months=1))
    assert by_offset.equals(found)
    assert sp.rfm(table, snapshot="2011-12-31", lookback=32).loc[7, "frequency"] == 2


@pytest.mark.parametrize("unit", ["s", "us", "ns"])
def test_snapshots_and_spans_far_beyond_the_dates(unit):
    table = lines()
    table["date"] = table["date"].astype(f"M8[{unit}]")
    assert sp.rfm(table, snapshot="2300-01-01").loc[9, "recency_days"] == 105_213
    assert sp.rfm(table, snapshot="2300-01-01", recency="elapsed").loc[9, "recency_days"] == 105_212
    assert sp.rfm(table, snapshot="1600-01-01", future="drop").empty
    assert len(sp.rfm(table, lookback=pd.DateOffset(years=9000))) == 3
    assert len(sp.rfm(table, lookback=100_000)) == 3


@pytest.mark.parametrize(
    "span", [pd.offsets.Day(31), pd.Timedelta(days=31), np.timedelta64(31, "D"), "31D"]
)
def test_spans_of_any_kind(span):
    expected = sp.rfm(lines(), lookback=31)
    assert sp.rfm(lines(), lookback=span).equals(expected)


def test_a_span_of_months_ends_goes_back_to_one():
    assert sp.rfm(lines(), lookback=pd.offsets.MonthEnd(1)).index.tolist() == [7, 9]


def test_elapsed_lookback_counts_by_the_clock():
    table = lines()
    found = sp.rfm(table, snapshot="2011-12-10 12:50", lookback=1, recency="elapsed")
    assert found.empty
    found = sp.rfm(table, snapshot="2011-12-10 12:49", lookback=1, recency="elapsed")
    assert found.index.tolist() == [9]


def test_future_lines_are_an_error_or_left_out():
    with pytest.raises(ValueError, match=r"rfm: 'snapshot' must be on or after .* 1 lines after"):
        sp.rfm(lines(), snapshot="2011-12-08")
    found = sp.rfm(lines(), snapshot="2011-12-08", future="drop")
    assert found.index.tolist() == [7, 8]
    assert found.attrs["lines_outside"] == 1


def test_anonymous_lines_are_skipped_and_counted():
    table = lines(customer=pd.array([7, None, 8, 7, None], dtype="Int64"))
    found = sp.rfm(table)
    assert found.index.tolist() == [7, 8]
    assert found.attrs["anonymous_lines"] == 2
    assert found.attrs["snapshot"].startswith("2011-12-10")  # an anonymous order is an order


def test_an_order_of_two_customers_counts_for_both():
    table = lines(order=["a", "a", "a", "a", "a"])
    assert sp.rfm(table)["frequency"].tolist() == [1, 1, 1]


IDS = {
    "int64": [7, 7, 8, 7, 9],
    "int8": np.array([7, 7, 8, 7, 9], np.int8),
    "uint64": np.array([7, 7, 8, 7, 9], np.uint64),
    "big-endian": np.array([7, 7, 8, 7, 9], ">i8"),
    "wide": [7, 7, 2**62, 7, -(2**62)],
    "whole floats": [7.0, 7.0, 8.0, 7.0, 9.0],
    "masked": pd.array([7, 7, 8, 7, 9], dtype="Int32"),
    "str": pd.array(["7", "7", "8", "7", "9"], dtype="string"),
    "object": np.array(["é", "é", "ü", "é", "x" * 40], dtype=object),
    "mixed": np.array([7, 7, "8", 7.0, "9"], dtype=object),
    "numbers in objects": np.array([7, 7.0, np.int16(8), 7, 9], dtype=object),
    "zoned": pd.to_datetime([7, 7, 8, 7, 9], unit="D").tz_localize("Europe/Paris"),
    "category": pd.Categorical(["7", "7", "8", "7", "9"], categories=["9", "8", "7", "6"]),
}


@pytest.mark.parametrize("name", IDS)
def test_ids_of_any_dtype(name):
    table = lines(customer=IDS[name], order=IDS[name])
    found = sp.rfm(table)
    assert sorted(found["monetary"].tolist()) == [3.0, 8.0, 11.5]
    assert found["frequency"].tolist() == [1, 1, 1]
    assert found.index.is_monotonic_increasing


@pytest.mark.parametrize("gap", [None, np.nan, pd.NA, pd.NaT])
def test_numbers_in_objects_stay_numbers_beside_any_gap(gap):
    table = lines(customer=np.array([7, 7, 8, 7, gap], dtype=object))
    found = sp.rfm(table)
    assert found.index.tolist() == [7, 8]
    assert found.index.dtype == np.int64
    assert found.attrs["anonymous_lines"] == 1


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (True, "row 1 of id column 'customer' must be a number or a string; got bool True"),
        (1.5, "row 1 of id column 'customer' must be a number or a string; got float 1.5"),
        ("\ud800", "row 1 of id column 'customer' must be text of whole characters"),
    ],
)
def test_ids_that_are_none(wrong, message):
    with pytest.raises((TypeError, ValueError), match=message):
        sp.rfm(lines(customer=pd.Series(["a", wrong, "b", "c", "d"], dtype=object)))


def test_dates_of_several_zones():
    zoned = [pd.Timestamp("2011-01-01", tz=z) for z in ("Europe/Paris", "Asia/Tokyo")]
    with pytest.raises(
        ValueError, match="column 'date' must be dates of one time zone, or of none"
    ):
        sp.rfm(lines(date=np.array([*zoned, *zoned, zoned[0]], dtype=object)))


def test_arrow_ids():
    pa = pytest.importorskip("pyarrow", reason="pyarrow is an optional dependency")
    plain = sp.rfm(lines(customer=list("aabac")))
    for kind in (pa.string(), pa.large_string()):
        column = pd.Series(pa.array(list("aabac"), kind), dtype=pd.ArrowDtype(kind))
        found = sp.rfm(lines(customer=column))
        assert found.to_numpy().tolist() == plain.to_numpy().tolist()


@pytest.mark.parametrize("library", ["polars", "pyarrow"])
def test_tables_of_other_libraries(library):
    module = pytest.importorskip(library, reason=f"{library} is an optional dependency")
    plain = lines(customer=list("aabac"))
    if library == "polars":
        table = module.DataFrame({c: plain[c].to_numpy() for c in plain if c != "customer"})
        table = table.with_columns(customer=module.Series(list("aabac")))
    else:
        table = module.Table.from_pandas(plain)
    found = sp.rfm(table)
    assert found.to_numpy().tolist() == sp.rfm(plain).to_numpy().tolist()


def test_read_only_and_strided_columns_and_the_caller_is_left_alone():
    wide = np.zeros((5, 3))
    wide[:, 1] = [10.0, 2.5, 3.0, -1.0, 8.0]
    wide.flags.writeable = False
    table = lines(amount=wide[:, 1])
    before = table.copy(deep=True)
    assert sp.rfm(table).equals(sp.rfm(lines()))
    pd.testing.assert_frame_equal(table, before)


def test_zoned_dates_count_by_the_local_clock():
    table = lines()
    zoned = table.assign(date=table["date"].dt.tz_localize("Pacific/Auckland"))
    assert sp.rfm(zoned).equals(sp.rfm(table))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"date": ["x"] * 5}, r"rfm: column 'date' must be dates; got dtype .* read_transactions"),
        (
            {"date": pd.to_datetime(["2011-01-01", None, None, None, None])},
            r"rfm: column 'date' must be a date in every row; got none in row 1\.",
        ),
        (
            {"amount": [1.0, np.nan, 1.0, 1.0, 1.0]},
            r"rfm: column 'amount' must be finite .* got nan in row 1\.",
        ),
        (
            {"amount": [1.0, 1.0, np.inf, 1.0, 1.0]},
            r"rfm: column 'amount' must be finite .* got inf in row 2\.",
        ),
        (
            {"amount": [1.0, 1.0, 1.0, 1e19, 1.0]},
            r"rfm: column 'amount' must be finite and below 2\*\*44 .* got 1e\+19 in row 3\.",
        ),
        (
            {"amount": [np.nan] * 5},
            r"rfm: column 'amount' must be money; got no number in any row\. A file without prices",
        ),
        ({"amount": list("abcde")}, r"rfm: column 'amount' must be numbers"),
        ({"amount": [1j, 1, 1, 1, 1]}, r"'amount' must be numbers; got .*complex.* Convert it"),
        ({"amount": [True] * 5}, r"'amount' must be numbers; got .*[bB]ool"),
        ({"amount": pd.Categorical([1.0] * 5)}, r"'amount' must be numbers; got Categorical"),
        (
            {"customer": [np.nan] * 5},
            r"rfm: .* order lines with at least one customer; got 5 lines",
        ),
        ({"customer": [1.5] * 5}, r"ids of column 'customer' must be whole numbers or strings"),
        ({"customer": [True] * 5}, r"ids of column 'customer' must be numbers or strings"),
        (
            {"order": ["a", None, "b", "c", "d"]},
            r"rfm: column 'order' must be an id in every row that has a customer; got none in row",
        ),
    ],
)
def test_bad_columns_are_named(change, message):
    with pytest.raises((ValueError, TypeError), match=message):
        sp.rfm(lines(**change))


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"recency": "days"}, ValueError, "rfm: 'recency' must be one of 'calendar', 'elapsed'"),
        ({"recency": 3}, TypeError, "rfm: 'recency' must be one of"),
        ({"future": "keep"}, ValueError, "rfm: 'future' must be one of 'error', 'drop'"),
        ({"snapshot": "soon"}, ValueError, "rfm: 'snapshot' must be a date such as"),
        ({"snapshot": 5}, ValueError, "rfm: 'snapshot' must be a date such as"),
        ({"snapshot": "07.06.2012"}, ValueError, "a date such as '2011-12-10', year, month, day"),
        ({"snapshot": "today"}, ValueError, "a date such as '2011-12-10', year, month, day"),
        ({"lookback": pd.Timedelta(days=-3)}, ValueError, "'lookback' must be a span of at least"),
        ({"lookback": pd.Timedelta(0)}, ValueError, "'lookback' must be a span of at least a day"),
        ({"snapshot": "2011-12-10T00:00Z"}, ValueError, "a date without a time zone"),
        ({"lookback": 0}, ValueError, r"rfm: 'lookback' must be an int in \[1, 100000\]; got 0"),
        (
            {"lookback": 1.5},
            TypeError,
            r"rfm: 'lookback' must be an int \(days\) or a pandas offset",
        ),
        ({"lookback": "soon"}, TypeError, r"rfm: 'lookback' must be an int \(days\)"),
        ({"n_jobs": 0}, ValueError, "rfm: 'n_jobs' must be an int"),
    ],
)
def test_bad_options_are_named(options, error, message):
    with pytest.raises(error, match=message):
        sp.rfm(lines(), **options)


def test_missing_columns_and_wrong_tables():
    with pytest.raises(ValueError, match=r"rfm: the table's columns .* no 'amount' among"):
        sp.rfm(lines().drop(columns="amount"))
    with pytest.raises(TypeError, match="rfm: the table must be a pandas, polars or pyarrow table"):
        sp.rfm([1, 2, 3])
    doubled = pd.concat([lines(), lines()[["amount"]]], axis=1)
    with pytest.raises(
        ValueError, match="rfm: column names must be there once each; got 'amount' 2"
    ):
        sp.rfm(doubled)
    with pytest.raises(ValueError, match="order lines with at least one customer; got no lines"):
        sp.rfm(lines()[:0])


def random_lines(n: int, seed: int, customers: int = 50) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    start = np.datetime64("2011-01-01", "us")
    return pd.DataFrame(
        {
            "customer": rng.integers(0, customers, n),
            "order": rng.integers(0, max(n // 3, 1), n),
            "date": start + rng.integers(0, 400 * 86_400, n).astype("m8[s]"),
            "amount": rng.normal(scale=100, size=n).round(3),
        }
    )


def test_equals_the_oracle():
    tx = random_lines(2000, 0)
    found = sp.rfm(tx, snapshot="2011-11-01", lookback=100, future="drop")
    day = pd.Timestamp("2011-11-01")
    expected = oracle_rfm(tx, day - pd.Timedelta(days=99), day)
    assert set(found.index) == set(expected)
    for customer, (frequency, monetary, first, last) in expected.items():
        row = found.loc[customer]
        assert (row["frequency"], row["monetary"]) == (frequency, monetary)
        assert (row["first_order"], row["last_order"]) == (first, last)


def test_same_bits_for_any_order_threads_and_level():
    tx = random_lines(600_000, 1, customers=5000)  # enough for two threads
    expected = sp.rfm(tx, n_jobs=1)
    shuffled = tx.sample(frac=1, random_state=0)
    for jobs in (1, 2, 3, 4, 7, None):
        assert sp.rfm(shuffled, n_jobs=jobs).equals(expected)
    customer, order = tx["customer"].to_numpy(), tx["order"].to_numpy()
    when = tx["date"].to_numpy().view(np.int64)
    results = set()
    for level in _core.levels():
        codes, ids = _core.encode_ints(customer, None, True, level)
        orders, _ = _core.encode_ints(order, None, False, level)
        for threads in (1, 2, 3, 4, 7):
            state = _core.RFMState(len(ids), int(orders.max()) + 1)
            state.add(
                codes, orders, when, tx["amount"].to_numpy(), -(2**62), 2**62, threads, level, None
            )
            results.add(b"".join(part.tobytes() for part in state.read()))
    assert len(results) == 1


def test_the_first_faulty_row_is_named_whatever_the_threads():
    tx = random_lines(1_100_000, 2)
    tx.loc[[300_000, 900_000], "amount"] = np.inf
    for jobs in (1, 2, 4):
        with pytest.raises(ValueError, match="got inf in row 300000"):
            sp.rfm(tx, n_jobs=jobs)
