"""by_group: itemsets and rules of every country, segment or branch, and how they differ."""

from __future__ import annotations

from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone

from segpy import _checks, _core, _frames
from segpy.basket import differences, linetables, support
from segpy.basket.baskets import Baskets
from segpy.basket.itemsets import Apriori, Itemsets
from segpy.basket.rules import Rules, make_rules

_WHO = "by_group"
_OPTIONS = ("min_confidence", "min_lift", "max_consequent", "antecedent", "consequent")
_SKIPPED = ["group", "reason", "baskets", "why"]
_GROUPS = ["group", "baskets", "min_count", "itemsets", "rules", "n_tested", "note"]


class GroupRules:
    """What `by_group` found; a group stands in every table under its own name.

    Attributes
    ----------
    itemsets : DataFrame
        ``group``, then the columns of ``Itemsets.to_frame``: `support` is of the group's baskets.
    rules : DataFrame
        ``group``, then the columns of ``Rules.to_frame``, each group's best first.
    groups : DataFrame
        A row a group that was searched: ``group, baskets, min_count`` (what made a set frequent
        there), ``itemsets, rules, n_tested`` (numbers of them, and of splits), ``note`` (a limit
        that was hit, the best rule of a group without rules).
    skipped : DataFrame
        What has no row in `rules`, most baskets first: ``group, reason, baskets, why``. Reasons:
        "no group named" (lines whose group is missing), "too few baskets", "floor on counts" (an
        item reaches the support, but none `min_count`), "no frequent set", "no rule" (its itemsets
        are there).
    differences : DataFrame
        What is bought otherwise in a group than in all others, beyond chance; see `by_group`.
    note : str
        What an analyst should know of the whole; empty if nothing.
    """

    def __init__(
        self,
        column: str,
        frames: dict[str, pd.DataFrame],
        note: str,
        compared: differences.Compared,
    ) -> None:
        self.column = column
        self.itemsets, self.rules = frames["itemsets"], frames["rules"]
        self.groups, self.skipped = frames["groups"], frames["skipped"]
        self.note = note
        self._compared = compared

    @cached_property
    def differences(self) -> pd.DataFrame:
        """Compare every group with all others; made when first asked for."""
        return differences.table(self._compared)

    def __repr__(self) -> str:
        text = (
            f"GroupRules: {len(self.rules):,} rules in {int((self.groups['rules'] > 0).sum()):,} "
            f"groups of {self.column!r}; {len(self.skipped):,} skipped"
        )
        return f"{text}. {self.note}" if self.note else text


