"""Answers counted by length: what every fit and every check starts from."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InputError


@dataclass(frozen=True, eq=False)
class Tally:
    """Correct answers and trials at each length, in order of length.

    Lengths are distinct, and each has at least one trial; arrays have shape (lengths,).
    """

    lengths: NDArray[np.int64]
    correct: NDArray[np.int64]
    trials: NDArray[np.int64]

    @classmethod
    def of(cls, lengths: ArrayLike, correct: ArrayLike, trials: ArrayLike) -> "Tally":
        """Count answers given in any order, the same length as often as it comes.

        Args:
            lengths: Length of each group of trials, in items.
            correct: Correct answers in the group.
            trials: Trials in the group; groups of none are left out.

        Raises:
            InputError: the three differ in size, a length is not a whole number above 0, or not
                ``0 <= correct <= trials``.
        """
        n, k, m = (np.asarray(v).ravel() for v in (lengths, correct, trials))
        if not n.size == k.size == m.size:
            raise InputError(
                f"counts: {n.size} lengths, {k.size} of correct answers and {m.size} of trials;"
                " give one of each per group"
            )
        if not np.all((n >= 1) & (n == np.floor(n))):
            raise InputError("counts: a length is not a whole number above 0")
        if not np.all((k >= 0) & (k <= m)):
            raise InputError("counts: correct answers must lie between 0 and the trials")
        some = m > 0
        distinct, group = np.unique(n[some].astype(np.int64), return_inverse=True)
        return cls(
            distinct,
            np.bincount(group, weights=k[some], minlength=distinct.size).astype(np.int64),
            np.bincount(group, weights=m[some], minlength=distinct.size).astype(np.int64),
        )

    @classmethod
    def from_counts(cls, counts: Mapping[int, tuple[int, int]]) -> "Tally":
        """Count answers given as length -> (correct, trials)."""
        groups = list(counts.items())
        return cls.of(
            [n for n, _ in groups], [k for _, (k, _) in groups], [m for _, (_, m) in groups]
        )

    def add(self, length: int, correct: int, trials: int) -> "Tally":
        """The tally with more answers at one length; this one is unchanged."""
        return Tally.of(
            np.append(self.lengths, length),
            np.append(self.correct, correct),
            np.append(self.trials, trials),
        )

    @property
    def log2_lengths(self) -> NDArray[np.float64]:
        """The stimulus axis of the psychometric curve, in octaves."""
        return np.log2(self.lengths)
