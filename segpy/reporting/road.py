"""From what the caller gave to the story: read, clean, count, score, name, advise."""

from __future__ import annotations

import datetime
import inspect
import os
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

import numpy as np
import pandas as pd

from segpy import _checks, _core, _frames
from segpy.reporting import tables
from segpy.reporting.story import Cuts, Story

_WHO = "report"
# The option of clean_transactions that decides over each step of its audit.
_OPTION_OF = {
    "missing customer": "missing_customer",
    "duplicates": "duplicates",
    "no price": "no_price",
    "non-products": "non_products",
    "returns": "returns",
    "orphan returns": "returns",
}
_YEARS = ("1678-01-01", "2261-12-31")
# A name, a dict of codes or patterns, or a CSV: whatever `assign_segments` takes.
SegmentMap = str | os.PathLike[str] | dict[str, object]


def walk(
    source: object,
    *,
    read: Mapping[str, Any] | None,
    clean: Mapping[str, Any] | None,
    audit: pd.DataFrame | None,
    segments: pd.Series | None,
    snapshot: object,
    segment_map: SegmentMap,
    currency: str,
    title: str | None,
    include_ids: bool,
) -> Story:
    """Go the whole road once and give every table the chapters tell from."""
    from segpy.customer.rfm import rfm
    from segpy.customer.summary import segment_summary
    from segpy.customer.wholesalers import flag_wholesalers

    _check_options(read, clean)
    lines, audit = cleaned(source, read, clean, audit)
    _checks.columns(_WHO, lines, ("customer", "order", "date", "amount"))
    check_left(_WHO, lines, audit)
    _check_years(lines)
    if lines["amount"].isna().all():
        raise _checks.value_error(
            _WHO,
            "the order lines",
            "lines with money",
            "no price and no amount in any of them",
            "Segments and revenue need a price or an amount; name the column with read={'columns': "
            "{'price': ...}}.",
        )
    table = rfm(lines, snapshot=snapshot)
    day = pd.Timestamp(str(table.attrs["snapshot"])).tz_localize(None).normalize()
    scores, cuts = None, None
    if segments is None:
        scores, cuts, segments = named(table, segment_map)
    else:
        segments = _given(segments)
    summary = segment_summary(lines, segments, snapshot=snapshot)
    return Story(
        lines=lines,
        audit=audit,
        rfm=table,
        scores=scores,
        cuts=cuts,
        segments=segments,
        summary=summary,
        wholesalers=flag_wholesalers(lines),
        snapshot=day,
        currency=currency,
        title=title,
        include_ids=include_ids,
        options=_options(
            # The lines remember where they come from and how they were cleaned, so that the page
            # of a file and the page of its cleaned lines are the same.
            source=lines.attrs.get("schema", {}).get("file", "a table"),
            read=read,
            columns=_recognised(lines),
            clean=lines.attrs.get("cleaning", clean),
            snapshot=day,
            segments="given" if cuts is None else segment_map,
            currency=currency,
            include_ids=include_ids,
        ),
        version=_core.__version__,
    )


def _check_options(read: object, clean: object) -> None:
    """Check that `read` and `clean` are dicts of options that those two steps have."""
    from segpy.lines.cleaning import clean_transactions
    from segpy.lines.reading import read_transactions

    for name, options, step in (
        ("read", read, read_transactions),
        ("clean", clean, clean_transactions),
    ):
        if options is None:
            continue
        if not isinstance(options, Mapping):
            raise _checks.type_error(_WHO, f"'{name}'", "a dict of options or None", options)
        known = list(inspect.signature(step).parameters)[1:]
        for key in options:
            if key not in known:
                raise _checks.value_error(
                    _WHO,
                    f"a key of '{name}'",
                    "one of " + ", ".join(repr(k) for k in known),
                    _checks.shown(key),
                    f"These are the options of {step.__name__}.",
                )


def check_left(who: str, lines: pd.DataFrame, audit: pd.DataFrame | None) -> None:
    """Raise where cleaning left no line, or none of a customer; say which steps took how many."""
    steps = {} if audit is None else tables.rows(audit)
    had_customers = bool(steps) and next(iter(steps.values()))["customers"] > 0
    if len(lines) and not (had_customers and lines["customer"].isna().all()):
        return
    allowed = "at least one line with a customer" if len(lines) else "at least one line"
    took = {str(s): int(step["removed_rows"]) for s, step in steps.items() if step["removed_rows"]}
    if not took:
        raise _checks.value_error(
            who, "the cleaned lines", allowed, "none", "Pass a table with order lines."
        )
    parts = ", ".join(f"{step} {n:,}" for step, n in took.items())
    most = max(took, key=took.__getitem__)
    advice = "Check the steps of the audit."
    if most in _OPTION_OF:
        advice = f"Keep such lines with clean=dict({_OPTION_OF[most]}='keep')."
    total = sum(took.values())
    all_of = "the only line" if total == 1 else f"all {total:,} lines"
    if len(lines):
        all_of = "every line with a customer"
    got = f"none: cleaning removed {all_of} ({parts})"
    raise _checks.value_error(who, "the cleaned lines", allowed, got, advice)


