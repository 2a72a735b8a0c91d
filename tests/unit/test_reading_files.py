"""Files: containers, encodings, delimiters, headers, workbooks, and what is none of these."""

from __future__ import annotations

import builtins
import gzip
import io
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from segpy import read_transactions
from unit import workbooks

ROWS = (
    "customer;order;date;description;quantity;price;country\n"
    "7;100;2020-01-13 10:00;Tasse weiß;2;2,50;Österreich\n"
    "8;101;2020-01-14 11:30;Teller;1;10,00;Deutschland\n"
)


def table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Customer ID": [7, 8, 7],
            "Invoice": [100, "C101", 102],
            "InvoiceDate": pd.to_datetime(
                ["2020-01-13 10:00", "2020-01-14 11:30", "2020-01-15 00:00"]
            ),
            "StockCode": ["00012", 85123, "A"],
            "Quantity": [2, -1, 3],
            "Price": [2.5, 10.0, 0.1],
            "Note": ["x", None, "y"],
        }
    )


def check(tx: pd.DataFrame) -> None:
    assert tx["customer"].tolist() == [7, 8]
    assert tx["amount"].tolist() == [5.0, 10.0]
    assert tx["country"].tolist() == ["Österreich", "Deutschland"]
    assert tx["product"].tolist() == ["Tasse weiß", "Teller"]
    assert tx["date"].tolist() == [
        pd.Timestamp("2020-01-13 10:00"),
        pd.Timestamp("2020-01-14 11:30"),
    ]


def refused(message: str, source: Any, error: type[Exception] = ValueError, **options: Any) -> None:
    with pytest.raises(error, match=message) as caught:
        read_transactions(source, **options)
    assert str(caught.value).startswith("read_transactions: ")


# Containers


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".txt", ".dat"])
def test_paths_are_told_apart_by_content(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"lines{suffix}"
    path.write_text(ROWS, encoding="utf-8")
    check(read_transactions(path))
    check(read_transactions(str(path)))


def test_packed_files(tmp_path: Path) -> None:
    (tmp_path / "lines.csv.gz").write_bytes(gzip.compress(ROWS.encode()))
    check(read_transactions(tmp_path / "lines.csv.gz"))
    with zipfile.ZipFile(tmp_path / "lines.zip", "w") as archive:
        archive.writestr("__MACOSX/._lines.csv", "x")
        archive.writestr(".DS_Store", "x")
        archive.writestr("data/lines.csv", ROWS)
    check(read_transactions(tmp_path / "lines.zip"))


def test_open_files(tmp_path: Path) -> None:
    check(read_transactions(io.BytesIO(ROWS.encode())))
    check(read_transactions(io.StringIO(ROWS)))
    path = tmp_path / "lines.csv"
    path.write_text(ROWS, encoding="utf-8")
    with path.open("rb") as binary:
        check(read_transactions(binary))
    with path.open(encoding="utf-8") as text:
        check(read_transactions(text))


def test_a_zip_of_two_files_names_them(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        archive.writestr("a.csv", ROWS)
        archive.writestr("b.csv", ROWS)
    refused(r"a zip file must be one file with order lines; got .*\['a.csv', 'b.csv'\]\. Unpack it",
            tmp_path / "two.zip")  # fmt: skip
    with zipfile.ZipFile(tmp_path / "none.zip", "w"):
        pass
    refused("two|damaged|cannot|binary", tmp_path / "none.zip")


PACKED = gzip.compress(ROWS.encode())


@pytest.mark.parametrize(
    ("raw", "kind", "needs"),
    [
        (PACKED[:-9], "gzip file", "gzip"),
        (PACKED[:12] + b"\xff\xff\xff" + PACKED[15:], "gzip file", "gzip"),
        (b"PK\x03\x04" + b"x" * 50, "zip file", "zipfile"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "workbook", "fastexcel"),
        (b"PAR1" + b"\0" * 20, "parquet file", "pyarrow"),
        (b"ARROW1\0\0" + b"\0" * 20, "feather file", "pyarrow"),
    ],
)
def test_damaged_containers(tmp_path: Path, raw: bytes, kind: str, needs: str) -> None:
    pytest.importorskip(needs)
    (tmp_path / "lines").write_bytes(raw)
    refused(f"must be a whole {kind}; got .*lines', which cannot be opened", tmp_path / "lines")


def test_no_such_file_and_a_directory(tmp_path: Path) -> None:
    message = r"'source' must be a file that exists; got .*none\.csv.* Looked in"
    refused(message, tmp_path / "none.csv", FileNotFoundError)
    refused("got the directory .* Name one file in it", tmp_path)


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all files"
)
def test_a_file_that_must_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "secret.csv"
    path.write_text(ROWS, encoding="utf-8")
    path.chmod(0)
    refused("'source' must be a file you may read", path, PermissionError)


def test_permission_is_said_in_our_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*args: object, **options: object) -> None:
        raise PermissionError(13, "Permission denied")

    path = tmp_path / "secret.csv"
    path.write_text(ROWS, encoding="utf-8")
    monkeypatch.setattr(builtins, "open", forbidden)
    refused("'source' must be a file you may read; got ", path, PermissionError)


