"""What holds for any order lines: a file says the same however it is written and ordered."""

from __future__ import annotations

import csv
import gzip
import io
import re
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from segpy import read_transactions

CANONICAL = ["customer", "order", "date", "product", "quantity", "price", "amount"]
ENCODINGS = {
    "utf-8": "utf-8",
    "utf-8-sig": "utf-8",
    "utf-16": "utf-16",
    "utf-16-le": "utf-16-le",
    "cp1252": None,
}
# Letters of Windows-1252, so that every encoding can write them; with what CSV has to quote.
NAMES = st.text(st.sampled_from("abcXYZ 0189,;|\t\"'\n.-éÉüßñ€£½"), min_size=1, max_size=12).filter(
    lambda t: t.strip() != "" and "\r" not in t
)
CUSTOMERS = st.one_of(
    st.lists(st.integers(0, 10**18 - 1), min_size=1, max_size=8),
    st.lists(st.sampled_from(["A1", "007", "b-2", "0", "12.5", "x y"]), min_size=1, max_size=8),
)
UTF8 = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
MOMENTS = st.datetimes(
    min_value=pd.Timestamp("1990-01-01").to_pydatetime(),
    max_value=pd.Timestamp("2060-12-31").to_pydatetime(),
).map(lambda t: t.replace(microsecond=0))
SETTINGS = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def lines(draw: st.DrawFn) -> pd.DataFrame:
    """Draw order lines as read_transactions gives them."""
    people = draw(CUSTOMERS)
    n = draw(st.integers(1, 12))
    pick = draw(st.lists(st.integers(0, len(people) - 1), min_size=n, max_size=n))
    cents = draw(st.lists(st.integers(-(10**9), 10**9), min_size=n, max_size=n))
    quantity = draw(st.lists(st.integers(-500, 500), min_size=n, max_size=n))
    return pd.DataFrame(
        {
            "customer": [people[i] for i in pick],
            "order": draw(st.lists(st.sampled_from(["o1", "o2", "C3"]), min_size=n, max_size=n)),
            "date": pd.Series(draw(st.lists(MOMENTS, min_size=n, max_size=n)), dtype="M8[us]"),
            "product": [t.strip() for t in draw(st.lists(NAMES, min_size=n, max_size=n))],
            "quantity": quantity,
            "price": np.array(cents) / 100,
        }
    )