def _check_years(lines: pd.DataFrame) -> None:
    """Refuse dates so far off that months cannot be counted: they are placeholders or typos."""
    days = _frames.days(_WHO, lines["date"])
    first, last = (np.datetime64(day, "D").astype(np.int64) for day in _YEARS)
    wrong = (days < first) | (days > last)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise _checks.value_error(
            _WHO,
            "column 'date'",
            "in the years 1678 to 2261",
            f"{lines['date'].iloc[row]} in row {row} of the cleaned lines",
            "Correct such dates or leave the lines out.",
        )


def cleaned(
    source: object,
    read: Mapping[str, Any] | None,
    clean: Mapping[str, Any] | None,
    audit: pd.DataFrame | None,
) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """Read and clean the source, unless it is a table that was cleaned before."""
    if not isinstance(source, str | os.PathLike) and hasattr(source, "columns"):
        table = _frames.frame(_WHO, source)
        if "is_product" in table.columns:
            if clean is not None:
                raise _checks.value_error(
                    _WHO,
                    "'clean'",
                    "None for a table that is cleaned already (it has 'is_product')",
                    _checks.shown(dict(clean)),
                    "Pass the table before cleaning, or leave 'clean' out.",
                )
            return table, None if audit is None else _audit(audit)
    if audit is not None:
        raise _checks.value_error(
            _WHO,
            "'audit'",
            "None unless 'source' is the cleaned table it belongs to",
            "an audit beside a source without 'is_product'",
            "report cleans this source itself and makes its own audit.",
        )
    from segpy.lines.cleaning import clean_transactions
    from segpy.lines.reading import read_transactions

    found = clean_transactions(read_transactions(source, **(read or {})), **(clean or {}))
    return found[0], found[1]


def _audit(audit: object) -> pd.DataFrame:
    """Check that the audit is the table `clean_transactions` gives."""
    table = _frames.frame(_WHO, audit)
    needed = ("rows", "customers", "orders", "revenue", "removed_rows", "removed_revenue", "why")
    _checks.columns(_WHO, table, needed, "Pass the audit of clean_transactions.")
    return table


def named(table: pd.DataFrame, segment_map: SegmentMap) -> tuple[pd.DataFrame, Cuts, pd.Series]:
    """Score the customers with the bins the map asks for, and name them."""
    from segpy.customer.scorer import Scorer
    from segpy.customer.segment_map import read_map
    from segpy.customer.segments import assign_segments

    scorer = Scorer(read_map(_WHO, segment_map).n_bins or 5)
    scores = scorer.fit_transform(table)
    codes = _all_codes(scorer.n_bins_)
    codes["segment"] = assign_segments(codes, segment_map)
    breaks = {m: np.asarray(c, dtype=np.float64) for m, c in scorer.breaks_.items()}
    cuts = Cuts(breaks=breaks, ties=scorer.ties_, codes=codes, n_bins=scorer.n_bins_)
    return scores, cuts, assign_segments(scores, segment_map)


def _all_codes(n_bins: Mapping[str, int]) -> pd.DataFrame:
    """Make a table of scores that holds every code once, best first."""
    metrics = ("R", "F", "M")
    best_first = [range(n_bins[m], 0, -1) for m in metrics]
    grid = pd.MultiIndex.from_product(best_first, names=metrics).to_frame(index=False)
    between = "-" if max(n_bins.values()) > 9 else ""
    text = grid.astype(str)
    grid["score"] = text["R"] + between + text["F"] + between + text["M"]
    grid["total"] = grid[list(metrics)].sum(axis=1)
    grid.index.name = "customer"
    grid.attrs = {"n_bins": dict(n_bins)}
    return grid


def _given(segments: object) -> pd.Series:
    """Check the caller's own segments: a Series of names, index the customers."""
    if not isinstance(segments, pd.Series):
        raise _checks.type_error(
            _WHO, "'segments'", "a Series of names with the customers as its index", segments
        )
    if not segments.index.is_unique:
        twice = segments.index[segments.index.duplicated()][0]
        raise _checks.value_error(
            _WHO,
            "'segments'",
            "one name a customer",
            f"customer {_checks.shown(twice)} more than once",
        )
    return segments


def _options(**options: object) -> dict[str, str]:
    """Put the options down as text that is the same in every run."""
    return {name: _plain(value) for name, value in options.items()}


def _recognised(lines: pd.DataFrame) -> dict[str, str] | None:
    """Give which header was read as which column, where reading left a note of it."""
    schema = lines.attrs.get("schema")
    if not isinstance(schema, Mapping):
        return None
    return {str(k): v for k, v in schema.items() if k in lines.columns and isinstance(v, str)}


def _plain(value: object) -> str:
    """Say an option; an object whose text would hold an address is said by its type."""
    if value is None:
        return "default"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, pd.Timestamp):
        return str(value.date())
    if isinstance(value, str | int | float | datetime.date):
        return str(value) or "none"
    if isinstance(value, os.PathLike):
        return PurePath(value).name
    if isinstance(value, Mapping):
        return ", ".join(f"{k}: {_plain(v)}" for k, v in value.items()) or "none"
    if isinstance(value, list | tuple):
        return " ".join(_plain(v) for v in value)
    return type(value).__name__
