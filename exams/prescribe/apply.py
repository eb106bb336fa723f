"""A prescription worn: a user's own sequence and question, written as the lens writes them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ...errors import InputError
from ...tasks.lenses import Lens, find_lens
from ...tasks.lenses.transcripts import instruction
from ...tasks.prompts.body import body
from ...tasks.prompts.wording import THINK, Phrases, Wording
from ...tasks.registry import find_task
from ...tasks.task import Items, Task
from .result import Prescription, load_prescription


def apply_lens(
    text_or_items: str | Sequence[str],
    prescription: Prescription | Path | str,
    *,
    question: str = "",
    separator: str | None = None,
    task: str | None = None,
    mode: str | None = None,
    hint: str | None = None,
) -> str:
    """Write a sequence, and a question about it, as the prescribed lens writes them.

    Args:
        text_or_items: the sequence: its items, or a text of them. A text is taken apart at its
            separator; where none is given, at line ends, else at commas, else at spaces, else
            between characters.
        prescription: it, or its file or folder.
        question: what is asked; stands after the sequence unless the lens puts it elsewhere.
            Lenses that move a question, warn or ask for steps need one.
        separator: what stands between the items without a lens.
        task: the task whose lens is worn, where the prescription has several.
        mode: likewise its mode.
        hint: what a lens with a hint says; default: what it said in the task.

    Returns:
        The prompt; without a question, the sequence. Where no lens is prescribed, both as they are.

    Raises:
        InputError: there are no items, the prescription has no such task, or its lens changes what
            no text can hold (the symbols of the task, an effort, what is inside a model).
    """
    if not isinstance(prescription, Prescription):
        prescription = load_prescription(prescription)
    entry = prescription.entry(task, mode)
    items, between = _items(text_or_items, separator)
    if entry["lens"] is None:
        shown = text_or_items if isinstance(text_or_items, str) else between.join(items)
        return "\n".join(part for part in (shown, question) if part)
    lens = find_lens(str(entry["lens"]))
    _check(lens)
    known = find_task(str(entry["task"]))
    words = _words(known, hint)
    asked = question.replace("{", "{{").replace("}", "}}")
    phrases = Phrases("{seq}", asked, "", THINK[0])
    how = _how(lens, known) if question else []
    prompt = body(words, phrases, Items(tuple(items), ""), between, lens, how, 0).strip("\n")
    return lens.change("\n\n".join([prompt] * lens.repeat))


def _items(given: str | Sequence[str], separator: str | None) -> tuple[list[str], str]:
    """The items, and what stands between them."""
    if not isinstance(given, str):
        items, between = [str(item) for item in given], " " if separator is None else separator
    else:
        between = _between(given.strip()) if separator is None else separator
        parts = given.strip().split(between) if between.strip(" ") else given.split() or [""]
        items = [part.strip() for part in parts] if between else list(given.strip())
        items = [item for item in items if item]
    if not items:
        raise InputError("apply_lens: the sequence has no items")
    return items, between


def _between(text: str) -> str:
    for mark in ("\n", ", ", ",", " "):
        if mark in text:
            return mark
    return ""


def _check(lens: Lens) -> None:
    if lens.symbols or lens.vocabulary:
        raise InputError(
            f"lens {lens.name!r} puts other symbols in the place of a task's own; choose symbols "
            "for your data yourself, and write the items with them"
        )
    if lens.effort or lens.inside:
        raise InputError(
            f"lens {lens.name!r} changes how the model works, not what it reads: no text can hold "
            "it; run the model with it ('snellen run --lens', docs/lenses.md)"
        )


def _words(task: Task, hint: str | None) -> Wording:
    told = task.wording.hint if isinstance(task.wording, Wording) else ""
    return Wording(("{seq}",), ("",), ("",), "the answer", told if hint is None else hint)


def _how(lens: Lens, task: Task) -> list[str]:
    """What a lens that wants steps asks for."""
    think = [THINK[0]] if lens.reason else []
    if lens.transcript:
        adds = task.answer == "number" and "+" in task.separator
        think.append(instruction(lens, task.answer, adds=adds))
    return think
