"""Guests: shop systems call all customers without an account alike, often 0."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from segpy.lines.cells import NOTHING, Column
from segpy.lines.idcells import as_distinct, whole_numbers


def without_guests(
    customers: Column, guests: Collection[str], other: Column | None
) -> tuple[Column, int] | None:
    """Give the guests among the customers the id they have in another column.

    Parameters
    ----------
    customers : Column
        The customers' ids.
    guests : collection of str
        What stands there instead of an id; "" is an empty cell.
    other : Column or None
        Where guests are told apart, such as by their e-mail address; None: nowhere.

    Returns
    -------
    tuple of Column and int, or None
        The ids, missing for a guest who has none in `other` either, and the number of guests' rows;
        None if there are no guests.
    """
    ids = as_distinct(customers)
    texts = ids.texts()
    codes = ids.row_codes()
    people = [t for t in texts if t not in guests]
    if people and whole_numbers(people) is not None:
        # "5.0", as spreadsheets leave it, is the customer 5 also beside addresses.
        texts = [t if t in guests else t.partition(".")[0] for t in texts]
    is_guest = np.array([*(t in guests for t in texts), "" in guests])[codes]
    rows = int(is_guest.sum())
    if not rows:
        return None
    if other is None:
        codes = np.where(is_guest, np.intp(-1), codes)
        values = np.array(texts, dtype=object)
        return _used(replace(ids, values=values, codes=codes.astype(np.intp))), rows
    known = as_distinct(other).without(NOTHING)
    theirs = known.row_codes()
    codes = np.where(is_guest, np.where(theirs < 0, -1, theirs + len(texts)), codes)
    values = np.array([*texts, *known.texts()], dtype=object)
    return _used(replace(ids, values=values, codes=codes.astype(np.intp))), rows


def _used(column: Column) -> Column:
    """Leave out the cells that stand in no row: they must not decide anything."""
    assert column.codes is not None
    used = np.unique(column.codes[column.codes >= 0])
    place = np.full(len(column.values) + 1, -1, dtype=np.intp)
    place[used] = np.arange(len(used))
    return replace(column, values=column.values[used], codes=place[column.codes])
