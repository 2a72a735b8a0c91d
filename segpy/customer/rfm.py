"""Recency, frequency and money of customers, in one call or in parts."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segpy import _checks, _core, _frames
from segpy._progress import kernel_bar
from segpy.customer import rfmfile
from segpy.customer.rfmpart import Part
from segpy.customer.window import EVER, Window, stamp

RECENCIES = ("calendar", "elapsed")
FUTURES = ("error", "drop")


def rfm(
    tx: Any,
    *,
    snapshot: Any = None,
    lookback: Any = None,
    recency: str = "calendar",
    future: str = "error",
    n_jobs: int | None = None,
    progress: bool | None = None,
) -> pd.DataFrame:
    """Count recency, frequency and money of every customer.

    Parameters
    ----------
    tx : DataFrame (pandas, polars or pyarrow)
        Order lines with the columns ``customer``, ``order``, ``date`` and ``amount``, as
        `read_transactions` and `clean_transactions` give them. Lines without a customer are
        skipped; ``attrs["anonymous_lines"]`` says how many.
    snapshot : date, default None
        The day the customers are looked at from. None is the day after the last order in `tx` (with
        ``recency="elapsed"`` one day after it to the second).
    lookback : int (days) or pandas offset, default None
        Only lines in (snapshot - lookback, snapshot] count. None counts all.
    recency : {"calendar", "elapsed"}, default "calendar"
        "calendar" counts days between dates and compares dates only; "elapsed" counts whole 24
        hours from the last order to the snapshot's clock time.
    future : {"error", "drop"}, default "error"
        What to do with lines after the snapshot.
    n_jobs : int, default None
        Threads; None and -1 are all cores the process may use. Any value gives the same bits.
    progress : bool, default None
        Show a bar; None shows it only after a second of work on a terminal or in a notebook.

    Returns
    -------
    DataFrame, index ``customer`` in ascending order
        ``recency_days`` (int64, days), ``frequency`` (int64, distinct orders), ``monetary``
        (float64, sum of ``amount`` in its currency), ``first_order`` and ``last_order``
        (datetime64).

    Raises
    ------
    ValueError
        A column is missing; a date or an order id is missing; an amount is NaN, infinite or 2^44
        and above; all customers are missing; lines after the snapshot with ``future="error"``.
    TypeError
        A column has a dtype that cannot be what it is named.

    Notes
    -----
    One pass over integer codes in C, O(n) for n lines. Money is added exactly in 128-bit fixed
    point with a quantum of 2^-52 and rounded once, so the sums are the same bits for any order of
    rows, number of threads and split (see `RFMState`).

    Examples
    --------
    >>> import pandas as pd, segpy as sp
    >>> tx = pd.DataFrame({
    ...     "customer": [7, 7, 8], "order": ["a", "b", "c"], "amount": [10.0, 5.0, 3.5],
    ...     "date": pd.to_datetime(["2011-12-01", "2011-12-05", "2011-11-30"]),
    ... })
    >>> sp.rfm(tx)[["recency_days", "frequency", "monetary"]].reset_index()
       customer  recency_days  frequency  monetary
    0         7             1          2      15.0
    1         8             6          1       3.5
    """
    who = "rfm"
    _checks.one_of(who, "recency", recency, RECENCIES)
    _checks.one_of(who, "future", future, FUTURES)
    threads = _checks.threads(who, n_jobs)
    with kernel_bar("Counting orders", progress, who=who) as tick:
        lines = _Lines.of(who, tx)
        if not len(lines.when.values):
            raise _nobody(who, "no lines at all")
        latest = int(lines.when.values.max())
        window = Window.of(who, snapshot, lookback, recency, latest, lines.when.unit)
        if latest > window.stop and future == "error":
            raise _future(who, lines.when, window)
        state = _core.RFMState(lines.customers.count, lines.orders.count)
        seen = lines.add_to(who, state, window.start, window.stop, threads, tick)
    if seen[0] + seen[2] == 0:
        raise _nobody(who, f"{seen[1]} lines, none of them with a customer")
    attrs = {"anonymous_lines": seen[1], "lines_outside": seen[2]}
    return _table(state, lines.customers.ids, lines.when.unit, window, attrs)


def _nobody(who: str, got: str) -> ValueError:
    return _checks.value_error(
        who,
        "the table",
        "order lines with at least one customer",
        got,
        "Look at column 'customer', and at the audit of clean_transactions where lines went.",
    )


def _future(who: str, when: _frames.Dates, window: Window) -> ValueError:
    later = int((when.values > window.stop).sum())
    last = stamp(int(when.values.max()), when.unit)
    return _checks.value_error(
        who,
        "'snapshot'",
        f"on or after the last order, {last}",
        f"{window.snapshot} with {later} lines after it",
        "Give a later snapshot, or future='drop' to leave those lines out.",
    )


@dataclass(frozen=True)
class _Lines:
    """The four columns of order lines that count, as the kernel takes them."""

    customers: _frames.Codes
    orders: _frames.Codes
    when: _frames.Dates
    amount: NDArray[np.float64]
    table: pd.DataFrame

    @classmethod
    def of(cls, who: str, tx: Any) -> _Lines:
        """Check the columns and turn ids into codes."""
        table = _frames.frame(who, tx)
        needed = ("customer", "order", "date", "amount")
        _checks.columns(who, table, needed, "Read the file with read_transactions.")
        customers = _frames.encode(who, _frames.column(table, "customer"))
        orders = _frames.encode(who, _frames.column(table, "order"), sort=False)
        when = _frames.dates(who, _frames.column(table, "date"))
        amount = _frames.money(who, _frames.column(table, "amount"), check=False)
        return cls(customers, orders, when, amount, table)

    def add_to(
        self,
        who: str,
        state: _core.RFMState,
        start: int,
        stop: int,
        threads: int,
        tick: Callable[[float], object] | None,
    ) -> tuple[int, int, int]:
        """Add the lines to a state; (counted, anonymous, outside)."""
        try:
            return state.add(
                self.customers.codes,
                self.orders.codes,
                self.when.values,
                self.amount,
                start,
                stop,
                threads,
                "",
                tick,
            )
        except ValueError:
            self.explain(who)
            raise

    def in_nanoseconds(self, who: str) -> _Lines:
        """Give the lines with dates in the one unit that all parts of a state share."""
        values, unit = self.when
        step = 10**9 // _frames.UNITS[unit]
        limit = EVER.max // step
        if values.max() > limit or values.min() < -limit:
            row = int(np.argmax((values > limit) | (values < -limit)))
            day = stamp(int(values[row]), unit)
            raise _checks.value_error(
                who, "column 'date'", "in the years 1678 to 2261", f"{day} in row {row}"
            )
        return self if step == 1 else replace(self, when=_frames.Dates(values * step, "ns"))

    def explain(self, who: str) -> None:
        """Say in words what the kernel refused."""
        alone = (self.orders.codes < 0) & (self.customers.codes >= 0)
        if alone.any():
            row = int(np.argmax(alone))
            raise _checks.value_error(
                who,
                "column 'order'",
                "an id in every row that has a customer",
                f"none in row {row}",
            ) from None
        amount = _frames.column(self.table, "amount")
        known = pd.Series(self.customers.codes >= 0, index=amount.index)
        _frames.money(who, amount if amount.isna().all() else amount.where(known, 0.0))


def _table(
    state: _core.RFMState,
    customers: pd.Index[Any],
    unit: str,
    window: Window,
    attrs: dict[str, int],
    step: int = 1,
) -> pd.DataFrame:
    """Lay out the customers who have orders in the window; `step` state ticks are one of `unit`."""
    first, last, frequency, monetary = state.read()
    there = frequency > 0
    if not there.all():
        first, last, frequency = first[there], last[there], frequency[there]
        monetary, customers = monetary[there], customers[there]
    if step > 1:
        first, last = first // step, last // step
    table = pd.DataFrame(
        {
            "recency_days": window.days_since(last, unit),
            "frequency": frequency,
            "monetary": monetary,
            "first_order": first.view(f"M8[{unit}]"),
            "last_order": last.view(f"M8[{unit}]"),
        },
        index=customers.rename("customer"),
        copy=False,
    )
    table.attrs.update(snapshot=window.snapshot.isoformat(), recency=window.recency, **attrs)
    return table


class RFMState:
    """Recency, frequency and money in parts: the same bits as `rfm` on all lines at once.

    Days, files or partitions of a distributed job are added one by one, states are merged, and the
    result equals the full recompute bit for bit, whatever the split, also when an order is cut in
    two. It takes cleaned lines. Returns matched part by part become orphans where the purchase
    stands in another part: match returns on all lines, or on whole customers, before adding.

    Examples
    --------
    >>> import pandas as pd, segpy as sp
    >>> tx = pd.DataFrame({
    ...     "customer": [7, 7, 8], "order": ["a", "b", "c"], "amount": [10.0, 5.0, 3.5],
    ...     "date": pd.to_datetime(["2011-12-01", "2011-12-05", "2011-11-30"]),
    ... })
    >>> state = sp.RFMState().add(tx[:2]).add(tx[2:])
    >>> state.finish().equals(sp.rfm(tx))
    True
    """

    def __init__(self) -> None:
        # Parts by falling size. Two of a size are joined, as a binary counter carries, so that n
        # small adds cost O(n log n) in all and not O(n^2).
        self._parts: list[Part] = []
        self._lock = threading.RLock()

    def add(self, tx: Any) -> RFMState:
        """Add order lines (``customer, order, date, amount``); return this state.

        Raises
        ------
        ValueError, TypeError
            As `rfm`; the state is then as it was before.
        """
        who = "RFMState.add"
        lines = _Lines.of(who, tx)
        if not len(lines.when.values):
            return self
        part = Part.empty(lines.customers.ids, lines.orders.ids)
        seen = lines.in_nanoseconds(who).add_to(
            who, part.state, EVER.min + 1, EVER.max, _checks.cores(), None
        )
        latest = int(lines.when.values.max())
        part.note(lines.when.unit, int(stamp(latest, lines.when.unit).as_unit("ns").value), seen[1])
        self._push(part)
        return self

    def merge(self, other: RFMState) -> RFMState:
        """Add what another state holds; return this state. The other one stays as it is."""
        if not isinstance(other, RFMState):
            raise _checks.type_error("RFMState.merge", "'other'", "an RFMState", other)
        if other is self:
            raise _checks.value_error(
                "RFMState.merge", "'other'", "another state", "this state itself"
            )
        part = other._whole()
        if part is not None:
            self._push(part)
        return self

    def finish(self, snapshot: Any = None, recency: str = "calendar") -> pd.DataFrame:
        """Give the table of `rfm` for all lines added; the state stays and can take more.

        Raises
        ------
        ValueError
            Nothing was added, no line has a customer, or lines stand after the snapshot.
        """
        who = "RFMState.finish"
        _checks.one_of(who, "recency", recency, RECENCIES)
        part = self._whole()
        if part is None or not len(part.customers):
            raise _nobody(who, "none yet" if part is None else "none with a customer")
        latest, step = part.latest // part.step, part.step
        window = Window.of(who, snapshot, None, recency, latest, part.unit)
        if latest > window.stop:
            raise _checks.value_error(
                who,
                "'snapshot'",
                f"on or after the last order, {stamp(latest, part.unit)}",
                str(window.snapshot),
            )
        attrs = {"anonymous_lines": part.anonymous, "lines_outside": 0}
        return _table(part.state, part.customers, part.unit, window, attrs, step)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the state to a file that `load` reads; an existing file is replaced whole."""
        rfmfile.save(self._whole(), path)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> RFMState:
        """Read a state that `save` wrote.

        Raises
        ------
        ValueError
            The file is not a state of segpy, is of a newer version, or is damaged.
        """
        state = cls()
        part = rfmfile.load(path)
        if part is not None:
            state._parts.append(part)
        return state

    def _push(self, part: Part) -> None:
        with self._lock:
            self._parts = _joined([*self._parts, part], every=False)

    def _whole(self) -> Part | None:
        """Join all parts; the part is never changed afterwards, so others may hold it."""
        with self._lock:
            self._parts = _joined(self._parts, every=True)
            return self._parts[0] if self._parts else None

    def __getstate__(self) -> dict[str, Any]:
        part = self._whole()
        return {"part": None if part is None else rfmfile.to_bytes(part)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__()  # type: ignore[misc]
        if state["part"] is not None:
            self._parts.append(rfmfile.from_bytes(state["part"], "RFMState"))

    def __repr__(self) -> str:
        part = self._whole()
        if part is None:
            return "RFMState(empty)"
        return f"RFMState({len(part.customers):,} customers, {len(part.orders):,} orders)"


def _joined(parts: list[Part], every: bool) -> list[Part]:
    """Join the newest parts while they are of a size, or all; the list given is left as it is.

    Whoever interrupts this loses nothing: the new list takes the place of the old one when it is
    whole.
    """
    result = list(parts)
    while len(result) > 1 and (every or 2 * result[-1].size > result[-2].size):
        result[-2:] = [result[-2].joined(result[-1])]
    return result
