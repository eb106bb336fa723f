"""The null band: what rounding alone does to a state, and the horizon where signal enters it.

The same prompt is computed along equivalent routes (:class:`.states.Route`): in exact arithmetic
all agree, so their distances are noise of the dtype and the kernels. A pair whose distance is no
larger than that noise is called collapsed: no reader of the state can tell its members apart by
anything but luck.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..states.last_token import ONE_PASS, SEPARATE, Route

Array = NDArray[np.float64]

QUANTILE = 0.95
"""Upper edge of the band: this quantile of the null distances."""

SEPARATE_LIMIT = 8
"""Separate passes are a route only while they cost at most this many single passes."""


def null_routes(device: str, chunk: int, tokens: Sequence[int]) -> list[Route]:
    """The equivalent routes for a device; the first is what null distances start from.

    Args:
        device: ``cpu``, ``cuda``, ...
        chunk: The most tokens per forward call that memory allows.
        tokens: Tokens of each prompt, to see what separate passes would cost.
    """
    threads = 1 if device == "cpu" else None
    routes = [
        ONE_PASS,
        Route("batch of two", copies=2),
        Route("left padding, one thread" if threads else "left padding", pad=3, threads=threads),
        Route("cached chunks of 64", chunk=64),
        Route("eager attention", attention="eager"),
    ]
    if sum(tokens) <= SEPARATE_LIMIT * max(tokens):
        routes.append(SEPARATE)
    return [route._replace(chunk=min(route.chunk, chunk)) for route in routes]


def band_edge(null: ArrayLike) -> Array:
    """Upper edge of the null band at each length.

    Noise changes slowly with length, so each length pools its neighbours' null distances too.

    Args:
        null: Shape (..., lengths, samples): distances between routes on the same prompt.

    Returns:
        Shape (..., lengths).
    """
    samples = np.asarray(null, dtype=np.float64)
    before = np.concatenate([samples[..., :1, :], samples[..., :-1, :]], axis=-2)
    after = np.concatenate([samples[..., 1:, :], samples[..., -1:, :]], axis=-2)
    pooled = np.concatenate([before, samples, after], axis=-1)
    return np.asarray(np.quantile(pooled, QUANTILE, axis=-1, method="higher"))


def inside_band(signal: ArrayLike, null: ArrayLike) -> NDArray[np.bool_]:
    """Whether some route shows no more than noise between the members of a pair.

    A real difference is there along every route; rounding puts it there along some.

    Args:
        signal: Shape (..., lengths, routes): distances of the pair.
        null: Shape (..., lengths, samples).

    Returns:
        Shape (..., lengths).
    """
    return np.asarray(np.min(signal, axis=-1) <= band_edge(null))


class Horizon(NamedTuple):
    """The length from which a pair stays collapsed.

    Attributes:
        value: First such length of the grid; None when the last length still shows a signal.
        low: Lower end of its 95 % interval; None beyond the grid.
        high: Upper end; None beyond the grid.
        longest: The longest length looked at: None reads "> longest".
    """

    value: int | None
    low: int | None
    high: int | None
    longest: int


def find_horizon(
    lengths: Sequence[int],
    signal: ArrayLike,
    null: ArrayLike,
    *,
    resamples: int = 500,
    seed: int = 0,
) -> Horizon:
    """First length from which the signal stays inside the null band, with a bootstrap interval.

    Args:
        lengths: In rising order.
        signal: Shape (lengths, routes): distances of the pair.
        null: Shape (lengths, samples): distances between routes on the same prompt.
        resamples: Bootstrap resamples of the routes and of the null distances.
        seed: Seed of the resampling.
    """
    signals, nulls = np.asarray(signal, dtype=np.float64), np.asarray(null, dtype=np.float64)
    rng = np.random.default_rng(seed)
    routes, samples = (
        rng.integers(size, size=(resamples, size)) for size in (signals.shape[1], nulls.shape[1])
    )
    inside = inside_band(
        signals[:, routes].transpose(1, 0, 2), nulls[:, samples].transpose(1, 0, 2)
    )
    starts = _tail(np.vstack([inside_band(signals, nulls)[None], inside]))
    ends = np.quantile(starts[1:], [0.025, 0.975], method="nearest")
    value, low, high = (
        int(lengths[int(i)]) if i < len(lengths) else None for i in (starts[0], *ends)
    )
    return Horizon(value, low, high, int(lengths[-1]))


def _tail(inside: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Index at which the closing run of collapsed lengths begins, per row."""
    outside = ~inside[:, ::-1]
    run = np.where(outside.any(axis=1), outside.argmax(axis=1), inside.shape[1])
    return np.asarray(inside.shape[1] - run, dtype=np.int64)
