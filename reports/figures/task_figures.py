"""All figures of a run's tasks, in the order of the tasks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pandas as pd
from matplotlib.figure import Figure

from ...errors import InputError
from ...support.figures import Picture, house_style, render
from ..acuities import Acuities
from ..catalogue import value_kind
from ..histogram import as_values, histogram
from .answer_figure import answer_figure
from .answers import answers_of
from .depth_figure import depth_figure
from .drawing import Drawing
from .error_figure import error_figure


class TaskFigure(NamedTuple):
    """A figure of one task.

    Attributes:
        task: the task.
        kind: ``error``, ``answers`` or ``depth``; with the task it names the files.
        picture: the figure itself.
    """

    task: str
    kind: str
    picture: Picture


KINDS = ("error", "answers", "depth")


def task_figures(
    trials: pd.DataFrame, table: pd.DataFrame, counts: pd.DataFrame, found: Acuities
) -> Iterator[TaskFigure]:
    """Draw each task's error curve, its answers, and where in the sequence the asked item stood.

    Tasks whose answers are codes have no figure of answers, for no two are alike; only tasks
    whose trials have a depth have one of depths.

    Args:
        trials: the trial table.
        table: `curves` of it.
        counts: `histogram` of it.
        found: `acuities` of the curves.
    """
    for task in table["task"].unique():
        asked = trials[trials["task"] == task]
        for kind in _kinds(task, asked):
            with house_style():
                figure, alt = _draw(task, kind, asked, table, counts, found)
                picture = render(figure, alt)
            yield TaskFigure(task, kind, picture)


def task_figure(
    task: str, kind: str, trials: pd.DataFrame, table: pd.DataFrame, found: Acuities
) -> Figure:
    """One figure of one task as matplotlib's own object, to be changed or shown.

    Args:
        task: the task.
        kind: ``error``, ``answers`` or ``depth``.
        trials: the trial table.
        table: `curves` of it.
        found: `acuities` of the curves.

    Raises:
        InputError: the task has no figure of that kind.
    """
    asked = trials[trials["task"] == task]
    kinds = _kinds(task, asked)
    if asked.empty or kind not in kinds:
        there = ", ".join(kinds) if len(asked) else "none, for it was not asked"
        raise InputError(f"no figure {kind!r} of {task}; there are: {there}")
    with house_style():
        return _draw(task, kind, asked, table, histogram(asked), found).figure


def whose(trials: pd.DataFrame) -> str:
    """The model and the run that these trials are of."""
    names = [", ".join(sorted(trials[c].dropna().unique())) for c in ("model", "run_id")]
    return " · ".join(name for name in names if name)


def _kinds(task: str, asked: pd.DataFrame) -> list[str]:
    answers = value_kind(task) != "code"
    depth = bool(asked["depth"].notna().any())
    return [kind for kind, there in zip(KINDS, (True, answers, depth), strict=True) if there]


def _draw(
    task: str,
    kind: str,
    asked: pd.DataFrame,
    table: pd.DataFrame,
    counts: pd.DataFrame,
    found: Acuities,
) -> Drawing:
    points, subtitle = table[table["task"] == task], whose(asked)
    if kind == "error":
        return error_figure(task, points, found, subtitle)
    if kind == "depth":
        return depth_figure(task, asked, subtitle)
    series = answers_of(as_values(asked), counts[counts["task"] == task], points)
    return answer_figure(task, series, subtitle)
