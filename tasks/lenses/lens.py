"""A lens: a change to what is asked, or to how a model works, that should restore sight."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal


@dataclass(frozen=True, slots=True)
class Lens:
    """One change, or several combined; :func:`snellen.tasks.lenses.find_lens` makes one by name.

    A plug-in offers one through the entry-point group ``snellen.lenses``; docs/tasks.md shows how.

    Attributes:
        name: as the command line writes it; one spelling for one lens.
        summary: what it does, in a line.
        separator: what stands between items instead of the task's own separator.
        mark: what stands between groups of items.
        every: a group mark after every so many items; 0 for none.
        align: the end of the sequence from which the groups are counted.
        brackets: groups stand in brackets.
        joined: no spaces around items.
        numbered: every item has its number before it.
        hint: warn against the answer that a model without sight would give.
        question: where the question stands: before the sequence, after it, or both.
        repeat: how often the whole prompt is said.
        repeat_sequence: how often the sequence is shown.
        filler: words of neutral text before the sequence.
        symbols: what stands for the symbols of the sequence: ``letters``, ``words``,
            ``nonwords``; empty for those of the task.
        vocabulary: number of distinct symbols in the sequence; 0 for as many as the task has.
        transcript: what is written down before the answer: an answer for each of the ``parts``,
            or the ``items`` one by one, counted along.
        reason: ask for reasoning before the answer, as mode ``cot`` does.
        effort: how hard a model that thinks is to think (``low``, ``high``); empty for as it is.
        inside: changes to the forward pass of an open model, each as its term is written.
        write: write the sequence down, given the items and the task's own separator; instead of
            separator and group mark.
        rewrite: change the finished prompt, for what the other fields cannot say.
    """

    name: str
    summary: str
    separator: str | None = None
    mark: str | None = None
    every: int = 0
    align: Literal["left", "right"] = "left"
    brackets: bool = False
    joined: bool = False
    numbered: bool = False
    hint: bool = False
    question: Literal["first", "last", "both"] = "last"
    repeat: int = 1
    repeat_sequence: int = 1
    filler: int = 0
    symbols: str = ""
    vocabulary: int = 0
    transcript: Literal["", "parts", "items"] = ""
    reason: bool = False
    effort: str = ""
    inside: tuple[str, ...] = ()
    write: Callable[[Sequence[str], str], str] | None = None
    rewrite: Callable[[str], str] | None = None

    @property
    def changes_prompt(self) -> bool:
        """Whether the prompt is another; an effort and what is inside leave it as it is."""
        left_alone = Lens(self.name, self.summary, effort=self.effort, inside=self.inside)
        return self != left_alone

    @property
    def reasons(self) -> bool:
        """Whether the answer is to begin with reasoning or a transcript."""
        return self.reason or bool(self.transcript)

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
        if self.numbered:
            items = [f"[{number}] {item}" for number, item in enumerate(items, 1)]
        between, apart = self.gaps(separator)
        if not self.every:
            return between.join(items)
        groups = [between.join(group) for group in self.groups(items)]
        if self.brackets:
            groups = [f"({group})" for group in groups]
        return apart.join(groups)

    def answer(self, items: Sequence[str], separator: str) -> str:
        """Write a copied sequence down: as the lens shows it, without the items' numbers."""
        return replace(self, numbered=False).render(items, separator)

    def groups(self, items: Sequence[str]) -> list[Sequence[str]]:
        """The items in groups; the one that is not full is the last, or, from the right, the first.

        >>> Lens("", "", every=3, align="right").groups("abcd")
        ['a', 'bcd']
        """
        size = self.every or len(items)
        short = len(items) % size if self.align == "right" else 0
        first = [items[:short]] if short else []
        return first + [items[at : at + size] for at in range(short, len(items), size)]

    def gaps(self, separator: str) -> tuple[str, str]:
        """What stands between two items, and what between two groups.

        Args:
            separator: the task's own.
        """
        between = separator if self.separator is None else self.separator
        apart = between if self.mark is None else self.mark
        if self.mark is not None and "+" in between:  # a sum stays one sum
            apart = f"{self.mark.rstrip(' ')} + " if self.mark.strip(" ") != "\n" else "\n+ "
        if self.mark == " ":  # a gap shows where there is none elsewhere
            between, apart = between.strip(" "), between
        if self.joined:
            between, apart = between.replace(" ", ""), apart.replace(" ", "")
        return between, apart
