"""Lenses: changes to the prompt that should restore sight (paper, sections 3 and 7, C.5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import InputError


@dataclass(frozen=True, slots=True)
class Lens:
    """One change to the prompt.

    Attributes:
        name: as the command line writes it.
        summary: what it does, in a line.
        separator: what stands between items instead of the task's own separator.
        every: a group mark after every so many items; 0 for none.
        hint: warn against the answer that a model without sight would give.
        question_first: put the question before the sequence.
        repeat: say the whole prompt twice.
    """

    name: str
    summary: str
    separator: str | None = None
    every: int = 0
    hint: bool = False
    question_first: bool = False
    repeat: bool = False

    def render(self, items: Sequence[str], separator: str) -> str:
        """Write a sequence down.

        Args:
            items: the elements.
            separator: the task's own separator, used where the lens has none.
        """
        between = separator if self.separator is None else self.separator
        if not self.every:
            return between.join(items)
        groups = [
            between.join(items[start : start + self.every])
            for start in range(0, len(items), self.every)
        ]
        if "+" in between:
            return between.join(f"({group})" for group in groups)
        return ", ".join(groups)


LENSES: dict[str, Lens] = {
    lens.name: lens
    for lens in (
        Lens("none", "the prompt as it is"),
        Lens("comma", "a comma after every item", separator=", "),
        Lens("newline", "every item on its own line", separator="\n"),
        Lens("group3", "a mark after every third item (paper, Fig. 5d)", every=3),
        Lens("group10", "a mark after every tenth item", every=10),
        Lens("hint", "a warning against the likely error (paper, section 3.1)", hint=True),
        Lens(
            "question_first", "the question before the sequence (paper, C.5)", question_first=True
        ),
        Lens("repeat", "the whole prompt twice (arXiv 2512.14982)", repeat=True),
    )
}


def find_lens(name: str) -> Lens:
    """The lens of that name.

    Raises:
        InputError: there is none.
    """
    try:
        return LENSES[name]
    except KeyError:
        raise InputError(f"unknown lens {name!r}; there are: {', '.join(LENSES)}") from None
