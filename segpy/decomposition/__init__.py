"""Decomposition: principal components."""
