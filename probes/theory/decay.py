"""How fast a distance falls with length: the exponent of a power law, with an interval."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import InputError


class Exponent(NamedTuple):
    """``distance ~ length**value``; ``low`` and ``high`` bound a 95 % bootstrap interval."""

    value: float
    low: float
    high: float


def _slopes(
    log_lengths: NDArray[np.float64], log_means: NDArray[np.float64]
) -> NDArray[np.float64]:
    centred = log_lengths - log_lengths.mean()
    return np.asarray(log_means @ centred / (centred @ centred), dtype=np.float64)


def decay_exponent(
    lengths: ArrayLike, distances: ArrayLike, *, resamples: int = 1000, seed: int = 0
) -> Exponent:
    """Least-squares slope of log mean distance on log length, bootstrapped over repetitions.

    Args:
        lengths: Shape (lengths,), positive.
        distances: Shape (repetitions, lengths), non-negative; one row per seed.
        resamples: Bootstrap resamples of the rows.
        seed: Seed of the resampling.

    Returns:
        The exponent; with a single repetition its interval is (nan, nan). A distance that is
        exactly zero somewhere has no logarithm: the exponent is then nan.

    Raises:
        InputError: With fewer than two distinct lengths.
    """
    x = np.log(np.asarray(lengths, dtype=np.float64))
    y = np.atleast_2d(np.asarray(distances, dtype=np.float64))
    if np.unique(x).size < 2:
        raise InputError("a decay exponent needs at least two different lengths: widen --lengths")
    if not (y.mean(axis=0) > 0).all():
        return Exponent(float("nan"), float("nan"), float("nan"))
    value = float(_slopes(x, np.log(y.mean(axis=0))[None])[0])
    if y.shape[0] < 2:
        return Exponent(value, float("nan"), float("nan"))
    rows = np.random.default_rng(seed).integers(y.shape[0], size=(resamples, y.shape[0]))
    with np.errstate(divide="ignore"):
        slopes = _slopes(x, np.log(y[rows].mean(axis=1)))
    low, high = np.quantile(slopes[np.isfinite(slopes)], [0.025, 0.975])
    return Exponent(value, float(low), float(high))


def mean_interval(
    values: ArrayLike, *, resamples: int = 1000, seed: int = 0
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Mean over the first axis with a 95 % bootstrap interval.

    Args:
        values: Shape (repetitions, ...).
        resamples: Bootstrap resamples of the repetitions.
        seed: Seed of the resampling.

    Returns:
        (mean, low, high), each of the shape of one repetition.
    """
    y = np.asarray(values, dtype=np.float64)
    rows = np.random.default_rng(seed).integers(y.shape[0], size=(resamples, y.shape[0]))
    low, high = np.quantile(y[rows].mean(axis=1), [0.025, 0.975], axis=0)
    return y.mean(axis=0), low, high
