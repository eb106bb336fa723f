"""Which tasks take which lenses, and in which modes and answer forms."""

from __future__ import annotations

from dataclasses import replace

from ..modes import REASONED, base_mode
from ..task import Task
from .lens import Lens
from .symbols import symbols_of

FREE = "free"


def refusal(lens: Lens, task: Task, mode: str = "direct", answer: str = FREE) -> str:
    """Why a task cannot be asked through a lens; empty if it can.

    Args:
        lens: the lens.
        task: the task.
        mode: how the answer is prompted.
        answer: the form of the answer.
    """
    if not lens.changes_prompt:
        return ""
    if not task.takes_lenses:
        return "it writes its own prompt, word for word, and takes no lens that changes it"
    return (
        _spoils(lens, task)
        or _spoils_symbols(lens, task)
        or _asks_too_much(lens, task, mode, answer)
    )


def _spoils(lens: Lens, task: Task) -> str:
    """Why the sequence cannot be written so."""
    between, apart = lens.gaps(task.separator)
    if lens.write is not None:
        return ""
    alone = lens.symbols in ("", "letters")
    if not (between and apart) and not (alone and _single(task)):
        return "items of several characters cannot stand without anything between them"
    if lens.separator is not None and lens.gaps(task.separator) == (task.separator,) * 2:
        return "its items stand so without a lens"
    if lens.every and not lens.brackets and not lens.transcript and apart == between:
        return "the marks of the groups are what stands between its items anyway"
    if lens.joined and lens.gaps(task.separator) == _spaced(lens, task):
        return "there is no space to leave out"
    if lens.numbered and task.length_answers:
        return "its answer is the number of items, and the last number would give it away"
    return ""


def _spaced(lens: Lens, task: Task) -> tuple[str, str]:
    return replace(lens, joined=False).gaps(task.separator)


def _single(task: Task) -> bool:
    return task.relabels or "+" in task.separator


def _spoils_symbols(lens: Lens, task: Task) -> str:
    """Why its symbols cannot be others."""
    if lens.symbols and not task.relabels:
        return "its items stand for more than themselves, and no others can take their place"
    if lens.vocabulary and not task.mixes:
        return "what its sequences are made of cannot vary without changing the answer"
    if lens.vocabulary:
        most = len(symbols_of(lens, task.alphabet)) // 2
        if lens.vocabulary > most:
            more = "" if lens.symbols else "; letters and words have more"
            return f"of its symbols at most {most} can stand in one sequence{more}"
    return ""


def _asks_too_much(lens: Lens, task: Task, mode: str, answer: str) -> str:
    """Why the answer cannot be written so."""
    if not lens.reasons:
        return ""
    if lens.reason and base_mode(mode) in REASONED:
        return f"mode {mode} asks for reasoning already"
    if answer != FREE:
        return f"a {answer} answer leaves no room for what the lens wants written before it"
    if lens.transcript and task.answer == "number" and task.worth is None:
        return "it does not say what an item is worth, so that parts cannot be added up"
    if lens.transcript == "items" and task.answer == "code":
        return "there is nothing to count along"
    if lens.reason and base_mode(mode) == "fewshot" and task.work is None:
        return "it has no worked example"
    return ""


def takers(lens: Lens, tasks: list[Task]) -> list[str]:
    """The names of the tasks that take a lens in some mode."""
    return [
        task.name for task in tasks if any(not refusal(lens, task, mode) for mode in task.modes)
    ]
