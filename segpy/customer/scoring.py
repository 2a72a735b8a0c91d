"""RFMScorer: recency, frequency and money as scores that treat equal customers equally."""

from __future__ import annotations

from sklearn.base import BaseEstimator

from segpy.customer.scorer import Scorer


class RFMScorer(Scorer, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """Score customers on recency, frequency and money from 1 (lowest) to `n_bins` (best).

    Bins are cut at quantiles of the values, never of the ranks: a value equal to a cut goes to
    the lower bin, so equal values always score equal, whatever the order of rows. Recency counts
    from the other end, since few days are good. When ties make two cuts fall together, the bin
    between them stays empty and the other scores keep their meaning; `ties_` says so.

    Parameters
    ----------
    n_bins : int or dict, default 5
        Number of scores, 2 to 100, for all three metrics or as ``{"R": 5, "F": 4, "M": 5}``.
    breaks : dict, optional
        Given cut points, ``{"R": [30, 90, 180, 365]}``, ascending, in days, orders and money. A
        metric left out is cut by `strategy`. A metric with k cuts has k + 1 bins; an `n_bins` other
        than the default must agree with it. The `breaks_` of a fitted scorer can be passed.
    strategy : {"quantile", "nested"}, default "quantile"
        "quantile" cuts each metric over all customers. "nested" cuts F anew within each R score and
        M anew within each pair of R and F scores.

    Attributes
    ----------
    breaks_ : dict
        Ascending cut points by metric, ``n_bins - 1`` each; equal cuts are kept, so that scores
        keep their meaning. With "nested" those of F are a dict by R score (``"3"``), those of M a
        dict by R and F score (``"3-5"``); a group without customers has the cuts of all customers.
    ties_ : DataFrame
        Index `metric`; `bins_asked`, `bins_found` (scores that some customer has) and
        `customers_on_tie`: customers whose value equal-sized bins would have had to split. It is 0
        for given breaks, which ask for no sizes, and counted within the groups for nested metrics.
    n_bins_ : dict
        Number of bins of R, F and M.
    n_customers_ : int
        Customers seen by `fit`.

    Raises
    ------
    TypeError, ValueError
        By `fit` and `transform`, when an option or the table is not as described.

    See Also
    --------
    assign_segments : gives the scores names.

    Notes
    -----
    The i-th cut of a metric stands at position ``i (n - 1) / n_bins`` of its sorted values,
    interpolated linearly. O(n log n).

    Tools that put a value equal to a cut into the upper bin, as the R package rfm does, are met by
    cuts just below theirs: its F cuts 4/5/6/8 are ``[3, 4, 5, 7]`` here.

    Examples
    --------
    >>> import pandas as pd
    >>> import segpy as sp
    >>> rfm = pd.DataFrame(
    ...     {
    ...         "recency_days": [2, 9, 30, 200],
    ...         "frequency": [9, 1, 4, 1],
    ...         "monetary": [900.0, 20.0, 350.0, 45.0],
    ...     },
    ...     index=pd.Index([101, 102, 103, 104], name="customer"),
    ... )
    >>> scorer = sp.RFMScorer(n_bins=3)
    >>> scorer.fit_transform(rfm)  # doctest: +NORMALIZE_WHITESPACE
              R  F  M score  total
    customer
    101       3  3  3   333      9
    102       3  1  1   311      5
    103       2  2  2   222      6
    104       1  1  1   111      3
    >>> scorer.breaks_["F"]
    [1.0, 4.0]
    """
