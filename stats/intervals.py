"""Intervals of proportions: the probability of a correct answer, and the difference of two."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv, ndtr, ndtri

from ..errors import InputError


class Interval(NamedTuple):
    """A range with its two ends, in the unit of the estimate that it belongs to."""

    low: float
    high: float


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


def paired_difference(only_a: int, only_b: int, pairs: int, level: float = 0.95) -> Interval:
    """Interval of the accuracy of B less that of A, from pairs of answers to the same prompts.

    The adjusted Wald interval of Bonett and Price (2012), J. Educ. Behav. Stat. 37:479: one pair
    is added to either kind of disagreement. Never of zero width.

    Args:
        only_a: Pairs in which A alone was right.
        only_b: Pairs in which B alone was right.
        pairs: All pairs.
        level: Confidence level.
    """
    z = _two_sided_z(level)
    total = pairs + 2
    a, b = (only_a + 1) / total, (only_b + 1) / total
    reach = z * float(np.sqrt((a + b - (a - b) ** 2) / total))
    return Interval(max(-1.0, b - a - reach), min(1.0, b - a + reach))


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