@pytest.mark.parametrize("raw", [b"", b"\n\n", b"\xef\xbb\xbf", b" \r\n"])
def test_an_empty_file(raw: bytes) -> None:
    refused(
        "must be a file with a header and order lines; got 'file', which is empty", io.BytesIO(raw)
    )
    refused("which is empty", io.BytesIO(gzip.compress(raw)))


@pytest.mark.parametrize(
    "raw",
    [
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)) * 20,
        b"%PDF-1.7\n" + b"stream of things, with commas, " * 50,
        bytes(range(1, 256)) * 20,
        b"SQLite format 3\0" + b"\0\x10customer,date" * 300,
    ],
)
def test_a_binary_file(raw: bytes) -> None:
    refused("delimited text, Excel, Parquet or Feather; got 'file', a binary file. "
                "Export the order",
            io.BytesIO(raw))  # fmt: skip


def test_a_file_object_that_gives_no_bytes() -> None:
    class Odd:
        def read(self) -> int:
            return 7

    refused(r"what 'source'.read\(\) gives must be bytes or str; got int 7", Odd(), TypeError)


# Encodings


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32"),
        ("iso-8859-1", "cp1252"),
        ("cp1252", "cp1252"),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_encodings_are_found(encoding: str, said: str, newline: str) -> None:
    raw = ROWS.replace("\n", newline).encode(encoding)
    tx = read_transactions(io.BytesIO(raw))
    check(tx)
    assert tx.attrs["schema"]["encoding"] == said


def test_a_given_encoding_is_used() -> None:
    rows = ROWS.replace("Tasse weiß", "Zażółć")
    assert (
        read_transactions(io.BytesIO(rows.encode("cp1250")), encoding="cp1250")["product"].iloc[0]
        == "Zażółć"
    )
    check(read_transactions(io.BytesIO(ROWS.encode("utf-8-sig")), encoding="utf-8"))
    check(read_transactions(io.BytesIO(ROWS.encode("utf-8-sig")), encoding="utf-8-sig"))


def test_bytes_that_windows_1252_lacks_are_latin_1() -> None:
    raw = ROWS.replace("Teller", "Teller \x81").encode("iso-8859-1")
    assert read_transactions(io.BytesIO(raw)).attrs["schema"]["encoding"] == "iso-8859-1"


def test_an_accented_capital_before_a_quotation_mark_is_no_utf_8() -> None:
    # In Windows-1252 "É»" has the bytes of a UTF-8 sign.
    rows = ROWS.replace("Teller", "« CAFÉ» " + "é" * 30)
    tx = read_transactions(io.BytesIO(rows.encode("cp1252")))
    assert tx["product"].iloc[1].startswith("« CAFÉ» é")


@pytest.mark.parametrize("order", [("utf-8", "cp1252"), ("cp1252", "utf-8")])
def test_a_file_that_changes_encoding_half_way(order: tuple[str, str]) -> None:
    head, *body = ROWS.splitlines(keepends=True)
    first = (head + body[0]).encode(order[0])
    raw = first + (body[0] * 3).encode(order[1])
    utf8, other = (2, 3) if order[0] == "utf-8" else (3, 2)
    refused(f"text in one encoding; got UTF-8 in line {utf8} and byte 0xdf, which is not UTF-8, in "
            f"line {other}. Save the file again in one encoding, or pass encoding='cp1252'",
            io.BytesIO(raw))  # fmt: skip
    assert len(read_transactions(io.BytesIO(raw), encoding="cp1252")) == 4


