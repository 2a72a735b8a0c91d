"""Ids, names, quantities and money, whatever the column's dtype."""

from __future__ import annotations

import decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from segpy import read_transactions

TEXT = pd.Series(["x"]).dtype


def read(n: int, **columns: Any) -> pd.DataFrame:
    base: dict[str, Any] = {"customer": range(1, n + 1), "date": ["2020-01-13"] * n}
    return read_transactions(pd.DataFrame(base | columns))


def ids(cells: Any) -> pd.Series[Any]:
    return read(len(cells), customer=cells)["customer"]


@pytest.mark.parametrize(
    "cells",
    [
        ["17850", "12346", "0"],
        ["17850.0", "12346.0", "0.00"],
        [" 17850 ", "12346\u00a0", "0"],
        ["17850", "12346.0", "0"],
        [17850, 12346, 0],
        [17850.0, 12346.0, 0.0],
        pd.array([17850, 12346, 0], dtype="UInt32"),
        np.array([17850, 12346, 0], dtype=">i4"),
        pd.Series(["17850", "12346", "0"], dtype="category"),
        pd.Series([17850, 12346, 0], dtype="category"),
        pd.Series([17850, "12346", 0.0], dtype=object),
    ],
)
def test_whole_numbers_become_int64(cells: Any) -> None:
    found = ids(cells)
    assert found.tolist() == [17850, 12346, 0]
    assert found.dtype == np.int64


@pytest.mark.parametrize(
    "cells",
    [
        ["17850", None, "12346"],
        ["17850", "", "12346"],
        ["17850", "  ", "12346"],
        ["17850", "nan", "12346.0"],
        ["17850", "NULL", "12346"],
        [17850.0, np.nan, 12346.0],
        pd.array([17850, None, 12346], dtype="Int32"),
        pd.Series([17850, None, 12346], dtype=object),
        pd.Series(["17850", None, "12346"], dtype="category"),
        pd.Series([17850.0, None, 12346.0]).astype("category"),
    ],
)
def test_missing_ids_stay_missing(cells: Any) -> None:
    found = ids(cells)
    assert str(found.dtype) == "Int64"
    assert found.isna().tolist() == [False, True, False]
    assert found.dropna().tolist() == [17850, 12346]


@pytest.mark.parametrize(
    "cells",
    [
        ["17850", "007"],
        ["17850", "00"],
        ["17850", "-5"],
        ["17850", "+5"],
        ["17850", "1.5"],
        ["17850", "17850."],
        ["17850", "1e3"],
        ["17850", "A12"],
        ["17850", "1 2"],
        ["17850", "\u0661\u0662"],
        ["17850", "1234567890123456789"],
        ["17850", "x" * 100],
        ["C536379", "536365.0"],
    ],
)
def test_anything_else_keeps_the_column_text_as_written(cells: list[str]) -> None:
    found = ids(cells)
    assert found.dtype == TEXT
    assert found.tolist() == cells


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ([17850, -5], ["17850", "-5"]),
        ([1.5, 2.0], ["1.5", "2"]),
        ([10**18, 1], ["1000000000000000000", "1"]),
        (np.array([2**63, 1], dtype=np.uint64), ["9223372036854775808", "1"]),
        (pd.Series([536365.0, "C536379"], dtype=object), ["536365", "C536379"]),
        ([True, False], ["True", "False"]),
        (pd.to_datetime(["2020-01-13", "2020-01-14"]), ["2020-01-13", "2020-01-14"]),
    ],
)
def test_numbers_that_are_no_ids_become_text(cells: Any, expected: list[str]) -> None:
    found = ids(cells)
    assert found.dtype == TEXT
    assert found.tolist() == expected


def test_eighteen_digits_are_the_longest_number() -> None:
    assert ids(["999999999999999999", "1"]).tolist() == [999_999_999_999_999_999, 1]


