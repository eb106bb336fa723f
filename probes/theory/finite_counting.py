"""Corollary 6.2: from which count on do two counts share one stored representation.

One attention layer, no positional encoding, on ``[v, v_a x n]``: a few random tokens, then n
copies of the token to be counted. The exact output is a closed form; only the result is *stored*
in a dtype, which is the best that any kernel could do. (States computed in that dtype differ for
longer, but by rounding noise, which counts nothing.)
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def _tokens(seed: int, dim: int, others: int) -> tuple[Array, Array]:
    """States of the other tokens and the counted one, shape (others + 1, dim), and its logits."""
    states = np.random.default_rng(seed).normal(size=(others + 1, dim))
    logits = states @ states[-1] / dim
    return states, logits


def exact_states(counts: NDArray[np.int64], *, seed: int, dim: int = 64, others: int = 4) -> Array:
    """Last-token states for each count in float64, shape (len(counts), dim).

    ``y_n = v_a + (sum_o e^{s_o} v_o + n e^{s_a} v_a) / (sum_o e^{s_o} + n e^{s_a})``.
    """
    states, logits = _tokens(seed, dim, others)
    weights = np.exp(logits - logits.max())
    n = counts[:, None].astype(np.float64)
    total = weights[:-1].sum() + n * weights[-1]
    mixed = (weights[:-1] @ states[:-1] + n * weights[-1] * states[-1]) / total
    return np.asarray(states[-1] + mixed, dtype=np.float64)


class Shared(NamedTuple):
    """Where counts stop being told apart; None where that lies beyond the longest count.

    ``first``: the first n stored bit for bit like n + 1 (there a counter must err).
    ``half``: the first n such that half of the pairs from n to 2n are stored alike.
    """

    first: int | None
    half: int | None


def shared_counts(dtype: str, *, seed: int, longest: int = 20000, **shape: int) -> Shared:
    """Corollary 6.2 with exact arithmetic: only the stored result is of finite precision.

    Args:
        dtype: A torch dtype by name, e.g. ``bfloat16``.
        seed: Seed of the tokens.
        longest: Longest count looked at.
        shape: ``dim`` and ``others`` of :func:`exact_states`.
    """
    import torch

    counts = np.arange(1, longest + 2)
    stored = torch.tensor(exact_states(counts, seed=seed, **shape)).to(getattr(torch, dtype))
    alike = (stored[1:] == stored[:-1]).all(dim=1).numpy()
    total = np.concatenate([[0], alike.cumsum()])
    starts = np.arange(1, longest // 2 + 1)
    window = (total[2 * starts - 1] - total[starts - 1]) / starts
    return Shared(_first(counts[:-1], alike), _first(starts, window >= 0.5))


def _first(counts: NDArray[np.int64], flags: NDArray[np.bool_]) -> int | None:
    hits = np.flatnonzero(flags)
    return int(counts[hits[0]]) if hits.size else None
