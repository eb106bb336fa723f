"""How far each of several curves sees, quickly: one grid of curves for all who race.

The curves, their bounds and their flat prior are those of `curve.posterior`; the grid does not
close in on the mass but stays, so that the likelihood of all racers is one product of matrices. It
leaves out what trials of a length share: a race needs an order, not an interval to quote.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import entr, xlogy

from ..curve.chance import Chance
from ..curve.psychometric import CurveFamily, FloatArray

_PER_OCTAVE = 8  # lengths that may be asked, per doubling
_STEPS = 12  # thresholds per octave
_REACH = 4.0  # octaves beyond the lengths in which a threshold may lie
_WIDTHS = np.exp2(np.linspace(-2.0, 3.8, 8))  # a quarter of an octave to 14
_LAPSES = np.array([0.01, 0.04, 0.08])
_SHARED = 0.1  # variance that trials of a length are taken to share
_GROUPS = 4  # distinct lengths in one batch, at most

Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Gain:
    """What is known of one curve's L50 beside another's, in octaves.

    Attributes:
        middle: Median of the posterior; within the range that was asked.
        low: Lower end of the interval; -infinity where it is not known.
        high: Upper end; infinity where it is not known.
    """

    middle: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Sight:
    """A grid of curves over the lengths that may be asked.

    Attributes:
        lengths: Those lengths in items, increasing, shape (lengths,).
        chance: What guessing gives.
    """

    lengths: NDArray[np.int64]
    chance: Chance

    @classmethod
    def over(cls, lengths: int | Sequence[int], chance: Chance | None = None) -> "Sight":
        """A grid over some lengths; of one number, over eight lengths per octave up to it.

        Raises:
            ValueError: fewer than two lengths, or one below 1.
        """
        if isinstance(lengths, int):
            octaves = np.arange(0, np.log2(max(lengths, 1)), 1 / _PER_OCTAVE)
            lengths = [*map(int, np.rint(np.exp2(octaves))), lengths]
        found = sorted(set(lengths))
        if len(found) < 2 or found[0] < 1:
            raise ValueError(f"lengths {lengths}: two or more, from 1 up")
        return _sight(tuple(found), chance or Chance())

    @property
    def _span(self) -> tuple[float, float]:
        return float(np.log2(self.lengths[0])), float(np.log2(self.lengths[-1]))

    @cached_property
    def thresholds(self) -> FloatArray:
        """log2 of L50 of the curves, equally spaced, shape (thresholds,)."""
        first, last = self._span
        steps = int((last - first + 2 * _REACH) * _STEPS) + 2
        return np.asarray(first - _REACH + np.arange(steps) / _STEPS)

    @cached_property
    def accuracy(self) -> FloatArray:
        """Of every curve at every length, shape (lengths, thresholds, shapes)."""
        widths, lapses = np.meshgrid(_WIDTHS, _LAPSES, indexing="ij")
        p = CurveFamily(self.chance).accuracy(
            np.log2(self.lengths)[:, None, None],
            self.thresholds[None, :, None],
            widths.ravel(),
            lapses.ravel(),
        )
        return np.clip(p, 1e-6, 1 - 1e-6)

    @cached_property
    def _logs(self) -> tuple[FloatArray, FloatArray]:
        flat = self.accuracy.reshape(self.lengths.size, -1)
        return np.log(flat), np.log1p(-flat)

    def mass(self, correct: Counts, asked: Counts) -> FloatArray:
        """Posterior of every curve, for each racer.

        Args:
            correct: Correct answers, shape (racers, lengths).
            asked: Answers, same shape.

        Returns:
            Probabilities, shape (racers, thresholds, shapes); each racer's sum to 1.
        """
        right, wrong = self._logs
        found = correct @ right + (asked - correct) @ wrong
        found = np.exp(found - found.max(axis=1, keepdims=True))
        found /= found.sum(axis=1, keepdims=True)
        return np.asarray(found.reshape(len(correct), *self.accuracy.shape[1:]))

    def within(self, mass: FloatArray) -> FloatArray:
        """Probability of each L50, where it lies beyond the range put at its end.

        Args:
            mass: As from `mass`.

        Returns:
            Shape (racers, thresholds).
        """
        found = mass.sum(axis=2)
        first, last = self.ends
        found[:, first] += found[:, :first].sum(axis=1)
        found[:, last] += found[:, last + 1 :].sum(axis=1)
        found[:, :first] = found[:, last + 1 :] = 0
        return np.asarray(found)

    @property
    def ends(self) -> tuple[int, int]:
        """Index of the first threshold in the range that may be asked, and of the last."""
        first, last = self._span
        inside = self.thresholds <= last + 1e-9
        return int(np.argmax(self.thresholds >= first - 1e-9)), int(np.flatnonzero(inside)[-1])

    def above(self, a: FloatArray, b: FloatArray, octaves: float = 0.0) -> float:
        """Probability that the L50 of A lies that many octaves or more above that of B.

        Args:
            a: Of A, shape (thresholds,), as from `within`; independent of B's.
            b: Of B.
            octaves: How far above.
        """
        edges = np.append(self.thresholds - 0.5 / _STEPS, self.thresholds[-1] + 0.5 / _STEPS)
        below = np.append(0.0, np.cumsum(b))
        return float(a @ np.interp(self.thresholds - octaves, edges, below))

    def gain(self, a: FloatArray, b: FloatArray, level: float = 0.95) -> Gain:
        """Octaves from the L50 of B to that of A, with the central interval of a level."""
        apart = np.convolve(a, b[::-1])
        octaves = np.arange(1 - b.size, a.size) / _STEPS
        tail, (first, last) = (1 - level) / 2, self.ends
        cdf = np.cumsum(apart)
        low, middle, high = np.interp([tail, 0.5, 1 - tail], cdf, octaves + 0.5 / _STEPS)
        unknown_above = a[last] > tail or b[first] > tail
        unknown_below = a[first] > tail or b[last] > tail
        return Gain(
            float(middle),
            -np.inf if unknown_below else float(low),
            np.inf if unknown_above else float(high),
        )

    def most(self, a: FloatArray, b: FloatArray, error: float) -> float:
        """Octaves of gain of A over B of which more is excluded at that error; may be infinite."""
        return self.gain(a, b, 1 - 2 * error).high

    def places(self, mass: FloatArray, asked: Counts, count: int) -> list[int]:
        """Where the next answers tell most about L50: the rule of `acuity.placement`.

        Args:
            mass: Posterior of one racer, shape (thresholds, shapes).
            asked: Answers so far, shape (lengths,).
            count: How many.

        Returns:
            Indices of lengths, repeated as needed.
        """
        p, told = self.accuracy, asked.astype(float)
        first, last = self.ends
        regions = np.unique([0, *range(first, last + 1), last + 1])
        chosen: list[int] = []
        for group in np.array_split(np.arange(count), min(count, _GROUPS)):
            right = np.einsum("tk,jtk->jt", mass, p)
            both = np.stack([right, mass.sum(axis=1) - right])
            both = np.add.reduceat(both, regions[regions < both.shape[2]], axis=2)
            left = (entr(both).sum(axis=2) - entr(both.sum(axis=2))).sum(axis=0)
            before = entr(both.sum(axis=0)[0]).sum()
            at = int(np.argmax((before - left) / (1 + _SHARED * told)))
            told[at] += group.size
            chosen += [at] * group.size
            mean = float(np.sum(mass * p[at]))
            expected = xlogy(mean, p[at]) + xlogy(1 - mean, 1 - p[at])
            mass = mass * np.exp(group.size * (expected - expected.max()))
            mass = mass / mass.sum()
        return chosen


@lru_cache(maxsize=8)
def _sight(lengths: tuple[int, ...], chance: Chance) -> Sight:
    """A grid, made once for all who race over the same lengths."""
    return Sight(np.array(lengths, np.int64), chance)
