"""What a clustering's line in choose_k's table holds, from its words, in NumPy, slow."""

import math

import numpy as np


def needed(k, rows, columns):
    """Give the separation that chance reaches."""
    chance = 3.5 + 5 / math.sqrt(rows) + (20 + 1.5 * columns) / rows
    return max(chance, 3.8 + 0.02 * max(0, columns - 5)) * (1.1 if k == 2 else 1)


def separation(x, labels):
    """Give the least |c_a - c_b| / sqrt((v_a + v_b) / 2) over what is needed."""
    groups = [x[labels == q] for q in range(labels.max() + 1)]
    found = []
    for a, one in enumerate(groups):
        for other in groups[:a]:
            line = other.mean(0) - one.mean(0)
            length = np.linalg.norm(line)
            variance = [((g - g.mean(0)) @ line / length).var() for g in (one, other)]
            apart = length / math.sqrt(sum(variance) / 2)
            found.append(apart / needed(len(groups), len(one) + len(other), x.shape[1]))
    return min(found)


def gap(x, references, inertia):
    """Give mean log inertia of references less that of x, and its standard error."""
    logs = np.log([inertia(r) for r in references])
    return logs.mean() - math.log(inertia(x)), logs.std() * math.sqrt(1 + 1 / len(logs))
