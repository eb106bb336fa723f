"""Answers counted by length: what every fit and every check starts from."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InputError

MOST_LENGTHS = 256
"""Distinct lengths that a fit is given; where there are more, neighbours are counted together."""


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
            InputError: the three differ in size, a length is not a whole number above 0, a count
                is not a whole number, or not ``0 <= correct <= trials``.
        """
        n, k, m = (np.asarray(v, dtype=np.float64).ravel() for v in (lengths, correct, trials))
        if not n.size == k.size == m.size:
            raise InputError(
                f"counts: {n.size} lengths, {k.size} of correct answers and {m.size} of trials;"
                " give one of each per group"
            )
        if not np.all((n >= 1) & (n == np.floor(n))):
            raise InputError("counts: a length is not a whole number above 0")
        for name, v in (("trials", m), ("correct answers", k)):
            parts = v[~(v == np.floor(v))]
            if parts.size:
                raise InputError(f"counts: {parts[0]:g} {name}; give whole numbers")
        if not np.all((k >= 0) & (k <= m)):
            raise InputError("counts: correct answers must lie between 0 and the trials")
        some = m > 0
        distinct, group = np.unique(n[some].astype(np.int64), return_inverse=True)
        return cls(
            distinct,
            np.bincount(group, weights=k[some], minlength=distinct.size).astype(np.int64),
            np.bincount(group, weights=m[some], minlength=distinct.size).astype(np.int64),
        )

    def add(self, length: int, correct: int, trials: int) -> "Tally":
        """The tally with more answers at one length; this one is unchanged."""
        return Tally.of(
            np.append(self.lengths, length),
            np.append(self.correct, correct),
            np.append(self.trials, trials),
        )

    def joined(self, other: "Tally") -> "Tally":
        """The answers of both."""
        return Tally.of(
            np.concatenate([self.lengths, other.lengths]),
            np.concatenate([self.correct, other.correct]),
            np.concatenate([self.trials, other.trials]),
        )

    def coarse(self, most: int = MOST_LENGTHS) -> "Tally":
        """The same answers at no more than about ``most`` lengths.

        Where there are more, the answers of equal steps of log2 length are counted at the middle
        one of their lengths; the first and the last length stay as they are.
        """
        if self.lengths.size <= most:
            return self
        x = self.log2_lengths
        steps = np.floor((x - x[0]) / (x[-1] - x[0]) * (most - 2)).astype(np.int64)
        steps[0], steps[-1] = -1, most
        first = np.flatnonzero(np.diff(steps, prepend=-2))
        ends = np.append(first[1:], self.lengths.size)
        return Tally(
            self.lengths[(first + ends - 1) // 2],
            np.add.reduceat(self.correct, first),
            np.add.reduceat(self.trials, first),
        )

    @property
    def log2_lengths(self) -> NDArray[np.float64]:
        """The stimulus axis of the psychometric curve, in octaves."""
        return np.log2(self.lengths)

    @property
    def total(self) -> int:
        """Number of trials."""
        return int(self.trials.sum())
