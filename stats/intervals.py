"""Intervals for one length: the probability of a correct answer, and the size of the errors."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv, ndtr, ndtri

from ..errors import InputError

_RESAMPLE_BLOCK = 1 << 22  # draws held at once (32 MiB), so that memory does not grow with n


class Interval(NamedTuple):
    """A range with its two ends, in the unit of the estimate that it belongs to."""

    low: float
    high: float


class Estimate(NamedTuple):
    """A value with the interval that goes with it."""

    value: float
    interval: Interval


class ErrorSummary(NamedTuple):
    """Absolute errors of ``n`` answers at one length, in the unit of the answers."""

    n: int
    mean: Estimate
    median: Estimate
    p90: Estimate


def wilson(k: int, n: int, level: float = 0.95) -> Interval:
    """Wilson score interval of a proportion, for ``k`` correct answers in ``n`` trials.

    Never of zero width: at 0 of 10 it reads (0, 0.28), and with no trials (0, 1).

    Source: Wilson (1927), J. Am. Stat. Assoc. 22:209, equation for the score interval;
    recommended over Wald by Brown, Cai and DasGupta (2001), Stat. Sci. 16:101.

    Raises:
        InputError: not ``0 <= k <= n``, or ``level`` outside (0, 1).
    """
    low, high = wilson_band(k, n, level)
    return Interval(float(low), float(high))


def wilson_band(
    k: ArrayLike, n: ArrayLike, level: float = 0.95
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Wilson intervals of many proportions at once.

    Args:
        k: Correct answers, any shape.
        n: Trials, of a shape that broadcasts against ``k``.
        level: Confidence level of each interval (not of the band as a whole).

    Returns:
        The lower and the upper ends, both of the broadcast shape.

    Raises:
        InputError: not ``0 <= k <= n`` somewhere, or ``level`` outside (0, 1).
    """
    successes, trials = _counts(k, n)
    z = _two_sided_z(level)
    some = np.maximum(trials, 1.0)
    p = successes / some
    centre = p + z**2 / (2 * some)
    reach = z * np.sqrt(p * (1 - p) / some + z**2 / (4 * some**2))
    low = (centre - reach) / (1 + z**2 / some)
    high = (centre + reach) / (1 + z**2 / some)
    # Exactly 0 and 1 in theory; the subtraction leaves rounding there.
    return np.where(successes == 0, 0.0, low), np.where(successes == trials, 1.0, high)


def jeffreys(k: int, n: int, level: float = 0.95) -> Interval:
    """Jeffreys interval of a proportion: the central part of a Beta(k + 1/2, n - k + 1/2).

    The lower end is 0 where ``k = 0`` and the upper end 1 where ``k = n``, as in Brown, Cai and
    DasGupta (2001), section 3.3; with no trials it reads (0, 1).

    Raises:
        InputError: not ``0 <= k <= n``, or ``level`` outside (0, 1).
    """
    low, high = jeffreys_band(k, n, level)
    return Interval(float(low), float(high))


