"""Leaderboards: acuity over several tasks, and the ranks that the answers cannot rule out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft

from ..errors import InputError
from .acuity import Acuity, Censored
from .belief import Belief
from .intervals import Interval
from .paired import holm
from .psychometric import FloatArray

_PER_OCTAVE = 128  # cells of the axis on which distributions are added and compared


class RankInterval(NamedTuple):
    """Best and worst rank that a model may have, 1 being the best."""

    best: int
    worst: int


@dataclass(frozen=True, eq=False)
class MeanBelief:
    """What is known of a mean of log2 acuities when some may be censored.

    A censored acuity is known to lie above (or below) the chart, not where. So the mean has two
    distributions: of the least and of the most that it can be.

    Attributes:
        edges: Increasing log2 lengths, evenly spaced, shape (cells + 1,).
        least: Probability that the least value lies at or below each edge; starts above 0 where
            acuities may lie below the chart.
        most: Probability that the largest value lies at or below each edge; ends below 1 where
            they may lie above it.
    """

    edges: FloatArray
    least: FloatArray
    most: FloatArray

    @classmethod
    def over(cls, beliefs: Sequence[Belief]) -> "MeanBelief":
        """Mean over independent beliefs, one per task; of a single task, the task itself.

        Raises:
            InputError: no belief was given.
        """
        if not beliefs:
            raise InputError("mean acuity: there is no task with an acuity")
        step = 1 / _PER_OCTAVE
        least, most = [], []
        start = 0.0
        for belief in beliefs:
            first = np.floor(belief.edges[0] / step) * step
            cells = int(np.ceil((belief.edges[-1] - first) / step))
            edges = first + np.arange(cells + 1) * step
            inside = np.diff(belief.below(edges))
            low, high = inside.copy(), inside.copy()
            low[-1] += 1 - belief.cdf[-1]
            high[0] += belief.cdf[0]
            least.append(low)
            most.append(high)
            start += first
        width = step / len(beliefs)
        least_mass, most_mass = _sum_of(least), _sum_of(most)
        # Sums of cell middles lie half a cell of the sum off its edges, times the terms.
        first = (start + step * len(beliefs) / 2) / len(beliefs) - width / 2
        edges = np.asarray(first + np.arange(least_mass.size + 1) * width)
        return cls(
            edges,
            np.concatenate([[0.0], np.cumsum(least_mass)]) + 1 - least_mass.sum(),
            np.concatenate([[0.0], np.cumsum(most_mass)]),
        )

    def interval(self, level: float = 0.95) -> Interval:
        """Central interval in items; 0 or infinity for an end that is not known."""
        tail = (1 - level) / 2
        low, high = 0.0, np.inf
        if tail > self.least[0]:
            low = float(np.exp2(np.interp(tail, self.least, self.edges)))
        if 1 - tail < self.most[-1]:
            high = float(np.exp2(np.interp(1 - tail, self.most, self.edges)))
        return Interval(low, high)


@dataclass(frozen=True)
class GeometricMean:
    """Geometric mean of acuities over tasks.

    Attributes:
        value: In items; None where an acuity is censored.
        interval: Central interval in items; 0 or infinity for an end that is not known.
        censored: The side on which it is bounded only, where censored acuities agree on one.
        belief: Its whole distribution, for ranks.
    """

    value: float | None
    interval: Interval
    censored: Censored | None
    belief: MeanBelief

    def __str__(self) -> str:
        """As quoted: ``61 (48 to 72)``, ``61 (48 or more)``, ``> 210``, ``not determined``."""
        low, high = self.interval
        if self.value is not None:
            ends = {
                (True, True): f"{low:.3g} to {high:.3g}",
                (True, False): f"{low:.3g} or more",
                (False, True): f"{high:.3g} or less",
                (False, False): "ends not known",
            }
            return f"{self.value:.3g} ({ends[low > 0, bool(np.isfinite(high))]})"
        if self.censored == "above" and low > 0:
            return f"> {low:.3g}"
        if self.censored == "below" and np.isfinite(high):
            return f"< {high:.3g}"
        return "not determined"


def geometric_mean(acuities: Sequence[Acuity], level: float = 0.95) -> GeometricMean:
    """Geometric mean of the acuities of one model over its tasks, tasks taken as independent.

    Where an acuity is censored the mean has no value, only a bound: the end of its interval.

    Args:
        acuities: One per task.
        level: Level of the interval.

    Raises:
        InputError: no task was given, or one has no acuity (the message gives its reason).
    """
    beliefs = []
    for acuity in acuities:
        if acuity.belief is None:
            raise InputError(f"mean acuity: a task has none ({acuity.reason}); leave it out")
        beliefs.append(acuity.belief)
    belief = MeanBelief.over(beliefs)
    logs = [np.log2(acuity.value) for acuity in acuities if acuity.value is not None]
    sides = {acuity.censored for acuity in acuities if acuity.censored is not None}
    value = None if sides else float(np.exp2(np.mean(logs)))
    side = sides.pop() if len(sides) == 1 else None
    return GeometricMean(value, belief.interval(level), side, belief)


def rank_intervals(beliefs: Sequence[MeanBelief], level: float = 0.95) -> list[RankInterval]:
    """Ranks that each model may have, 1 the best.

    A model's best rank is one more than the number of models that are shown to be better, its
    worst the number of models less those shown to be worse. For each model the comparisons with
    all others are adjusted by Holm, so that its interval holds with probability ``level``: the
    construction of Mogstad, Romano, Shaikh and Wilhelm (2024), Rev. Econ. Stud. 91:476, with
    posterior probabilities for p-values. Two acuities beyond the same chart are never ordered.

    Args:
        beliefs: One per model, each from `MeanBelief.over` on the same tasks.
        level: Level of each interval.
    """
    above = _probability_above(beliefs)
    alpha = 1 - level
    ranks = []
    for i in range(len(beliefs)):
        others = np.arange(len(beliefs)) != i
        better, worse = above[others, i], above[i, others]
        shown = holm(np.minimum(1.0, 2 * (1 - np.maximum(better, worse)))) <= alpha
        ahead = int(np.sum(shown & (better > worse)))
        behind = int(np.sum(shown & (worse > better)))
        ranks.append(RankInterval(1 + ahead, len(beliefs) - behind))
    return ranks


def _probability_above(beliefs: Sequence[MeanBelief]) -> FloatArray:
    """Probability that i surely lies above j, shape (models, models)."""
    if not beliefs:
        return np.zeros((0, 0))
    low = min(b.edges[0] for b in beliefs)
    high = max(b.edges[-1] for b in beliefs)
    grid = np.linspace(low, high, int((high - low) * _PER_OCTAVE) + 2)
    least = np.array([np.interp(grid, b.edges, b.least) for b in beliefs])
    most = np.array([np.interp(grid, b.edges, b.most) for b in beliefs])
    mass = np.diff(least, axis=1)
    return np.asarray(mass @ ((most[:, 1:] + most[:, :-1]) / 2).T)


def _sum_of(masses: list[FloatArray]) -> FloatArray:
    """Mass of a sum of independent variables on cells, by the product of their transforms."""
    size = sum(mass.size for mass in masses) - len(masses) + 1
    padded = next_fast_len(size, real=True)
    transforms = np.prod([rfft(mass, padded) for mass in masses], axis=0)
    return np.asarray(np.clip(irfft(transforms, padded)[:size], 0.0, None))
