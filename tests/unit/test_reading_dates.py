"""Cells that mean dates: every way of writing them, and the order of day and month."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest

from segpy import read_transactions


def read(cells: Any, **options: Any) -> pd.DataFrame:
    table = pd.DataFrame({"customer": range(1, len(cells) + 1), "date": cells})
    return read_transactions(table, **options)


def dates(*cells: Any, **options: Any) -> list[str]:
    when = read(list(cells), **options)["date"]
    assert when.dtype.kind == "M"
    return [str(t) for t in when]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2010-12-01", "2010-12-01 00:00:00"),
        ("2010-12-01 08:26", "2010-12-01 08:26:00"),
        ("2010-12-01 08:26:59", "2010-12-01 08:26:59"),
        ("2010-12-01T08:26:59.25", "2010-12-01 08:26:59.250000"),
        ("2010-12-01 08:26:59.123456789", "2010-12-01 08:26:59.123456789"),
        ("2010-12-01 08:26:59,5", "2010-12-01 08:26:59.500000"),
        ("2010/12/01 8:26", "2010-12-01 08:26:00"),
        ("2010.12.1", "2010-12-01 00:00:00"),
        ("20101201T082659", "2010-12-01 08:26:59"),
        ("20101201 0826", "2010-12-01 08:26:00"),
        ("2010-12-01 08:26:59Z", "2010-12-01 08:26:59"),
        ("2010-12-01 08:26:59 UTC", "2010-12-01 08:26:59"),
        ("2010-12-01T08:26:59+05:30", "2010-12-01 08:26:59"),
        ("2010-12-01 08:26:59 -0500", "2010-12-01 08:26:59"),
        ("2010-12-01 08:26:59+01", "2010-12-01 08:26:59"),
        ("13/12/2010", "2010-12-13 00:00:00"),
        ("12/13/2010 8:26", "2010-12-13 08:26:00"),
        ("13.12.2010 08:26", "2010-12-13 08:26:00"),
        ("13.12.2010, 08:26", "2010-12-13 08:26:00"),
        ("13-12-10", "2010-12-13 00:00:00"),
        ("13/12/69", "1969-12-13 00:00:00"),
        ("13/12/68", "2068-12-13 00:00:00"),
        ("12/13/2010 08:26:59 PM", "2010-12-13 20:26:59"),
        ("12/13/2010 12:05 am", "2010-12-13 00:05:00"),
        ("12/13/2010 12:05 p.m.", "2010-12-13 12:05:00"),
        ("12/13/2010 8 PM", "2010-12-13 20:00:00"),
        ("1 December 2010", "2010-12-01 00:00:00"),
        ("01-Dec-2010 08:26", "2010-12-01 08:26:00"),
        ("01DEC2010", "2010-12-01 00:00:00"),
        ("1-dec-10", "2010-12-01 00:00:00"),
        ("Dec 1, 2010", "2010-12-01 00:00:00"),
        ("December 1st, 2010 at", None),
        ("Oct 3rd 2010", "2010-10-03 00:00:00"),
        ("1st September 2010", "2010-09-01 00:00:00"),
        ("Wed, 01 Dec 2010 08:26:00 GMT", "2010-12-01 08:26:00"),
        ("Wednesday, December 1, 2010", "2010-12-01 00:00:00"),
        ("1. Dezember 2010", "2010-12-01 00:00:00"),
        ("3. März 2010", "2010-03-03 00:00:00"),
        ("1 déc. 2010", "2010-12-01 00:00:00"),
        ("1er août 2010", "2010-08-01 00:00:00"),
        ("1 de diciembre de 2010", "2010-12-01 00:00:00"),
        ("1 gennaio 2010", "2010-01-01 00:00:00"),
        ("1 de março de 2010", "2010-03-01 00:00:00"),
        ("1 mei 2010", "2010-05-01 00:00:00"),
        ("1 października 2010", "2010-10-01 00:00:00"),
        ("1 maj 2010", "2010-05-01 00:00:00"),
        ("  2010-12-01\u00a008:26 ", "2010-12-01 08:26:00"),
        ("2012-02-29", "2012-02-29 00:00:00"),
        ("2010-12-01 24:00", None),
        ("2010-12-01 08:60", None),
        ("2010-12-01 08:26 XM", None),
        ("2010-13-01", None),
        ("2011-02-29", None),
        ("0010-12-01", None),
        ("1 Brumaire 2010", None),
        ("2010-12", None),
        ("12:30", None),
        ("yesterday", None),
        ("2010-12-01" + " " * 50 + "x", None),
        ("2010-12-01 08:26:59+25:00", None),
    ],
)
def test_one_date_as_text(text: str, expected: str | None) -> None:
    if expected is None:
        with pytest.raises(ValueError, match=r"column 'date' must be dates; got .* in row 0"):
            dates(text)
    else:
        assert dates(text) == [expected]


def test_day_or_month_first_is_decided_by_any_row() -> None:
    ambiguous = ["01/02/2010", "03/04/2010 10:00", "1/2/10"]
    day = dates(*ambiguous, "31/01/2010")
    assert day == ["2010-02-01 00:00:00", "2010-04-03 10:00:00", "2010-02-01 00:00:00",
                   "2010-01-31 00:00:00"]  # fmt: skip
    month = dates(*ambiguous, "01/31/2010")
    assert month == ["2010-01-02 00:00:00", "2010-03-04 10:00:00", "2010-01-02 00:00:00",
                     "2010-01-31 00:00:00"]  # fmt: skip


def test_dates_that_read_both_ways_ask_for_dayfirst() -> None:
    cells = ["05/05/2010", "01/02/2010", "03/04/2010"]
    with pytest.raises(
        ValueError,
        match=r"column 'date' must be dates whose day and month can be told apart; got "
        r"'01/02/2010' in row 1, .* Pass dayfirst=True if the day comes first, dayfirst=False",
    ):
        dates(*cells)
    assert dates(*cells, dayfirst=True)[1] == "2010-02-01 00:00:00"
    assert dates(*cells, dayfirst=False)[1] == "2010-01-02 00:00:00"


def test_dates_that_read_the_same_both_ways_need_no_decision() -> None:
    tx = read(["05/05/2010", "06/06/2010"])
    assert tx["date"].dt.day.tolist() == [5, 6]
    assert tx.attrs["schema"]["dates"]["dayfirst"] is None


def test_a_column_in_both_orders_is_refused() -> None:
    with pytest.raises(
        ValueError, match=r"in one order; got '13/01/2010' in row 1 \(day first\) and '01/13/2010'"
    ):
        dates("01/01/2010", "13/01/2010", "01/13/2010")


def test_two_handwritings_do_not_decide_for_each_other() -> None:
    # The copy of Online Retail in which a spreadsheet has turned half of the dates around.
    with pytest.raises(ValueError, match="'01-12-2010 08:26' in row 1, and every row written like"):
        dates("12/13/2010 8:26", "01-12-2010 08:26")


@pytest.mark.parametrize(("dayfirst", "cell"), [(True, "01/13/2010"), (False, "13/01/2010")])
def test_dayfirst_against_the_cells_is_refused(dayfirst: bool, cell: str) -> None:
    name = "day" if dayfirst else "month"
    with pytest.raises(
        ValueError, match=rf"the {name} first \(dayfirst={dayfirst}\); got '{cell}'"
    ):
        dates("01/01/2010", cell, dayfirst=dayfirst)


def test_iso_dates_do_not_care_for_dayfirst() -> None:
    assert dates("2010-12-01", dayfirst=True) == dates("2010-12-01", dayfirst=False)


def test_iso_beside_a_decided_order() -> None:
    assert dates("2010-12-01", "13/12/2010") == ["2010-12-01 00:00:00", "2010-12-13 00:00:00"]


@pytest.mark.parametrize(
    ("cells", "expected", "read_as"),
    [
        ([19970101, 19980630], "1997-01-01 00:00:00", "YYYYMMDD"),
        (["19970101", "19980630"], "1997-01-01 00:00:00", "YYYYMMDD"),
        ([19970101.0, 19980630.0], "1997-01-01 00:00:00", "YYYYMMDD"),
        (["20101201082600"], "2010-12-01 08:26:00", "YYYYMMDDHHMMSS"),
        ([201012010826], "2010-12-01 08:26:00", "YYYYMMDDHHMM"),
        ([1291191960], "2010-12-01 08:26:00", "seconds since 1970, UTC"),
        (["1291191960.5"], "2010-12-01 08:26:00.500000", "seconds since 1970, UTC"),
        ([1291191960000], "2010-12-01 08:26:00", "milliseconds since 1970, UTC"),
        (["1291191960000000"], "2010-12-01 08:26:00", "microseconds since 1970, UTC"),
        ([1291191960000000000], "2010-12-01 08:26:00", "nanoseconds since 1970, UTC"),
        ([40513.351388888885, 40514], "2010-12-01 08:26:00", "Excel day numbers"),
        (["40513.351388888885", "40514"], "2010-12-01 08:26:00", "Excel day numbers"),
    ],
)
def test_numbers_that_mean_dates(cells: list[Any], expected: str, read_as: str) -> None:
    tx = read(cells)
    assert str(tx["date"].iloc[0]) == expected
    assert tx.attrs["schema"]["dates"]["read_as"] == read_as


@pytest.mark.parametrize(
    "cells",
    [
        [19970101, 19971301],
        [40513.5, 7.0, 40514.0],
        [5, 6],
        [1e300],
        [19970101, 1291191960, 19970102],
        [-5.0, 40513.0, 40514.0],
    ],
)
def test_numbers_that_mean_no_date(cells: list[Any]) -> None:
    with pytest.raises(
        ValueError, match=r"column 'date' must be dates; got .* in row \d\. Numbers"
    ):
        read(cells)


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_typed_dates_keep_their_unit(unit: str) -> None:
    when = pd.Series(pd.to_datetime(["2010-12-01 08:26", "2010-12-02"], format="ISO8601"))
    tx = read(when.astype(f"datetime64[{unit}]"))
    assert tx["date"].dtype == f"M8[{unit}]"
    assert tx["date"].tolist() == when.tolist()


def test_zoned_dates_keep_their_wall_time() -> None:
    when = pd.Series(pd.to_datetime(["2010-12-01 23:30", "2010-07-01 00:30"]))
    tx = read(when.dt.tz_localize("America/New_York"))
    assert tx["date"].tolist() == when.tolist()


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (
            ["2010-01-01 10:00+01:00", "2010-01-02 10:00-05:00"],
            r"-05:00 in row 1 and \+01:00 in row 0",
        ),
        (["2010-01-01T10:00Z", "2010-01-02T10:00"], r"none in row 1 and \+00:00 in row 0"),
        (
            ["2010-01-01 10:00+0100", "2010-07-02 10:00+0300"],
            r"\+01:00 in row 0 and \+03:00 in row 1",
        ),
        (
            ["2010-01-01 10:00+0100", "2010-07-02 10:00+0200", "2010-07-02 10:00+0300"],
            r"\+01:00 in row 0 and \+02:00 in row 1 and \+03:00 in row 2",
        ),
        (
            ["2010-01-01 10:00-0330", "2010-07-02 10:00Z"],
            r"-03:30 in row 0 and \+00:00 in row 1",
        ),
    ],
)
def test_mixed_clocks_are_refused(cells: list[str], message: str) -> None:
    with pytest.raises(
        ValueError,
        match=rf"on one clock, .* an hour apart; got {message}\. Bring the column to one",
    ):
        read(cells)


@pytest.mark.parametrize("offsets", [("+01:00", "+02:00"), ("-05:00", "-04:00"), ("Z", "+01:00")])
def test_summer_and_winter_are_one_clock(offsets: tuple[str, str]) -> None:
    tx = read([f"2010-01-01 23:30{offsets[0]}", f"2010-07-02 00:30{offsets[1]}"])
    assert tx["date"].tolist() == [
        pd.Timestamp("2010-01-01 23:30"),
        pd.Timestamp("2010-07-02 0:30"),
    ]
    named = [o.replace("Z", "+00:00") for o in offsets]
    assert tx.attrs["schema"]["dates"]["offsets"] == named


def test_mixed_clocks_in_objects_are_refused() -> None:
    paris, tokyo = dt.timezone(dt.timedelta(hours=1)), dt.timezone(dt.timedelta(hours=9))
    cells = [dt.datetime(2010, 1, 1, tzinfo=paris), dt.datetime(2010, 1, 1, tzinfo=tokyo)]
    with pytest.raises(ValueError, match=r"got \+01:00 in row 0 and \+09:00 in row 1"):
        read(pd.Series(cells, dtype=object))
    summer = dt.datetime(2010, 7, 1, tzinfo=dt.timezone(dt.timedelta(hours=2)))
    both = read(pd.Series([cells[0], summer], dtype=object))
    assert both["date"].tolist() == [pd.Timestamp("2010-01-01"), pd.Timestamp("2010-07-01")]
    assert both.attrs["schema"]["dates"]["offsets"] == ["+01:00", "+02:00"]
    one = read(pd.Series(cells[:1] * 2, dtype=object))
    assert one["date"].tolist() == [pd.Timestamp("2010-01-01")] * 2


def test_python_dates_and_timestamps() -> None:
    cells = pd.Series([dt.date(2010, 12, 1), pd.Timestamp("2010-12-02 03:04")], dtype=object)
    assert dates(*cells) == ["2010-12-01 00:00:00", "2010-12-02 03:04:00"]


def test_periods_and_categories() -> None:
    periods = pd.Series(pd.period_range("2010-12-01", periods=2, freq="D"))
    assert read(periods)["date"].tolist() == [
        pd.Timestamp("2010-12-01"),
        pd.Timestamp("2010-12-02"),
    ]
    texts = pd.Series(["13/12/2010", "01/12/2010", "13/12/2010"], dtype="category")
    assert read(texts)["date"].dt.day.tolist() == [13, 1, 13]
    typed = pd.Series(pd.to_datetime(["2010-12-13", "2010-12-01"])).astype("category")
    assert read(typed)["date"].dt.day.tolist() == [13, 1]


@pytest.mark.parametrize(
    "cells",
    [
        ["2010-12-01", None, "2010-12-02"],
        ["2010-12-01", "", "2010-12-02"],
        ["2010-12-01", " nan ", "2010-12-02"],
        pd.to_datetime(["2010-12-01", None, "2010-12-02"]),
        [20101201, np.nan, 20101202],
        pd.array([20101201, None, 20101202], dtype="Int64"),
        pd.Series(["2010-12-01", None, "2010-12-02"], dtype="category"),
    ],
)
def test_a_missing_date_names_its_row(cells: Any) -> None:
    with pytest.raises(
        ValueError,
        match=r"column 'date' must be a date in every row; got none in row 1 \(1 of 3 rows\)",
    ):
        read(cells)


def test_a_bad_date_far_down_names_its_row_and_text() -> None:
    cells = ["2010-12-01 08:26"] * 70_000
    cells[66_000] = "2010-12-01 08:26!"
    with pytest.raises(ValueError, match=r"got '2010-12-01 08:26!' in row 66000\. Correct"):
        read(cells)


def test_more_distinct_texts_than_a_block() -> None:
    when = pd.Series(np.datetime64("2010-01-13", "s") + np.arange(150_000) * 61)
    for form in ("%d/%m/%Y %H:%M:%S", "%b %d, %Y %I:%M:%S %p", "%Y%m%d%H%M%S"):
        assert (read(when.dt.strftime(form))["date"] == when).all(), form


def test_true_and_false_are_no_dates() -> None:
    with pytest.raises(ValueError, match="must be dates; got True in row 0"):
        read([True, False])


def test_time_spans_are_no_dates() -> None:
    with pytest.raises(
        TypeError, match="column 'date' must be text, numbers or dates; got Timedelta"
    ):
        read(pd.to_timedelta([1, 2], unit="D"))
