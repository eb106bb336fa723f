"""Say which lens restores a model's sight: ask through each, compare with none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import InputError
from ..stats.compare import ComparisonVerdict
from ..store.pairing import within_run
from ..store.plan import Plan
from ..tasks.lenses import LENSES
from .compare import ALPHA, MARGIN, Contrast, contrast
from .loaded import Run
from .run import run
from .settings import Settings


@dataclass(frozen=True, slots=True)
class Advice:
    """What is prescribed for a task.

    Attributes:
        task: the task.
        lens: the lens that helps most, or none that is shown to help.
        gain: by how much the share of correct answers rises with it.
        mode: the mode in which it does.
    """

    task: str
    lens: str | None
    gain: float = 0.0
    mode: str = ""


@dataclass(frozen=True, slots=True)
class Prescription:
    """Every lens beside none, and what follows for each task.

    Attributes:
        run: the run.
        contrasts: every lens against none, curve by curve.
        advice: one for each task.
    """

    run: Run
    contrasts: Sequence[Contrast]
    advice: Sequence[Advice]


def prescribe(plan: Plan, settings: Settings | None = None, **more: Any) -> Prescription:
    """Ask the same questions with and without each lens of a plan, and compare in pairs.

    The level of the tests is divided by the number of lenses (Bonferroni).

    Args:
        plan: what is asked; its lenses are those to try (``none`` alone: all).
        settings: how it is carried out.
        **more: fields of :class:`~snellen.exams.settings.Settings` instead.

    Raises:
        InputError: something given is wrong, or the model refuses every request.
        StoreError: answers cannot be kept.
    """
    lenses = [name for name in plan.lenses if name != "none"] or [
        name for name in LENSES if name != "none"
    ]
    if not lenses:
        raise InputError("there is no lens to try; 'snellen tasks' lists them")
    found = run(plan.model_copy(update={"lenses": ("none", *lenses)}), settings, **more)
    contrasts = [
        contrast(pairing, MARGIN, ALPHA / len(lenses)) for pairing in within_run(found, "none")
    ]
    return Prescription(found, contrasts, [_advice(task, contrasts) for task in plan.tasks])


def _advice(task: str, contrasts: Sequence[Contrast]) -> Advice:
    helps = [
        (one.result.difference, one.pairing.b.lens, one.pairing.b.mode)
        for one in contrasts
        if one.pairing.a.task == task and one.verdict is ComparisonVerdict.BETTER
    ]
    if not helps:
        return Advice(task, None)
    gain, lens, mode = max(helps)
    return Advice(task, lens, gain, mode)
