"""Moments and principal components as their definitions read."""

from fractions import Fraction

import numpy as np


def moments(rows) -> tuple[list[Fraction], list[list[Fraction]]]:
    """Give the exact means and centred sums of products of the columns of a few rows."""
    exact = [[Fraction(float(v)) for v in row] for row in rows]
    n, d = len(exact), len(exact[0])
    mean = [sum(row[j] for row in exact) / n for j in range(d)]
    apart = [[row[j] - mean[j] for j in range(d)] for row in exact]
    scatter = [[sum(r[j] * r[k] for r in apart) for k in range(d)] for j in range(d)]
    return mean, scatter


def centred(rows: np.ndarray) -> np.ndarray:
    """Take the mean off the columns, and then what rounding left of it."""
    apart = rows.astype(np.longdouble)
    apart -= apart.mean(axis=0)
    apart -= apart.mean(axis=0)
    return apart


def covariance(rows: np.ndarray) -> np.ndarray:
    """Give the covariance by two passes in wide doubles (64 bits of mantissa on x86)."""
    apart = centred(rows)
    return np.asarray(apart.T @ apart / (len(rows) - 1), np.float64)


def components(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give (variances, directions) by the singular values of the centred rows, signs settled."""
    _, sizes, directions = np.linalg.svd(np.asarray(centred(rows), np.float64), full_matrices=False)
    for direction in directions:
        if direction[np.abs(direction).argmax()] < 0:
            direction *= -1
    return sizes**2 / (len(rows) - 1), directions
