"""Adaptive measurement: ask where the answer tells most about L50, until it is known well enough.

What is asked next is a function of the answers so far, and every answer is in the journal: a
measurement that was stopped goes on by replaying them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

from ..runners.cached import Asker
from ..stats.acuity.placement import Placement
from ..stats.curve.psychometric import CurveFamily
from ..store.answers import Reply
from ..store.plan import Plan
from ..tasks.documents import question
from ..tasks.trial import TrialId
from .asking import sampling_of

Cell = tuple[str, str, str]
"""Task, mode and lens of one curve."""


def measure(
    plan: Plan, asker: Asker, watch: Callable[[Mapping[Cell, Placement]], None]
) -> dict[Cell, Placement]:
    """Measure L50 of every curve of an adaptive plan.

    Every step asks a batch for each curve that is not settled; together they fill what the
    runner answers at once.

    Args:
        plan: an adaptive plan.
        asker: who answers, and where answers are kept.
        watch: hears of the state after every step.

    Returns:
        The last state of each curve.

    Raises:
        InputError: a task has no L50 to look for.
        ModelRefused: no request to the model can succeed.
    """
    assert plan.precision is not None
    assert plan.max_length is not None
    states: dict[Cell, Placement] = {
        (task.name, mode, lens): Placement.start(plan.max_length, CurveFamily(chance=task.chance))
        for task, mode, lens in plan.cells()
    }
    versions = {task.name: task.version for task, _, _ in plan.cells()}
    asked: dict[Cell, Counter[int]] = {cell: Counter() for cell in states}
    while active := [
        cell
        for cell, state in states.items()
        if not state.settled(plan.precision) and asked[cell].total() < (plan.max_trials or 0)
    ]:
        batch = -(-asker.runner.parallel // len(active))
        trials = []
        for cell in active:
            room = (plan.max_trials or 0) - asked[cell].total()
            worth = states[cell].worth_asking(min(batch, room), plan.precision)
            for length in states[cell].next_lengths(worth):
                index = asked[cell][length]
                asked[cell][length] += 1
                trials.append(TrialId(*cell, versions[cell[0]], length, index, plan.seed))
        for cell, counts in _ask(plan, asker, trials).items():
            for length, (correct, answered) in counts.items():
                states[cell] = states[cell].update(length, correct, answered)
        watch(states)
    return states


def _ask(plan: Plan, asker: Asker, trials: list[TrialId]) -> dict[Cell, dict[int, tuple[int, int]]]:
    requests = [
        asker.trial_request(trial, sampling_of(plan, trial), chat=plan.chat) for trial in trials
    ]
    answers = asker.ask(requests)
    counts: dict[Cell, dict[int, tuple[int, int]]] = {}
    for trial, request in zip(trials, requests, strict=True):
        result = answers[request.key]
        if isinstance(result, Reply):
            judged = question(trial).judge(result.text, result.finish_reason)
            cell = counts.setdefault((trial.task, trial.mode, trial.lens), {})
            correct, answered = cell.get(trial.length, (0, 0))
            cell[trial.length] = (correct + (judged.outcome == "correct"), answered + 1)
    return counts
