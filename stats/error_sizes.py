"""The size of the errors at one length: median and 90th percentile, by order statistics."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import binom

from ..errors import InputError
from .intervals import Interval


class ErrorQuantile(NamedTuple):
    """A quantile of the errors with its interval, whose ends may be 0 or infinity where open."""

    value: float
    interval: Interval


class ErrorSummary(NamedTuple):
    """Absolute errors of ``n`` answers at one length, in the unit of the answers.

    The mean comes without an interval: where errors have heavy tails, as a model's have that
    answers 0 or a million, no interval of a mean of few is known to hold.
    """

    n: int
    mean: float
    median: ErrorQuantile
    p90: ErrorQuantile


def error_summary(errors: ArrayLike, *, level: float = 0.95) -> ErrorSummary:
    """Mean, median and 90th percentile of absolute errors, the two latter with their intervals.

    The ends are order statistics: the number of errors below the true quantile is binomial,
    whatever the law of the errors (Conover 1999, "Practical Nonparametric Statistics", section
    3.2), so each interval holds with at least its level. Where n is too small for an end there
    is none: it is 0, or infinity. The 90th percentile has an upper end from 36 errors on, at 95 %.
    With no errors at all every number is NaN.

    Args:
        errors: Absolute errors at one length, one per answer that could be read, shape (n,).
        level: Confidence level of each interval.

    Raises:
        InputError: an error is negative or not finite, or ``level`` is out of range.
    """
    if not 0 < level < 1:
        raise InputError(f"confidence level is {level}; give a number between 0 and 1, as 0.95")
    x = np.sort(np.asarray(errors, dtype=np.float64).ravel())
    if x.size and not (x[0] >= 0 and np.isfinite(x[-1])):
        raise InputError("absolute errors: one is negative or not a number; leave it out")
    if not x.size:
        nothing = ErrorQuantile(np.nan, Interval(np.nan, np.nan))
        return ErrorSummary(0, np.nan, nothing, nothing)
    median, p90 = (_quantile(x, q, level) for q in (0.5, 0.9))
    return ErrorSummary(x.size, float(x.mean()), median, p90)


def _quantile(x: NDArray[np.float64], q: float, level: float) -> ErrorQuantile:
    """Interval of a quantile of sorted ``x`` between two of its order statistics."""
    n, tail = x.size, (1 - level) / 2
    # Number of errors below the quantile: at most `below` with no more than the tail; at least
    # `above` likewise.
    below = int(binom.ppf(tail, n, q))
    below -= int(binom.cdf(below, n, q) > tail)
    above = int(binom.isf(tail, n, q)) + 1
    while above > 0 and binom.sf(above - 2, n, q) <= tail:
        above -= 1
    low = float(x[below]) if below >= 0 else 0.0
    high = float(x[above - 1]) if above <= n else np.inf
    return ErrorQuantile(float(np.quantile(x, q)), Interval(low, high))