def written(
    table: pd.DataFrame,
    *,
    delimiter: str = ",",
    decimal: str = ".",
    form: str = "%Y-%m-%d %H:%M:%S",
    encoding: str = "utf-8",
    quoting: int = csv.QUOTE_MINIMAL,
    newline: str = "\n",
) -> bytes:
    """Write order lines as some shop's software might."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, quoting=quoting, lineterminator=newline)  # type: ignore[arg-type]
    writer.writerow(["Customer ID", "Order ID", "Order Date", "SKU", "Quantity", "Unit Price"])
    for row in table.itertuples(index=False):
        price = f"{row.price:.2f}".replace(".", decimal)
        writer.writerow(
            [row.customer, row.order, row.date.strftime(form), row.product, row.quantity, price]
        )
    return out.getvalue().encode(encoding)


def same(tx: pd.DataFrame, table: pd.DataFrame) -> None:
    """Check that what was read is what was written."""
    assert len(tx) == len(table)
    texts = [str(c) for c in table["customer"]]
    whole = all(t.isdecimal() and (t == "0" or t[0] != "0") for t in texts)
    assert tx["customer"].tolist() == ([int(t) for t in texts] if whole else texts)
    for name in ("order", "product", "quantity", "price"):
        assert tx[name].tolist() == table[name].tolist(), name
    assert (tx["date"].to_numpy() == table["date"].to_numpy()).all()
    expected = table["quantity"].to_numpy() * table["price"].to_numpy()
    np.testing.assert_array_equal(tx["amount"], expected)


@SETTINGS
@given(
    table=lines(),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    encoding=st.sampled_from(sorted(ENCODINGS)),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    newline=st.sampled_from(["\n", "\r\n"]),
    packed=st.booleans(),
)
def test_a_file_comes_back_as_written(
    table: pd.DataFrame, delimiter: str, encoding: str, quoting: int, newline: str, packed: bool
) -> None:
    raw = written(table, delimiter=delimiter, encoding=encoding, quoting=quoting, newline=newline)
    # In Windows-1252 "É€" has the bytes of a UTF-8 sign: nobody can tell in so short a file.
    assume(encoding != "cp1252" or not UTF8.search(raw))
    tx = read_transactions(io.BytesIO(gzip.compress(raw) if packed else raw))
    same(tx, table)
    schema = tx.attrs["schema"]
    assert schema["delimiter"] == {"\t": "tab"}.get(delimiter, delimiter)
    expected = ENCODINGS[encoding]
    if expected is None:
        expected = "utf-8" if raw.isascii() else "cp1252"
    assert schema["encoding"] == expected


@SETTINGS
@given(table=lines(), delimiter=st.sampled_from([";", "\t"]))
def test_decimal_commas_come_back(table: pd.DataFrame, delimiter: str) -> None:
    tx = read_transactions(io.BytesIO(written(table, delimiter=delimiter, decimal=",")))
    same(tx, table)
    assert tx.attrs["schema"]["decimal"] == ","


@SETTINGS
@given(
    table=lines(),
    form=st.sampled_from(
        [
            "%d/%m/%Y %H:%M:%S",
            "%m/%d/%Y %H:%M:%S",
            "%d.%m.%Y %H:%M:%S",
            "%m-%d-%Y %I:%M:%S %p",
            "%d %B %Y %H:%M:%S",
            "%b %d, %Y %H:%M:%S",
            "%Y%m%d%H%M%S",
            "%Y-%m-%dT%H:%M:%SZ",
            "%Y/%m/%d %H:%M:%S+0530",
        ]
    ),
)
def test_dates_come_back_in_every_form(table: pd.DataFrame, form: str) -> None:
    when = table["date"]
    day_first = form.index("%d") < form.index("%m") if "%m" in form else True
    ambiguous = form[0] in "%" and form[1] in "dm" and "%m" in form
    if ambiguous:
        shown = when.dt.day if day_first else when.dt.month
        other = when.dt.month if day_first else when.dt.day
        assume((when.dt.day > 12).any() or (shown == other).all())
    same(read_transactions(io.BytesIO(written(table, form=form))), table)
    if ambiguous:
        same(read_transactions(io.BytesIO(written(table, form=form)), dayfirst=day_first), table)


@SETTINGS
@given(table=lines(), data=st.data())
def test_shuffled_rows_give_the_same_schema_and_the_same_lines(
    table: pd.DataFrame, data: st.DataObject
) -> None:
    form = "%d/%m/%Y %H:%M:%S"
    assume((table["date"].dt.day > 12).any())
    order = data.draw(st.permutations(range(len(table))))
    straight = read_transactions(io.BytesIO(written(table, form=form, decimal=",", delimiter=";")))
    moved = table.iloc[list(order)]
    turned = read_transactions(io.BytesIO(written(moved, form=form, decimal=",", delimiter=";")))
    assert turned.attrs == straight.attrs
    back = turned.iloc[np.argsort(order)].reset_index(drop=True)
    pd.testing.assert_frame_equal(back, straight)


@SETTINGS
@given(table=lines(), other=st.sampled_from(["order", "product", "quantity", "price", "all"]))
def test_reading_what_was_read_changes_nothing(table: pd.DataFrame, other: str) -> None:
    source = table.drop(
        columns=["order", "product", "quantity", "price"] if other == "all" else other
    )
    before = source.copy(deep=True)
    tx = read_transactions(source)
    pd.testing.assert_frame_equal(source, before)
    assert list(tx.columns[:7]) == CANONICAL
    again = read_transactions(tx)
    pd.testing.assert_frame_equal(again, tx)
    assert again.attrs == tx.attrs


@SETTINGS
@given(
    cells=st.lists(
        st.one_of(st.none(), st.text(max_size=6), st.integers(), st.floats(), st.booleans()),
        min_size=1,
        max_size=10,
    ),
    role=st.sampled_from(CANONICAL),
)
def test_any_cells_are_read_or_refused_in_our_words(cells: list[Any], role: str) -> None:
    n = len(cells)
    table: dict[str, Any] = {"customer": ["a"] * n, "date": ["2020-01-13"] * n}
    table[role] = pd.Series(cells, dtype=object)
    try:
        tx = read_transactions(pd.DataFrame(table))
    except (TypeError, ValueError) as error:
        assert str(error).startswith("read_transactions: ")  # noqa: PT017
        assert f"{role!r}" in str(error)  # noqa: PT017
    else:
        assert len(tx) == n


@SETTINGS
@given(raw=st.binary(max_size=300), head=st.sampled_from([b"", b"customer,date,price\n"]))
def test_any_bytes_are_read_or_refused_in_our_words(raw: bytes, head: bytes) -> None:
    try:
        tx = read_transactions(io.BytesIO(head + raw))
    except (ValueError, ImportError) as error:
        assert str(error).startswith("read_transactions: ")  # noqa: PT017
    else:
        assert list(tx.columns[:7]) == CANONICAL


@SETTINGS
@given(text=st.text(st.sampled_from("0123456789,;\"\n\r \t'.-/:abé€"), max_size=200))
def test_any_text_is_read_or_refused_in_our_words(text: str) -> None:
    raw = ("customer,date,price\n7,2020-01-13,2\n" + text).encode()
    try:
        tx = read_transactions(io.BytesIO(raw))
    except ValueError as error:
        assert str(error).startswith("read_transactions: ")  # noqa: PT017
    else:
        assert tx["customer"].notna().any()