def test_a_file_that_changes_to_utf_16_half_way() -> None:
    body = ROWS.splitlines(keepends=True)[1] * 200
    raw = ROWS.encode() + body.encode() + body.encode("utf-16-le")
    refused(r"text in one encoding; got 'file' with a NUL byte in line 204\. The file "
                r"is damaged or "
            "changes its encoding there", io.BytesIO(raw))  # fmt: skip
    refused("with a NUL sign in line 204", io.BytesIO(raw), encoding="cp1252")


def test_an_encoding_that_does_not_fit() -> None:
    raw = ROWS.encode("cp1252")
    refused("'source' must be text in utf-8; got a byte that is none, 0xdf in line 2. "
                "Pass the file's",
            io.BytesIO(raw), encoding="utf-8")  # fmt: skip
    refused(
        "'encoding' must be an encoding Python knows, .*; got 'klingon'",
        io.BytesIO(raw),
        encoding="klingon",
    )
    refused(
        "'encoding' must be the name of an encoding or None; got int 8",
        io.BytesIO(raw),
        TypeError,
        encoding=8,
    )
    refused(
        "text in utf-16; got a byte that is none, .* in line",
        io.BytesIO(ROWS.encode("utf-16") + b"x"),
    )


def test_names_damaged_by_a_guessed_encoding_are_hinted_at() -> None:
    rows = ROWS.replace("customer", "Ilość")
    refused(r"guessed: cp1252\), pass encoding=", io.BytesIO(rows.encode("cp1250")))


# Delimiters and quotes


@pytest.mark.parametrize(
    ("delimiter", "said"), [(",", ","), (";", ";"), ("\t", "tab"), ("|", "|"), ("~", "~")]
)
def test_delimiters_are_found(delimiter: str, said: str) -> None:
    rows = ROWS.replace(",", ".").replace(";", delimiter)
    if delimiter == "~":
        rows = "sep=~\r\n" + rows
    tx = read_transactions(io.StringIO(rows))
    check(tx)
    assert tx.attrs["schema"]["delimiter"] == said


def test_quotes_newlines_and_delimiters_inside_cells() -> None:
    tx = read_transactions(
        io.StringIO(
            "customer,date,description,price,Note\r\n"
            '7,2020-01-13,"Cup, ""white""\r\nlarge",2.50,"a,\nb"\r\n'
            '8,2020-01-14,12" plate,"1,000.00",\'single\'\r\n'
        )
    )
    assert tx["product"].tolist() == ['Cup, "white"\r\nlarge', '12" plate']
    assert tx["price"].tolist() == [2.5, 1000.0]
    assert tx["Note"].tolist() == ["a,\nb", "'single'"]


def test_blanks_after_delimiters() -> None:
    tx = read_transactions(
        io.StringIO(
            'customer, date, description, price\n7, 2020-01-13, "a, b", 2\n8, 2020-01-14, c, 3\n'
        )
    )
    assert tx["product"].tolist() == ["a, b", "c"]
    assert tx["customer"].dtype == np.int64


def test_lines_of_uneven_length() -> None:
    refused("every line must be cut into 3 cells by ','; got 4 cells in line 3. Put "
                "cells that hold",
            io.StringIO("customer,date,price\n1,2020-01-13,2\n2,2020-01-14,3,4\n"))  # fmt: skip
    refused("got 4 cells in line 2",
            io.StringIO("customer,date,price\n1,2020-01-13,2,9\n2,2020-01-14,3,4\n"))  # fmt: skip
    refused("got 4 cells in line 6",
            io.StringIO('sep=,\ncustomer,date,price\n1,2020-01-13,"a\nb"\n\n'
                        "2,2020-01-14,3,4\n"))  # fmt: skip
    refused("got a quotation mark opened in line 3 and never closed",
            io.StringIO('customer,date,price\n1,2020-01-13,2\n2,2020-01-14,"3\n'))  # fmt: skip
    tx = read_transactions(
        io.StringIO("customer,date,price,Note\n1,2020-01-13,2\n2,2020-01-14,3,x\n")
    )
    assert tx["Note"].isna().tolist() == [True, False]


def test_one_column_is_no_table() -> None:
    refused("delimited text with a header and at least two columns; got 'file', whose "
                "first line is "
            "'<!DOCTYPE_html>'. Comma", io.StringIO("<!DOCTYPE_html>\n<p>\n"))  # fmt: skip


def test_a_very_long_cell() -> None:
    long = "x" * 200_000
    tx = read_transactions(io.StringIO(f"customer,date,description\n1,2020-01-13,{long}\n"))
    assert tx["product"].iloc[0] == long


