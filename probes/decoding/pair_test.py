"""The pair test: are the states of n and n + 1 items told apart along one direction.

A *unit* is one pair of prompts (a wording, a count). Its direction is the difference of its two
states in the reference dtype; its states at the dtype under test, along several equivalent
routes, are projected on it. Rounding can push a pair apart in the same way along every route, so
routes are no independent witnesses: units are. Along a direction that carries nothing, a unit
whose rounding repeats itself scores 0 or 1 with even odds, and the mean over units is 1/2.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

Array = NDArray[np.float64]


class Separation(NamedTuple):
    """How well a reader along the direction tells the members of a pair apart.

    Attributes:
        auc: Probability that the longer prompt scores higher, ties half; mean over units.
        low: Lower end of its interval (Wilson's, units counted as the trials).
        high: Upper end.
        d_prime: The distance in standard deviations of equal normal scores with that AUC; an
            AUC of 0 or 1 is counted as half a comparison away from it.
        units: Pairs that it is the mean of.
    """

    auc: float
    low: float
    high: float
    d_prime: float
    units: int


def unit_auc(short: ArrayLike, long: ArrayLike) -> Array:
    """AUC of each unit over all pairs of routes.

    Args:
        short: Scores of the shorter prompt, shape (units, routes).
        long: Scores of the longer prompt, shape (units, routes).

    Returns:
        Shape (units,).
    """
    gap = (
        np.asarray(long, dtype=np.float64)[:, :, None]
        - np.asarray(short, dtype=np.float64)[:, None, :]
    )
    return np.asarray(((gap > 0) + 0.5 * (gap == 0)).mean(axis=(1, 2)), dtype=np.float64)


def separation(aucs: ArrayLike, routes: int, *, confidence: float = 0.95) -> Separation:
    """Mean AUC over units with its interval.

    Args:
        aucs: Shape (units,).
        routes: Routes per unit, for the correction of d'.
        confidence: Of the interval.
    """
    values = np.asarray(aucs, dtype=np.float64)
    auc, count = float(values.mean()), len(values)
    low, high = wilson(auc, count, confidence)
    half = 0.5 / (count * routes * routes)
    d_prime = float(np.sqrt(2) * stats.norm.ppf(np.clip(auc, half, 1 - half)))
    return Separation(auc, low, high, d_prime, count)


def wilson(share: float, count: int, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson's interval of a mean of ``count`` values between 0 and 1.

    For values other than 0 and 1 it is wider than needed: a share of wins varies most.
    """
    z = float(stats.norm.ppf((1 + confidence) / 2))
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z * np.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    half = float(half / (1 + z * z / count))
    return max(0.0, middle - half), min(1.0, middle + half)
