"""Two curves at once, from answers to the same prompts.

Prompts that are hard for one model tend to be hard for the other, and two versions of one model
agree on almost every prompt. Taking their posteriors as independent would bury small differences;
resampling pairs would claim to know where L50 lies inside a gap between two tested lengths. So
the pairs get their own likelihood: with probability ``agreement`` one uniform number decides both
answers (correct where it falls below each accuracy), otherwise two independent ones do.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..curve.posterior import REACH, Posterior, posterior
from ..curve.psychometric import WIDTHS, CurveFamily, FloatArray, log_likelihood
from ..curve.spread import PRIOR, SPREADS
from ..tally import Tally

_WALKERS = 128
_STEPS = 400
_BURN_IN = 120
_STRETCH = 2.0
_WIDTH_APART = 1.0  # standard deviation of the log2 ratio of two widths, before any answer
_LAPSE_APART = 0.03  # and of the difference of two lapse rates
_SHARED = 0.1  # probability from which what trials of a length share is worth a second sample


class Pairs(NamedTuple):
    """Pairs of answers at each length, by who was right; arrays of shape (lengths,)."""

    lengths: NDArray[np.int64]
    both: NDArray[np.int64]
    only_a: NDArray[np.int64]
    only_b: NDArray[np.int64]
    neither: NDArray[np.int64]

    @property
    def total(self) -> int:
        """Number of pairs."""
        return int(sum(np.sum(cell) for cell in self[1:]))

    def coarse(self) -> "Pairs":
        """The same pairs at no more than about 256 lengths, as `Tally.coarse` counts them."""
        trials = self.both + self.only_a + self.only_b + self.neither
        cells = [Tally(self.lengths, cell, trials).coarse() for cell in self[1:]]
        return Pairs(cells[0].lengths, *(cell.correct for cell in cells))


def joint_thresholds(
    pairs: Pairs, alone_a: Tally, alone_b: Tally, family: CurveFamily, seed: int = 0
) -> tuple[FloatArray, FloatArray]:
    """Draws from the joint posterior of two log2 thresholds, as in `CurveFamily.accuracy`.

    Sampled with the affine-invariant ensemble of Goodman and Weare (2010), Commun. Appl. Math.
    Comput. Sci. 5:65, under the prior of `posterior` for each curve and a flat prior on the
    agreement. Two models on one task are taken to be alike in shape until the answers say
    otherwise: the log2 ratio of their widths is normal around 0 with a standard deviation of 1,
    the difference of their lapse rates with one of 0.03.

    What the trials of a length share enters by its mean effect: with the probability that there
    is any, draws come from a likelihood in which ``m`` trials of a length count as
    ``m / (1 + (m - 1) r)``, ``r`` the correlation that such a spread gives at the best curve.

    Args:
        pairs: Trials that both models answered.
        alone_a: Trials that only model A answered.
        alone_b: Trials that only model B answered.
        family: Sigmoid and chance level of both curves.
        seed: The same answers and seed give the same draws.

    Returns:
        Draws of A's threshold and of B's, both of shape (draws,) and matched.
    """
    rng = np.random.default_rng(seed)
    a = _all(pairs.lengths, pairs.both + pairs.only_a, pairs, alone_a)
    b = _all(pairs.lengths, pairs.both + pairs.only_b, pairs, alone_b)
    found = posterior(a, family), posterior(b, family)
    together = found[0].spread_evidence + found[1].spread_evidence + np.log(PRIOR)
    mass = np.exp(together - together.max())
    mass = mass / mass.sum()
    shared = 1 - float(mass[0])
    plain = _sample(pairs, alone_a, alone_b, found, 0.0, rng)
    if shared < _SHARED:
        return plain
    spread = float(np.sqrt(mass[1:] @ np.square(SPREADS[1:]) / shared))
    wide = _sample(pairs, alone_a, alone_b, found, spread, rng)
    which = rng.random(plain[0].size) < shared
    return np.where(which, wide[0], plain[0]), np.where(which, wide[1], plain[1])


def _sample(
    pairs: Pairs,
    alone_a: Tally,
    alone_b: Tally,
    found: tuple[Posterior, Posterior],
    spread: float,
    rng: np.random.Generator,
) -> tuple[FloatArray, FloatArray]:
    """Draws of both thresholds for one spread."""
    family = found[0].grid.family
    lengths = np.unique(np.concatenate([pairs.lengths, alone_a.lengths, alone_b.lengths]))
    in_pairs, *in_alone = (
        np.searchsorted(lengths, one.lengths) for one in (pairs, alone_a, alone_b)
    )
    x = np.log2(lengths.astype(float))
    narrow, wide = np.log2(WIDTHS)
    curve_low = [x.min() - REACH, narrow, 0.0]
    curve_high = [x.max() + REACH, wide, family.max_lapse]
    low = np.array([*curve_low, *curve_low, 0.0])
    high = np.array([*curve_high, *curve_high, 1.0])
    pair_x = np.log2(pairs.lengths)
    trials = pairs.both + pairs.only_a + pairs.only_b + pairs.neither
    counts = _weight(pair_x, trials, found, spread)
    of_cells = counts * np.stack([pairs.both, pairs.only_a, pairs.only_b, pairs.neither])
    counts_alone = [
        _weight(alone.log2_lengths, alone.trials, found, spread) for alone in (alone_a, alone_b)
    ]

    def log_posterior(v: FloatArray) -> FloatArray:
        t, w, lapse = v[:, [0, 3], None], np.exp2(v[:, [1, 4], None]), v[:, [2, 5], None]
        curves = family.accuracy(x, t, w, lapse)  # shape (walkers, 2, lengths)
        p, q = curves[:, 0, in_pairs], curves[:, 1, in_pairs]
        agreement = v[:, 6, None]
        both = agreement * np.minimum(p, q) + (1 - agreement) * p * q
        cells = np.stack([both, p - both, q - both, 1 - p - q + both], axis=1)
        value = np.sum(of_cells * np.log(np.maximum(cells, 1e-12)), axis=(1, 2))
        for alone, weight, curve, at in zip(
            (alone_a, alone_b), counts_alone, (curves[:, 0], curves[:, 1]), in_alone, strict=True
        ):
            if alone.lengths.size:
                share = curve[:, at]
                value += (weight * log_likelihood(alone.correct, alone.trials, share)).sum(axis=1)
        value -= 0.5 * ((v[:, 1] - v[:, 4]) / _WIDTH_APART) ** 2
        value -= 0.5 * ((v[:, 2] - v[:, 5]) / _LAPSE_APART) ** 2
        inside = np.all((v >= low) & (v <= high), axis=1)
        return np.where(inside, value, -np.inf)

    starts = [_draw(one, rng) for one in found]
    start = np.column_stack([*starts, rng.uniform(0.05, 0.95, _WALKERS)])
    chain = _ensemble(log_posterior, np.clip(start, low, high), rng)
    return chain[:, 0], chain[:, 3]


def _all(
    lengths: NDArray[np.int64], correct: NDArray[np.int64], pairs: Pairs, alone: Tally
) -> Tally:
    trials = pairs.both + pairs.only_a + pairs.only_b + pairs.neither
    return Tally.of(
        np.concatenate([lengths, alone.lengths]),
        np.concatenate([correct, alone.correct]),
        np.concatenate([trials, alone.trials]),
    )


def _weight(
    x: FloatArray, trials: NDArray[np.int64], found: tuple[Posterior, Posterior], spread: float
) -> FloatArray:
    """How much each trial of a length counts when its trials share an effect of that spread."""
    p = sum(one.grid.family.accuracy(x, *_parameters(one)) for one in found) / 2
    product = spread**2 * p * (1 - p)
    return np.asarray(1 / (1 + (np.maximum(trials, 1) - 1) * product / (1 + product)))


def _parameters(found: Posterior) -> tuple[float, float, float]:
    best = found.best
    return best.threshold, best.width, best.lapse


def _draw(found: Posterior, rng: np.random.Generator) -> FloatArray:
    """Starting points for one curve, shape (walkers, 3), from its own posterior."""
    at = rng.choice(found.mass.size, size=_WALKERS, p=found.mass.ravel())
    threshold, width, lapse = (
        np.broadcast_to(v, found.mass.shape).ravel()[at] for v in found.grid.parameters
    )
    steps = np.array(
        [axis.step for axis in (found.grid.threshold, found.grid.width, found.grid.lapse)]
    )
    points = np.column_stack([threshold, np.log2(width), lapse])
    return np.asarray(points + rng.uniform(-0.5, 0.5, points.shape) * steps)


def _ensemble(
    log_posterior: Callable[[FloatArray], FloatArray], start: FloatArray, rng: np.random.Generator
) -> FloatArray:
    """Draws by stretch moves: each half of the walkers moves along lines through the other half."""
    walkers, parameters = start.shape
    half = walkers // 2
    at, height = start.copy(), log_posterior(start)
    kept = np.empty((_STEPS, walkers, parameters))
    for step in range(-_BURN_IN, _STEPS):
        for moving, still in (
            (slice(0, half), slice(half, None)),
            (slice(half, None), slice(0, half)),
        ):
            z = (1 + (_STRETCH - 1) * rng.random(half)) ** 2 / _STRETCH
            through = at[still][rng.integers(half, size=half)]
            proposal = through + z[:, None] * (at[moving] - through)
            reached = log_posterior(proposal)
            gain = (parameters - 1) * np.log(z) + reached - height[moving]
            accepted = np.log(rng.random(half)) < gain
            at[moving] = np.where(accepted[:, None], proposal, at[moving])
            height[moving] = np.where(accepted, reached, height[moving])
        if step >= 0:
            kept[step] = at
    return kept.reshape(-1, parameters)
