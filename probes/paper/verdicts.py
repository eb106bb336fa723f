"""Whether a claim of the paper held here: stated rules on the numbers, nothing else."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum

import numpy as np
import pandas as pd
from scipy import stats

ALPHA = 0.05


class Claim(StrEnum):
    """What the numbers say about a claim."""

    HELD = "held"
    NOT_HELD = "did not hold"
    UNTESTABLE = "not testable"


@dataclass(frozen=True)
class Finding:
    """A claim, the rule it was judged by, and what the numbers were."""

    figure: str
    claim: str
    rule: str
    verdict: Claim
    numbers: str

    def row(self) -> dict[str, str]:
        """The finding as a row of ``findings.csv``."""
        return {name: str(value) for name, value in asdict(self).items()}


def judged(trials: pd.DataFrame) -> pd.DataFrame:
    """Trials with an answer to judge: not cut, not refused, not failed."""
    return trials[trials.outcome.isin(["correct", "wrong", "unparseable"])]


def better_than(figure: str, claim: str, better: pd.DataFrame, worse: pd.DataFrame) -> Finding:
    """Whether one condition has a larger share of correct answers than another.

    Fisher's exact test, one-sided; "did not hold" where the share is not larger at all.
    """
    rule = (
        "share correct is larger, Fisher's exact test one-sided p < 0.05; not larger: did not "
        "hold; otherwise, or with fewer than 5 answers a side, not testable"
    )
    a, b = judged(better), judged(worse)
    hits = [int((x.outcome == "correct").sum()) for x in (a, b)]
    numbers = f"{hits[0]} of {len(a)} against {hits[1]} of {len(b)} correct"
    if min(len(a), len(b)) < 5:
        return Finding(figure, claim, rule, Claim.UNTESTABLE, numbers)
    p = stats.fisher_exact(
        np.array([[hits[0], len(a) - hits[0]], [hits[1], len(b) - hits[1]]]), alternative="greater"
    ).pvalue
    if hits[0] * len(b) <= hits[1] * len(a):
        verdict = Claim.NOT_HELD
    else:
        verdict = Claim.HELD if p < ALPHA else Claim.UNTESTABLE
    return Finding(figure, claim, rule, verdict, f"{numbers}, p = {p:.2g}")


def errors_grow(figure: str, claim: str, trials: pd.DataFrame) -> Finding:
    """Whether absolute errors rise with length, by Spearman's correlation."""
    rule = (
        "Spearman's correlation of length and absolute error > 0 with p < 0.05; below 0 with "
        "p < 0.05, or one and the same error at every length: did not hold; otherwise, or with "
        "fewer than 8 readable answers, not testable"
    )
    rows = trials.dropna(subset=["abs_error"])
    if len(rows) < 8 or rows.length.nunique() < 4:
        return Finding(figure, claim, rule, Claim.UNTESTABLE, f"{len(rows)} readable answers")
    if rows.abs_error.nunique() < 2:
        numbers = f"an error of {rows.abs_error.iloc[0]:g} in all {len(rows)} readable answers"
        return Finding(figure, claim, rule, Claim.NOT_HELD, numbers)
    test = stats.spearmanr(rows.length.astype(float), rows.abs_error.astype(float))
    verdict = Claim.UNTESTABLE
    if test.pvalue < ALPHA:
        verdict = Claim.HELD if test.statistic > 0 else Claim.NOT_HELD
    numbers = f"rho = {test.statistic:.2f}, p = {test.pvalue:.2g}, {len(rows)} readable answers"
    return Finding(figure, claim, rule, verdict, numbers)


def has_attractor(figure: str, claim: str, trials: pd.DataFrame) -> Finding:
    """Whether one number is answered far more often than it is true."""
    rule = (
        "the most frequent answer makes up at least 15 % of readable answers and at least 3 "
        "times its share among the truths; fewer than 10 readable answers: not testable"
    )
    rows = trials.dropna(subset=["answer"])
    if len(rows) < 10:
        return Finding(figure, claim, rule, Claim.UNTESTABLE, f"{len(rows)} readable answers")
    counts = rows.answer.value_counts()
    top, share = str(counts.index[0]), float(counts.iloc[0] / len(rows))
    true = float((rows.truth == top).mean())
    held = share >= 0.15 and share >= 3 * true
    numbers = f"'{top}' is {share:.0%} of {len(rows)} answers and {true:.0%} of the truths"
    return Finding(figure, claim, rule, Claim.HELD if held else Claim.NOT_HELD, numbers)


def decays(figure: str, claim: str, exponent: float, low: float, high: float) -> Finding:
    """Whether a fitted exponent is negative, its interval included."""
    rule = (
        "exponent fitted from length 10 to the longest, its 95 % interval below -0.1: held; above "
        "-0.1: did not hold; else not testable"
    )
    verdict = Claim.HELD if high < -0.1 else Claim.NOT_HELD if low > -0.1 else Claim.UNTESTABLE
    numbers = f"exponent {exponent:.2f} ({low:.2f} to {high:.2f})"
    return Finding(figure, claim, rule, verdict, numbers)


