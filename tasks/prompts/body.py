"""One question: the sequence, what is asked of it, and how the answer is to be written."""

from __future__ import annotations

from ..lenses.lens import Lens
from ..lenses.phrasing import neutral_text
from ..lenses.transcripts import instruction
from ..task import Items, Task
from .wording import Phrases, Wording

AGAIN = "The same again: "
"""What stands before a sequence that is shown once more."""
NUMBERED = "The numbers in square brackets count the items and are not part of them."


def body(
    words: Wording,
    phrases: Phrases,
    made: Items,
    separator: str,
    lens: Lens,
    how: list[str],
    start: int,
) -> str:
    """The question about a sequence, as a lens shows it.

    Args:
        words: the forms of the task.
        phrases: the forms chosen.
        made: the sequence.
        separator: the task's own separator.
        lens: the lens.
        how: sentences on how the answer is to be written, a line each.
        start: where neutral text begins.
    """
    seq = lens.render(made.items, separator)
    shown = [neutral_text(lens.filler, start)] if lens.filler else []
    shown += [phrases.intro.format(seq=seq), *[AGAIN + seq] * (lens.repeat_sequence - 1)]
    shown += [NUMBERED] if lens.numbered else []
    asked = phrases.question.format(asked=made.asked)
    told = [asked, *([words.hint] if lens.hint else []), *how]
    if lens.question == "first":
        return "\n".join([*told, *shown])
    first = [asked] if lens.question == "both" else []
    return "\n".join([*first, *shown, *told])


def instructions(task: Task, words: Wording, base: str, lens: Lens, phrases: Phrases) -> list[str]:
    """How the answer is to be written: bare, after a transcript, after reasoning.

    Args:
        task: the task.
        words: its forms.
        base: the mode, ``fewshot`` excepted.
        lens: the lens.
        phrases: the forms chosen.
    """
    if base == "direct" and not lens.reasons:
        return [phrases.bare]
    think = [phrases.think] if base == "cot" or lens.reason else []
    wanted = [transcript_wanted(task, lens)] if lens.transcript else []
    final_line = (
        "End with a line that says exactly 'The final answer is: xxxx', "
        f"where 'xxxx' is {words.noun}."
    )
    if base == "direct" and copies_in_parts(task, lens):
        return [*think, *wanted]
    return [" ".join([*think, *wanted, final_line])]


def transcript_wanted(task: Task, lens: Lens) -> str:
    """What the prompt says of the transcript that a lens asks for."""
    return instruction(lens, task.answer, adds=task.answer == "number" and "+" in task.separator)


def copies_in_parts(task: Task, lens: Lens) -> bool:
    """Whether the transcript is the answer: a copy, part by part or item by item."""
    return bool(lens.transcript) and task.answer == "sequence" and not lens.reason
