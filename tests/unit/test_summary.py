"""segment_summary and flag_wholesalers against plain pandas, with nobody lost."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import segpy as sp

COLUMNS = [
    "customers",
    "customer_share",
    "revenue",
    "revenue_share",
    "orders",
    "recency_days_median",
    "frequency_median",
    "monetary_median",
    "order_value_mean",
    "one_order_share",
]


def lines(n: int = 900, seed: int = 0) -> pd.DataFrame:
    """Order lines of 80 customers; an order has one customer and one day."""
    rng = np.random.default_rng(seed)
    order = rng.integers(0, 240, n)
    quantity = rng.integers(1, 12, n)
    price = np.round(rng.lognormal(1, 1, n), 2)
    return pd.DataFrame(
        {
            "customer": order * 7 % 83 + 100,
            "order": order,
            "date": pd.Timestamp("2024-01-01") + pd.to_timedelta(order * 37 % 200, unit="D"),
            "product": rng.integers(0, 30, n).astype(str),
            "quantity": quantity,
            "price": price,
            "amount": quantity * price,
        }
    )


def labels(tx: pd.DataFrame) -> pd.Series:
    ids = pd.Index(sorted(tx["customer"].dropna().unique()), name="customer")
    names = np.array(["Gold", "Silver", "Bronze"])[np.asarray(ids, dtype=np.int64) % 3]
    dtype = pd.CategoricalDtype(["Gold", "Silver", "Bronze", "Nobody"])
    return pd.Series(pd.Categorical(names, dtype=dtype), index=ids, name="segment")


def oracle(tx: pd.DataFrame, segments: pd.Series, snapshot: pd.Timestamp) -> pd.DataFrame:
    """The table by plain pandas, exact sums by fsum."""
    by = tx.groupby("customer")
    r = (snapshot - by["date"].max()).dt.days
    f = by["order"].nunique()
    m = by["amount"].apply(math.fsum)
    rows = {}
    for name in segments.cat.categories:
        ids = segments.index[segments == name]
        if len(ids):
            revenue = math.fsum(tx["amount"][tx["customer"].isin(ids)])
            rows[name] = {
                "customers": len(ids),
                "customer_share": len(ids) / len(segments),
                "revenue": revenue,
                "orders": f[ids].sum(),
                "recency_days_median": r[ids].median(),
                "frequency_median": f[ids].median(),
                "monetary_median": m[ids].median(),
                "order_value_mean": revenue / f[ids].sum(),
                "one_order_share": (f[ids] == 1).mean(),
            }
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("segment")
    table.insert(3, "revenue_share", table["revenue"] / math.fsum(table["revenue"]))
    return table


def test_the_table_is_what_plain_pandas_gives() -> None:
    tx = lines()
    segments = labels(tx)
    found = sp.segment_summary(tx, segments)
    assert list(found.columns) == COLUMNS
    assert found.index.name == "segment"
    assert found.index.tolist() == ["Gold", "Silver", "Bronze"]
    expected = oracle(tx, segments, tx["date"].max() + pd.Timedelta(days=1))
    pd.testing.assert_frame_equal(found, expected[COLUMNS], check_index_type=False, rtol=1e-15)
    assert found["revenue"].tolist() == expected["revenue"].tolist()
    assert found["customers"].dtype == np.int64
    assert found["orders"].dtype == np.int64
    assert found.attrs["empty_segments"] == ["Nobody"]
    assert found.attrs["note"] == "Every customer is on both sides."
    json.dumps(found.attrs)


def test_a_snapshot_moves_recency_only() -> None:
    tx = lines()
    segments = labels(tx)
    plain = sp.segment_summary(tx, segments)
    later = sp.segment_summary(tx, segments, snapshot=tx["date"].max() + pd.Timedelta(days=11))
    column = "recency_days_median"
    assert (later[column] - plain[column]).tolist() == [10.0] * 3
    assert later.drop(columns=column).equals(plain.drop(columns=column))
    with pytest.raises(ValueError, match="on or after the last order"):
        sp.segment_summary(tx, segments, snapshot="2024-01-05")


def test_any_order_of_rows_gives_the_same_bits_and_the_input_stays() -> None:
    tx = lines(seed=4)
    segments = labels(tx)
    before, old = tx.copy(deep=True), segments.copy(deep=True)
    found = sp.segment_summary(tx, segments)
    pd.testing.assert_frame_equal(tx, before)
    pd.testing.assert_series_equal(segments, old)
    mixed = sp.segment_summary(
        tx.sample(frac=1, random_state=1), segments.sample(frac=1, random_state=2)
    )
    assert mixed.equals(found)


def test_is_product_changes_nothing() -> None:
    tx = lines()
    marked = tx.assign(is_product=tx["product"] != "3")
    assert sp.segment_summary(marked, labels(tx)).equals(sp.segment_summary(tx, labels(tx)))


def test_other_tables_and_labels_are_taken() -> None:
    tx = lines()
    segments = labels(tx)
    found = sp.segment_summary(tx, segments)
    flat = segments.astype(str).reset_index()
    polars = sp.segment_summary(pl.from_pandas(tx), pl.from_pandas(flat))
    assert polars.index.tolist() == ["Bronze", "Gold", "Silver"]
    assert polars.loc[found.index].to_numpy().tolist() == found.to_numpy().tolist()
    numbered = sp.segment_summary(tx, pd.Series(segments.cat.codes, index=segments.index))
    assert numbered.index.tolist() == [0, 1, 2]
    assert numbered["revenue"].tolist() == found["revenue"].tolist()


def test_customers_of_one_side_only_are_said() -> None:
    tx = lines()
    segments = labels(tx)
    gone = segments.index[:5]
    extra = pd.Series(pd.Categorical(["Gold"] * 3, dtype=segments.dtype), index=pd.Index([1, 2, 3]))
    given = pd.concat([segments.drop(gone), extra])
    anonymous = tx.assign(customer=tx["customer"].astype("Int64").mask(tx.index % 50 == 0))
    found = sp.segment_summary(anonymous, given)
    rest = anonymous[anonymous["customer"].notna()]
    lost = rest[rest["customer"].isin(gone)]
    assert found.attrs["not_in_segments"] == {
        "customers": 5,
        "orders": lost.groupby("customer")["order"].nunique().sum(),
        "revenue": math.fsum(lost["amount"]),
    }
    assert found.attrs["not_in_tx"] == {"customers": 3}
    empty = math.fsum(anonymous["amount"][anonymous["customer"].isna()])
    assert found.attrs["anonymous_revenue"] == empty
    for words in ("5 customers of the order lines", "3 customers have a segment", f"{empty:.2f}"):
        assert words in found.attrs["note"]
    assert found["customers"].sum() == len(given)
    parts = [*found["revenue"], found.attrs["not_in_segments"]["revenue"], empty]
    assert math.fsum(parts) == pytest.approx(math.fsum(anonymous["amount"]), abs=1e-9)
    json.dumps(found.attrs)


def test_one_customer_of_one_side_is_said_in_the_singular() -> None:
    tx = lines()
    segments = labels(tx)
    extra = pd.Series(pd.Categorical(["Gold"], dtype=segments.dtype), index=pd.Index([1]))
    note = sp.segment_summary(tx, pd.concat([segments[1:], extra])).attrs["note"]
    assert "1 customer of the order lines has no segment; their revenue of " in note
    assert "1 customer has a segment but no order line; it counts as a customer only." in note


def test_a_segment_without_lines_is_there_with_empty_medians() -> None:
    tx = lines()
    segments = pd.concat([labels(tx).astype(str), pd.Series(["Prospects"] * 2, index=[1, 2])])
    row = sp.segment_summary(tx, segments).loc["Prospects"]
    assert (row["customers"], row["orders"], row["revenue"]) == (2, 0, 0.0)
    assert row[["recency_days_median", "order_value_mean", "one_order_share"]].isna().all()


def test_a_missing_segment_is_a_customer_without_one() -> None:
    tx = lines()
    segments = labels(tx)
    holes = segments.mask(segments.index < 110)
    found = sp.segment_summary(tx, holes)
    assert found.attrs["not_in_segments"]["customers"] == (segments.index < 110).sum()
    assert found["customers"].sum() == holes.notna().sum()
    assert found["customer_share"].sum() == pytest.approx(1)


def test_return_share_from_negative_lines() -> None:
    tx = lines()
    assert "return_share" not in sp.segment_summary(tx, labels(tx)).columns
    back = tx.sample(40, random_state=3)
    both = pd.concat([tx, back.assign(quantity=-back["quantity"], amount=-back["amount"])])
    found = sp.segment_summary(both, labels(tx))
    assert list(found.columns) == [*COLUMNS, "return_share"]
    of_line = labels(tx).astype(str).loc[both["customer"]].to_numpy()
    negative = (-both["amount"]).clip(lower=0).groupby(of_line).sum()
    positive = both["amount"].clip(lower=0).groupby(of_line).sum()
    for name, share in found["return_share"].items():
        assert share == pytest.approx(negative[name] / positive[name], rel=1e-12)


def test_return_share_from_matched_returns() -> None:
    tx = lines().assign(returned_quantity=0)
    tx.loc[::9, "returned_quantity"] = 2
    found = sp.segment_summary(tx, labels(tx))["return_share"]
    of_line = labels(tx).astype(str).loc[tx["customer"]].to_numpy()
    back = (tx["returned_quantity"] * tx["price"]).groupby(of_line).sum()
    kept = tx["amount"].groupby(of_line).sum()
    for name, share in found.items():
        assert share == pytest.approx(back[name] / (back[name] + kept[name]), rel=1e-12)
    none = sp.segment_summary(tx.assign(returned_quantity=0), labels(tx))["return_share"]
    assert none.tolist() == [0.0] * 3
    with pytest.raises(ValueError, match=r"no 'price' among .* valued at the price"):
        sp.segment_summary(tx.drop(columns="price"), labels(tx))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda t, s: (t.drop(columns="amount"), s),
            "no 'amount' among .* clean_transactions gives",
        ),
        (lambda t, s: (t.assign(amount=np.nan), s), "'amount' must be money"),
        (lambda t, s: (t, s.iloc[:0]), "'segments' must be of at least one customer; got no rows"),
        (lambda t, s: (t, pd.concat([s, s])), "each customer must be in 'segments' once; got 100"),
        (
            lambda t, s: (t, s.set_axis(s.index.astype(str))),
            r"among those of 'tx'; got '100' \(\w+\) in 'segments' and 100 \(int64\) in 'tx'",
        ),
        (
            lambda t, s: (t, s.rename("x").reset_index()),
            "no 'segment' among .* assign_segments gives",
        ),
    ],
)
def test_wrong_values_are_refused(change: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        sp.segment_summary(*change(lines(), labels(lines())))


@pytest.mark.parametrize("segments", [None, "Champions", {100: "Gold"}])
def test_segments_of_another_type_are_refused(segments: Any) -> None:
    with pytest.raises(TypeError, match=r"^segment_summary: the table must be"):
        sp.segment_summary(lines(), segments)


def shop(n: int = 200, seed: int = 0) -> pd.DataFrame:
    """One to three orders each of an ordinary size."""
    rng = np.random.default_rng(seed)
    customer = np.repeat(np.arange(n), rng.integers(1, 4, n))
    quantity = rng.integers(5, 40, len(customer))
    return pd.DataFrame(
        {
            "customer": customer,
            "order": np.arange(len(customer)),
            "quantity": quantity,
            "amount": quantity * np.round(rng.uniform(2, 9, len(customer)), 2),
        }
    )


def test_wholesalers_are_flagged_and_one_dear_or_bulky_order_is_not_enough() -> None:
    tx = shop()
    extra = pd.DataFrame(
        {
            "customer": [1000, 1001, 1002, 1003],
            "order": [9000, 9001, 9002, 9003],
            "quantity": [4000, 4000, 10, -4000],
            "amount": [20000.0, 30.0, 20000.0, -20000.0],
        }
    )
    often = pd.DataFrame(
        {"customer": 1004, "order": range(9100, 9200), "quantity": 25, "amount": 125.0}
    )
    everyone = pd.concat([tx, extra, often], ignore_index=True)
    flags = sp.flag_wholesalers(everyone)
    assert flags.dtype == bool
    assert (flags.name, flags.index.name) == ("wholesaler", "customer")
    assert flags.index.tolist() == sorted(everyone["customer"].unique())
    assert flags.index[flags].tolist() == [1000, 1004]
    assert flags.attrs["flagged"] == 2
    assert "fence" in flags.attrs["rule"]
    json.dumps(flags.attrs)


def test_flags_do_not_depend_on_rows_currency_or_split_lines() -> None:
    tx = shop(seed=3)
    tx.loc[7, ["quantity", "amount"]] = [5000, 40000.0]
    flags = sp.flag_wholesalers(tx)
    assert flags.sum() == 1
    assert sp.flag_wholesalers(tx.sample(frac=1, random_state=0)).equals(flags)
    assert sp.flag_wholesalers(tx.assign(amount=tx["amount"] * 1024)).equals(flags)
    half = tx.assign(quantity=tx["quantity"] / 2, amount=tx["amount"] / 2)
    assert sp.flag_wholesalers(pd.concat([half, half])).equals(flags)


def test_few_customers_and_anonymous_lines() -> None:
    few = shop(12)
    few.loc[0, ["quantity", "amount"]] = [90000, 900000.0]
    flags = sp.flag_wholesalers(few)
    assert len(flags) == 12
    assert not flags.any()
    tx = shop()
    anonymous = pd.DataFrame(
        {"customer": [None], "order": [9999], "quantity": [10**6], "amount": [1e6]}
    )
    both = pd.concat([tx.astype({"customer": object}), anonymous]).convert_dtypes()
    assert sp.flag_wholesalers(both).tolist() == sp.flag_wholesalers(tx).tolist()


def test_wholesalers_need_quantities_and_money() -> None:
    with pytest.raises(ValueError, match=r"^flag_wholesalers: .* no 'quantity' among"):
        sp.flag_wholesalers(shop().drop(columns="quantity"))
    with pytest.raises(ValueError, match=r"^flag_wholesalers: column 'amount' must be money"):
        sp.flag_wholesalers(shop().assign(amount=np.nan))
