"""Compare two runs, B against A: same questions, exact tests, a verdict per curve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError
from ..reports.catalogue import chance
from ..stats.compare import Comparison, ComparisonVerdict
from ..stats.compare import compare as compare_answers
from ..store.pairing import LoadedRun, Pairing, pairings
from .loaded import load_run

MARGIN = 1.25
ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class Contrast:
    """Two curves that asked the same questions, and what their difference shows.

    Attributes:
        pairing: the two curves and their answers.
        result: the tests and the verdict.
    """

    pairing: Pairing
    result: Comparison

    @property
    def name(self) -> str:
        """The task, and what differs between the two curves."""
        return self.pairing.name

    @property
    def verdict(self) -> ComparisonVerdict:
        """What is shown."""
        return self.result.verdict


def compare(
    a: LoadedRun | Path | str,
    b: LoadedRun | Path | str,
    *,
    margin: float = MARGIN,
    alpha: float = ALPHA,
    looks: int = 1,
) -> list[Contrast]:
    """Compare two runs curve by curve; B is judged against A.

    Pairs are made by task, mode, answer form and lens; where a task has one curve in each run,
    that pair is compared even if the rest differs.

    Args:
        a: the run to compare with, or its folder.
        b: the run that is judged, or its folder.
        margin: the ratio of L50 that matters.
        alpha: the level of the tests.
        looks: how often growing runs are to be compared; 0 for as often as one likes.

    Raises:
        InputError: one of them is not a run, or they asked different questions.
    """
    check_design(margin, alpha)
    return [contrast(pairing, margin, alpha, looks) for pairing in pairings(_run(a), _run(b))]


def contrast(pairing: Pairing, margin: float, alpha: float, looks: int = 1) -> Contrast:
    """Compare the two curves of a pair."""
    result = compare_answers(
        pairing.answers_a,
        pairing.answers_b,
        chance=lambda length: max(chance(pairing.a, length), chance(pairing.b, length)),
        margin=margin,
        alpha=alpha,
        looks=looks,
        unreadable=(pairing.unread_a, pairing.unread_b),
    )
    return Contrast(pairing, result)


def worse(found: Sequence[Contrast]) -> bool:
    """Whether B is shown to be worse anywhere."""
    return any(one.verdict is ComparisonVerdict.WORSE for one in found)


def check_design(margin: float, alpha: float) -> None:
    """Make sure that a margin and a level are what they must be.

    Raises:
        InputError: they are not.
    """
    if not margin > 1:
        raise InputError(f"--margin {margin:g}: a ratio above 1, such as {MARGIN}")
    if not 0 < alpha < 1:
        raise InputError(f"--alpha {alpha:g}: a level between 0 and 1, such as {ALPHA}")


def _run(run: LoadedRun | Path | str) -> LoadedRun:
    return run if isinstance(run, LoadedRun) else load_run(run)
