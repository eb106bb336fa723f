"""Who may be on a board, and the ranks that the answers cannot rule out."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from ..compare.mcnemar import holm
from .restricted import RestrictedMean

MOST_FAILED = 0.03
"""Share of failed requests beyond which a run is not on a board."""

_Z = np.linspace(0.0, 8.0, 201)


class RankInterval(NamedTuple):
    """Best and worst rank that a model may have, 1 being the best; equal where it is sure."""

    best: int
    worst: int

    @property
    def tied(self) -> bool:
        """Whether another model may have the same rank."""
        return self.best < self.worst


def admit(asked: int, failed: int, most: float = MOST_FAILED) -> str | None:
    """Why a run may not be on a board for its failed requests; None where it may.

    A failure says nothing of the model, but who could choose what fails could hide what is wrong.
    So few failures are counted as wrong answers, and a run with many is sent back to finish.

    Args:
        asked: Requests of the plan, failed ones included.
        failed: Requests without an answer.
        most: Share of them that is let in.
    """
    if asked < 1:
        return "it was asked nothing"
    if failed > most * asked:
        return (
            f"{failed} of {asked} requests failed ({failed / asked:.1%}), and a board takes"
            f" {most:.0%} at most; run it again to ask those"
        )
    return None


def rank_intervals(means: Sequence[RestrictedMean], level: float = 0.95) -> list[RankInterval]:
    """Ranks that each model may have.

    A model's best rank is one more than the number of models that are shown to be better, its
    worst the number of models less those shown to be worse: the construction of Mogstad, Romano,
    Shaikh and Wilhelm (2024), Rev. Econ. Stud. 91:476. Its one-sided tests against all others are
    adjusted by Holm, those of being better and those of being worse each at half the error, so
    that its interval holds with probability ``level``.

    No wrong answer can better a rank: it lowers the estimate by at least as much as it moves any
    end of an interval, and so makes every "better than it" more, and every "worse than it" less
    sure. Models answered the same prompts; taking them as independent makes intervals wider.

    Args:
        means: One per model, all over the same tasks and lengths.
        level: Level of each interval.
    """
    if not means:
        return []
    p = p_better(means)
    alpha = (1 - level) / 2
    ranks = []
    for i in range(len(means)):
        others = np.arange(len(means)) != i
        ahead = int(np.sum(holm(p[others, i]) <= alpha))
        behind = int(np.sum(holm(p[i, others]) <= alpha))
        ranks.append(RankInterval(1 + ahead, len(means) - behind))
    return ranks


def p_better(means: Sequence[RestrictedMean]) -> NDArray[np.float64]:
    """One-sided p-values of "i does not see farther than j", shape (models, models).

    The largest number of standard deviations at which the interval of the difference still lies
    above 0, as a normal tail; found on a grid of 1 / 25, rounded down.
    """
    reach = np.array([mean.reach(_Z) for mean in means])  # models, z, ends
    low, high = reach[..., 0] ** 2, reach[..., 1] ** 2
    octaves = np.array([mean.octaves for mean in means])
    p = np.ones((len(means), len(means)))
    for i in range(len(means)):
        ahead = octaves[i] - octaves  # by so much i lies before each j
        clear = ahead[:, None] > np.sqrt(low[i][None, :] + high)
        last = clear.cumprod(axis=1).sum(axis=1) - 1
        p[i] = np.where(last >= 0, ndtr(-_Z[np.maximum(last, 0)]), 1.0)
    return p
