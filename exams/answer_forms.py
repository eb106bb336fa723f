"""Whether a model can give answers of the forms that a plan asks for, before it is started."""

from __future__ import annotations

from ..errors import InputError
from ..runners.kinds import ModelKind
from ..runners.registry import find_kind, kinds
from ..store.plan import Plan
from ..tasks.choices import choices
from ..tasks.modes import base_mode
from ..tasks.registry import find_task
from ..tasks.trial import CHOICE, FORCED


def check_forms(plan: Plan) -> None:
    """Make sure that the kind of model can force answers or score them, if that is asked of it.

    Raises:
        InputError: it cannot; says which can. Or a task has too few alternatives at a length.
    """
    kind = find_kind(plan.model)
    if FORCED in plan.answers and not kind.forces_answers:
        able = ", ".join(kind.pattern for kind in kinds().values() if kind.forces_answers)
        raise InputError(
            f"--answer forced: {plan.model} cannot be held to a form; models that can: {able}"
        )
    if CHOICE in plan.answers:
        _check_choices(plan, kind)


def _check_choices(plan: Plan, kind: ModelKind) -> None:
    if not kind.scores_texts:
        able = ", ".join(kind.pattern for kind in kinds().values() if kind.scores_texts)
        raise InputError(
            f"--answer choice: {plan.model} gives no log probabilities of a given text; models "
            f"that do: {able}"
        )
    for curve in plan.curves():
        if curve.answer != CHOICE:
            continue
        if plan.chat and base_mode(curve.mode) != "fewshot" and not kind.scores_chat:
            raise InputError(
                f"--answer choice: {plan.model} scores what follows a raw text, not a user's turn; "
                "use --mode fewshot, or --raw"
            )
        task = find_task(curve.task)
        for length in plan.lengths_of(task):
            choices(task, length, 0, plan.seed)
