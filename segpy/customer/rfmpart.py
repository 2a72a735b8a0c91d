"""One part of an `RFMState`: ids, the kernel's state, and how two parts become one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segpy import _checks, _core, _frames

_EARLIEST = np.iinfo(np.int64).min


@dataclass
class Part:
    """RFM of some order lines. Dates are nanoseconds; `unit` is the finest any line came in."""

    customers: pd.Index[Any]  # ascending
    orders: pd.Index[Any]
    state: _core.RFMState
    unit: str = "s"
    latest: int = _EARLIEST  # the last line, with a customer or without
    anonymous: int = 0

    @classmethod
    def empty(cls, customers: pd.Index[Any], orders: pd.Index[Any]) -> Part:
        """Make a part for these ids without any line."""
        return cls(customers, orders, _core.RFMState(len(customers), len(orders)))

    @property
    def size(self) -> int:
        """What joining this part costs."""
        return len(self.customers) + len(self.orders)

    @property
    def step(self) -> int:
        """Nanoseconds in a tick of `unit`."""
        return 10**9 // _frames.UNITS[self.unit]

    def note(self, unit: str, latest: int, anonymous: int) -> None:
        """Remember what the kernel's state does not hold of some lines."""
        self.unit = max(self.unit, unit, key=lambda u: _frames.UNITS[u])
        self.latest = max(self.latest, latest)
        self.anonymous += anonymous

    def joined(self, other: Part) -> Part:
        """Make the part of both parts' lines; neither is changed."""
        customers, customer_maps = _union(self.customers, other.customers, sort=True)
        orders, order_maps = _union(self.orders, other.orders, sort=False)
        result = Part.empty(customers, orders)
        for part, customer_map, order_map in zip(
            (self, other), customer_maps, order_maps, strict=True
        ):
            result.state.merge(part.state, customer_map, order_map)
            result.note(part.unit, part.latest, part.anonymous)
        return result


def _union(
    a: pd.Index[Any], b: pd.Index[Any], sort: bool
) -> tuple[pd.Index[Any], tuple[NDArray[np.int32], NDArray[np.int32]]]:
    """Join two sets of ids; for each the codes its ids have in the union."""
    if len(a) and len(b) and (a.dtype == np.int64) != (b.dtype == np.int64):
        if "M" in (a.dtype.kind, b.dtype.kind):
            raise _checks.type_error("RFMState", "ids of all parts", "of one kind", b[0])
        # whole numbers in one part and texts in the other: a column that holds both is all texts
        a, b = a.astype(str), b.astype(str)
    both = pd.Series(a.append(b) if len(a) and len(b) else (a if len(a) else b))
    union = _frames.encode("RFMState", both, sort)
    return union.ids, (union.codes[: len(a)].copy(), union.codes[len(a) :].copy())
