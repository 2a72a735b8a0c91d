"""The canonical table that read_transactions gives, and its errors."""

from __future__ import annotations

import inspect
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from segpy import read_transactions

CANONICAL = ["customer", "order", "date", "product", "quantity", "price", "amount"]
TEXT = pd.Series(["x"]).dtype


def lines(*rows: str) -> io.StringIO:
    return io.StringIO("\n".join(rows) + "\n")


def online(**changed: Any) -> pd.DataFrame:
    """Give three lines under the headers of UCI Online Retail."""
    table: dict[str, Any] = {
        "InvoiceNo": ["536365", "536365", "C536379"],
        "StockCode": ["85123A", "71053", "D"],
        "Description": [" WHITE HOLDER ", "LANTERN", "Discount"],
        "Quantity": [6, 8, -1],
        "InvoiceDate": pd.to_datetime(["2010-12-01 08:26", "2010-12-01 08:26", "2010-12-01 09:41"]),
        "UnitPrice": [2.5, 3.0, 27.5],
        "CustomerID": [17850.0, 17850.0, 14527.0],
        "Country": ["United Kingdom"] * 3,
    }
    return pd.DataFrame(table | changed)


def test_signature_is_the_published_one() -> None:
    found = inspect.signature(read_transactions).parameters
    assert list(found)[:7] == [
        *("source", "columns", "con", "sheet_name", "dayfirst", "encoding", "dtype"),
    ]
    assert found["sheet_name"].default == 0
    assert all(p.kind is p.KEYWORD_ONLY for name, p in found.items() if name != "source")


def test_canonical_columns_come_first_then_the_rest_untouched() -> None:
    source = online(**{"Cost centre": [1, 2, 3], "When": pd.to_timedelta([1, 2, 3], unit="s")})
    tx = read_transactions(source)
    assert list(tx.columns) == [*CANONICAL, "description", "country", "Cost centre", "When"]
    pd.testing.assert_series_equal(tx["Cost centre"], source["Cost centre"])
    pd.testing.assert_series_equal(tx["When"], source["When"])


def test_values_and_types() -> None:
    tx = read_transactions(online())
    assert tx["customer"].tolist() == [17850, 17850, 14527]
    assert tx["customer"].dtype == np.int64
    assert tx["order"].tolist() == ["536365", "536365", "C536379"]
    assert tx["order"].dtype == TEXT
    assert tx["product"].tolist() == ["85123A", "71053", "D"]
    assert tx["quantity"].dtype == np.int64
    assert tx["price"].dtype == np.float64
    assert tx["amount"].tolist() == [15.0, 24.0, -27.5]
    assert tx["description"].tolist() == ["WHITE HOLDER", "LANTERN", "Discount"]


def test_the_caller_keeps_the_table_and_its_index() -> None:
    source = online().set_index(pd.Index(["c", "a", "a"], name="line"))
    before = source.copy(deep=True)
    tx = read_transactions(source)
    pd.testing.assert_frame_equal(source, before)
    pd.testing.assert_index_equal(tx.index, source.index)
    assert not source.attrs


def test_schema_holds_json_and_names_the_source_columns() -> None:
    schema = read_transactions(online()).attrs["schema"]
    assert json.loads(json.dumps(schema)) == schema
    assert schema["customer"] == "CustomerID"
    assert schema["country"] == "Country"
    assert schema["amount"] is None
    assert schema["derived"] == {"amount": "quantity * price"}
    assert schema["format"] == "table"


def test_columns_override_recognition() -> None:
    source = online(Payer=[1, 2, 3])
    tx = read_transactions(source, columns={"customer": "Payer", "description": None})
    assert tx["customer"].tolist() == [1, 2, 3]
    assert tx["CustomerID"].tolist() == [17850, 17850, 14527]
    assert "description" not in tx
    assert "Description" in tx


def test_columns_override_frees_the_column_for_no_other_role() -> None:
    source = pd.DataFrame(
        {"customer": [1, 2], "Item": ["a", "b"], "SKU": ["x", "y"], "day": ["2020-01-13"] * 2}
    )
    tx = read_transactions(source, columns={"customer": "SKU"})
    assert tx["customer"].tolist() == ["x", "y"]
    assert tx["product"].tolist() == ["a", "b"]
    # The table's own "customer" has no role now and gives way to the canonical name.
    assert tx["customer_source"].tolist() == [1, 2]
    assert tx.attrs["schema"]["renamed"] == {"customer": "customer_source"}


