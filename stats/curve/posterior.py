"""The posterior of a psychometric curve, on a grid over threshold, width and lapse rate.

The prior is flat in log2 threshold, in log2 width and in the lapse rate, within the bounds of
`psychometric`. The threshold axis *is* log2 of the anchor length (L50 wherever guessing is below
0.5), so that its marginal is a sum over the other axes and nothing more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ...support.threads import one_blas_thread
from ..tally import Tally
from .length_distribution import LengthDistribution
from .psychometric import WIDTHS, CurveFamily, FloatArray, Likelihood, Psychometric
from .spread import PRIOR, SPREADS

REACH = 4.0  # octaves beyond the tested lengths in which the threshold may lie

_COARSE = (48, 10, 4)  # cells of threshold, width and lapse while looking for the mass
_FINE = (96, 16, 6)  # and once it is found
_NEGLIGIBLE = 12.0  # log-likelihood below the best at which a part of the grid is left out
_NO_MASS = 1e-12  # of a curve, not worth finding where it crosses a level
_ZOOMS = 6


@dataclass(frozen=True)
class Axis:
    """Equal cells from ``low`` to ``high``."""

    low: float
    high: float
    cells: int

    @property
    def step(self) -> float:
        """Width of a cell."""
        return (self.high - self.low) / self.cells

    @property
    def nodes(self) -> FloatArray:
        """Middles of the cells, shape (cells,)."""
        return np.asarray(self.low + (np.arange(self.cells) + 0.5) * self.step)

    @property
    def edges(self) -> FloatArray:
        """Ends of the cells, shape (cells + 1,)."""
        return np.asarray(self.low + np.arange(self.cells + 1) * self.step)

    def around(self, kept: NDArray[np.bool_], cells: int) -> "Axis":
        """So many cells over the part where ``kept`` (shape (self.cells,)) holds, and a bit more.

        The bit is one of the old cells each way.
        """
        at = np.flatnonzero(kept)
        low = self.low + max(int(at[0]) - 1, 0) * self.step
        high = self.low + min(int(at[-1]) + 2, self.cells) * self.step
        return Axis(low, high, cells)


@dataclass(frozen=True)
class Grid:
    """Curves of one family: log2 threshold by log2 width by lapse rate.

    Arrays over the grid have shape (thresholds, widths * lapses).
    """

    family: CurveFamily
    threshold: Axis
    width: Axis
    lapse: Axis

    @classmethod
    def prior(cls, family: CurveFamily, first: float, last: float) -> "Grid":
        """All that the prior allows for a test from log2 length ``first`` to ``last``."""
        threshold, width, lapse = _COARSE
        return cls(
            family,
            Axis(first - REACH, last + REACH, threshold),
            Axis(float(np.log2(WIDTHS[0])), float(np.log2(WIDTHS[1])), width),
            Axis(0.0, family.max_lapse, lapse),
        )

    def closer(self, kept: NDArray[np.bool_], cells: tuple[int, int, int]) -> "Grid":
        """A grid of so many cells over the part where ``kept`` (shape of the axes) holds."""
        threshold, width, lapse = cells
        return Grid(
            self.family,
            self.threshold.around(np.any(kept, axis=(1, 2)), threshold),
            self.width.around(np.any(kept, axis=(0, 2)), width),
            self.lapse.around(np.any(kept, axis=(0, 1)), lapse),
        )

    def halved(self) -> "Grid":
        """The same part of the curves with cells twice as wide in threshold and width."""
        threshold, width = (
            Axis(axis.low, axis.high, axis.cells // 2) for axis in (self.threshold, self.width)
        )
        return Grid(self.family, threshold, width, self.lapse)

    @cached_property
    def parameters(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """log2 threshold, width in octaves and lapse rate at every point, ready to broadcast."""
        width, lapse = np.meshgrid(np.exp2(self.width.nodes), self.lapse.nodes, indexing="ij")
        return self.threshold.nodes[:, None], width.ravel()[None, :], lapse.ravel()[None, :]

    def accuracy(self, log2_lengths: FloatArray) -> FloatArray:
        """Accuracy at each length of every curve, shape (lengths, thresholds, widths * lapses)."""
        return self.family.accuracy(log2_lengths[:, None, None], *self.parameters)


@dataclass(frozen=True)
class Posterior:
    """Probability of each curve of a grid, given the answers.

    Attributes:
        grid: The curves.
        log_likelihood: Of each curve with each spread, prior of the spread included, shape
            (thresholds, widths * lapses, spreads).
        spreads: Standard deviations of what the trials of a length share, in log-odds.
        log_prior: Logarithm of the prior of each.
    """

    grid: Grid
    log_likelihood: FloatArray
    spreads: FloatArray
    log_prior: FloatArray

    @cached_property
    def mass(self) -> FloatArray:
        """Probability of each point of the grid, averaged over the spread; sums to 1."""
        return np.asarray(self._joint.sum(axis=-1))

    @cached_property
    def _joint(self) -> FloatArray:
        mass = np.exp(self.log_likelihood - self.log_likelihood.max())
        return np.asarray(mass / mass.sum())

    @cached_property
    def spread_mass(self) -> FloatArray:
        """Probability of each spread, shape (spreads,)."""
        return np.asarray(self._joint.sum(axis=(0, 1)))

    @property
    def spread(self) -> float:
        """Expected spread, in log-odds; near 0 where trials of a length share nothing."""
        return float(self.spread_mass @ self.spreads)

    @property
    def spread_evidence(self) -> FloatArray:
        """Log-likelihood of the answers for each of `SPREADS`, averaged over the curves.

        The prior of the spread is left out; where no effect was considered they are all alike.
        """
        if self.spreads.size == 1:
            return np.zeros(len(SPREADS))
        flat = self.log_likelihood.reshape(-1, self.spreads.size)
        return np.asarray(np.logaddexp.reduce(flat, axis=0) - self.log_prior)

    @cached_property
    def marginal(self) -> FloatArray:
        """Log-likelihood of each curve, averaged over the spread; shape of `mass`."""
        return np.asarray(np.logaddexp.reduce(self.log_likelihood, axis=-1))

    @property
    def best(self) -> Psychometric:
        """The middle of the points that fit best, where several fit alike."""
        top = self.marginal > self.marginal.max() - 1e-3
        threshold, width, lapse = (np.broadcast_to(v, top.shape)[top] for v in self.grid.parameters)
        middle = float(np.exp2(np.mean(np.log2(width))))
        return Psychometric(self.grid.family, float(threshold.mean()), middle, float(lapse.mean()))

    def distribution(self, level: float) -> LengthDistribution:
        """What is known of the log2 length at which accuracy falls through ``level``."""
        axis = self.grid.threshold
        family = self.grid.family
        if (level == 0.5 and family.anchored_at_half) or (
            family.guessing.constant and level == float(family.anchor())
        ):
            return LengthDistribution.of_masses(axis.edges, self.mass.sum(axis=1))
        matters = self.mass > _NO_MASS
        mass = self.mass[matters] / self.mass[matters].sum()
        curves = (np.broadcast_to(v, self.mass.shape)[matters] for v in self.grid.parameters)
        x = family.crossing(level, *curves)
        known, below = np.isfinite(x), float(mass[x == -np.inf].sum())
        if not np.any(known):
            return LengthDistribution.of_masses(axis.edges, np.zeros(axis.cells), below=below)
        ends = x[known].min() - axis.step, x[known].max() + axis.step
        cells = min(int((ends[1] - ends[0]) / axis.step) + 1, 4096)
        cell_mass, edges = np.histogram(x[known], cells, ends, weights=mass[known])
        return LengthDistribution.of_masses(edges, cell_mass, below=below)


@one_blas_thread
def posterior(
    tally: Tally,
    family: CurveFamily,
    span: tuple[float, float] | None = None,
    *,
    prior: Sequence[float] = PRIOR,
) -> Posterior:
    """Posterior of the curve, on a grid that closes in on where the mass is.

    A part of an axis is left out when no curve in it comes within ``exp(-12)`` of the best.

    Args:
        tally: The answers; may be none when ``span`` is given.
        family: Sigmoid and chance level.
        span: First and last log2 length that could be tested, if not those that were.
        prior: Prior of what the trials of a length share; see `spread`.
    """
    x = tally.log2_lengths
    first, last = span or (float(x[0]), float(x[-1]))
    grid = Grid.prior(family, first, last)
    likelihood = Likelihood(tally, prior)
    for _ in range(_ZOOMS):
        kept = _kept(grid, likelihood)
        closer = grid.closer(kept, _COARSE)
        if closer.threshold.step > 0.7 * grid.threshold.step:
            break
        grid = closer
    return _on(grid.closer(kept, _FINE), likelihood)


def _kept(grid: Grid, likelihood: Likelihood) -> NDArray[np.bool_]:
    axes = (grid.threshold.cells, grid.width.cells, grid.lapse.cells)
    found = _on(grid, likelihood).log_likelihood.max(axis=-1).reshape(axes)
    return np.asarray(found > found.max() - _NEGLIGIBLE)


def _on(grid: Grid, likelihood: Likelihood) -> Posterior:
    p = grid.accuracy(likelihood.tally.log2_lengths)
    found = likelihood.of(p) + likelihood.log_prior
    return Posterior(grid, found, likelihood.spreads, likelihood.log_prior)