def test_a_file_longer_than_the_sample() -> None:
    rows = [f"{i},2020-01-{i % 28 + 1:02d},{i}.5" for i in range(20_000)]
    tx = read_transactions(io.StringIO("customer,date,price\n" + "\n".join(rows)))
    assert tx["customer"].tolist() == list(range(20_000))
    assert tx["price"].iloc[-1] == 19_999.5


def test_a_file_without_header_numbers_its_columns() -> None:
    rows = "7,2020-01-13,2.50\n8,2020-01-14,3.00\n"
    refused(r"no customer and no date among 'column_1', 'column_2', 'column_3' .* Pass columns="
            r".* The first line holds data", io.StringIO(rows))  # fmt: skip
    names = {"customer": "column_1", "date": "column_2", "amount": "column_3"}
    tx = read_transactions(io.StringIO(rows), columns=names)
    assert tx["customer"].tolist() == [7, 8]
    assert tx["amount"].tolist() == [2.5, 3.0]
    assert tx.attrs["schema"]["header"] is False


def test_an_index_column_without_a_name() -> None:
    tx = read_transactions(
        io.StringIO(",customer,date,price\n0,7,2020-01-13,2\n1,8,2020-01-14,3\n")
    )
    assert tx["Unnamed: 0"].tolist() == [0, 1]


def test_prices_are_read_to_the_last_bit() -> None:
    rng = np.random.default_rng(0)
    prices = rng.random(2_000) * 10.0 ** rng.integers(-8, 12, 2_000)
    rows = [f"1,2020-01-13,{p!r}" for p in prices.tolist()]
    tx = read_transactions(io.StringIO("customer,date,amount\n" + "\n".join(rows)))
    np.testing.assert_array_equal(tx["amount"], prices)


def test_a_thousand_with_a_point_beside_decimal_commas_in_a_file() -> None:
    tx = read_transactions(io.StringIO("Kunde;Datum;Menge;Preis\n7;13.01.2020;1.234;12,50\n"))
    assert tx["quantity"].tolist() == [1234]
    assert tx["amount"].tolist() == [15425.0]


def test_progress_bar(capsys: pytest.CaptureFixture[str]) -> None:
    read_transactions(io.StringIO(ROWS), progress=True)
    assert "reading: 100%" in capsys.readouterr().err
    read_transactions(io.StringIO(ROWS))
    read_transactions(io.StringIO(ROWS), progress=False)
    assert capsys.readouterr().err == ""


# Workbooks, Parquet and Feather


def check_table(tx: pd.DataFrame) -> None:
    assert tx["customer"].tolist() == [7, 8, 7]
    assert tx["customer"].dtype == np.int64
    assert tx["order"].tolist() == ["100", "C101", "102"]
    assert tx["product"].tolist() == ["00012", "85123", "A"]
    assert tx["quantity"].tolist() == [2, -1, 3]
    assert tx["quantity"].dtype == np.int64
    assert tx["amount"].tolist() == [5.0, -10.0, 0.1 * 3]
    assert tx["date"].tolist() == table()["InvoiceDate"].tolist()
    assert tx["Note"].isna().tolist() == [False, True, False]


def workbook(**sheets: pd.DataFrame) -> io.BytesIO:
    pytest.importorskip("openpyxl")
    pytest.importorskip("fastexcel")
    book = io.BytesIO()
    with pd.ExcelWriter(book, engine="openpyxl") as writer:
        for name, sheet in sheets.items():
            sheet.to_excel(writer, sheet_name=name, index=False)
    book.seek(0)
    return book


def test_a_workbook(tmp_path: Path) -> None:
    book = workbook(Lines=table())
    (tmp_path / "lines.xlsx").write_bytes(book.getvalue())
    tx = read_transactions(tmp_path / "lines.xlsx")
    check_table(tx)
    assert tx.attrs["schema"]["format"] == "excel"
    check_table(read_transactions(book))


