"""A segment map: names, each with codes or patterns; shipped ones are data files beside this."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import dataclass
from functools import cache
from os import PathLike
from pathlib import Path
from typing import cast

from segpy import _checks
from segpy.customer import codes

UNASSIGNED = "Unassigned"
FAULTS = {
    "gap": "a map with a name for every code",
    "overlap": "a map with each code under one name",
    "dead name": "a map with a code for every name",
    "unknown code": "a map of codes that the scores can have",
}
_HOME = Path(__file__).parent / "maps"


@dataclass(frozen=True)
class SegmentMap:
    """Names in order with their codes or patterns.

    Attributes
    ----------
    label : str
        What messages call the map.
    names : tuple of str
        Segment names, first appearance first.
    entries : tuple of tuples of str
        For each name its codes and patterns.
    n_bins : int or None
        The number of bins the map is made for; None for a dict, which does not say.
    """

    label: str
    names: tuple[str, ...]
    entries: tuple[tuple[str, ...], ...]
    n_bins: int | None

    @property
    def ordered(self) -> bool:
        """True for a map with any pattern: then the first matching name wins."""
        return any(not codes.is_code(entry) for one in self.entries for entry in one)

    def matches(self, bins: dict[str, int]) -> list[list[int]]:
        """For each code of `codes.all_codes` give the numbers of the names that claim it."""
        known = codes.all_codes(bins)
        found: list[list[int]] = [[] for _ in known]
        at = {code: i for i, code in enumerate(known)}
        for number, one in enumerate(self.entries):
            if not self.ordered:
                for code in one:
                    if code in at:
                        found[at[code]].append(number)
                continue
            test = re.compile("|".join(f"(?:{entry})" for entry in one) or "(?!)")
            for i, code in enumerate(known):
                if test.fullmatch(code):
                    found[i].append(number)
        return found

    def first_names(self, bins: dict[str, int]) -> list[str | None]:
        """For each code of `codes.all_codes` give its name, or None."""
        return [self.names[claim[0]] if claim else None for claim in self.matches(bins)]

    def faults(self, who: str, bins: dict[str, int]) -> list[tuple[str, str, tuple[str, ...]]]:
        """List the faults as (fault, code, names), by fault in the order of `FAULTS`."""
        self._compile(who)
        known = codes.all_codes(bins)
        found = self.matches(bins)
        claims = list(zip(known, found, strict=True))
        none: tuple[str, ...] = ()
        rows = [("gap", code, none) for code, claim in claims if not claim]
        if not self.ordered:
            for code, claim in claims:
                if len(claim) > 1:
                    rows.append(("overlap", code, tuple(self.names[i] for i in claim)))
        reached = {claim[0] for claim in found if claim}
        if not self.ordered:
            reached = {number for claim in found for number in claim}
        rows += [("dead name", "", (n,)) for i, n in enumerate(self.names) if i not in reached]
        possible = set(known)
        unknown: dict[str, list[str]] = {}
        for name, one in zip(self.names, self.entries, strict=True):
            for entry in one:
                if codes.is_code(entry) and entry not in possible:
                    unknown.setdefault(entry, []).append(name)
        rows += [("unknown code", code, tuple(names)) for code, names in unknown.items()]
        return rows

    def _compile(self, who: str) -> None:
        """Raise when a pattern is no regular expression."""
        for name, one in zip(self.names, self.entries, strict=True):
            for entry in one:
                try:
                    re.compile(entry)
                except re.error as error:
                    raise _checks.value_error(
                        who,
                        f"the pattern of {name!r}",
                        "a regular expression",
                        f"{entry!r} ({error})",
                    ) from None


def shipped() -> list[dict[str, str]]:
    """Give name, file, about and source of the maps in the folder `maps`."""
    text = (_HOME / "maps.json").read_text(encoding="utf-8")
    return cast(list[dict[str, str]], json.loads(text))


def read_map(who: str, segment_map: object) -> SegmentMap:
    """Read a map given as a shipped name, a dict, or the path of a CSV."""
    if isinstance(segment_map, SegmentMap):
        return segment_map
    if isinstance(segment_map, dict):
        return _from_dict(who, segment_map)
    if not isinstance(segment_map, str | PathLike):
        raise _checks.type_error(
            who, "'segment_map'", "a map's name, a dict or the path of a CSV", segment_map
        )
    files = {entry["name"]: entry["file"] for entry in shipped()}
    if isinstance(segment_map, str) and segment_map in files:
        return _shipped_map(segment_map, files[segment_map])
    path = Path(segment_map)
    if not path.is_file():
        allowed = ", ".join(repr(name) for name in files)
        raise _checks.value_error(
            who, "'segment_map'", f"one of {allowed}, a dict or a CSV file",
            _checks.shown(str(segment_map)), "There is no such file.",
        )  # fmt: skip
    return _from_csv(who, path, path.name)


@cache
def _shipped_map(name: str, file: str) -> SegmentMap:
    """Load a shipped map and check it: only a gap is let through, as a map may leave some out."""
    known = _from_csv("segment_maps", _HOME / file, name)
    bins = codes.bins_of("segment_maps", known.n_bins)
    for fault, code, names in known.faults("segment_maps", bins):
        if fault != "gap":
            got = f"{code!r} under {', '.join(names)}"
            raise _checks.value_error("segment_maps", f"the file {file!r}", FAULTS[fault], got)
    return known


def _from_dict(who: str, given: dict[object, object]) -> SegmentMap:
    names, entries = [], []
    for name, value in given.items():
        names.append(_name(who, name))
        listed = [value] if isinstance(value, str | int) else value
        if not isinstance(listed, list | tuple | set | frozenset) or isinstance(value, bool):
            raise _checks.type_error(who, f"the codes of {name!r}", "a list or text", value)
        if isinstance(listed, set | frozenset):
            listed = sorted(listed, key=str)
        entries.append(tuple(_entry(who, str(name), one) for one in listed))
    return _make(who, "dict", names, entries, None)


def _from_csv(who: str, path: Path, label: str) -> SegmentMap:
    """Read the columns segment, codes and n_bins; rows of one name are put together.

    Spreadsheets write a CSV with the separator of their country: comma, semicolon or tab.
    """
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            head = file.readline()
            file.seek(0)
            separator = max(",;\t", key=head.count)
            rows = list(csv.DictReader(file, delimiter=separator))
            # DictReader puts surplus cells under the key None.
            columns = [c for c in (rows[0] if rows else {}) if c is not None]
    except (UnicodeDecodeError, csv.Error) as error:
        raise _checks.value_error(
            who, f"the file {label!r}", "a CSV in UTF-8", str(error)
        ) from None
    missing = [c for c in ("segment", "codes") if c not in columns]
    if missing:
        raise _checks.value_error(
            who,
            f"the file {label!r}",
            "a CSV with rows and the columns 'segment' and 'codes'",
            f"the columns {columns}",
        )
    found: dict[str, list[str]] = {}
    bins = set()
    for row in rows:
        name = _name(who, (row["segment"] or "").strip())
        listed = (row["codes"] or "").split()
        found.setdefault(name, []).extend(_entry(who, name, one) for one in listed)
        bins.add((row.get("n_bins") or "5").strip())
    number = bins.pop()
    if bins or not number.isdecimal():
        raise _checks.value_error(
            who, f"'n_bins' in {label!r}", "one whole number", ", ".join({*bins, number})
        )
    n_bins = _checks.integer(who, f"n_bins in {label!r}", int(number), 2, codes.MOST_BINS)
    return _make(who, label, list(found), [tuple(one) for one in found.values()], n_bins)


def _make(
    who: str, label: str, names: list[str], entries: list[tuple[str, ...]], n_bins: int | None
) -> SegmentMap:
    if not names:
        raise _checks.value_error(who, "'segment_map'", "of at least one segment", "none")
    return SegmentMap(label, tuple(names), tuple(entries), n_bins)


def _name(who: str, name: object) -> str:
    if not isinstance(name, str):
        raise _checks.type_error(who, "a segment's name", "text", name)
    if not name.strip() or name == UNASSIGNED:
        raise _checks.value_error(
            who,
            "a segment's name",
            f"text other than {UNASSIGNED!r}, which names what no code reaches",
            repr(name),
        )
    return name


def _entry(who: str, name: str, entry: object) -> str:
    """Give a code or pattern as text; a code may be written as a whole number."""
    if isinstance(entry, int) and not isinstance(entry, bool):
        return str(entry)
    if not isinstance(entry, str):
        raise _checks.type_error(who, f"a code of {name!r}", "text such as '555' or '5..'", entry)
    if not entry.strip():
        raise _checks.value_error(who, f"a code of {name!r}", "text such as '555' or '5..'", "''")
    return entry.strip()
