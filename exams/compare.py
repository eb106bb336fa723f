"""Compare two runs, B against A: same questions, exact tests, a verdict per curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError
from ..reports.catalogue import chance
from ..stats.compare import Comparison, ComparisonVerdict, Pool, pool
from ..stats.compare import compare as compare_answers
from ..store.curve_key import CurveKey
from ..store.pairing import LoadedRun, Pairing, pairings
from ..store.texts import texts_of
from ..tasks.trial import TrialId
from .loaded import load_run

MARGIN = 1.25
ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class Contrast:
    """Two curves that asked the same questions, and what their difference shows.

    Attributes:
        pairing: the two curves and their answers.
        result: the tests and the verdict.
        identical: how many answers are the same in both, word for word.
        texts: of how many pairs both texts are kept, for that count.
    """

    pairing: Pairing
    result: Comparison
    identical: int = 0
    texts: int = 0

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
    run_a, run_b = _run(a), _run(b)
    texts = _by_curve(run_a), _by_curve(run_b)
    return [contrast(each, margin, alpha, looks, texts) for each in pairings(run_a, run_b)]


Texts = Mapping[CurveKey, Mapping[tuple[int, int], str]]


def contrast(
    pairing: Pairing,
    margin: float,
    alpha: float,
    looks: int = 1,
    texts: tuple[Texts, Texts] = ({}, {}),
) -> Contrast:
    """Compare the two curves of a pair; the texts of both runs count what is identical."""
    result = compare_answers(
        pairing.answers_a,
        pairing.answers_b,
        chance=lambda length: max(chance(pairing.a, length), chance(pairing.b, length)),
        margin=margin,
        alpha=alpha,
        looks=looks,
        unreadable=(pairing.unread_a, pairing.unread_b),
    )
    of_a, of_b = texts[0].get(pairing.a, {}), texts[1].get(pairing.b, {})
    both = of_a.keys() & of_b.keys() & pairing.answers_a.keys() & pairing.answers_b.keys()
    return Contrast(pairing, result, sum(of_a[key] == of_b[key] for key in both), len(both))


def pooled(found: Sequence[Contrast], alpha: float = ALPHA) -> Pool:
    """All curves as one comparison, over tasks and lengths.

    Raises:
        ValueError: there is no curve.
    """
    return pool({one.name: one.result for one in found}, alpha)


def worse(found: Sequence[Contrast], alpha: float = ALPHA) -> bool:
    """Whether B is shown to be worse, on any curve or over all of them."""
    verdicts = {one.verdict for one in found} | {pooled(found, alpha).verdict}
    return ComparisonVerdict.WORSE in verdicts


def differences(a: LoadedRun | Path | str, b: LoadedRun | Path | str) -> list[str]:
    """In what the runs differ beside their answers: model, server, numerics, settings."""
    one, other = (_run(run).manifest for run in (a, b))
    sides = [
        {
            "model": each.plan.model,
            "server": each.plan.base_url,
            **each.numerics,
            **{f"sent {name}": value for name, value in each.generation.items()},
        }
        for each in (one, other)
    ]
    return [
        f"{name}: A {sides[0].get(name)}, B {sides[1].get(name)}"
        for name in dict.fromkeys((*sides[0], *sides[1]))
        if sides[0].get(name) != sides[1].get(name)
    ]


def _by_curve(run: LoadedRun) -> Texts:
    found: dict[CurveKey, dict[tuple[int, int], str]] = {}
    for trial, (_, text) in texts_of(run.path).items():
        found.setdefault(_curve(trial), {})[trial.length, trial.index] = text
    return found


def _curve(trial: TrialId) -> CurveKey:
    return CurveKey(trial.task, trial.mode, trial.answer, trial.lens)


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
