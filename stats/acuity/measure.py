"""Acuity: the lengths at which accuracy falls through 0.5, 0.8 and 0.9, or why none is quoted."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from ...support.threads import one_blas_thread
from ..curve.chance import Chance, ChanceLevel
from ..curve.posterior import REACH, Posterior, posterior
from ..curve.psychometric import CurveFamily, Likelihood, Psychometric, Sigmoid, fit
from ..curve.spread import PRIOR, shared_prior
from ..tally import Tally
from .checks import Check, lack_of_fit, not_falling
from .quotable import warnings, with_curve, without_curve
from .quoted import Acuity, quote, unquoted
from .steps import Gap, gap

_LEVELS = (0.5, 0.8, 0.9)


@dataclass(frozen=True)
class AcuityReport:
    """All that is said of one curve.

    Attributes:
        points: The answers themselves; usable whatever became of the fit.
        curve: Maximum-likelihood curve; None where nothing could be fitted.
        l50: Acuity at accuracy 0.5.
        l80: Acuity at accuracy 0.8.
        l90: Acuity at accuracy 0.9.
        fit: Lack-of-fit test of the curve.
        fall: Test that accuracy never rises with length.
        spread: Standard deviation, in log-odds, of what the trials of a length share, expected.
        reason: Why the curve has no acuity at any level; None where it has.
        warnings: What a reader must know before trusting the curve; the same as in each acuity.
    """

    points: Tally
    curve: Psychometric | None
    l50: Acuity
    l80: Acuity
    l90: Acuity
    fit: Check
    fall: Check
    spread: float
    reason: str | None
    warnings: tuple[str, ...]

    def warned(self, warning: str) -> "AcuityReport":
        """The same, with one warning more, in each acuity too."""
        said = (*self.warnings, warning)
        l50, l80, l90 = (replace(one, warnings=said) for one in (self.l50, self.l80, self.l90))
        return replace(self, warnings=said, l50=l50, l80=l80, l90=l90)


@one_blas_thread
def measure(
    lengths: ArrayLike,
    correct: ArrayLike,
    trials: ArrayLike,
    *,
    chance: ChanceLevel = 0.0,
    unreadable: ArrayLike = 0,
    sigmoid: Sigmoid = "logistic",
    level: float = 0.95,
    seed: int = 0,
    spread_prior: Sequence[float] = PRIOR,
) -> AcuityReport:
    """Fit the curve of one task and read off its acuity, with the checks beside it.

    Data that allow no acuity give a report with the reason, not an error: the points are still
    worth drawing. Where there are more than 256 distinct lengths, neighbours are counted together.

    Args:
        lengths: Length of each group of trials, in items; in any order, repeated or not.
        correct: Correct answers in each group.
        trials: Answered trials in each group; leave out those that failed for other reasons.
        chance: Probability of a correct answer by guessing: one number, one per group (aligned
            with ``lengths``), or a function of the length.
        unreadable: Answers of the group that could not be read (unparseable, truncated or
            refused); part of ``trials`` and not of ``correct``. One number counts them all.
        sigmoid: Sigmoid of the curve on log2 length.
        level: Probability that each interval holds.
        seed: Seed of the simulated p-values.
        spread_prior: Prior of what trials of a length share; `measure_together` learns it.

    Raises:
        InputError: counts that are not counts.
        ValueError: an unknown sigmoid, or chance levels that are none.
    """
    tally = Tally.of(lengths, correct, trials)
    family = CurveFamily(Chance.of(chance, lengths), sigmoid)
    known = _known(tally, family, spread_prior)
    return _report(tally, family, known, spread_prior, unreadable, level, seed)


@one_blas_thread
def measure_together(
    curves: Sequence[tuple[ArrayLike, ArrayLike, ArrayLike]],
    *,
    chances: Sequence[ChanceLevel] | None = None,
    unreadables: Sequence[ArrayLike] | None = None,
    sigmoid: Sigmoid = "logistic",
    level: float = 0.95,
    seed: int = 0,
) -> list[AcuityReport]:
    """Measure the curves of one model, which learn from each other what trials of a length share.

    One curve can hardly tell; eight of them can. Everything else of each curve is its own.

    Args:
        curves: Lengths, correct answers and trials of each, as for `measure`.
        chances: What guessing gives in each; 0 where nothing is said.
        unreadables: Answers of each that could not be read; 0 where nothing is said.
        sigmoid: As in `measure`, as are the others.
        level: Of each interval.
        seed: Of the simulated p-values.

    Raises:
        InputError: counts that are not counts.
        ValueError: an unknown sigmoid, or chance levels that are none.
    """
    tallies = [Tally.of(*curve) for curve in curves]
    families = [
        CurveFamily(Chance.of(chance, lengths), sigmoid)
        for (lengths, *_), chance in zip(curves, chances or [0.0] * len(curves), strict=True)
    ]

    def known(prior: Sequence[float]) -> list[Posterior | None]:
        return [_known(*one, prior) for one in zip(tallies, families, strict=True)]

    prior: Sequence[float] = PRIOR
    found = known(prior)
    evidence = [one.spread_evidence for one in found if one is not None]
    if len(evidence) > 1 and (learnt := shared_prior(np.array(evidence))) != prior:
        prior, found = learnt, known(learnt)
    unread = unreadables if unreadables is not None else [0] * len(curves)
    return [
        _report(tally, family, one, prior, lost, level, seed)
        for tally, family, one, lost in zip(tallies, families, found, unread, strict=True)
    ]


def _known(tally: Tally, family: CurveFamily, prior: Sequence[float]) -> Posterior | None:
    """The posterior of a curve; None where nothing can be fitted."""
    few = tally.coarse()
    return posterior(few, family, prior=prior) if few.lengths.size > 1 else None


def _report(
    tally: Tally,
    family: CurveFamily,
    found: Posterior | None,
    spread_prior: Sequence[float],
    unreadable: ArrayLike,
    level: float,
    seed: int,
) -> AcuityReport:
    """What is said of a curve whose posterior is known."""
    few = tally.coarse()
    unread = int(np.sum(np.asarray(unreadable)))
    nothing = Check(np.nan, np.nan)
    reason = without_curve(few, unread, family)
    if found is None:
        l50, l80, l90 = (unquoted(tally, at, reason or "") for at in _LEVELS)
        return AcuityReport(tally, None, l50, l80, l90, nothing, nothing, 0.0, reason, ())
    curve = fit(few, family, found.best, REACH, prior=spread_prior)
    shares = found.spread_mass.tolist()
    lack = lack_of_fit(few, curve, found.grid, shares, seed=seed)
    fall = not_falling(few, shares, seed=seed)
    reason = reason or with_curve(few, found, curve, (lack, fall), seed)
    gaps = _gaps(few, found, curve, spread_prior)
    said = () if reason else warnings(few, found, unread, step=gaps[0] is not None)
    quoted = [
        quote(few, found, curve, at, where, level) for at, where in zip(_LEVELS, gaps, strict=True)
    ]
    if reason is not None:
        # A curve that guessing alone keeps above a level has that for its reason.
        quoted = [a if a.reason is not None else a.because(reason) for a in quoted]
    l50, l80, l90 = (replace(a, warnings=said) for a in quoted)
    return AcuityReport(tally, curve, l50, l80, l90, lack, fall, found.spread, reason, said)


def _gaps(
    tally: Tally, found: Posterior, curve: Psychometric, prior: Sequence[float]
) -> list[Gap | None]:
    """Where the curve may drop through each level at once."""
    likelihood = Likelihood(tally, prior)
    best = likelihood.marginal(curve.accuracy(tally.lengths))
    return [gap(tally, found.grid.family, likelihood, best, at) for at in _LEVELS]
