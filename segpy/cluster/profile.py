"""segment_profile: what sets each group apart, in the units people know."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segpy import _checks, _columns, _frames

_WHO = "segment_profile"
Floats = NDArray[np.float64]


def segment_profile(
    data: object, by: object, *, features: Sequence[Any] | NDArray[Any] | None = None
) -> pd.DataFrame:
    """Describe groups of customers by every numeric column, the most telling facts first.

    Parameters
    ----------
    data : DataFrame
        A row a customer, in the units people know: the table before it was scaled. Not changed.
    by : str or array-like of shape (n_samples,)
        The group of each row: a column of `data`, or labels such as `KMeans.labels_`. A Series
        with other index labels than `data` is taken row by row, one with the same labels in
        another order by its labels. Yes and no are the groups 1 and 0. Rows without a group are
        left out and counted.
    features : list, optional
        The columns the groups were made from; by default all. The other numeric columns are
        described too, with `used` False: what differs there was found, not made.

    Returns
    -------
    DataFrame
        A row a group and feature: `segment`; `feature` (text); `size`, the rows of the group
        (int64); `mean` and `median` of the known values (float64, unit of the column); `z`;
        `effect`; `used` (bool). Ordered by the size of `effect`, equals by segment and by the
        order of the columns. `attrs` hold `features` in the order of the columns, `left_out`
        (column to reason: ids, dates, texts), `missing` (feature to missing values) and
        `rows_without_segment`.

    Raises
    ------
    ValueError
        If there is no row or no numeric column, a column is not there, the labels are of another
        length, a number is infinite, or a feature is an id.
    TypeError
        If `data` is no table, or a feature is no column of numbers.

    See Also
    --------
    name_segments : gives the groups names.
    plot_profile : draws the table.

    Notes
    -----
    ``z = (mean of the group - mean of all rows) / standard deviation of all rows`` (ddof 0).
    ``effect`` is Cliff's delta of the group against all other rows: the share of pairs in which
    the customer of the group has the larger value, less the share in which the other one has. It
    runs from -1 (all below) to 1 (all above), asks for no distribution, and is the same for money
    and its logarithm, so that a few wholesalers cannot bend it. With a single group it is NaN.
    Numbers that never repeat and ids by name are left out, as `prepare_features` does.

    Any order of rows gives the same table. O(n log n) a column.

    References
    ----------
    N. Cliff, Dominance statistics: ordinal analyses to answer ordinal questions, Psychological
    Bulletin 114, 1993, doi:10.1037/0033-2909.114.3.494.

    Examples
    --------
    >>> import pandas as pd
    >>> import segpy as sp
    >>> mall = pd.DataFrame(
    ...     {
    ...         "CustomerID": [1, 2, 3, 4],
    ...         "income": [15.0, 17.0, 80.0, 90.0],
    ...         "age": [31, 50, 31, 40],
    ...         "group": [0, 0, 1, 1],
    ...     }
    ... )
    >>> sp.segment_profile(mall, by="group", features=["income"]).round(2)
       segment feature  size  mean  median     z  effect   used
    0        0  income     2  16.0    16.0 -0.99   -1.00   True
    1        1  income     2  85.0    85.0  0.99    1.00   True
    2        0     age     2  40.5    40.5  0.32    0.25  False
    3        1     age     2  35.5    35.5 -0.32   -0.25  False
    """
    table = _frames.frame(_WHO, data)
    if len(table) == 0:
        raise _checks.value_error(_WHO, "the table", "of at least one row", "no rows")
    codes, segments, own = _groups(table, by)
    described, left_out = _described(table, features, own)
    sizes = np.bincount(codes[codes >= 0], minlength=len(segments))
    missing: dict[str, int] = {}
    parts = []
    for place, name in enumerate(described):
        values = _columns.numbers(_WHO, _frames.column(table, name), missing=True)
        gone = int(np.count_nonzero(np.isnan(values)))
        if gone:
            missing[str(name)] = gone
        part = _facts(values, codes, len(segments))
        part["feature"], part["place"] = str(name), place
        part["used"] = features is None or name in list(features)
        part["segment"], part["size"] = segments, sizes
        part["order"] = np.arange(len(segments))
        parts.append(part)
    profile = _telling_first(pd.concat(parts, ignore_index=True))
    profile.attrs = {
        "features": [str(name) for name in described],
        "left_out": {str(name): why for name, why in left_out.items()},
        "missing": missing,
        "rows_without_segment": int(np.count_nonzero(codes < 0)),
    }
    return profile


def _groups(table: pd.DataFrame, by: object) -> tuple[NDArray[np.int32], pd.Index[Any], Any]:
    """Give each row's group as a code, the groups in ascending order, and their own column."""
    if isinstance(by, str):
        _checks.columns(_WHO, table, (by,), "Name the column of the groups, or pass the labels.")
        labels, own = _frames.column(table, by), by
    else:
        labels, own = _columns.labels(_WHO, "'by'", by, table.index), None
    found = _frames.encode(_WHO, labels)
    codes, segments = found.codes, found.ids
    if len(segments) == 0:
        raise _checks.value_error(_WHO, "'by'", "a group in at least one row", "none in any row")
    return codes, segments, own


