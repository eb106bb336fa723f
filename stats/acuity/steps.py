"""Curves that may drop at once: then an acuity lies anywhere between two tested lengths.

A smooth family puts the fall in the middle of a gap, the more surely the more trials there are: a
curve as steep as it allows still falls over a tenth of an octave. But all right at 16 and all
wrong at 32 say only that it falls in between, however many trials stand behind it.
"""

from typing import NamedTuple

import numpy as np

from ..curve.psychometric import CurveFamily, FloatArray, Likelihood
from ..tally import Tally

_PLAUSIBLE = 2.0  # log-likelihood that a step may lie below the best curve


class Gap(NamedTuple):
    """From the last length before to the first after, in log2 items."""

    low: float
    high: float


def gap(
    tally: Tally, family: CurveFamily, likelihood: Likelihood, best: float, accuracy: float = 0.5
) -> Gap | None:
    """The gaps in which the curve may drop at once, from the first to the last; None if in none.

    A step falls from a constant within the lapses that are allowed (and above ``accuracy``) to
    what guessing gives. It is plausible where its likelihood comes within ``exp(-2)`` of that of
    the best curve.

    Args:
        tally: The answers.
        family: The smooth curves.
        likelihood: Of those answers.
        best: Log-likelihood of the best smooth curve, averaged over the spread as
            `Likelihood.marginal` does.
        accuracy: The accuracy whose crossing is looked for.
    """
    x = tally.log2_lengths
    if x.size < 2:
        return None
    right, asked = np.cumsum(tally.correct)[:-1], np.cumsum(tally.trials)[:-1]
    # Never quite 1: as smooth curves may not be either, rounding apart.
    lowest = max(1 - family.max_lapse, accuracy)
    before = np.clip(right / asked, lowest, 1.0)
    floor = family.guessing.at(x)
    early = np.arange(x.size)[:, None] <= np.arange(x.size - 1)[None, :]
    p: FloatArray = np.where(early, np.maximum(before, floor[:, None]), floor[:, None])
    found = likelihood.marginals(p)
    plausible = np.flatnonzero((found > best - _PLAUSIBLE) & (floor[1:] < accuracy))
    if not plausible.size:
        return None
    return Gap(float(x[plausible[0]]), float(x[plausible[-1] + 1]))
