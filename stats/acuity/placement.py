"""Adaptive measurement: where the next trials tell most about L50, and when to stop.

The lengths of the next batch are those that leave the least expected entropy of the posterior of
L50: the idea of psi-marginal (Prins 2013, J. Vis. 13(7):3) and QUEST+ (Watson 2017, J. Vis.
17(3):10), with slope and lapse rate as nuisance.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import entr, xlogy

from ...errors import InputError
from ..curve.length_distribution import LengthDistribution
from ..curve.posterior import Posterior, posterior
from ..curve.psychometric import CurveFamily, FloatArray, Likelihood
from ..intervals import Interval
from ..tally import Tally
from .quoted import Censored
from .steps import Gap, gap

_PER_OCTAVE = 4  # candidate lengths per doubling, where L50 does not lie
_PER_INTERVAL = 16  # and at least so many where it does
_SHARED = 0.1  # variance that trials of a length are taken to share, at least
_GROUPS = 8  # distinct choices in one batch, at most
_FIRST = 8  # trials that are worth asking at once when nothing is known
_GROWTH = 0.5  # and then at most such a share of those answered


@dataclass(frozen=True, eq=False)
class Placement:
    """The state of one adaptive measurement, one per task: nothing but the answers so far.

    Every number is a function of the tally, so replaying the same answers in any order, or in any
    batches, gives the same state: that is how a measurement resumes.

    Attributes:
        family: Sigmoid and chance level; at the longest length guessing must be right in fewer
            than half of the trials.
        shortest: Shortest length that may be tested, in items.
        longest: Longest length that may be tested, in items.
        tally: The answers so far.
    """

    family: CurveFamily
    shortest: int
    longest: int
    tally: Tally

    @classmethod
    def start(
        cls, longest: int, family: CurveFamily | None = None, shortest: int = 1
    ) -> "Placement":
        """A measurement without answers.

        Raises:
            InputError: not ``1 <= shortest < longest``, or guessing alone reaches 0.5, so that
                there is no L50 to look for.
        """
        family = family or CurveFamily()
        if not 1 <= shortest < longest:
            raise InputError(
                f"adaptive lengths run from {shortest} to {longest}; give 1 <= shortest < longest"
            )
        lowest = float(family.guessing.at(np.log2(longest)))
        if lowest >= 0.5:
            raise InputError(
                f"guessing alone is right in {lowest:.0%} of trials, so there is no L50 to"
                " look for; use fixed lengths"
            )
        return cls(family, shortest, longest, Tally.of([], [], []))

    def update(self, length: int, correct: int, trials: int) -> "Placement":
        """The state with more answers at one length; this one is unchanged.

        Raises:
            InputError: not ``0 <= correct <= trials``, or a length outside the measurement.
        """
        if not self.shortest <= length <= self.longest:
            raise InputError(
                f"length {length} lies outside this measurement, {self.shortest} to {self.longest}"
            )
        tally = self.tally.add(length, correct, trials)
        return Placement(self.family, self.shortest, self.longest, tally)

    def next_lengths(self, batch: int) -> list[int]:
        """Lengths for the next ``batch`` trials, in increasing order, repeated as needed.

        A batch is built greedily in at most 8 groups: after each choice the posterior is sharpened
        by the answers that are expected there, so that the groups complement each other.

        Raises:
            InputError: ``batch`` is below 1.
        """
        if batch < 1:
            raise InputError(f"batch is {batch}; give at least 1")
        lengths = candidates(self.shortest, self.longest, self.interval())
        p = np.clip(self._posterior.grid.accuracy(np.log2(lengths)), 1e-9, 1 - 1e-9)
        mass = self._posterior.mass
        regions = self._regions
        asked = self._asked(lengths)
        # What the trials of a length share is asked again with each of them: of m trials there,
        # only so many count.
        shared = max(_SHARED, float(self._posterior.spread_mass @ self._posterior.spreads**2) / 4)
        chosen: list[int] = []
        for group in np.array_split(np.arange(batch), min(batch, _GROUPS)):
            before = _entropy(mass, regions)
            gain = before - _expected_entropy(mass, p, regions)
            at = int(np.argmax(gain / (1 + shared * asked)))
            asked[at] += group.size
            chosen += [int(lengths[at])] * group.size
            mean = float(np.sum(mass * p[at]))
            expected = xlogy(mean, p[at]) + xlogy(1 - mean, 1 - p[at])
            mass = mass * np.exp(group.size * (expected - expected.max()))
            mass = mass / mass.sum()
        return sorted(chosen)

    def worth_asking(self, most: int, precision: float) -> int:
        """How many trials to ask at once, so that few are spent on what is known by then.

        A batch is chosen before any of its answers is known. Early on, each answer moves the
        places of the next far; so the first batch is small, each may be half as large again as
        all before it, and none is larger than what the interval still seems to need, if its width
        in octaves falls with the root of the number of trials.

        Args:
            most: What can be asked at once.
            precision: As in `precise`.

        Returns:
            From 1 to ``most``.
        """
        done = self.tally.total
        room = _FIRST + int(_GROWTH * done)
        low, high = self.interval()
        if low > 0 and np.isfinite(high) and high > low and done:
            short_of = float(np.log2(high / low) / np.log2(precision))
            room = min(room, max(_FIRST, int(done * (short_of**2 - 1)) + 1))
        return max(1, min(most, room))

    def interval(self, level: float = 0.95) -> Interval:
        """Central posterior interval of L50 in items; 0 and infinity for an end out of range."""
        found = self._distribution
        if self._gap is None:
            return found.interval(level)
        low, high = found.spread_over(*self._gap, level).interval(level)
        return Interval(
            min(low, float(np.exp2(self._gap.low))), max(high, float(np.exp2(self._gap.high)))
        )

    def censored(self, level: float = 0.95) -> Censored | None:
        """The side on which the whole interval lies outside the range, if it does."""
        low, high = self.interval(level)
        if low >= self.longest:
            return "above"
        if high <= self.shortest:
            return "below"
        return None

    def settled(self, precision: float, level: float = 0.95) -> bool:
        """Whether to stop: the interval of L50 is precise enough, or L50 is censored.

        Args:
            precision: As in `precise`.
            level: Level of the interval.

        Raises:
            InputError: ``precision`` is not above 1.
        """
        return precise(self.interval(level), precision) or self.censored(level) is not None

    @property
    def _span(self) -> tuple[float, float]:
        return float(np.log2(self.shortest)), float(np.log2(self.longest))

    def _asked(self, lengths: NDArray[np.int64]) -> NDArray[np.float64]:
        """Trials so far at each of those lengths."""
        if not self.tally.lengths.size:
            return np.zeros(lengths.size)
        at = np.minimum(np.searchsorted(self.tally.lengths, lengths), self.tally.lengths.size - 1)
        return np.where(self.tally.lengths[at] == lengths, self.tally.trials[at], 0).astype(float)

    @cached_property
    def _posterior(self) -> Posterior:
        return posterior(self.tally, self.family, self._span)

    @cached_property
    def _distribution(self) -> LengthDistribution:
        return self._posterior.distribution(0.5).within(*self._span)

    @cached_property
    def _gap(self) -> Gap | None:
        if self.tally.lengths.size < 2:
            return None
        best = float(self._posterior.marginal.max())
        return gap(self.tally, self.family, Likelihood(self.tally), best)

    @property
    def _regions(self) -> NDArray[np.intp]:
        """First threshold cell of each region that is told apart, shape (regions,).

        Where L50 lies outside the range, it does not matter where.
        """
        nodes = self._posterior.grid.threshold.nodes
        first, last = self._span
        inside = np.flatnonzero((nodes >= first) & (nodes <= last))
        above = np.flatnonzero(nodes > last)[:1]
        return np.unique(np.concatenate([[0], inside, above])).astype(np.intp)


def precise(interval: Interval, precision: float) -> bool:
    """Whether an interval of L50 is closed, and narrow enough to stop.

    Args:
        interval: In items.
        precision: Ratio high / low to reach, above 1; 1.25 says L50 to about an eighth either way.
            An interval of one item is always enough: no whole length lies between its ends.

    Raises:
        InputError: ``precision`` is not above 1.
    """
    if not precision > 1:
        raise InputError(f"precision is {precision}; give a ratio above 1, as 1.25")
    low, high = interval
    return low > 0 and bool(np.isfinite(high)) and (high / low <= precision or high - low <= 1)


def candidates(shortest: int, longest: int, interval: Interval) -> NDArray[np.int64]:
    """Lengths that may be tested next, increasing: log-spaced, and denser inside the interval.

    The denser spacing is a quarter of an octave halved as often as needed, so that lengths recur
    from step to step and the tally stays small.

    Args:
        shortest: Shortest length of the measurement; always a candidate.
        longest: Longest length, likewise.
        interval: Interval of L50 so far, in items.
    """
    low, high = max(interval.low, shortest), min(interval.high, longest)
    within = max(float(np.log2(high / low)), 1e-3) if low < high else 1.0
    halvings = max(0, int(np.ceil(np.log2(_PER_INTERVAL / (within * _PER_OCTAVE)))))
    octaves = float(np.log2(longest / shortest))
    coarse = np.arange(0, octaves, 1 / _PER_OCTAVE)
    fine = np.arange(0, octaves, 1 / (_PER_OCTAVE << halvings))
    fine = fine[(shortest * np.exp2(fine) >= low) & (shortest * np.exp2(fine) <= high)]
    octaves_up = np.concatenate([coarse, fine, [octaves]])
    return np.unique(np.rint(shortest * np.exp2(octaves_up)).astype(np.int64))


def _entropy(mass: FloatArray, regions: NDArray[np.intp]) -> float:
    return float(entr(np.add.reduceat(mass.sum(axis=1), regions)).sum())


def _expected_entropy(mass: FloatArray, p: FloatArray, regions: NDArray[np.intp]) -> FloatArray:
    """Entropy of L50 that one trial at each length is expected to leave, shape (lengths,).

    Args:
        mass: Posterior, shape (thresholds, others).
        p: Accuracy, shape (lengths, thresholds, others).
        regions: First threshold cell of each region of L50 that is told apart.
    """
    right = np.einsum("tk,jtk->jt", mass, p)
    wrong = mass.sum(axis=1) - right
    entropy = np.zeros(len(p))
    for joint in (right, wrong):
        joint = np.add.reduceat(joint, regions, axis=1)
        entropy += entr(joint).sum(axis=1) - entr(joint.sum(axis=1))
    return entropy
