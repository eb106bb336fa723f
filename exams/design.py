"""How many trials, at which lengths, before anything is paid for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..errors import InputError
from ..stats.compare.design import Design, assess, expected, plan
from ..stats.curve.chance import Chance
from ..stats.curve.psychometric import CurveFamily, Psychometric
from ..store.plan import Plan
from ..tasks.registry import find_task
from ..tasks.task import Task
from .acuity import MAX_LENGTH
from .loaded import Run, load_run

RATIO = 1.25
POWER = 0.8
_DECIDES = 2.0  # the ratio of L50 that a design should show, at the least


def design(
    task: str,
    *,
    longest: int = MAX_LENGTH,
    shortest: int = 1,
    ratio: float = RATIO,
    power: float = POWER,
    alpha: float = 0.05,
    budget: int | None = None,
    like: Run | Path | str | None = None,
) -> Design:
    """The cheapest design that shows a ratio of L50 between two models with the wanted power.

    Args:
        task: the task that is to be asked.
        longest: the longest length that may be asked.
        shortest: the shortest.
        ratio: the ratio of L50 that is to be shown, above 1.
        power: the probability with which it is to be shown.
        alpha: the level of the comparison.
        budget: requests that each model may be asked; the best design within is given, with a
            warning where it falls short.
        like: a run of a similar model, or its folder: its curve says where pairs disagree.

    Raises:
        InputError: there is no such task, or something given is out of range.
    """
    return plan(
        longest,
        shortest=shortest,
        ratio=ratio,
        power=power,
        alpha=alpha,
        budget=budget,
        known=_curve(task, like),
        family=_family(task, shortest, longest),
    )


def check_design(
    task: str | Task, lengths: Sequence[int], trials: int, *, ratio: float = RATIO
) -> Design:
    """What so many trials at these lengths can show, with warnings where they cannot decide.

    The models are typical ones, as in `design` without ``like``.
    """
    between = expected(lengths, None, _family(task, min(lengths), max(lengths)))
    return assess(lengths, trials, between, ratio=ratio)


def told_of(plan: Plan, *, weak_only: bool = False) -> list[str]:
    """What a comparison of two runs of this plan can show, before it is paid for.

    One line for each kind of design in it, with why it cannot decide where it cannot. Adaptive
    plans and tasks with a single length have none.

    Args:
        plan: what is to be asked.
        weak_only: only of designs that do not even show an L50 that is doubled.
    """
    known: dict[tuple[object, ...], str] = {}
    told: dict[str, list[str]] = {}
    for name in plan.tasks if plan.precision is None else ():
        task = find_task(name)
        lengths, trials = plan.lengths_of(task), plan.trials_of(task)
        if len(set(lengths)) < 2:
            continue
        guessing = _family(task, min(lengths), max(lengths)).guessing
        key = (lengths, trials, guessing)
        if key not in known:
            found = check_design(task, lengths, trials)
            known[key] = "" if weak_only and found.ratio <= _DECIDES else _told(found)
        if known[key]:
            told.setdefault(known[key], []).append(task.name)
    return [f"{', '.join(names)}: {line}" for line, names in told.items()]


def _told(one: Design) -> str:
    of = f"{one.trials} trials at each of {len(one.lengths)} lengths"
    if not math.isfinite(one.ratio):
        return f"{of} show no difference between two runs; 'snellen plan' gives a design that does"
    shown = f"{of} show a ratio of L50 of {one.ratio:.2f} between two runs (power {POWER:.0%})"
    if one.ratio <= _DECIDES:
        return shown
    return f"{shown}; 'snellen plan' gives designs that show less"


def _family(task: str | Task, shortest: int, longest: int) -> CurveFamily:
    known = find_task(task) if isinstance(task, str) else task
    steps = np.unique(np.geomspace(shortest, longest, 16).round().astype(int)).tolist()
    return CurveFamily(Chance.of([known.chance(length) for length in steps], steps))


def _curve(task: str, like: Run | Path | str | None) -> Psychometric | None:
    if like is None:
        return None
    run = like if isinstance(like, Run) else load_run(like)
    name = find_task(task).name
    found = [report.curve for key, report in run.acuities.items() if key.task == name]
    if not found or found[0] is None:
        raise InputError(f"{run.path} has no curve of {name} to go by; leave --like out")
    return found[0]
