"""Which prompts are read together, and a batch whose rows come and go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .cache_rows import join, keep_rows
from .rows import Row

if TYPE_CHECKING:
    import torch

READ_TOKENS = 2048
"""Tokens of prompts that are read at a time, padding with them; one prompt may be longer."""
PADDING = 16
"""Tokens that a prompt may be padded by, however short it is; otherwise an eighth of its length."""


class Batch:
    """Rows that are being written, their keys and values.

    Attributes:
        rows: the rows.
        cache: their cache.
        mask: shape (rows, tokens), 1 where a token is and 0 where padding is.
    """

    def __init__(self, rows: Sequence[Row] = (), cache: Any = None, mask: Any = None) -> None:
        self.rows = list(rows)
        self.cache = cache
        self.mask: torch.Tensor = mask

    def keep(self, places: Sequence[int]) -> None:
        """Let all other rows leave, and the padding that only they needed."""
        if len(places) == len(self.rows):
            return
        self.rows = [self.rows[at] for at in places]
        if not self.rows:
            self.cache = None
            return
        cut = self.mask.shape[1] - max(row.length - 1 for row in self.rows)
        keep_rows(self.cache, places, cut)
        self.mask = self.mask[list(places), cut:]

    def join(self, new: Batch) -> None:
        """Let another batch's rows join."""
        if not self.rows:
            self.rows, self.cache, self.mask = new.rows, new.cache, new.mask
            return
        import torch

        join(self.cache, new.cache)
        wide = max(self.mask.shape[1], new.mask.shape[1])
        self.mask = torch.cat(
            [
                torch.nn.functional.pad(mask, (wide - mask.shape[1], 0))
                for mask in (self.mask, new.mask)
            ]
        )
        self.rows += new.rows


def next_group(
    waiting: list[Row], active: Sequence[Row], at_once: int, most_tokens: int
) -> list[Row]:
    """Take the next prompts that are read together, of about one length with what they share.

    Args:
        waiting: who waits, the shortest prompt first; the group is taken from its end.
        active: the rows of the batch that it will join.
        at_once: rows in a batch.
        most_tokens: tokens that keys and values of a batch may have; one row may have more.
    """
    group: list[Row] = []
    longest = max((row.longest for row in active), default=0)
    own = 0
    for at in range(len(waiting) - 1, -1, -1):
        row = waiting[at]
        rows = len(active) + len(group) + 1
        longest = max(longest, row.longest)
        if rows > at_once or (rows > 1 and rows * longest > most_tokens):
            break
        if group and not _alike(len(group[0].prompt), len(row.prompt)):
            break
        if group and not _alike(group[0].own, row.own):
            continue
        own = max(own, row.own)
        if group and (len(group) + 1) * own > READ_TOKENS:
            break
        group.append(waiting.pop(at))
    return group


def _alike(one: int, two: int) -> bool:
    """Whether two widths differ by so little that the narrower is padded."""
    few, many = sorted((one, two))
    return many <= max(1.125 * few, few + PADDING)
