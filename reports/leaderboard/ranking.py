"""The order in which entries stand on a leaderboard, and the ranks that they may have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...stats.board import RankInterval, RestrictedMean, rank_intervals, restricted_mean
from .entries import BoardDesign, BoardEntry, RefusedEntry, named_apart, refuse


@dataclass(frozen=True, slots=True)
class RankedEntry:
    """An entry with its place.

    Attributes:
        entry: the run.
        mean: restricted mean of its acuities, the number that it is ranked by.
        rank: the ranks that the answers cannot rule out.
    """

    entry: BoardEntry
    mean: RestrictedMean
    rank: RankInterval


def rank(
    entries: Sequence[BoardEntry], design: BoardDesign
) -> tuple[list[RankedEntry], list[RefusedEntry]]:
    """Order the entries that may stand on the board; refuse the others, each with its reason."""
    accepted, refused = refuse(entries, design)
    means = [restricted_mean(entry.counts) for entry in accepted]
    ranks = rank_intervals(means)
    placed = zip(named_apart(accepted), means, ranks, strict=True)
    return sorted((RankedEntry(*each) for each in placed), key=_order), refused


def _order(placed: RankedEntry) -> tuple[float, float, str, str]:
    rank, entry = placed.rank, placed.entry
    return (rank.best + rank.worst) / 2, -placed.mean.value, entry.model, entry.run_id
