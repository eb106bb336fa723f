"""Over all tasks of a run: how far the model sees on these tasks, and on tasks like these."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..stats.board import LengthCounts, restricted_mean
from ..stats.hierarchy import over_tasks
from ..stats.intervals import Interval
from ..store.curve_key import CurveKey
from .catalogue import chance
from .curves import by_curve

CONDITION = CurveKey._fields[1:]
"""What the tasks of one mean have in common: mode, answer form, lens."""


@dataclass(frozen=True)
class TaskMean:
    """Restricted mean acuity over the tasks of one mode, answer form and lens.

    How far a model sees on a task is the area under its accuracy over octaves of length, guessing
    taken off, as a length in items (`stats.board.restricted`): it exists for every task, also for
    those without an L50.

    Attributes:
        mode: how the answers are prompted.
        answer: their form.
        lens: the change to the prompts.
        tasks: the tasks that are averaged.
        left_out: those with fewer than two answered lengths at which a guess can be wrong.
        value: the mean over these tasks, in items.
        these: its 95 % interval for exactly these tasks: other answers of the same model.
        like: the mean for tasks like these, where each counts by how surely it is known.
        like_these: its 95 % interval for tasks of which these are a sample; 0 and infinity where
            there is one task alone.
        spread: standard deviation between tasks, in octaves; NaN for one task.
    """

    mode: str
    answer: str
    lens: str
    tasks: tuple[str, ...]
    left_out: tuple[str, ...]
    value: float
    these: Interval
    like: float
    like_these: Interval
    spread: float

    @property
    def condition(self) -> str:
        """Mode, answer form and lens, as curves are named."""
        return CurveKey("", self.mode, self.answer, self.lens).condition


def task_means(table: pd.DataFrame) -> list[TaskMean]:
    """The means of every mode, answer form and lens of a table from `curves`."""
    groups: dict[tuple[str, ...], list[tuple[CurveKey, pd.DataFrame]]] = {}
    for key, points in by_curve(table):
        open_to_doubt = [chance(key, int(length)) < 1 for length in points["length"]]
        telling = points[(points["answered"] > 0) & np.array(open_to_doubt)]
        groups.setdefault(key[1:], []).append((key, telling))
    return [found for group in groups.values() if (found := _mean(group)) is not None]


def _mean(group: list[tuple[CurveKey, pd.DataFrame]]) -> TaskMean | None:
    known = [(key, _octaves(key, points)) for key, points in group if len(points) > 1]
    if not known:
        return None
    octaves, errors = np.array([found for _, found in known]).T
    mean = over_tasks(octaves, errors)
    first = known[0][0]
    return TaskMean(
        *first[1:],
        tasks=tuple(key.task for key, _ in known),
        left_out=tuple(key.task for key, points in group if len(points) < 2),
        value=_items(mean.value_these),
        these=_interval(mean.these),
        like=_items(mean.value),
        like_these=_interval(mean.like_these),
        spread=mean.spread,
    )


def _octaves(key: CurveKey, points: pd.DataFrame) -> tuple[float, float]:
    """log2 of how far it sees on one task, and its standard error."""
    lengths = points["length"].to_numpy()
    guessing = [chance(key, int(length)) for length in lengths]
    counts = LengthCounts.of(lengths, points["correct"], points["answered"], guessing)
    mean = restricted_mean([counts])
    # One standard deviation of Wilson's interval each way; never none.
    low, high = mean.reach(1.0)
    return float(np.log2(mean.value)), float(np.sqrt((low**2 + high**2) / 2))


def _items(octaves: float) -> float:
    return float(np.exp2(octaves))


def _interval(octaves: Interval) -> Interval:
    return Interval(_items(octaves.low), _items(octaves.high))


def task_mean_table(means: list[TaskMean]) -> pd.DataFrame:
    """The means for programs: ``over_tasks.csv``.

    Returns:
        One row per mode, answer and lens, with the columns ``tasks`` (how many), ``names``
        (joined by a space), ``left_out``; ``these``, ``these_low``, ``these_high`` for exactly
        these tasks and ``like_these``, ``like_these_low``, ``like_these_high`` for tasks like
        them, all in items (0 and ``inf`` where open); ``spread_octaves`` between tasks.
    """
    columns = [*CONDITION, "tasks", "names", "left_out", "these", "these_low", "these_high"]
    columns += ["like_these", "like_these_low", "like_these_high", "spread_octaves"]
    rows = [
        (
            *(m.mode, m.answer, m.lens, len(m.tasks), " ".join(m.tasks), " ".join(m.left_out)),
            *(m.value, *m.these, m.like, *m.like_these, m.spread),
        )
        for m in means
    ]
    return pd.DataFrame(rows, columns=columns)
