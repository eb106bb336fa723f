"""Is the curve of the shape that was fitted to it? Two tests, by simulation, and plain words."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .posterior import Grid
from .psychometric import FloatArray, Psychometric, log_likelihood
from .tally import Tally

_BLOCK = 1 << 23  # numbers held at once


class Check(NamedTuple):
    """A deviance and how often chance alone makes one as large; NaN where it cannot be tested."""

    deviance: float
    p_value: float


def lack_of_fit(
    tally: Tally, curve: Psychometric, grid: Grid, *, simulations: int = 500, seed: int = 0
) -> Check:
    """Deviance of the fitted curve from the observed shares, with its Monte-Carlo p-value.

    Answers are simulated from the fitted curve and each simulation is fitted again, over the
    points of the grid, as the answers were; a chi-square law would be wrong at the few trials
    per length that adaptive runs spend (Wichmann and Hill 2001, Percept. Psychophys. 63:1293,
    section "Goodness of fit"). With three lengths or fewer the curve has as many parameters as
    there are points, and there is nothing to test.

    Args:
        tally: The answers.
        curve: The maximum-likelihood curve.
        grid: Where its likelihood lies, as found by `posterior`.
        simulations: Simulated data sets; the p-value is no finer than 1 in this number.
        seed: The same tally and seed give the same p-value.
    """
    if tally.lengths.size <= 3:
        return Check(np.nan, np.nan)
    rng = np.random.default_rng(seed)
    p = curve.accuracy(tally.lengths)
    drawn = rng.binomial(tally.trials, p, size=(simulations, p.size))
    k = np.concatenate([tally.correct[None, :], drawn]).astype(np.float64)
    table = np.clip(grid.accuracy(tally.log2_lengths).reshape(p.size, -1), 1e-12, 1 - 1e-12)
    best = _best(k, tally, table)
    deviance = 2 * (_saturated(k, tally) - best)
    return Check(float(deviance[0]), _p_value(deviance))


def not_falling(tally: Tally, *, simulations: int = 500, seed: int = 0) -> Check:
    """Deviance of the closest curve that never rises, with its Monte-Carlo p-value.

    No shape is assumed but that longer is not easier; the simulations are drawn from that closest
    curve (isotonic regression: Robertson, Wright and Dykstra 1988, "Order Restricted Statistical
    Inference", chapter 1). Small p-values say that accuracy really rises somewhere.

    Args:
        tally: The answers.
        simulations: Simulated data sets; the p-value is no finer than 1 in this number.
        seed: The same tally and seed give the same p-value.
    """
    if tally.lengths.size < 2:
        return Check(np.nan, np.nan)
    rng = np.random.default_rng(seed)
    p = falling(tally.correct[None, :].astype(np.float64), tally.trials)[0]
    drawn = rng.binomial(tally.trials, p, size=(simulations, p.size))
    k = np.concatenate([tally.correct[None, :], drawn]).astype(np.float64)
    fitted = log_likelihood(k, tally.trials, falling(k, tally.trials)).sum(axis=1)
    deviance = 2 * (_saturated(k, tally) - fitted)
    return Check(float(deviance[0]), _p_value(deviance))


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


def warnings(tally: Tally, fit: Check, fall: Check, alpha: float = 0.01) -> tuple[str, ...]:
    """What a reader must know before trusting the curve, in plain sentences."""
    said = []
    if fall.p_value < alpha:
        k, n, lengths = tally.correct, tally.trials, tally.lengths
        at, until = _steepest_rise(tally)
        said.append(
            f"accuracy does not fall steadily: {k[at]} of {n[at]} correct at length {lengths[at]},"
            f" but {k[until]} of {n[until]} at {lengths[until]} (p = {fall.p_value:.2g});"
            " look at the raw points and at the answers there (tokenizer steps, favourite numbers)"
        )
    if fit.p_value < alpha:
        said.append(
            f"the fitted curve does not describe these points (lack of fit p = {fit.p_value:.2g});"
            " trust the raw points over the quoted acuity"
        )
    return tuple(said)


def _steepest_rise(tally: Tally) -> tuple[int, int]:
    """The shorter and the longer length between which accuracy rises most, in standard errors."""
    share = (tally.correct + 0.5) / (tally.trials + 1)
    variance = share * (1 - share) / (tally.trials + 1)
    rise = (share[None, :] - share[:, None]) / np.sqrt(variance[None, :] + variance[:, None])
    rise[np.tril_indices(share.size)] = -np.inf
    at, until = np.unravel_index(int(np.argmax(rise)), rise.shape)
    return int(at), int(until)


def _best(k: FloatArray, tally: Tally, table: FloatArray) -> FloatArray:
    right, wrong = np.log(table), np.log1p(-table)
    constant, slope = tally.trials @ wrong, right - wrong
    block = max(1, _BLOCK // table.shape[1])
    return np.concatenate(
        [(k[i : i + block] @ slope + constant).max(axis=1) for i in range(0, len(k), block)]
    )


def _saturated(k: FloatArray, tally: Tally) -> FloatArray:
    return np.asarray(log_likelihood(k, tally.trials, k / tally.trials).sum(axis=1))


def _p_value(deviance: FloatArray) -> float:
    """Share of all data sets, the observed one among them, with at least the observed deviance."""
    return float(np.mean(deviance >= deviance[0] - 1e-9))
