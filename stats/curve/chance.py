"""What guessing gives: the probability of a correct answer without looking, by length."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Chance:
    """Probability that the best blind guess is right; never rising with length.

    Between the lengths of the table it is linear in log2 length, beyond them constant.

    Attributes:
        x: Increasing log2 lengths, at least one.
        value: Probability at each, from 0 to 1.
    """

    x: tuple[float, ...] = (0.0,)
    value: tuple[float, ...] = (0.0,)

    @classmethod
    def of(
        cls,
        chance: "ChanceLevel",
        lengths: ArrayLike = (1,),
    ) -> "Chance":
        """From one number, one per length (aligned with ``lengths``), or a function of the length.

        A table that rises somewhere, as a simulated one may by its noise, is raised to the lowest
        one that does not rise and lies nowhere below it: guessing is credited, never the model.

        Raises:
            ValueError: a chance level is no probability, a constant is 1, or sizes differ.
        """
        if isinstance(chance, Chance):
            return chance
        n = np.asarray(lengths, dtype=np.float64).ravel()
        if callable(chance):
            distinct = np.unique(n)
            if not distinct.size:
                return cls()
            if distinct.size > 512:  # smooth in length: a sample of them is enough
                distinct = distinct[np.unique(np.linspace(0, distinct.size - 1, 512).astype(int))]
            return cls._table(distinct, np.array([float(chance(int(v))) for v in distinct]))
        values = np.asarray(chance, dtype=np.float64)
        if values.ndim == 0:
            if not 0 <= values < 1:
                raise ValueError(f"chance level is {values}; give a probability below 1")
            return cls((0.0,), (float(values),))
        values = values.ravel()
        if values.size != n.size:
            raise ValueError(f"{values.size} chance levels for {n.size} lengths; give one of each")
        if not n.size:
            return cls()
        order = np.argsort(n, kind="stable")
        distinct, first = np.unique(n[order], return_index=True)
        return cls._table(distinct, np.maximum.reduceat(values[order], first))

    @classmethod
    def _table(cls, lengths: FloatArray, values: FloatArray) -> "Chance":
        if not np.all((values >= 0) & (values <= 1)):
            raise ValueError("a chance level is not a probability between 0 and 1")
        never_rising = np.maximum.accumulate(values[::-1])[::-1]
        if np.ptp(never_rising) == 0 and never_rising[0] < 1:
            return cls((0.0,), (float(never_rising[0]),))
        return cls(tuple(np.log2(lengths).tolist()), tuple(never_rising.tolist()))

    def at(self, x: ArrayLike) -> FloatArray:
        """Chance level at each log2 length."""
        if self.constant:
            return np.full(np.shape(x), self.value[0])
        return np.asarray(np.interp(np.asarray(x, float), self.x, self.value))

    @property
    def constant(self) -> bool:
        """Whether it is the same at all lengths."""
        return len(self.x) == 1

    @property
    def lowest(self) -> float:
        """Chance level at the longest length."""
        return self.value[-1]

    @property
    def highest(self) -> float:
        """Chance level at the shortest length."""
        return self.value[0]


ChanceLevel = float | ArrayLike | Callable[[int], float] | Chance
"""What guessing gives: one number, one per group, or by length; as `Chance.of` takes it."""
