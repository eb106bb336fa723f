"""Answers of one model as arrays: millions of them are compared as quickly as hundreds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..tally import Tally

Answers = Mapping[tuple[int, int], bool]  # (length, index) -> correct


class AnswerTable(Mapping[tuple[int, int], bool]):
    """Answers as (length, index) -> correct, kept in three arrays.

    Attributes:
        lengths: length of each trial, shape (trials,).
        indices: its number among the trials of that length, same shape.
        right: whether it was answered correctly, same shape.
    """

    def __init__(self, lengths: ArrayLike, indices: ArrayLike, right: ArrayLike) -> None:
        """Keep the arrays; no trial may be in them twice."""
        self.lengths = np.asarray(lengths, dtype=np.int64)
        self.indices = np.asarray(indices, dtype=np.int64)
        self.right = np.asarray(right, dtype=bool)

    @classmethod
    def of(cls, answers: Answers) -> AnswerTable:
        """The same answers, from any mapping."""
        if isinstance(answers, cls):
            return answers
        keys = np.array(list(answers), dtype=np.int64).reshape(-1, 2)
        return cls(keys[:, 0], keys[:, 1], list(answers.values()))

    def __len__(self) -> int:
        return int(self.lengths.size)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return zip(self.lengths.tolist(), self.indices.tolist(), strict=True)

    def __getitem__(self, key: tuple[int, int]) -> bool:
        return self._by_key[key]

    @cached_property
    def _by_key(self) -> dict[tuple[int, int], bool]:
        return dict(zip(self, self.right.tolist(), strict=True))

    def tally(self, which: NDArray[np.bool_] | slice = slice(None)) -> Tally:
        """Trials and right answers by length."""
        right = self.right[which].astype(np.int64)
        return Tally.of(self.lengths[which], right, np.ones_like(right))

    def places(self, other: AnswerTable) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Where the trials that both have stand in this table, and in the other."""
        wide = 1 + max([0, *(int(t.indices.max()) for t in (self, other) if len(t))])
        mine, theirs = (t.lengths * wide + t.indices for t in (self, other))
        _, here, there = np.intersect1d(mine, theirs, assume_unique=True, return_indices=True)
        return here, there
