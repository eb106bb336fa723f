"""The transcript that a lens asks for, as it would be right: what worked examples show."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from ..lenses.lens import Lens
from ..lenses.transcripts import PART
from ..task import Items, Task


def transcript(task: Task, made: Items, lens: Lens) -> str:
    """The lines before the answer: about every part, or every item."""
    if lens.transcript == "parts":
        parts = lens.groups(made.items)
        return "\n".join(
            PART.format(number=number) + _answer_of(task, made, part)
            for number, part in enumerate(parts, 1)
        )
    if task.answer == "number":
        so_far = accumulate(_worth(task, made, item) for item in made.items)
        return "\n".join(f"{item}: {n}" for item, n in zip(made.items, so_far, strict=True))
    return "\n".join(f"{number}: {item}" for number, item in enumerate(made.items, 1))


def _answer_of(task: Task, made: Items, part: Sequence[str]) -> str:
    """The answer about a part alone."""
    if task.answer == "number":
        return str(sum(_worth(task, made, item) for item in part))
    if task.answer == "symbol":
        return part[0] if task.end == "first" else part[-1]
    if task.answer == "sequence":
        return " ".join(part)
    record = f"{made.asked}: {made.truth}"
    return made.truth if record in part else "none"


def _worth(task: Task, made: Items, item: str) -> int:
    assert task.worth is not None  # a lens that asks for sub-totals is refused without
    return task.worth(made, item)
