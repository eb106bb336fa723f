"""Lenses: changes to the prompt that should restore sight (paper, sections 3 and 7, C.5)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..errors import InputError
from .catalogue import Catalogue


@dataclass(frozen=True, slots=True)
class Lens:
    """One change to the prompt.

    A plug-in offers one through the entry-point group ``snellen.lenses``; docs/tasks.md shows how.

    Attributes:
        name: as the command line writes it.
        summary: what it does, in a line.
        separator: what stands between items instead of the task's own separator.
        every: a group mark after every so many items; 0 for none.
        hint: warn against the answer that a model without sight would give.
        question_first: put the question before the sequence.
        repeat: say the whole prompt twice.
        write: write the sequence down, given the items and the task's own separator; instead of
            separator and group mark.
        rewrite: change the finished prompt, for what the other fields cannot say.
    """

    name: str
    summary: str
    separator: str | None = None
    every: int = 0
    hint: bool = False
    question_first: bool = False
    repeat: bool = False
    write: Callable[[Sequence[str], str], str] | None = None
    rewrite: Callable[[str], str] | None = None

    def change(self, prompt: str) -> str:
        """The finished prompt, changed where the lens changes it."""
        return prompt if self.rewrite is None else self.rewrite(prompt)

    def render(self, items: Sequence[str], separator: str) -> str:
        """Write a sequence down.

        Args:
            items: the elements.
            separator: the task's own separator, used where the lens has none.
        """
        if self.write is not None:
            return self.write(items, separator)
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


LENSES = Catalogue(
    "snellen.lenses",
    Lens,
    (
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
    ),
)
"""All lenses by name, those of plug-ins included."""


def find_lens(name: str) -> Lens:
    """The lens of that name.

    Raises:
        InputError: there is none.
    """
    try:
        return LENSES[name]
    except KeyError:
        raise InputError(f"unknown lens {name!r}; there are: {', '.join(LENSES)}") from None
