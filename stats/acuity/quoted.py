"""One acuity as it is quoted: a value and an interval, a bound, or the reason why there is none."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from ..curve.length_distribution import LengthDistribution
from ..curve.posterior import Posterior
from ..curve.psychometric import Psychometric
from ..intervals import Interval
from ..tally import Tally
from .steps import Gap

Censored = Literal["above", "below"]


@dataclass(frozen=True)
class Acuity:
    """The length at which the probability of a correct answer falls through an accuracy.

    Attributes:
        accuracy: That probability, 0.5 for L50; absolute, guessing and lapses included.
        value: The length in items at which the best curve crosses it; None where that is not
            inside the tested lengths, or where `reason` says why there is none.
        interval: Central posterior interval in items, and the whole gap between two tested
            lengths where the curve may drop at once; 0 and infinity stand for an end outside the
            tested lengths.
        censored: On which side of the tested lengths the best curve crosses, if it does there.
        tested: Shortest and longest tested length.
        distribution: The whole posterior, for comparisons and ranks; None where there is a reason.
        reason: Why no acuity can be quoted, in words.
        warnings: What a reader must know of it, in plain sentences.
    """

    accuracy: float
    value: float | None
    interval: Interval
    censored: Censored | None
    tested: Interval
    distribution: LengthDistribution | None
    reason: str | None = None
    warnings: tuple[str, ...] = ()

    @property
    def bound(self) -> float | None:
        """For a censored acuity, the length that it is shown to be above, or below.

        The near end of the interval, and never outside the tested lengths; 0 or infinity where
        the answers leave even that open.
        """
        if self.censored == "above":
            return min(self.interval.low, self.tested.high)
        if self.censored == "below":
            return max(self.interval.high, self.tested.low)
        return None

    def because(self, reason: str) -> "Acuity":
        """The same curve without an acuity, for a reason."""
        return replace(
            self,
            value=None,
            interval=Interval(0.0, np.inf),
            censored=None,
            distribution=None,
            reason=reason,
        )

    def __str__(self) -> str:
        """As quoted: ``61 (48 to 72)``, ``490 (380 to > 512)``, ``> 512``, ``< 1``."""
        if self.reason is not None:
            return "not quoted"
        if self.bound is not None:
            if not 0 < self.bound < np.inf:
                return "not determined"
            return f"{'>' if self.censored == 'above' else '<'} {self.bound:.3g}"
        low = f"{self.interval.low:.3g}" if self.interval.low else f"< {self.tested.low:.0f}"
        high = self.interval.high
        top = f"{high:.3g}" if np.isfinite(high) else f"> {self.tested.high:.0f}"
        return f"{self.value:.3g} ({low} to {top})"


def quote(
    tally: Tally,
    found: Posterior,
    curve: Psychometric,
    accuracy: float,
    gap: Gap | None,
    level: float = 0.95,
) -> Acuity:
    """Read one acuity off a posterior and its best curve.

    Args:
        tally: The answers.
        found: Posterior of the curve.
        curve: The best curve.
        accuracy: 0.5 for L50.
        gap: Where the curve may drop at once, from `steps.gap`.
        level: Probability that the interval holds.
    """
    guessing = found.grid.family.guessing.lowest
    if guessing >= accuracy:
        return unquoted(
            tally,
            accuracy,
            f"guessing alone is right in {guessing:.0%} of trials, so accuracy never falls"
            f" through {accuracy:.0%}",
        )
    first, last = float(tally.log2_lengths[0]), float(tally.log2_lengths[-1])
    distribution = found.distribution(accuracy).within(first, last)
    if gap is not None:
        distribution = distribution.spread_over(*gap, level)
    crossing = curve.crossing(accuracy)
    outside: Censored | None = "above" if crossing > last else "below" if crossing < first else None
    low, high = distribution.interval(level)
    if gap is not None:
        low, high = min(low, float(np.exp2(gap.low))), max(high, float(np.exp2(gap.high)))
    if outside is not None:
        far = Interval(low, np.inf) if outside == "above" else Interval(0.0, high)
        return Acuity(accuracy, None, far, outside, tested(tally), distribution)
    value = float(np.exp2(crossing))
    # A best curve far steeper than most of the posterior can cross a hair outside the interval.
    around = Interval(min(low, value), max(high, value))
    return Acuity(accuracy, value, around, None, tested(tally), distribution)


def tested(tally: Tally) -> Interval:
    """Shortest and longest tested length; NaN where there is none."""
    if tally.lengths.size == 0:
        return Interval(np.nan, np.nan)
    return Interval(float(tally.lengths[0]), float(tally.lengths[-1]))


def unquoted(tally: Tally, accuracy: float, reason: str) -> Acuity:
    """No acuity, and why."""
    return Acuity(accuracy, None, Interval(0.0, np.inf), None, tested(tally), None, reason)
