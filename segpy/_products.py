"""Which product codes are no products: postage, fees, corrections and the like."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segpy import _frames

_SHORT = 2  # characters: ids so short are codes of non-products only among longer ones


@cache
def _known() -> dict[str, Any]:
    text = files("segpy").joinpath("non_products.json").read_text("utf-8")
    known: dict[str, Any] = json.loads(text)
    return known


def is_product(products: _frames.Codes) -> NDArray[np.bool_]:
    """Tell products from postage, fees and the like; a line without a product counts as one."""
    known = _known()
    names = [str(i).strip().casefold() for i in products.ids]
    words = {w.casefold() for w in (*known["codes"], *known["names"])}
    if sum(len(n) > _SHORT for n in names) >= 0.9 * len(names):
        words |= {w.casefold() for w in known["short_codes"]}
    pattern = re.compile("|".join(known["patterns"]), re.IGNORECASE)
    flags = [n not in words and pattern.fullmatch(n) is None for n in names]
    return np.append(np.array(flags, np.bool_), True)[products.codes]
