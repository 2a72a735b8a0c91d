"""Real files, read to the row and the penny."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from segpy import _frames, read_transactions


def test_online_retail_has_every_row_and_penny(online_retail: pd.DataFrame) -> None:
    tx = online_retail
    assert len(tx) == 541_909
    assert tx["customer"].nunique() == 4_372
    assert tx["customer"].isna().sum() == 135_080
    assert tx["order"].nunique() == 25_900
    assert tx["product"].nunique() == 4_070
    assert tx["description"].isna().sum() == 1_454
    assert tx["country"].nunique() == 38
    assert tx["quantity"].sum() == 5_176_450
    assert round(_frames.total(tx["amount"]), 3) == 9_747_747.934
    assert tx["date"].min() == pd.Timestamp("2010-12-01 08:26")
    assert tx["date"].max() == pd.Timestamp("2011-12-09 12:50")
    assert tx["order"].str.startswith("C").sum() == 9_288


def test_online_retail_schema_and_types(online_retail: pd.DataFrame) -> None:
    tx = online_retail
    assert list(tx.columns) == [
        *("customer", "order", "date", "product", "quantity", "price", "amount"),
        *("description", "country"),
    ]
    schema = tx.attrs["schema"]
    assert schema["source"] == "UCI Online Retail"
    assert schema["customer"] == "CustomerID"
    assert schema["amount"] is None
    assert schema["dates"] == {"read_as": "text", "dayfirst": False}
    assert (schema["encoding"], schema["delimiter"]) == ("utf-8", ",")
    assert str(tx["customer"].dtype) == "Int64"
    assert tx["quantity"].dtype == np.int64
    assert tx["date"].dtype == "M8[us]"


def test_online_retail_cells_are_those_pandas_reads(
    online_retail: pd.DataFrame, data_dir: Path
) -> None:
    plain = pd.read_csv(data_dir / "online_retail.csv.gz", dtype={"CustomerID": "Int64"})
    tx = online_retail
    pd.testing.assert_series_equal(tx["customer"], plain["CustomerID"], check_names=False)
    pd.testing.assert_series_equal(tx["price"], plain["UnitPrice"], check_names=False)
    pd.testing.assert_series_equal(tx["quantity"], plain["Quantity"], check_names=False)
    when = pd.to_datetime(plain["InvoiceDate"], format="%m/%d/%Y %H:%M")
    assert (tx["date"] == when).all()
    for role, source in (("order", "InvoiceNo"), ("product", "StockCode"), ("country", "Country")):
        assert (tx[role] == plain[source]).all()
    stripped = plain["Description"].str.strip()
    assert ((tx["description"] == stripped) | (tx["description"].isna() & stripped.isna())).all()


def test_online_retail_in_latin1_with_crlf_is_the_same(
    online_retail: pd.DataFrame, data_dir: Path, tmp_path: Path
) -> None:
    raw = gzip.decompress((data_dir / "online_retail.csv.gz").read_bytes())
    other = tmp_path / "data.csv"
    other.write_bytes(raw.decode("utf-8").replace("\n", "\r\n").encode("iso-8859-1"))
    tx = read_transactions(other)
    assert tx.attrs["schema"]["encoding"] == "cp1252"
    pd.testing.assert_frame_equal(tx, online_retail)


def test_online_retail_read_again_is_the_same(online_retail: pd.DataFrame) -> None:
    again = read_transactions(online_retail)
    pd.testing.assert_frame_equal(again, online_retail)
    assert again.attrs == online_retail.attrs


def test_online_retail_through_a_workbook_is_the_same(
    online_retail: pd.DataFrame, data_dir: Path
) -> None:
    pytest.importorskip("fastexcel")
    pytest.importorskip("openpyxl")
    plain = pd.read_csv(data_dir / "online_retail.csv.gz", nrows=3_000)
    plain["InvoiceDate"] = pd.to_datetime(plain["InvoiceDate"], format="%m/%d/%Y %H:%M")
    # As the original workbook has them: invoice numbers and codes are numbers where they can be.
    for name in ("InvoiceNo", "StockCode"):
        plain[name] = [int(v) if v.isdecimal() else v for v in plain[name]]
    book = io.BytesIO()
    plain.to_excel(book, index=False)
    book.seek(0)
    tx = read_transactions(book)
    expected = online_retail.iloc[:3_000]
    assert len(tx) == 3_000
    for name in ("customer", "order", "date", "product", "quantity", "price", "amount"):
        same = (tx[name] == expected[name]) | (tx[name].isna() & expected[name].isna())
        assert same.all(), name


def test_cdnow(data_dir: Path) -> None:
    tx = read_transactions(data_dir / "CDNOW_master.txt.gz")
    assert len(tx) == 69_659
    assert tx["customer"].nunique() == 23_570
    assert tx["quantity"].sum() == 167_881
    assert round(_frames.total(tx["amount"]), 2) == 2_500_315.63
    assert tx["date"].min() == pd.Timestamp("1997-01-01")
    assert tx["date"].max() == pd.Timestamp("1998-06-30")
    assert tx["customer"].iloc[0] == "00001"  # leading zeros belong to the id
    schema = tx.attrs["schema"]
    assert (schema["amount"], schema["delimiter"]) == ("dollar_value", "blanks")
    assert schema["derived"]["price"] == "amount / quantity"


def test_cdnow_without_its_header_is_the_same(data_dir: Path) -> None:
    raw = gzip.decompress((data_dir / "CDNOW_master.txt.gz").read_bytes())
    bare = read_transactions(io.BytesIO(raw.split(b"\r\n", 1)[1]))
    assert bare.attrs["schema"]["header"] is False
    pd.testing.assert_frame_equal(bare, read_transactions(io.BytesIO(raw)))


def test_groceries_orders_are_member_days(data_dir: Path) -> None:
    tx = read_transactions(data_dir / "Groceries_dataset.csv.gz")
    assert len(tx) == 38_765
    assert tx["customer"].nunique() == 3_898
    assert tx["order"].nunique() == 14_963
    assert tx["product"].nunique() == 167
    assert tx["date"].min() == pd.Timestamp("2014-01-01")
    assert tx["date"].max() == pd.Timestamp("2015-12-30")
    assert (tx["quantity"] == 1).all()
    assert tx["amount"].isna().all()
    assert tx.attrs["schema"]["dates"]["dayfirst"] is True


@pytest.mark.parametrize("name", ["Mall_Customers.csv", "wholesale_customers.csv"])
def test_a_table_of_customers_is_refused_with_what_was_found(data_dir: Path, name: str) -> None:
    with pytest.raises(ValueError, match=r"no (customer and no )?date among .* Pass columns="):
        read_transactions(data_dir / name)
