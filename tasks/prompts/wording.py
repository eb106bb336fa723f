"""A few parts, each with several forms, combined per trial.

Trials of one length differ in wording, so that a deterministic model is asked different
questions and not the same one over again.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd, prod

from ..draw import Draw

PAPERS_THINK = "Let's think step by step, showing me your reasoning."
"""The paper's words for reasoning (Appendix C.1)."""

THINK = (
    PAPERS_THINK,
    "Think step by step, and write your reasoning down.",
    "Work through it step by step, showing your reasoning.",
    "Reason step by step before you answer.",
    "Go through it step by step, and show your work.",
    "First write down your reasoning, step by step.",
)
"""How ``cot`` mode asks for reasoning."""


@dataclass(frozen=True, slots=True)
class Wording:
    """The forms of a task; ``{seq}`` and ``{asked}`` are filled in.

    Attributes:
        intros: how the sequence is shown.
        questions: what is asked of it.
        bare: how ``direct`` mode asks for the answer alone.
        noun: what the answer is ("the number").
        hint: what the hint lens says. It must not tell what a blind guesser does not know.
    """

    intros: tuple[str, ...]
    questions: tuple[str, ...]
    bare: tuple[str, ...]
    noun: str
    hint: str

    @property
    def count(self) -> int:
        """How many wordings there are before one comes again."""
        return prod(map(len, (self.intros, self.questions, self.bare)))


@dataclass(frozen=True, slots=True)
class Phrases:
    """One choice of a form for each part."""

    intro: str
    question: str
    bare: str
    think: str


def choose(wording: Wording, identity: tuple[str | int, ...], index: int) -> Phrases:
    """The forms for trial ``index``: no combination comes twice before all were used.

    Args:
        wording: the forms to choose from.
        identity: what the order of the combinations depends on (task, length, seed).
        index: the number of the trial.
    """
    draw = Draw("wording", *identity)
    start = draw.below(wording.count)
    first = draw.below(wording.count) + 1
    step = next(s for s in range(first, first + wording.count) if gcd(s, wording.count) == 1)
    number = (start + index * step) % wording.count
    number, intro = divmod(number, len(wording.intros))
    last, question = divmod(number, len(wording.questions))
    return Phrases(
        wording.intros[intro],
        wording.questions[question],
        wording.bare[last],
        THINK[last % len(THINK)],
    )


def ways_to_show(noun: str, label: str) -> tuple[str, ...]:
    """How a sequence is shown.

    Args:
        noun: what the sequence is called in a sentence ("sequence", "text").
        label: what stands before it without one ("Sequence").
    """
    return (
        f"Here is a {noun}: {{seq}}",
        f"Consider the following {noun}: {{seq}}",
        f"{label}: {{seq}}",
        f"Look at this {noun}: {{seq}}",
        f"You are given the following {noun}: {{seq}}",
        f"This is the {noun}: {{seq}}",
    )


def ways_to_ask_for_only(noun: str) -> tuple[str, ...]:
    """How the answer alone is asked for.

    Args:
        noun: what the answer is ("number", "digit").
    """
    return (
        f"Reply with the {noun} only.",
        f"Answer with just the {noun} and nothing else.",
        f"Give only the {noun}.",
        f"Write the {noun} alone, without any other text.",
        f"Respond with a single {noun}.",
        f"Output only the {noun}.",
    )
