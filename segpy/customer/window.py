"""The snapshot customers are looked at from, and the window of time that counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segpy import _checks, _frames

EVER = np.iinfo(np.int64)
_DAY = 86_400


@dataclass(frozen=True)
class Window:
    """Which lines count, in ticks of the dates' unit, and what recency is measured from."""

    start: int
    stop: int
    snapshot: pd.Timestamp
    recency: str

    @classmethod
    def of(
        cls, who: str, snapshot: Any, lookback: Any, recency: str, latest: int, unit: str
    ) -> Window:
        """Work the window out; `latest` is the tick of the last line."""
        calendar = recency == "calendar"
        if snapshot is None:
            at = stamp(latest, unit) + pd.Timedelta(days=1)
        else:
            at = moment(who, snapshot)
        at = at.normalize() if calendar else at
        step = _DAY * _frames.UNITS[unit]
        stop = _ticks(at, unit) + (step - 1 if calendar else 0)
        start = EVER.min + 1
        if lookback is not None:
            before = _back(who, at, lookback, calendar)
            if before is not None:
                start = _ticks(before, unit) + (step if calendar else 1)
        # ticks that no date can have: all dates are on one side of them
        return cls(
            min(max(start, EVER.min + 1), EVER.max),
            min(max(stop, EVER.min), EVER.max),
            at,
            recency,
        )

    def days_since(self, last: NDArray[np.int64], unit: str) -> NDArray[np.int64]:
        """Count days from each last order to the snapshot."""
        step = _DAY * _frames.UNITS[unit]
        day, tick = divmod(_ticks(self.snapshot, unit), step)
        days = day - last // step
        return days if self.recency == "calendar" else days - (last % step > tick)


def moment(who: str, snapshot: Any) -> pd.Timestamp:
    """Check a snapshot and give it as a moment of the shop's own clock."""
    return _frames.moment(who, "snapshot", snapshot)


def stamp(ticks: int, unit: str) -> pd.Timestamp:
    """Give ticks since 1970 as a moment."""
    return pd.Timestamp(ticks, unit=unit)


def _back(who: str, at: pd.Timestamp, lookback: Any, calendar: bool) -> pd.Timestamp | None:
    """Go back from the snapshot by the look-back window; None: beyond all dates."""
    span = _span(who, lookback)
    try:
        before: pd.Timestamp = at - span
        before = before.normalize() if calendar else before
    except (OverflowError, ValueError):
        return None
    if before >= at:
        allowed = "a span of at least a day" if calendar else "a span of time"
        raise _checks.value_error(who, "'lookback'", allowed, _checks.shown(lookback))
    return before


def _span(who: str, lookback: Any) -> Any:
    allowed = "an int (days) or a pandas offset"
    if isinstance(lookback, bool | float):
        raise _checks.type_error(who, "'lookback'", allowed, lookback)
    if isinstance(lookback, np.timedelta64 | timedelta):
        return pd.Timedelta(lookback)
    if isinstance(lookback, int | np.integer):
        return pd.Timedelta(days=_checks.integer(who, "lookback", lookback, 1, 100_000))
    try:
        return pd.tseries.frequencies.to_offset(lookback)
    except (TypeError, ValueError):
        raise _checks.type_error(who, "'lookback'", allowed, lookback) from None


def _ticks(at: pd.Timestamp, unit: str) -> int:
    """Whole ticks up to a moment, as a Python int."""
    micros = int(at.as_unit("us").to_numpy().astype(np.int64))
    nanos = micros * 1000 + at.nanosecond
    return nanos * _frames.UNITS[unit] // 10**9
