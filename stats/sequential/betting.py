"""Betting on pairs: evidence and intervals that hold at every look, however often one looks.

A gambler starts with 1 and bets on each pair in which one model alone was right. If neither is
better the stake is a martingale, whatever the betting: by Ville's inequality it ever reaches
1 / alpha with a probability of at most alpha. So one may look after every answer, stop when it is
enough, and continue later. (Ville 1939; Ramdas, Grunwald, Vovk and Shafer 2023, Stat. Sci. 38:576;
confidence sequences by mixtures: Robbins 1970, Ann. Math. Stat. 41:1397; for proportions: Waudby-
Smith and Ramdas 2024, J. R. Stat. Soc. B 86:1.)
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.special import betainc, betaln, log_ndtr

from ..intervals import Interval

FloatArray = NDArray[np.float64]

_PRIOR = 0.5  # of the beta mixture over the unknown share: Jeffreys, the choice of Krichevsky
# and Trofimov (1981), IEEE Trans. Inf. Theory 27:199


def log_e_value(wins: ArrayLike, losses: ArrayLike, share: ArrayLike = 0.5) -> FloatArray:
    """Log of the e-value against "a discordant pair is won with probability ``share``".

    The likelihood of the wins and losses, averaged over a Beta(1/2, 1/2) law of the true share,
    over that of the null: for a fixed order of the pairs a martingale under it, starting at 1.

    Args:
        wins: Pairs won so far, any shape.
        losses: Pairs lost so far.
        share: Probability of a win that is bet against.
    """
    w, n = np.asarray(wins, float), np.asarray(losses, float)
    mixture = betaln(w + _PRIOR, n + _PRIOR) - betaln(_PRIOR, _PRIOR)
    share = np.clip(share, 1e-12, 1 - 1e-12)
    return np.asarray(mixture - w * np.log(share) - n * np.log1p(-share))


def log_e_value_one_sided(wins: ArrayLike, losses: ArrayLike) -> FloatArray:
    """Log of the e-value against "a discordant pair is won with probability one half, or less".

    The mixture is over shares above one half only, flat: a martingale at one half, and smaller in
    expectation below (a supermartingale), so that the error is bounded over the whole null.
    """
    w, n = np.asarray(wins, float), np.asarray(losses, float)
    # Integral of 2 x^w (1-x)^n over x from 1/2 to 1; it is 1 - betainc(.., 1/2) of a Beta.
    upper = betainc(n + 1, w + 1, 0.5)
    log_upper = np.log(np.maximum(upper, 1e-300))
    far = upper < 1e-290
    if np.any(far):
        z = (w - n) / np.sqrt(w + n + 2)
        log_upper = np.where(far, log_ndtr(z), log_upper)
    return np.asarray(np.log(2) + betaln(w + 1, n + 1) + log_upper + (w + n) * np.log(2))


def anytime_p(wins: NDArray[np.bool_]) -> float:
    """Two-sided p-value of "neither is better" that may be looked at after every pair.

    Args:
        wins: Who won each discordant pair, in the order in which they came, shape (pairs,).
    """
    if not wins.size:
        return 1.0
    w = np.cumsum(wins)
    best = float(log_e_value(w, np.arange(1, wins.size + 1) - w).max())
    return float(np.exp(-max(0.0, best)))


def share_sequence(wins: int, losses: int, level: float = 0.95) -> Interval:
    """Confidence sequence of the share of discordant pairs that B wins.

    All shares whose e-value stays below 1 / (1 - level). The interval of each moment holds, and so
    does that of all moments at once, with probability ``level``.
    """
    return _below(wins, losses, float(np.log(1 / (1 - level))))


@dataclass(frozen=True)
class PairedBets:
    """The state of a bet on two models: counts of pairs, so far.

    Attributes:
        wins: Pairs in which B alone was right.
        losses: Pairs in which A alone was right.
        ties: Pairs with the same outcome.
        peak: Largest log e-value so far against "neither is better".
    """

    wins: int = 0
    losses: int = 0
    ties: int = 0
    peak: float = 0.0

    def update(self, a: bool, b: bool) -> "PairedBets":
        """The state after one more pair: whether A and B were right."""
        wins, losses = self.wins + (b and not a), self.losses + (a and not b)
        ties = self.ties + (a == b)
        now = float(log_e_value(wins, losses))
        return PairedBets(wins, losses, ties, max(self.peak, now))

    @property
    def total(self) -> int:
        """Number of pairs."""
        return self.wins + self.losses + self.ties

    @property
    def p_value(self) -> float:
        """p-value of "neither is better", good at any time."""
        return float(np.exp(-self.peak))

    def difference(self, level: float = 0.95) -> Interval:
        """Confidence sequence of the accuracy of B less that of A.

        The difference is ``discordant share x (2 x share won - 1)``. Each of the two has a
        confidence sequence at half the error; the ends are the least and the most that pairs of
        values in them can make, which holds by the union bound.
        """
        log_bar = float(np.log(2 / (1 - level)))
        won = _below(self.wins, self.losses, log_bar)
        discordant = _below(self.wins + self.losses, self.ties, log_bar)
        low, high = 2 * won.low - 1, 2 * won.high - 1
        return Interval(
            low * (discordant.high if low < 0 else discordant.low),
            high * (discordant.low if high < 0 else discordant.high),
        )


def _below(wins: int, losses: int, log_bar: float) -> Interval:
    """Shares whose log e-value is below the bar: an interval around the observed share."""
    total = wins + losses
    if not total:
        return Interval(0.0, 1.0)
    middle = min(max(wins / total, 1e-9), 1 - 1e-9)

    def excess(share: float) -> float:
        return float(log_e_value(wins, losses, share)) - log_bar

    tiny = 1e-12
    low = 0.0 if wins == 0 or excess(tiny) <= 0 else float(brentq(excess, tiny, middle))
    high = 1.0 if losses == 0 or excess(1 - tiny) <= 0 else float(brentq(excess, middle, 1 - tiny))
    return Interval(low, high)
