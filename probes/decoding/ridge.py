"""A linear read-out: ridge regression, its penalty chosen by leaving one out in closed form."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

PENALTIES = np.logspace(-8, 1, 19)
"""Penalties tried, as shares of the largest eigenvalue of the features' Gram matrix."""


@dataclass(frozen=True)
class ReadOut:
    """A fitted read-out ``weights @ x + intercept``.

    Attributes:
        weights: Shape (d,), in the space of the states themselves.
        intercept: The constant.
        penalty: The chosen penalty, on the standardised features.
    """

    weights: Array
    intercept: float
    penalty: float

    def __call__(self, states: Array) -> Array:
        """What is read off states of shape (..., d)."""
        return np.asarray(states @ self.weights + self.intercept, dtype=np.float64)


def fit_ridge(states: Array, targets: Array) -> ReadOut:
    """Fit a read-out (see :func:`fit_ridges`)."""
    return fit_ridges(states, targets)[0]


def fit_ridges(states: Array, *targets: Array) -> list[ReadOut]:
    """Fit read-outs of several targets from the same states, at the cost of one.

    Features are standardised (a constant one is left alone). With H the hat matrix, the error of
    leaving item i out is ``(y_i - f_i) / (1 - H_ii)``, so that one eigendecomposition serves all
    penalties (Golub, Heath and Wahba 1979).

    Args:
        states: Shape (items, d).
        targets: Each of shape (items,).
    """
    mean, scale = states.mean(axis=0), states.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    z = (states - mean) / scale
    if not z.any():  # all states are one: nothing to read but the mean
        return [ReadOut(np.zeros(states.shape[1]), float(y.mean()), 0.0) for y in targets]
    wide = len(z) <= z.shape[1]
    values, vectors = np.linalg.eigh(z @ z.T if wide else z.T @ z)
    kept = values > 1e-12 * values[-1]
    values, vectors = values[kept], vectors[:, kept]
    if not wide:  # of the smaller of the two products, turned into directions of items
        vectors = z @ vectors / np.sqrt(values)
    return [_fit(z, mean, scale, values, vectors, y) for y in targets]


def _fit(
    z: Array, mean: Array, scale: Array, values: Array, vectors: Array, targets: Array
) -> ReadOut:
    offset = float(targets.mean())
    y = targets - offset
    turned = vectors.T @ y
    # What no direction of the features holds, of y and of each item's leverage (the constant
    # apart): summed for itself, because both go to zero together where items are few.
    beyond = y - vectors @ turned
    free = (1 - 1 / len(y) - np.square(vectors).sum(axis=1)).clip(min=0.0)
    free[free < 1e-12] = 0.0
    penalties = PENALTIES * max(float(values[-1]), np.finfo(float).tiny)
    losses = []
    for penalty in penalties:
        lost = penalty / (values + penalty)
        left = (beyond + vectors @ (lost * turned)) / (free + np.square(vectors) @ lost)
        losses.append(float(np.square(left).mean()))
    best = float(penalties[int(np.argmin(losses))])
    weights = z.T @ (vectors @ (turned / (values + best))) / scale
    return ReadOut(weights, offset - float(mean @ weights), best)