def test_more_distinct_ids_than_a_block() -> None:
    numbers = np.arange(100_000)[::-1]
    assert (ids(numbers.astype(str)) == numbers).all()
    texts = [*numbers.astype(str), "x"]
    assert ids(texts).tolist() == texts


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ([71053, 85123], ["71053", "85123"]),
        ([71053.0, np.nan], ["71053", None]),
        (["00012", " 85123A "], ["00012", "85123A"]),
        (["NA", "nan"], ["NA", "nan"]),
        (["", "  "], [None, None]),
        (pd.Series([71053, "85123A"], dtype=object), ["71053", "85123A"]),
        (pd.array([71053, None], dtype="Int64"), ["71053", None]),
        (pd.Series([71053, 2], dtype="category"), ["71053", "2"]),
    ],
)
def test_products_are_text_always(cells: Any, expected: list[str | None]) -> None:
    found = read(2, product=cells)["product"]
    assert found.dtype == TEXT
    assert [None if pd.isna(v) else v for v in found] == expected


def test_namibia_is_a_country() -> None:
    assert read(2, country=["NA", " EIRE "])["country"].tolist() == ["NA", "EIRE"]


@pytest.mark.parametrize("dtype", ["string", "string[python]", "object", "category", TEXT])
def test_text_dtypes(dtype: Any) -> None:
    cells = pd.Series(["b", None, "a"], dtype=dtype)
    tx = read(3, customer=cells, product=cells)
    for name in ("customer", "product"):
        assert tx[name].dtype == TEXT
        assert tx[name].isna().tolist() == [False, True, False]
        assert tx[name].dropna().tolist() == ["b", "a"]


def test_unhashable_cells_name_their_row() -> None:
    with pytest.raises(
        TypeError, match=r"text, numbers or dates in every row; got list \['x'\]\. It"
    ):
        ids(pd.Series(["a", ["x"]], dtype=object))


# Numbers


def prices(cells: Any, **more: Any) -> list[float]:
    found = read(len(cells), price=cells, **more)["price"]
    assert found.dtype == np.float64
    return [float(v) for v in found]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["2.55", "3"], [2.55, 3.0]),
        (["12,50", "3,5"], [12.5, 3.5]),
        (["1.234,50", "12.345.678"], [1234.5, 12345678.0]),
        (["1,234.50", "12,345,678"], [1234.5, 12345678.0]),
        (["1,234", "0.5"], [1234.0, 0.5]),
        (["1.234", "0,5"], [1234.0, 0.5]),
        (["1234,567", "12"], [1234.567, 12.0]),
        (["1234.567", "12"], [1234.567, 12.0]),
        ([decimal.Decimal("1.234"), decimal.Decimal("2.500")], [1.234, 2.5]),
        (["0,125", "1"], [0.125, 1.0]),
        (["12,34,567.00", "1"], [1234567.0, 1.0]),
        (["£2.55", "£1,234.50"], [2.55, 1234.5]),
        (["2,55 €", "1 234,50 €"], [2.55, 1234.5]),
        (["1\u202f234,50\u00a0€", "1"], [1234.5, 1.0]),
        (["CHF 1'234.50", "CHF 1"], [1234.5, 1.0]),
        (["R$ 1.234,50", "R$ 1"], [1234.5, 1.0]),
        (["12,50 kr", "9 kr."], [12.5, 9.0]),
        (["12,50 zł", "9"], [12.5, 9.0]),
        (["US$12.50", "USD 9", "$1", "2"], [12.5, 9.0, 1.0, 2.0]),
        (["5 pcs", "1 pc"], [5.0, 1.0]),
        (["-2.55", "2.55-"], [-2.55, -2.55]),
        (["(2.55)", "($1,000.00)"], [-2.55, -1000.0]),
        (["\u22122.55", "-£2.55"], [-2.55, -2.55]),
        (["£-2.55", "+3"], [-2.55, 3.0]),
        ([".5", "5."], [0.5, 5.0]),
        (["1e3", "2.5E-1"], [1000.0, 0.25]),
        (["2.5500000000000003", "0.1"], [2.5500000000000003, 0.1]),
        (["NA", "1"], [np.nan, 1.0]),
        (["", "1"], [np.nan, 1.0]),
        ([decimal.Decimal("2.55"), decimal.Decimal("3")], [2.55, 3.0]),
        (pd.Series([2, "3,5"], dtype=object), [2.0, 3.5]),
        (pd.Series(["2,5", "3"], dtype="category"), [2.5, 3.0]),
        (pd.array([2.5, None], dtype="Float32"), [2.5, np.nan]),
        (pd.array([2, None], dtype="Int8"), [2.0, np.nan]),
        (np.array([2.5, 3.5], dtype=">f8"), [2.5, 3.5]),
        (np.array([2.5, 3.5], dtype=np.float32), [2.5, 3.5]),
        ([10**19, 1], [1e19, 1.0]),
    ],
)
def test_prices(cells: Any, expected: list[float]) -> None:
    np.testing.assert_array_equal(prices(cells), expected)


