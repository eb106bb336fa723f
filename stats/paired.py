"""Is model B better than model A? Both answered the same prompts."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import binom

from ..errors import InputError
from .intervals import Interval
from .joint import Pairs, joint_thresholds
from .power import detectable_difference, detectable_ratio
from .psychometric import Family, FloatArray, Shape
from .tally import Tally

Answers = Mapping[tuple[int, int], bool]  # (length, index) -> correct


class Verdict(StrEnum):
    """What may be said of B against A."""

    BETTER = "BETTER"
    WORSE = "WORSE"
    NO_DIFFERENCE = "NO DIFFERENCE SHOWN"
    INCONCLUSIVE = "INCONCLUSIVE"


@dataclass(frozen=True)
class Comparison:
    """B against A on the trials that both answered.

    Attributes:
        pairs: The answers, by length and by who was right.
        p_lengths: Exact McNemar p-value at each length, shape (lengths,).
        p_holm: The same, adjusted over the lengths by Holm.
        p_pooled: Exact McNemar p-value over all lengths.
        difference: Accuracy of B less that of A over all pairs.
        ratio: L50 of B over L50 of A, median of the joint posterior; None where that is not known
            because one of them lies outside the tested lengths. (With guessing at 0.5 or more,
            the length of half-way accuracy stands for L50.)
        ratio_interval: Its central posterior interval; 0 or infinity for an end that is not known.
        detectable_difference: Smallest difference of accuracy that this many pairs show with a
            probability of 80 %; infinity where none is.
        detectable_ratio: The ratio of L50, above 1, that makes such a difference.
        margin: Ratio of L50 below which a difference does not matter.
        alpha: Probability of a false BETTER or WORSE between equal models, at most.
        verdict: What may be said.
        why: One line that gives the grounds of the verdict.
    """

    pairs: Pairs
    p_lengths: FloatArray
    p_holm: FloatArray
    p_pooled: float
    difference: float
    ratio: float | None
    ratio_interval: Interval
    detectable_difference: float
    detectable_ratio: float
    margin: float
    alpha: float
    verdict: Verdict
    why: str


def compare(
    a: Answers,
    b: Answers,
    *,
    chance: float = 0.0,
    shape: Shape = "logistic",
    margin: float = 1.25,
    alpha: float = 0.05,
    seed: int = 0,
) -> Comparison:
    """Compare two models, or one model in two states, on the same task.

    The verdict follows one rule, fixed beforehand:

    * BETTER or WORSE: the exact McNemar test over all pairs is significant at ``alpha``.
    * NO DIFFERENCE SHOWN: it is not, no single length is after Holm, and the whole interval (of
      level 1 - alpha) of the ratio of L50 lies between 1 / margin and margin: a difference that
      matters is excluded.
    * INCONCLUSIVE: anything else; these trials can neither show nor exclude a difference.

    Args:
        a: Answers of A, as (length, index) -> correct; leave out trials that failed.
        b: Answers of B, to the same prompts.
        chance: Probability of a correct answer by guessing.
        shape: Shape of both curves.
        margin: Ratio of L50 that would matter, above 1.
        alpha: Level of the tests.
        seed: Seed of the posterior draws.

    Raises:
        InputError: no trial in common, or ``margin`` or ``alpha`` out of range.
    """
    if not margin > 1:
        raise InputError(f"margin is {margin}; give a ratio above 1, as 1.25")
    if not 0 < alpha < 1:
        raise InputError(f"alpha is {alpha}; give a number between 0 and 1, as 0.05")
    family = Family(chance, shape)
    pairs = paired(a, b)
    if not pairs.total:
        raise InputError("the two runs have no trial in common; run the same lengths and seed")
    only_a, only_b = int(pairs.only_a.sum()), int(pairs.only_b.sum())
    p_lengths = mcnemar(pairs.only_a, pairs.only_b)
    p_holm = holm(p_lengths)
    p_pooled = float(mcnemar(only_a, only_b))
    alone_a, alone_b = _alone(a, b), _alone(b, a)
    draws = joint_thresholds(pairs, alone_a, alone_b, family, seed)
    ratio, interval = _ratio(draws, (_tested(a), _tested(b)), alpha)
    shown = detectable_difference(pairs.total, only_a + only_b, alpha)
    verdict, why = _judge(p_pooled, p_holm, only_a, only_b, pairs, interval, margin, alpha)
    return Comparison(
        pairs,
        p_lengths,
        p_holm,
        p_pooled,
        (only_b - only_a) / pairs.total,
        ratio,
        interval,
        shown,
        detectable_ratio(pairs, alone_a, family, shown),
        margin,
        alpha,
        verdict,
        why,
    )


def paired(a: Answers, b: Answers) -> Pairs:
    """Count the trials that both answered, by length and by who was right."""
    shared = [key for key in a if key in b]
    if not shared:
        nothing = np.zeros(0, dtype=np.int64)
        return Pairs(nothing, nothing, nothing, nothing, nothing)
    lengths, at = np.unique([n for n, _ in shared], return_inverse=True)
    right_a = np.array([a[key] for key in shared], dtype=bool)
    right_b = np.array([b[key] for key in shared], dtype=bool)

    def count(which: NDArray[np.bool_]) -> NDArray[np.int64]:
        return np.bincount(at[which], minlength=lengths.size).astype(np.int64)

    return Pairs(
        lengths.astype(np.int64),
        count(right_a & right_b),
        count(right_a & ~right_b),
        count(~right_a & right_b),
        count(~right_a & ~right_b),
    )


def mcnemar(only_a: ArrayLike, only_b: ArrayLike) -> FloatArray:
    """Exact two-sided McNemar p-value: a fair coin decides each pair in which one was right.

    Source: McNemar (1947), Psychometrika 12:153, with the binomial law instead of its limit.

    Args:
        only_a: Pairs in which A alone was right, any shape.
        only_b: Pairs in which B alone was right, same shape.
    """
    less = np.minimum(only_a, only_b)
    return np.asarray(np.minimum(1.0, 2 * binom.cdf(less, np.add(only_a, only_b), 0.5)))


def holm(p: ArrayLike) -> FloatArray:
    """p-values adjusted for their number, shape (tests,): Holm (1979), Scand. J. Stat. 6:65."""
    p = np.asarray(p, dtype=np.float64)
    order = np.argsort(p)
    adjusted = np.empty_like(p)
    steps = p[order] * np.arange(p.size, 0, -1)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(steps)) if p.size else steps
    return adjusted


def _alone(a: Answers, b: Answers) -> Tally:
    mine = [(n, right) for (n, index), right in a.items() if (n, index) not in b]
    return Tally.of([n for n, _ in mine], [int(right) for _, right in mine], [1] * len(mine))


def _tested(answers: Answers) -> tuple[float, float]:
    lengths = [n for n, _ in answers]
    return float(np.log2(min(lengths))), float(np.log2(max(lengths)))


def _ratio(
    draws: tuple[FloatArray, FloatArray],
    tested: tuple[tuple[float, float], tuple[float, float]],
    alpha: float,
) -> tuple[float | None, Interval]:
    """Ratio of B's length to A's from matched draws of log2; outside the chart none is known."""

    def at_least(x: FloatArray, tested: tuple[float, float]) -> FloatArray:
        return np.where(x < tested[0], -np.inf, np.minimum(x, tested[1]))

    def at_most(x: FloatArray, tested: tuple[float, float]) -> FloatArray:
        return np.where(x > tested[1], np.inf, np.maximum(x, tested[0]))

    (a, b), (tested_a, tested_b) = draws, tested
    least = at_least(b, tested_b) - at_most(a, tested_a)
    most = at_most(b, tested_b) - at_least(a, tested_a)
    # An order statistic, not an interpolation: infinite draws are draws like any other.
    low = np.quantile(least, alpha / 2, method="lower")
    high = np.quantile(most, 1 - alpha / 2, method="higher")
    middle = [float(np.quantile(v, 0.5, method="lower")) for v in (least, most)]
    known = middle[0] == middle[1]
    ratio = float(np.exp2(middle[0])) if known else None
    return ratio, Interval(float(np.exp2(low)), float(np.exp2(high)))


def _judge(
    p_pooled: float,
    p_holm: FloatArray,
    only_a: int,
    only_b: int,
    pairs: Pairs,
    ratio: Interval,
    margin: float,
    alpha: float,
) -> tuple[Verdict, str]:
    counts = f"B alone right in {only_b} pairs, A alone in {only_a}, p = {p_pooled:.2g}"
    if p_pooled <= alpha:
        return (Verdict.BETTER if only_b > only_a else Verdict.WORSE), counts
    if np.any(p_holm <= alpha):
        at = int(np.argmin(p_holm))
        side = "ahead" if pairs.only_b[at] > pairs.only_a[at] else "behind"
        return Verdict.INCONCLUSIVE, (
            f"no difference over all lengths ({counts}), but B is {side} at length"
            f" {pairs.lengths[at]} (Holm p = {p_holm[at]:.2g})"
        )
    if 1 / margin < ratio.low and ratio.high < margin:
        return Verdict.NO_DIFFERENCE, (
            f"L50 of B over A lies between {ratio.low:.3g} and {ratio.high:.3g}, inside the margin"
            f" of {margin:g}; {counts}"
        )
    return Verdict.INCONCLUSIVE, (
        f"L50 of B over A may lie anywhere from {ratio.low:.3g} to {ratio.high:.3g}, beyond the"
        f" margin of {margin:g}; {counts}"
    )