def by_group(
    tx: Any,
    column: str,
    estimator: Apriori,
    *,
    min_baskets: int = 100,
    min_count: int = 5,
    **rule_options: Any,
) -> GroupRules:
    """Find itemsets and rules in every group of order lines, and where groups differ.

    Parameters
    ----------
    tx : DataFrame (pandas, polars or pyarrow)
        A row a line with ``order``, ``product`` and `column`; cleaned or not. As `baskets` reads
        it: shown by ``description`` where there is one (one name for an item in all groups), lines
        that are no products left out.
    column : str
        What tells groups apart: a country, a customer's segment, a branch. An order whose lines
        name several groups is a basket in each of them, of its lines there, and `note` says how
        many there are; lines without a group count for nothing and stand in `skipped`.
    estimator : Apriori
        Its clone is fitted to the baskets of each group. Not changed.
    min_baskets : int, default 100
        Groups of fewer baskets are skipped.
    min_count : int, default 5
        A set is frequent in a group if its count reaches the estimator's support there and this
        floor: at 100 baskets and 1 % a single basket would make all its subsets frequent.
    **rule_options
        As `Apriori.rules` takes them: ``min_confidence, min_lift, max_consequent, antecedent,
        consequent``.

    Returns
    -------
    GroupRules
        Tables ``itemsets``, ``rules``, ``groups``, ``skipped`` and ``differences``; empty ones
        have their columns, and `note` says why.

    Raises
    ------
    ValueError
        A column is missing, an argument is out of range, the estimator looks for maximal sets
        (which have lost the counts of their parts), an item is known to no group.
    TypeError
        `tx` is no table, `estimator` no Apriori, an option is none of `Apriori.rules`.

    Notes
    -----
    The lines are read once and sorted by group; each group costs what it holds.

    ``differences`` has a row an item or rule of a group whose share there is not that of the rest,
    by more than chance: ``group, antecedents, consequents, share, share_rest, ratio, count,
    baskets, count_rest, baskets_rest, p_value, p_adjusted``. Of the group's `baskets` that hold the
    antecedents, `count` hold the consequents too: `share` is a rule's confidence, and with no
    antecedents, ``()``, an item's support. The rest are the baskets of all other groups, also of
    skipped ones. Compared are all frequent items and all rules of a group: the support of a longer
    set is a product of such shares. What a group buys less often is found while it is frequent
    there.

    p is twice the smaller tail of Fisher's exact test, at most 1. Since only what is frequent in a
    group is compared there, correcting for those alone would find differences in pure chance;
    p_adjusted counts all that could have been found (Webb 2007, 2008): of G groups and m items with
    at least the group's threshold of baskets in all groups together, a rule of l items is one of
    G C(m, l) s(l), with s(l) ways to split them (s(1) = 1 for an item), and all rules of length l
    share a 2^-l part of the risk::

        p_adjusted = min(1, p 2^l G C(m, l) s(l))

    Rows have p_adjusted <= 0.05, so that one false row or more is expected in at most one of
    twenty such tables. As in `Rules`, p takes baskets as independent of each other, which the
    orders of one customer are not: it screens and does not prove.

    References
    ----------
    G. I. Webb, "Discovering significant patterns", Machine Learning 68 (2007),
    doi:10.1007/s10994-007-5006-x; "Layered critical values", Machine Learning 71 (2008),
    doi:10.1007/s10994-008-5046-x.

    Examples
    --------
    >>> import pandas as pd, segpy as sp
    >>> tx = pd.DataFrame({
    ...     "order": [i // 2 for i in range(48)],
    ...     "product": ["tea", "milk"] * 12 + ["tea", "jam"] * 11 + ["cup", "jam"],
    ...     "country": ["UK"] * 24 + ["France"] * 22 + ["Malta"] * 2,
    ... })
    >>> found = sp.by_group(tx, "country", sp.Apriori(0.5), min_baskets=10)
    >>> found.rules[["group", "antecedents", "consequents", "count", "confidence"]]
        group antecedents consequents  count  confidence
    0  France      (jam,)      (tea,)     11         1.0
    1  France      (tea,)      (jam,)     11         1.0
    2      UK     (milk,)      (tea,)     12         1.0
    3      UK      (tea,)     (milk,)     12         1.0
    >>> found.skipped
       group           reason  baskets                                   why
    0  Malta  too few baskets        1  1 basket, fewer than min_baskets=10.
    >>> found.differences[["group", "antecedents", "consequents", "share", "share_rest"]].head(3)
        group antecedents consequents  share  share_rest
    0      UK          ()     (milk,)    1.0         0.0
    1      UK      (tea,)     (milk,)    1.0         0.0
    2  France      (tea,)      (jam,)    1.0         0.0
    """
    asked = _Asked(estimator, min_baskets, min_count, rule_options)
    table = _frames.frame(_WHO, tx)
    if not isinstance(column, str):
        raise _checks.type_error(_WHO, "'column'", "the name of a column", column)
    advice = "Name the column that tells groups apart; customers' groups come by a join."
    _checks.columns(_WHO, table, [column, "order", "product"], advice)
    split = _Split(linetables.read(table, who=_WHO), column)
    asked.check_options(split.pooled)
    found = [_fit(split, g, asked) for g in range(len(split.names)) if asked.enough(split, g)]
    skipped = [*_missing(split), *_few(split, asked), *(f.skipped for f in found if f.skipped)]
    compared = differences.Compared(
        split.pooled,
        [f.group for f in found],
        [split.names[f.number] for f in found],
        asked.most_consequents,
    )
    frames = _frames_of(split, asked, found, skipped)
    return GroupRules(column, frames, _note(split, asked, column, found), compared)