def test_another_column_tells_the_decimal_mark() -> None:
    # "1.234" alone is a little more than one; beside "12,50" it is a thousand.
    tx = read(2, quantity=["1.234", "5"], price=["12,50", "3,00"])
    assert tx["quantity"].tolist() == [1234, 5]
    assert tx.attrs["schema"]["decimal"] == ","
    assert read(1, quantity=["1,234"], price=["0.50"])["quantity"].tolist() == [1234]
    assert read(1, quantity=["1,234"], price=["0,50"])["quantity"].tolist() == [1.234]
    assert read(1, quantity=["1.5"], price=["12,50"])["quantity"].tolist() == [1.5]


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (["1", "a lot"], "must be numbers; got 'a lot' in row 1. Correct the row"),
        (["1", "12.5.7"], "got '12.5.7' in row 1"),
        (["1", "(5"], r"got '\(5' in row 1"),
        (["1", "12 34 pieces"], "got '12 34 pieces' in row 1"),
        (["1", "inf"], "must be finite numbers; got inf in row 1"),
        (["1,5", "-Infinity"], "must be finite numbers; got -Infinity in row 1"),
        (["1", "1e999"], "must be finite numbers; got 1e999 in row 1"),
        ([1.0, np.inf], "must be finite numbers; got inf in row 1"),
        (["1,5", "1.5"], "must be numbers with '.' as the decimal mark; got '1,5' in row 0"),
        (["£5", "3", "€5"], r"must be in one currency; got '£5' in row 0 and '€5' in row 2\. Conv"),
        (["5 USD", "£1.50"], "in one currency; got '5 USD' in row 0 and '£1.50' in row 1"),
        (["5" + " " * 5000 + "x5"], "must be numbers; got '5  "),  # at once, not in an hour
    ],
)
def test_cells_that_are_no_numbers(cells: Any, message: str) -> None:
    with pytest.raises(ValueError, match=rf"read_transactions: column 'price' .*{message}"):
        prices(cells)


def test_columns_that_are_no_numbers() -> None:
    with pytest.raises(TypeError, match=r"column 'price' must be numbers; got .* It holds dates"):
        prices(pd.to_datetime(["2020-01-13"]))
    with pytest.raises(TypeError, match="It holds True and False"):
        prices([True])


@pytest.mark.parametrize(
    ("cells", "dtype"),
    [
        (["6", "8"], "int64"),
        (["6.0", "8"], "int64"),
        ([6.0, 8.0], "int64"),
        (np.array([6, 8], dtype=np.uint8), "int64"),
        (["6.5", "8"], "float64"),
        (["6", ""], "float64"),
        ([6.0, np.nan], "float64"),
        ([2.0**60, 1.0], "float64"),
    ],
)
def test_quantities_are_int64_where_all_are_whole(cells: Any, dtype: str) -> None:
    assert read(2, quantity=cells)["quantity"].dtype == dtype


# Tables of other makes, and arrays of other kinds


def test_read_only_arrays() -> None:
    customers, prices = np.array([1, 2]), np.array([2.5, np.nan])
    when = np.array(["2020-01-13", "2020-01-14"], dtype="M8[s]")
    for array in (customers, prices, when):
        array.flags.writeable = False
    table = pd.DataFrame({"customer": customers, "date": when, "price": prices}, copy=False)
    tx = read_transactions(table)
    assert tx["amount"].tolist()[0] == 2.5
    assert tx["date"].tolist() == [pd.Timestamp("2020-01-13"), pd.Timestamp("2020-01-14")]


