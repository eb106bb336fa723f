"""What a number of pairs can show: power by simulation of what the alternative really brings.

A longer sight does not only move accuracy, it makes pairs disagree: the power is computed from
the discordant pairs of both curves, not from those of today's answers.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..curve.psychometric import FloatArray, Psychometric
from .mcnemar import clustered_many, mcnemar_midp
from .paired_posterior import Pairs

POWER = 0.8
_MOST_OCTAVES = 8.0
_DRAWS = 1000
_FIRST_DRAWS = 200
_NO_DOUBT = 5.0  # standard errors
_HALVINGS = 9


@dataclass(frozen=True)
class Alternative:
    """Two models whose curves differ by a shift, on prompts that they share.

    Attributes:
        base: The curve of A; that of B is the same, shifted.
        agreement: Probability that one uniform number decides both answers to a prompt.
    """

    base: Psychometric
    agreement: float

    def cells(self, lengths: NDArray[np.int64], octaves: float) -> FloatArray:
        """Probability of only A, only B, and a tie at each length, shape (lengths, 3)."""
        base = self.base
        p = base.accuracy(lengths)
        q = Psychometric(base.family, base.threshold + octaves, base.width, base.lapse).accuracy(
            lengths
        )
        both = self.agreement * np.minimum(p, q) + (1 - self.agreement) * p * q
        a, b = np.clip(p - both, 0, 1), np.clip(q - both, 0, 1)
        return np.stack([a, b, np.clip(1 - a - b, 0, 1)], axis=1)

    def difference(
        self, lengths: NDArray[np.int64], pairs: NDArray[np.int64], octaves: float
    ) -> float:
        """Accuracy of B less that of A over all pairs."""
        cells = self.cells(lengths, octaves)
        return float(pairs @ (cells[:, 1] - cells[:, 0]) / pairs.sum())

    def power(
        self,
        lengths: NDArray[np.int64],
        pairs: NDArray[np.int64],
        octaves: float,
        *,
        alpha: float = 0.05,
        curve: bool = True,
        draws: int = _DRAWS,
        seed: int = 0,
    ) -> float:
        """Probability that the difference is shown, on the right side.

        Args:
            lengths: Distinct lengths, shape (lengths,).
            pairs: Pairs at each, same shape.
            octaves: Shift of B's curve; positive is longer sight.
            alpha: Level of the test.
            curve: Whether the test is that of the curve (`clustered`), or on these lengths.
            draws: Simulated comparisons; 1,000 give a standard error of 1.3 %.
            seed: The same seed gives the same draws, whatever the shift.
        """
        rng = np.random.default_rng(seed)
        cells = self.cells(lengths, octaves)
        return float(np.mean(self._shown(rng, cells, pairs, octaves > 0, alpha, curve, draws)))

    def _shown(
        self,
        rng: np.random.Generator,
        cells: FloatArray,
        pairs: NDArray[np.int64],
        longer: bool,
        alpha: float,
        curve: bool,
        draws: int,
    ) -> NDArray[np.bool_]:
        """Whether each of so many simulated comparisons shows the difference."""
        drawn = rng.multinomial(pairs, cells, (draws, pairs.size))
        only_a, only_b = drawn[..., 0], drawn[..., 1]
        sides = only_a.sum(axis=1), only_b.sum(axis=1)
        shown = mcnemar_midp(*sides) <= alpha
        shown &= (sides[1] > sides[0]) if longer else (sides[1] < sides[0])
        if curve and shown.any():
            # The p-value of the curve is never the smaller one: the others need no second look.
            shown[shown] = clustered_many(only_a[shown], only_b[shown]) <= alpha
        return np.asarray(shown)

    def either(
        self,
        lengths: NDArray[np.int64],
        pairs: NDArray[np.int64],
        octaves: float,
        *,
        alpha: float = 0.05,
        curve: bool = True,
    ) -> float:
        """Mean of `power` over longer and shorter sight by so many octaves."""
        sides = (octaves, -octaves)
        return float(
            np.mean([self.power(lengths, pairs, o, alpha=alpha, curve=curve) for o in sides])
        )

    def reaches(
        self,
        wanted: float,
        lengths: NDArray[np.int64],
        pairs: NDArray[np.int64],
        octaves: float,
        *,
        alpha: float = 0.05,
        curve: bool = True,
    ) -> bool:
        """Whether `either` is so much. The first draws answer it where they leave no doubt."""
        sides = [
            (np.random.default_rng(0), self.cells(lengths, o), o > 0) for o in (octaves, -octaves)
        ]
        shown, made = 0, 0
        for draws in (_FIRST_DRAWS, _DRAWS - _FIRST_DRAWS):
            for rng, cells, longer in sides:
                shown += int(self._shown(rng, cells, pairs, longer, alpha, curve, draws).sum())
            made += 2 * draws
            error = np.sqrt(wanted * (1 - wanted) / made)
            if abs(shown / made - wanted) > _NO_DOUBT * error:
                break
        return shown / made >= wanted


def alternative(pairs: Pairs, a: Psychometric, b: Psychometric) -> Alternative:
    """Curves and agreement as the answers of a comparison have them.

    The agreement is that which gives the observed number of discordant pairs at the two curves.
    """
    m = pairs.both + pairs.only_a + pairs.only_b + pairs.neither
    p, q = a.accuracy(pairs.lengths), b.accuracy(pairs.lengths)
    independent = float(m @ (p + q - 2 * p * q))
    shared = float(m @ np.abs(p - q))
    seen = float(np.sum(pairs.only_a + pairs.only_b))
    room = independent - shared
    return Alternative(a, float(np.clip((independent - seen) / room, 0, 1)) if room > 0 else 0.0)


def detectable(
    between: Alternative,
    lengths: NDArray[np.int64],
    pairs: NDArray[np.int64],
    *,
    alpha: float = 0.05,
    power: float = POWER,
    curve: bool = True,
) -> tuple[float, float]:
    """Smallest difference that is shown with the wanted power, as (difference, ratio).

    Args:
        between: The models.
        lengths: Distinct lengths.
        pairs: Pairs at each.
        alpha: Level of the test.
        power: Probability with which it is to be shown.
        curve: As in `Alternative.power`.

    Returns:
        The difference of accuracy over these pairs, from 0 to 1, and the ratio of L50, above 1,
        that makes it: where the mean power of longer and of shorter sight is as wanted. Infinity
        for both where none is.
    """

    def shown(octaves: float) -> bool:
        return between.reaches(power, lengths, pairs, octaves, alpha=alpha, curve=curve)

    low, high = 0.0, _MOST_OCTAVES
    if not shown(high):
        return np.inf, np.inf
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if shown(middle) else (middle, high)
    found = (low + high) / 2
    difference = max(abs(between.difference(lengths, pairs, side * found)) for side in (1, -1))
    return difference, float(np.exp2(found))
