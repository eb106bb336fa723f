"""Psychometric curves: the probability of a correct answer, falling with log2 length.

``p(n) = chance + (1 - chance - lapse) * F(log2 n)``, with F falling from 1 to 0: the model of
Wichmann and Hill (2001), Percept. Psychophys. 63:1293, turned around because longer is harder.
"""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize
from scipy.special import expit

from ..errors import InputError
from .tally import Tally

Shape = Literal["logistic", "weibull"]
FloatArray = NDArray[np.float64]

WIDTHS = (0.1, 20.0)  # octaves of length; a step is sharper than any design can tell from 0.1
MAX_LAPSE = 0.1

_TINY = 1e-12  # keeps logarithms finite where a curve says 0 or 1
_LOGISTIC = 2 * np.log(19.0)
_WEIBULL = np.log(np.log(0.05) / np.log(0.95))


@dataclass(frozen=True)
class Family:
    """The curves that are considered for one task.

    Attributes:
        chance: Probability of a correct answer by guessing, known from the task.
        shape: ``logistic``, or ``weibull``: exp(-(n/scale)^k), with its sharper end.
    """

    chance: float = 0.0
    shape: Shape = "logistic"

    def __post_init__(self) -> None:
        if not 0 <= self.chance < 1:
            raise InputError(f"chance level is {self.chance}; give a probability below 1")
        if self.shape not in get_args(Shape):
            raise InputError(f"shape is {self.shape!r}; choose one of {', '.join(get_args(Shape))}")

    @property
    def anchor(self) -> float:
        """The accuracy whose crossing is the threshold parameter: 0.5, if guessing is below it."""
        return 0.5 if self.chance < 0.5 else (1 + self.chance) / 2

    @property
    def max_lapse(self) -> float:
        """Upper bound of the lapse rate; below `MAX_LAPSE` only where chance is above 0.6."""
        return min(MAX_LAPSE, (1 - self.chance) / 4)

    def accuracy(
        self, x: ArrayLike, threshold: ArrayLike, width: ArrayLike, lapse: ArrayLike
    ) -> FloatArray:
        """Probability of a correct answer.

        Args:
            x: log2 of the length.
            threshold: log2 of the length at which the curve falls through `anchor`.
            width: Octaves over which F falls from 0.95 to 0.05 (the convention of psignifit:
                Schuett et al. 2016, Vision Res. 122:105).
            lapse: Probability of a wrong answer however short the input.

        Returns:
            Probabilities, of the broadcast shape of all four.
        """
        x, threshold, width, lapse = (np.asarray(v, float) for v in (x, threshold, width, lapse))
        span = 1 - self.chance - lapse
        z = (x - threshold) / width + self._falls_to((self.anchor - self.chance) / span)
        if self.shape == "logistic":
            f = expit(-_LOGISTIC * z)
        else:
            f = np.exp2(-np.exp(np.minimum(_WEIBULL * z, 50.0)))
        return np.asarray(self.chance + span * f)

    def crossing(
        self, level: float, threshold: ArrayLike, width: ArrayLike, lapse: ArrayLike
    ) -> FloatArray:
        """log2 of the length at which the curve falls through ``level``.

        It is -inf where lapses keep even the shortest input below the level, and +inf where
        guessing keeps even the longest above it.
        """
        threshold, width, lapse = (np.asarray(v, float) for v in (threshold, width, lapse))
        span = 1 - self.chance - lapse
        anchor = self._falls_to((self.anchor - self.chance) / span)
        return np.asarray(
            threshold + width * (self._falls_to((level - self.chance) / span) - anchor)
        )

    def _falls_to(self, f: FloatArray) -> FloatArray:
        """Where F, of unit width and F(0) = 0.5, takes the value ``f``."""
        with np.errstate(divide="ignore"):
            f = np.clip(f, 0.0, 1.0)
            if self.shape == "logistic":
                return np.asarray((np.log1p(-f) - np.log(f)) / _LOGISTIC)
            return np.asarray(np.log(-np.log2(f)) / _WEIBULL)


@dataclass(frozen=True)
class Psychometric:
    """One curve: a family with its three parameters, as in `Family.accuracy`."""

    family: Family
    threshold: float
    width: float
    lapse: float

    def accuracy(self, lengths: ArrayLike) -> FloatArray:
        """Probability of a correct answer at each length (items, above 0)."""
        x = np.log2(np.asarray(lengths, dtype=np.float64))
        return self.family.accuracy(x, self.threshold, self.width, self.lapse)

    def crossing(self, level: float) -> float:
        """log2 of the length at which the curve falls through ``level``; may be infinite."""
        return float(self.family.crossing(level, self.threshold, self.width, self.lapse))


def log_likelihood(correct: ArrayLike, trials: ArrayLike, p: FloatArray) -> FloatArray:
    """Binomial log-likelihood of each length, without the constant of the coefficients."""
    k, n = np.asarray(correct, float), np.asarray(trials, float)
    p = np.clip(p, _TINY, 1 - _TINY)
    return np.asarray(k * np.log(p) + (n - k) * np.log1p(-p))


def fit(tally: Tally, family: Family, start: Psychometric, reach: float) -> Psychometric:
    """Maximum-likelihood curve, by a bounded quasi-Newton search from ``start``.

    Args:
        tally: The answers.
        family: Shape and chance level.
        start: Where to search from, as the best point of a grid.
        reach: Octaves beyond the tested lengths in which the threshold may lie.
    """

    def cost(v: FloatArray) -> float:
        p = family.accuracy(tally.log2_lengths, v[0], np.exp2(v[1]), v[2])
        return -float(np.sum(log_likelihood(tally.correct, tally.trials, p)))

    first, last = tally.log2_lengths[0] - reach, tally.log2_lengths[-1] + reach
    narrow, wide = np.log2(WIDTHS)
    best = minimize(
        cost,
        np.array([start.threshold, np.log2(start.width), start.lapse]),
        method="L-BFGS-B",
        bounds=[(first, last), (narrow, wide), (0.0, family.max_lapse)],
    )
    return Psychometric(family, float(best.x[0]), float(np.exp2(best.x[1])), float(best.x[2]))
