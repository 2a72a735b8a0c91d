"""What prepare_features does to one column: learned once, done to every later customer."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segpy import _checks, _columns, _frames

WHO = "prepare_features"
Floats = NDArray[np.float64]


def log_and_scale(table: pd.DataFrame) -> pd.DataFrame:
    """Give columns of numbers as ``prepare_features()`` gives them, without an estimator."""
    result = {}
    for name in table.columns:
        values = _columns.numbers(WHO, _frames.column(table, name))
        treatment = learn(name, np.sort(values), 0, None, None, True, True)
        result[name] = treatment.apply(values)
    return pd.DataFrame(result, index=table.index)


class Treatment(NamedTuple):
    """What was learned of one column. Without winsorising low and high are infinite."""

    low: float
    high: float
    fill: float
    log: bool
    mean: float
    scale: float

    def apply(self, values: Floats, out: Floats | None = None) -> Floats:
        """Fill, pull in, take the logarithm and scale, in this order; `values` are not changed."""
        if not np.isnan(self.fill):
            values = np.where(np.isnan(values), self.fill, values)
        if np.isfinite(self.low) or np.isfinite(self.high):
            values = np.clip(values, self.low, self.high)
        if self.log:
            values = signed_log(values)
        result: Floats = np.subtract(values, self.mean, out=out)
        result /= self.scale
        return result


def learn(
    name: object,
    known: Floats,
    n_missing: int,
    shares: tuple[float, float] | None,
    impute: str | float | None,
    logged: bool,
    scale: bool,
) -> Treatment:
    """Learn the treatment of one column from its known values in ascending order."""
    low, high = -np.inf, np.inf
    if len(known) and shares is not None:
        low, high = _columns.quantile(known, shares[0]), _columns.quantile(known, 1.0 - shares[1])
        known = np.clip(known, low, high)
    fill = _fill(name, known, impute)
    if np.isfinite(fill):
        fill = float(np.clip(fill, low, high))
    every = np.sort(np.append(known, np.full(n_missing, fill))) if n_missing else known
    mean, spread = 0.0, 0.0
    if scale:
        # The logarithm keeps the ascending order that `moments` asks for.
        mean, spread = _columns.moments(signed_log(every) if logged else every)
    return Treatment(low, high, fill, logged, mean, spread if spread > 0 else 1.0)


def _fill(name: object, known: Floats, impute: str | float | None) -> float:
    """Give what a missing value of a column becomes; NaN where none may be."""
    if impute is None:
        return float("nan")
    if not isinstance(impute, str):
        return float(impute)
    if len(known) == 0:
        raise _checks.value_error(
            WHO,
            f"column {name!r}",
            f"known in at least one row to have a {impute}",
            "no value at all",
            "Leave the column out, or pass a number as 'impute'.",
        )
    return _columns.quantile(known, 0.5) if impute == "median" else _columns.moments(known).mean


def signed_log(values: Floats) -> Floats:
    """Give ``sign(x) * log(1 + abs(x))``."""
    logs = np.abs(values)
    np.log1p(logs, out=logs)
    return np.copysign(logs, values, out=logs)
