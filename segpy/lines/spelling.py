"""Words as people write them, brought to one spelling, and the data files that list them."""

from __future__ import annotations

import json
import unicodedata
from functools import cache
from importlib.resources import files
from typing import Any

# Letters that Unicode does not take apart into a plain letter and an accent.
_WHOLE = str.maketrans({"ł": "l", "ø": "o", "æ": "ae", "œ": "oe", "đ": "d", "\u0131": "i"})


def normalise(word: str) -> str:
    """Give a header's or month's plain spelling: lower case, no accents, letters and digits only.

    >>> normalise("Kunden-Nr."), normalise("Quantité"), normalise(" customer_ID ")
    ('kundennr', 'quantite', 'customerid')
    """
    apart = unicodedata.normalize("NFKD", word.casefold().translate(_WHOLE))
    return "".join(c for c in apart if c.isalnum())


@cache
def data(name: str) -> Any:
    """Load one of this package's JSON files."""
    return json.loads(files("segpy.lines").joinpath(name).read_text(encoding="utf-8"))


@cache
def months() -> dict[str, int]:
    """Give the month a word names, in every language of ``months.json``."""
    return {
        normalise(word): number
        for number, words in enumerate(data("months.json")["months"], start=1)
        for word in words
    }
