"""The order in which to compute many prompts so that every shared prefix is computed once.

The prompts form a trie. A sequence that is a prefix of another is read off in passing; sequences
that share a prefix and then part (a suffix follows, a chat template closes) are reached by
cropping the key-value cache back to where they part. The tokens computed are exactly the nodes
of the trie.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]


class Visit(NamedTuple):
    """Crop the cache to ``keep`` tokens, run ``tokens``, read off the last-token states.

    ``reads`` holds (index of the sequence, offset of its last token within ``tokens``).
    """

    keep: int
    tokens: Ids
    reads: list[tuple[int, int]]


def plan_visits(sequences: Sequence[Sequence[int]]) -> list[Visit]:
    """Steps that visit the last token of every sequence, deepest subtree first.

    Args:
        sequences: Token ids, each of at least one token; repeats are allowed.

    Returns:
        The steps; their tokens number the nodes of the sequences' trie.
    """
    arrays = [np.asarray(s, dtype=np.int64) for s in sequences]
    # Big-endian bytes compare in the order of the ids, at the speed of memcmp.
    order = sorted(range(len(arrays)), key=lambda i: arrays[i].astype(">i8").tobytes())
    ranked = [arrays[i] for i in order]
    shared = [_common_prefix(a, b) for a, b in itertools.pairwise(ranked)]
    leaves = [r for r in range(len(ranked)) if r == len(ranked) - 1 or shared[r] < len(ranked[r])]
    # What neighbouring leaves share: the least over the sequences between them.
    joints = [min(shared[a:b]) for a, b in itertools.pairwise(leaves)]
    steps: list[Visit] = []
    unread = np.ones(len(ranked), dtype=bool)
    for place, keep in _depth_first([len(ranked[r]) for r in leaves], joints):
        leaf = leaves[place]
        # Prefixes of a leaf sort directly before it or before the leaves it shares them with.
        reads, rank, common = [], leaf, len(ranked[leaf])
        while rank >= 0 and common > keep:
            length = len(ranked[rank])
            if unread[rank] and length <= common:
                unread[rank] = False
                reads.append((order[rank], length - 1 - keep))
            rank -= 1
            if rank >= 0:
                common = min(common, shared[rank])
        steps.append(Visit(keep, ranked[leaf][keep:], reads[::-1]))
    return steps


def _common_prefix(a: Ids, b: Ids) -> int:
    length = min(len(a), len(b))
    differs = np.flatnonzero(a[:length] != b[:length])
    return int(differs[0]) if differs.size else length


def _depth_first(lengths: list[int], joints: list[int]) -> list[tuple[int, int]]:
    """Visit sorted leaves from the longest outwards, always across the deepest joint.

    Returns:
        (leaf, tokens kept from the leaf before it), in order of visit.
    """
    low = high = int(np.argmax(lengths))
    visits = [(low, 0)]
    # Crossing joints in falling depth is a depth-first walk: what the cache holds beyond the
    # joint crossed belongs to a subtree that is finished.
    cached_low = cached_high = lengths[low]
    while len(visits) < len(lengths):
        left = joints[low - 1] if low > 0 else -1
        right = joints[high] if high < len(joints) else -1
        if left >= right:
            keep = min(left, cached_low)
            low -= 1
            visits.append((low, keep))
            cached_low, cached_high = lengths[low], min(cached_high, keep)
        else:
            keep = min(right, cached_high)
            high += 1
            visits.append((high, keep))
            cached_high, cached_low = lengths[high], min(cached_low, keep)
    return visits
