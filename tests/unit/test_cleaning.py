"""clean_transactions: each step, the audit, and matching against the oracle."""

import numpy as np
import pandas as pd
import pytest

import segpy as sp
from oracle.returns import match


def table(rows: list[tuple], **more) -> pd.DataFrame:
    """Make lines from (customer, order, day, product, quantity, price)."""
    names = ["customer", "order", "date", "product", "quantity", "price"]
    tx = pd.DataFrame(rows, columns=names)
    tx["customer"] = tx["customer"].astype("Int64")
    tx["date"] = pd.Timestamp("2011-01-01") + pd.to_timedelta(tx["date"], unit="D")
    tx["amount"] = tx["quantity"] * tx["price"]
    return tx.assign(**more)


ROWS = [
    (1, "1", 0, "A", 5, 2.0),
    (1, "2", 1, "A", 3, 4.0),
    (1, "C3", 2, "A", -4, 3.0),
    (None, "4", 2, "A", 1, 2.0),
    (2, "5", 3, "POST", 1, 9.0),
    (2, "6", 3, "B", 1, 0.0),
    (2, "7", 4, "B", 2, 1.0),
    (2, "7", 4, "B", 2, 1.0),
    (2, "C8", 5, "B", -9, 1.0),
]


def test_match_credits_latest_first_partly_and_names_orphans():
    clean, audit = sp.clean_transactions(table(ROWS))
    assert clean[["order", "quantity", "amount", "returned_quantity"]].to_numpy().tolist() == [
        ["1", 4, 8.0, 1.0],
        ["4", 1, 2.0, 0.0],
        ["5", 1, 9.0, 0.0],
    ]
    assert clean["is_product"].tolist() == [True, True, False]
    assert clean.index.tolist() == [0, 3, 4]
    assert clean["quantity"].dtype == np.int64
    assert audit["removed_rows"].tolist() == [0, 0, 0, 1, 0, 4, 1]
    # four Bs came back, five of the nine found nothing
    assert audit.loc["orphan returns", "removed_revenue"] == -5.0
    assert audit.loc["returns", "why"] == (
        "1 return line matched, 1 in part; 3 purchases fully returned"
    )


def test_steps_stand_in_order_and_add_up():
    _, audit = sp.clean_transactions(
        table(ROWS),
        missing_customer="drop",
        duplicates="drop",
        non_products="drop",
        returns="drop",
    )
    assert audit.index.tolist() == [
        "raw",
        "missing customer",
        "duplicates",
        "no price",
        "non-products",
        "returns",
        "orphan returns",
    ]
    assert audit["removed_rows"].tolist() == [0, 1, 1, 1, 1, 2, 0]
    assert audit["rows"].tolist() == [9, 8, 7, 6, 5, 3, 3]
    left = audit["revenue"].iloc[0] - audit["removed_revenue"].sum()
    assert round(left, 2) == round(audit["revenue"].iloc[-1], 2)
    assert audit.loc["missing customer", "why"] == "dropped 1 line: no customer"


def test_keep_leaves_everything():
    tx = table(ROWS)
    clean, audit = sp.clean_transactions(tx, returns="keep", no_price="keep")
    pd.testing.assert_frame_equal(clean[list(tx)], tx)
    assert audit["removed_rows"].sum() == 0


def test_orders_named_c_are_returns_only_where_most_lack_the_c():
    rows = [(1, "1", 0, "A", 5, 2.0), (1, "2", 0, "A", 5, 2.0), (1, "C3", 1, "A", 2, 2.0)]
    clean, _ = sp.clean_transactions(table(rows))
    assert clean["returned_quantity"].tolist() == [0.0, 2.0]  # the later line first
    everyone = table([(1, f"C{i}", 0, "A", 5, 2.0) for i in range(4)])
    assert len(sp.clean_transactions(everyone)[0]) == 4
    assert len(sp.clean_transactions(table([*rows[:2], (1, "CX3", 1, "A", 2, 2.0)]))[0]) == 3


