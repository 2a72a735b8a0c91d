"""segpy: from raw order lines to named customer segments and a report people act on.

Every public name stands here and is loaded on first use, so that ``import segpy`` is instant.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from segpy import datasets as datasets
    from segpy.basket.baskets import Baskets as Baskets
    from segpy.basket.baskets import baskets as baskets
    from segpy.basket.by_group import by_group as by_group
    from segpy.basket.evaluate import evaluate_recommender as evaluate_recommender
    from segpy.basket.itemsets import Apriori as Apriori
    from segpy.basket.pairs import pair_counts as pair_counts
    from segpy.basket.recommend import RuleRecommender as RuleRecommender
    from segpy.basket.rules import Rules as Rules
    from segpy.cluster.choose_k import choose_k as choose_k
    from segpy.cluster.kmeans import KMeans as KMeans
    from segpy.cluster.metrics import calinski_harabasz_score as calinski_harabasz_score
    from segpy.cluster.metrics import davies_bouldin_score as davies_bouldin_score
    from segpy.cluster.metrics import silhouette_samples as silhouette_samples
    from segpy.cluster.metrics import silhouette_score as silhouette_score
    from segpy.cluster.naming import name_segments as name_segments
    from segpy.cluster.profile import segment_profile as segment_profile
    from segpy.customer.actions import recommend_actions as recommend_actions
    from segpy.customer.features import prepare_features as prepare_features
    from segpy.customer.rfm import RFMState as RFMState
    from segpy.customer.rfm import rfm as rfm
    from segpy.customer.scoring import RFMScorer as RFMScorer
    from segpy.customer.segments import assign_segments as assign_segments
    from segpy.customer.segments import check_segment_map as check_segment_map
    from segpy.customer.segments import segment_maps as segment_maps
    from segpy.customer.summary import segment_summary as segment_summary
    from segpy.customer.wholesalers import flag_wholesalers as flag_wholesalers
    from segpy.decomposition.pca import PCA as PCA
    from segpy.lines.cleaning import clean_transactions as clean_transactions
    from segpy.lines.reading import read_transactions as read_transactions
    from segpy.plotting.choose_k import plot_choose_k as plot_choose_k
    from segpy.plotting.clusters import plot_clusters as plot_clusters
    from segpy.plotting.pairs import plot_pairs as plot_pairs
    from segpy.plotting.pareto import plot_pareto as plot_pareto
    from segpy.plotting.pca import plot_pca as plot_pca
    from segpy.plotting.profile import plot_profile as plot_profile
    from segpy.plotting.rfm import plot_rfm as plot_rfm
    from segpy.plotting.rules import plot_rules as plot_rules
    from segpy.plotting.segments import plot_rf_grid as plot_rf_grid
    from segpy.plotting.segments import plot_segments as plot_segments
    from segpy.plotting.silhouette import plot_silhouette as plot_silhouette
    from segpy.reporting.page import report as report

_HOMES = {
    "Apriori": "segpy.basket.itemsets",
    "Baskets": "segpy.basket.baskets",
    "KMeans": "segpy.cluster.kmeans",
    "PCA": "segpy.decomposition.pca",
    "RFMScorer": "segpy.customer.scoring",
    "RFMState": "segpy.customer.rfm",
    "RuleRecommender": "segpy.basket.recommend",
    "Rules": "segpy.basket.rules",
    "assign_segments": "segpy.customer.segments",
    "baskets": "segpy.basket.baskets",
    "by_group": "segpy.basket.by_group",
    "calinski_harabasz_score": "segpy.cluster.metrics",
    "check_segment_map": "segpy.customer.segments",
    "choose_k": "segpy.cluster.choose_k",
    "clean_transactions": "segpy.lines.cleaning",
    "davies_bouldin_score": "segpy.cluster.metrics",
    "evaluate_recommender": "segpy.basket.evaluate",
    "flag_wholesalers": "segpy.customer.wholesalers",
    "name_segments": "segpy.cluster.naming",
    "pair_counts": "segpy.basket.pairs",
    "plot_choose_k": "segpy.plotting.choose_k",
    "plot_clusters": "segpy.plotting.clusters",
    "plot_pairs": "segpy.plotting.pairs",
    "plot_pareto": "segpy.plotting.pareto",
    "plot_pca": "segpy.plotting.pca",
    "plot_profile": "segpy.plotting.profile",
    "plot_rf_grid": "segpy.plotting.segments",
    "plot_rfm": "segpy.plotting.rfm",
    "plot_rules": "segpy.plotting.rules",
    "plot_segments": "segpy.plotting.segments",
    "plot_silhouette": "segpy.plotting.silhouette",
    "prepare_features": "segpy.customer.features",
    "read_transactions": "segpy.lines.reading",
    "recommend_actions": "segpy.customer.actions",
    "report": "segpy.reporting.page",
    "rfm": "segpy.customer.rfm",
    "segment_maps": "segpy.customer.segments",
    "segment_profile": "segpy.cluster.profile",
    "segment_summary": "segpy.customer.summary",
    "silhouette_samples": "segpy.cluster.metrics",
    "silhouette_score": "segpy.cluster.metrics",
}

__all__ = ["__version__", "datasets", *_HOMES]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from segpy._core import __version__

        return __version__
    if name == "datasets":
        return import_module("segpy.datasets")
    if name not in _HOMES:
        raise AttributeError(f"module 'segpy' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
