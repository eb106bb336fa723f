"""What the catalogue of tasks tells a report: the order of curves, and what an answer is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from ..errors import InputError
from ..store.curve_key import BARE, CurveKey
from ..tasks.modes import MODES
from ..tasks.reading import AnswerKind
from ..tasks.registry import TASKS, find_task
from ..tasks.task import Task
from ..tasks.trial import FREE


def known_task(name: str) -> Task | None:
    """The task of that name, with or without lm-eval's prefix; None for one that is not known."""
    try:
        return find_task(name)
    except InputError:
        return None


def value_kind(task: str) -> AnswerKind:
    """What an answer to this task is; a number for a task that is not known.

    ``number``: there is a distance to the truth; ``symbol``: one item of a few, right or wrong;
    ``sequence``: several items in order, at an edit distance; ``code``: a value that stands for
    itself, one of very many.
    """
    known = known_task(task)
    return known.answer if known else "number"


def has_distance(task: str) -> bool:
    """Whether an answer can be nearer to the truth than another, so that errors mean something."""
    return value_kind(task) in ("number", "sequence")


def chance(key: CurveKey, length: int) -> float:
    """Probability that the best blind guess is right; 0 for a task that is not known."""
    known = known_task(key.task)
    return known.chance(length, key.mode, key.lens, key.answer) if known else 0.0


def about(task: str) -> str:
    """The task in a line; empty for a task that is not known."""
    known = known_task(task)
    return known.summary if known else ""


def in_order(table: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Sort rows: tasks and modes as in the catalogue, the plain form and prompt before others."""
    known: dict[str, list[str]] = {
        "task": [*TASKS],
        "mode": [*MODES],
        "answer": [FREE],
        "lens": [BARE],
    }

    def key(column: pd.Series[Any]) -> pd.Series[Any]:
        first = {name: f"\0{i:03}" for i, name in enumerate(known.get(str(column.name), []))}
        return column.map({value: first.get(value, value) for value in column.unique()})

    return table.sort_values(list(by), key=key, kind="stable").reset_index(drop=True)
