"""Psychometric curves: the probability of a correct answer, falling with log2 length.

``p(n) = chance + (1 - chance - lapse) * F(log2 n)``, with F falling from 1 to 0: the model of
Wichmann and Hill (2001), Percept. Psychophys. 63:1293, turned around because longer is harder.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize
from scipy.special import expit

from ..tally import Tally
from .chance import Chance
from .spread import NONE, PRIOR, SPREADS, logit_table, look_up

Sigmoid = Literal["logistic", "weibull"]
FloatArray = NDArray[np.float64]

WIDTHS = (0.1, 20.0)  # octaves of length; a step is sharper than any design can tell from 0.1
MAX_LAPSE = 0.1

_STEP = 1e-8  # of each parameter, for the slope of the likelihood
_STEPS = _STEP * np.eye(3, 4, 1)  # nowhere, then along each
_TINY = 1e-12  # keeps logarithms finite where a curve says 0 or 1
_LOGISTIC = 2 * np.log(19.0)
_WEIBULL = np.log(np.log(0.05) / np.log(0.95))


@dataclass(frozen=True)
class CurveFamily:
    """The curves that are considered for one task.

    Attributes:
        chance: Probability of a correct answer by guessing, known from the task: one number, or
            a `Chance` that depends on the length.
        sigmoid: ``logistic``, or ``weibull``: exp(-(n/scale)^k), with its sharper end.
    """

    chance: float | Chance = 0.0
    sigmoid: Sigmoid = "logistic"

    def __post_init__(self) -> None:
        if not isinstance(self.chance, Chance):
            Chance.of(self.chance)
        if self.sigmoid not in get_args(Sigmoid):
            raise ValueError(
                f"sigmoid is {self.sigmoid!r}; choose one of {', '.join(get_args(Sigmoid))}"
            )

    @cached_property
    def guessing(self) -> Chance:
        """The chance level as a function of length."""
        return Chance.of(self.chance)

    def anchor(self, x: ArrayLike = 0.0) -> FloatArray:
        """The accuracy whose crossing is the threshold parameter, for a threshold at log2 ``x``.

        It is 0.5 where guessing is right in a third of trials or less, so that there the
        threshold is log2 of L50; half-way between guessing and 1 where it is right in half or
        more; and between the two in between.
        """
        chance = self.guessing.at(x)
        return np.where(
            chance < 0.5, 0.5 + 1.5 * np.clip(chance - 1 / 3, 0, 1 / 6), (1 + chance) / 2
        )

    @property
    def anchored_at_half(self) -> bool:
        """Whether the threshold is log2 of L50 at every length."""
        return self.guessing.highest <= 1 / 3

    @property
    def max_lapse(self) -> float:
        """Upper bound of the lapse rate; below `MAX_LAPSE` only where chance is above 0.6."""
        return min(MAX_LAPSE, (1 - self.guessing.lowest) / 4)

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
        # One number where guessing is the same everywhere: filling arrays with it takes time.
        where, here = (0.0, 0.0) if self.guessing.constant else (threshold, x)
        z = (x - threshold) / width + self._falls_to(self._share(self.anchor(where), where, lapse))
        if self.sigmoid == "logistic":
            f = expit(-_LOGISTIC * z)
        else:
            f = np.exp2(-np.exp(np.minimum(_WEIBULL * z, 50.0)))
        top = 1 - lapse
        floor = np.minimum(self.guessing.at(here), top)
        return np.asarray(floor + (top - floor) * f)

    def crossing(
        self, level: float, threshold: ArrayLike, width: ArrayLike, lapse: ArrayLike
    ) -> FloatArray:
        """log2 of the length at which the curve falls through ``level``.

        It is -inf where lapses keep even the shortest input below the level, and +inf where
        guessing keeps even the longest above it. Where guessing depends on the length it is found
        by bisection, from 8 octaves below the table of chance to 8 above, and infinite beyond.
        """
        threshold, width, lapse = (np.asarray(v, float) for v in (threshold, width, lapse))
        if self.guessing.constant:
            anchor = self._falls_to(self._share(self.anchor(threshold), threshold, lapse))
            target = self._falls_to(self._share(level, threshold, lapse))
            return np.asarray(threshold + width * (target - anchor))
        shape = np.broadcast_shapes(threshold.shape, width.shape, lapse.shape)
        low = np.full(shape, self.guessing.x[0] - 8.0)
        high = np.full(shape, self.guessing.x[-1] + 8.0)
        never = self.accuracy(low, threshold, width, lapse) < level
        always = self.accuracy(high, threshold, width, lapse) > level
        for _ in range(26):
            middle = (low + high) / 2
            above = self.accuracy(middle, threshold, width, lapse) > level
            low, high = np.where(above, middle, low), np.where(above, high, middle)
        return np.where(never, -np.inf, np.where(always, np.inf, (low + high) / 2))

    def _share(self, level: ArrayLike, x: ArrayLike, lapse: FloatArray) -> FloatArray:
        """The value of F at which the accuracy at log2 length ``x`` is ``level``."""
        chance = self.guessing.at(x)
        span = np.maximum(1 - chance - lapse, _TINY)
        return np.asarray((np.asarray(level, float) - chance) / span)

    def _falls_to(self, f: FloatArray) -> FloatArray:
        """Where F, of unit width and F(0) = 0.5, takes the value ``f``."""
        with np.errstate(divide="ignore"):
            f = np.clip(f, 0.0, 1.0)
            if self.sigmoid == "logistic":
                return np.asarray((np.log1p(-f) - np.log(f)) / _LOGISTIC)
            return np.asarray(np.log(-np.log2(f)) / _WEIBULL)


@dataclass(frozen=True)
class Psychometric:
    """One curve: a family with its three parameters, as in `CurveFamily.accuracy`."""

    family: CurveFamily
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


def fit(
    tally: Tally,
    family: CurveFamily,
    start: Psychometric,
    reach: float,
    *,
    prior: Sequence[float] = PRIOR,
    max_lapse: float | None = None,
) -> Psychometric:
    """Maximum-likelihood curve, by a bounded quasi-Newton search from ``start``.

    Args:
        tally: The answers.
        family: Sigmoid and chance level.
        start: Where to search from, as the best point of a grid.
        reach: Octaves beyond the tested lengths in which the threshold may lie.
        prior: Prior of what the trials of a length share, averaged over; see `spread`.
        max_lapse: Upper bound of the lapse rate, if not that of the family.
    """
    likelihood = Likelihood(tally, prior)
    x = tally.log2_lengths[:, None]

    def cost(v: FloatArray) -> tuple[float, FloatArray]:
        """And its slope, by steps forward; all four curves at once."""
        threshold, width, lapse = v[:, None] + _STEPS
        found = -likelihood.marginals(family.accuracy(x, threshold, np.exp2(width), lapse))
        return float(found[0]), (found[1:] - found[0]) / _STEP

    first, last = tally.log2_lengths[0] - reach, tally.log2_lengths[-1] + reach
    narrow, wide = np.log2(WIDTHS)
    lapse = family.max_lapse if max_lapse is None else max_lapse
    at = np.array([start.threshold, np.log2(start.width), min(start.lapse, lapse)])
    # Twice: along the bound of no lapses the first search can stop a little short.
    for _ in range(2):
        at = minimize(
            cost,
            at,
            method="L-BFGS-B",
            jac=True,
            bounds=[(first, last), (narrow, wide), (0.0, lapse)],
        ).x
    return Psychometric(family, float(at[0]), float(np.exp2(at[1])), float(at[2]))


class Likelihood:
    """The log-likelihood of one tally, for any curve and every spread of `spread.SPREADS`."""

    def __init__(self, tally: Tally, prior: Sequence[float] = PRIOR) -> None:
        self.tally = tally
        # One trial at each length says nothing of what trials of a length share.
        effects = any(prior[1:]) and bool(np.any(tally.trials > 1))
        self.table = logit_table(tally.correct, tally.trials) if effects else None
        with np.errstate(divide="ignore"):
            self.log_prior = np.log(prior if effects else NONE[:1])

    @property
    def spreads(self) -> FloatArray:
        """The spreads that are considered, none first."""
        return np.array(SPREADS[: self.log_prior.size])

    def of(self, p: FloatArray) -> FloatArray:
        """Log-likelihood of accuracies, shape (..., spreads).

        Args:
            p: Accuracy of each length, shape (lengths, ...).
        """
        p = np.clip(p, _TINY, 1 - _TINY)
        k = self.tally.correct.astype(float)
        m = self.tally.trials.astype(float)
        plain = np.tensordot(k, np.log(p), 1) + np.tensordot(m - k, np.log1p(-p), 1)
        if self.table is None:
            return np.asarray(plain)[..., None]
        effects = look_up(self.table, p)
        return np.concatenate([np.asarray(plain)[..., None], effects], axis=-1)

    def marginal(self, p: FloatArray) -> float:
        """Log-likelihood of one curve, shape (lengths,), averaged over the prior of the spread."""
        return float(self.marginals(p))

    def marginals(self, p: FloatArray) -> FloatArray:
        """The same of many curves, shape (lengths, ...): shape (...)."""
        return np.asarray(np.logaddexp.reduce(self.of(p) + self.log_prior, axis=-1))
