"""Tests of paired right and wrong answers: exact, mid-p, and with lengths as a random factor.

Only the pairs in which one model alone was right say which is better. Two questions can be asked:

* Is B better *on these lengths*? Then a fair coin decides each such pair (`mcnemar`,
  `mcnemar_midp`).
* Is B better *as a curve*, of which these lengths are a sample? Then the coin of each length has
  a bias of its own, drawn around fair (`clustered`).
"""

from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, log_expit, ndtr
from scipy.stats import binom

FloatArray = NDArray[np.float64]

BIAS = 3.0
"""Standard deviation, in log-odds, of the bias of the lengths, where there is one.

Far above the effects that trials of a length share (up to 1 or so): where two models agree on
most prompts, such an effect decides nearly all the discordant pairs of its length alike."""

BIAS_PRIOR = 0.9
"""Probability that there is one: what it costs in power, and what it saves in false verdicts, is
in docs/statistics.md."""

_NODES = 21
_EFFECTS = 15
_EFFECT_SD = 1.5  # prior of the difference itself, in log-odds
_EXACT = 4096  # discordant pairs up to which the law of their sum is exact


def mcnemar(only_a: ArrayLike, only_b: ArrayLike) -> FloatArray:
    """Exact two-sided McNemar p-value: a fair coin decides each pair in which one was right.

    Source: McNemar (1947), Psychometrika 12:153, with the binomial law instead of its limit.

    Args:
        only_a: Pairs in which A alone was right, any shape.
        only_b: Pairs in which B alone was right, same shape.
    """
    less = np.minimum(only_a, only_b)
    return np.asarray(np.minimum(1.0, 2 * binom.cdf(less, np.add(only_a, only_b), 0.5)))


def mcnemar_midp(only_a: ArrayLike, only_b: ArrayLike) -> FloatArray:
    """Mid-p version of `mcnemar`: half the probability of the observed split is left out.

    The exact test keeps its level by staying far below it; this one lies near it, and hardly ever
    above (Fagerland, Lydersen and Laake 2013, BMC Med. Res. Methodol. 13:91).
    """
    less, total = np.minimum(only_a, only_b), np.add(only_a, only_b)
    p = 2 * binom.cdf(less, total, 0.5) - binom.pmf(less, total, 0.5)
    return np.asarray(np.where(np.equal(only_a, only_b), 1.0, np.minimum(1.0, p)))


def clustered(only_a: ArrayLike, only_b: ArrayLike) -> float:
    """Two-sided mid-p value with the cluster (length, or task) as a random factor.

    The coin of each cluster is fair, or biased by ``BIAS * N(0, 1)`` in log-odds; then the law of
    the total is the convolution of logit-normal binomials centred on one half. Both p-values are
    averaged by their posterior probabilities, given the counts and an unknown common difference;
    so the test comes near McNemar's where many clusters agree, and asks for more clusters where
    they are few or do not.

    Args:
        only_a: Pairs in which A alone was right, by cluster, shape (clusters,).
        only_b: Pairs in which B alone was right, same shape.
    """
    a, b = (np.asarray(v, dtype=np.int64).ravel() for v in (only_a, only_b))
    return float(clustered_many(a[None], b[None])[0])


def clustered_many(only_a: NDArray[np.int64], only_b: NDArray[np.int64]) -> FloatArray:
    """`clustered` for many data sets at once, shape (data sets, clusters) each."""
    biased = bias_probability(only_a, only_b)
    fair = mcnemar_midp(only_a.sum(axis=1), only_b.sum(axis=1))
    return np.asarray(np.minimum(1.0, (1 - biased) * fair + biased * _under_bias(only_a, only_b)))


def bias_probability(only_a: NDArray[np.int64], only_b: NDArray[np.int64]) -> FloatArray:
    """Posterior probability that the clusters are biased, one per data set.

    Args:
        only_a: Pairs in which A alone was right, shape (data sets, clusters).
        only_b: Pairs in which B alone was right, same shape.
    """
    u, weight = _gauss(_NODES)
    effect, effect_weight = _gauss(_EFFECTS)
    most = int(only_b.max(initial=0)) + 1
    met = only_a * most + only_b
    kinds, at = np.unique(met, return_inverse=True)
    at = at.reshape(met.shape)
    clusters = _kinds(met)[1] if kinds.size < met.shape[1] else None
    lost, won = np.divmod(kinds, most)
    counts = np.stack([won, lost], axis=1).astype(np.float64)
    evidence = []
    for bias in (np.zeros(1), BIAS * u):
        odds = _EFFECT_SD * effect[:, None] + bias[None, :]
        logs = np.stack([log_expit(odds).ravel(), log_expit(-odds).ravel()])
        inside = np.exp(counts @ logs).reshape(kinds.size, *odds.shape)
        inside = inside @ weight if bias.size > 1 else inside[..., 0]
        logs = np.log(np.maximum(inside, 1e-300))
        each = logs[at].sum(axis=1) if clusters is None else clusters @ logs
        evidence.append(np.logaddexp.reduce(each + np.log(effect_weight), axis=-1))
    prior = np.log(BIAS_PRIOR) - np.log1p(-BIAS_PRIOR)
    return np.asarray(expit(evidence[1] - evidence[0] + prior))