def jeffreys_band(
    k: ArrayLike, n: ArrayLike, level: float = 0.95
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Jeffreys intervals of many proportions at once; shapes and errors as in `wilson_band`."""
    successes, trials = _counts(k, n)
    tail = float(ndtr(-_two_sided_z(level)))
    a, b = successes + 0.5, trials - successes + 0.5
    low = np.where(successes == 0, 0.0, betaincinv(a, b, tail))
    high = np.where(successes == trials, 1.0, betaincinv(a, b, 1 - tail))
    return low, high


def error_summary(
    errors: ArrayLike, *, level: float = 0.95, resamples: int = 2000, seed: int = 0
) -> ErrorSummary:
    """Mean, median and 90th percentile of absolute errors, with bootstrap intervals.

    The mean has the bias-corrected and accelerated interval (Efron 1987, J. Am. Stat. Assoc.
    82:171), because absolute errors are skewed. The two quantiles (linear interpolation, as
    `numpy.quantile`) have the percentile interval; their bootstrap replicates are drawn directly
    as order statistics of uniforms, which is the same distribution as resampling and costs
    nothing in ``n`` (Hutson and Ernst 2000, J. R. Stat. Soc. B 62:89).

    A bootstrap knows only the errors it was given: where all are equal the interval has no
    width. With no errors at all every number is NaN.

    Args:
        errors: Absolute errors at one length, one per answer that could be read, shape (n,).
        level: Confidence level of each interval.
        resamples: Bootstrap replicates.
        seed: The same errors and seed give the same intervals.

    Raises:
        InputError: an error is negative or not finite, or ``level`` or ``resamples`` is out of
            range.
    """
    x = np.sort(np.asarray(errors, dtype=np.float64).ravel())
    z = _two_sided_z(level)
    if resamples < 1:
        raise InputError(f"bootstrap: resamples is {resamples}; give at least 1")
    if x.size and not (x[0] >= 0 and np.isfinite(x[-1])):
        raise InputError("absolute errors: one is negative or not a number; leave it out")
    if not x.size:
        nothing = Estimate(np.nan, Interval(np.nan, np.nan))
        return ErrorSummary(0, nothing, nothing, nothing)
    rng = np.random.default_rng(seed)
    return ErrorSummary(
        x.size,
        _mean(x, z, resamples, rng),
        _quantile(x, 0.5, z, resamples, rng),
        _quantile(x, 0.9, z, resamples, rng),
    )


def _mean(x: NDArray[np.float64], z: float, resamples: int, rng: np.random.Generator) -> Estimate:
    """BCa interval of the mean; for a mean the jackknife acceleration is skewness / (6 sqrt n)."""
    value = float(x.mean())
    deviations = x - value
    spread = float(np.sum(deviations**2))
    if spread == 0:
        return Estimate(value, Interval(value, value))
    block = max(1, _RESAMPLE_BLOCK // x.size)
    replicates = np.concatenate(
        [
            x[rng.integers(x.size, size=(min(block, resamples - done), x.size))].mean(axis=1)
            for done in range(0, resamples, block)
        ]
    )
    below = (np.sum(replicates < value) + 0.5 * np.sum(replicates == value)) / resamples
    bias = float(ndtri(np.clip(below, 0.5 / resamples, 1 - 0.5 / resamples)))
    acceleration = float(np.sum(deviations**3)) / (6 * spread**1.5)
    reach = bias + np.array([-z, z])
    levels = ndtr(bias + reach / (1 - acceleration * reach))
    low, high = np.quantile(replicates, levels)
    return Estimate(value, Interval(float(low), float(high)))


def _quantile(
    x: NDArray[np.float64], q: float, z: float, resamples: int, rng: np.random.Generator
) -> Estimate:
    """Percentile interval of a quantile of sorted ``x``, from draws of its two order statistics."""
    n = x.size
    k, fraction = divmod(q * (n - 1), 1)
    first = int(k)  # the quantile lies between the sorted values number `first` and `first + 1`
    u = rng.beta(first + 1, n - first, size=resamples)
    above = n - first - 1
    v = 1 - (1 - u) * rng.random(resamples) ** (1 / above) if above else u
    lower = x[np.minimum((u * n).astype(np.intp), n - 1)]
    upper = x[np.minimum((v * n).astype(np.intp), n - 1)]
    replicates = lower + fraction * (upper - lower)
    low, high = np.quantile(replicates, ndtr(np.array([-z, z])))
    return Estimate(float(np.quantile(x, q)), Interval(float(low), float(high)))


def _counts(k: ArrayLike, n: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    successes, trials = np.broadcast_arrays(
        np.asarray(k, dtype=np.float64), np.asarray(n, dtype=np.float64)
    )
    if not np.all((successes >= 0) & (successes <= trials)):
        raise InputError("proportion: correct answers must lie between 0 and the number of trials")
    return successes, trials


def _two_sided_z(level: float) -> float:
    if not 0 < level < 1:
        raise InputError(f"confidence level is {level}; give a number between 0 and 1, as 0.95")
    return float(-ndtri((1 - level) / 2))
