"""Support as people write it, as a number of baskets."""

from __future__ import annotations

from fractions import Fraction
from math import ceil
from numbers import Real

import numpy as np

from segpy import _checks


def min_count(who: str, min_support: object, n_baskets: int) -> int:
    """Give the least number of baskets: of a float share, read as the decimal it prints; of an int.

    >>> min_count("Apriori", 0.28, 25), min_count("Apriori", 7, 25)
    (7, 7)
    """
    allowed = "a share in (0, 1] or a number of baskets >= 1"
    if isinstance(min_support, int | np.integer) and not isinstance(min_support, bool):
        if min_support < 1:
            raise _checks.value_error(who, "'min_support'", allowed, str(min_support))
        return int(min_support)
    if isinstance(min_support, bool | np.bool_) or not isinstance(min_support, Real):
        raise _checks.type_error(who, "'min_support'", allowed, min_support)
    share = float(min_support)
    if not 0 < share <= 1:
        advice = "A number of baskets is an int." if share > 1 else ""
        raise _checks.value_error(who, "'min_support'", allowed, str(min_support), advice)
    return max(1, ceil(decimal(min_support) * n_baskets))


def decimal(share: Real) -> Fraction:
    """Give the decimal a number prints, exactly: 0.28 is 28 / 100, not the double next to it."""
    return share if isinstance(share, Fraction) else Fraction(str(share))
