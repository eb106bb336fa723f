"""What is known of one log2 length: a distribution on an axis that ends at what was tested."""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from ..intervals import Interval
from .psychometric import FloatArray


@dataclass(frozen=True, eq=False)
class LengthDistribution:
    """A distribution of log2 length, censored at both ends.

    Attributes:
        edges: Increasing log2 lengths, shape (cells + 1,); uniform density inside each cell.
        cdf: Probability of lying below each edge, shape (cells + 1,). ``cdf[0]`` is the mass
            below the axis and ``1 - cdf[-1]`` the mass above it: known to be there, but not where.
    """

    edges: FloatArray
    cdf: FloatArray

    @classmethod
    def of_masses(
        cls, edges: FloatArray, mass: FloatArray, below: float = 0.0
    ) -> "LengthDistribution":
        """From the mass of each cell and the mass below all; what is left to 1 lies above."""
        cdf = below + np.concatenate([[0.0], np.cumsum(mass)])
        return cls(edges, np.minimum(cdf, 1.0))

    @classmethod
    def from_interval(
        cls, value: float | None, interval: Interval, tested: Interval, level: float = 0.95
    ) -> "LengthDistribution":
        """Rebuild a distribution from a quoted acuity: normal on each side of the value.

        Each half is scaled so that its end of the interval has its quantile. An open end puts its
        tail outside the tested lengths, a censored value its half of the mass; an interval wholly
        outside puts all of it there.

        Args:
            value: Quoted length, or None where it was censored.
            interval: Its ends in items, 0 and infinity where open.
            tested: Shortest and longest tested length.
            level: Level of the interval.

        Raises:
            ValueError: value and interval are not in order.
        """
        z = float(-ndtri((1 - level) / 2))
        first, last = np.log2(tested.low), np.log2(tested.high)
        low = np.log2(interval.low) if interval.low > 0 else None
        high = np.log2(interval.high) if np.isfinite(interval.high) else None
        if low is not None and low >= last:
            return cls(np.array([first, last]), np.array([0.0, 0.0]))
        if high is not None and high <= first:
            return cls(np.array([first, last]), np.array([1.0, 1.0]))
        if value is not None:
            middle = float(np.log2(value))
        elif low is not None and high is None:
            middle = float(last)
        elif high is not None and low is None:
            middle = float(first)
        elif low is None:
            return cls(np.array([first, last]), np.array([0.5, 0.5]))
        else:
            raise ValueError("acuity: a censored value needs an interval that is open at its end")
        if (low is not None and low > middle) or (high is not None and high < middle):
            raise ValueError("acuity: the value lies outside its interval")
        edges = np.linspace(first, last, 513)
        below = first if low is None else low
        above = last if high is None else high
        cdf = np.where(
            edges < middle,
            ndtr(z * (edges - middle) / max(middle - below, 1e-9)),
            ndtr(z * (edges - middle) / max(above - middle, 1e-9)),
        )
        return cls(edges, cdf)

    def within(self, first: float, last: float) -> "LengthDistribution":
        """The distribution censored to log2 lengths from ``first`` to ``last``."""
        inside = self.edges[(self.edges > first) & (self.edges < last)]
        edges = np.concatenate([[first], inside, [last]])
        return LengthDistribution(edges, self.below(edges))

    def spread_over(self, low: float, high: float, level: float) -> "LengthDistribution":
        """Even from ``low`` to ``high``, if its interval lies between them; else unchanged.

        For curves that may drop at once: then each length between two tested ones is as likely.
        """
        tail = (1 - level) / 2
        if self.quantile(tail) < low or self.quantile(1 - tail) > high:
            return self
        if self.edges[0] >= low or self.edges[-1] <= high:
            low, high = max(low, float(self.edges[0])), min(high, float(self.edges[-1]))
        edges = np.unique(np.concatenate([self.edges, [low, high]]))
        return LengthDistribution(edges, np.clip((edges - low) / (high - low), 0.0, 1.0))

    def below(self, x: FloatArray) -> FloatArray:
        """Probability of lying below each of ``x``; outside the axis, what is known there."""
        return np.interp(x, self.edges, self.cdf)

    def quantile(self, p: float) -> float:
        """log2 length below which a share ``p`` of the mass lies; infinite where it is censored."""
        if p <= self.cdf[0]:
            return -np.inf
        if p >= self.cdf[-1]:
            return np.inf
        return float(np.interp(p, self.cdf, self.edges))

    def interval(self, level: float) -> Interval:
        """Central interval in items: from 0 if it starts below the axis, to infinity if above."""
        tail = (1 - level) / 2
        low = min(self.quantile(tail), float(self.edges[-1]))
        high = max(self.quantile(1 - tail), float(self.edges[0]))
        return Interval(float(np.exp2(low)), float(np.exp2(high)))
