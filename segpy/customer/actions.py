"""recommend_actions: what to do about each segment, by when, and what is at stake."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segpy import _checks, _frames
from segpy.customer.advice import Advice, Segment, choose, middle_of
from segpy.customer.tables import numbers, once

Floats = NDArray[np.float64]

_NEEDED = (
    "customers",
    "revenue",
    "recency_days_median",
    "frequency_median",
    "monetary_median",
    "one_order_share",
)
_PAIRS = (("item_a", "item_b"), ("antecedents", "consequents"))
_SHOWN_PAIRS = 3
_STAKE = (
    "customers x monetary_median / frequency_median: one more order of the middle customer's size "
    "from every customer of the segment"
)


def recommend_actions(
    summary: object,
    *,
    gaps: object = None,
    cross_sell: object = None,
    budget: float | None = None,
) -> pd.DataFrame:
    """Recommend what to do about each segment: goal, message, offer, channel, window, why.

    Every name of the shipped maps has advice of its own; the four segments of the classic UK retail
    study ("Best Customers", "Loyal Customers", "Almost Lost", "Lost Cheap Customers") get the
    advice given there: upsell and cross-sell; budget and timing of the campaigns; reactivation
    with retention; reactivation under a spend cap. Any other name gets advice from its median
    recency, frequency and money against the other segments. A name that promises loyalty ("Loyal",
    "Champions", "Cannot Lose Them") whose customers ordered only once by more than half gets the
    goal "second purchase", and `why` says so. "New Customers" and "New" whose customers mostly
    ordered more than once are asked for the next order instead of the second; "At Risk", "Almost
    Lost" and "Lost Customers" who mostly ordered once are not told that they ordered often.

    Parameters
    ----------
    summary : DataFrame
        The table of `segment_summary`.
    gaps : DataFrame, optional
        Days between a customer's orders in a column `gap_days`; where there is a column `closed`,
        only closed gaps count. It sets `window_days` from this shop's own rhythm.
    cross_sell : DataFrame, optional
        What is bought together, best first: columns `item_a` and `item_b`, or `antecedents` and
        `consequents`, or `item`; with a column `segment` each row is for that segment only. The
        first three are named in the offers that cross-sell.
    budget : float, optional
        Money to split, > 0.

    Returns
    -------
    DataFrame
        Index `segment`, order as in `summary`; text columns `goal`, `message`, `offer`, `channel`;
        `window_days`, int64, days in which to act and to read the result: the library's, or with
        `gaps` the days within which 50 % (segments that buy), 80 % (slowing), 90 % (at risk) or
        95 % (lost) of those who came back had come back; `value_at_stake`, money: customers x
        monetary_median / frequency_median, that is one more order of the middle customer's size
        from every customer (medians, as a single wholesaler bends the mean of a whole segment);
        `why`, with the segment's own figures; `priority`, int64, 1 for what to do first: the order
        of value at stake times the library's effort (1 where a campaign moves customers most, .1
        for the lost). With `budget` also `budget_share`, which sums to 1 and is in proportion to
        the same product, capped for lost segments at their share of the revenue, and `budget`,
        the money. Where all segments together bring nothing or less there are no shares of the
        revenue, and `why` names none.

    Raises
    ------
    TypeError, ValueError
        When a table lacks a column, money is NaN or infinite, or `budget` is not positive.

    Examples
    --------
    >>> import pandas as pd
    >>> import segpy as sp
    >>> summary = pd.DataFrame(
    ...     {
    ...         "customers": [80, 123],
    ...         "revenue": [40000.0, 9000.0],
    ...         "recency_days_median": [9.0, 242.0],
    ...         "frequency_median": [9.0, 1.0],
    ...         "monetary_median": [420.0, 60.0],
    ...         "one_order_share": [0.0, 108 / 123],
    ...     },
    ...     index=pd.Index(["Champions", "Cannot Lose Them"], name="segment"),
    ... )
    >>> actions = sp.recommend_actions(summary, budget=1000)
    >>> actions[["goal", "window_days", "value_at_stake"]]  # doctest: +NORMALIZE_WHITESPACE
                                         goal  window_days  value_at_stake
    segment
    Champions         keep and be recommended           30     3733.333333
    Cannot Lose Them          second purchase           75     7380.000000
    >>> actions["budget"].round(2).tolist()
    [252.2, 747.8]
    """
    who = "recommend_actions"
    table = _summary(who, summary)
    money = None if budget is None else _budget(who, budget)
    days = None if gaps is None else _closed_gaps(who, gaps)
    pairs = None if cross_sell is None else _pairs(who, cross_sell)
    segments = _segments(who, table)
    middle = middle_of(segments)
    chosen = [choose(segment, middle) for segment in segments]
    customers = numbers(who, table, "customers", 0.0)
    stake = _stake(segments)
    offers = [
        _offer(advice, pairs, segment.name)
        for (advice, _), segment in zip(chosen, segments, strict=True)
    ]
    result = pd.DataFrame(
        {
            "goal": [advice.goal for advice, _ in chosen],
            "message": [advice.message for advice, _ in chosen],
            "offer": offers,
            "channel": [advice.channel for advice, _ in chosen],
            "window_days": np.array([_window(advice, days) for advice, _ in chosen], np.int64),
            "value_at_stake": stake,
            "why": [why for _, why in chosen],
            "priority": _priority(stake, [advice for advice, _ in chosen]),
        },
        index=table.index,
    )
    if money is not None:
        share = _split(stake, customers, segments, [advice for advice, _ in chosen])
        result["budget_share"] = share
        result["budget"] = share * money
    result.attrs = {"value_at_stake": _STAKE, "gaps_used": 0 if days is None else len(days)}
    return result


def _summary(who: str, summary: object) -> pd.DataFrame:
    """Check the table of segments; each name stands once, as text in the index."""
    table = _frames.frame(who, summary)
    _checks.columns(who, table, _NEEDED, "Pass the table that segment_summary gives.")
    if "segment" in table.columns and table.index.name != "segment":
        table = table.set_index("segment")
    if len(table) == 0:
        raise _checks.value_error(who, "the table", "of at least one segment", "no rows")
    once(who, "each segment", "in the table once", table.index)
    return table.rename_axis("segment")


def _segments(who: str, table: pd.DataFrame) -> list[Segment]:
    customers = numbers(who, table, "customers", 0.0)
    revenue = numbers(who, table, "revenue")
    all_customers, all_revenue = float(customers.sum()), _frames.total(revenue)
    medians = {
        name: numbers(who, table, name, missing=True)
        for name in ("recency_days_median", "frequency_median", "monetary_median")
    }
    once = numbers(who, table, "one_order_share", 0.0, missing=True)
    return [
        Segment(
            name=str(table.index[i]),
            customers=int(customers[i]),
            customer_share=customers[i] / all_customers if all_customers else math.nan,
            revenue_share=revenue[i] / all_revenue if all_revenue > 0 else math.nan,
            recency=float(medians["recency_days_median"][i]),
            frequency=float(medians["frequency_median"][i]),
            monetary=float(medians["monetary_median"][i]),
            one_order_share=float(once[i]),
        )
        for i in range(len(table))
    ]


def _budget(who: str, budget: object) -> float:
    if isinstance(budget, bool) or not isinstance(budget, int | float | np.integer | np.floating):
        raise _checks.type_error(who, "'budget'", "a number > 0 or None", budget)
    if not math.isfinite(budget) or budget <= 0:
        raise _checks.value_error(who, "'budget'", "a finite number > 0", str(budget))
    return float(budget)


def _closed_gaps(who: str, gaps: object) -> Floats:
    """Give the days between orders, sorted; gaps still open at the snapshot are left out."""
    table = _frames.frame(who, gaps)
    _checks.columns(who, table, ("gap_days",), "Pass a table of days between orders.")
    if "closed" in table.columns:
        if not pd.api.types.is_bool_dtype(table["closed"].dtype):
            raise TypeError(
                _checks.sentence(
                    who, "column 'closed'", "True or False", f"dtype {table['closed'].dtype}"
                )
            )
        table = table[table["closed"].fillna(False).to_numpy(dtype=bool)]
    days = np.sort(numbers(who, table, "gap_days", 0.0))
    if len(days) == 0:
        raise _checks.value_error(
            who, "'gaps'", "of at least one closed gap", "none", "Leave gaps out."
        )
    return days


def _window(advice: Advice, days: Floats | None) -> int:
    """Give the window: the library's, or the smallest gap that enough gaps do not exceed."""
    if days is None:
        return advice.window_days
    at = math.ceil(advice.gap_quantile * len(days) - 1e-9) - 1
    return max(1, math.ceil(float(days[max(at, 0)])))


