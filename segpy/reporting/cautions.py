"""Chapter "Cautions": what in these data bends the figures, with numbers and what to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from segpy import _frames
from segpy.reporting import tables, words
from segpy.reporting.story import Chapter, Story

_YEAR = 365


@dataclass(frozen=True)
class Caution:
    """One thing to know: its name, what was found, and what follows from it."""

    title: str
    found: str
    advice: str


def chapter(story: Story) -> Chapter | None:
    """Look for each thing that misleads, and tell those that are there."""
    looks: tuple[Callable[[Story], Caution | None], ...] = (
        promises,
        wholesalers,
        anonymous,
        orphan_returns,
        ties,
        long_silence,
        short_history,
        unassigned,
        without_money,
        non_products,
        unfinished_month,
    )
    found = [caution for look in looks if (caution := look(story)) is not None]
    if not found:
        return None
    return Chapter(
        anchor="cautions",
        label="Cautions",
        heading="What to keep in mind",
        template="cautions.html",
        values={"cautions": found},
    )


def promises(story: Story) -> Caution | None:
    """Look for segments whose name promises loyal customers though most of them ordered once."""
    summary, actions = story.summary, story.actions
    share = summary["one_order_share"].astype(float)
    # The advice of such a segment is replaced, and its reason says so; see recommend_actions.
    told = actions["goal"].eq("second purchase") & actions["why"].str.contains("name promises")
    named = [n for n in summary.index if share[n] > 0.5 and bool(told.get(n, False))]
    if not named:
        return None
    parts = []
    alone = len(named) == 1 and float(summary.loc[named[0], "customers"]) == 1
    for name in named:
        people = float(summary.loc[name, "customers"])
        parts.append(
            f"{words.count(round(share[name] * people))} of the "
            f"{words.plural(people, 'customer')} in {name} ({words.share(share[name])})"
        )
    return Caution(
        f"{words.listed([str(n) for n in named])} {'promises' if len(named) == 1 else 'promise'} "
        "more than the data hold",
        f"{words.listed(parts)} {'has' if alone else 'have'} ordered only once.",
        "Read the name as one large first order, and ask for a second purchase before "
        "spending on winning anyone back.",
    )


def wholesalers(story: Story) -> Caution | None:
    """Look for customers who buy like resellers and bend every average."""
    flags = story.wholesalers.reindex(story.rfm.index).fillna(False).to_numpy(dtype=bool)
    n = int(flags.sum())
    if n == 0 or n == len(flags):
        return None
    spent = story.rfm["monetary"].to_numpy(dtype=np.float64)
    everything, theirs = _frames.total(spent), _frames.total(spent[flags])
    say = story.money
    people = f"They are {words.share(n / len(flags))} of customers"
    if everything > 0:
        people += f" and {words.share(theirs / everything)} of known revenue"
    return Caution(
        f"{words.plural(n, 'customer')} {'buys' if n == 1 else 'buy'} like wholesalers",
        f"{people}. With them a customer spends {say(everything / len(flags))} on average, without "
        f"them {say((everything - theirs) / (len(flags) - n))}; the median is "
        f"{say(float(np.median(spent)))}.",
        "Trust medians over means, and give these customers an account manager, not a newsletter.",
    )


def anonymous(story: Story) -> Caution | None:
    """Look for revenue of lines without a customer, which no segment can hold."""
    without = story.customers < 0
    n = int(without.sum())
    if n == 0:
        return None
    money = _frames.total(story.amounts[without])
    title = f"{words.plural(n, 'line')} {'has' if n == 1 else 'have'} no customer"
    if story.revenue > 0 and money > 0:
        title = f"{words.share(money / story.revenue)} of revenue has no customer"
    return Caution(
        title,
        f"{words.plural(n, 'line')} worth {story.money(money)} {'carries' if n == 1 else 'carry'} "
        f"no customer id. {'It counts' if n == 1 else 'They count'} in revenue and orders by "
        "month, but in no segment.",
        "Shares by segment are shares of the revenue of known customers. Ask for an account or an "
        "e-mail at checkout to see the rest.",
    )


def orphan_returns(story: Story) -> Caution | None:
    """Look for returns whose purchase is not in the lines."""
    if story.audit is None or "orphan returns" not in story.audit.index:
        return None
    step = tables.rows(story.audit)["orphan returns"]
    n, money = step["removed_rows"], abs(step["removed_revenue"])
    if n == 0:
        return None
    return Caution(
        f"{words.plural(n, 'return')} {'has' if n == 1 else 'have'} no purchase to go with",
        f"{story.money(money)} went back for purchases that these lines do not show, mostly made "
        "before they begin or by unknown customers.",
        "These returns were left out, so true revenue is lower by up to this sum.",
    )


def ties(story: Story) -> Caution | None:
    """Look for customers with the same value, whom no cut can part."""
    if story.cuts is None:
        return None
    table = story.cuts.ties
    name = {"R": "recency", "F": "number of orders", "M": "money spent"}
    on_tie = table["customers_on_tie"].astype(float)
    worst = str(on_tie.idxmax())
    n = float(on_tie[worst])
    if n == 0:
        return None
    people = len(story.rfm)
    once = int((story.rfm["frequency"] == 1).sum())
    found = (
        f"{words.plural(n, 'customer')} ({words.share(n / people)}) share their "
        f"{name[worst]} with others across a cut between scores"
    )
    return Caution(
        "Many customers are alike, so groups are not equal in size",
        f"{found}. {words.plural(once, 'customer')} ({words.share(once / people)}) ordered "
        "exactly once.",
        "Equal customers always get equal scores here; so scores do not hold "
        "equal numbers of customers.",
    )


def long_silence(story: Story) -> Caution | None:
    """Look for a year and more without a line: mostly a mistyped date."""
    days = np.unique(story.days)
    gaps = np.diff(days)
    if not len(gaps) or gaps.max() <= _YEAR:
        return None
    at = int(np.argmax(gaps))
    early = int((story.days <= days[at]).sum())
    before, after = (pd.Timestamp(int(day), unit="D") for day in days[at : at + 2])
    return Caution(
        f"No line for {words.plural(int(gaps[at]) - 1, 'day')}",
        f"Between {words.day(before)} and {words.day(after)} nothing was ordered and nothing came "
        f"back. Before that time: {words.plural(early, 'line')}; after it: "
        f"{words.plural(len(story.days) - early, 'line')}.",
        "Look whether a date is mistyped or lines are missing: recency, months and who counts as "
        "lost all hang on the first and the last date.",
    )


def short_history(story: Story) -> Caution | None:
    """Say when there is less than a year of lines: no season can be told from a trend."""
    span = (story.last_day - story.first_day).days + 1
    if span >= _YEAR:
        return None
    return Caution(
        f"The lines cover only {words.plural(span, 'day')}",
        "With less than a year, a season looks like a trend, customers who buy once a year look "
        "lost, and customers from before look new.",
        "Add older lines if they exist before acting on who is lost or new.",
    )


def unassigned(story: Story) -> Caution | None:
    """Look for customers the segment map has no name for."""
    n = story.n_nameless
    if n == 0:
        return None
    return Caution(
        f"{words.plural(n, 'customer')} {'has' if n == 1 else 'have'} no segment name",
        f"The segments chosen leave {words.share(n / len(story.rfm))} of the customers unnamed.",
        "Choose segments that cover every score, such as the eleven of rfm-11.",
    )


def without_money(story: Story) -> Caution | None:
    """Look for customers whose money comes to nothing or less."""
    n = int((story.rfm["monetary"] <= 0).sum())
    if n == 0:
        return None
    return Caution(
        f"{words.plural(n, 'customer')} brought nothing or less",
        "Returns or free goods outweigh what they paid.",
        "They stand in the lowest money score; leave them out of campaigns that count on spending.",
    )


def non_products(story: Story) -> Caution | None:
    """Look for postage, fees and corrections among the lines, where they weigh something."""
    if "is_product" not in story.lines.columns:
        return None
    other = ~story.lines["is_product"].to_numpy(dtype=bool)
    money = _frames.total(story.amounts[other])
    part = money / story.revenue if story.revenue > 0 else 0.0
    if part < 0.01:
        return None
    n = int(other.sum())
    return Caution(
        f"{words.share(part)} of revenue is not products",
        f"{words.plural(n, 'line')} worth {story.money(money)} {'is' if n == 1 else 'are'} "
        "postage, fees, manual entries and the like.",
        f"{'It counts' if n == 1 else 'They count'} in revenue and in what customers spent, but "
        "not in what they buy.",
    )


def unfinished_month(story: Story) -> Caution | None:
    """Say when the lines stop before the last month ends."""
    months = story.months
    if not bool(months["partial"].iloc[-1]):
        return None
    month = words.month(months.index[-1])
    return Caution(
        f"{month} is not over",
        f"The lines end on {words.day(story.last_day)}; nothing after that day is known.",
        "Compare whole months with whole months; this page does.",
    )
