"""Segments: scores get names from a map, and a map is checked before it names anyone."""

from __future__ import annotations

from os import PathLike

import numpy as np
import pandas as pd

from segpy import _checks
from segpy.customer import codes
from segpy.customer.segment_map import FAULTS, UNASSIGNED, SegmentMap, read_map, shipped
from segpy.customer.tables import score_values

MapLike = str | PathLike[str] | dict[str, object]


def segment_maps() -> pd.DataFrame:
    """List the segment maps that come with the package.

    Returns
    -------
    DataFrame
        A row a map: `name`; `n_bins`; `kind` ("codes" lists every score, "patterns" takes the first
        match in the map's order); `segments` (tuple of names in order); `codes` and `covered`, the
        number of possible scores and of those that get a name; `about`; `source`.

    Examples
    --------
    >>> import segpy as sp
    >>> sp.segment_maps()[["name", "n_bins", "kind", "codes", "covered"]]
             name  n_bins      kind  codes  covered
    0      rfm-11       5     codes    125      125
    1       rf-10       5  patterns    125      125
    2   klaviyo-6       3     codes     27       27
    3  quartile-6       4  patterns     64       29
    """
    rows = []
    for entry in shipped():
        known = read_map("segment_maps", entry["name"])
        names = known.first_names(codes.bins_of("segment_maps", known.n_bins))
        rows.append(
            {
                "name": entry["name"],
                "n_bins": known.n_bins,
                "kind": "patterns" if known.ordered else "codes",
                "segments": known.names,
                "codes": len(names),
                "covered": sum(name is not None for name in names),
                "about": entry["about"],
                "source": entry["source"],
            }
        )
    return pd.DataFrame(rows)


def check_segment_map(segment_map: MapLike, n_bins: int | None = None) -> pd.DataFrame:
    """Find what is wrong with a segment map, a row a fault; a sound map gives no rows.

    Parameters
    ----------
    segment_map : str, dict or path
        A name from `segment_maps`, a dict, or a CSV, as in `assign_segments`.
    n_bins : int, optional
        Number of bins to check against; by default the map's own, and 5 for a dict.

    Returns
    -------
    DataFrame
        Columns `fault`, `code` and `names` (text, several names joined by ", "), sorted by fault:

        - "gap": a score without a name;
        - "overlap": in a map of codes, a code given twice (in a map of patterns the order decides);
        - "dead name": a name that no score reaches (`code` is empty);
        - "unknown code": a code that the bins cannot give.

    Raises
    ------
    TypeError, ValueError
        When the map cannot be read, or a pattern is no regular expression.

    Examples
    --------
    >>> import segpy as sp
    >>> sp.check_segment_map("rfm-11")
    Empty DataFrame
    Columns: [fault, code, names]
    Index: []
    >>> mine = {"Best": ["222", "221"], "Rest": ["1..", "2.."], "Third": ["333"], "Gone": [".1."]}
    >>> sp.check_segment_map(mine, n_bins=2)
              fault code  names
    0     dead name       Third
    1     dead name        Gone
    2  unknown code  333  Third
    """
    who = "check_segment_map"
    known = read_map(who, segment_map)
    bins = codes.bins_of(who, (known.n_bins or 5) if n_bins is None else n_bins)
    rows = [(fault, code, ", ".join(names)) for fault, code, names in known.faults(who, bins)]
    return pd.DataFrame(rows, columns=["fault", "code", "names"], dtype="str")


