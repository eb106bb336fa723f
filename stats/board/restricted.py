"""Restricted mean acuity: how far a model sees on a chart, as one number that always exists.

The area under accuracy over log2 length, corrected for guessing, from the first length of the chart
to its last: for a model that is always right up to some length and never beyond, that length. It
is the restricted mean of survival analysis (Royston and Parmar 2013, BMC Med. Res. Methodol.
13:152) with octaves for time. No curve is fitted, so that staircases, lapses, models that are blind
and models that see beyond the chart have one as well.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from ..intervals import Interval
from ..tally import Tally

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LengthCounts:
    """One model on one task of a chart.

    Attributes:
        tally: Correct answers of the trials *asked*: unreadable, refused, truncated and failed
            ones are trials, and not correct.
        chance: Chance level at each length, shape (lengths,).
    """

    tally: Tally
    chance: FloatArray

    @classmethod
    def of(
        cls, lengths: ArrayLike, correct: ArrayLike, asked: ArrayLike, chance: ArrayLike = 0.0
    ) -> "LengthCounts":
        """Count a task; ``chance`` is one number or one per group, aligned with ``lengths``.

        Raises:
            InputError: counts that are not counts.
            ValueError: fewer than two lengths, or a chance level that leaves no room at any.
        """
        tally = Tally.of(lengths, correct, asked)
        if tally.lengths.size < 2:
            raise ValueError("a chart has two lengths or more")
        n = np.asarray(lengths).ravel()
        table = np.broadcast_to(np.asarray(chance, float), n.shape)
        level = np.array([table[n == length].max() for length in tally.lengths])
        if np.all(level >= 1):
            raise ValueError("guessing is always right; there is nothing to see")
        return cls(tally, level)

    @property
    def weights(self) -> FloatArray:
        """Octaves that each length stands for (trapezoid rule), per share of what can be seen.

        Lengths at which guessing is always right are left out.
        """
        x = self.tally.log2_lengths
        gaps = np.diff(x) / 2
        octaves = np.append(gaps, 0.0) + np.append(0.0, gaps)
        room = 1 - self.chance
        return np.where(room > 1e-9, octaves / np.maximum(room, 1e-9), 0.0)

    @property
    def octaves(self) -> float:
        """How far it sees, in octaves from the first length; from 0 on (guessing apart)."""
        share = self.tally.correct / self.tally.trials
        return float(self.weights @ (share - self.chance))

    def reach(self, z: ArrayLike) -> FloatArray:
        """Squared octaves from the estimate to its ends at ``z`` deviations, shape (..., 2).

        Wilson's ends of each length, put together by the method of variance estimates recovery
        (Zou and Donner 2008, Stat. Med. 27:1693).
        """
        squared = np.square(np.asarray(z, float))[..., None]
        m = self.tally.trials.astype(float)
        p = self.tally.correct / m
        centre = (p + squared / (2 * m)) / (1 + squared / m)
        half = np.sqrt(squared * (p * (1 - p) / m + squared / (4 * m**2))) / (1 + squared / m)
        down = np.maximum(p - centre + half, 0.0)
        up = np.maximum(centre + half - p, 0.0)
        weight = self.weights**2
        return np.stack([down**2 @ weight, up**2 @ weight], axis=-1)


@dataclass(frozen=True, eq=False)
class RestrictedMean:
    """Restricted mean acuity of one model over the tasks of a chart.

    Attributes:
        tasks: What it was asked; every task counts the same.
        level: Level of `interval`.
    """

    tasks: tuple[LengthCounts, ...]
    level: float = 0.95

    @cached_property
    def octaves(self) -> float:
        """Mean over tasks of how far it sees, in octaves from the first length of each."""
        return float(np.mean([task.octaves for task in self.tasks]))

    @cached_property
    def first(self) -> float:
        """Geometric mean of the first lengths, in items."""
        return float(np.exp2(np.mean([task.tally.log2_lengths[0] for task in self.tasks])))

    @property
    def value(self) -> float:
        """The length in items up to which it sees, on (geometric) average over tasks."""
        return self.first * float(np.exp2(max(0.0, self.octaves)))

    @cached_property
    def interval(self) -> Interval:
        """Interval of `value` in items, closed at both ends; about these tasks and lengths."""
        low, high = self.reach(float(-ndtri((1 - self.level) / 2)))
        ends = (max(0.0, self.octaves - float(low)), max(0.0, self.octaves + float(high)))
        return Interval(*(self.first * float(np.exp2(end)) for end in ends))

    def reach(self, z: ArrayLike) -> FloatArray:
        """Octaves from the estimate to its ends at ``z`` standard deviations, shape (..., 2)."""
        squares = np.sum([task.reach(z) for task in self.tasks], axis=0)
        return np.asarray(np.sqrt(squares) / len(self.tasks))

    def __str__(self) -> str:
        """As quoted: ``61 (48 to 72)``."""
        return f"{self.value:.3g} ({self.interval.low:.3g} to {self.interval.high:.3g})"


def restricted_mean(tasks: Sequence[LengthCounts], level: float = 0.95) -> RestrictedMean:
    """Restricted mean acuity of one model.

    Args:
        tasks: One per task of the chart, the same for every model of a board.
        level: Level of its interval.

    Raises:
        ValueError: there is no task.
    """
    if not tasks:
        raise ValueError("a restricted mean needs at least one task")
    return RestrictedMean(tuple(tasks), level)