@pytest.mark.parametrize("kind", ["xls", "xlsb", "ods"])
def test_workbooks_of_other_formats(tmp_path: Path, kind: str) -> None:
    pytest.importorskip("fastexcel")
    first, last = pd.Timestamp("2024-12-24 10:30"), pd.Timestamp("2024-12-31")
    rows: workbooks.Rows = [
        ["Rechnung", "Kunde", "Datum", "Artikel", "Menge", "Preis", "Notiz"],
        ["A-1", 7.0, first.to_pydatetime(), "Bücher & Söhne <x>", 2.0, 12.5, "x"],
        ["A-2", 8.0, last.to_pydatetime(), "B", -1.0, 8.25, "y"],
    ]
    path = tmp_path / f"lines.{kind}"
    path.write_bytes(getattr(workbooks, kind)(rows))
    tx = read_transactions(path)
    assert tx.attrs["schema"]["format"] == "excel"
    assert tx["customer"].tolist() == [7, 8]
    assert tx["order"].tolist() == ["A-1", "A-2"]
    assert tx["date"].tolist() == [first, last]
    assert tx["product"].tolist() == ["Bücher & Söhne <x>", "B"]
    assert tx["quantity"].tolist() == [2, -1]
    assert tx["amount"].tolist() == [25.0, -8.25]
    assert tx["Notiz"].tolist() == ["x", "y"]
    path.write_bytes(path.read_bytes()[:700])
    refused("a whole (workbook|zip file)", path)


def test_a_sheet_without_order_lines_is_told_from_the_others() -> None:
    book = workbook(About=pd.DataFrame({"Note": ["exported at night"]}), Lines=table())
    refused(
        r"no customer and no date among 'Note' .* Or choose another sheet than 'About' with "
        r"sheet_name=; the workbook has \['About', 'Lines'\]\.",
        book,
    )
    book.seek(0)
    assert read_transactions(book, sheet_name=1).attrs["schema"]["sheet"] == "Lines"
    assert "sheet" not in read_transactions(workbook(Lines=table())).attrs["schema"]


def test_a_sheet_is_chosen_by_place_or_name() -> None:
    other = table().assign(Quantity=[7, 7, 7])
    book = workbook(First=other, Second=table())
    for sheet in (1, "Second"):
        book.seek(0)
        check_table(read_transactions(book, sheet_name=sheet))
    for sheet in ("Third", 2, -1):
        book.seek(0)
        refused(rf"'sheet_name' must be one of \['First', 'Second'\] or a number below "
                    rf"2; got {sheet!r}",
                book, sheet_name=sheet)  # fmt: skip
    book.seek(0)
    refused(
        "'sheet_name' must be a sheet's number or name; got bool", book, TypeError, sheet_name=True
    )


def test_a_late_text_in_a_column_of_numbers_is_not_lost() -> None:
    orders: list[object] = list(range(1, 2_001))
    orders[1_500] = "C1501"
    sheet = pd.DataFrame(
        {"customer": 7, "order": orders, "date": pd.Timestamp("2020-01-13"), "price": 1}
    )
    tx = read_transactions(workbook(Lines=sheet))
    assert tx["order"].tolist() == [str(o) for o in orders]


def test_a_workbook_in_which_half_the_dates_are_text() -> None:
    sheet = table().assign(InvoiceDate=[pd.Timestamp("2020-02-01"), "13/02/2020", "14/02/2020"])
    refused("column 'InvoiceDate' must be all dates or all texts; got text '13/02/2020' "
                "in row 1 beside "
            "real dates. The spreadsheet has turned", workbook(Lines=sheet))  # fmt: skip
    iso = table().assign(InvoiceDate=[pd.Timestamp("2020-02-01"), "2020-02-13", "2020-02-14"])
    assert read_transactions(workbook(Lines=iso))["date"].dt.day.tolist() == [1, 13, 14]


def test_empty_sheets_and_rows() -> None:
    book = workbook(Empty=pd.DataFrame(), Lines=table())
    refused(r"the sheet must be a header and order lines; got an empty sheet 0\. Choose "
                r"another with "
            r"sheet_name=; the workbook has \['Empty', 'Lines'\]", book)  # fmt: skip
    refused("a header and no line", workbook(Lines=table().iloc[:0]))
    blank = pd.DataFrame([[None] * 7], columns=table().columns)
    rows = pd.concat([table().astype(object), blank.astype(object), table().astype(object)])
    assert len(read_transactions(workbook(Lines=rows))) == 6


def test_a_workbook_with_a_name_twice() -> None:
    sheet = table()
    sheet.columns = pd.Index([*sheet.columns[:-1], "Price"])
    refused("column names must be there once each; got 'Price' 2 times", workbook(Lines=sheet))


