"""Lloyd's iterations as their words say, in NumPy, slow."""

import numpy as np


def squares(x, centers):
    """Give sum_j (x_ij - c_qj)^2, terms added in column order."""
    total = np.zeros((len(x), len(centers)))
    for j in range(x.shape[1]):
        gap = x[:, j, None] - centers[None, :, j]
        total += gap * gap
    return total


def nearest(x, centers):
    """Give the lowest of the nearest centres of each row."""
    return np.argmin(squares(x, centers), axis=1)


def lloyd(x, weight, init, max_iter=300):
    """Iterate until no label changes; give centers, labels, inertia, n_iter.

    A cluster without rows gets the row that is farthest from its centre among clusters of several
    rows, the lowest on ties.
    """
    centers, before = np.array(init, np.float64), np.full(len(x), -1)
    n_iter, changed = 0, True
    while changed and n_iter < max_iter:
        n_iter += 1
        labels = nearest(x, centers)
        changed = (labels != before).any()
        for q in range(len(centers)):
            if not (labels == q).any():
                away = squares(x, centers)[np.arange(len(x)), labels]
                away[np.bincount(labels, minlength=len(centers))[labels] < 2] = -1.0
                labels[np.argmax(away)] = q
                changed = True
        for q in range(len(centers)):
            mine = labels == q
            centers[q] = (weight[mine, None] * x[mine]).sum(0) / weight[mine].sum()
        before = labels
    labels = nearest(x, centers)
    return centers, labels, (weight * squares(x, centers).min(1)).sum(), n_iter


def line_inertia(x, weight, k):
    """Give the least inertia of k clusters of one column, trying every last cluster."""
    order = np.argsort(x)
    x, weight = x[order], weight[order]

    def scatter(a, b):
        mean = np.average(x[a:b], weights=weight[a:b])
        return float((weight[a:b] * (x[a:b] - mean) ** 2).sum())

    best = [0.0] + [scatter(0, i) for i in range(1, len(x) + 1)]
    for _ in range(1, k):
        best = [0.0] + [
            min(best[a] + scatter(a, i) for a in range(i)) for i in range(1, len(x) + 1)
        ]
    return best[-1]
