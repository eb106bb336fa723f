"""One untrained attention head: how its output moves when the last token is repeated.

The set-ups of Figures 8 and 10 of the paper, generalised over the logit scale and ALiBi's slope:
these, not the encoding alone, decide whether the distance decays.
"""

from __future__ import annotations

import functools
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

Array = NDArray[np.float64]
Encoding = Literal["sinusoidal", "rope", "alibi", "nope"]


class Head(NamedTuple):
    """One cell of the sweep.

    ``scale`` multiplies the logits q.k/sqrt(d); ``slope`` is ALiBi's m in ``-m * distance``.
    """

    encoding: Encoding
    scale: float = 1.0
    slope: float = 0.0


def sinusoidal(positions: Array, dim: int) -> Array:
    """Sinusoidal positional encodings (Vaswani et al. 2017), shape (len(positions), dim)."""
    rates = 10000.0 ** (-np.arange(0, dim, 2) / dim)
    angles = positions[:, None] * rates
    out = np.empty((len(positions), dim))
    out[:, 0::2], out[:, 1::2] = np.sin(angles), np.cos(angles)
    return out


def rotate(x: Array, positions: Array) -> Array:
    """Rotary encoding (Su et al. 2021) of the rows of x, shape (len(positions), dim)."""
    dim = x.shape[-1]
    angles = positions[:, None] * 10000.0 ** (-np.arange(0, dim, 2) / dim)
    even, odd = x[:, 0::2], x[:, 1::2]
    out = np.empty((len(positions), dim))
    out[:, 0::2] = even * np.cos(angles) - odd * np.sin(angles)
    out[:, 1::2] = even * np.sin(angles) + odd * np.cos(angles)
    return out


def attend_last(head: Head, q: Array, k: Array, v: Array) -> Array:
    """Output of the last token.

    Args:
        head: Encoding, logit scale and slope.
        q: Queries of all tokens, shape (n, d); only the last is used.
        k: Keys, shape (n, d).
        v: Values, shape (n, d).

    Returns:
        ``sum_j a_nj v_j``, shape (d,).
    """
    n, dim = k.shape
    positions = np.arange(n, dtype=np.float64)
    query, keys = q[-1:], k
    if head.encoding == "sinusoidal":
        codes = sinusoidal(positions, dim)
        query, keys = query + codes[-1:], keys + codes
    elif head.encoding == "rope":
        query, keys = rotate(query, positions[-1:]), rotate(keys, positions)
    logits = head.scale * (keys @ query[0]) / np.sqrt(dim)
    if head.encoding == "alibi":
        logits = logits - head.slope * (n - 1 - positions)
    return np.asarray(softmax(logits) @ v, dtype=np.float64)


def unit_norm(x: Array) -> Array:
    """Each row at length 1: what the paper does "to simulate the effects of LayerNorm"."""
    return np.asarray(x / np.linalg.norm(x, axis=-1, keepdims=True), dtype=np.float64)


class Shift(NamedTuple):
    """Distance between the outputs at n and n + 1 tokens (the residual cancels)."""

    l1: float
    linf: float


def repeat_shift(
    head: Head, n: int, *, seed: int, dim: int = 64, std: float = 1.0, normalise: bool = True
) -> Shift:
    """Distance of the last output when the last of n random tokens is repeated.

    Args:
        head: The cell of the sweep.
        n: Tokens before the repetition.
        seed: Seed of q, k and v.
        dim: Width d of the head.
        std: Standard deviation of q, k, v (Figure 10: 1; Figure 8: 1/sqrt(d)).
        normalise: Bring q, k, v to length 1, as Figure 10 does.
    """
    longer = _drawn(n, seed, dim, std, normalise)
    moved = attend_last(head, *longer) - attend_last(head, *longer[:, :-1])
    return Shift(float(np.abs(moved).sum()), float(np.abs(moved).max()))


@functools.lru_cache(maxsize=1)
def _drawn(n: int, seed: int, dim: int, std: float, normalise: bool) -> Array:
    """q, k and v of n random tokens and the last one again, shape (3, n + 1, dim).

    The last draw is kept: a sweep puts every head to it before the next.
    """
    qkv = np.random.default_rng([seed, n]).normal(scale=std, size=(3, n, dim))
    if normalise:
        qkv = unit_norm(qkv)
    return np.concatenate([qkv, qkv[:, -1:]], axis=1)
