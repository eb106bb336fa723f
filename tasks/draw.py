"""A private stream of random choices for one trial.

The identity of the trial is hashed into the seed, so that no two trials share a stream: seed 1
index 0 has nothing to do with seed 0 index 1, and nothing another task drew can move it. Only
``random.Random.random`` is used, the one method whose stream Python promises never to change.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

T = TypeVar("T")
_WORTH_A_DETOUR = 1000


class Draw:
    """Random choices that depend on the given identity and on nothing else."""

    def __init__(self, *identity: str | int) -> None:
        text = "\x1f".join(str(part) for part in identity)
        self._random = random.Random(int.from_bytes(hashlib.sha256(text.encode()).digest()))

    def uniform(self) -> float:
        """A number in [0, 1)."""
        return self._random.random()

    def uniforms(self, count: int) -> npt.NDArray[np.float64]:
        """So many numbers in [0, 1), shape ``(count,)``: what :meth:`uniform` would give."""
        if count < _WORTH_A_DETOUR:
            return np.array([self._random.random() for _ in range(count)])
        # numpy's RandomState is the same generator, frozen like Python's, and 30 times as fast.
        version, state, spare = self._random.getstate()
        fast = np.random.RandomState()
        key = np.array(state[:-1], dtype=np.uint32)
        fast.set_state(("MT19937", key, state[-1], 0, 0.0))
        found = fast.random_sample(count)
        after = fast.get_state(legacy=False)["state"]
        self._random.setstate((version, (*after["key"].tolist(), after["pos"]), spare))
        return found

    def below(self, n: int) -> int:
        """An integer from 0 to n - 1, each as likely as the next."""
        return int(self.uniform() * n)

    def pick(self, choices: Sequence[T]) -> T:
        """One of the choices, each as likely as the next."""
        return choices[self.below(len(choices))]

    def two(self, choices: Sequence[T]) -> tuple[T, T]:
        """Two different choices, in random order."""
        first = self.below(len(choices))
        second = (first + 1 + self.below(len(choices) - 1)) % len(choices)
        return choices[first], choices[second]
