"""Whether a curve has an acuity that may be quoted; if not, why, in plain words."""

import numpy as np

from ..curve.posterior import REACH, Posterior
from ..curve.psychometric import CurveFamily, Likelihood, Psychometric, fit
from ..intervals import wilson
from ..tally import Tally
from .checks import Check, above_guessing, flat, steepest_rise

ALPHA = 0.01  # level of the tests that refuse a curve
_FLAT = 0.1  # p-value above which accuracy is not shown to fall
_HIGH = 0.8  # accuracy from which a flat curve is one that has not fallen yet
_UNREADABLE = 0.5  # share of answers that could not be read beyond which none is quoted
_SOME_UNREADABLE = 0.1
_LAPSES = 1.35  # log-likelihood that lapses beyond the bound must gain (chi-square, one-sided 5 %)
_MOST_LAPSE = 0.6


def without_curve(tally: Tally, unreadable: int, family: CurveFamily) -> str | None:
    """Why no curve is fitted, or none is to be believed, from the counts alone.

    Args:
        tally: The answers.
        unreadable: How many of the trials had an answer that could not be read.
        family: The curves, with their chance level.
    """
    if tally.lengths.size == 0:
        return "no trial was answered"
    if unreadable > _UNREADABLE * tally.total:
        return (
            f"{unreadable} of {tally.total} answers could not be read (no clear answer, cut short"
            " or refused); see why first"
        )
    if tally.correct.sum() == 0:
        return f"none of {tally.total} answers was correct, at any length"
    if tally.lengths.size < 2:
        return f"only length {tally.lengths[0]} was tested; a curve needs two lengths or more"
    chance = family.guessing.at(tally.log2_lengths)
    if np.any(chance > 0) and above_guessing(tally, np.minimum(chance, 1.0)) > ALPHA:
        return (
            f"{tally.correct.sum()} of {tally.total} answers were correct, which is no more than"
            " guessing gives"
        )
    return None


def with_curve(
    tally: Tally,
    found: Posterior,
    curve: Psychometric,
    checks: tuple[Check, Check],
    seed: int,
) -> str | None:
    """Why the fitted curve is not to be believed.

    Args:
        tally: The answers.
        found: Posterior of the curve.
        curve: The best curve.
        checks: Lack of fit, and not falling.
        seed: Seed of the simulations.
    """
    lack, fall = checks
    share = tally.correct.sum() / tally.total
    if share < _HIGH and flat(tally, found.spread_mass.tolist(), seed=seed).p_value > _FLAT:
        return (
            f"accuracy is not shown to fall over these lengths ({share:.0%} correct overall);"
            " test more trials, or lengths farther apart"
        )
    lapse = excess_lapse(tally, curve, found)
    if lapse is not None:
        return (
            f"about {lapse:.0%} of the answers are wrong however short the input, so the model"
            " never saw this task well; check the task and the form of the answers first"
        )
    if fall.p_value < ALPHA:
        k, n, lengths = tally.correct, tally.trials, tally.lengths
        at, until = steepest_rise(tally)
        return (
            f"accuracy does not fall steadily: {k[at]} of {n[at]} correct at length {lengths[at]},"
            f" but {k[until]} of {n[until]} at {lengths[until]} (p = {fall.p_value:.2g});"
            " look at the raw points and at the answers there (tokenizer steps, favourite numbers)"
        )
    if lack.p_value < ALPHA:
        return (
            "no curve that falls once fits these points (lack of fit"
            f" p = {lack.p_value:.2g}); look at the raw points"
        )
    return None


def excess_lapse(tally: Tally, curve: Psychometric, found: Posterior) -> float | None:
    """The lapse rate where it is surely above its bound; None where it is not."""
    top = np.cumsum(tally.correct) / np.cumsum(tally.trials)
    if np.max(top) > 1 - curve.family.max_lapse:
        return None
    prior = np.exp(found.log_prior).tolist() if found.spreads.size > 1 else [1.0]
    likelihood = Likelihood(tally, prior)
    lost = 1 - float(top.max())
    # From both sides: a plateau that ends at once is far from the best curve without one.
    starts = [Psychometric(curve.family, curve.threshold, w, lost) for w in (0.5, 2.0)]
    fits = [fit(tally, curve.family, s, REACH, prior=prior, max_lapse=_MOST_LAPSE) for s in starts]
    heights = [likelihood.marginal(one.accuracy(tally.lengths)) for one in fits]
    free = fits[int(np.argmax(heights))]
    gain = max(heights) - likelihood.marginal(curve.accuracy(tally.lengths))
    return free.lapse if gain > _LAPSES and free.lapse > curve.family.max_lapse else None


def warnings(tally: Tally, found: Posterior, unreadable: int, *, step: bool) -> tuple[str, ...]:
    """What a reader must know of a curve that is quoted, which may drop in one step."""
    said = []
    shared = 1 - float(found.spread_mass[0])
    if shared > 0.5 and not step:
        said.append(
            "answers at one length are more alike than independent ones would be"
            f" (probability {shared:.0%}); the interval is widened for it, and more lengths help"
            " more than more trials"
        )
    if unreadable > _SOME_UNREADABLE * tally.total:
        low, high = wilson(unreadable, tally.total)
        said.append(
            f"{unreadable} of {tally.total} answers could not be read ({low:.0%} to {high:.0%})"
            " and count as wrong"
        )
    return tuple(said)