def _described(
    table: pd.DataFrame, features: Sequence[Any] | NDArray[Any] | None, own: object
) -> tuple[list[Any], dict[Any, str]]:
    """Choose the columns that are described; say why not of the others."""
    named = [] if features is None else _named(table, features, own)
    chosen, left_out = [], {}
    for name, column in table.items():
        if own is not None and name == own:
            continue
        why = _columns.why_left_out(column)
        if why and name not in named:
            left_out[name] = why
        else:
            chosen.append(name)
    if not chosen:
        raise _checks.value_error(
            _WHO,
            "the table",
            "of at least one numeric column",
            f"{len(table.columns)} columns: " + _checks.shown(left_out),
        )
    return chosen, left_out


def _named(table: pd.DataFrame, features: object, own: object) -> list[Any]:
    """Check the columns the caller names: numbers, or yes and no; never ids, dates or texts."""
    allowed = "a list of columns of the table"
    if isinstance(features, np.ndarray | pd.Series) and features.ndim == 1:
        features = features.tolist()
    if isinstance(features, str | bytes) or not isinstance(features, Sequence | pd.Index):
        raise _checks.type_error(_WHO, "'features'", allowed, features)
    names = list(features)
    wrong = [n for n in names if n not in table.columns or (own is not None and n == own)]
    if wrong or not names:
        raise _checks.value_error(
            _WHO,
            "'features'",
            allowed + ": " + _checks.shown([str(c) for c in table.columns]),
            _checks.shown(wrong[0] if wrong else names),
        )
    for name in names:
        column = _frames.column(table, name)
        why = _columns.why_left_out(column)
        if why == _columns.BY_NAME:
            advice = "An id is no distance between customers; rename the column if it is a measure."
            raise _checks.value_error(_WHO, f"feature {name!r}", "a measure", why, advice)
        if why and not (why == _columns.YES_NO or why == _columns.NEVER_REPEATS):
            raise TypeError(_checks.sentence(_WHO, f"feature {name!r}", "a column of numbers", why))
    return names


def _facts(values: Floats, codes: NDArray[np.int32], n_groups: int) -> pd.DataFrame:
    """Compute mean, median, z and effect of each group for one feature."""
    mean, median, z, effect = (np.full(n_groups, np.nan) for _ in range(4))
    known = (codes >= 0) & ~np.isnan(values)
    kept, groups = values[known] + 0.0, codes[known]  # -0.0 becomes 0.0
    if len(kept):
        order = np.argsort(kept, kind="stable")
        kept, groups = kept[order], groups[order]
        whole = _columns.moments(kept)
        effect = _cliff(kept, groups, n_groups)
        ends = np.cumsum(np.bincount(groups, minlength=n_groups))
        by_group = kept[np.argsort(groups, kind="stable")]  # ascending within each group
        for group, one in enumerate(np.split(by_group, ends[:-1])):
            if len(one):
                mean[group] = _columns.moments(one).mean
                median[group] = _columns.quantile(one, 0.5)
        z = (
            (mean - whole.mean) / whole.spread
            if whole.spread > 0
            else np.where(np.isnan(mean), z, 0.0)
        )
    return pd.DataFrame({"mean": mean, "median": median, "z": z, "effect": effect})


def _cliff(ordered: Floats, groups: NDArray[np.int32], n_groups: int) -> Floats:
    """Compute Cliff's delta of each group against all others, from ranks; ties share a rank."""
    n = len(ordered)
    first = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
    counts = np.diff(np.append(first, n))
    # Twice the mean rank is whole, so that the sums are exact.
    doubled = np.repeat(2 * first + counts + 1, counts).astype(np.float64)
    sums = np.bincount(groups, weights=doubled, minlength=n_groups)
    sizes = np.bincount(groups, minlength=n_groups).astype(np.float64)
    pairs = sizes * (n - sizes)
    wins = sums - sizes * (sizes + 1.0)  # twice the pairs won, a tie being half a win
    effect = np.full(n_groups, np.nan)
    np.divide(wins - pairs, pairs, out=effect, where=pairs > 0)
    return effect


def _telling_first(rows: pd.DataFrame) -> pd.DataFrame:
    """Order the facts by the size of their effect, the unknown ones last."""
    size = -rows["effect"].abs().fillna(-1.0)
    order = np.lexsort((rows["place"], rows["order"], size))
    columns = ["segment", "feature", "size", "mean", "median", "z", "effect", "used"]
    return rows.iloc[order][columns].reset_index(drop=True)
