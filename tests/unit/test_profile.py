"""segment_profile and name_segments: figures by hand, names without ids, errors."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import polars as pl
import pytest

import segpy as sp

COLUMNS = ["segment", "feature", "size", "mean", "median", "z", "effect", "used"]


def shop(n: int = 90) -> pd.DataFrame:
    rng = np.random.default_rng(11)
    group = np.arange(n) % 3
    return pd.DataFrame(
        {
            "customer_id": np.arange(n) + 17_000,
            "visits": rng.poisson(3, n) + 9 * (group == 2),
            "spent": rng.lognormal(3, 1, n) * (1 + 20 * (group == 1)),
            "height": rng.normal(0, 1, n),
            "joined": pd.Timestamp("2011-01-01"),
            "city": "Oslo",
            "group": np.array(["a", "b", "c"])[group],
        },
        index=pd.Index(rng.permutation(n), name="row"),
    )


def cliff(one, rest) -> float:
    one, rest = np.asarray(one)[:, None], np.asarray(rest)[None, :]
    return float(np.mean(np.sign(one - rest)))


def test_every_figure_by_hand():
    table = shop()
    table.loc[table.index[:7], "spent"] = np.nan
    profile = sp.segment_profile(table, "group")
    assert list(profile.columns) == COLUMNS
    assert len(profile) == 9
    assert profile["used"].dtype == bool
    assert profile["used"].all()
    assert profile["size"].dtype == np.int64
    for row in profile.itertuples():
        inside = table["group"] == row.segment
        values = table[row.feature]
        one, rest = values[inside].dropna(), values[~inside].dropna()
        assert row.size == inside.sum()
        assert row.mean == pytest.approx(one.mean(), rel=1e-13)
        assert row.median == pytest.approx(one.median(), rel=1e-13)
        assert row.z == pytest.approx((one.mean() - values.mean()) / values.std(ddof=0), rel=1e-10)
        assert row.effect == pytest.approx(cliff(one, rest), abs=1e-14)
    effects = profile["effect"].abs()
    assert effects.is_monotonic_decreasing
    assert profile.attrs == {
        "features": ["visits", "spent", "height"],
        "left_out": {"customer_id": "an id, by its name", "joined": "dates", "city": "text"},
        "missing": {"spent": 7},
        "rows_without_segment": 0,
    }
    assert json.loads(json.dumps(profile.attrs)) == profile.attrs


def test_labels_come_in_many_forms():
    table = shop()
    expected = sp.segment_profile(table.drop(columns="group"), table["group"].to_numpy())
    assert sp.segment_profile(table, "group").equals(expected)
    features = table.drop(columns="group")
    labels = table["group"]
    turned = labels.sample(frac=1, random_state=1)
    unlike = pd.Series(labels.to_numpy(), index=[f"row {i}" for i in range(len(labels))])
    for by in (labels, turned, unlike, list(labels), labels.astype("category"), pd.Index(labels)):
        assert sp.segment_profile(features, by).equals(expected)
    numbers = sp.segment_profile(features, labels.map({"a": 5, "b": 7, "c": 6}).to_numpy(np.int32))
    assert set(numbers["segment"]) == {5, 6, 7}
    assert sp.segment_profile(pl.from_pandas(table), "group").equals(expected)


def test_yes_and_no_are_groups():
    table = shop()[["visits", "spent"]]
    often = table["visits"] > 5
    expected = sp.segment_profile(table, often.astype(int))
    for by in (often, often.to_numpy(), often.astype("boolean"), often.astype("category")):
        assert sp.segment_profile(table, by).astype({"segment": int}).equals(expected)
    names = sp.name_segments(sp.segment_profile(table, often))
    assert set(often.astype(int).map(names)) == {"high visits", "low visits"}


def test_rows_without_a_group_are_left_out_and_counted():
    table = shop()
    labels = table["group"].mask(table["group"] == "b").to_numpy(dtype=object)
    profile = sp.segment_profile(table.drop(columns="group"), labels)
    assert profile.attrs["rows_without_segment"] == 30
    expected = sp.segment_profile(table[table["group"] != "b"], "group")
    pd.testing.assert_frame_equal(profile, expected, check_dtype=False)


def test_features_are_marked_and_the_others_stay():
    table = shop()
    table["member"] = table["group"] == "b"
    table["rank"] = np.arange(90)  # never repeats: left out unless named
    profile = sp.segment_profile(table, "group", features=["spent", "member", "rank"])
    for same in (np.array(["spent", "member", "rank"]), pd.Index(["rank", "spent", "member"])):
        pd.testing.assert_frame_equal(sp.segment_profile(table, "group", features=same), profile)
    used = profile.groupby("feature")["used"].first()
    assert used.to_dict() == {
        "height": False,
        "member": True,
        "rank": True,
        "spent": True,
        "visits": False,
    }
    share = profile.set_index(["segment", "feature"])["mean"]
    assert share["b", "member"] == 1.0
    assert share["a", "member"] == 0.0
    assert "rank" not in set(sp.segment_profile(table, "group")["feature"])


def test_a_feature_without_spread_or_values_says_nothing():
    table = shop().assign(same=3.5, gone=np.nan)
    profile = sp.segment_profile(table, "group")
    same = profile[profile["feature"] == "same"]
    assert (same["z"] == 0).all()
    assert (same["effect"] == 0).all()
    assert (same["mean"] == 3.5).all()
    gone = profile.tail(3)
    assert set(gone["feature"]) == {"gone"}
    assert gone[["mean", "median", "z", "effect"]].isna().all(axis=None)
    names = sp.name_segments(profile)
    assert not names.str.contains("same|gone").any()


def test_one_group_has_no_others_to_differ_from():
    profile = sp.segment_profile(shop().drop(columns="group"), np.zeros(90, dtype=int))
    assert profile["effect"].isna().all()
    assert profile["z"].abs().max() < 1e-12
    assert sp.name_segments(profile).to_dict() == {0: "all customers"}


def test_huge_and_tiny_values():
    table = pd.DataFrame({"x": [1.0, 2.0, 3.0, 5.0]})
    expected = sp.segment_profile(table, [0, 0, 1, 1])
    for unit in (1e300, 1e-300):
        found = sp.segment_profile(table * unit, [0, 0, 1, 1])
        np.testing.assert_allclose(found["z"], expected["z"], rtol=1e-12)
        np.testing.assert_allclose(found["mean"], expected["mean"] * unit, rtol=1e-12)
        assert found["effect"].equals(expected["effect"])


def test_inputs_stay_as_they_are():
    table = shop()
    before = table.copy(deep=True)
    profile = sp.segment_profile(table, "group", features=["spent"])
    assert table.equals(before)
    kept = profile.copy(deep=True)
    sp.name_segments(profile, {"a": "first"})
    assert profile.equals(kept)


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda t: sp.segment_profile(t, "cluster"), ValueError, "there: 'cluster'"),
        (lambda t: sp.segment_profile(t, [0, 1]), ValueError, "one label for each of the 90 rows"),
        (lambda t: sp.segment_profile(t, None), TypeError, "'by' must be one label"),
        (lambda t: sp.segment_profile(t, 3), TypeError, "'by' must be one label"),
        (lambda t: sp.segment_profile(t, [None] * 90), ValueError, "none in any row"),
        (lambda t: sp.segment_profile(t, np.zeros((90, 2))), ValueError, r"shape \(90, 2\)"),
        (lambda t: sp.segment_profile(t.iloc[:0], "group"), ValueError, "at least one row"),
        (
            lambda t: sp.segment_profile(t[["city", "group"]], "group"),
            ValueError,
            "one numeric",
        ),
        (lambda t: sp.segment_profile([1, 2], "group"), TypeError, "a pandas, polars or pyarrow"),
        (
            lambda t: sp.segment_profile(t.assign(spent=np.inf), "group"),
            ValueError,
            "column 'spent' must be a finite number .*; got inf in row 0",
        ),
        (
            lambda t: sp.segment_profile(t, "group", features="spent"),
            TypeError,
            "'features' must be a list",
        ),
        (
            lambda t: sp.segment_profile(t, "group", features=["profit"]),
            ValueError,
            "'features' must be a list of columns .*; got 'profit'",
        ),
        (
            lambda t: sp.segment_profile(t, "group", features=["group"]),
            ValueError,
            "'features'.*; got 'group'",
        ),
        (
            lambda t: sp.segment_profile(t, "group", features=[]),
            ValueError,
            r"'features' must be .*; got \[\]",
        ),
        (
            lambda t: sp.segment_profile(t, "group", features=["customer_id"]),
            ValueError,
            "feature 'customer_id' must be a measure; got an id.*rename",
        ),
        (
            lambda t: sp.segment_profile(t, "group", features=["joined"]),
            TypeError,
            "feature 'joined' must be a column of numbers; got dates",
        ),
        (
            lambda t: sp.segment_profile(t, "group", features=["city"]),
            TypeError,
            "feature 'city' must be a column of numbers; got text",
        ),
    ],
)
def test_bad_profiles(call, error, said):
    with pytest.raises(error, match=f"^segment_profile: .*{said}"):
        call(shop())


# --- names ---------------------------------------------------------------------------------


def profile_of(effects, features=("Annual Income (k$)", "Spending Score (1-100)"), means=None):
    """Make a profile from effects by segment; means are as the effects unless given."""
    rows = []
    for segment, row in effects.items():
        for place, feature in enumerate(features):
            mean = row[place] if means is None else means[segment][place]
            rows.append((segment, feature, 10, mean, mean, mean, row[place], True))
    table = pd.DataFrame(rows, columns=COLUMNS)
    table.attrs = {"features": list(features)}
    return table


def test_names_speak_of_what_tells():
    names = sp.name_segments(profile_of({0: (0.9, -0.8), 1: (-0.7, 0.9), 2: (0.1, -0.2)}))
    assert names.to_dict() == {
        0: "high income, low spending",
        1: "low income, high spending",
        2: "average income, average spending",
    }
    assert names.name == "name"
    assert names.index.name == "segment"
    alone = sp.name_segments(profile_of({0: (0.9, -0.1), 1: (-0.9, 0.1)}))
    assert alone.to_dict() == {0: "high income", 1: "low income"}


def test_rfm_has_words_of_its_own():
    features = ("recency_days", "frequency", "monetary")
    profile = profile_of({1: (-0.9, 0.8, 0.9), 2: (0.9, -0.8, -0.9), 3: (0, 0, 0)}, features)
    assert sp.name_segments(profile).to_dict() == {
        1: "recent, frequent, high spending",
        2: "long ago, infrequent, low spending",
        3: "average recency, average frequency, average spending",
    }


def test_groups_of_one_name_are_told_apart():
    features = ("income", "age")
    # By a feature more ...
    names = sp.name_segments(
        profile_of({0: (0.9, 0.5), 1: (0.9, -0.5), 2: (-0.9, 0), 3: (-0.9, 0.4)}, features)
    )
    assert names[0] == "high income, older"
    assert names[1] == "high income, young"
    assert names[2] == "low income, average age"
    assert names[3] == "low income, older"
    # ... by degrees ...
    degrees = profile_of(
        {0: (0.9,), 1: (0.8,), 2: (-0.9,), 3: (-0.7,), 4: (0.1,), 5: (0,), 6: (-0.2,)},
        ("income",),
        {0: (3,), 1: (2,), 2: (-3,), 3: (-1,), 4: (0.5,), 5: (0,), 6: (-0.5,)},
    )
    assert sp.name_segments(degrees).to_dict() == {
        0: "very high income",
        1: "high income",
        2: "very low income",
        3: "low income",
        4: "above average income",
        5: "average income",
        6: "below average income",
    }
    # ... by the mean, and where even that is the same, by number.
    close = profile_of({0: (0.9,), 1: (0.8,), 2: (0.7,)}, ("income",), {0: (3,), 1: (2,), 2: (4,)})
    assert sp.name_segments(close).to_dict() == {
        0: "high income (income 3)",
        1: "high income (income 2)",
        2: "high income (income 4)",
    }
    same = profile_of({0: (0.9,), 1: (0.9,)}, ("income",))
    assert sp.name_segments(same).to_dict() == {0: "high income (1)", 1: "high income (2)"}
    long = profile_of({0: (0.9,), 1: (0.8,)}, ("income",), {0: (123456.75,), 1: (123456.625,)})
    assert set(sp.name_segments(long.assign(z=0.0))) == {
        "high income (income 123,456.8)",
        "high income (income 123,456.6)",
    }


def test_ids_are_never_in_a_name():
    profile = profile_of({0: (0.5, 1.0), 1: (-0.5, -1.0)}, ("income", "CustomerID"))
    assert sp.name_segments(profile).to_dict() == {0: "high income", 1: "low income"}
    only = profile_of({0: (1.0,), 1: (-1.0,)}, ("CustomerID",))
    assert sp.name_segments(only).to_dict() == {0: "group 0", 1: "group 1"}


def test_what_was_not_used_waits_for_its_turn():
    profile = profile_of({0: (0.4, 0.9), 1: (0.9, -0.9), 2: (-0.9, 0)}, ("income", "age"))
    profile["used"] = profile["feature"] == "income"
    assert sp.name_segments(profile).to_dict() == {
        0: "high income, older",
        1: "high income, young",
        2: "low income",
    }


def test_the_noise_of_dbscan_is_in_no_group():
    names = sp.name_segments(profile_of({-1: (0.9, 0.9), 0: (0.9, 0.9), 1: (-0.9, -0.9)}))
    assert names[-1] == "no group"
    assert names[0] == "high income, high spending"
    text = sp.name_segments(profile_of({"-1": (0.9, 0.9), "1": (-0.9, -0.9)}))
    assert text["-1"] == "high income, high spending"


def test_words_of_the_caller():
    profile = profile_of({0: (0.9, -0.8), 1: (-0.7, 0.9)})
    names = sp.name_segments(profile, {1: "students", "Annual Income (k$)": "salary"})
    assert names.to_dict() == {0: "high salary, low spending", 1: "students"}
    both = sp.name_segments(profile, {"Annual Income (k$)": "it", "Spending Score (1-100)": "it"})
    assert both.is_unique


def test_features_that_shorten_alike_keep_their_words():
    features = ("Total spend", "Annual spend", "spend (k$)", "spend [EUR]")
    profile = profile_of({0: (0.9, 0.9, 0, 0), 1: (-0.9, -0.9, 0, 0)}, features)
    assert sp.name_segments(profile)[0] == "high total spend, high annual spend"


def test_the_order_of_rows_and_a_file_between_do_not_matter(tmp_path):
    table = shop()
    profile = sp.segment_profile(table, "group")
    names = sp.name_segments(profile)
    assert names.sort_index().equals(sp.name_segments(profile.sample(frac=1, random_state=2)))
    profile.to_csv(tmp_path / "profile.csv", index=False)
    again = sp.name_segments(pd.read_csv(tmp_path / "profile.csv"))
    for one, other in zip(names, again, strict=True):
        assert sorted(one.split(", ")) == sorted(other.split(", "))
    assert sp.name_segments(pl.from_pandas(profile)).is_unique


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda p: sp.name_segments(p.drop(columns="z")), ValueError, "there: .*segment_profile"),
        (lambda p: sp.name_segments(p.iloc[:0]), ValueError, "at least one row; got no rows"),
        (lambda p: sp.name_segments(pd.concat([p, p])), ValueError, "in the table once"),
        (lambda p: sp.name_segments(p.to_numpy()), TypeError, "a pandas, polars or pyarrow table"),
        (lambda p: sp.name_segments(p, ["a"]), TypeError, "'labels' must be a dict .*map.names"),
        (lambda p: sp.name_segments(p, {9: "a"}), ValueError, r"a segment \[0, 1\].*; got 9"),
        (lambda p: sp.name_segments(p, {0: 5}), TypeError, r"labels\[0\] must be a text"),
        (lambda p: sp.name_segments(p, {0: " "}), ValueError, r"labels\[0\] must be a text"),
        (lambda p: sp.name_segments(p, {0: "a", 1: "a"}), ValueError, "'a' twice"),
        (
            lambda p: sp.name_segments(p, {0: "low income, high spending"}),
            ValueError,
            "'low income, high spending' twice. Choose other words",
        ),
    ],
)
def test_bad_names(call, error, said):
    with pytest.raises(error, match=f"^name_segments: .*{said}"):
        call(profile_of({0: (0.9, -0.8), 1: (-0.7, 0.9)}))