def falls(
    figure: str, claim: str, lengths: pd.Series, distance: pd.Series, *, needed: int = 0
) -> Finding:
    """Whether a distance without repetitions falls with length, by Spearman's correlation.

    Args:
        figure: Of the paper.
        claim: In words.
        lengths: Items or tokens, rising.
        distance: One per length.
        needed: The paper's own longest length: a grid that ends before it refutes nothing.
    """
    rule = (
        "Spearman's correlation of length and distance < -0.7 and the last distance under half of "
        "the first; correlation > 0 on a grid as long as the paper's: did not hold; otherwise not "
        "testable"
    )
    if len(lengths) < 4:
        return Finding(figure, claim, rule, Claim.UNTESTABLE, f"{len(lengths)} lengths")
    rho = float(stats.spearmanr(lengths, distance).statistic)
    first, last = float(distance.iloc[0]), float(distance.iloc[-1])
    verdict = Claim.UNTESTABLE
    if rho < -0.7 and last < first / 2:
        verdict = Claim.HELD
    elif (rho > 0 or not np.isfinite(rho)) and int(lengths.iloc[-1]) >= needed:
        verdict = Claim.NOT_HELD
    numbers = f"{first:.3g} at n = {lengths.iloc[0]}, {last:.3g} at n = {lengths.iloc[-1]}"
    return Finding(figure, claim, rule, verdict, f"{numbers}; rho = {rho:.2f}")


def reaches_band(
    figure: str,
    claim: str,
    horizon: pd.Series,
    distance: pd.Series,
    band: float,
    *,
    needed: int,
) -> Finding:
    """Whether a pair's distance lies inside the null band from some length of the grid on.

    The claim is about long enough sequences, so that a distance still falling at the end of the
    grid refutes nothing.

    Args:
        figure: Of the paper.
        claim: In words.
        horizon: A row of the horizon table.
        distance: One per length, in rising order of length.
        band: Upper edge of the null band at the longest length.
        needed: The paper's own longest length: a grid that ends before it refutes nothing.
    """
    rule = (
        "a horizon lies on the grid with its whole 95 % interval: held; none on a grid as long as "
        f"the paper's (to {needed}), where the last distance is at least 3 times the band's edge "
        "and not below the one two lengths before: did not hold; otherwise not testable"
    )
    if pd.isna(horizon.horizon):
        last = float(distance.iloc[-1])
        settled = len(distance) > 2 and last >= max(3 * band, float(distance.iloc[-3]))
        refuted = int(horizon.longest) >= needed and settled
        numbers = (
            f"outside the band up to n = {horizon.longest}, the end of the grid: {last:.3g} there, "
            f"the band's edge {band:.2g}"
        )
        verdict = Claim.NOT_HELD if refuted else Claim.UNTESTABLE
        return Finding(figure, claim, rule, verdict, numbers)
    ends = ["beyond" if pd.isna(x) else str(x) for x in (horizon.low, horizon.high)]
    numbers = f"horizon {horizon.horizon} ({ends[0]} to {ends[1]}), longest {horizon.longest}"
    verdict = Claim.UNTESTABLE if pd.isna(horizon.high) else Claim.HELD
    return Finding(figure, claim, rule, verdict, numbers)


def farther(
    figure: str, claim: str, lengths: pd.Series, larger: pd.Series, smaller: pd.Series, needed: int
) -> Finding:
    """Whether one distance is at least three times another at the longest length."""
    rule = (
        "distance at the longest length at least 3 times that without commas, same step; less on a "
        f"grid as long as the paper's (to {needed}): did not hold; otherwise not testable"
    )
    if not len(larger) or not len(smaller):
        return Finding(figure, claim, rule, Claim.UNTESTABLE, "not measured")
    numbers = f"{larger.iloc[-1]:.3g} with, {smaller.iloc[-1]:.3g} without commas"
    verdict = Claim.NOT_HELD if int(lengths.iloc[-1]) >= needed else Claim.UNTESTABLE
    if larger.iloc[-1] >= 3 * smaller.iloc[-1]:
        verdict = Claim.HELD
    return Finding(figure, claim, rule, verdict, f"{numbers} at n = {lengths.iloc[-1]}")


def sees_farther(figure: str, claim: str, better: pd.DataFrame, worse: pd.DataFrame) -> Finding:
    """Whether one order of the prompt is answered right at greater lengths than another.

    Single trials: the reach of an order is the longest length up to which at least half of the
    answers are right.
    """
    rule = (
        "reach (longest length up to which at least half of the answers are right, the last one "
        "among them) at least 1.5 times that of the plain order; not larger: did not hold; "
        "otherwise, or where the plain order reaches the end of its grid, not testable"
    )
    a, b = judged(better), judged(worse)
    if min(len(a), len(b)) < 5:
        return Finding(figure, claim, rule, Claim.UNTESTABLE, f"{len(a)} and {len(b)} answers")
    far, near = reach(a), reach(b)
    numbers = f"right up to {far} against {near}"
    if near >= int(b.length.max()):
        verdict = Claim.UNTESTABLE if far >= near else Claim.NOT_HELD
    elif far >= 1.5 * max(near, 1):
        verdict = Claim.HELD
    else:
        verdict = Claim.NOT_HELD if far <= near else Claim.UNTESTABLE
    return Finding(figure, claim, rule, verdict, numbers)


def reach(trials: pd.DataFrame) -> int:
    """Longest length answered right with at least half right up to there; 0 for none."""
    rows = trials.sort_values("length")
    right = (rows.outcome == "correct").to_numpy()
    share = right.cumsum() / np.arange(1, len(right) + 1)
    hits = np.flatnonzero(right & (share >= 0.5))
    return int(rows.length.iloc[hits[-1]]) if hits.size else 0
