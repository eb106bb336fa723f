"""All tasks and groups by name."""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import InputError
from . import copying, counting, lookup, paper, summing
from .catalogue import Catalogue
from .modes import MODES, base_mode
from .task import Task

PREFIX = "snellen_"
FAMILIES = ("summing", "counting", "copying", "lookup")
"""The families of Snellen's own prompts."""

_OWN = (*summing.TASKS, *counting.TASKS, *copying.TASKS, *lookup.TASKS, *paper.TASKS)


def _names(*families: str) -> tuple[str, ...]:
    return tuple(task.name for task in _OWN if task.family in families)


GROUPS: dict[str, tuple[str, ...]] = {
    "snellen": _names(*FAMILIES),
    # Not one for lookup: a group of the same name as a task would hide it.
    **{f"{PREFIX}{family}": _names(family) for family in ("summing", "counting", "copying")},
    f"{PREFIX}paper": _names("paper"),
}
"""Names that stand for several tasks. Tasks of plug-ins are in none of them, so that a group is
the same everywhere."""

TASKS = Catalogue(
    "snellen.tasks",
    Task,
    _OWN,
    # A task called x_cot would be task x in mode cot to lm-eval.
    reserved=[
        *(name.removeprefix(PREFIX) for name in GROUPS),
        *(f"{task.name}_{mode}" for task in _OWN for mode in (*MODES, "choice")),
    ],
)
"""All tasks by name, those of plug-ins included."""


def find_task(name: str) -> Task:
    """The task of that name, with or without the ``snellen_`` prefix.

    Raises:
        InputError: there is none.
    """
    task = TASKS.get(name.removeprefix(PREFIX))
    if task is None:
        raise InputError(f"unknown task {name!r}; 'snellen tasks' lists them")
    return task


def find_tasks(names: Iterable[str]) -> tuple[Task, ...]:
    """The tasks that names and groups stand for, each once, in the catalogue's order.

    Raises:
        InputError: a name is neither a task nor a group, or there is none.
    """
    wanted: dict[str, Task] = {}
    for name in names:
        group = GROUPS.get(name) or GROUPS.get(PREFIX + name)
        for task in map(find_task, group or (name,)):
            wanted[task.name] = task
    if not wanted:
        raise InputError("--tasks names no task; 'snellen tasks' lists them")
    own = [name for name in TASKS.own if name in wanted]
    return tuple(wanted[name] for name in dict.fromkeys([*own, *wanted]))


def harness_name(task: str, mode: str) -> str:
    """The name under which lm-eval knows a task in a mode.

    >>> harness_name("count_ones", "direct"), harness_name("count_ones", "cot")
    ('snellen_count_ones', 'snellen_count_ones_cot')
    """
    base = base_mode(mode)
    return PREFIX + task + ("" if base == "direct" else f"_{base}")
