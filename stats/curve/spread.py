"""What trials of one length share: a random effect of each length on the log-odds.

Answers at one length are more alike than independent ones where the length itself matters: a
tokenizer step, a favourite number, a prompt that is common to them. Each length then has its own
log-odds, ``logit p + spread * N(0, 1)``, and the likelihood of its answers is the binomial one
averaged over that effect: a logit-normal binomial, close to the beta-binomial of Schuett et al.
(2016), Vision Res. 122:105, but without overdispersion where the curve is near 0 or 1.
"""

from functools import cache, lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

SPREADS = (0.0, 1.5, 2.5)
"""Standard deviations of the effect that are considered, in log-odds."""

PRIOR = (0.69, 0.19, 0.12)
"""Their prior probabilities: most of it on none, so that little is lost where there is none.

Large effects stand for small ones, too: a third of the evidence for a small effect is already
evidence for a large one, and a spread near 0 in the list would cost width where there is none.
Chosen by simulation (docs/statistics.md, "What trials of one length share")."""

NONE = (1.0, 0.0, 0.0)
"""The prior that rules an effect out."""

_STEP = 1 / 16
_REACH = 14.0
_MOST = 400  # trials at one length beyond which the effect, not the binomial, sets the width


def logit_table(correct: ArrayLike, trials: ArrayLike) -> FloatArray:
    """Log-likelihood of each length's answers over log-odds, averaged over the effect.

    Args:
        correct: Correct answers, shape (lengths,).
        trials: Trials, shape (lengths,).

    Returns:
        Shape (lengths, nodes, spreads above 0), at `nodes`; without binomial coefficients.
    """
    k, m = np.asarray(correct, float), np.asarray(trials, float)
    return _logit_table(tuple(k.tolist()), tuple(m.tolist()))


@lru_cache(maxsize=32)  # a measurement looks at the same answers several times
def _logit_table(correct: tuple[float, ...], trials: tuple[float, ...]) -> FloatArray:
    k, m = np.array(correct), np.array(trials)
    fewer = np.minimum(1.0, _MOST / np.maximum(m, 1.0))
    # Where there are more trials than that, their likelihood is scaled down to so many. It stays
    # far narrower than the effect, and its area shrinks as its width would.
    eta = nodes()
    p = 1 / (1 + np.exp(-eta))
    right, wrong = np.log(p), np.log1p(-p)
    plain = (k * fewer)[:, None] * right + ((m - k) * fewer)[:, None] * wrong
    top = plain.max(axis=1, keepdims=True)
    averaged = np.exp(plain - top) @ _kernels().reshape(eta.size, -1)
    averaged = averaged.reshape(k.size, eta.size, -1)
    share = np.clip(k / np.maximum(m, 1.0), 1e-12, 1 - 1e-12)
    saturated = k * np.log(share) + (m - k) * np.log1p(-share)
    inside = (k > 0) & (k < m)
    lost = (1 - fewer) * saturated + np.where(inside, 0.5 * np.log(fewer), 0.0)
    table = np.log(np.maximum(averaged, 1e-300)) + (top + lost[:, None])[:, :, None]
    table.flags.writeable = False
    return np.asarray(table)


def look_up(tables: FloatArray, p: FloatArray) -> FloatArray:
    """Log-likelihood of curves, from the tables of all lengths: shape (..., spreads above 0).

    Args:
        tables: Of `logit_table`, shape (lengths, nodes, spreads above 0).
        p: Accuracy at each length, inside (0, 1), shape (lengths, ...).
    """
    eta = np.log(p) - np.log1p(-p)
    at = np.clip((eta + _REACH) / _STEP, 0, tables.shape[1] - 1.001)
    node = at.astype(np.intp)
    part = (at - node)[..., None]
    if p.ndim < 3:
        length = np.arange(len(p)).reshape(-1, *(1,) * (p.ndim - 1))
        low, high = tables[length, node], tables[length, node + 1]
        return np.asarray((low + part * (high - low)).sum(axis=0))
    # A grid of curves: length by length, so that what is held at once stays small.
    total = np.zeros((*p.shape[1:], tables.shape[-1]))
    for table, node_at, part_at in zip(tables, node, part, strict=True):
        low = table[node_at]
        total += low + part_at * (table[node_at + 1] - low)
    return total


@cache
def nodes() -> FloatArray:
    """Log-odds at which tables are kept, evenly spaced."""
    return np.arange(-_REACH, _REACH + _STEP / 2, _STEP)


@cache
def _kernels() -> FloatArray:
    """Weights of each node (first axis) in the average around each other, per spread above 0."""
    eta = nodes()
    distance = eta[:, None] - eta[None, :]
    kernels = [np.exp(-0.5 * (distance / s) ** 2) for s in SPREADS if s > 0]
    return np.stack([kernel / kernel.sum(axis=0) for kernel in kernels], axis=-1)


def draw(
    p: FloatArray, trials: NDArray[np.int64], spread: float, size: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Counts of correct answers of so many data sets, shape (size, lengths)."""
    if spread > 0:
        odds = np.log(p) - np.log1p(-p) + spread * rng.standard_normal((size, p.size))
        p = 1 / (1 + np.exp(-odds))
    return rng.binomial(trials, p, size=(size, trials.size))


def shared_prior(evidence: ArrayLike) -> tuple[float, ...]:
    """Prior of the spread for curves that were measured together, learnt from all of them.

    One curve says little of its spread; the curves of one model say more together. Their mixture
    of spreads is estimated by maximum likelihood, shrunk towards `PRIOR` as by two curves. It can
    only raise the spread: a small one looks like none in every one of them, and to rule it out
    for all at once cost coverage (87 % at 0.5, where each curve by itself has 94 %).

    Args:
        evidence: Log-likelihood of each curve's answers for each of `SPREADS`, averaged over its
            curves: shape (curves, spreads), as `Posterior.spread_evidence`.
    """
    table = np.asarray(evidence, float).reshape(-1, len(SPREADS))
    likelihood = np.exp(table - table.max(axis=1, keepdims=True)) if table.size else table
    prior = np.array(PRIOR)
    weight = prior
    for _ in range(200):
        share = likelihood * weight
        share = share / share.sum(axis=1, keepdims=True)
        weight = (share.sum(axis=0) + 2 * prior) / (len(share) + 2)
    return PRIOR if weight[0] > PRIOR[0] else tuple(float(w) for w in weight)