@pytest.mark.parametrize("name", ["TotalPrice", "Sales", "dollar_value", "Umsatz", "Line Total"])
def test_a_line_total_is_the_amount_and_price_follows(name: str) -> None:
    tx = read_transactions(online(**{name: [10.0, 20.0, -5.0]}).drop(columns="UnitPrice"))
    assert tx["amount"].tolist() == [10.0, 20.0, -5.0]
    assert tx["price"].tolist() == [10.0 / 6, 2.5, 5.0]
    assert tx.attrs["schema"]["amount"] == name
    assert tx.attrs["schema"]["derived"] == {"price": "amount / quantity"}


def test_price_and_line_total_are_both_kept() -> None:
    tx = read_transactions(online(TotalPrice=[1.0, 2.0, 3.0]))
    assert tx["price"].tolist() == [2.5, 3.0, 27.5]
    assert tx["amount"].tolist() == [1.0, 2.0, 3.0]


def test_a_total_beside_a_price_is_an_order_total_and_stays_aside() -> None:
    tx = read_transactions(online(Total=[39.0, 39.0, -27.5]))
    assert tx["amount"].tolist() == [15.0, 24.0, -27.5]
    assert tx["Total"].tolist() == [39.0, 39.0, -27.5]
    alone = read_transactions(online(Total=[15.0, 24.0, -27.5]).drop(columns="UnitPrice"))
    assert alone["amount"].tolist() == [15.0, 24.0, -27.5]


def test_no_price_for_a_line_total_without_quantity() -> None:
    tx = read_transactions(
        online(Quantity=[0, 8, -1], Sales=[1.0, 8.0, 2.0]).drop(columns="UnitPrice")
    )
    assert np.isnan(tx["price"].iloc[0])
    assert tx["price"].tolist()[1:] == [1.0, -2.0]


def test_without_quantities_and_prices() -> None:
    tx = read_transactions(online().drop(columns=["Quantity", "UnitPrice"]))
    assert tx["quantity"].tolist() == [1, 1, 1]
    assert tx["price"].isna().all()
    assert tx["amount"].isna().all()
    assert tx["amount"].dtype == np.float64


def test_a_missing_price_stays_missing() -> None:
    tx = read_transactions(online(UnitPrice=[2.5, np.nan, 27.5], Quantity=[6.0, 8.0, np.nan]))
    assert tx["amount"].isna().tolist() == [False, True, True]
    assert tx["quantity"].dtype == np.float64


def test_without_order_column_an_order_is_a_customers_day() -> None:
    tx = read_transactions(
        lines(
            "Member_number,Date,itemDescription",
            "7,21-07-2015,milk",
            "7,21-07-2015,bread",
            "8,21-07-2015,milk",
            "7,22-07-2015,milk",
            ",22-07-2015,milk",
        )
    )
    assert tx["order"].tolist()[:4] == [
        "7 2015-07-21",
        "7 2015-07-21",
        "8 2015-07-21",
        "7 2015-07-22",
    ]
    assert pd.isna(tx["order"].iloc[4])
    assert tx.attrs["schema"]["derived"]["order"] == "customer's calendar day"


def test_a_customers_day_has_the_same_name_in_every_part() -> None:
    whole = online(InvoiceNo=[None] * 3)
    orders = read_transactions(whole)["order"]
    parts = [read_transactions(whole.iloc[[i]])["order"] for i in range(3)]
    pd.testing.assert_series_equal(pd.concat(parts), orders)


def test_without_products() -> None:
    tx = read_transactions(online().drop(columns=["StockCode", "Description"]))
    assert tx["product"].isna().all()
    assert tx["product"].dtype == TEXT


def test_a_description_alone_is_the_product() -> None:
    tx = read_transactions(online().drop(columns="StockCode"))
    assert tx["product"].tolist() == ["WHITE HOLDER", "LANTERN", "Discount"]
    assert "description" not in tx
    assert tx.attrs["schema"]["product"] == "Description"


def test_a_canonical_table_comes_back_unchanged() -> None:
    tx = read_transactions(online(Extra=[1, 2, 3]))
    again = read_transactions(tx)
    pd.testing.assert_frame_equal(again, tx)
    assert again.attrs == tx.attrs
    again.loc[:, "quantity"] = 0
    assert tx["quantity"].tolist() == [6, 8, -1]


def test_a_part_of_a_canonical_table_comes_back_unchanged() -> None:
    # Without its cancellations the orders are whole numbers, but they were read as text.
    tx = read_transactions(online(CustomerID=[17850.0, np.nan, 14527.0]))
    part = tx[tx["quantity"] > 0]
    assert part["order"].tolist() == ["536365", "536365"]
    again = read_transactions(part)
    pd.testing.assert_frame_equal(again, part)
    known = tx[tx["customer"].notna()]
    assert str(read_transactions(known)["customer"].dtype) == "Int64"


