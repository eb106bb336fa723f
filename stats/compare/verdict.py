"""What may be said of two models: one rule, fixed beforehand."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from ..curve.psychometric import FloatArray
from ..intervals import Interval
from .paired_posterior import Pairs

SAME_ACCURACY = 0.05
"""Difference of accuracy below which two models beyond the tested lengths count as alike."""


class ComparisonVerdict(StrEnum):
    """What may be said of B against A."""

    BETTER = "BETTER"
    WORSE = "WORSE"
    NO_DIFFERENCE = "NO DIFFERENCE SHOWN"
    INCONCLUSIVE = "INCONCLUSIVE"


@dataclass(frozen=True)
class Grounds:
    """All that the verdict is decided by; the fields are those of `Comparison`.

    Attributes:
        p_here: p-value of a difference on these lengths.
        p_curve: The same with the length as a random factor.
        p_holm: Of each length, adjusted.
        pairs: The answers.
        ratio: Interval of the ratio of L50.
        equivalence: Its interval for two one-sided tests.
        difference: Interval of the difference of accuracy, likewise.
        beyond: Whether both models see beyond the tested lengths.
        reason: Why there is no ratio.
    """

    p_here: float
    p_curve: float
    p_holm: FloatArray
    pairs: Pairs
    ratio: Interval
    equivalence: Interval
    difference: Interval
    beyond: bool
    reason: str | None


def judge(g: Grounds, margin: float, alpha: float) -> tuple[ComparisonVerdict, str]:
    """The verdict and the line that gives its grounds; the rule is that of `compare`."""
    only_a, only_b = int(g.pairs.only_a.sum()), int(g.pairs.only_b.sum())
    counts = f"pairs that only B got right: {only_b}, only A: {only_a}, p = {g.p_here:.2g}"
    side = ComparisonVerdict.BETTER if only_b > only_a else ComparisonVerdict.WORSE
    if g.p_here <= alpha and g.p_curve <= alpha:
        return side, counts
    if g.p_here <= alpha:
        return ComparisonVerdict.INCONCLUSIVE, (
            f"B is {side.lower()} on these lengths ({counts}), but the lengths differ too much"
            f" from each other to say so of the curve (p = {g.p_curve:.2g} with the length as a"
            " random factor); test more lengths"
        )
    if np.any(g.p_holm <= alpha):
        at = int(np.argmin(g.p_holm))
        ahead = "ahead" if g.pairs.only_b[at] > g.pairs.only_a[at] else "behind"
        return ComparisonVerdict.INCONCLUSIVE, (
            f"no difference over all lengths ({counts}), but B is {ahead} at length"
            f" {g.pairs.lengths[at]} (Holm p = {g.p_holm[at]:.2g})"
        )
    low, high = g.equivalence
    if 1 / margin < low and high < margin:
        return ComparisonVerdict.NO_DIFFERENCE, (
            f"the ratio of L50, B over A, lies between {low:.3g} and {high:.3g}, inside the margin"
            f" of {margin:g}; {counts}"
        )
    if g.beyond and g.difference.low > -SAME_ACCURACY and g.difference.high < SAME_ACCURACY:
        return ComparisonVerdict.NO_DIFFERENCE, (
            "both see beyond these lengths, and their accuracy differs by less than"
            f" {SAME_ACCURACY:.0%} here; {counts}"
        )
    if g.reason is not None:
        return ComparisonVerdict.INCONCLUSIVE, f"{g.reason}; {counts}"
    return ComparisonVerdict.INCONCLUSIVE, (
        f"the ratio of L50, B over A, may lie anywhere from {g.ratio.low:.3g} to"
        f" {g.ratio.high:.3g}, beyond the margin of {margin:g}; {counts}"
    )
