"""Excluding a drop: evidence, good at any time, that B is not worse than A by a margin.

Let X be 1 where A alone was right, -1 where B alone was, 0 otherwise; its mean is the drop in
accuracy from A to B. Against "the drop is m or more" one bets a share c of what can be lost: the
stake is multiplied by ``1 + c (m - X) / (1 - m)``, which is never negative and, under that
hypothesis, has a mean of at most 1: a supermartingale that starts at 1, and so is any average of
such over c. By Ville's inequality it ever reaches 1 / alpha with a probability of at most alpha.
(Waudby-Smith and Ramdas 2024, J. R. Stat. Soc. B 86:1, section 4.) The product depends on counts
alone, so that the order of the answers does not matter.
"""

import numpy as np
from scipy.optimize import brentq

from ..intervals import Interval

_STAKES = np.array([0.1, 0.25, 0.5, 0.75, 0.95])
_LOG_WEIGHTS = np.log([0.1, 0.1, 0.15, 0.15, 0.5])
"""Half on the stake that is best where nothing is lost: most servers that are alike are equal."""


def log_e_against_drop(wins: int, losses: int, ties: int, drop: float) -> float:
    """Log of the e-value against "B's accuracy lies below A's by ``drop`` or more".

    Args:
        wins: Pairs in which B alone was right.
        losses: Pairs in which A alone was right.
        ties: Other pairs.
        drop: The drop that is bet against, in [-1, 1).

    Raises:
        ValueError: a drop out of range.
    """
    if not -1 <= drop < 1:
        raise ValueError(f"a drop of {drop} is not in [-1, 1)")
    stake = _STAKES / (1 - drop)
    grown = (
        wins * np.log1p(stake * (drop + 1))
        + ties * np.log1p(stake * drop)
        + losses * np.log1p(-_STAKES)
    )
    # Not scipy's logsumexp: on five numbers it costs forty times as much.
    return float(np.logaddexp.reduce(grown + _LOG_WEIGHTS))


def drop_interval(wins: int, losses: int, ties: int, level: float = 0.95) -> Interval:
    """Confidence sequence of the drop in accuracy from A to B: holds at all looks at once.

    Each end has half of the error.
    """
    bar = float(np.log(2 / (1 - level)))
    high = _least_excluded(wins, losses, ties, bar)
    return Interval(-_least_excluded(losses, wins, ties, bar), high)


def largest_drop(wins: int, losses: int, ties: int, alpha: float) -> float:
    """The smallest drop that is excluded at level alpha; 1 where none is."""
    return _least_excluded(wins, losses, ties, float(np.log(1 / alpha)))


def fewest_pairs(margin: float, alpha: float) -> int:
    """How many pairs exclude a drop of a margin if no pair disagrees.

    Raises:
        ValueError: a margin or a level outside (0, 1).
    """
    if not 0 < margin < 1 or not 0 < alpha < 1:
        raise ValueError(f"margin {margin} and alpha {alpha} must lie between 0 and 1")
    bar, low, high = np.log(1 / alpha), 0, 1
    while log_e_against_drop(0, 0, high, margin) < bar:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        enough = log_e_against_drop(0, 0, middle, margin) >= bar
        low, high = (low, middle) if enough else (middle, high)
    return high


def _least_excluded(wins: int, losses: int, ties: int, bar: float) -> float:
    # The e-value rises with the drop that is bet against: what is excluded is a half-line.
    top = 1 - 1e-9

    def excess(drop: float) -> float:
        return log_e_against_drop(wins, losses, ties, drop) - bar

    if excess(top) < 0:
        return 1.0
    if excess(-top) >= 0:
        return -1.0
    return float(brentq(excess, -top, top, xtol=1e-9))