def test_a_canonical_table_without_attrs_gets_a_schema() -> None:
    tx = read_transactions(online())
    tx.attrs = {}
    again = read_transactions(tx)
    assert again.attrs["schema"]["customer"] == "customer"
    assert tx.attrs == {}


def test_a_canonical_table_out_of_order_is_put_in_order() -> None:
    tx = read_transactions(online(Extra=[1, 2, 3]))
    mixed = tx[["Extra", *reversed(tx.columns[:-1])]]
    pd.testing.assert_frame_equal(read_transactions(mixed), tx)


def test_a_canonical_table_through_csv_is_the_same(tmp_path: Path) -> None:
    tx = read_transactions(online())
    tx.to_csv(tmp_path / "tx.csv", index=False)
    pd.testing.assert_frame_equal(read_transactions(tmp_path / "tx.csv"), tx, check_dtype=False)


def test_one_row_works() -> None:
    tx = read_transactions(lines("customer,date,price", "7,2020-01-13,2.50"))
    assert len(tx) == 1
    assert tx["amount"].tolist() == [2.5]


def test_columns_without_role_of_a_text_file_keep_their_codes() -> None:
    tx = read_transactions(
        lines(
            "customer,date,price,Postcode,Region,Discount,Gift,Voucher,Score,Nothing",
            "1,2020-01-13,1,01234,NA, 0.5,True,40123456789012345678,7,",
            "2,2020-01-14,2,90210,EU,,False,40123456789012345679,,",
        )
    )
    assert tx["Postcode"].tolist() == ["01234", "90210"]
    assert tx["Region"].tolist() == ["NA", "EU"]
    assert tx["Discount"].tolist()[0] == 0.5
    assert np.isnan(tx["Discount"].iloc[1])
    assert tx["Gift"].tolist() == [True, False]
    assert tx["Gift"].dtype == bool
    assert tx["Voucher"].tolist() == ["40123456789012345678", "40123456789012345679"]
    assert tx["Score"].tolist()[0] == 7.0
    assert np.isnan(tx["Score"].iloc[1])
    assert tx["Nothing"].isna().all()


def test_dtype_types_columns_without_role_and_keeps_ids_text() -> None:
    text = ("customer,order,date,price,Score", "1,10,2020-01-13,1,7", "2,11,2020-01-14,2,8")
    tx = read_transactions(lines(*text), dtype={"Score": "float64", "customer": str})
    assert tx["Score"].dtype == np.float64
    assert tx["customer"].tolist() == ["1", "2"]
    assert tx["order"].dtype == np.int64
    everywhere = read_transactions(lines(*text), dtype=str)
    assert everywhere["order"].tolist() == ["10", "11"]
    assert everywhere["Score"].tolist() == ["7", "8"]
    assert everywhere["price"].tolist() == [1.0, 2.0]
    table = pd.DataFrame({"customer": [1], "date": ["2020-01-13"], "Score": [7]})
    typed = read_transactions(table, dtype={"Score": "float32", "customer": "str"})
    assert typed["Score"].dtype == np.float32
    assert typed["customer"].tolist() == ["1"]


@pytest.mark.parametrize("lines", [b",", b",,\n\n,,\n", b'"",,\n'])
def test_lines_that_are_all_empty_are_no_lines(lines: bytes) -> None:
    with pytest.raises(ValueError, match="order lines; got a header and no line: 'customer'"):
        read_transactions(io.BytesIO(b"customer,date,price\n" + lines))


def test_empty_lines_are_left_out_and_counted() -> None:
    tx = read_transactions(
        lines("customer,date,price", "1,2020-01-13,1", ",,", "", "2,2020-01-14,2", ",,")
    )
    assert tx["customer"].tolist() == [1, 2]
    assert tx.index.tolist() == [0, 1]
    assert tx.attrs["schema"]["empty_rows"] == 2


# Errors: who, what, allowed, actual, what to do.


def refused(message: str, source: Any, error: type[Exception] = ValueError, **options: Any) -> None:
    with pytest.raises(error, match=message) as caught:
        read_transactions(source, **options)
    assert str(caught.value).startswith("read_transactions: ")
    assert type(caught.value) is error


def test_what_is_no_table_is_told_in_one_line() -> None:
    with pytest.raises(TypeError, match=r"must be a .*table") as caught:
        read_transactions(pd.Series([1, 2], name="x"))
    assert "got Series 0 1 1 2" in str(caught.value)


def test_missing_columns_say_what_was_recognised_and_found() -> None:
    source = pd.DataFrame({"Datum": ["2020-01-13"], "Artikel": ["a"], "Nummer": [1]})
    refused(
        r"recognised as customer and date at least; got no customer among 'Datum', 'Artikel', "
        r"'Nummer' \(recognised: date = 'Datum', product = 'Artikel'\)\. "
        r"Pass columns=\{'customer': '<its column>'\}",
        source,
    )
    refused("no customer and no date among 'a', 'b'", lines("a,b", "x,y"))
    refused(r"index is one of them, call reset_index\(\)", source.set_index("Nummer"))


