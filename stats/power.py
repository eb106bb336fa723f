"""The smallest difference between two models that a number of pairs could have shown."""

import numpy as np
from scipy.optimize import brentq
from scipy.stats import binom

from .joint import Pairs
from .posterior import REACH, posterior
from .psychometric import Family, fit
from .tally import Tally

_POWER = 0.8
_MOST_OCTAVES = 12.0


def detectable_difference(pairs: int, discordant: int, alpha: float = 0.05) -> float:
    """Smallest difference of accuracy that exact McNemar shows in 80 % of repetitions.

    Power is computed exactly, over the binomial number of discordant pairs and the binomial split
    of each (Duffy 1984, Biometrics 40:1005), at the observed share of discordant pairs, or at the
    difference itself where that is larger.

    Args:
        pairs: Number of pairs.
        discordant: Pairs in which one model was right and the other wrong.
        alpha: Level of the test.

    Returns:
        A difference from 0 to 1; infinity if even a difference of 1 would not be shown.
    """
    share = (discordant + 0.5) / (pairs + 1)
    d = np.arange(pairs + 1)
    # Largest minority count that is still significant; -1 where none is.
    critical = np.asarray(binom.ppf(alpha / 2, d, 0.5)).astype(np.int64)
    critical -= 2 * binom.cdf(critical, d, 0.5) > alpha

    def shortfall(difference: float) -> float:
        either = max(share, difference)
        split = (1 + difference / either) / 2
        shown = binom.cdf(critical, d, split) + binom.sf(d - critical - 1, d, split)
        return float(np.sum(binom.pmf(d, pairs, either) * shown)) - _POWER

    if shortfall(1.0) < 0:
        return np.inf
    return float(brentq(shortfall, 0.0, 1.0, xtol=1e-6))


def detectable_ratio(pairs: Pairs, alone: Tally, family: Family, difference: float) -> float:
    """Ratio of L50, above 1, that makes such a difference of accuracy over these pairs.

    A's fitted curve is shifted along log2 length until its mean accuracy over the paired trials
    has changed by the difference; of the shifts up and down, the larger is given.

    Args:
        pairs: Paired answers.
        alone: Trials that only A answered.
        family: Shape and chance level.
        difference: Difference of accuracy, as from `detectable_difference`.

    Returns:
        The ratio; infinity where no shift makes such a difference.
    """
    trials = pairs.both + pairs.only_a + pairs.only_b + pairs.neither
    tally = Tally.of(
        np.concatenate([pairs.lengths, alone.lengths]),
        np.concatenate([pairs.both + pairs.only_a, alone.correct]),
        np.concatenate([trials, alone.trials]),
    )
    curve = fit(tally, family, posterior(tally, family).best, REACH)
    x, weight = np.log2(pairs.lengths), trials / trials.sum()

    def change(octaves: float) -> float:
        shifted = family.accuracy(x, curve.threshold + octaves, curve.width, curve.lapse)
        return float(weight @ np.abs(shifted - curve.accuracy(pairs.lengths)))

    shifts = []
    for side in (-1, 1):
        if change(side * _MOST_OCTAVES) < difference:
            return np.inf
        shifts.append(brentq(lambda s, side=side: change(side * s) - difference, 0, _MOST_OCTAVES))
    return float(np.exp2(max(shifts)))
