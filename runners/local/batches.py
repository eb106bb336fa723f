"""Prompts into batches: alike, not too many, and of about one length."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ..protocol import Request, Sampling

BATCH_ROWS = 64
PADDING = 64
"""Tokens that a row may be padded by, however short it is."""


def batches(
    encoded: Sequence[tuple[Request, list[int]]], most_tokens: int
) -> Iterator[list[tuple[Request, list[int]]]]:
    """Cut sorted requests into batches of one way of sampling.

    A batch is bounded in rows, in tokens, and in what is wasted: its rows are padded to the
    longest, which is at most half as long again as the shortest, small change aside.
    """
    batch: list[tuple[Request, list[int]]] = []
    for request, ids in encoded:
        tokens = (len(batch) + 1) * (len(ids) + request.sampling.max_tokens)
        full = len(batch) == BATCH_ROWS or tokens > most_tokens
        if batch:
            shortest = len(batch[0][1])
            full = full or len(ids) > max(1.5 * shortest, shortest + PADDING)
        if batch and (full or _alike(batch[0][0]) != _alike(request)):
            yield batch
            batch = []
        batch.append((request, ids))
    if batch:
        yield batch


def _alike(request: Request) -> Sampling:
    """How the answer is drawn, its limit aside: that is kept row by row."""
    return replace(request.sampling, max_tokens=0)
