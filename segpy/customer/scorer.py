"""Recency, frequency and money as scores: learning cuts, applying them, keeping them."""

from __future__ import annotations

from itertools import pairwise
from os import PathLike
from typing import Any, Self

import numpy as np
import pandas as pd

from segpy import _checks
from segpy.customer import codes, cuts, scorer_file
from segpy.customer.tables import rfm_values

DEFAULT_BINS = 5

# Cut points as breaks_ holds them: a list, or for a nested metric a list for each group.
Cuts = list[float] | dict[str, list[float]]
Values = dict[str, cuts.Floats]


class Scorer:
    """All of `segpy.RFMScorer` but scikit-learn, which takes longer to load than to score."""

    def __init__(
        self,
        n_bins: int | dict[str, int] = DEFAULT_BINS,
        *,
        breaks: dict[str, Any] | None = None,
        strategy: str = "quantile",
    ) -> None:
        self.n_bins = n_bins
        self.breaks = breaks
        self.strategy = strategy

    def fit(self, rfm: Any, y: None = None) -> Self:
        """Learn the cut points.

        Parameters
        ----------
        rfm : DataFrame
            The table of `segpy.rfm`: index `customer`, columns `recency_days`, `frequency` and
            `monetary`. It is not changed.
        y : None
            Ignored; there so that the scorer fits into a pipeline.

        Returns
        -------
        RFMScorer
            This scorer.
        """
        who = "RFMScorer"
        _checks.one_of(who, "strategy", self.strategy, ("quantile", "nested"))
        bins, given = _given_breaks(who, self.n_bins, self.breaks, self.strategy == "nested")
        index, values = rfm_values(who, rfm)
        if len(index) == 0:
            raise _checks.value_error(who, "the table", "of at least one customer", "no rows")
        learned: dict[str, Cuts] = {}
        found: dict[str, cuts.Ints] = {}
        ties = []
        for metric in codes.METRICS:
            on_tie = 0
            keys = self._keys(metric, found, bins, len(index))
            if metric in given:
                learned[metric] = given[metric]
            else:
                learned[metric], on_tie = _learn(values[metric], bins, metric, keys)
            found[metric] = _apply(values[metric], learned[metric], metric, keys)
            ties.append((bins[metric], len(np.unique(found[metric])), on_tie))
        self.breaks_ = learned
        self.n_bins_ = bins
        self.n_customers_ = len(index)
        self.ties_ = _ties_table(ties)
        return self

    def transform(self, rfm: Any) -> pd.DataFrame:
        """Score customers with the learned cut points; a later snapshot is welcome.

        Parameters
        ----------
        rfm : DataFrame
            A table of `segpy.rfm`.

        Returns
        -------
        DataFrame
            Index as in `rfm`; `R`, `F`, `M` and `total` int64, `score` text ("555", joined by "-"
            when a metric has more than 9 bins). `attrs["n_bins"]` holds the number of bins.
        """
        if not hasattr(self, "breaks_"):
            raise _not_fitted("RFMScorer")
        index, values = rfm_values("RFMScorer", rfm)
        found: dict[str, cuts.Ints] = {}
        for metric in codes.METRICS:
            keys = self._keys(metric, found, self.n_bins_, len(index))
            found[metric] = _apply(values[metric], self.breaks_[metric], metric, keys)
        texts = np.asarray(codes.all_codes(self.n_bins_), dtype=object)
        at = codes.position(self.n_bins_, found["R"], found["F"], found["M"])
        table = pd.DataFrame(dict(found), index=index)
        table["score"] = pd.Series(texts[at], index=index, dtype="str")
        table["total"] = found["R"] + found["F"] + found["M"]
        table.attrs = {"n_bins": dict(self.n_bins_)}
        return table

    def fit_transform(self, rfm: Any, y: None = None) -> pd.DataFrame:
        """Learn the cut points and score the same customers; see `fit` and `transform`."""
        return self.fit(rfm, y).transform(rfm)

    def save(self, path: str | PathLike[str]) -> None:
        """Write the fitted scorer as readable JSON.

        The file holds a format name, a version, the options, the cut points, what `ties_` says and
        a checksum. An existing file is replaced only once the new one is written.
        """
        if not hasattr(self, "breaks_"):
            raise _not_fitted("RFMScorer.save")
        content = {
            "n_bins": self.n_bins,
            "breaks": self.breaks,
            "strategy": self.strategy,
            "n_bins_": self.n_bins_,
            "n_customers_": self.n_customers_,
            "breaks_": self.breaks_,
            "ties_": self.ties_.reset_index().to_dict("records"),
        }
        scorer_file.write(path, content)

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Self:
        """Read a scorer that `save` wrote; a damaged or foreign file is a ValueError."""
        who = "RFMScorer.load"
        content = scorer_file.read(who, path)
        scorer = cls(content["n_bins"], breaks=content["breaks"], strategy=content["strategy"])
        nested = scorer.strategy == "nested"
        bins, learned = _given_breaks(who, content["n_bins_"], content["breaks_"], nested)
        scorer.breaks_ = learned
        scorer.n_bins_ = bins
        scorer.n_customers_ = content["n_customers_"]
        ties = {row["metric"]: row for row in content["ties_"]}
        scorer.ties_ = _ties_table(
            [tuple(ties[metric][column] for column in _TIES) for metric in codes.METRICS]
        )
        return scorer

    def __sklearn_is_fitted__(self) -> bool:
        """Tell scikit-learn whether there are cut points."""
        return hasattr(self, "breaks_")

    def _keys(
        self, metric: str, found: dict[str, cuts.Ints], bins: dict[str, int], n: int
    ) -> cuts.Ints | None:
        """Give each customer's group number for a nested metric; None where there are no groups."""
        if self.strategy != "nested" or metric == "R":
            return None
        if metric == "F":
            return found["R"] - 1
        return (found["R"] - 1) * bins["F"] + (found["F"] - 1)