def test_many_columns_are_cut_short() -> None:
    refused("'c29' and 20 more", pd.DataFrame([[1] * 50], columns=[f"c{i}" for i in range(50)]))


def test_unknown_roles_and_columns() -> None:
    refused(
        "a key of columns must be one of 'customer', .*; got 'client'",
        online(),
        columns={"client": "x"},
    )
    refused(
        "columns\\['customer'\\] must be a column of the table; got 'Kunde', while the table has "
        "'InvoiceNo'",
        online(),
        columns={"customer": "Kunde"},
    )
    refused("'columns' must be a dict of role to column name", online(), TypeError, columns=["x"])


def test_two_columns_that_fit_a_role_equally() -> None:
    source = online(**{"Customer ID": [1, 2, 3]})
    refused(
        "the column for 'customer' must be one; got 'CustomerID', 'Customer ID'. Say which: "
        "columns={'customer': 'CustomerID'}",
        source,
    )
    tx = read_transactions(source, columns={"customer": "Customer ID"})
    assert tx["customer"].tolist() == [1, 2, 3]


def test_duplicate_column_names() -> None:
    table = online()
    table.columns = pd.Index([*table.columns[:-1], "Quantity"])
    refused("column names must be there once each; got 'Quantity' 2 times. Rename or drop", table)
    refused(
        "column names must be there once each; got 'date' 2 times",
        lines("customer,date,date", "1,2020-01-13,2020-01-13"),
    )


def test_header_only() -> None:
    refused(
        "a table with order lines; got a header and no line: 'customer', 'date', 'price'",
        lines("customer,date,price"),
    )
    refused("a header and no line", online().iloc[:0])
    refused("one without rows", read_transactions(online()).iloc[:0])


def test_all_customers_missing() -> None:
    refused(
        "column 'CustomerID' must be known for some customer; got all 3 rows missing",
        online(CustomerID=[np.nan] * 3),
    )
    refused("all 2 rows missing", lines("customer,date", ",2020-01-13", "nan,2020-01-14"))
    tx = read_transactions(online(CustomerID=[17850.0, np.nan, 1.0]))
    tx["customer"] = pd.array([pd.NA] * 3, dtype="Int64")
    refused("column 'customer' must be known for some customer", tx)


def test_con_and_links_say_what_to_do() -> None:
    refused(
        r"'con' must be None in this version; got str\. .*pandas\.read_sql\(query, con\)",
        "SELECT * FROM lines",
        con="sqlite://",
    )
    refused(
        r"SQL is not run in this version: pass pandas\.read_sql",
        "select * from lines",
        FileNotFoundError,
    )
    refused(
        "got a link to a Google Sheet, .*Comma-separated values",
        "https://docs.google.com/spreadsheets/d/abc/edit#gid=0",
    )
    refused(
        "got a link, 'https://example.com/a.csv'. Download the file", "https://example.com/a.csv"
    )


def test_arguments_of_a_wrong_type() -> None:
    refused(
        "'dayfirst' must be True, False or None; got str 'yes'", online(), TypeError, dayfirst="yes"
    )
    refused("'progress' must be True, False or None", online(), TypeError, progress=1)
    refused("'source' must be a table or a file of .csv", 7, TypeError)
    refused("Wrap bytes in io.BytesIO", b"customer,date", TypeError)
    refused("'dtype' must be a dict of column to dtype, or str", online(), TypeError, dtype=int)
    refused("a key of dtype must be a column of the source; got 'x'", online(), dtype={"x": str})
    refused(
        "dtype\\['Quantity'\\] must be str for a customer or order, or of a column without role; "
        "got 'float32' for the quantity",
        online(),
        dtype={"Quantity": "float32"},
    )
    refused("for the customer", online(), dtype={"CustomerID": "int32"})


def test_a_product_of_quantity_and_price_beyond_floats() -> None:
    refused(
        r"quantity \* price must be finite; got 1e\+300 \* 1e\+300 in row 1",
        online(Quantity=[1, 1e300, 1], UnitPrice=[1, 1e300, 1]),
    )


def test_a_canonical_table_is_checked_too() -> None:
    tx = read_transactions(online())
    refused(
        "column 'price' must be finite numbers; got inf in row 1",
        tx.assign(price=[1.0, np.inf, 2.0]),
    )
    late = tx.assign(date=[*tx["date"].tolist()[:2], pd.NaT])
    refused("column 'date' must be a date in every row; got none in row 2", late)
