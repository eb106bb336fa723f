"""What earlier prompts began with, kept with its keys and values: it is read once for all."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, takewhile
from typing import Any


class Beginnings:
    """The latest beginnings, the one that was last of use first.

    Attributes:
        room: tokens that are kept in all; the beginning that was of use longest ago goes first.
    """

    def __init__(self, room: int = 0) -> None:
        self.room = room
        self._kept: list[tuple[list[int], Any]] = []

    def find(self, tokens: Sequence[int]) -> tuple[int, Any]:
        """The beginning that shares most with some tokens.

        Returns:
            How many of the tokens it shares, and its cache (of at least these); 0 and none where
            there is none.
        """
        shared = [len(both_begin_with(tokens, known)) for known, _ in self._kept]
        most = max(shared, default=0)
        if not most:
            return 0, None
        self._kept.insert(0, self._kept.pop(shared.index(most)))
        return most, self._kept[0][1]

    def keep(self, tokens: list[int], cache: Any) -> None:
        """Keep a beginning; the newest one stays, whatever its length."""
        self._kept.insert(0, (tokens, cache))
        total, fits = 0, 0
        for known, _ in self._kept:
            total += len(known)
            fits += total <= self.room
        del self._kept[max(fits, 1) :]


def shared_with_another(prompts: Sequence[list[int]]) -> list[int]:
    """How many tokens each prompt begins with as some other one does; its last token is its own.

    Of all other prompts, the one that shares most stands beside it in the order of a dictionary.
    """
    order = sorted(range(len(prompts)), key=lambda at: prompts[at])
    shared = [0] * len(prompts)
    for one, two in pairwise(order):
        alike = len(both_begin_with(prompts[one], prompts[two]))
        for at in (one, two):
            shared[at] = max(shared[at], min(alike, len(prompts[at]) - 1))
    return shared


def both_begin_with(one: Sequence[int], two: Sequence[int]) -> list[int]:
    """The tokens that two prompts begin with."""
    alike = takewhile(lambda pair: pair[0] == pair[1], zip(one, two, strict=False))
    return [token for token, _ in alike]
