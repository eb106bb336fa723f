"""The ratio of two acuities, from draws of both."""

import numpy as np

from ..curve.psychometric import FloatArray
from ..intervals import Interval

UNKNOWN = Interval(0.0, np.inf)
"""The interval of a ratio of which nothing is known."""


def ratio_of(
    draws: tuple[FloatArray, FloatArray],
    tested: tuple[tuple[float, float], tuple[float, float]],
    tail: float,
) -> tuple[float | None, Interval]:
    """Ratio of B's length to A's; where one of them lies outside its lengths none is known.

    Args:
        draws: Matched draws of log2 of A's length and of B's.
        tested: First and last log2 length of A, and of B.
        tail: Probability beyond either end of the interval.

    Returns:
        The median, or None where it is not known, and the interval.
    """

    def at_least(x: FloatArray, tested: tuple[float, float]) -> FloatArray:
        return np.where(x < tested[0], -np.inf, np.minimum(x, tested[1]))

    def at_most(x: FloatArray, tested: tuple[float, float]) -> FloatArray:
        return np.where(x > tested[1], np.inf, np.maximum(x, tested[0]))

    (a, b), (tested_a, tested_b) = draws, tested
    least = at_least(b, tested_b) - at_most(a, tested_a)
    most = at_most(b, tested_b) - at_least(a, tested_a)
    # An order statistic, not an interpolation: infinite draws are draws like any other.
    low = np.quantile(least, tail, method="lower")
    high = np.quantile(most, 1 - tail, method="higher")
    middle = [float(np.quantile(v, 0.5, method="lower")) for v in (least, most)]
    known = middle[0] == middle[1]
    ratio = float(np.exp2(middle[0])) if known else None
    return ratio, Interval(float(np.exp2(low)), float(np.exp2(high)))
