"""name_segments: a short name for each group, such as "high income, low spending"."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segpy import _checks, _columns, _frames

_WHO = "name_segments"
_TELLING = 0.33  # an effect of this size makes a group high or low (Romano et al. 2006: medium)
_BESIDE = 0.5  # a feature beside the most telling one tells at least half as much
_MOST = 3  # features in a name, before groups of one name have to be told apart
_GAP = 0.25  # standard deviations between two groups that are graded by one feature
_UNIT = re.compile(r"\([^)]*\)|\[[^\]]*\]")
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class _Table:
    """The profile as matrices with a row a segment and a column a feature."""

    segments: pd.Index[Any]
    features: list[str]
    mean: Floats
    z: Floats
    effect: Floats
    words: list[str]

    def level(self, row: int, feature: int) -> float:
        """Give -1, 0 or 1 for low, average and high, NaN where nothing is known."""
        effect = self.effect[row, feature]
        return float(np.sign(effect)) if not abs(effect) < _TELLING else 0.0


def name_segments(profile: object, labels: Mapping[Any, str] | None = None) -> pd.Series[str]:
    """Give each group a name from what sets it apart, such as "high income, low spending".

    Parameters
    ----------
    profile : DataFrame
        The table of `segment_profile`.
    labels : dict, optional
        Names of your own, ``{3: "students"}``, by segment; and words for features,
        ``{"Annual Income (k$)": "salary"}``. All other names are found as described below.

    Returns
    -------
    Series
        Name of each segment (text, no two alike), name `name`, index `segment` in ascending
        order. ``table["group"].map(names)`` gives each customer the name.

    Raises
    ------
    ValueError
        If a column is missing, the table has no row, or a key of `labels` is neither a segment
        nor a feature, or two names would be the same.
    TypeError
        If `profile` is no table, or `labels` no dict of texts.

    See Also
    --------
    segment_profile : makes the table.

    Notes
    -----
    A name speaks of the feature that tells most and of at most two more that tell at least half
    as much, in the order of the table's columns. How much a feature tells is the mean of
    ``effect ** 2``, weighted with the sizes; features with `used` False have their turn only
    where the others do not suffice. A group is "high" or "low" where the effect is at least 0.33
    in size, else "average". Groups of the same name are told apart by one feature more, or by
    degrees ("high", "very high"), or else by the mean in brackets. An id never appears in a name.
    The label -1, which stands for noise, is named "no group"; a single group "all customers".

    References
    ----------
    J. Romano and others, Appropriate statistics for ordinal level data, Florida Association of
    Institutional Research, 2006 (0.33: a medium Cliff's delta).

    Examples
    --------
    >>> import pandas as pd
    >>> import segpy as sp
    >>> mall = pd.DataFrame(
    ...     {
    ...         "Annual Income (k$)": [15, 17, 16, 80, 90, 85, 82],
    ...         "Spending Score (1-100)": [80, 75, 78, 10, 15, 85, 90],
    ...     }
    ... )
    >>> profile = sp.segment_profile(mall, by=[0, 0, 0, 1, 1, 2, 2])
    >>> sp.name_segments(profile).tolist()
    ['low income, average spending', 'high income, low spending', 'high income, high spending']
    """
    rows = _rows(profile)
    table = _matrices(rows)
    own, wording = _own(labels, table)
    table = _worded(table, wording)
    names = _names(table, _usable(rows, table))
    names = [own.get(segment, name) for segment, name in zip(table.segments, names, strict=True)]
    for name, count in Counter(names).items():
        if count > 1:
            advice = "Choose other words in 'labels'."
            raise _checks.value_error(_WHO, "names", "different", f"{name!r} twice", advice)
    return pd.Series(names, index=table.segments.rename("segment"), name="name", dtype="str")


def _rows(profile: object) -> pd.DataFrame:
    """Check the profile and give its rows."""
    rows = _frames.frame(_WHO, profile)
    needed = ("segment", "feature", "size", "mean", "z", "effect", "used")
    _checks.columns(_WHO, rows, needed, "Pass the table of segment_profile.")
    if len(rows) == 0:
        raise _checks.value_error(_WHO, "the table", "of at least one row", "no rows")
    if rows.duplicated(["segment", "feature"]).any():
        raise _checks.value_error(
            _WHO, "a pair of segment and feature", "in the table once", "one that is there twice"
        )
    return rows


def _matrices(rows: pd.DataFrame) -> _Table:
    """Turn the long table into matrices, so that the order of its rows does not matter."""
    found = _frames.encode(_WHO, _frames.column(rows, "segment"))
    codes, segments = found.codes, found.ids
    if (codes < 0).any():
        raise _checks.value_error(_WHO, "column 'segment'", "known in every row", "a missing one")
    texts = rows["feature"].astype(str)
    there = sorted(set(texts))
    # The order of the caller's columns, where the table still knows it.
    order = [name for name in rows.attrs.get("features", []) if name in there]
    features = order + [name for name in there if name not in order]
    places = texts.map({name: place for place, name in enumerate(features)}).to_numpy(np.int64)

    def matrix(name: str) -> Floats:
        result = np.full((len(segments), len(features)), np.nan)
        result[codes, places] = _frames.money(_WHO, _frames.column(rows, name), check=False)
        return result

    mean, z, effect = map(matrix, ("mean", "z", "effect"))
    return _Table(segments, features, mean, z, effect, _wordings(features))


@cache
def _dictionary() -> dict[str, Any]:
    text = files("segpy.cluster").joinpath("words.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def _wordings(features: Sequence[str]) -> list[str]:
    """Say each feature in as few words as tell it from the others: income, spending, web visits."""
    dropped = set(_dictionary()["dropped"])
    long = [" ".join(_columns.words(_UNIT.sub(" ", name))) or name for name in features]
    short = [" ".join(w for w in text.split() if w not in dropped) or text for text in long]
    twice = {word for word, count in Counter(short).items() if count > 1}
    middle = [m if s in twice else s for s, m in zip(short, long, strict=True)]
    twice = {word for word, count in Counter(middle).items() if count > 1}
    return [name if m in twice else m for m, name in zip(middle, features, strict=True)]


def _own(labels: object, table: _Table) -> tuple[dict[Any, str], dict[str, str]]:
    """Split the caller's words into names of segments and words for features."""
    if labels is None:
        return {}, {}
    if not isinstance(labels, Mapping):
        advice = "To name the rows of a table, use its column of groups: .map(names)."
        raise _checks.type_error(_WHO, "'labels'", "a dict of names or None", labels, advice)
    own: dict[Any, str] = {}
    wording: dict[str, str] = {}
    segments = set(table.segments.tolist())
    for key, name in labels.items():
        if not isinstance(name, str):
            raise _checks.type_error(_WHO, f"labels[{key!r}]", "a text", name)
        if not name.strip():
            raise _checks.value_error(_WHO, f"labels[{key!r}]", "a text", repr(name))
        if key in segments:
            own[key] = name
        elif key in table.features:
            wording[key] = name
        else:
            allowed = f"a segment {sorted(segments, key=str)} or a feature {table.features}"
            raise _checks.value_error(_WHO, "a key of 'labels'", allowed, _checks.shown(key))
    return own, wording


def _worded(table: _Table, wording: Mapping[str, str]) -> _Table:
    words = [wording.get(f, w) for f, w in zip(table.features, table.words, strict=True)]
    return _Table(table.segments, table.features, table.mean, table.z, table.effect, words)


def _usable(rows: pd.DataFrame, table: _Table) -> list[list[int]]:
    """Give the features of the names, and those that may be added, most telling first."""
    used = {str(f) for f, u in zip(rows["feature"], rows["used"], strict=True) if u}
    sizes = rows.groupby("segment", observed=True)["size"].first().reindex(table.segments)
    weights = sizes.to_numpy(np.float64)[:, None]
    known = ~np.isnan(table.effect)
    squares = np.where(known, table.effect, 0.0) ** 2 * weights
    total = (known * weights).sum(axis=0)
    telling = np.divide(squares.sum(axis=0), total, out=np.zeros(len(total)), where=total > 0)
    telling = np.round(telling, 12)  # equal features keep their order whatever rounding did
    places = [p for p, name in enumerate(table.features) if not _columns.named_id(name)]
    ranked = sorted(places, key=lambda p: (table.features[p] not in used, -telling[p], p))
    first = [p for p in ranked if table.features[p] in used] or ranked
    chosen = [p for p in first[:_MOST] if telling[p] >= _BESIDE * telling[first[0]]]
    return [sorted(chosen), [p for p in ranked if p not in chosen]]


def _names(table: _Table, usable: Sequence[Sequence[int]]) -> list[str]:
    """Name each segment by the chosen features, and tell those of one name apart."""
    chosen, others = usable
    if len(table.segments) == 1:
        return ["all customers"]
    if not chosen:
        return [f"group {segment}" for segment in table.segments]
    levels = [tuple(table.level(row, p) for p in chosen) for row in range(len(table.segments))]
    noise = [isinstance(s, int | np.integer) and s == -1 for s in table.segments]
    names = [""] * len(levels)
    for shared in dict.fromkeys(levels):
        rows = [r for r, one in enumerate(levels) if one == shared and not noise[r]]
        for row, name in zip(rows, _apart(table, rows, chosen, others), strict=True):
            names[row] = name
    return _numbered(["no group" if noise[row] else name for row, name in enumerate(names)])


def _numbered(names: list[str]) -> list[str]:
    """Add numbers to what is still alike: two features that the caller gave one word."""
    seen: Counter[str] = Counter()
    twice = {name for name, count in Counter(names).items() if count > 1}
    for place, name in enumerate(names):
        if name in twice:
            seen[name] += 1
            names[place] = f"{name} ({seen[name]})"
    return names


def _apart(
    table: _Table, rows: Sequence[int], chosen: Sequence[int], others: Sequence[int]
) -> list[str]:
    """Name segments whose chosen features have the same levels."""
    grades = [{p: table.level(row, p) for p in chosen} for row in rows]
    if len(rows) > 1:
        added = [p for p in others if len({table.level(row, p) for row in rows}) == len(rows)]
        best = max([*added, *chosen], key=lambda p: _gap(table, rows, p))
        enough = _gap(table, rows, best) >= _GAP
        if best in added and enough:
            for row, grade in zip(rows, grades, strict=True):
                grade[best] = table.level(row, best)
        elif enough and (len(rows) == 2 or (len(rows) == 3 and grades[0][best] == 0)):
            _grade(table, rows, best, grades)
        else:
            name = _said(table, grades[0])
            return [f"{name} ({mark})" for mark in _marks(table, rows, [*chosen, *others])]
    return [_said(table, grade) for grade in grades]


def _gap(table: _Table, rows: Sequence[int], feature: int) -> float:
    """Give the smallest distance between two of the segments, in standard deviations."""
    gaps = np.diff(np.sort(table.z[list(rows), feature]))
    return float(gaps.min()) if not np.isnan(gaps).any() else -1.0


def _grade(
    table: _Table, rows: Sequence[int], feature: int, grades: Sequence[dict[int, float]]
) -> None:
    """Tell two or three segments of one level apart: high and very high, below average."""
    level = grades[0][feature]
    order = sorted(range(len(rows)), key=lambda i: table.z[rows[i], feature])
    if level == 0:
        steps = [-0.5, 0.5] if len(rows) == 2 else [-0.5, 0.0, 0.5]
    else:
        steps = [-2.0, -1.0] if level < 0 else [1.0, 2.0]
    for place, step in zip(order, steps, strict=True):
        grades[place][feature] = step


def _said(table: _Table, grades: Mapping[int, float]) -> str:
    return ", ".join(_phrase(table.words[p], grade) for p, grade in grades.items())


def _phrase(word: str, grade: float) -> str:
    """Say one feature of a segment: "low income", "very high income", "recent"."""
    own: dict[str, str] = _dictionary()["phrases"].get(word, {})
    if np.isnan(grade):
        return f"unknown {word}"
    average = own.get("average", f"average {word}")
    if abs(grade) < 1.0:
        return {-0.5: "below ", 0.0: "", 0.5: "above "}[grade] + average
    text = own.get("low", f"low {word}") if grade < 0 else own.get("high", f"high {word}")
    return f"very {text}" if abs(grade) > 1.0 else text


def _marks(table: _Table, rows: Sequence[int], features: Sequence[int]) -> list[str]:
    """Tell segments apart by the mean of the feature they differ most in, else by a number."""
    best = max(features, key=lambda p: (_gap(table, rows, p), -p))
    means = [float(table.mean[row, best]) for row in rows]
    for digits in range(3, 18):
        texts = [format(float(f"{mean:.{digits}g}"), f",.{digits}g") for mean in means]
        if len(set(texts)) == len(texts) and not any("nan" in t or "e" in t for t in texts):
            return [f"{table.words[best]} {text}" for text in texts]
    return [str(place) for place in range(1, len(rows) + 1)]