def _pairs(who: str, cross_sell: object) -> list[tuple[str | None, str]]:
    """Turn the table into (segment or None, words) in its order."""
    table = _frames.frame(who, cross_sell)
    found = [pair for pair in _PAIRS if set(pair) <= set(table.columns)]
    if found:
        left, right = (table[column].tolist() for column in found[0])
        words = [f"{_words(b)} for buyers of {_words(a)}" for a, b in zip(left, right, strict=True)]
    elif "item" in table.columns:
        words = [_words(item) for item in table["item"].tolist()]
    else:
        raise _checks.value_error(
            who,
            "the columns of 'cross_sell'",
            "'item_a' and 'item_b', or 'antecedents' and 'consequents', or 'item'",
            _checks.shown([str(column) for column in table.columns]),
        )
    names: list[str | None] = [None] * len(words)
    if "segment" in table.columns:
        names = [str(name) for name in table["segment"].tolist()]
    return list(zip(names, words, strict=True))


def _words(item: object) -> str:
    """Write an item, or several given as tuple, list or set, as text."""
    if isinstance(item, set | frozenset):
        return " and ".join(sorted(map(str, item)))
    if isinstance(item, tuple | list | np.ndarray):
        return " and ".join(map(str, item))
    return str(item)


def _offer(advice: Advice, pairs: list[tuple[str | None, str]] | None, name: str) -> str:
    """Name the first pairs in offers that cross-sell."""
    if pairs is None or not advice.cross_sell:
        return advice.offer
    fitting = [words for segment, words in pairs if segment is None or segment == name]
    if not fitting:
        return advice.offer
    return f"{advice.offer} Start with {'; '.join(fitting[:_SHOWN_PAIRS])}."


