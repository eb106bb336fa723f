"""Adaptive measurement: ask where an answer tells most about L50, until it is known well enough.

What is asked next is a function of the answers so far, and every answer is in the journal: a
measurement that was stopped is resumed by replaying them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from ..stats.acuity.placement import Placement
from ..stats.curve.chance import Chance
from ..stats.curve.psychometric import CurveFamily
from ..store.curve_key import CurveKey
from ..store.plan import Plan
from ..tasks.registry import find_task, find_tasks
from ..tasks.trial import TrialId, rebuild_trial
from .session import Planned, Session, open_session
from .settings import Settings

if TYPE_CHECKING:
    from .loaded import Run

PRECISION = 1.25
MAX_LENGTH = 512
MAX_TRIALS = 500


def acuity(plan: Plan, settings: Settings | None = None, **more: Any) -> Run:
    """Measure L50 of every curve of a plan to a given precision.

    Args:
        plan: what is asked; its ``precision``, ``max_length`` and ``max_trials`` say when a curve
            is known well enough (defaults: 1.25, 512 items, 500 trials).
        settings: how it is carried out.
        **more: fields of :class:`~snellen.exams.settings.Settings` instead.

    Returns:
        The run; ``run.acuity(task)`` says what was found.

    Raises:
        InputError: guessing is right in half of a task's trials, so that it has no L50, or
            something given is wrong, or the model refuses every request.
        StoreError: answers cannot be kept.
    """
    plan, settings = adaptive(plan), settings or Settings(**more)
    with open_session(plan, settings) as session:
        measure(session, settings.watcher.note)
        # Imported late: tables and figures must not keep the first question waiting.
        from .finishing import finish

        return finish(session)


def with_l50(tasks: str | Sequence[str]) -> tuple[list[str], list[str]]:
    """Which of the tasks have an L50 to look for, and which are guessed right half of the time.

    Raises:
        InputError: none has.
    """
    names = tasks.split(",") if isinstance(tasks, str) else tasks
    found = find_tasks(name.strip() for name in names if name.strip())
    kept = [task.name for task in found if task.chance(MAX_LENGTH) < 0.5]
    guessable = [task.name for task in found if task.chance(MAX_LENGTH) >= 0.5]
    if not kept:
        raise InputError(
            f"guessing is right in half of {', '.join(guessable)}: there is no L50 to look for; "
            "use 'snellen run'"
        )
    return kept, guessable


def adaptive(plan: Plan) -> Plan:
    """The plan with what an adaptive measurement needs.

    Raises:
        InputError: a task has no L50 to look for.
    """
    _, guessable = with_l50(plan.tasks)
    if guessable:
        raise InputError(
            f"guessing is right in half of {', '.join(guessable)}: there is no L50 to look for; "
            "leave it out, or use 'snellen run'"
        )
    defaults = {"precision": PRECISION, "max_length": MAX_LENGTH, "max_trials": MAX_TRIALS}
    missing = {name: value for name, value in defaults.items() if getattr(plan, name) is None}
    return plan.model_copy(update=missing)


def measure(session: Session, note: Callable[[str], None]) -> dict[CurveKey, Placement]:
    """Ask until every curve is known well enough, or has used up its trials, or money is short.

    Every step asks a batch for each curve that is not settled; together they fill what the
    runner answers at once.

    Returns:
        The last state of each curve.
    """
    plan = session.plan
    assert plan.precision is not None
    assert plan.max_length is not None
    assert plan.max_trials is not None
    states = {
        curve: Placement.start(plan.max_length, _family(plan, curve)) for curve in plan.curves()
    }
    asked: dict[CurveKey, Counter[int]] = {curve: Counter() for curve in states}
    while not session.stopped and (
        active := [
            curve
            for curve, state in states.items()
            if not state.settled(plan.precision) and asked[curve].total() < plan.max_trials
        ]
    ):
        batch = -(-session.runner.parallel // len(active))
        trials = []
        for curve in active:
            room = plan.max_trials - asked[curve].total()
            worth = states[curve].worth_asking(min(batch, room), plan.precision)
            for length in states[curve].next_lengths(worth):
                trials.append(_trial(plan, curve, length, asked[curve][length]))
                asked[curve][length] += 1
        planned = session.plan_trials(map(rebuild_trial, trials))
        session.ask(planned)
        for curve, counts in _counts(session, planned).items():
            for length, (correct, answered) in counts.items():
                states[curve] = states[curve].update(length, correct, answered)
        settled = sum(state.settled(plan.precision) for state in states.values())
        note(f"{settled} of {len(states)} curves settled")
    return states


def _family(plan: Plan, curve: CurveKey) -> CurveFamily:
    """The curves that are considered: what guessing gives depends on the length."""
    task = find_task(curve.task)
    lengths = plan.lengths_of(task)
    chance = [task.chance(length, curve.mode, curve.lens, curve.answer) for length in lengths]
    return CurveFamily(Chance.of(chance, lengths))


def _trial(plan: Plan, curve: CurveKey, length: int, index: int) -> TrialId:
    version = find_task(curve.task).version_of(curve.mode, curve.lens)
    return TrialId(
        curve.task, curve.mode, curve.lens, version, length, index, plan.seed, curve.answer
    )


def _counts(
    session: Session, planned: list[Planned]
) -> Mapping[CurveKey, Mapping[int, tuple[int, int]]]:
    """Correct and answered trials of a batch, by curve and length; failures are left out."""
    counts: dict[CurveKey, dict[int, tuple[int, int]]] = {}
    for one in planned:
        trial = one.trial.id
        row = session.row(trial)
        if row is not None and row["outcome"] != "failed":
            curve = CurveKey(trial.task, trial.mode, trial.answer, trial.lens)
            at = counts.setdefault(curve, {})
            correct, answered = at.get(trial.length, (0, 0))
            at[trial.length] = (correct + (row["outcome"] == "correct"), answered + 1)
    return counts
