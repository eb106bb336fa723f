"""Is the curve of the shape that was fitted to it? Tests by simulation."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..curve.posterior import Grid
from ..curve.psychometric import FloatArray, Psychometric, log_likelihood
from ..curve.spread import SPREADS, draw
from ..tally import Tally

_BLOCK = 50  # data sets that are simulated, or fitted, at once
_ENOUGH = 35  # of them as extreme as the answers: then the p-value is far above any that matters
_MOST_SPREAD = 1.0  # lengths that differ by more are no noise, but a curve of another shape


class Check(NamedTuple):
    """A deviance and how often chance alone makes one as large; NaN where it cannot be tested."""

    deviance: float
    p_value: float


def lack_of_fit(
    tally: Tally,
    curve: Psychometric,
    grid: Grid,
    spread: Sequence[float] = (1.0,),
    *,
    simulations: int = 500,
    seed: int = 0,
) -> Check:
    """Deviance of the fitted curve from the observed shares, with its Monte-Carlo p-value.

    Answers are simulated from the fitted curve, with what the trials of a length share, and each
    simulation is fitted again, over points of the grid and the fitted curve, as the answers are; a
    chi-square law would be wrong at the few trials per length that adaptive runs spend (Wichmann
    and Hill 2001, Percept. Psychophys. 63:1293, section "Goodness of fit"). With three lengths or
    fewer the curve has as many parameters as there are points, and there is nothing to test.

    Args:
        tally: The answers.
        curve: The maximum-likelihood curve.
        grid: Where its likelihood lies, as found by `posterior`.
        spread: Probability of each of `spread.SPREADS`; effects above 1 are simulated as 1.
        simulations: Simulated data sets; the p-value is no finer than 1 in this number.
        seed: The same tally and seed give the same p-value.
    """
    if tally.lengths.size <= 3:
        return Check(np.nan, np.nan)
    k = _simulated(tally, curve.accuracy(tally.lengths), spread, simulations, seed)
    p = grid.halved().accuracy(tally.log2_lengths).reshape(tally.lengths.size, -1)
    table = np.clip(np.column_stack([p, curve.accuracy(tally.lengths)]), 1e-12, 1 - 1e-12)
    right, wrong = np.log(table), np.log1p(-table)
    constant, slope = tally.trials @ wrong, right - wrong
    return _check(k, lambda k: _saturated(k, tally) - (k @ slope + constant).max(axis=1))


def not_falling(
    tally: Tally, spread: Sequence[float] = (1.0,), *, simulations: int = 500, seed: int = 0
) -> Check:
    """Deviance of the closest curve that never rises, with its Monte-Carlo p-value.

    No shape is assumed but that longer is not easier; the simulations are drawn from that closest
    curve (isotonic regression: Robertson, Wright and Dykstra 1988, "Order Restricted Statistical
    Inference", chapter 1). Small p-values say that accuracy really rises somewhere.

    Args:
        tally: The answers.
        spread: As in `lack_of_fit`.
        simulations: Simulated data sets; the p-value is no finer than 1 in this number.
        seed: The same tally and seed give the same p-value.
    """
    if tally.lengths.size < 2:
        return Check(np.nan, np.nan)
    p = falling(tally.correct[None, :].astype(np.float64), tally.trials)[0]
    k = _simulated(tally, p, spread, simulations, seed)

    def lost(k: FloatArray) -> FloatArray:
        fitted = log_likelihood(k, tally.trials, falling(k, tally.trials)).sum(axis=1)
        return np.asarray(_saturated(k, tally) - fitted)

    return _check(k, lost)


def flat(
    tally: Tally, spread: Sequence[float] = (1.0,), *, simulations: int = 300, seed: int = 0
) -> Check:
    """Deviance that a falling curve saves over a constant one, with its Monte-Carlo p-value.

    Large p-values say that accuracy is not shown to fall; arguments as in `not_falling`.
    """
    if tally.lengths.size < 2:
        return Check(np.nan, np.nan)
    share = np.full(tally.lengths.size, tally.correct.sum() / tally.total)
    k = _simulated(tally, share, spread, simulations, seed)

    def saved(k: FloatArray) -> FloatArray:
        constant = np.broadcast_to(k.sum(axis=1, keepdims=True) / tally.total, k.shape)
        fitted = log_likelihood(k, tally.trials, falling(k, tally.trials))
        return np.asarray((fitted - log_likelihood(k, tally.trials, constant)).sum(axis=1))

    return _check(k, saved)


def above_guessing(
    tally: Tally, chance: FloatArray, *, simulations: int = 2000, seed: int = 0
) -> float:
    """How often guessing alone is right so much more often than expected, over some first lengths.

    The statistic is the largest standardised excess over all runs of lengths from the first on,
    for sight is best there; its law under guessing is simulated.

    Args:
        tally: The answers.
        chance: Chance level at each length, shape (lengths,).
        simulations: Simulated data sets.
        seed: The same tally and seed give the same p-value.
    """
    rng = np.random.default_rng(seed)
    drawn = rng.binomial(tally.trials, chance, size=(simulations, chance.size))
    k = np.concatenate([tally.correct[None, :], drawn])
    expected = np.cumsum(tally.trials * chance)
    # Half a trial on the variance: where guessing is never right, one right answer is excess.
    deviation = np.sqrt(np.cumsum(tally.trials * chance * (1 - chance)) + 0.25)
    excess = ((np.cumsum(k, axis=1) - expected) / deviation).max(axis=1)
    return float(np.mean(excess >= excess[0] - 1e-9))


def falling(correct: FloatArray, trials: NDArray[np.int64]) -> FloatArray:
    """Shares that never rise with length, closest to the observed: isotonic regression.

    Args:
        correct: Correct answers, shape (data sets, lengths).
        trials: Trials at each length, shape (lengths,).

    Returns:
        The fitted shares, shape (data sets, lengths), by the min-max formula over the means of
        all runs of lengths.
    """
    zero = np.zeros((len(correct), 1))
    k = np.concatenate([zero, np.cumsum(correct, axis=1)], axis=1)
    n = np.concatenate([[0.0], np.cumsum(trials)])
    lowest = np.full(correct.shape, np.inf)
    for first in range(correct.shape[1]):
        means = (k[:, first + 1 :] - k[:, [first]]) / (n[first + 1 :] - n[first])
        ahead = np.maximum.accumulate(means[:, ::-1], axis=1)[:, ::-1]
        lowest[:, first:] = np.minimum(lowest[:, first:], ahead)
    return lowest


def steepest_rise(tally: Tally) -> tuple[int, int]:
    """The shorter and the longer length between which accuracy rises most, in standard errors."""
    share = (tally.correct + 0.5) / (tally.trials + 1)
    variance = share * (1 - share) / (tally.trials + 1)
    rise = (share[None, :] - share[:, None]) / np.sqrt(variance[None, :] + variance[:, None])
    rise[np.tril_indices(share.size)] = -np.inf
    at, until = np.unravel_index(int(np.argmax(rise)), rise.shape)
    return int(at), int(until)


def _simulated(
    tally: Tally, p: FloatArray, spread: Sequence[float], simulations: int, seed: int
) -> FloatArray:
    """The observed counts and simulated ones, shape (1 + simulations, lengths)."""
    rng = np.random.default_rng(seed)
    p = np.clip(p, 1e-12, 1 - 1e-12)
    share = np.asarray(spread, float)
    sizes = rng.multinomial(simulations, share / share.sum())
    drawn = [
        draw(p, tally.trials, min(sd, _MOST_SPREAD), size, rng)
        for sd, size in zip(SPREADS[: share.size], sizes, strict=True)
    ]
    simulated = rng.permutation(np.concatenate(drawn))
    return np.concatenate([tally.correct[None, :], simulated]).astype(np.float64)


def _saturated(k: FloatArray, tally: Tally) -> FloatArray:
    return np.asarray(log_likelihood(k, tally.trials, k / tally.trials).sum(axis=1))


def _check(k: FloatArray, log_ratio: Callable[[FloatArray], FloatArray]) -> Check:
    """The deviance of the first data set, and its p-value among the others.

    They are taken in blocks until `_ENOUGH` deviate as much: then more of them would only tell one
    large p-value from another (Besag and Clifford 1991, Biometrika 78:301). A small one is
    always found from all of them.

    Args:
        k: The observed counts, then the simulated ones in random order.
        log_ratio: Half the deviance of such counts.
    """
    observed = float(log_ratio(k[:1])[0])
    seen = as_much = 1
    for at in range(1, len(k), _BLOCK):
        block = log_ratio(k[at : at + _BLOCK])
        seen += block.size
        as_much += int(np.sum(block >= observed - 5e-10))
        if as_much > _ENOUGH:
            break
    return Check(2 * observed, as_much / seen)
