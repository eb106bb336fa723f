"""Boards: restricted mean acuity, the ranks that the answers allow, who is let in."""

from .ranks import RankInterval, admit, rank_intervals
from .restricted import LengthCounts, RestrictedMean, restricted_mean

__all__ = [
    "LengthCounts",
    "RankInterval",
    "RestrictedMean",
    "admit",
    "rank_intervals",
    "restricted_mean",
]