def test_a_line_total_that_is_not_quantity_times_price_is_shared_out():
    tx = table([(1, "1", 0, "A", 4, 2.0), (1, "C2", 1, "A", -1, 2.0)])
    tx.loc[0, "amount"] = 6.0  # a discount on the order
    clean, _ = sp.clean_transactions(tx)
    assert clean["amount"].tolist() == [4.5]


def test_kept_returns_are_negative_even_where_a_cancelled_order_tells_a_positive_number():
    rows = [(1, "1", 0, "A", 5, 2.0), (1, "2", 0, "A", 5, 2.0), (1, "C3", 1, "A", 2, 2.0)]
    clean, audit = sp.clean_transactions(table(rows), returns="keep")
    assert clean["quantity"].tolist() == [5, 5, -2]
    assert clean["amount"].tolist() == [10.0, 10.0, -4.0]
    assert audit.loc["returns", "removed_revenue"] == 8.0


def test_lines_without_a_price_or_quantity_go_with_those_without_money():
    tx = table(ROWS).astype({"quantity": float})
    tx.loc[0, ["price", "amount"]] = np.nan
    tx.loc[3, ["quantity", "amount"]] = np.nan
    clean, audit = sp.clean_transactions(tx, returns="drop")
    assert not {0, 3} & set(clean.index)
    assert clean["amount"].notna().all()
    assert audit.loc["no price", "removed_rows"] == 3
    assert audit.loc["no price", "why"] == (
        "dropped 3 lines: a price of zero or less (2 of them without a price or quantity)"
    )
    assert audit["revenue"].notna().all()
    with pytest.raises(ValueError, match=r"column 'amount' must be finite .* got inf in row 1"):
        sp.clean_transactions(tx.assign(amount=[np.nan, np.inf, *[1.0] * 7]))


def test_cleaning_twice_changes_nothing():
    once, _ = sp.clean_transactions(table(ROWS))
    twice, audit = sp.clean_transactions(once)
    pd.testing.assert_frame_equal(twice, once)
    assert audit["removed_rows"].sum() == 0


def test_nullable_quantities_stay_nullable():
    tx = table(ROWS).astype({"quantity": "Int64"})
    assert sp.clean_transactions(tx)[0]["quantity"].dtype == "Int64"


def test_at_one_instant_the_order_of_lines_decides_and_nowhere_else():
    rows = [(1, "1", 0, "A", 1, 2.0), (1, "2", 0, "A", 1, 5.0), (1, "C3", 0, "A", -1, 2.0)]
    tx = table(rows)
    assert sp.clean_transactions(tx)[0]["amount"].tolist() == [2.0]
    assert sp.clean_transactions(tx.iloc[[1, 0, 2]])[0]["amount"].tolist() == [5.0]


def test_tables_without_money_are_cleaned_all_the_same():
    tx = table(ROWS[:3]).assign(price=np.nan, amount=np.nan)
    clean, audit = sp.clean_transactions(tx)
    assert clean["quantity"].tolist() == [4]
    assert audit["revenue"].isna().all()
    assert audit.loc["raw", "why"] == "as read; amounts are missing"


def test_the_caller_is_left_alone_and_other_instants_may_stand_in_any_order():
    tx = table(ROWS).iloc[::-1]
    before = tx.copy(deep=True)
    clean, audit = sp.clean_transactions(tx)
    pd.testing.assert_frame_equal(tx, before)
    expected, expected_audit = sp.clean_transactions(table(ROWS))
    pd.testing.assert_frame_equal(clean.sort_index(), expected)
    pd.testing.assert_frame_equal(audit, expected_audit)