def test_big_endian_arrays() -> None:
    table = pd.DataFrame(
        {
            "customer": np.array([7, 8], dtype=">i8"),
            "date": np.array([20200113, 20200114], dtype=">i4"),
            "quantity": np.array([1, 2], dtype=">u2"),
            "price": np.array([1.5, 2.5], dtype=">f4"),
        }
    )
    tx = read_transactions(table)
    assert all(tx[c].dtype.isnative for c in ("customer", "quantity", "price"))
    assert tx["amount"].tolist() == [1.5, 5.0]


def arrow_table() -> Any:
    pa = pytest.importorskip("pyarrow")
    return pa.table(
        {
            "customer": pa.array(["a", None, "b"]).dictionary_encode(),
            "order": pa.array([1, 2, None], pa.int32()),
            "date": pa.array([18274, 18275, 18276], pa.date32()),
            "product": pa.array(["x", "y", "z"], pa.large_string()),
            "quantity": pa.array([1, 2, 3], pa.uint8()),
            "price": pa.array([decimal.Decimal("1.50"), None, decimal.Decimal("2.00")]),
            "Extra": pa.array([[1], [2], [3]]),
        }
    )


def check_arrow(tx: pd.DataFrame) -> None:
    assert tx["customer"].dropna().tolist() == ["a", "b"]
    assert str(tx["order"].dtype) == "Int64"
    assert tx["date"].tolist() == list(pd.to_datetime(["2020-01-13", "2020-01-14", "2020-01-15"]))
    assert tx["product"].tolist() == ["x", "y", "z"]
    assert tx["quantity"].tolist() == [1, 2, 3]
    assert tx["amount"].tolist()[::2] == [1.5, 6.0]
    assert np.isnan(tx["amount"].iloc[1])
    assert len(tx["Extra"]) == 3


def test_a_pyarrow_table() -> None:
    check_arrow(read_transactions(arrow_table()))


def test_arrow_typed_columns_of_pandas() -> None:
    table = arrow_table().to_pandas(types_mapper=pd.ArrowDtype)
    check_arrow(read_transactions(table))
    pa = pytest.importorskip("pyarrow")
    zoned = pd.Series(pd.to_datetime(["2020-01-13 23:00"] * 3).tz_localize("Asia/Tokyo"))
    table["date"] = zoned.astype(pd.ArrowDtype(pa.timestamp("ms", "Asia/Tokyo")))
    tx = read_transactions(table)
    assert tx["date"].iloc[0] == pd.Timestamp("2020-01-13 23:00")
    assert tx["date"].dtype == "M8[ms]"
    table["date"] = pd.Series(["13.01.2020", "14.01.2020", "1.1.2020"], dtype="string[pyarrow]")
    assert read_transactions(table)["date"].dt.day.tolist() == [13, 14, 1]


def test_a_polars_table() -> None:
    pl = pytest.importorskip("polars")
    table = pl.DataFrame(
        {
            "customer": ["a", None, "b"],
            "date": ["2020-01-13", "2020-01-14", "2020-01-15"],
            "product": pl.Series(["x", "y", "x"], dtype=pl.Categorical),
            "price": [1.5, None, 2.0],
        }
    ).with_columns(pl.col("date").str.to_datetime())
    tx = read_transactions(table)
    assert tx["customer"].dropna().tolist() == ["a", "b"]
    assert tx["product"].tolist() == ["x", "y", "x"]
    assert tx["date"].iloc[0] == pd.Timestamp("2020-01-13")
    assert tx["amount"].isna().tolist() == [False, True, False]


def test_a_category_that_no_row_has_decides_nothing() -> None:
    ids_ = pd.Series(["x", "7", "8"], dtype="category")[1:].reset_index(drop=True)
    when = pd.Series(["soon", "13/01/2020", "01/01/2020"], dtype="category")[1:]
    tx = read(2, customer=ids_, date=when.reset_index(drop=True))
    assert tx["customer"].tolist() == [7, 8]
    assert tx["date"].dt.day.tolist() == [13, 1]
