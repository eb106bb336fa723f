"""Acuity: the length at which accuracy falls through 0.5 (L50) or 0.9 (L90), or why none is."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from .belief import Belief
from .checks import Check, lack_of_fit, not_falling, warnings
from .intervals import Interval
from .posterior import REACH, Posterior, posterior
from .psychometric import Family, Psychometric, Shape, fit
from .tally import Tally

Censored = Literal["above", "below"]


@dataclass(frozen=True)
class Acuity:
    """The length at which the probability of a correct answer falls through an accuracy.

    Attributes:
        accuracy: That probability, 0.5 for L50; absolute, guessing and lapses included.
        value: The length in items at which the best curve crosses it; None where that is not
            inside the tested lengths, or where `reason` says why there is none.
        interval: Central posterior interval in items; 0 and infinity stand for an end outside
            the tested lengths.
        censored: On which side of the tested lengths the best curve crosses, if it does there.
        tested: Shortest and longest tested length.
        belief: The whole posterior, for comparisons and ranks; None where there is a reason.
        reason: Why no acuity can be quoted, in words.
    """

    accuracy: float
    value: float | None
    interval: Interval
    censored: Censored | None
    tested: Interval
    belief: Belief | None
    reason: str | None = None

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


@dataclass(frozen=True)
class AcuityReport:
    """All that is said of one curve.

    Attributes:
        points: The answers themselves; usable whatever became of the fit.
        curve: Maximum-likelihood curve; None where nothing could be fitted.
        l50: Acuity at accuracy 0.5.
        l90: Acuity at accuracy 0.9.
        fit: Lack-of-fit test of the curve.
        fall: Test that accuracy never rises with length.
        warnings: What a reader must know before trusting the curve.
    """

    points: Tally
    curve: Psychometric | None
    l50: Acuity
    l90: Acuity
    fit: Check
    fall: Check
    warnings: tuple[str, ...]


def measure(
    lengths: ArrayLike,
    correct: ArrayLike,
    trials: ArrayLike,
    *,
    chance: float = 0.0,
    shape: Shape = "logistic",
    level: float = 0.95,
    seed: int = 0,
) -> AcuityReport:
    """Fit the curve of one task and read off its acuity, with the checks beside it.

    Data that allow no acuity give a report with the reason, not an error: the points are still
    worth drawing.

    Args:
        lengths: Length of each group of trials, in items; in any order, repeated or not.
        correct: Correct answers in each group.
        trials: Answered trials in each group; leave out those that failed for other reasons.
        chance: Probability of a correct answer by guessing.
        shape: Shape of the curve on log2 length.
        level: Probability that each interval holds.
        seed: Seed of the simulated p-values.

    Raises:
        InputError: counts that are not counts, an unknown shape, or a chance level outside [0, 1).
    """
    family = Family(chance, shape)
    tally = Tally.of(lengths, correct, trials)
    nothing = Check(np.nan, np.nan)
    if tally.lengths.size < 2:
        reason = (
            "no trial was answered"
            if tally.lengths.size == 0
            else f"only length {tally.lengths[0]} was tested; a curve needs two lengths or more"
        )
        l50, l90 = (_unquoted(tally, accuracy, reason) for accuracy in (0.5, 0.9))
        return AcuityReport(tally, None, l50, l90, nothing, nothing, ())
    found = posterior(tally, family)
    curve = fit(tally, family, found.best, REACH)
    l50, l90 = (acuity(tally, found, curve, accuracy, level) for accuracy in (0.5, 0.9))
    lack = lack_of_fit(tally, curve, found.grid, seed=seed)
    fall = not_falling(tally, seed=seed)
    return AcuityReport(tally, curve, l50, l90, lack, fall, warnings(tally, lack, fall))


def acuity(
    tally: Tally, found: Posterior, curve: Psychometric, accuracy: float, level: float = 0.95
) -> Acuity:
    """Read one acuity off a posterior and its best curve; arguments as in `measure`."""
    chance = found.grid.family.chance
    if chance >= accuracy:
        return _unquoted(
            tally,
            accuracy,
            f"guessing alone is right in {chance:.0%} of trials, so accuracy never falls"
            f" through {accuracy:.0%}",
        )
    first, last = float(tally.log2_lengths[0]), float(tally.log2_lengths[-1])
    belief = found.belief(accuracy).within(first, last)
    crossing = curve.crossing(accuracy)
    outside: Censored | None = "above" if crossing > last else "below" if crossing < first else None
    low, high = belief.interval(level)
    if outside is not None:
        far = Interval(low, np.inf) if outside == "above" else Interval(0.0, high)
        return Acuity(accuracy, None, far, outside, _tested(tally), belief)
    value = float(np.exp2(crossing))
    # A best curve far steeper than most of the posterior can cross a hair outside the interval.
    around = Interval(min(low, value), max(high, value))
    return Acuity(accuracy, value, around, None, _tested(tally), belief)


def _tested(tally: Tally) -> Interval:
    if tally.lengths.size == 0:
        return Interval(np.nan, np.nan)
    return Interval(float(tally.lengths[0]), float(tally.lengths[-1]))


def _unquoted(tally: Tally, accuracy: float, reason: str) -> Acuity:
    return Acuity(accuracy, None, Interval(0.0, np.inf), None, _tested(tally), None, reason)
