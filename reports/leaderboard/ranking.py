"""The order in which entries stand on a leaderboard, and the ranks that they may have."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...stats.acuity import AcuityReport
from ...stats.belief import Belief
from ...stats.intervals import Interval
from ...stats.ranks import MeanBelief, RankInterval, rank_intervals
from .entries import BoardDesign, BoardEntry, RefusedEntry, named_apart, refuse


@dataclass(frozen=True, slots=True)
class CappedMean:
    """Geometric mean of acuities over tasks, each kept between the shortest and longest length.

    So it has a value for every model: one that sees to the end of a task has the longest length
    there, one that sees nothing the shortest.

    Attributes:
        value: in items.
        interval: its 95 % interval in items, always closed.
        belief: its whole distribution.
    """

    value: float
    interval: Interval
    belief: MeanBelief

    def __str__(self) -> str:
        """As quoted: ``61 (48 to 72)``."""
        low, high = self.interval
        return f"{self.value:.3g} ({low:.3g} to {high:.3g})"


@dataclass(frozen=True, slots=True)
class RankedEntry:
    """An entry with its place.

    Attributes:
        entry: the run.
        mean: capped mean of its acuities, the number that it is ranked by.
        rank: the ranks that the answers cannot rule out.
    """

    entry: BoardEntry
    mean: CappedMean
    rank: RankInterval


def rank(
    entries: Sequence[BoardEntry], design: BoardDesign
) -> tuple[list[RankedEntry], list[RefusedEntry]]:
    """Order the entries that may stand on the board; refuse the others, each with its reason."""
    accepted, refused = refuse(entries, design)
    means = [capped_mean(list(entry.reports.values())) for entry in accepted]
    ranks = rank_intervals([mean.belief for mean in means])
    placed = zip(named_apart(accepted), means, ranks, strict=True)
    return sorted((RankedEntry(*each) for each in placed), key=_order), refused


def capped_mean(reports: Sequence[AcuityReport], level: float = 0.95) -> CappedMean:
    """Mean over the tasks of one model; a task without an acuity counts as its shortest length."""
    logs, beliefs = [], []
    for report in reports:
        first, last = (float(math.log2(x)) for x in report.l50.tested)
        at = first
        if report.l50.value is not None:
            at = math.log2(report.l50.value)
        elif report.l50.censored == "above":
            at = last
        logs.append(min(last, max(first, at)))
        beliefs.append(_capped(report.l50.belief, first, last))
    belief = MeanBelief.over(beliefs)
    low, high = belief.interval(level)
    value = float(np.exp2(np.mean(logs)))
    return CappedMean(value, Interval(min(low, value), max(high, value)), belief)


def _capped(belief: Belief | None, first: float, last: float) -> Belief:
    """A belief whose mass beyond the tested lengths lies in a thin cell at their ends."""
    thin = 1 / 64
    edges = np.array([first - thin, first, last, last + thin])
    if belief is None:
        return Belief(edges, np.array([0.0, 1.0, 1.0, 1.0]))
    inside = belief.edges[(belief.edges > first) & (belief.edges < last)]
    ends = np.array([first, last])
    low, high = belief.below(ends)
    return Belief(
        np.concatenate([[first - thin, first], inside, [last, last + thin]]),
        np.concatenate([[0.0, low], belief.below(inside), [high, 1.0]]),
    )


def _order(placed: RankedEntry) -> tuple[float, float, str, str]:
    rank, entry = placed.rank, placed.entry
    return (rank.best + rank.worst) / 2, -placed.mean.value, entry.model, entry.run_id
