"""Lenses that ask for a transcript before the answer: part by part, or item by item."""

from __future__ import annotations

from collections.abc import Sequence

from ..reading import AnswerKind
from .lens import Lens
from .term import Term, number, plain, wrong

PART = "Part {number}: "
"""How the line about a part begins."""
MARK = " | "
"""What stands between parts."""


def _partition(given: Sequence[str]) -> Lens:
    if len(given) != 1:
        raise wrong("partition", given, "write partition:K, where K is the size of a part")
    every = number("partition", given, 0, 1, "the size of a part")
    return Lens(
        f"partition:{every}", f"parts of {every} items, answered one by one and then combined",
        mark=MARK, every=every, transcript="parts",
    )  # fmt: skip


TERMS = (
    Term(
        "partition",
        "parts of K items, answered one by one and then combined (arXiv 2601.02989)",
        _partition,
        ":K",
    ),
    plain("enumerate", "items written down one by one, counted along", transcript="items"),
)


def instruction(lens: Lens, kind: AnswerKind, adds: bool) -> str:
    """What the prompt says of the transcript.

    Args:
        lens: one that asks for a transcript.
        kind: what kind of answer is looked for.
        adds: the items are numbers to be added, rather than counted.
    """
    if lens.transcript == "parts":
        marks = "The items stand in parts, with '|' between them."
        if kind == "sequence":
            return (
                f"{marks} Write the parts down one by one, each on a line of its own that begins "
                "with 'Part 1: ', 'Part 2: ' and so on."
            )
        then = "add these numbers up" if kind == "number" else "answer for the whole"
        return (
            f"{marks} First answer for each part alone, each on a line of its own that begins "
            f"with 'Part 1: ', 'Part 2: ' and so on; then {then}."
        )
    if kind == "number":
        along = "the total so far" if adds else "the count so far"
        return (
            "First write the items down one by one, each on a line of its own, followed by a colon "
            f"and {along}."
        )
    return (
        "First write the items down one by one, each on a line of its own that begins with its "
        "number: '1: ', '2: ' and so on."
    )
