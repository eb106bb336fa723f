"""A task: a sequence of any length, a question about it, and what an answer to it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from .chance import CHOICES, Guess, no_guess, odd_symbol_guess
from .draw import Draw
from .lenses.find import canonical, find_lens
from .lenses.symbols import symbols_of
from .modes import MODES, base_mode
from .prompts.wording import Wording
from .reading import AnswerKind

DIGITS = tuple("0123456789")


@dataclass(frozen=True, slots=True)
class Items:
    """A sequence and what is true of it.

    Attributes:
        items: the elements, one per unit of length.
        truth: the expected answer.
        asked: the symbol or key that the question names, where it names one.
        decoy: the symbol that a model without sight would answer with, where there is one.
        values: of records, the values, of which one is the answer.
        notes: what else the table of trials should hold, by column (``depth``).
    """

    items: tuple[str, ...]
    truth: str
    asked: str = ""
    decoy: str = ""
    values: tuple[str, ...] = ()
    notes: Mapping[str, float] = field(default_factory=dict)


Generator = Callable[[Draw, int], Items]
"""Makes the sequence of a length from 1 up, as a pure, total function of its private stream."""

WorkedExample = Callable[[Items, str], str]
"""Writes the reasoning about a sequence down, given what stands between its items."""


@dataclass(frozen=True, slots=True)
class Task:
    """A question asked at many lengths.

    A plug-in offers one through the entry-point group ``snellen.tasks``; docs/tasks.md shows how.

    Attributes:
        name: lower case, without the prefix that lm-eval names carry.
        summary: the sequence and the answer, in a line: "n times one digit; n".
        generate: makes the sequence.
        wording: the forms that question and sequence are put into; or, for prompts that never
            vary, a function from the sequence and the mode to the whole prompt. The latter takes
            no lens, and writes its own worked examples.
        answer: what kind of answer is looked for.
        family: what it is shown with.
        separator: what stands between items.
        work: the worked example of ``cot_fewshot`` prompts; without one, there is no such mode.
        guess: how often the best blind guess is right (:mod:`snellen.tasks.chance` says who
            is blind).
        alphabet: what a ``symbol``, or an item of a ``sequence``, can be: what a forced answer is
            chosen from.
        codes: the least and the greatest ``code``, of equally many digits.
        end: which end of the sequence a ``symbol`` is asked from, where it is.
        shots: worked examples of a ``fewshot`` prompt, if the mode does not say.
        stop: texts that end an answer in ``cot_fewshot`` mode, for tasks that write their own
            prompt.
        modes: the modes it is asked in.
        lengths: the lengths of its chart; ``None`` for the standard ones.
        trials: trials per length of its chart.
        version: raised whenever a sequence or a truth changes.
        revisions: how often the prompt of a mode or of a lens's term changed while the sequences
            stayed, by its name, with the parameters that it holds for or without.
        relabels: its symbols stand for nothing but themselves, and the question calls them digits
            or by name: others may stand in their place.
        mixes: the items that are its decoy may be of several kinds.
        worth: what an item adds to the answer, where that is a number: so that parts of the
            sequence can be answered one by one.
    """

    name: str
    summary: str
    generate: Generator
    wording: Wording | Callable[[Items, str], str]
    answer: AnswerKind = "number"
    family: str = "other"
    separator: str = " "
    work: WorkedExample | None = None
    guess: Guess = no_guess
    alphabet: tuple[str, ...] = DIGITS
    codes: tuple[int, int] = (10_000, 99_999)
    end: Literal["", "first", "last"] = ""
    shots: int = 5
    stop: tuple[str, ...] = ()
    modes: tuple[str, ...] = MODES
    lengths: tuple[int, ...] | None = None
    trials: int = 10
    version: int = 1
    revisions: Mapping[str, int] = field(default_factory=dict)
    relabels: bool = False
    mixes: bool = False
    worth: Callable[[Items, str], int] | None = None

    def __post_init__(self) -> None:
        """A task without a worked example is not asked in ``cot_fewshot`` mode."""
        if self.work is None and isinstance(self.wording, Wording):
            modes = tuple(mode for mode in self.modes if mode != "cot_fewshot")
            object.__setattr__(self, "modes", modes)

    @property
    def takes_lenses(self) -> bool:
        """Whether its prompt can be changed by a lens."""
        return isinstance(self.wording, Wording)

    @property
    def length_answers(self) -> bool:
        """Whether whoever knows the length knows the answer, as far as it is told."""
        return self.guess is no_guess

    def has_mode(self, mode: str) -> bool:
        """Whether it is asked in a mode."""
        return base_mode(mode) in self.modes

    def chance(
        self, length: int, mode: str = "direct", lens: str = "none", answer: str = "free"
    ) -> float:
        """How often the best blind guess at an answer is right.

        No mode and no lens of Snellen's own tells a guesser more than the bare prompt does, so
        the chance is the same in and through all of them, except where a lens puts more or fewer
        symbols into the sequence; tests hold it. Of an answer that is
        chosen among alternatives, a guess is right once in as many as remain: who sees the blur of
        a copy rules its majority out, and who would have guessed better guesses no worse.

        Args:
            length: number of items.
            mode: how the answer is prompted.
            lens: the change to the prompt.
            answer: the form of the answer.

        Returns:
            A probability below 1.
        """
        guess, symbols = self.guess(length), len(self.alphabet)
        seen = find_lens(lens) if "vocabulary:" in lens else None
        if seen and self.answer == "symbol":
            symbols = len(symbols_of(seen, self.alphabet))
            guess = odd_symbol_guess(length, seen.vocabulary - 1, symbols)
        if answer != "choice":
            return guess
        blurred = self.answer == "symbol" and guess > 1 / symbols
        return max(guess, 1 / (CHOICES - blurred))

    def version_of(self, mode: str, lens: str) -> int:
        """The version of its prompts in a mode and through a lens."""
        terms = canonical(lens).split("+")
        names = [base_mode(mode), *terms, *(t.partition(":")[0] for t in terms if ":" in t)]
        return self.version + sum(self.revisions.get(name, 0) for name in names)