class _Asked:
    """The arguments, checked before the data are read."""

    def __init__(
        self, estimator: Any, min_baskets: Any, min_count: Any, options: dict[str, Any]
    ) -> None:
        if not isinstance(estimator, Apriori):
            allowed = "an Apriori such as Apriori(min_support=0.02)"
            raise _checks.type_error(_WHO, "'estimator'", allowed, estimator)
        if estimator.target == "maximal":
            raise _checks.value_error(
                _WHO,
                "'estimator'",
                "Apriori of target 'all' or 'closed'",
                "target 'maximal'",
                "Maximal sets have lost the counts of their parts, so they give no rules.",
            )
        self.empty = clone(estimator).fit([[]])  # checks its parameters
        self.estimator = estimator
        self.min_baskets = _checks.integer(_WHO, "min_baskets", min_baskets, 1)
        self.min_count = _checks.integer(_WHO, "min_count", min_count, 1)
        unknown = [name for name in options if name not in _OPTIONS]
        if unknown:
            allowed = ", ".join(repr(name) for name in _OPTIONS)
            raise TypeError(_checks.sentence(_WHO, "options", f"among {allowed}", repr(unknown[0])))
        self.options = options

    def check_options(self, pooled: Baskets) -> None:
        """Refuse what `Apriori.rules` would, also where no group is searched."""
        arrays = np.zeros(1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.int64)
        make_rules(Itemsets(arrays, pooled, 1), who=_WHO, **self.options)

    @property
    def most_consequents(self) -> int | None:
        """Most items of a consequent."""
        most: int | None = self.options.get("max_consequent", 1)
        return most

    def enough(self, split: _Split, g: int) -> bool:
        """Tell whether a group is large enough to be searched."""
        return bool(split.sizes[g] >= self.min_baskets)


class _Split:
    """Order lines as the baskets of all groups, one group's after the other's."""

    def __init__(self, lines: linetables.Lines, column: str) -> None:
        codes, self.groups = _grouped(_frames.column(lines.table, column))
        self.names = self.groups.tolist()
        orders, items = lines.orders.codes, lines.items
        n_orders = max(lines.orders.count, 1)
        lost = (codes < 0) & (orders >= 0)
        self.lost_lines, self.lost_orders = int(lost.sum()), len(np.unique(orders[lost]))
        pairs = codes.astype(np.int64) * n_orders + orders  # ascend by group, then by order
        basket, found = _core.encode_ints(pairs, (codes < 0) | (orders < 0), True)
        counted = _core.baskets_of_lines(basket, items.codes, len(found), items.count, None)
        self._code = counted[2]
        self._ids = items.ids.tolist()
        self._labels = lines.labels(self._ids)
        self.pooled = Baskets._of(counted, self._labels, ids=self._ids)
        self.bounds = np.searchsorted(found, np.arange(len(self.groups) + 1) * n_orders)
        self.sizes = np.diff(self.bounds)
        self.in_several = int((np.bincount(found % n_orders, minlength=1) > 1).sum())

    def baskets(self, g: int) -> tuple[Baskets, NDArray[np.int64]]:
        """Give the baskets of a group, and for each of their items its place among all."""
        start, stop = int(self.bounds[g]), int(self.bounds[g + 1])
        all_of = self.pooled
        codes = self._code[all_of.indices[all_of.indptr[start] : all_of.indptr[stop]]]
        rows = np.repeat(np.arange(stop - start, dtype=np.int32), all_of.sizes[start:stop])
        counted = _core.baskets_of_lines(rows, codes, stop - start, len(self._ids), None)
        place = np.empty(len(self._ids), np.int64)
        place[self._code] = np.arange(len(self._ids))
        return Baskets._of(counted, self._labels, ids=self._ids), place[counted[2]]


