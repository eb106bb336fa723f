"""The null band: what rounding alone does to a distance, and the horizon where signal enters it.

The same prompt is computed along equivalent routes (:class:`.states.routes.Route`): in exact
arithmetic all agree, so their distances are noise of the dtype and the kernels. A pair *inside
the null band* is no farther apart, by this one distance, than one prompt is from itself. That is
a statement about one distance, not about what a reader can do: along the right direction the two
may still be told apart, which :mod:`..decoding` tests.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..states.routes import ONE_PASS, SEPARATE, Route

Array = NDArray[np.float64]

QUANTILE = 0.95
"""Upper edge of the band: this quantile of the null distances."""

SEPARATE_LIMIT = 8
"""Separate passes are a route only while they cost at most this many single passes."""


def null_routes(
    device: str, chunk: int, tokens: Sequence[int], *, exact: bool = False
) -> list[Route]:
    """The equivalent routes for a device.

    Args:
        device: ``cpu``, ``cuda``, ...
        chunk: The most tokens per forward call that memory allows.
        tokens: Tokens of each prompt, to see what separate passes would cost.
        exact: In float64, whose rounding lies ten decades below any distance: those routes alone
            that could be wrong in a way of their own.
    """
    threads = 1 if device == "cpu" else None
    routes = [
        ONE_PASS,
        Route("batch of two", copies=2),
        Route("left padding, one thread" if threads else "left padding", pad=3, threads=threads),
        Route("cached chunks of 64", chunk=64),
        Route("eager attention", attention="eager"),
        Route("eager attention, left padding", attention="eager", pad=3),
    ]
    if exact:
        routes = [r for r in routes if r.copies == 1 and not (r.attention and r.pad)]
    if sum(tokens) <= SEPARATE_LIMIT * max(tokens):
        routes.append(SEPARATE)
    return [route._replace(chunk=min(route.chunk, chunk)) for route in routes]


def null_pairs(routes: Sequence[Route]) -> list[tuple[int, int]]:
    """Indices of the routes that signal and null distances alike are taken between.

    Between routes of different attention kernels, where there are such. Kernels round a prompt in
    a way of their own, and differ from each other on every prompt: the distance of n along one
    and n + 1 along the other has both in it, and so has that of n along the two. Were the pair
    computed along one route and the band between two, either would be missing on one side.
    """
    every = list(itertools.combinations(range(len(routes)), 2))
    across = [(i, j) for i, j in every if routes[i].attention != routes[j].attention]
    return across or every


def band_edge(null: ArrayLike) -> Array:
    """Upper edge of the null band at each length.

    Noise changes slowly with length, so each length pools the null distances of its neighbours
    on the grid; at its ends there is one neighbour.

    Args:
        null: Shape (..., lengths, samples): distances between routes on the same prompt; nan
            where two routes turned out one computation, which says nothing about rounding.

    Returns:
        Shape (..., lengths); 0 where there is no null distance: then any difference is one.
    """
    samples = np.asarray(null, dtype=np.float64)
    blank = np.full_like(samples[..., :1, :], np.nan)
    padded = np.concatenate([blank, samples, blank], axis=-2)
    pooled = np.concatenate([padded[..., :-2, :], samples, padded[..., 2:, :]], axis=-1)
    pooled = np.sort(pooled, axis=-1)  # nan last
    known = np.isfinite(pooled).sum(axis=-1, keepdims=True)
    place = np.ceil(QUANTILE * (np.maximum(known, 1) - 1)).astype(int)
    edge = np.take_along_axis(pooled, place, axis=-1)
    return np.asarray(np.where(known > 0, edge, 0.0)[..., 0])


def inside_band(signal: ArrayLike, null: ArrayLike) -> NDArray[np.bool_]:
    """Whether a pair's distance, the median over pairs of routes, is at most the band's edge.

    Args:
        signal: Shape (..., lengths, samples): distances of the pair, its members along two routes.
        null: Shape (..., lengths, samples).

    Returns:
        Shape (..., lengths).
    """
    return np.asarray(np.median(np.asarray(signal, dtype=np.float64), axis=-1) <= band_edge(null))


class Horizon(NamedTuple):
    """The length from which a pair's distance stays inside the null band.

    Attributes:
        value: First such length of the grid; None when the last length lies outside.
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
        signal: Shape (lengths, samples): distances of the pair.
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
    """Index at which the closing run of lengths inside begins, per row."""
    outside = ~inside[:, ::-1]
    run = np.where(outside.any(axis=1), outside.argmax(axis=1), inside.shape[1])
    return np.asarray(inside.shape[1] - run, dtype=np.int64)