def random_table(seed: int, n: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    quantity = rng.integers(-6, 12, n)
    tx = pd.DataFrame(
        {
            "customer": pd.array(rng.integers(0, 6, n), dtype="Int64"),
            "order": [("C" if q < 0 else "") + str(i) for i, q in enumerate(quantity)],
            "date": pd.Timestamp("2011-01-01") + pd.to_timedelta(rng.integers(0, 20, n), unit="D"),
            "product": rng.choice(list("ABC"), n),
            "quantity": quantity,
            "price": 1.0,
        }
    )
    tx.loc[rng.random(n) < 0.1, "customer"] = pd.NA
    return tx.assign(amount=tx["quantity"] * tx["price"])


@pytest.mark.parametrize("seed", range(20))
def test_matching_equals_the_oracle(seed):
    tx = random_table(seed)
    returned = (tx["quantity"] < 0).to_numpy()
    left, credited = match(tx, returned)
    clean, audit = sp.clean_transactions(tx)
    stays = [i for i in range(len(tx)) if not returned[i] and (left[i] > 0 or not credited[i])]
    assert clean.index.tolist() == stays
    assert clean["quantity"].tolist() == [left[i] for i in stays]
    assert clean["returned_quantity"].tolist() == [credited[i] for i in stays]
    orphans = [i for i in range(len(tx)) if returned[i] and left[i] > 0]
    assert audit.loc["orphan returns", "removed_rows"] == len(orphans)
    assert audit.loc["orphan returns", "removed_revenue"] == -sum(left[i] for i in orphans)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"returns": "credit"}, ValueError, "'returns' must be one of 'match', 'drop', 'keep'"),
        ({"returns": None}, TypeError, "'returns' must be one of"),
        ({"duplicates": True}, TypeError, "'duplicates' must be one of 'keep', 'drop'"),
        ({"no_price": "x"}, ValueError, "'no_price' must be one of"),
        ({"missing_customer": "x"}, ValueError, "'missing_customer' must be one of"),
        ({"non_products": "x"}, ValueError, "'non_products' must be one of"),
    ],
)
def test_bad_options_are_named(options, error, message):
    with pytest.raises(error, match=f"clean_transactions: {message}"):
        sp.clean_transactions(table(ROWS), **options)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"quantity": -np.inf}, "column 'quantity' must be finite .* got -inf in row 0"),
        ({"amount": np.inf}, "column 'amount' must be finite .* got inf in row 0"),
        ({"date": pd.NaT}, "column 'date' must be a date in every row; got none in row 0"),
        ({"date": "soon"}, "column 'date' must be dates"),
        ({"price": "free"}, "column 'price' must be numbers"),
    ],
)
def test_bad_columns_are_named(change, message):
    with pytest.raises((ValueError, TypeError), match=f"clean_transactions: {message}"):
        sp.clean_transactions(table(ROWS).assign(**change))


def test_missing_columns_are_named():
    with pytest.raises(ValueError, match=r"no 'quantity', 'price' among .* read_transactions"):
        sp.clean_transactions(table(ROWS).drop(columns=["quantity", "price"]))


def test_no_lines_at_all():
    clean, audit = sp.clean_transactions(table(ROWS)[:0])
    assert len(clean) == 0
    assert audit["rows"].tolist() == [0] * 7


def test_non_products_by_code_name_and_pattern():
    words = ["POST", " post ", "Bank Charges", "Versandkosten", "TEST001", "gift_0001_30", "POSTER"]
    tx = table([(1, str(i), 0, w, 1, 1.0) for i, w in enumerate(words)])
    clean, _ = sp.clean_transactions(tx)
    assert clean["is_product"].tolist() == [False] * 6 + [True]


def test_letters_are_codes_of_non_products_only_among_longer_ids():
    def flags(products):
        rows = [(1, str(i), 0, p, 1, 1.0) for i, p in enumerate(products)]
        return sp.clean_transactions(table(rows))[0]["is_product"].tolist()

    assert flags(["M", *(f"2{i:04d}" for i in range(20))]) == [False] + [True] * 20
    assert flags(list("ABCDMS")) == [True] * 6


def test_what_is_left_of_fractions_is_the_number_one_would_write():
    tx = pd.DataFrame(
        {
            "customer": 1,
            "order": ["a", "C1", "C2"],
            "date": pd.to_datetime(["2011-01-01", "2011-01-02", "2011-01-03"]),
            "product": "ham",
            "quantity": [0.8, -0.5, -0.1],
            "price": 10.0,
        }
    )
    tx["amount"] = tx["quantity"] * tx["price"]
    assert 0.8 - 0.5 - 0.1 != 0.2
    clean, _ = sp.clean_transactions(tx)
    assert clean[["quantity", "amount", "returned_quantity"]].values.tolist() == [[0.2, 2.0, 0.6]]