def _not_fitted(who: str) -> Exception:
    from sklearn.exceptions import NotFittedError

    found: Exception = NotFittedError(f"{who}: not fitted yet; call fit or load first.")
    return found


_TIES = ("bins_asked", "bins_found", "customers_on_tie")


def _ties_table(rows: list[Any]) -> pd.DataFrame:
    index = pd.Index(codes.METRICS, name="metric")
    return pd.DataFrame(rows, index=index, columns=list(_TIES), dtype="int64")


def _group_names(bins: dict[str, int], metric: str) -> list[str]:
    """Name the groups a nested metric is cut in, in the order of their numbers."""
    rs = range(1, bins["R"] + 1)
    if metric == "F":
        return [str(r) for r in rs]
    return [f"{r}-{f}" for r in rs for f in range(1, bins["F"] + 1)]


def _learn(
    values: cuts.Floats, bins: dict[str, int], metric: str, keys: cuts.Ints | None
) -> tuple[Cuts, int]:
    """Give the cut points of one metric and the number of customers on a tie."""
    count = bins[metric]
    overall = cuts.quantile_cuts(values, count)
    if keys is None:
        return overall, cuts.split_ties(values, count)
    learned = {name: list(overall) for name in _group_names(bins, metric)}
    names = list(learned)
    on_tie = 0
    for key, rows in cuts.groups(keys):
        learned[names[key]] = cuts.quantile_cuts(values[rows], count)
        on_tie += cuts.split_ties(values[rows], count)
    return learned, on_tie


def _apply(values: cuts.Floats, learned: Cuts, metric: str, keys: cuts.Ints | None) -> cuts.Ints:
    """Score the values of one metric, group by group where it is nested."""
    reverse = metric == "R"
    if keys is None or isinstance(learned, list):
        plain: Any = learned
        return cuts.scores(values, plain, reverse)
    result = np.empty(len(values), dtype=np.int64)
    by_number = list(learned.values())
    for key, rows in cuts.groups(keys):
        result[rows] = cuts.scores(values[rows], by_number[key], reverse)
    return result


def _given_breaks(
    who: str, n_bins: object, breaks: object, nested: bool
) -> tuple[dict[str, int], dict[str, Cuts]]:
    """Check given cut points; give the number of bins of each metric and the cuts as lists."""
    bins = codes.bins_of(who, n_bins)
    if breaks is None:
        return bins, {}
    if not isinstance(breaks, dict):
        raise _checks.type_error(who, "'breaks'", "a dict of cut points or None", breaks)
    unknown = [key for key in breaks if key not in codes.METRICS]
    if unknown:
        raise _checks.value_error(
            who, "the keys of 'breaks'", "among 'R', 'F', 'M'", _checks.shown(unknown[0])
        )
    given: dict[str, Cuts] = {}
    for metric in codes.METRICS:
        if metric not in breaks:
            continue
        name, cut = f"breaks[{metric!r}]", breaks[metric]
        if isinstance(cut, dict):
            lists = _nested_cuts(who, name, cut, bins, metric, nested)
            count = {len(one) + 1 for one in lists.values()}
            given[metric] = lists
        else:
            given[metric] = _cut_list(who, name, cut)
            count = {len(given[metric]) + 1}
        asked = bins[metric]
        if count != {asked} and (len(count) > 1 or n_bins != DEFAULT_BINS):
            raise _checks.value_error(
                who,
                name,
                f"{asked - 1} cut points for n_bins={asked}",
                " or ".join(str(c - 1) for c in sorted(count)),
                "k cut points make k + 1 bins.",
            )
        bins[metric] = count.pop()
    return bins, given


def _nested_cuts(
    who: str, name: str, cut: dict[Any, Any], bins: dict[str, int], metric: str, nested: bool
) -> dict[str, list[float]]:
    """Check the cut points of a nested metric: a list for each of its groups."""
    if not nested or metric == "R":
        raise _checks.value_error(
            who, name, "a list of cut points", "a dict", "Only F and M of 'nested' have groups."
        )
    names = _group_names(bins, metric)
    if sorted(cut) != sorted(names):
        raise _checks.value_error(
            who, f"the groups of {name}", f"the {len(names)} from {names[0]!r} to {names[-1]!r}",
            _checks.shown(list(cut)),
        )  # fmt: skip
    return {key: _cut_list(who, f"{name}[{key!r}]", cut[key]) for key in names}


def _cut_list(who: str, name: str, cut: object) -> list[float]:
    """Check one list of cut points: numbers, finite, ascending (equal neighbours may be)."""
    if isinstance(cut, str) or not np.iterable(cut):
        raise _checks.type_error(who, name, "a list of ascending numbers", cut)
    try:
        points = [float(point) for point in cut]
    except (TypeError, ValueError):
        raise _checks.type_error(who, name, "a list of ascending numbers", cut) from None
    finite = all(np.isfinite(points))
    if not points or not finite or any(a > b for a, b in pairwise(points)):
        raise _checks.value_error(
            who, name, "at least one cut point, finite and ascending", _checks.shown(points)
        )
    if len(points) >= codes.MOST_BINS:
        raise _checks.value_error(
            who, name, f"at most {codes.MOST_BINS - 1} cut points", str(len(points))
        )
    return points
