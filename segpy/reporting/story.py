"""What every chapter of the report is told from: the cleaned lines and the tables made of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segpy import _frames
from segpy.customer.segment_map import UNASSIGNED
from segpy.reporting import crosssell, tables, words
from segpy.reporting.bought import Together
from segpy.reporting.grouping import PAGE, Groups
from segpy.reporting.monthly import month_table
from segpy.reporting.sold import Sold

_WHO = "report"


@dataclass(frozen=True)
class Cuts:
    """How scores were made and named.

    `breaks` maps "R", "F", "M" to ascending cut points; `ties` is the scorer's table of customers
    on a tie; `codes` has a row for every code of the grid with its `R, F, M` and `segment`.
    """

    breaks: Mapping[str, NDArray[np.float64]]
    ties: pd.DataFrame
    codes: pd.DataFrame
    n_bins: Mapping[str, int]


@dataclass(frozen=True)
class Story:
    """The tables of one report, all made from the same cleaned lines.

    `cuts` is None when the caller brought segments of his own; `audit` is None when he brought
    cleaned lines without one.
    """

    lines: pd.DataFrame
    audit: pd.DataFrame | None
    rfm: pd.DataFrame
    scores: pd.DataFrame | None
    cuts: Cuts | None
    segments: pd.Series
    summary: pd.DataFrame
    wholesalers: pd.Series
    snapshot: pd.Timestamp
    currency: str
    title: str | None
    include_ids: bool
    options: Mapping[str, str]
    version: str

    @cached_property
    def money(self) -> words.Money:
        """The function that says an amount in the report's currency."""
        return words.money(self.currency)

    @cached_property
    def amounts(self) -> NDArray[np.float64]:
        """Amount of each line, shape (n_lines,)."""
        return _frames.money(_WHO, self.lines["amount"])

    @cached_property
    def days(self) -> NDArray[np.int64]:
        """Calendar day of each line, counted from 1970, shape (n_lines,)."""
        return _frames.days(_WHO, self.lines["date"])

    @cached_property
    def orders(self) -> _frames.Codes:
        """Order of each line as a code."""
        return _frames.encode(_WHO, self.lines["order"], sort=False)

    @cached_property
    def customers(self) -> NDArray[np.int64]:
        """Position of each line's customer in `rfm`; -1 for anonymous lines."""
        codes = _frames.encode(_WHO, self.lines["customer"], sort=False)
        place = self.rfm.index.get_indexer(codes.ids)
        return np.append(place, -1)[codes.codes]

    @cached_property
    def segment_codes(self) -> NDArray[np.int64]:
        """Position of each customer of `rfm` in the index of `summary`; -1 without a segment."""
        names = self.segments.reindex(self.rfm.index)
        return np.asarray(self.summary.index.get_indexer(pd.Index(names.astype(object))))

    @cached_property
    def first_day(self) -> pd.Timestamp:
        """The day of the first line."""
        return pd.Timestamp(int(self.days.min()), unit="D")

    @cached_property
    def last_day(self) -> pd.Timestamp:
        """The day of the last line."""
        return pd.Timestamp(int(self.days.max()), unit="D")

    @cached_property
    def revenue(self) -> float:
        """Revenue of all lines, the anonymous ones too."""
        return _frames.total(self.amounts)

    @cached_property
    def known_revenue(self) -> float:
        """Revenue of the lines whose customer is known."""
        return _frames.total(self.amounts[self.customers >= 0])

    @cached_property
    def segment_revenue(self) -> float:
        """Revenue of all rows of the summary: what the shares of revenue are shares of."""
        return _frames.total(self.summary["revenue"].to_numpy(dtype=np.float64))

    @cached_property
    def has_shares(self) -> bool:
        """Whether revenue can be shared out: nothing, or less, has no parts."""
        return self.segment_revenue > 0

    @property
    def no_shares(self) -> str:
        """Why there are no shares of revenue."""
        return (
            f"All segments together bring {self.money(self.segment_revenue)}: returns or free "
            "goods outweigh what was paid, so there are no shares of revenue and no money at stake."
        )

    @cached_property
    def named(self) -> dict[Any, dict[str, Any]]:
        """The rows of the summary that are segments; customers without a name are none."""
        found = tables.rows(self.summary)
        return {name: line for name, line in found.items() if name != UNASSIGNED}

    @cached_property
    def n_nameless(self) -> int:
        """How many customers have no segment name."""
        names = self.segments.reindex(self.rfm.index).astype(object)
        return int((names.isna() | (names == UNASSIGNED)).sum())

    @cached_property
    def best_segment(self) -> tuple[str, dict[str, Any]] | None:
        """The named segment that brings most revenue, and its row of the summary."""
        if not self.named:
            return None
        best = max(self.named, key=lambda name: float(self.named[name]["revenue"]))
        return str(best), self.named[best]

    @cached_property
    def steps(self) -> pd.DataFrame:
        """The advice in the order to act on it; customers without a name come last."""
        ranked = self.actions.sort_values("priority", kind="stable")
        nameless = ranked.index == UNASSIGNED
        return pd.concat([ranked[~nameless], ranked[nameless]])

    @cached_property
    def months(self) -> pd.DataFrame:
        """The figures of every month, see `month_table`."""
        covered = max(self.last_day, self.snapshot - pd.Timedelta(days=1))
        return month_table(self.days, self.amounts, self.orders, self.customers, covered)

    @cached_property
    def groups(self) -> Groups | None:
        """The groups that clustering found, or that it found none; None for too few customers."""
        return Groups.of(self.rfm, **PAGE)

    @cached_property
    def together(self) -> Together | None:
        """What baskets hold together; None where no product is named."""
        return None if self.sold is None else Together.of(self.sold)

    @cached_property
    def offers(self) -> dict[str, crosssell.Offer]:
        """What to offer each segment beside what it buys."""
        if self.sold is None or self.together is None:
            return {}
        segments = np.append(self.segment_codes, -1)[self.sold.customers]
        names = [str(name) for name in self.summary.index]
        return crosssell.offers(self.sold, self.together, names, segments)

    @cached_property
    def product_names(self) -> dict[int, str]:
        """Names of the products that are told of as bought together; no two are alike."""
        if self.sold is None or self.together is None:
            return {}
        offered = [rule for offer in self.offers.values() for rule in offer.rules]
        chosen = {p for rule in (*self.together.rules, *offered) for p in rule.products}
        return self.sold.different_names(sorted(chosen))

    @cached_property
    def actions(self) -> pd.DataFrame:
        """The advice for each segment; offers that cross-sell name what is bought together."""
        from segpy.customer.actions import recommend_actions

        pairs = crosssell.table(self.offers, self.product_names)
        return recommend_actions(self.summary, cross_sell=pairs)

    @cached_property
    def plain_offers(self) -> dict[Any, str]:
        """The offer of each segment without what is bought together."""
        from segpy.customer.actions import recommend_actions

        return dict(recommend_actions(self.summary)["offer"])

    @cached_property
    def sold(self) -> Sold | None:
        """The lines of real products; None where no product is named."""
        return Sold.of(self.lines, self.amounts, self.orders.codes, self.customers)


@dataclass(frozen=True)
class Chapter:
    """One part of the page: where it stands, what it is called, its template and its values.

    `label` stands above the heading and in the list of chapters; `heading` says what was found.
    """

    anchor: str
    label: str
    heading: str
    template: str
    values: Mapping[str, object]
    collapsed: bool = False