def assign_segments(scores: object, segment_map: MapLike = "rfm-11") -> pd.Series:
    """Name the segment of each customer from the scores.

    Parameters
    ----------
    scores : DataFrame
        The table of `RFMScorer.transform`: index `customer`, columns `R`, `F` and `M`.
    segment_map : str, dict or path, default "rfm-11"
        A name from `segment_maps`; or a dict from segment name to a list of codes ("555") or
        regular expressions (".4."), or one of either; or the path of a CSV with the columns
        `segment`, `codes` (several separated by blanks) and, if it is not 5, `n_bins`. A map with
        any regular expression is taken in its order, the first match wins; a map of codes must name
        no code twice.

    Returns
    -------
    Series
        Categorical, name `segment`, index as in `scores`. Categories are the map's names in its
        order; "Unassigned" comes last, and only if some customer has no name.

    Raises
    ------
    TypeError, ValueError
        When scores or map are not as described: scores with another number of bins than the map's,
        a code twice in a map of codes, a code that the scores cannot have. A dict says no number
        of bins, so it is taken to be made for the bins of the scores.

    See Also
    --------
    check_segment_map : lists all faults of a map, gaps and dead names too.

    Examples
    --------
    >>> import pandas as pd
    >>> import segpy as sp
    >>> scores = pd.DataFrame(
    ...     {"R": [5, 1, 3], "F": [5, 1, 2], "M": [4, 1, 2]},
    ...     index=pd.Index([101, 102, 103], name="customer"),
    ... )
    >>> sp.assign_segments(scores).tolist()
    ['Champions', 'Lost', 'Hibernating']
    >>> sp.assign_segments(scores, {"Good": ["[45].."], "Gone": ["111"]}).tolist()
    ['Good', 'Gone', 'Unassigned']
    """
    who = "assign_segments"
    known = read_map(who, segment_map)
    table, values = score_values(who, scores)
    bins = _bins_of_scores(who, known, table, values)
    _refuse_faults(who, known, bins)
    number = {name: i for i, name in enumerate(known.names)}
    by_code = [-1 if name is None else number[name] for name in known.first_names(bins)]
    at = codes.position(bins, values["R"], values["F"], values["M"])
    found = np.asarray(by_code, dtype=np.int64)[at]
    categories = list(known.names)
    if (found < 0).any():
        found = np.where(found < 0, len(categories), found)
        categories.append(UNASSIGNED)
    result = pd.Series(
        pd.Categorical.from_codes(found.tolist(), categories=pd.Index(categories)),
        index=table.index,
        name="segment",
    )
    result.attrs = {"segment_map": known.label, "n_bins": bins}
    return result


def _bins_of_scores(
    who: str, known: SegmentMap, table: pd.DataFrame, values: dict[str, np.ndarray]
) -> dict[str, int]:
    """Give the bins the scores were made with, and refuse a map made for other bins.

    A table of scores knows its bins from `attrs`. A file forgets them; then the map's number is
    taken, and a score above it shows that the two do not belong together.
    """
    highest = {m: int(values[m].max()) if len(table) else 1 for m in codes.METRICS}
    noted = table.attrs.get("n_bins")
    if isinstance(noted, dict) and set(noted) == set(codes.METRICS):
        bins = codes.bins_of(who, noted)
    elif known.n_bins is None:
        bins = {m: max(highest[m], 5) for m in codes.METRICS}
    else:
        bins = {m: max(highest[m], known.n_bins) for m in codes.METRICS}
    if known.n_bins is not None and set(bins.values()) != {known.n_bins}:
        got = ", ".join(f"{m} {bins[m]}" for m in codes.METRICS)
        raise _checks.value_error(
            who,
            f"the scores for the map {known.label!r}",
            f"of {known.n_bins} bins",
            got,
            f"Use RFMScorer(n_bins={known.n_bins}) or another map; segment_maps() lists them.",
        )
    above = [m for m in codes.METRICS if highest[m] > bins[m]]
    if above:
        raise _checks.value_error(
            who, f"column {above[0]!r}", f"in [1, {bins[above[0]]}]", str(highest[above[0]])
        )
    return bins


def _refuse_faults(who: str, known: SegmentMap, bins: dict[str, int]) -> None:
    """Raise for faults that would give a customer a wrong name; a gap is seen as Unassigned."""
    for fault, code, names in known.faults(who, bins):
        # A code twice under one name is a slip that names nobody wrongly.
        if (fault == "overlap" and len(set(names)) > 1) or fault == "unknown code":
            raise _checks.value_error(
                who,
                "'segment_map'" if known.label == "dict" else f"the map {known.label!r}",
                FAULTS[fault],
                f"{code!r} under {', '.join(names)}",
                "check_segment_map lists every fault.",
            )
