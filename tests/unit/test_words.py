"""The words of the report: what they say of a number is true of the number."""

from __future__ import annotations

import math
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import segpy as sp
from segpy.reporting import words
from segpy.reporting.segments import score_range

POUNDS = words.money("£")
finite = st.floats(-1e6, 1e6, allow_nan=False).map(lambda v: round(v, 3))


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.62, "62.0%"),
        (0.0, "0.0%"),
        (1.0, "100.0%"),
        (0.0004, "under 0.1%"),
        (-0.05, "\u22125.0%"),
    ],
)
def test_share_says_one_decimal(value: float, said: str) -> None:
    assert words.share(value) == said


def test_numbers_that_are_none_are_a_dash() -> None:
    for say in (words.share, words.count, words.few, POUNDS):
        assert say(math.nan) == words.NOTHING


@pytest.mark.parametrize(
    ("currency", "value", "said"),
    [
        ("£", 8395237.554, "£8,395,238"),
        ("£", -3.5, "\u2212£3.50"),
        ("£", -0.001, "£0"),
        ("", 12.0, "12"),
        ("EUR", 1234.0, "EUR\u00a01,234"),
        ("$", 99.999, "$100"),
    ],
)
def test_money_keeps_cents_only_where_small(currency: str, value: float, said: str) -> None:
    assert words.money(currency)(value) == said


def test_dates_are_english_whatever_the_locale() -> None:
    assert words.day(pd.Timestamp("2011-12-09 12:50")) == "9 December 2011"
    assert words.month(pd.Period("2011-11", "M")) == "November 2011"


@pytest.mark.parametrize(
    ("now", "then", "direction", "text"),
    [
        (150.0, 100.0, "up", "50.0%"),
        (50.0, 100.0, "down", "50.0%"),
        (100.0, 100.0, "flat", "unchanged"),
        (1200.0, 100.0, "up", "12 times"),
    ],
)
def test_change_says_which_way(now: float, then: float, direction: str, text: str) -> None:
    step = words.change(now, then, "May 2024", words.count)
    assert step == words.Change(direction, text, words.count(then), "May 2024")


@pytest.mark.parametrize("then", [0.0, -5.0, math.nan])
def test_change_has_no_percentage_of_nothing(then: float) -> None:
    assert words.change(10.0, then, "May 2024", words.count) is None


def test_cuts_in_plain_words() -> None:
    assert words.recency_words(-np.inf, 13.8) == "last order within 13 days"
    assert words.recency_words(180, np.inf) == "last order 181 or more days ago"
    assert words.recency_words(33, 72) == "last order 34 to 72 days ago"
    assert words.recency_words(13.0, 14.0) == "last order 14 days ago"
    assert words.frequency_words(6, np.inf) == "7 or more orders"
    assert words.frequency_words(-np.inf, 1) == "one order"
    assert words.frequency_words(-np.inf, 3) == "at most 3 orders"
    assert words.frequency_words(2, 6) == "3 to 6 orders"
    assert words.monetary_words(2058.426, np.inf, POUNDS) == "£2,058 or more spent"
    assert words.monetary_words(-np.inf, 250.2, POUNDS) == "up to £250 spent"
    assert words.monetary_words(250.19, 942.3, POUNDS) == "£250 to £942 spent"
    # Returns can outweigh purchases; nobody spends less than nothing.
    assert words.monetary_words(-np.inf, -2.6, POUNDS) == "\u2212£2.60 or less, net of returns"
    assert words.monetary_words(-np.inf, 0.0, POUNDS) == "£0 or less, net of returns"
    assert words.monetary_words(-2.6, np.inf, POUNDS) == "\u2212£2.60 or more, net of returns"
    assert words.monetary_words(-2.6, 5.0, POUNDS) == "between \u2212£2.60 and £5, net of returns"
    everything = (-np.inf, np.inf)
    assert not words.recency_words(*everything)
    assert not words.frequency_words(*everything)
    assert not words.monetary_words(*everything, POUNDS)


def _numbers(text: str) -> list[float]:
    return [float(n.replace(",", "")) for n in re.findall(r"\d[\d,]*(?:\.\d+)?", text)]


@given(st.integers(0, 400), st.integers(1, 400), st.integers(0, 400))
def test_recency_words_are_true_of_whole_days(low: int, width: int, offset: int) -> None:
    """Every whole number of days within the cuts lies within the words, and no other does."""
    high = low + width + 0.5
    day = low + offset
    said = _numbers(words.recency_words(low, high).replace("one", "1"))
    inside = low < day <= high
    first, last = (said[0], said[-1])
    assert (first <= day <= last) == inside


@settings(deadline=None)
@given(finite, st.lists(finite, min_size=4, max_size=4).map(sorted))
def test_score_range_holds_what_scores_so(value: float, cuts: list[float]) -> None:
    """The range of a score is where the scorer gives that score, counted from either end."""
    table = pd.DataFrame(
        {"recency_days": [abs(value)], "frequency": [abs(value)], "monetary": [value]},
        index=pd.Index([1], name="customer"),
    )
    breaks = {"R": cuts, "F": cuts, "M": cuts}
    scores = sp.RFMScorer(breaks=breaks).fit_transform(table).iloc[0]
    for metric, column in (("R", "recency_days"), ("F", "frequency"), ("M", "monetary")):
        score = int(scores[metric])
        low, high = score_range(np.array(cuts), score, score, 5, highest_is_low=metric == "R")
        assert low < table[column].iloc[0] <= high
