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

BIASES = (0.0, 0.8, 1.8)
"""Standard deviations, in log-odds, of the bias of the lengths that are considered."""

BIAS_PRIOR = (0.5, 0.3, 0.2)
"""Their prior probabilities: what it costs in power, and what it saves in false verdicts, is in
docs/statistics.md."""

_NODES = 21
_EFFECTS = 15
_EFFECT_SD = 1.5  # prior of the difference itself, in log-odds


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

    Given a standard deviation of the clusters' bias, the law of the total is the convolution of
    logit-normal binomials centred on one half. The p-values of `BIASES` are averaged by the
    posterior probability of each, given the counts and an unknown common difference; so the test
    is McNemar's where the clusters agree, and asks for more clusters where they do not.

    Args:
        only_a: Pairs in which A alone was right, by cluster, shape (clusters,).
        only_b: Pairs in which B alone was right, same shape.
    """
    a, b = (np.asarray(v, dtype=np.int64).ravel() for v in (only_a, only_b))
    some = a + b > 0
    a, b = a[some], b[some]
    if not a.size:
        return 1.0
    weight = bias_mass(a, b)
    p = [float(mcnemar_midp(a.sum(), b.sum()))]
    p += [_under_bias(a, b, bias) for bias in BIASES[1:]]
    return float(min(1.0, weight @ np.array(p)))


def clustered_many(only_a: NDArray[np.int64], only_b: NDArray[np.int64]) -> FloatArray:
    """`clustered` for many data sets at once, shape (data sets, clusters) each.

    For power: with a bias, the law of the total is taken as normal.
    """
    weight = bias_mass(only_a, only_b)
    total = only_a + only_b
    sides = only_a.sum(axis=1), only_b.sum(axis=1)
    net = np.abs(sides[1] - sides[0])
    p = [mcnemar_midp(*sides)]
    u, share = _gauss(_NODES)
    for bias in BIASES[1:]:
        shared = 4 * float(share @ (expit(bias * u) - 0.5) ** 2)
        variance = (total * (1 + (total - 1) * shared)).sum(axis=1)
        p.append(2 * ndtr(-net / np.sqrt(np.maximum(variance, 1e-9))))
    return np.asarray(np.minimum(1.0, np.sum(weight * np.stack(p, axis=-1), axis=-1)))


def bias_mass(only_a: NDArray[np.int64], only_b: NDArray[np.int64]) -> FloatArray:
    """Posterior probability of each of `BIASES`, shape (..., biases).

    Args:
        only_a: Pairs in which A alone was right, shape (..., clusters).
        only_b: Pairs in which B alone was right, same shape.
    """
    u, weight = _gauss(_NODES)
    effect, effect_weight = _gauss(_EFFECTS)
    counts = np.stack([only_a, only_b], axis=-1).reshape(-1, 2)
    distinct, at = np.unique(counts, axis=0, return_inverse=True)
    lost, won = distinct[:, 0, None, None], distinct[:, 1, None, None]
    log_evidence = []
    for bias in BIASES:
        odds = _EFFECT_SD * effect[:, None] + bias * u[None, :]
        inside = np.exp(won * log_expit(odds) + lost * log_expit(-odds)) @ weight
        table = np.log(np.maximum(inside, 1e-300))
        each = table[at].reshape(*only_a.shape, effect.size).sum(axis=-2)
        log_evidence.append(np.logaddexp.reduce(each + np.log(effect_weight), axis=-1))
    found = np.stack(log_evidence, axis=-1) + np.log(BIAS_PRIOR)
    mass = np.exp(found - found.max(axis=-1, keepdims=True))
    return np.asarray(mass / mass.sum(axis=-1, keepdims=True))


def _under_bias(only_a: NDArray[np.int64], only_b: NDArray[np.int64], bias: float) -> float:
    u, weight = _gauss(_NODES)
    p = expit(bias * u)
    law = np.ones(1)
    for total in only_a + only_b:
        law = np.convolve(law, binom.pmf(np.arange(total + 1)[:, None], total, p) @ weight)
    less = int(min(only_a.sum(), only_b.sum()))
    if only_a.sum() == only_b.sum():
        return 1.0
    return float(min(1.0, 2 * law[:less].sum() + law[less]))


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
