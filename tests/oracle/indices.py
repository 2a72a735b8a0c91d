"""Silhouette, Calinski-Harabasz and Davies-Bouldin, row by row as their definitions read."""

import math
from fractions import Fraction


def mean(values) -> float:
    return math.fsum(values) / len(values)


def clusters(X, labels) -> dict:
    """Map each label to its rows."""
    found: dict = {}
    for row, label in zip(X, labels, strict=True):
        found.setdefault(label, []).append(tuple(map(float, row)))
    return found


def center(rows) -> tuple:
    return tuple(sum(map(Fraction, column)) / len(column) for column in zip(*rows, strict=True))


def square(one, other) -> Fraction:
    return sum((Fraction(a) - Fraction(b)) ** 2 for a, b in zip(one, other, strict=True))


def distance(one, other) -> float:
    return math.sqrt(square(one, other))


def silhouette_samples(X, labels) -> list[float]:
    found, samples = clusters(X, labels), []
    for row, label in zip(X, labels, strict=True):
        row = tuple(map(float, row))
        if len(found[label]) == 1:
            samples.append(0.0)
            continue
        a = math.fsum(math.dist(row, r) for r in found[label]) / (len(found[label]) - 1)
        b = min(mean([math.dist(row, r) for r in found[k]]) for k in found if k != label)
        samples.append((b - a) / max(a, b) if max(a, b) > 0 else 0.0)
    return samples


def calinski_harabasz(X, labels) -> float:
    found = clusters(X, labels)
    centers = {k: center(rows) for k, rows in found.items()}
    middle = center([row for rows in found.values() for row in rows])
    within = sum(square(row, centers[k]) for k, rows in found.items() for row in rows)
    between = sum(len(rows) * square(centers[k], middle) for k, rows in found.items())
    if within == 0:
        return 1.0
    return float(between / within * (len(X) - len(found)) / (len(found) - 1))


def davies_bouldin(X, labels) -> float:
    found = clusters(X, labels)
    centers = {k: center(rows) for k, rows in found.items()}
    spread = {k: mean([distance(r, centers[k]) for r in rows]) for k, rows in found.items()}
    worst = []
    for i in found:
        apart = {j: distance(centers[i], centers[j]) for j in found if j != i}
        worst.append(max((spread[i] + spread[j]) / m if m > 0 else 0.0 for j, m in apart.items()))
    return mean(worst)
