"""The acuity of every curve: the length at which accuracy falls through one half."""

from __future__ import annotations

import pandas as pd

from ..stats.acuity import AcuityReport, measure
from ..tasks.registry import PREFIX, TASKS
from .words import SERIES

UNREADABLE = ("unparseable", "truncated", "refused")
"""Outcomes of answers that say nothing of sight; a curve of mostly such has no acuity."""

Acuities = dict[tuple[str, str, str], AcuityReport]
"""Task, mode and lens -> what is said of that curve."""


def acuities(table: pd.DataFrame) -> Acuities:
    """Fit every curve of a table from `curves`; truncated answers count as not correct.

    The chance level is that of the task; a task which is not ours is taken to have none.
    """
    return {
        (str(task), str(mode), str(lens)): measure(
            points["length"],
            points["correct"],
            points["answered"],
            chance=chance(str(task)),
            unreadable=points[list(UNREADABLE)].sum(axis=1),
        )
        for (task, mode, lens), points in table.groupby(list(SERIES), sort=False, observed=True)
    }


def chance(task: str) -> float:
    """Probability of a correct answer by guessing."""
    known = TASKS.get(task.removeprefix(PREFIX))
    return known.chance if known else 0.0
