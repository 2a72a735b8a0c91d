"""Clusters: k-means, quality indices, the choice of k."""
