"""Several comparisons of the same two models as one: over tasks, and over their lengths."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..intervals import Interval, paired_difference
from .compare import Comparison
from .mcnemar import clustered, mcnemar_midp
from .verdict import ComparisonVerdict


@dataclass(frozen=True)
class Pool:
    """B against A over all tasks.

    Attributes:
        pairs: Trials that both answered.
        only_a: Those in which A alone was right.
        only_b: Those in which B alone was right.
        same_outcome: Those in which both were right or neither was.
        p_here: Mid-p McNemar: is B better on these tasks at these lengths?
        p_lengths: With each length of each task as a random factor: on these tasks, as curves?
        p_tasks: With the task as a random factor: on tasks of which these are a sample?
        difference: Accuracy of B less that of A over all pairs.
        difference_interval: Its interval on these tasks and lengths, of level 1 - alpha.
        verdict: BETTER or WORSE where ``p_here`` and ``p_lengths`` both show it on these tasks;
            NO DIFFERENCE SHOWN where each task's comparison says so; INCONCLUSIVE otherwise.
        why: One line that gives the grounds.
    """

    pairs: int
    only_a: int
    only_b: int
    same_outcome: int
    p_here: float
    p_lengths: float
    p_tasks: float
    difference: float
    difference_interval: Interval
    verdict: ComparisonVerdict
    why: str


def pool(comparisons: Mapping[str, Comparison], alpha: float = 0.05) -> Pool:
    """Pool comparisons by task; each pair counts once, whatever its task.

    Args:
        comparisons: Task -> comparison of the same two models, in the same direction.
        alpha: Level of the tests.

    Raises:
        ValueError: there is none.
    """
    if not comparisons:
        raise ValueError("pool: give at least one comparison")
    every = [c.pairs for c in comparisons.values()]
    a, b = (np.array([p[i].sum() for p in every]) for i in (2, 3))
    only_a, only_b = int(a.sum()), int(b.sum())
    total = sum(p.total for p in every)
    p_here = float(mcnemar_midp(only_a, only_b))
    cells = [np.concatenate([p[i] for p in every]) for i in (2, 3)]
    p_lengths = clustered(*cells)
    p_tasks = clustered(a, b)
    counts = f"pairs that only B got right: {only_b}, only A: {only_a}, p = {p_here:.2g}"
    if p_here <= alpha and p_lengths <= alpha:
        verdict = ComparisonVerdict.BETTER if only_b > only_a else ComparisonVerdict.WORSE
        wider = "" if p_tasks <= alpha else f"; of other tasks this says less (p = {p_tasks:.2g})"
        why = f"on these tasks: {counts}{wider}"
    elif all(c.verdict is ComparisonVerdict.NO_DIFFERENCE for c in comparisons.values()):
        verdict, why = ComparisonVerdict.NO_DIFFERENCE, f"so says each task; {counts}"
    else:
        verdict, why = ComparisonVerdict.INCONCLUSIVE, counts
    return Pool(
        total,
        only_a,
        only_b,
        total - only_a - only_b,
        p_here,
        p_lengths,
        p_tasks,
        (only_b - only_a) / total,
        paired_difference(only_a, only_b, total, 1 - alpha),
        verdict,
        why,
    )
