"""Is model B better than model A? Both answered the same prompts."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ...support.threads import one_blas_thread
from ..acuity import Acuity, AcuityReport, measure
from ..curve.chance import Chance
from ..curve.psychometric import CurveFamily, FloatArray, Sigmoid
from ..intervals import Interval, paired_difference
from ..sequential.betting import anytime_p
from ..tally import Tally
from .answers import Answers, AnswerTable
from .mcnemar import clustered, holm, mcnemar, mcnemar_midp
from .paired_posterior import Pairs, joint_thresholds
from .power import alternative, detectable
from .ratio import UNKNOWN, ratio_of
from .verdict import ComparisonVerdict, Grounds, judge


@dataclass(frozen=True)
class Comparison:
    """B against A on the trials that both answered.

    Attributes:
        pairs: The answers, by length and by who was right.
        same_outcome: Pairs in which both were right or neither was.
        p_lengths: Mid-p McNemar p-value at each length, shape (lengths,).
        p_holm: The same, adjusted over the lengths by Holm.
        p_exact: Exact McNemar p-value over all lengths.
        p_pooled: Mid-p McNemar p-value over all lengths: is B better on these lengths?
        p_curve: The same with the length as a random factor: is B's curve better?
        p_anytime: p-value on these lengths that may be looked at after every answer.
        difference: Accuracy of B less that of A over all pairs.
        difference_interval: Its interval, of level 1 - alpha.
        l50_a: Acuity of A, or the reason why it has none.
        l50_b: Acuity of B, likewise.
        ratio: L50 of B over L50 of A, median of the joint posterior; None where that is not known
            because one of them lies outside the tested lengths, or has no acuity. (With guessing
            above a third, the length of the family's anchor stands for L50.)
        ratio_interval: Its central posterior interval; 0 or infinity for an end that is not known.
        equivalence_interval: The interval of level 1 - 2 alpha, by which two one-sided tests
            judge equivalence.
        detectable_difference: Smallest difference of accuracy that this many pairs show with a
            probability of 80 %; infinity where none is.
        detectable_ratio: The ratio of L50, above 1, that makes such a difference.
        margin: Ratio of L50 below which a difference does not matter.
        alpha: Probability of a false BETTER or WORSE between equal models, at most.
        looks: How often the growing runs may be compared at that level; 0 for as often as one
            likes.
        verdict: What may be said.
        why: One line that gives the grounds of the verdict.
        reason: Why no ratio of L50 is quoted; None where it may be.
        warnings: What a reader must know of either curve or of the design.
    """

    pairs: Pairs
    same_outcome: int
    p_lengths: FloatArray
    p_holm: FloatArray
    p_exact: float
    p_pooled: float
    p_curve: float
    p_anytime: float
    difference: float
    difference_interval: Interval
    l50_a: Acuity
    l50_b: Acuity
    ratio: float | None
    ratio_interval: Interval
    equivalence_interval: Interval
    detectable_difference: float
    detectable_ratio: float
    margin: float
    alpha: float
    looks: int
    verdict: ComparisonVerdict
    why: str
    reason: str | None
    warnings: tuple[str, ...]


@one_blas_thread
def compare(
    a: Answers,
    b: Answers,
    *,
    chance: float | Chance | Callable[[int], float] = 0.0,
    sigmoid: Sigmoid = "logistic",
    margin: float = 1.25,
    alpha: float = 0.05,
    looks: int = 1,
    unreadable: tuple[int, int] = (0, 0),
    seed: int = 0,
) -> Comparison:
    """Compare two models, or one model in two states, on the same task.

    The verdict follows one rule, fixed beforehand:

    * BETTER or WORSE: McNemar's mid-p test over all pairs is significant at ``alpha``, and so is
      the test with the length as a random factor. One that is significant on these lengths only
      is INCONCLUSIVE, and says so.
    * NO DIFFERENCE SHOWN: neither is, no single length is after Holm, and two one-sided tests of
      level ``alpha`` exclude a ratio of L50 beyond the margin; or, where both see beyond the
      tested lengths, a difference of accuracy beyond 5 points.
    * INCONCLUSIVE: anything else; these trials can neither show nor exclude a difference.

    Whoever compares growing runs again and again plans that: with ``looks`` comparisons each is
    tested at ``alpha / looks``; with ``looks=0`` by `Comparison.p_anytime`, as often as they like.

    Args:
        a: Answers of A, as (length, index) -> correct; leave out trials that failed.
        b: Answers of B, to the same prompts.
        chance: Probability of a correct answer by guessing: one number, or a function of length.
        sigmoid: Sigmoid of both curves.
        margin: Ratio of L50 that would matter, above 1.
        alpha: Level of the tests.
        looks: How often the growing runs are to be compared.
        unreadable: How many answers of A, and of B, could not be read.
        seed: Seed of the posterior draws.

    Raises:
        InputError: no trial in common, or ``margin``, ``alpha`` or ``looks`` out of range.
    """
    _check_options(margin, alpha, looks)
    a, b = AnswerTable.of(a), AnswerTable.of(b)
    pairs = paired(a, b)
    if not pairs.total:
        raise InputError("the two runs have no trial in common; run the same lengths and seed")
    family = CurveFamily(Chance.of(chance, np.union1d(a.lengths, b.lengths).tolist()), sigmoid)
    reports = [
        _report(run, family, unread, alpha) for run, unread in zip((a, b), unreadable, strict=True)
    ]
    only_a, only_b = int(pairs.only_a.sum()), int(pairs.only_b.sum())
    p_lengths = mcnemar_midp(pairs.only_a, pairs.only_b)
    level = alpha / max(looks, 1)
    few = pairs.coarse()
    alone = _alone(a, b).coarse(), _alone(b, a).coarse()
    draws = joint_thresholds(few, *alone, family, seed)
    tested = _tested(a), _tested(b)
    reason = _no_ratio(reports)
    ratio, interval = ratio_of(draws, tested, level / 2)
    _, narrower = ratio_of(draws, tested, level)
    if reason is not None:
        ratio, interval, narrower = None, UNKNOWN, UNKNOWN
    shown, shown_ratio = _detectable(few, reports, level)
    grounds = Grounds(
        p_here=_anytime(a, b) if looks == 0 else float(mcnemar_midp(only_a, only_b)),
        p_curve=clustered(pairs.only_a, pairs.only_b),
        p_holm=holm(p_lengths),
        pairs=pairs,
        ratio=interval,
        equivalence=narrower,
        difference=paired_difference(only_a, only_b, pairs.total, 1 - 2 * level),
        beyond=all(r.l50.censored == "above" for r in reports),
        reason=reason,
    )
    verdict, why = judge(grounds, margin, level)
    return Comparison(
        pairs=pairs,
        same_outcome=pairs.total - only_a - only_b,
        p_lengths=p_lengths,
        p_holm=grounds.p_holm,
        p_exact=float(mcnemar(only_a, only_b)),
        p_pooled=float(mcnemar_midp(only_a, only_b)),
        p_curve=grounds.p_curve,
        p_anytime=grounds.p_here if looks == 0 else _anytime(a, b),
        difference=(only_b - only_a) / pairs.total,
        difference_interval=paired_difference(only_a, only_b, pairs.total, 1 - level),
        l50_a=reports[0].l50,
        l50_b=reports[1].l50,
        ratio=ratio,
        ratio_interval=interval,
        equivalence_interval=narrower,
        detectable_difference=shown,
        detectable_ratio=shown_ratio,
        margin=margin,
        alpha=alpha,
        looks=looks,
        verdict=verdict,
        why=why,
        reason=reason,
        warnings=_warnings(reports, shown_ratio, margin),
    )


def paired(a: Answers, b: Answers) -> Pairs:
    """Count the trials that both answered, by length and by who was right."""
    a, b = AnswerTable.of(a), AnswerTable.of(b)
    in_a, in_b = a.places(b)
    if not in_a.size:
        nothing = np.zeros(0, dtype=np.int64)
        return Pairs(nothing, nothing, nothing, nothing, nothing)
    lengths, at = np.unique(a.lengths[in_a], return_inverse=True)
    right_a, right_b = a.right[in_a], b.right[in_b]

    def count(which: NDArray[np.bool_]) -> NDArray[np.int64]:
        return np.bincount(at[which], minlength=lengths.size).astype(np.int64)

    return Pairs(
        lengths.astype(np.int64),
        count(right_a & right_b),
        count(right_a & ~right_b),
        count(~right_a & right_b),
        count(~right_a & ~right_b),
    )


def _check_options(margin: float, alpha: float, looks: int) -> None:
    if not margin > 1:
        raise InputError(f"margin is {margin}; give a ratio above 1, as 1.25")
    if not 0 < alpha < 1:
        raise InputError(f"alpha is {alpha}; give a number between 0 and 1, as 0.05")
    if looks < 0:
        raise InputError(f"looks is {looks}; give how often you will compare, or 0 for no limit")


def _report(run: AnswerTable, family: CurveFamily, unreadable: int, alpha: float) -> AcuityReport:
    tally = run.tally()
    return measure(
        tally.lengths,
        tally.correct,
        tally.trials,
        chance=family.guessing,
        unreadable=unreadable,
        sigmoid=family.sigmoid,
        level=1 - alpha,
    )


def _no_ratio(reports: list[AcuityReport]) -> str | None:
    said = [
        f"model {name} has no acuity: {report.reason}"
        for name, report in zip("AB", reports, strict=True)
        if report.reason is not None
    ]
    return "; ".join(said) or None


def _warnings(reports: list[AcuityReport], shown: float, margin: float) -> tuple[str, ...]:
    said = [
        f"model {name}: {warning}"
        for name, report in zip("AB", reports, strict=True)
        for warning in report.warnings
    ]
    if shown > margin:
        size = f"a ratio of L50 of {shown:.3g}" if np.isfinite(shown) else "no ratio of L50 at all"
        said.append(
            f"these pairs show {size} with a probability of 80 %, and the margin is {margin:g}"
        )
    return tuple(said)


def _detectable(pairs: Pairs, reports: list[AcuityReport], alpha: float) -> tuple[float, float]:
    a, b = (report.curve for report in reports)
    if a is None or b is None:
        return np.inf, np.inf
    trials = pairs.both + pairs.only_a + pairs.only_b + pairs.neither
    return detectable(alternative(pairs, a, b), pairs.lengths, trials, alpha=alpha)


def _anytime(a: AnswerTable, b: AnswerTable) -> float:
    """In the order of the indices: the first trial of every length, then the second."""
    in_a, in_b = a.places(b)
    order = np.lexsort((a.lengths[in_a], a.indices[in_a]))
    right_a, right_b = a.right[in_a][order], b.right[in_b][order]
    return anytime_p(right_b[right_a != right_b])


def _alone(a: AnswerTable, b: AnswerTable) -> Tally:
    alone = np.ones(len(a), dtype=bool)
    alone[a.places(b)[0]] = False
    return a.tally(alone)


def _tested(answers: AnswerTable) -> tuple[float, float]:
    return float(np.log2(answers.lengths.min())), float(np.log2(answers.lengths.max()))
