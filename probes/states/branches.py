"""Short branches of a tree of prompts in one forward call, each token masked to its ancestors.

A suffix after the sequence makes every prompt a branch of a few tokens. One by one they cost a
pass over all weights each; side by side, each seeing only what stands before it in its own
prompt, they cost one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .prefix_tree import Ids, Visit

SHORT = 32
"""Most tokens of a branch that is computed beside others."""
TOGETHER = 256
"""Most tokens of branches in one call."""


class Call(NamedTuple):
    """One forward call: crop the cache to ``keep`` tokens, then run ``tokens``.

    Attributes:
        keep: Tokens of the cache that stay.
        tokens: Token ids, shape (q,).
        positions: Place of each in its own prompt, shape (q,).
        reads: (index of a sequence, index of its last token within ``tokens``).
        ancestors: Which of the kept and of these tokens each token may see, shape
            (q, keep + q); None: all before it.
    """

    keep: int
    tokens: Ids
    positions: Ids
    reads: list[tuple[int, int]]
    ancestors: NDArray[np.bool_] | None = None


def plan_calls(visits: Sequence[Visit], chunk: int, *, together: bool) -> Iterator[Call]:
    """The forward calls of a walk.

    Args:
        visits: The walk (:func:`.prefix_tree.plan_visits`).
        chunk: Most tokens per call.
        together: Whether short branches may share a call.
    """
    at = 0
    while at < len(visits):
        size = _group(visits, at, min(chunk, TOGETHER)) if together else 1
        if size > 1:
            yield _branches(visits[at : at + size])
        else:
            yield from _pieces(visits[at], chunk)
        at += size


def _group(visits: Sequence[Visit], at: int, most: int) -> int:
    """How many visits from ``at`` on may share a call.

    The next one after them must find what it keeps in the cache as it was before them: tokens of
    branches lie there side by side.
    """
    size, total, least = 1, 0, visits[at].keep
    for count, visit in enumerate(visits[at:], start=1):
        total += len(visit.tokens)
        least = min(least, visit.keep)
        if len(visit.tokens) > SHORT or total > most:
            break
        following = at + count
        if following == len(visits) or visits[following].keep <= least:
            size = count
    return size


def _pieces(visit: Visit, chunk: int) -> Iterator[Call]:
    """A single visit, in pieces that memory holds."""
    for start in range(0, len(visit.tokens), chunk):
        tokens = visit.tokens[start : start + chunk]
        end = start + len(tokens)
        reads = [(read, place - start) for read, place in visit.reads if start <= place < end]
        keep = visit.keep + start
        yield Call(keep, tokens, keep + np.arange(len(tokens)), reads)


def _branches(visits: Sequence[Visit]) -> Call:
    """Several visits side by side; the cache holds the first one's beginning."""
    base = visits[0].keep
    total = sum(len(visit.tokens) for visit in visits)
    seen = np.zeros((total, base + total), dtype=bool)
    path = np.arange(base)  # where the tokens of the prompt being walked lie
    positions, reads, start = [], [], 0
    for visit in visits:
        count = len(visit.tokens)
        path = np.concatenate([path[: visit.keep], base + start + np.arange(count)])
        for row in range(count):
            seen[start + row, path[: visit.keep + row + 1]] = True
        positions.append(visit.keep + np.arange(count))
        reads += [(read, start + place) for read, place in visit.reads]
        start += count
    tokens = np.concatenate([visit.tokens for visit in visits])
    return Call(base, tokens, np.concatenate(positions), reads, seen)
