"""The figures behind the verdict on groups, for the appendix: indices, rules and scree."""

from __future__ import annotations

import numpy as np

from segpy.reporting import tables, words
from segpy.reporting.grouping import MEASURES, Groups

# What the columns of the choice of k are called on the page, and their digits.
_INDICES = {
    "inertia": ("Inertia", ",.1f"),
    "silhouette": ("Silhouette", ".3f"),
    "calinski_harabasz": ("Calinski-Harabasz", ",.1f"),
    "davies_bouldin": ("Davies-Bouldin", ".3f"),
    "gap": ("Gap", ".3f"),
    "gap_se": ("Its error", ".3f"),
    "stability": ("Stability", ".2f"),
    "stability_ref": ("Without groups", ".2f"),
    "separation": ("Separation", ".2f"),
    "smallest_share": ("Smallest group", ".1%"),
}


def values(groups: Groups) -> dict[str, object]:
    """Shape the indices behind the verdict, what each rule says, and the scree."""
    choice = groups.choice
    told = choice.table.attrs
    n, seen = told["rows"], told["sampled_rows"]
    part = "all" if seen == n else f"{words.count(seen)} customers drawn at random out of"
    rules = [
        f"{_INDICES[rule][0] if rule in _INDICES else rule.capitalize()} {k or 'none'}"
        for rule, k in choice.votes.items()
    ]
    components = [f"Component {place + 1}" for place in range(len(groups.shares))]
    return {
        "verdict": choice.verdict,
        "how": (
            f"Made with k-means on {words.listed(list(MEASURES.values()))}, as logarithms of mean "
            f"0 and standard deviation 1. Silhouette, gap and stability look at {part} "
            f"{words.plural(n, 'customer')}, with {told['n_boot']} pairs of resamples and "
            f"{told['n_refs']} references instead of 50 and 20, so that a page is quickly made; "
            "all else is of all customers. choose_k looks closer."
        ),
        "heads": ["Groups", *(head for head, _ in _INDICES.values())],
        "cells": ["k", *_INDICES],
        "rows": [
            {"k": str(k)} | {name: _said(line[name], form) for name, (_, form) in _INDICES.items()}
            for k, line in tables.rows(choice.table).items()
        ],
        "votes": f"Number of groups that each rule alone would take: {', '.join(rules)}.",
        "scree_heads": ["Measure", *components],
        "scree_keys": ["measure", *components],
        "scree": _scree(groups, components),
    }


def _said(value: float, form: str) -> str:
    return format(value, form).replace("-", words.MINUS) if np.isfinite(value) else words.NOTHING


def _scree(groups: Groups, components: list[str]) -> list[dict[str, str]]:
    """Shape the share of variance of each component, and its loadings."""
    shares = [_said(float(share), ".1%") for share in groups.shares]
    lines = [{"measure": "Share of the variance", **dict(zip(components, shares, strict=True))}]
    for measure, loadings in zip(MEASURES.values(), groups.loadings.T, strict=True):
        cells = [_said(float(loading), ".2f") for loading in loadings]
        lines.append({"measure": measure.capitalize(), **dict(zip(components, cells, strict=True))})
    return lines