def _under_bias(only_a: NDArray[np.int64], only_b: NDArray[np.int64]) -> FloatArray:
    """Mid-p value of each data set where the clusters are biased.

    The law of all pairs won is found from the product of the clusters' characteristic functions;
    beyond `_EXACT` discordant pairs it is taken as normal.
    """
    u, weight = _gauss(_NODES)
    total = only_a + only_b
    pairs = total.sum(axis=1)
    more = np.abs(only_b.sum(axis=1) - only_a.sum(axis=1))
    apart = 2 * expit(BIAS * u) - 1
    if not pairs.any():
        return np.ones(pairs.size)
    if pairs.max() > _EXACT:
        shared = float(weight @ apart**2)
        variance = (total * (1 + (total - 1) * shared)).sum(axis=1)
        return np.asarray(2 * ndtr(-more / np.sqrt(np.maximum(variance, 1e-9))))
    size = int(pairs.max()) + 1
    # The second half of the frequencies is the first one mirrored: the law is real.
    t = np.pi * np.arange(size // 2 + 1) / size
    kinds, clusters = _kinds(total)
    each = _characteristic(kinds, t, apart, weight)
    sizes = np.exp(clusters @ np.log(np.maximum(np.abs(each), 1e-300)))
    signs = 1 - 2 * (clusters @ (each < 0) % 2)
    product = np.exp(1j * np.outer(pairs, t)) * sizes * signs
    law = np.fft.hfft(product, n=size, axis=1) / size
    won = np.arange(size)[None, :]
    least = ((pairs + more) // 2)[:, None]
    tail = np.where(won > least, law, np.where(won == least, law / 2, 0.0)).sum(axis=1)
    return np.asarray(np.where(more == 0, 1.0, np.clip(2 * tail, 0.0, 1.0)))


def _characteristic(
    kinds: NDArray[np.int64], t: FloatArray, apart: FloatArray, weight: FloatArray
) -> FloatArray:
    """Characteristic functions of "won less lost" in clusters of so many pairs.

    They are real, because the bias is symmetric; so half of the nodes do. Each power is made from
    the one before: clusters of many sizes differ in size by little.

    Args:
        kinds: Sizes of clusters, rising, shape (kinds,).
        t: Frequencies, shape (frequencies,).
        apart: Chance to win less chance to lose, rising, symmetric around 0, shape (nodes,).
        weight: Weights of the nodes, same shape.

    Returns:
        Shape (kinds, frequencies).
    """
    half = apart.size // 2
    twice = np.where(np.arange(half, apart.size) > half, 2.0, 1.0) * weight[half:]
    turn = np.cos(t) + 1j * apart[half:, None] * np.sin(t)
    steps: dict[int, NDArray[np.complex128]] = {}
    power, reached, found = np.ones_like(turn), 0, np.empty((kinds.size, t.size))
    for row, kind in enumerate(kinds.tolist()):
        step = kind - reached
        if step not in steps:
            steps[step] = turn**step
        power, reached = power * steps[step], kind
        found[row] = twice @ power.real
    return found


def _kinds(found: NDArray[np.int64]) -> tuple[NDArray[np.int64], FloatArray]:
    """The distinct values of an array, and how often each row has each: shape (rows, values).

    Few counts are met again and again, so that what depends on them is computed once for each.
    """
    values, at = np.unique(found, return_inverse=True)
    rows = np.arange(len(found))[:, None] * values.size
    many = np.bincount((rows + at.reshape(found.shape)).ravel(), minlength=len(found) * values.size)
    return values, many.reshape(len(found), values.size).astype(np.float64)


@cache
def _gauss(size: int) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights of the standard normal law."""
    x, w = np.polynomial.hermite_e.hermegauss(size)
    return np.asarray(x), np.asarray(w / w.sum())


def holm(p: ArrayLike) -> FloatArray:
    """p-values adjusted for their number, shape (tests,): Holm (1979), Scand. J. Stat. 6:65."""
    p = np.asarray(p, dtype=np.float64)
    order = np.argsort(p)
    adjusted = np.empty_like(p)
    steps = p[order] * np.arange(p.size, 0, -1)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(steps)) if p.size else steps
    return adjusted