@pytest.mark.parametrize("kind", ["parquet", "feather"])
def test_parquet_and_feather(tmp_path: Path, kind: str) -> None:
    pytest.importorskip("pyarrow")
    source = table()
    source["Invoice"] = source["Invoice"].astype(str)
    source["StockCode"] = source["StockCode"].astype(str)
    path = tmp_path / f"lines.{kind}"
    getattr(source, f"to_{kind}")(path)
    tx = read_transactions(path)
    check_table(tx)
    assert tx.attrs["schema"]["format"] == kind
    # The canonical table goes through the format and back unchanged.
    getattr(tx, f"to_{kind}")(path)
    pd.testing.assert_frame_equal(read_transactions(path), tx)


@pytest.mark.parametrize(
    ("absent", "source", "message"),
    [
        ("fastexcel", "excel", r"the extra 'excel' must be installed to read Excel "
                    r"files; got no such "
         r"package. Run: pip install 'segpy-customers\[excel\]'"),
        ("pyarrow", "parquet", r"the extra 'parquet' must be installed to read parquet "
                    r"files; got no "
         r"such package. Run: pip install 'segpy-customers\[parquet\]'"),
        ("pyarrow", "feather", "installed to read feather files"),
    ],
)  # fmt: skip
def test_a_missing_extra_is_named(
    monkeypatch: pytest.MonkeyPatch, absent: str, source: str, message: str
) -> None:
    if source == "excel":
        raw = workbook(Lines=table()).getvalue()
    else:
        raw = {"parquet": b"PAR1", "feather": b"ARROW1"}[source] + b"\0" * 20
    real = builtins.__import__

    def without(name: str, *args: Any, **options: Any) -> Any:
        if name == absent:
            raise ImportError(name)
        return real(name, *args, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    refused(message, io.BytesIO(raw), ImportError)


# Long files, long cells, and the line of an error


def test_errors_name_the_line_of_the_file() -> None:
    rows = "customer,date,price\n1,2020-01-13,2\n2,soon,3\n"
    refused(r"got 'soon' in row 1 \(line 3\)\. Correct", io.StringIO(rows))
    refused(r"got 'soon' in row 1 \(line 4\)", io.StringIO("sep=,\n" + rows))
    refused(r"got 'x' in row 1 \(line 3\)", io.StringIO(rows.replace("soon,3", "2020-01-14,x")))
    refused(r"none in row 1 \(line 3\) \(1 of 2 rows\)", io.StringIO(rows.replace("soon", "")))
    # A cell that holds a line break, blank lines and empty rows put rows on later lines.
    quoted = rows.replace("price", "Note").replace(",2\n", ',"a\nb"\n')
    refused(r"got 'soon' in row 1 \(line 4\)\. Correct", io.StringIO(quoted))
    refused(r"got 'soon' in row 1 \(line 5\)", io.StringIO(rows.replace("2,soon", "\n \n2,soon")))
    refused(r"got 'soon' in row 1 \(line 4\)", io.StringIO(rows.replace("2,soon", ",,\n2,soon")))
    blanks = "customer date price\n1 2020-01-13 2\n\n2 soon 3\n"
    refused(r"got 'soon' in row 1 \(line 4\)", io.StringIO(blanks))


def test_every_kind_of_error_names_the_line() -> None:
    rows = "customer,date,quantity,price\n1,2020-01-13,2,3\n2,2020-01-14,1e300,1e300\n"
    refused(r"got 1e\+300 \* 1e\+300 in row 1 \(line 3\)", io.StringIO(rows))
    refused(r"got inf in row 1 \(line 3\)", io.StringIO(rows.replace("1e300,", "inf,")))
    both = "customer,date\n1,01/02/2020\n2,02/03/2020\n"
    refused(r"'01/02/2020' in row 0 \(line 2\), and every row", io.StringIO(both))
    refused(r"got '30/30/2020' in row 1 \(line 3\)",
            io.StringIO(both.replace("02/03", "30/30")), dayfirst=True)  # fmt: skip
    clocks = "customer,date\n1,2020-01-02T00:00Z\n2,2020-01-02T00:00+03:00\n"
    refused(r"\+00:00 in row 0 \(line 2\) and \+03:00 in row 1 \(line 3\)", io.StringIO(clocks))


# Thousands or decimals

GERMAN = "Kunde;Datum;Menge;Preis\n7;13.01.2020;{};{}\n8;14.01.2020;{};{}\n"


def test_a_semicolon_makes_a_lone_point_group_thousands() -> None:
    tx = read_transactions(io.StringIO(GERMAN.format(1, "1.234", 2, "2.500")))
    assert tx["price"].tolist() == [1234.0, 2500.0]
    assert tx.attrs["schema"]["decimal"] == ","
    assert tx.attrs["schema"]["decimal_by"] == "separator"
    # Quantities too, also where pandas sees no fraction at all.
    tx = read_transactions(io.StringIO(GERMAN.format("1.000", 5, "2.000", 5)))
    assert tx["quantity"].tolist() == [1000, 2000]


@pytest.mark.parametrize("cell", ["2.5", "0.125", "1234.500", "2.55", "3.3951"])
def test_one_cell_that_is_no_thousand_decides_for_the_table(cell: str) -> None:
    tx = read_transactions(io.StringIO(GERMAN.format("1.234", "1.234", 2, cell)))
    assert tx["price"].tolist() == [1.234, float(cell)]
    assert tx["quantity"].tolist() == [1.234, 2.0]


def test_the_caller_overrules_the_separator() -> None:
    text = GERMAN.format(1, "1.234", 2, "2.500")
    tx = read_transactions(io.StringIO(text), decimal=".")
    assert tx["price"].tolist() == [1.234, 2.5]
    commas = "customer,date,price\n1,2020-01-13,1.234\n2,2020-01-14,2.500\n"
    tx = read_transactions(io.StringIO(commas), decimal=",")
    assert tx["price"].tolist() == [1234.0, 2500.0]
    assert tx.attrs["schema"]["decimal_by"] == "argument"
    refused("numbers with ',' as the decimal mark; got '2.55' in row 1 \\(line 3\\)",
            io.StringIO(commas.replace("2.500", "2.55")), decimal=",")  # fmt: skip
    refused("'decimal' must be one of '.', ','; got ';'", io.StringIO(commas), decimal=";")


def test_plain_points_beside_commas_are_decimals() -> None:
    text = "customer,date,price\n1,2020-01-13,{}\n2,2020-01-14,{}\n3,2020-01-14,{}\n"
    tx = read_transactions(io.StringIO(text.format("2.55", "3.395", "1.125")))
    assert tx["price"].tolist() == [2.55, 3.395, 1.125]
    tx = read_transactions(io.StringIO(text.format("1.459", "1.529", "1.499")))
    assert tx["price"].tolist() == [1.459, 1.529, 1.499]


def test_a_lone_mark_that_nothing_explains_is_an_error_with_both_readings() -> None:
    text = 'customer,date,price\n1,2020-01-13,7\n2,2020-01-14,"1,234"\n'
    refused(r"column 'price' must be numbers that read one way; got '1,234' in row 1 \(line 3\), "
            r"which is 1234 if the mark groups thousands and 1.234 if it is a comma before "
            r"decimals. Nothing else in the table tells: pass decimal='.' for 1234, decimal=',' "
            r"for 1.234.", io.StringIO(text))  # fmt: skip
    assert read_transactions(io.StringIO(text), decimal=".")["price"].tolist() == [7.0, 1234.0]
    assert read_transactions(io.StringIO(text), decimal=",")["price"].tolist() == [7.0, 1.234]
    tabs = "customer\tdate\tprice\n1\t2020-01-13\t1.234\n"
    refused("which is 1234 if the mark groups thousands and 1.234 if it is a point before "
            "decimals", io.StringIO(tabs))  # fmt: skip
    frame = pd.DataFrame({"customer": [1], "date": ["2020-01-13"], "price": ["1.234"]})
    refused(r"got '1\.234' in row 0, which is 1234", frame)


def test_the_last_cell_of_a_large_table_may_decide() -> None:
    rows = "".join(f"{i};2020-01-13;1.{i % 900 + 100}\n" for i in range(1000))
    head = "customer;date;price\n"
    assert read_transactions(io.StringIO(head + rows))["price"].min() == 1100.0
    tx = read_transactions(io.StringIO(head + rows + "1;2020-01-13;1.5\n"))
    assert tx["price"].max() == 1.999


def test_a_guessed_encoding_is_told() -> None:
    text = "customer,date,product\n1,2020-01-13,Kafé\n"
    schema = read_transactions(io.BytesIO(text.encode("cp1252"))).attrs["schema"]
    assert (schema["encoding"], schema["encoding_guessed"]) == ("cp1252", True)
    known = [(text.encode("utf-8"), None), (text.encode("utf-8-sig"), None),
             (text.encode("utf-16"), None), (text.encode("cp1252"), "cp1252")]  # fmt: skip
    for raw, encoding in known:
        found = read_transactions(io.BytesIO(raw), encoding=encoding)
        assert found.attrs["schema"]["encoding_guessed"] is False


@pytest.mark.parametrize("column", ["customer", "order", "product"])
def test_cells_longer_than_ids_usually_are(column: str) -> None:
    cells = ["x" * 39, "y" * 40, "ß" * 20, "ß" * 30, "z" * 1_000, "a"]
    rows = pd.DataFrame(
        {"customer": range(6), "order": range(6), "date": "2020-01-13", "product": "p"}
    )
    rows[column] = cells
    raw = rows.to_csv(index=False).encode()
    assert read_transactions(io.BytesIO(raw))[column].tolist() == cells


def test_a_date_longer_than_dates_are() -> None:
    rows = "customer,date\n1,2020-01-13\n2,2020-01-14" + " " * 40 + "!\n"
    refused(r"got '2020-01-14 .*' in row 1 \(line 3\)", io.StringIO(rows))
    padded = "customer,date\n1,2020-01-13\n2,2020-01-14" + " " * 40 + "\n"
    assert read_transactions(io.StringIO(padded))["date"].dt.day.tolist() == [13, 14]


def test_cells_that_share_a_hash_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segpy.lines.cells._HASH", np.uint64(0))
    tx = read_transactions(io.StringIO("customer,date\nb,2020-01-14\na,2020-01-13\nb,2020-01-13\n"))
    assert tx["customer"].tolist() == ["b", "a", "b"]
    assert tx["date"].dt.day.tolist() == [14, 13, 13]


def test_codes_among_numbers_stay_text_wherever_they_stand() -> None:
    rows = ["1,2020-01-13,1,49123,0.5,7"] * 5_000
    rows[4_321] = "1,2020-01-13,007,+49123,-00.5,1234567890123456"
    rows[4_322] = "1,2020-01-13, 8,49123,0.5,"
    tx = read_transactions(io.StringIO("customer,date,Zip,Phone,Factor,Batch\n" + "\n".join(rows)))
    assert tx["Zip"].iloc[4_321:4_323].tolist() == ["007", " 8"]
    assert tx["Phone"].iloc[4_321] == "+49123"
    assert tx["Factor"].iloc[4_321] == "-00.5"
    assert tx["Batch"].iloc[4_321] == "1234567890123456"


def test_a_hand_made_open_document() -> None:
    pytest.importorskip("fastexcel")
    pytest.importorskip("pyarrow")

    def cell(value: str, kind: str = "string", attribute: str = "") -> str:
        held = f' office:{attribute}="{value}"' if attribute else ""
        return (
            f'<table:table-cell office:value-type="{kind}"{held}><text:p>{value}</text:p>'
            "</table:table-cell>"
        )

    head = "".join(cell(h) for h in ("customer", "date", "price"))
    row = cell("7", "float", "value") + cell("2020-01-13", "date", "date-value")
    row += cell("2.5", "float", "value")
    names = "urn:oasis:names:tc:opendocument:xmlns:"
    content = (
        '<?xml version="1.0" encoding="UTF-8"?><office:document-content '
        f'xmlns:office="{names}office:1.0" xmlns:table="{names}table:1.0" '
        f'xmlns:text="{names}text:1.0" office:version="1.2"><office:body><office:spreadsheet>'
        f'<table:table table:name="Lines"><table:table-row>{head}</table:table-row>'
        f"<table:table-row>{row}</table:table-row></table:table></office:spreadsheet>"
        "</office:body></office:document-content>"
    )
    book = io.BytesIO()
    with zipfile.ZipFile(book, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr("content.xml", content)
    book.seek(0)
    tx = read_transactions(book)
    assert tx["customer"].tolist() == [7]
    assert tx["date"].tolist() == [pd.Timestamp("2020-01-13")]
    assert tx["amount"].tolist() == [2.5]


def test_the_name_of_a_missing_file_is_shown_however_deep_it_lies(tmp_path: Path) -> None:
    message = r"got '.*none\.csv'\. Looked in"
    refused(message, tmp_path / ("deep/" * 40) / "none.csv", FileNotFoundError)
    refused(r"got '.*\.\.\..*none\.csv'\. ", "d/" * 900 + "none.csv", FileNotFoundError)
