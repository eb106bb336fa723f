"""The paper's lemmas and propositions as functions, in float64, each beside its closed form.

All of *Transformers need glasses!* (arXiv 2406.04267), appendix B. Total variation is the
paper's: the L1 distance without the factor 1/2.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

Array = NDArray[np.float64]

ALTERNATING_TV = 2 * (np.e - 1) / (np.e + 1)
"""Proposition B.4: the total variation of the alternating pair, at every even length."""


def total_variation(p: Array, q: Array) -> float:
    """``sum |p - q|`` of two distributions of the same shape (the paper's, without the 1/2)."""
    return float(np.abs(p - q).sum())


def perturbed_softmax_tv(n: int, *, seed: int, perturbed: int = 200, size: float = 0.1) -> float:
    """Lemma B.2 as Figure 9 draws it: softmaxes of x and of x with its first entries nudged.

    Args:
        n: Length of x, drawn from U[0, 1].
        seed: Seed of the draw.
        perturbed: The nudge goes on the first ``perturbed`` entries (the paper's k = 200).
        size: Nudges are drawn from U[0, size].
    """
    rng = np.random.default_rng([seed, n])
    x = rng.uniform(size=n)
    nudged = x.copy()
    k = min(perturbed, n)
    nudged[:k] += rng.uniform(high=size, size=k)
    return total_variation(softmax(x), softmax(nudged))


def alternating_tv(n: int) -> float:
    """Proposition B.4: total variation of softmax(1 0 1 0 ...) and softmax(0 1 0 1 ...).

    Equal to :data:`ALTERNATING_TV` for even n: it does not decay, because the difference of the
    logits does not.
    """
    x = (np.arange(n) + 1) % 2.0
    return total_variation(softmax(x), softmax(1 - x))


def random_causal_attention(n: int, *, seed: int, scale: float = 1.0) -> Array:
    """A lower-triangular row-stochastic (n, n) matrix: softmax of N(0, scale^2) logits."""
    logits = np.random.default_rng(seed).normal(scale=scale, size=(n, n))
    logits[np.triu_indices(n, 1)] = -np.inf
    return np.asarray(softmax(logits, axis=1), dtype=np.float64)


def deep_sensitivity(attention: Array, depth: int) -> Array:
    """Proposition 5.2 (B.8): row n of ``[(A + I) / 2]**depth``, shape (n,).

    The bound on the sensitivity of the last token to each input, when every layer has the same
    attention matrix. Tends to (1, 0, ..., 0) as depth grows.
    """
    row = np.zeros(len(attention))
    row[-1] = 1.0
    for _ in range(depth):
        row = (row @ attention + row) / 2
    return row


def mixing_rate(attention: Array) -> float:
    """Second largest eigenvalue of ``(A + I) / 2``: the rate at which B.8 reaches its limit.

    A triangular matrix has its eigenvalues on the diagonal, and A[0, 0] = 1.
    """
    return float((1 + np.diag(attention)[1:].max()) / 2)


def two_symbol_states(
    counts: tuple[int, int], *, seed: int, causal: bool, dim: int = 16, layers: int = 3
) -> Array:
    """Last-token state of a random Transformer without positional encodings on 1...10...0.

    Single-head pre-norm layers with tanh feed-forward nets, as in section 2 of the paper.

    Args:
        counts: How many ones, then how many zeros (the last token is a zero).
        seed: Seed of the weights.
        causal: With the causal mask, or without (Proposition 6.1 needs it without).
        dim: Width of the states.
        layers: Depth.

    Returns:
        Shape (dim,). Without the mask it depends on the ratio of the counts alone.
    """
    rng = np.random.default_rng(seed)
    one, zero = rng.normal(size=(2, dim))
    v = np.vstack([np.tile(one, (counts[0], 1)), np.tile(zero, (counts[1], 1))])
    for _ in range(layers):
        wq, wk, wv, w1, w2 = rng.normal(scale=dim**-0.5, size=(5, dim, dim))
        x = _normalise(v)
        logits = (x @ wq) @ (x @ wk).T / np.sqrt(dim)
        if causal:
            logits[np.triu_indices(len(v), 1)] = -np.inf
        z = softmax(logits, axis=1) @ (x @ wv) + v
        v = np.tanh(_normalise(z) @ w1) @ w2 + z
    return np.asarray(_normalise(v)[-1], dtype=np.float64)


def _normalise(x: Array) -> Array:
    return np.asarray(x / np.sqrt((x**2).mean(axis=-1, keepdims=True)), dtype=np.float64)
