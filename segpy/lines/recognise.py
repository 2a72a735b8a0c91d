"""From headers to roles: exports known as a whole first, then plain words of many languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from segpy import _checks
from segpy.lines.spelling import data, normalise

CANONICAL = ("customer", "order", "date", "product", "quantity", "price", "amount")
ROLES = (*CANONICAL, "description", "country")
_DATA = "headers.json"


@dataclass(frozen=True)
class Recognised:
    """What a table's headers mean.

    Attributes
    ----------
    roles : dict of str to int
        Role to the position of its column.
    source : str or None
        The name of the known export, if it is one.
    rules : dict
        What that export does in its own way, as the data file says.
    """

    roles: dict[str, int]
    source: str | None = None
    rules: dict[str, Any] = field(default_factory=dict)


@cache
def _words() -> dict[str, dict[str, int]]:
    """Give for each role its words in one spelling and their rank, the best first."""
    known = data(_DATA)["words"]
    return {
        role: {normalise(word): rank for rank, word in enumerate(words)}
        for role, words in known.items()
    }


@cache
def _weak_amounts() -> dict[str, int]:
    return {normalise(w): rank for rank, w in enumerate(data(_DATA)["weak"]["amount"])}


def hits(headers: Sequence[object]) -> int:
    """Count the roles that these headers would be given."""
    return len(_guess([normalise(str(h)) for h in headers], {}).roles)


def recognise(
    who: str, headers: Sequence[object], columns: Mapping[str, object] | None, hint: str = ""
) -> Recognised:
    """Find the column of each role.

    `columns` (role to header, or None to leave a role out) overrules what is recognised; `hint`
    is added to the advice where customer or date is missing.

    Raises
    ------
    ValueError
        If `columns` names an unknown role or column, two columns fit a role equally well, the
        customers of the file are known to be no customers, or customer or date is missing.
    """
    given = _given(who, headers, columns)
    spelled = [normalise(str(h)) for h in headers]
    found = _guess(spelled, given)
    roles = found.roles
    _check_orders_left(who, roles, given, headers, spelled)
    for role, place in roles.items():
        if role not in given:
            _check_single(who, role, place, headers, spelled)
    if "product" not in roles and "description" in roles and "product" not in given:
        roles["product"] = roles.pop("description")
    _check_enough(who, found, headers, hint)
    return found


def _given(
    who: str, headers: Sequence[object], columns: Mapping[str, object] | None
) -> dict[str, int | None]:
    if columns is None:
        return {}
    if not isinstance(columns, Mapping):
        raise _checks.type_error(
            who,
            "'columns'",
            "a dict of role to column name",
            columns,
            "For example columns={'customer': 'Client'}.",
        )
    places: dict[str, int | None] = {}
    for role, header in columns.items():
        if role not in ROLES:
            allowed = "one of " + ", ".join(map(repr, ROLES))
            raise _checks.value_error(who, "a key of columns", allowed, repr(role))
        if header is None:
            places[role] = None
            continue
        exact = [i for i, h in enumerate(headers) if h == header or str(h) == str(header)]
        if not exact:
            raise _checks.value_error(
                who,
                f"columns[{role!r}]",
                "a column of the table",
                f"{header!r}, while the table has {listed(headers)}",
            )
        places[role] = exact[0]
    return places


def _guess(spelled: list[str], given: Mapping[str, int | None]) -> Recognised:
    roles = {role: place for role, place in given.items() if place is not None}
    for source in data(_DATA)["sources"]:
        if all(normalise(n) in spelled for n in source["needs"]):
            for role, names in source["columns"].items():
                if role not in given:
                    best = {normalise(name): rank for rank, name in enumerate(names)}
                    _take_best(role, best, spelled, roles)
            if not source.get("closed"):
                _take_by_words(spelled, given, roles)
            return Recognised(roles, source["name"], source)
    _take_by_words(spelled, given, roles)
    return Recognised(roles)


def _take_by_words(
    spelled: list[str], given: Mapping[str, int | None], roles: dict[str, int]
) -> None:
    for role, words in _words().items():
        if role not in roles and role not in given:
            _take_best(role, words, spelled, roles)
    if "amount" not in roles and "amount" not in given and "price" not in roles:
        _take_best("amount", _weak_amounts(), spelled, roles)


def _take_best(role: str, words: dict[str, int], spelled: list[str], roles: dict[str, int]) -> None:
    free = [i for i, s in enumerate(spelled) if s in words and i not in roles.values()]
    if free:
        roles[role] = min(free, key=lambda i: words[spelled[i]])


def _check_single(
    who: str, role: str, place: int, headers: Sequence[object], spelled: list[str]
) -> None:
    same = [i for i, s in enumerate(spelled) if s == spelled[place]]
    # The canonical name itself wins: a table of ours may carry a source's column beside it.
    exact = [i for i in same if headers[i] == role]
    if len(same) > 1 and exact != [place]:
        raise _checks.value_error(
            who,
            f"the column for {role!r}",
            "one",
            listed([headers[i] for i in same]),
            f"Say which: columns={{{role!r}: {headers[same[0]]!r}}}.",
        )


def _check_orders_left(
    who: str,
    roles: Mapping[str, int],
    given: Mapping[str, int | None],
    headers: Sequence[object],
    spelled: list[str],
) -> None:
    """Refuse a column given to another role that alone could tell the orders apart."""
    if "order" in roles or "order" in given:
        return
    free = _guess(spelled, dict.fromkeys(given)).roles.get("order")
    other = next((role for role, place in given.items() if place == free), None)
    if free is None or other is None:
        return
    name = str(headers[free])
    raise _checks.value_error(
        who,
        f"columns[{other!r}]",
        "a column that no other role needs",
        f"{name!r}, the only one that tells orders apart",
        f"Keep both with columns={{{other!r}: {name!r}, 'order': {name!r}}}, or count a "
        f"customer's day as an order with columns={{{other!r}: {name!r}, 'order': None}}.",
    )


def _check_enough(who: str, found: Recognised, headers: Sequence[object], hint: str) -> None:
    missing = [role for role in ("customer", "date") if role not in found.roles]
    if not missing:
        return
    trap = found.rules.get("not_a_customer")
    spelled = [normalise(str(h)) for h in headers]
    if "customer" in missing and trap and normalise(trap["header"]) in spelled:
        raise _checks.value_error(
            who,
            "the customer column",
            "'customer_unique_id'",
            f"{trap['header']!r}",
            f"{trap['why']}. {trap['advice']}",
        )
    known = ", ".join(f"{r} = {str(headers[p])!r}" for r, p in found.roles.items()) or "nothing"
    example = ", ".join(f"{role!r}: '<its column>'" for role in missing)
    raise _checks.value_error(
        who,
        "the table's columns",
        "recognised as customer and date at least",
        f"no {' and no '.join(missing)} among {listed(headers)} (recognised: {known})",
        f"Pass columns={{{example}}}. {hint}".rstrip(),
    )


def listed(headers: Sequence[object]) -> str:
    """Give headers as an error shows them, the first thirty."""
    shown = ", ".join(repr(str(h)) for h in headers[:30])
    return shown + (f" and {len(headers) - 30} more" if len(headers) > 30 else "")