def _stake(segments: list[Segment]) -> Floats:
    """Give customers x monetary_median / frequency_median; 0 where nobody orders or pays."""
    values = [
        s.customers * s.monetary / s.frequency if s.frequency > 0 and s.monetary > 0 else 0.0
        for s in segments
    ]
    return np.array(values, dtype=np.float64)


def _priority(stake: Floats, advices: list[Advice]) -> NDArray[np.int64]:
    """Rank the segments by stake times effort, 1 first; equals keep the table's order."""
    weight = stake * np.array([advice.effort for advice in advices])
    rank = np.empty(len(weight), dtype=np.int64)
    rank[np.argsort(-weight, kind="stable")] = np.arange(1, len(weight) + 1)
    return rank


def _split(
    stake: Floats, customers: Floats, segments: list[Segment], advices: list[Advice]
) -> Floats:
    """Split the budget: stake times effort, capped segments at their share of the revenue.

    What a cap takes away goes to the segments without one, in proportion; where there is none, or
    none with anything at stake, caps are left out.
    """
    effort = np.array([advice.effort for advice in advices])
    weight = stake * effort
    if weight.sum() <= 0:
        weight = customers * effort if customers.sum() > 0 else effort
    share: Floats = weight / weight.sum()
    limit = np.array([max(0.0, np.nan_to_num(segment.revenue_share)) for segment in segments])
    limit[[not advice.capped for advice in advices]] = np.inf
    held = np.zeros(len(share), dtype=np.bool_)
    while ((share > limit) & ~held).any():
        held |= share > limit
        free = weight[~held].sum()
        if free <= 0:
            held[:] = False
            share = weight / weight.sum()
            break
        share = limit.copy()
        share[~held] = weight[~held] / free * (1.0 - limit[held].sum())
    return _to_one(share, held)


def _to_one(share: Floats, held: NDArray[np.bool_]) -> Floats:
    """Put what rounding left over into a share that is not held, so that the sum is 1."""
    for i in np.argsort(-share):
        rest = 1.0 - math.fsum(share)
        if rest == 0.0:
            break
        if not held[i] and share[i] > 0:
            share[i] += rest
    return share