def _grouped(column: pd.Series[Any]) -> tuple[NDArray[np.int32], pd.Index[Any]]:
    """Give the group of each line, -1 for none, and the groups: in their order, or ascending."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        used = column.cat.remove_unused_categories()
        return np.asarray(used.cat.codes, np.int32), pd.Index(used.cat.categories.to_numpy())
    if pd.api.types.is_bool_dtype(column.dtype):
        return _grouped(column.astype("category"))
    found = _frames.encode(_WHO, column)
    return found.codes, found.ids


class _Found(NamedTuple):
    """One group that was searched."""

    number: int
    model: Apriori
    rules: Rules
    group: differences.Group
    skipped: tuple[Any, ...] | None


def _fit(split: _Split, g: int, asked: _Asked) -> _Found:
    baskets, place = split.baskets(g)
    share = support.min_count(_WHO, asked.estimator.min_support, baskets.n_baskets)
    least = max(share, asked.min_count)
    model = clone(asked.estimator).set_params(min_support=least).fit(baskets)
    rules = model.rules(**asked.options)
    group = differences.Group(int(split.bounds[g]), int(split.bounds[g + 1]), least, rules, place)
    reason, why = _why_not(model, rules, share, asked.min_count)
    row = (split.names[g], reason, baskets.n_baskets, why) if reason else None
    return _Found(g, model, rules, group, row)


def _why_not(model: Apriori, rules: Rules, share: int, floor: int) -> tuple[str, str]:
    """Say why a group has no rule; empty words where it has one."""
    sets, baskets = model.itemsets_, model.baskets_
    highest = int(baskets.item_counts[0]) if baskets.n_items else 0
    if len(rules):
        return "", ""
    if len(sets):
        return "no rule", rules.note
    if share <= highest < floor:
        return "floor on counts", (
            f"The most frequent item, {baskets.items[0]!r}, is in {highest:,} baskets: enough for "
            f"the support ({share:,}), fewer than min_count={floor:,}."
        )
    return "no frequent set", f"{sets.note[:1].upper()}{sets.note[1:]}."


def _missing(split: _Split) -> list[tuple[Any, ...]]:
    if not split.lost_lines:
        return []
    lines = "1 line" if split.lost_lines == 1 else f"{split.lost_lines:,} lines"
    why = f"{lines} of {_baskets(split.lost_orders, 'order')} without a group."
    return [(None, "no group named", split.lost_orders, why)]


def _few(split: _Split, asked: _Asked) -> list[tuple[Any, ...]]:
    return [
        (
            split.names[g],
            "too few baskets",
            int(split.sizes[g]),
            f"{_baskets(int(split.sizes[g]))}, fewer than min_baskets={asked.min_baskets:,}.",
        )
        for g in range(len(split.names))
        if not asked.enough(split, g)
    ]


def _baskets(n: int, word: str = "basket") -> str:
    return f"1 {word}" if n == 1 else f"{n:,} {word}s"


def _frames_of(
    split: _Split, asked: _Asked, found: list[_Found], skipped: list[tuple[Any, ...]]
) -> dict[str, pd.DataFrame]:
    """Put the tables of all groups together; the empty ones give columns and kinds."""
    empty = asked.empty
    none = Rules(empty.itemsets_, *(np.zeros(0, np.int32) for _ in range(3)), n_tested=0)
    rows = [
        (
            split.names[f.number],
            f.model.n_baskets_,
            f.model.min_count_,
            len(f.model.itemsets_),
            len(f.rules),
            f.rules.n_tested,
            f.model.itemsets_.note or f.rules.note,
        )
        for f in found
    ]
    skipped = sorted(skipped, key=lambda row: -int(row[2]))
    numbers = [f.number for f in found]
    return {
        "itemsets": _stacked(
            split, numbers, [empty.itemsets_, *(f.model.itemsets_ for f in found)]
        ),
        "rules": _stacked(split, numbers, [none, *(f.rules for f in found)]),
        "groups": pd.DataFrame(rows, columns=_GROUPS),
        "skipped": pd.DataFrame(skipped, columns=_SKIPPED),
    }


def _stacked(split: _Split, numbers: list[int], parts: list[Any]) -> pd.DataFrame:
    """Stack tables, the group first; the first part is empty and of no group."""
    frames = [part.to_frame() for part in parts]
    for frame in frames:
        frame.attrs = {}
    filled = [frame for frame in frames if len(frame)] or frames[:1]
    stacked: pd.DataFrame = pd.concat(filled, ignore_index=True)
    sizes = [len(frame) for frame in frames[1:]]
    group = split.groups.take(np.repeat(np.array(numbers, np.intp), sizes))
    stacked.insert(0, "group", pd.Series(group.to_numpy(), dtype=group.dtype))
    return stacked


def _note(split: _Split, asked: _Asked, column: str, found: list[_Found]) -> str:
    """Say what concerns all groups: none that is large enough, orders cut in pieces, limits."""
    said = []
    if not len(split.names):
        said.append(f"No line names a group in {column!r}.")
    elif not found:
        g = int(np.argmax(split.sizes))
        said.append(
            f"No group of {column!r} has {_baskets(asked.min_baskets)}; the largest, "
            f"{split.names[g]!r}, has {int(split.sizes[g]):,}: lower min_baskets."
        )
    elif not any(len(f.rules) for f in found):
        said.append("No group has a rule; `skipped` says why.")
    if split.in_several:
        said.append(
            f"{_baskets(split.in_several, 'order')} with lines of several groups: a basket in each."
        )
    partial = [f for f in found if f.model.itemsets_.partial]
    if partial:
        named = ", ".join(repr(split.names[f.number]) for f in partial[:3])
        said.append(f"The itemsets are not all there in {named}; `groups` says why.")
    return " ".join(said)
