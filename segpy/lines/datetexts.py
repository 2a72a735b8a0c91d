"""Dates written out: each distinct text is cut into numbers by its shape, a shape at a time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segpy.lines.cells import BLOCK, code_points
from segpy.lines.spelling import months, normalise

DAY_US = 86_400_000_000
WIDEST = 48  # longer than any date: a text cut here fits no shape
NO_OFFSET = -(10**6)

# A shape is a text with 0 for a digit, a for a letter (T and Z stand for themselves).
_W = "[aTZ]"
_DATE = rf"""(?:
    (?P<y>0000)(?P<ys>[-/.\ ])(?P<m>00?)(?P=ys)(?P<d>00?)
  | (?P<first>00?)(?P<sep>[-/.\ ])(?P<second>00?)(?P=sep)(?P<y1>0000|00)
  | (?P<ymd>00000000)
  | (?:{_W}+[.,]?\ +)?(?P<w2>{_W}+)\.?[-/\ ]\ ?(?P<d3>00?)(?:{_W}{{2}})?
    (?:,\ ?|[-/\ ])(?P<y3>0000|00)
  | (?:{_W}+[.,]?\ +)?(?P<d2>00?)(?:\.|{_W}{{1,3}}(?=\ ))?(?:[-/\ ]|\ {_W}{{2}}\ |\.\ ?)?
    (?P<w1>{_W}+)\.?(?:[-/\ ]|,\ ?|\ {_W}{{2}}\ )?(?P<y2>0000|00)
)"""
_TIME = rf"""(?:(?:T|,?\ +)(?:
    (?P<H>00?)(?P<ts>[:.a])(?P<M>00)(?:(?P=ts)(?P<S>00)(?:[.,](?P<F>0{{1,9}}))?)?
  | (?P<hms>000000|0000)(?:[.,](?P<F2>0{{1,9}}))?
  | (?P<H2>00?)(?=\ ?{_W}(?:\.?{_W})?\.?$))
  (?:\ ?(?P<word>{_W}(?:\.?{_W}){{0,2}}\.?))?
  (?:\ ?(?P<off>[-+\u2212]00(?::?00)?))?)?"""
_SHAPE = re.compile(rf"{_DATE}{_TIME}", re.VERBOSE)


@dataclass
class Parts:
    """The numbers in n date texts.

    Attributes
    ----------
    fits : ndarray of bool
        The text is written as a date; the other arrays hold nothing where it is not.
    year, month, day : ndarray of int64
        Where `separator` is not 0, `day` is the first number and `month` the second, as they
        stand, whichever they may mean.
    separator : ndarray of uint32
        The sign between day and month where both are numbers and the year comes last, else 0.
    nanos : ndarray of int64
        Nanoseconds since midnight.
    offset : ndarray of int64
        Minutes ahead of UTC, or NO_OFFSET.
    """

    fits: NDArray[np.bool_]
    year: NDArray[np.int64]
    month: NDArray[np.int64]
    day: NDArray[np.int64]
    separator: NDArray[np.uint32]
    nanos: NDArray[np.int64]
    offset: NDArray[np.int64]


def day_numbers(
    year: NDArray[np.int64], month: NDArray[np.int64], day: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Give days since 1970-01-01 and which of the dates exist."""
    fits = (year >= 1000) & (year <= 9999) & (month >= 1) & (month <= 12) & (day >= 1)
    safe_month = (np.where(fits, year, 1970) - 1970) * 12 + np.where(fits, month, 1) - 1
    start = safe_month.astype("M8[M]").astype("M8[D]").astype(np.int64)
    after = (safe_month + 1).astype("M8[M]").astype("M8[D]").astype(np.int64)
    fits = fits & (day <= after - start)
    return start + np.where(fits, day, 1) - 1, fits


def parts(texts: NDArray[Any]) -> Parts:
    """Cut date texts (ASCII bytes, or code points) into their numbers."""
    n = len(texts)
    out = Parts(
        fits=np.zeros(n, dtype=bool),
        year=np.zeros(n, dtype=np.int64),
        month=np.zeros(n, dtype=np.int64),
        day=np.zeros(n, dtype=np.int64),
        separator=np.zeros(n, dtype=np.uint32),
        nanos=np.zeros(n, dtype=np.int64),
        offset=np.full(n, NO_OFFSET, dtype=np.int64),
    )
    for start in range(0, n, BLOCK):
        _block(texts[start : start + BLOCK], start, out)
    return out


def _block(texts: NDArray[Any], start: int, out: Parts) -> None:
    points = code_points(texts)
    points = points[:, : max(1, int((points != 0).any(axis=0).sum()))].astype(np.uint32)
    n, width = points.shape
    shapes = _shapes(points)
    key = np.zeros(n, dtype=np.uint64)
    for column in range(width):
        key = (
            key * np.uint64(0x9E3779B97F4A7C15) + shapes[:, column].astype(np.uint64) + np.uint64(1)
        )
    _, first, group = np.unique(key, return_index=True, return_inverse=True)
    # Two shapes under one key: seen here, and never in practice, the texts are cut one by one.
    if not bool((shapes == shapes[first][group]).all()):
        first, group = np.arange(n), np.arange(n)
    order = np.argsort(group, kind="stable")
    edges = np.searchsorted(group[order], np.arange(len(first) + 1))
    for k, example in enumerate(first.tolist()):
        rows = order[edges[k] : edges[k + 1]]
        shape = "".join(map(chr, shapes[example].tolist())).rstrip("\0")
        spans = _spans(shape)
        if spans is not None:
            _fill(points[rows], spans, rows + start, out)


