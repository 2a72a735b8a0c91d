"""Frequent itemsets: what is bought together often enough."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from sklearn.base import BaseEstimator, clone
from sklearn.utils.validation import check_is_fitted

from segpy.basket.mining import Itemsets, find

if TYPE_CHECKING:
    from segpy.basket.rules import Rules

__all__ = ["Apriori", "Itemsets"]


class Apriori(BaseEstimator):  # type: ignore[misc]
    """Finds the sets of items that enough baskets hold, and counts them exactly.

    The answer is that of the Apriori algorithm [1]_: every set that is in at least `min_support`
    of the baskets, with the exact number. It is fixed by the baskets alone, so that any exact
    search finds the same; this one goes depth first, from each item to the more frequent ones
    [2]_, in C. It never makes candidates: what is left of the baskets below a set is held as lists,
    as bitmaps that are joined by AND and counted [3]_, as weighted 64-bit masks, or as one table of
    all subsets that is summed over supersets, whichever is cheapest there. Closed and maximal
    sets are searched for by themselves [4]_. Sets in all baskets are included, the empty set is
    not.

    Parameters
    ----------
    min_support : float or int, default 0.01
        A float is a share of the baskets in (0, 1], read as the decimal it prints: a set is
        frequent if its count is at least ``ceil(Fraction(repr(min_support)) * n_baskets)`` (0.28
        of 25 is 7). An int is a number of baskets.
    min_len, max_len : int, default 1; int or None
        Sizes of the sets that are given. With "closed" and "maximal" they choose among the closed
        or maximal sets of all sizes.
    target : {"all", "closed", "maximal"}, default "all"
        "closed": no set with one item more is in as many baskets. "maximal": none is frequent.
    max_itemsets : int, optional
        Most sets that are given. Where there are more, the answer is `partial` and `note` says so;
        the sets given are exact. They are the first in the order of the search: sets of the more
        frequent items first.
    n_jobs : int or None, default None
        Threads; None takes all cores the process may use. The result does not depend on it.

    Attributes
    ----------
    itemsets_ : Itemsets
        Flat arrays, with ``len``, indexing, ``to_frame`` and ``to_frozensets``.
    baskets_ : Baskets
        What was fitted.
    n_baskets_, min_count_ : int

    Raises
    ------
    TypeError
        For parameters of a wrong type, and for data that holds no baskets.
    ValueError
        For parameters out of range.

    Notes
    -----
    Memory: the occurrences of frequent items twice in 4 bytes each, about 30 bytes a set while
    they are put in order, and the answer (16 bytes a set and 4 an item of it). An answer that would
    not fit half of the memory that is free is cut off there, like one of more than `max_itemsets`.

    References
    ----------
    .. [1] R. Agrawal, R. Srikant, "Fast algorithms for mining association rules", VLDB 1994.
    .. [2] T. Uno, M. Kiyomi, H. Arimura, "LCM ver. 2: efficient mining algorithms for
       frequent/closed/maximal itemsets", FIMI 2004.
    .. [3] M. J. Zaki, "Scalable algorithms for association mining", IEEE TKDE 12 (2000),
       doi:10.1109/69.846291.
    .. [4] T. Uno, T. Asai, Y. Uchida, H. Arimura, "An efficient algorithm for enumerating closed
       patterns in transaction databases", DS 2004, doi:10.1007/978-3-540-30214-8_2.

    Examples
    --------
    >>> import segpy as sp
    >>> orders = [["tea", "cup"], ["tea", "cup", "jam"], ["tea"], ["jam"]]
    >>> model = sp.Apriori(min_support=0.5).fit(orders)
    >>> model.itemsets_.to_frame()
         itemsets  support  count  length
    0      (tea,)     0.75      3       1
    1      (cup,)     0.50      2       1
    2      (jam,)     0.50      2       1
    3  (tea, cup)     0.50      2       2
    """

    def __init__(
        self,
        min_support: float = 0.01,
        *,
        min_len: int = 1,
        max_len: int | None = None,
        target: str = "all",
        max_itemsets: int | None = None,
        n_jobs: int | None = None,
    ) -> None:
        self.min_support = min_support
        self.min_len = min_len
        self.max_len = max_len
        self.target = target
        self.max_itemsets = max_itemsets
        self.n_jobs = n_jobs

    def fit(self, X: Any, y: Any = None) -> Self:
        """Find the itemsets.

        Parameters
        ----------
        X : Baskets, list of lists, one-hot table, sparse matrix or order lines
            Order lines are a table with the columns ``order`` and ``product``. Not changed.
        y : ignored

        Returns
        -------
        Apriori
            Itself.
        """
        self.baskets_, self.itemsets_ = find(
            X,
            self.min_support,
            min_len=self.min_len,
            max_len=self.max_len,
            target=self.target,
            max_itemsets=self.max_itemsets,
            n_jobs=self.n_jobs,
        )
        self.n_baskets_ = self.baskets_.n_baskets
        self.min_count_ = self.itemsets_.min_count
        return self

    def rules(
        self,
        *,
        min_confidence: float = 0.5,
        min_lift: float | None = None,
        max_consequent: int | None = 1,
        antecedent: Any = None,
        consequent: Any = None,
    ) -> Rules:
        """Split the itemsets into rules: who buys X also buys Y.

        Parameters
        ----------
        min_confidence : float, default 0.5
            Share, among the baskets with X, of those with Y too; in [0, 1], read as the decimal it
            prints and compared in whole numbers: ``count_xy >= Fraction(repr(c)) * count_x``.
        min_lift : float, default None
            Keep only rules of at least this lift.
        max_consequent : int or None, default 1
            Most items of Y; None: any number.
        antecedent, consequent : item or list of items, default None
            Only these may stand in X, or in Y; None: all may.

        Returns
        -------
        Rules
            Flat arrays, with ``to_frame``, ``prune``, ``filter``, ``top`` and ``to_csv``; measures
            and their sources are described there. An empty answer names the best rule there is.

        Raises
        ------
        ValueError
            The model has target "maximal", whose sets have lost the counts of their parts; an
            argument is out of range, or an item is not known (similar names are said).
        TypeError
            An argument is of the wrong kind.

        Notes
        -----
        Closed sets hold the counts of all frequent sets, so they give the rules of all. With
        `min_len` a rule has at least so many items in all.

        Examples
        --------
        >>> import segpy as sp
        >>> model = sp.Apriori(min_support=2).fit([["tea", "cup"], ["tea", "cup", "jam"], ["tea"]])
        >>> model.rules().to_frame()[["antecedents", "consequents", "confidence", "lift"]]
          antecedents consequents  confidence  lift
        0      (tea,)      (cup,)    0.666667   1.0
        1      (cup,)      (tea,)    1.000000   1.0
        """
        from segpy.basket.rules import make_rules

        check_is_fitted(self, "itemsets_")
        sets = self.itemsets_
        if sets.target == "closed" or (sets.min_len > 1 and sets.target == "all"):
            parts = clone(self).set_params(min_support=sets.min_count, min_len=1, target="all")
            sets = parts.fit(self.baskets_).itemsets_
        return make_rules(
            sets,
            min_confidence=min_confidence,
            min_lift=min_lift,
            max_consequent=max_consequent,
            antecedent=antecedent,
            consequent=consequent,
            min_len=self.itemsets_.min_len,
            baskets=self.baskets_,
            n_jobs=self.n_jobs,
        )
