"""Trials that share an item: how many independent trials they are worth."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def design_effect(lengths: ArrayLike, correct: ArrayLike, clusters: ArrayLike) -> float:
    """Variance of log2 L50 with trials in clusters, over that with independent ones; at least 1.

    A logistic curve on log2 length is fitted, weakly held to zero; its covariance is estimated
    once trial by trial and once cluster by cluster (Liang and Zeger 1986, Biometrika 73:13), and
    both are carried to L50 by the delta method. Counts divided by the effect have about the
    information of the clustered ones (Rao and Scott 1992, Biometrics 48:577).

    Args:
        lengths: length of each trial, in items; shape (trials,).
        correct: whether it was right; shape (trials,).
        clusters: what it shares with others, any labels; shape (trials,).

    Returns:
        The effect; 1 where no label is shared.
    """
    x = np.log2(np.asarray(lengths, float).ravel())
    y = np.asarray(correct, float).ravel()
    _, label = np.unique(np.asarray(clusters).ravel().astype(str), return_inverse=True)
    if label.size == 0 or label.max() + 1 == label.size:
        return 1.0
    design = np.column_stack([np.ones_like(x), x - x.mean()])
    held = 1e-2 * np.eye(2)
    beta = np.zeros(2)
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(design @ beta, -30, 30)))
        information = (design * (p * (1 - p))[:, None]).T @ design + held
        step = np.linalg.solve(information, design.T @ (y - p) - held @ beta)
        beta += np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-9:
            break
    scores = design * (y - p)[:, None]
    of_clusters = np.zeros((label.max() + 1, 2))
    np.add.at(of_clusters, label, scores)
    slope = beta[1] if abs(beta[1]) > 1e-6 else -1e-6
    gradient = np.linalg.solve(information, np.array([-1 / slope, beta[0] / slope**2]))
    apart, together = (float(np.sum((part @ gradient) ** 2)) for part in (scores, of_clusters))
    groups = label.max() + 1
    few = groups / (groups - 1) if groups > 1 else np.inf
    return max(1.0, few * together / apart) if apart > 0 else 1.0
