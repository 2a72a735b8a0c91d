"""Rules: what is bought together, from the flat itemsets; measures, chance, redundancy."""

from __future__ import annotations

import csv
import io
import os
from bisect import bisect_right
from collections.abc import Callable, Iterable
from fractions import Fraction
from math import comb
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segpy import _checks, _core, _writing
from segpy._progress import kernel_bar
from segpy.basket import measures
from segpy.basket.names import Names, side, tuples

if TYPE_CHECKING:
    from segpy.basket.baskets import Baskets
    from segpy.basket.itemsets import Itemsets

_CORRECTIONS = ("bh", "holm", "bonferroni")
_SIDES = ["antecedents", "consequents"]


class Rules:
    """Association rules "who buys X also buys Y", in flat arrays; made by `Apriori.rules`.

    Parameters
    ----------
    itemsets : Itemsets
        All frequent sets the rules were looked up in.
    whole, antecedent, consequent : ndarray of int32, shape (n_rules,)
        For each rule the numbers, in `itemsets`, of X with Y, of X and of Y.
    n_tested : int
        All splits of allowed sizes among the frequent sets, before any filter: how many rules had
        the chance to look good.
    note : str, default ""
        What an analyst should know: for an empty answer the best rule there is.
    n_jobs : int or None, default None
        Threads of what is computed later; None takes all cores the process may use.

    Notes
    -----
    Of n baskets x hold X, y hold Y and b both; P is a share of baskets.

    ==================  ==========================================================================
    antecedent support  x / n
    consequent support  y / n
    support             b / n (Agrawal, Imielinski, Swami 1993, doi:10.1145/170036.170072)
    confidence          b / x, the same paper
    lift                b n / (x y): how many times as often as by chance (Brin, Motwani, Ullman,
                        Tsur 1997, doi:10.1145/253262.253325, there "interest")
    representativity    1: no value is missing (Ragel, Cremilleux 1999); a column of mlxtend's
    leverage            P(X, Y) - P(X) P(Y) (Piatetsky-Shapiro 1991)
    conviction          (1 - P(Y)) / (1 - confidence), infinite at confidence 1 (Brin et al. 1997)
    zhangs_metric       leverage / max(P(X, Y) (1 - P(X)), P(X) (P(Y) - P(X, Y))), in [-1, 1]; 0
                        where that is 0 / 0 (Zhang 2000, doi:10.1007/3-540-45571-X_10)
    jaccard             b / (x + y - b) (Jaccard 1901)
    certainty           (confidence - P(Y)) / (1 - P(Y)), 0 where P(Y) = 1 (Berzal, Blanco, Sanchez,
                        Vila 2002, doi:10.3233/IDA-2002-6303)
    kulczynski          (b / x + b / y) / 2 (Kulczynski 1927)
    count               b
    p_value             P(at least b baskets hold both) if X and Y were drawn without regard to each
                        other: Fisher's exact test, one-sided (Fisher 1935)
    lift_low            lower 95 % bound of lift: n min(w(b, x) / y, w(b, y) / x), with Wilson's
                        bound w(b, m) = (b + z^2/2 - z sqrt(b (m - b) / m + z^2/4)) / (m + z^2),
                        z = 1.645 (Wilson 1927, doi:10.1080/01621459.1927.10502953)
    ==================  ==========================================================================

    The p-value screens, it does not prove: the test takes baskets as independent of each other, and
    the orders of one customer are not. Lift of a rare pair is large by luck alone, which is why
    tables are sorted by its lower bound.

    Examples
    --------
    >>> import segpy as sp
    >>> bread = [["bread", "butter"], ["bread", "butter", "jam"], ["bread"], ["tea"]]
    >>> rules = sp.Apriori(min_support=2).fit(bread).rules(min_confidence=0.6)
    >>> rules.to_frame()[["antecedents", "consequents", "count", "confidence"]]
      antecedents consequents  count  confidence
    0    (bread,)   (butter,)      2    0.666667
    1   (butter,)    (bread,)      2    1.000000
    """

    def __init__(
        self,
        itemsets: Itemsets,
        whole: NDArray[np.int32],
        antecedent: NDArray[np.int32],
        consequent: NDArray[np.int32],
        *,
        n_tested: int,
        note: str = "",
        n_jobs: int | None = None,
    ) -> None:
        self.itemsets = itemsets
        self.whole, self.antecedent, self.consequent = whole, antecedent, consequent
        self.n_tested = n_tested
        self.note = note
        self.n_jobs = n_jobs

    def __len__(self) -> int:
        return len(self.whole)

    def __repr__(self) -> str:
        text = f"Rules({len(self):,} of {self.n_tested:,} tested)"
        return f"{text}: {self.note}" if self.note else text

    def _counts(self, rows: Any = slice(None)) -> measures.Counts:
        counts = self.itemsets.counts
        return measures.Counts(
            int(self.itemsets.n_baskets),
            counts[self.antecedent[rows]],
            counts[self.consequent[rows]],
            counts[self.whole[rows]],
        )

    def measure(self, name: str, rows: Any = slice(None)) -> NDArray[Any]:
        """Compute one measure of every rule, in the order the rules stand.

        Parameters
        ----------
        name : str
            A column of `to_frame` but the first two.
        rows : slice or array, optional
            Only of these rules.

        Returns
        -------
        ndarray of float64 (of int64 for "count"), shape (n_rules,)
        """
        _checks.one_of("Rules", "name", name, measures.COLUMNS)
        counts = self._counts(rows)
        if name == "p_value":
            return measures.p_values(counts, _checks.threads("Rules", self.n_jobs))
        return measures.FORMULAS[name](counts)

    def _order(self, who: str, by: str | None) -> NDArray[np.intp]:
        """Order rules by a measure, best first: ties by count, then by the order of items."""
        if by is None:
            return np.arange(len(self))
        _checks.one_of(who, "by", by, measures.COLUMNS)
        value = self.measure(by)
        keys = (self.consequent, self.antecedent, -self.measure("count"))
        return np.lexsort((*keys, value if by == "p_value" else -value))

    def _take(self, rows: Any, note: str = "") -> Rules:
        return Rules(
            self.itemsets,
            self.whole[rows],
            self.antecedent[rows],
            self.consequent[rows],
            n_tested=self.n_tested,
            note=note,
            n_jobs=self.n_jobs,
        )

    def to_frame(self, n: int | None = None, by: str | None = "lift_low") -> pd.DataFrame:
        """Give the rules as a table, best first.

        Parameters
        ----------
        n : int, default None
            Only the first n; None gives all.
        by : str or None, default "lift_low"
            The measure to sort by, greatest first (of p_value the least); ties by count, then by
            the order of items. None keeps the order the rules stand in.

        Returns
        -------
        DataFrame
            `antecedents, consequents` (tuples of names), then the measures of `Rules`: `count`
            int64, all others float64. `attrs` hold `n_tested`, `n_baskets` and the `note`.
        """
        who = "Rules.to_frame"
        n = None if n is None else _checks.integer(who, "n", n, 0)
        rows = self._order(who, by)[:n]
        columns: dict[str, Any] = {
            "antecedents": pd.Series(tuples(self.itemsets, self.antecedent[rows]), dtype=object),
            "consequents": pd.Series(tuples(self.itemsets, self.consequent[rows]), dtype=object),
        }
        columns |= {name: self.measure(name, rows) for name in measures.COLUMNS}
        table = pd.DataFrame(columns)
        table.attrs = {
            "n_tested": self.n_tested,
            "n_baskets": int(self.itemsets.n_baskets),
            "note": self.note,
        }
        return table

    def top(self, n: int, by: str = "lift_low") -> Rules:
        """Give the n best rules by a measure, best first, as rules."""
        who = "Rules.top"
        n = _checks.integer(who, "n", n, 0)
        return self._take(self._order(who, by)[:n], self.note)

    def filter(self, *, min_lift: float | None = None, contains: Any = None) -> Rules:
        """Keep the rules of at least this lift that hold these items.

        Parameters
        ----------
        min_lift : float, default None
            The least lift, compared in float64; independent items have exactly 1.
        contains : item or list of items, default None
            Names; a rule must hold all of them, on either side.

        Returns
        -------
        Rules
            `n_tested` stays: a filter that looks at the answer makes no test undone.

        Raises
        ------
        TypeError, ValueError
            `min_lift` is no number or below 0; an item is not known (similar names are said).
        """
        who = "Rules.filter"
        keep = np.ones(len(self), dtype=np.bool_)
        asked = []
        if min_lift is not None:
            least = _number(who, "min_lift", min_lift, "a number >= 0")
            keep &= self.measure("lift") >= least
            asked.append(f"reaches lift {min_lift}")
        if contains is not None:
            for item in Names(self.itemsets).positions(who, "contains", contains):
                keep &= self._with(int(item))[self.whole]
            asked.append(f"holds {_checks.shown(contains)}")
        note = self.note
        if len(self) and not keep.any():
            note = self._best_note(f"No rule {' and '.join(asked)}", "lift")
        return self._take(keep, note)

    def _with(self, item: int) -> NDArray[np.bool_]:
        """Tell which sets hold an item; no set is empty."""
        if len(self.itemsets.counts) == 0:
            return np.zeros(0, dtype=np.bool_)
        here = self.itemsets.indices == item
        return np.logical_or.reduceat(here, self.itemsets.indptr[:-1])

    def prune(
        self, redundant: bool = True, alpha: float | None = None, correction: str = "bh"
    ) -> Rules:
        """Take away what may be chance, then what says nothing new.

        Parameters
        ----------
        redundant : bool, default True
            Take away rules for which some proper non-empty subset of the antecedents has the same
            consequents with at least the same confidence, looked up among all frequent sets and
            compared in whole numbers (Bayardo, Agrawal, Gunopulos 2000,
            doi:10.1023/A:1009895914772: no improvement).
        alpha : float, default None
            Keep rules that are significant at this level; None asks for none.
        correction : {"bh", "holm", "bonferroni"}, default "bh"
            For testing many rules, always over all `n_tested`, not over those a filter left:
            false discovery rate (Benjamini, Hochberg 1995), or the family-wise error.

        Returns
        -------
        Rules
            If nothing is left, `note` names the best rule there was.

        Raises
        ------
        TypeError, ValueError
            An argument is not as stated.
        """
        who = "Rules.prune"
        redundant = _checks.boolean(who, "redundant", redundant)
        _checks.one_of(who, "correction", correction, _CORRECTIONS)
        kept = self
        if alpha is not None:
            level = _number(who, "alpha", alpha, "a number in (0, 1)", 1.0)
            p = self.measure("p_value")
            kept = self._take(significant(p, level, correction, self.n_tested), self.note)
            if len(self) and not len(kept):
                kept.note = self._best_note(
                    f"No rule is significant at {alpha} among {self.n_tested:,} tested", "p_value"
                )
        if redundant and len(kept):
            kept = kept._take(~kept._redundant(), kept.note)
        return kept

    def _redundant(self) -> NDArray[np.bool_]:
        whole, left, right = map(
            np.ascontiguousarray, (self.whole, self.antecedent, self.consequent)
        )
        jobs = _checks.threads("Rules.prune", self.n_jobs)
        with kernel_bar("comparing rules") as tick:
            return _core.rules_redundant(*_flat(self.itemsets), whole, left, right, jobs, "", tick)

    def to_csv(self, path: str | os.PathLike[str], by: str | None = "lift_low") -> None:
        """Write the table of `to_frame` as a CSV file; a cell of items is a line of CSV itself.

        Parameters
        ----------
        path : str or path
            The file; what was there is replaced in one step.
        by : str or None, default "lift_low"
            As in `to_frame`.

        Raises
        ------
        OSError
            The file cannot be written.
        """
        who = "Rules.to_csv"
        place = _writing.target(who, path)
        _writing.write_whole(who, place, csv_text(self, by))

    def _best_note(self, why: str, by: str) -> str:
        """Say why nothing is left, and which rule came nearest."""
        row = self._order("Rules", by)[:1]
        c = self._counts(row)
        extra = f", p {self.measure('p_value', row)[0]:.2g}" if by == "p_value" else ""
        sets = self.antecedent[row[0]], self.consequent[row[0]]
        return f"{why}; the best there is: {_sentence(self.itemsets, *sets, c)}{extra}."


