"""Which lenses race for which curve; what cannot is refused before anything is asked."""

from __future__ import annotations

from collections.abc import Sequence

from ...errors import InputError
from ...stats.race import BASE
from ...store.curve_key import CurveKey
from ...store.plan import Plan
from ...tasks.lenses import LENSES, find_lens
from ...tasks.registry import find_task
from ...tasks.trial import applies, check_applies
from ..acuity import with_l50


def candidates(plan: Plan) -> dict[CurveKey, list[str]]:
    """The lenses that race for every curve of a plan.

    Args:
        plan: its lenses are those to try, and each must be one that its tasks take; of those that
            are tried where it names none (``none`` alone), a task takes what it can.

    Returns:
        The names of lenses, by the curve of the prompt as it is.

    Raises:
        InputError: guessing is right in half of a task's trials, a task cannot take a lens that
            is named, or there is none left.
    """
    _, guessable = with_l50(plan.tasks)
    if guessable:
        raise InputError(
            f"guessing is right in half of {', '.join(guessable)}: there is no L50 that a lens "
            "could raise; leave it out"
        )
    named = [name for name in plan.lenses if name != BASE]
    bare = plan.model_copy(update={"lenses": (BASE,)})
    found = {curve: _of(curve, named) for curve in bare.curves()}
    for curve, lenses in found.items():
        if not lenses:
            raise InputError(
                f"no lens is left for {curve.task} in mode {curve.mode}; name some with --lenses "
                "('snellen tasks' lists them)"
            )
    return found


def _of(curve: CurveKey, named: Sequence[str]) -> list[str]:
    task, asked = find_task(curve.task), (curve.mode, curve.answer)
    if named:
        for name in named:
            check_applies(task, curve.mode, name, curve.answer)
        return [find_lens(name).name for name in named]
    return [name for name in LENSES if name != BASE and applies(task, asked[0], name, asked[1])]