def _shapes(points: NDArray[np.uint32]) -> NDArray[np.uint32]:
    shapes = points.copy()
    digit = (points >= 48) & (points <= 57)
    low = points | 32
    letter = ((low >= 97) & (low <= 122) & (points != ord("T")) & (points != ord("Z"))) | (
        (points >= 0xAA) & (points < 0x2000)
    )
    blank = (points == 9) | (points == 0xA0) | (points == 0x2009) | (points == 0x202F)
    shapes[digit] = ord("0")
    shapes[letter] = ord("a")
    shapes[blank] = ord(" ")
    return shapes


@lru_cache(maxsize=4096)
def _spans(shape: str) -> dict[str, tuple[int, int]] | None:
    match = _SHAPE.fullmatch(shape)
    if match is None:
        return None
    return {name: match.span(name) for name, found in match.groupdict().items() if found}


def _number(points: NDArray[np.uint32], span: tuple[int, int] | None) -> NDArray[np.int64]:
    out = np.zeros(len(points), dtype=np.int64)
    for column in range(*(span or (0, 0))):
        out = out * 10 + (points[:, column].astype(np.int64) - 48)
    return out


def _words(points: NDArray[np.uint32], span: tuple[int, int]) -> tuple[list[str], NDArray[np.intp]]:
    """Give the distinct words of a span, in one spelling, and each row's."""
    cut = np.ascontiguousarray(points[:, slice(*span)])
    words, which = np.unique(cut.view(f"U{cut.shape[1]}").ravel(), return_inverse=True)
    return [normalise(w) for w in words.tolist()], which


def _fill(
    points: NDArray[np.uint32],
    spans: dict[str, tuple[int, int]],
    rows: NDArray[np.intp],
    out: Parts,
) -> None:
    fits = np.ones(len(rows), dtype=bool)
    out.year[rows], out.month[rows], out.day[rows] = _date(points, spans, fits)
    if "sep" in spans:
        out.separator[rows] = points[:, spans["sep"][0]]
    out.nanos[rows], out.offset[rows] = _clock(points, spans, fits)
    out.fits[rows] = fits


def _date(
    points: NDArray[np.uint32], spans: dict[str, tuple[int, int]], fits: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    if "ymd" in spans:
        number = _number(points, spans["ymd"])
        return number // 10_000, number // 100 % 100, number % 100
    years = next(spans[k] for k in ("y", "y1", "y2", "y3") if k in spans)
    year = _number(points, years)
    if years[1] - years[0] == 2:
        # As POSIX reads two digits: 69 to 99 are the twentieth century.
        year += np.where(year >= 69, 1900, 2000)
    day = _number(points, next(spans[k] for k in ("d", "first", "d2", "d3") if k in spans))
    word = spans.get("w1") or spans.get("w2")
    if word is None:
        return year, _number(points, spans.get("m") or spans.get("second")), day
    names, which = _words(points, word)
    month = np.array([months().get(name, 0) for name in names], dtype=np.int64)[which]
    fits &= month > 0
    return year, month, day


def _clock(
    points: NDArray[np.uint32], spans: dict[str, tuple[int, int]], fits: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    hour = _number(points, spans.get("H") or spans.get("H2"))
    minute, second = _number(points, spans.get("M")), _number(points, spans.get("S"))
    if "hms" in spans:
        number = _number(points, spans["hms"])
        if spans["hms"][1] - spans["hms"][0] == 4:
            number *= 100
        hour, minute, second = number // 10_000, number // 100 % 100, number % 100
    offset = np.full(len(points), NO_OFFSET, dtype=np.int64)
    if "word" in spans:
        hour, offset = _clock_word(points, spans["word"], hour, offset, fits)
    if "off" in spans:
        start, end = spans["off"]
        minus = points[:, start] != ord("+")
        ahead = _number(points, (start + 1, start + 3)) * 60
        if end - start > 3:
            ahead += _number(points, (end - 2, end))
        fits &= ahead <= 24 * 60
        offset = np.where(minus, -ahead, ahead)
    fits &= (hour < 24) & (minute < 60) & (second < 60)
    nanos = (hour * 3600 + minute * 60 + second) * 1_000_000_000
    fraction = spans.get("F") or spans.get("F2")
    if fraction is not None:
        nanos += _number(points, fraction) * 10 ** (9 - (fraction[1] - fraction[0]))
    return nanos, offset


def _clock_word(
    points: NDArray[np.uint32],
    span: tuple[int, int],
    hour: NDArray[np.int64],
    offset: NDArray[np.int64],
    fits: NDArray[np.bool_],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Apply what follows the time: am, pm, or a name of UTC."""
    names, which = _words(points, span)
    half = np.array([{"am": 0, "a": 0, "pm": 12, "p": 12}.get(n, -1) for n in names])[which]
    utc = np.array([n in ("z", "utc", "gmt") for n in names])[which]
    fits &= (half >= 0) | utc
    fits &= utc | ((hour >= 1) & (hour <= 12))
    return np.where(half >= 0, hour % 12 + half, hour), np.where(utc, 0, offset)