def csv_text(rules: Rules, by: str | None = "lift_low") -> str:
    """Give the table of `Rules.to_frame` as CSV; a cell of items is a line of CSV itself."""
    table = rules.to_frame(by=by)
    for column in _SIDES:
        table[column] = [_line(names) for names in table[column]]
    return table.to_csv(index=False, lineterminator="\n")


def _line(names: Iterable[object]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(list(names))
    return out.getvalue()


def _sentence(itemsets: Itemsets, left: int, right: int, c: measures.Counts) -> str:
    """Describe the one rule of `c`: its items, confidence, lift and baskets."""
    names = [", ".join(map(str, itemsets[s])) for s in (left, right)]
    confidence, lift = (float(measures.FORMULAS[m](c)[0]) for m in ("confidence", "lift"))
    baskets = "1 basket" if c.both[0] == 1 else f"{int(c.both[0]):,} baskets"
    return f"{names[0]} => {names[1]}, confidence {confidence:.3g}, lift {lift:.3g}, {baskets}"


def _number(who: str, name: str, value: object, allowed: str, below: float = np.inf) -> float:
    """Give a number in [0, inf), or in (0, below) where `below` is said."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | float | np.number):
        raise _checks.type_error(who, f"'{name}'", allowed, value)
    found = float(value)
    if not (0 <= found < below) or (found == 0 and below < np.inf):
        raise _checks.value_error(who, f"'{name}'", allowed, str(value))
    return found


def significant(
    p: NDArray[np.float64], alpha: float, correction: str, n_tested: int
) -> NDArray[np.bool_]:
    """Tell which p-values stand at a level, corrected for `n_tested` tests.

    The tests that left no rule behind count as tests and as nothing found, so that a rank among
    the rules at hand is at most its rank among all.
    """
    if correction == "bonferroni" or len(p) == 0:
        return p <= alpha / max(n_tested, 1)
    ranked = np.sort(p)
    rank = np.arange(1, len(p) + 1)
    if correction == "bh":
        good = np.flatnonzero(ranked <= alpha * (rank / n_tested))
        last = int(good[-1]) if len(good) else -1
    else:
        bad = np.flatnonzero(ranked > alpha / np.maximum(float(n_tested) - rank + 1, 1.0))
        last = (int(bad[0]) if len(bad) else len(p)) - 1
    return p <= ranked[last] if last >= 0 else np.zeros(len(p), dtype=np.bool_)


# --- making rules --------------------------------------------------------------------------


def make_rules(
    itemsets: Itemsets,
    *,
    min_confidence: float = 0.5,
    min_lift: float | None = None,
    max_consequent: int | None = 1,
    antecedent: Any = None,
    consequent: Any = None,
    min_len: int = 1,
    baskets: Baskets | None = None,
    n_jobs: int | None = None,
    who: str = "Apriori.rules",
) -> Rules:
    """Find the rules of frequent itemsets; `Apriori.rules` documents the arguments.

    `min_len` leaves out rules of fewer items in all. `baskets`, if given, are looked into for the
    most frequent pair where no frequent set has two items.
    """
    if itemsets.target == "maximal":
        raise _checks.value_error(
            who,
            "'target'",
            "'all' or 'closed'",
            "'maximal'",
            "Maximal sets have lost the counts of their parts; fit Apriori(target='all').",
        )
    least = smallest_confidence(who, min_confidence, int(itemsets.n_baskets))
    most = _most(who, max_consequent, itemsets)
    names = Names(itemsets)
    body, head = (
        side(who, names, "antecedent", antecedent),
        side(who, names, "consequent", consequent),
    )
    lift = None if min_lift is None else _number(who, "min_lift", min_lift, "a number >= 0")
    jobs = _checks.threads(who, n_jobs)
    with kernel_bar("splitting sets") as tick:
        whole, left, right, best, unknown = _core.rules(
            *_flat(itemsets), least.numerator, least.denominator, most, body, head, jobs, "", tick
        )
    rules = Rules(
        itemsets, whole, left, right, n_tested=splits(itemsets, most, min_len), n_jobs=n_jobs
    )
    if min_len > 2:
        rules = rules._take(itemsets.lengths[whole] >= min_len)
    if len(whole) == 0:
        rules.note = _nothing(itemsets, best, min_confidence, baskets)
    elif itemsets.partial:
        lost = f", and {unknown:,} splits could not be counted" if unknown else ""
        rules.note = (
            f"The itemsets are partial ({itemsets.note}): there may be more rules than these{lost}."
        )
    return rules if lift is None else rules.filter(min_lift=lift)


def _flat(
    sets: Itemsets,
) -> tuple[int, int, NDArray[np.int64], NDArray[np.int32], NDArray[np.int64]]:
    """Give itemsets as the kernels take them."""
    return int(sets.n_baskets), len(sets.items), sets.indptr, sets.indices, sets.counts


def _most(who: str, max_consequent: object, itemsets: Itemsets) -> int:
    """Give the most items of a consequent; None is as many as there can be."""
    ends = itemsets.indptr
    longest = int(ends[-1] - ends[-2]) if len(itemsets.counts) else 1
    if max_consequent is None:
        return longest
    return min(_checks.integer(who, "max_consequent", max_consequent, 1), longest)


def splits(itemsets: Itemsets, most: int, min_len: int = 1) -> int:
    """Count the splits of all sets into an antecedent and a consequent of at most `most` items."""
    ends = itemsets.indptr
    found = first = 0
    while first < len(itemsets.counts):  # sets stand by length
        k = int(ends[first + 1] - ends[first])
        last = bisect_right(
            range(len(itemsets.counts)), k, lo=first, key=lambda s: ends[s + 1] - ends[s]
        )
        ways = sum(comb(k, size) for size in range(1, min(most, k - 1) + 1))
        found += (last - first) * ways if k >= min_len else 0
        first = last
    return found


def smallest_confidence(who: str, value: object, n_baskets: int) -> Fraction:
    """Give the least ratio of two counts of `n_baskets` that reaches a confidence.

    A float is the decimal it prints. Of fractions with denominators up to n the least that is not
    below it decides as it does, and fits the kernel's whole numbers (the next Farey fraction).
    """
    _number(who, "min_confidence", value, "a number in [0, 1]")
    asked = Fraction(str(value))
    if asked > 1:
        raise _checks.value_error(who, "'min_confidence'", "a number in [0, 1]", str(value))
    n = max(n_baskets, 1)
    near = asked.limit_denominator(n)
    if near >= asked:
        return near
    a, b = near.numerator, near.denominator
    start = -pow(a, -1, b) % b
    q = n - (n - start) % b
    return Fraction((q * a + 1) // b, q)


def _nothing(
    itemsets: Itemsets,
    best: tuple[int, int, int],
    min_confidence: object,
    baskets: Baskets | None,
) -> str:
    """Say why there is no rule, and the best that there is."""
    if best[0] >= 0:
        counts = itemsets.counts
        one: Callable[[int], NDArray[np.int64]] = lambda s: counts[s : s + 1]  # noqa: E731
        c = measures.Counts(int(itemsets.n_baskets), one(best[1]), one(best[2]), one(best[0]))
        told = _sentence(itemsets, best[1], best[2], c)
        return f"No rule reaches confidence {min_confidence}; the best there is: {told}."
    if len(itemsets.counts) and itemsets.lengths[-1] > 1:
        return "No frequent set splits into antecedents and consequents of the items asked for."
    text = f"No two items share {int(itemsets.min_count):,} of {int(itemsets.n_baskets):,} baskets"
    if baskets is not None:
        from segpy.basket.pairs import pair_counts

        if not len(baskets.indices):
            return "The baskets hold no items."
        first = pair_counts(baskets, top=1)
        if len(first):
            a, b, count = first.iloc[0, :3]
            return f"{text}; the most frequent pair is {a} with {b}, {int(count):,} baskets."
        return "No two items are ever in one basket."
    return f"{text}; lower min_support."
