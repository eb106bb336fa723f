"""How a task is put into words: a few parts, each with several forms, combined per trial.

Trials of one length differ in wording, so that a deterministic model is asked different
questions and not the same one over again.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd, prod

from .draw import Draw


@dataclass(frozen=True, slots=True)
class Wording:
    """The forms of one family of tasks; ``{seq}`` and ``{asked}`` are filled in.

    Attributes:
        intros: how the sequence is shown.
        questions: what is asked of it.
        bare: how ``direct`` mode asks for the answer alone.
        noun: what the answer is ("the number").
        hint: what the hint lens says; ``{decoy}`` is the likely wrong answer.
    """

    intros: tuple[str, ...]
    questions: tuple[str, ...]
    bare: tuple[str, ...]
    noun: str
    hint: str


@dataclass(frozen=True, slots=True)
class Phrases:
    """One choice of a form for each part."""

    intro: str
    question: str
    bare: str


def choose(wording: Wording, identity: tuple[str | int, ...], index: int) -> Phrases:
    """The forms for trial ``index``: no combination comes twice before all were used.

    Args:
        wording: the forms to choose from.
        identity: what the order of the combinations depends on (task, length, seed).
        index: the number of the trial.
    """
    parts = (wording.intros, wording.questions, wording.bare)
    count = prod(map(len, parts))
    draw = Draw("wording", *identity)
    start = draw.below(count)
    step = next(s for s in _cycle_from(draw.below(count), count) if gcd(s, count) == 1)
    number = (start + index * step) % count
    picked = []
    for part in parts:
        number, at = divmod(number, len(part))
        picked.append(part[at])
    return Phrases(*picked)


def _cycle_from(start: int, count: int) -> range:
    return range(start + 1, start + count + 1)


_NUMBER = (
    "Reply with the number only.",
    "Answer with just the number and nothing else.",
    "Give only the number.",
    "Write the number alone, without any other text.",
    "Respond with a single number.",
    "Output only the number.",
)
_DIGIT = tuple(form.replace("number", "digit") for form in _NUMBER)
_SEQUENCE = (
    "Here is a sequence: {seq}",
    "Consider the following sequence: {seq}",
    "Sequence: {seq}",
    "Look at this sequence: {seq}",
    "You are given the following sequence: {seq}",
    "This is the sequence: {seq}",
)
_COUNT_HINT = "Hint: the answer is not necessarily a round number, count carefully."

COUNT = Wording(
    intros=_SEQUENCE,
    questions=(
        "How many times does {asked} appear in the sequence?",
        "How many {asked}s are there in the sequence?",
        "Count the {asked}s in the sequence.",
        "What is the number of {asked}s in the sequence?",
        "How often does {asked} occur in the sequence?",
        "Please count how many times {asked} occurs in the sequence.",
        "Tell me how many {asked}s the sequence contains.",
        "Find the number of times that {asked} occurs in the sequence.",
    ),
    bare=_NUMBER,
    noun="the number",
    hint=_COUNT_HINT,
)
COUNT_WORD = Wording(
    intros=tuple(form.replace("sequence", "text") for form in _SEQUENCE),
    questions=(
        "How many times does the word '{asked}' appear in the text?",
        "How often does the word '{asked}' occur in the text?",
        "Count how many times '{asked}' appears in the text.",
        "What is the number of times that '{asked}' appears in the text?",
        "Please count the occurrences of '{asked}' in the text.",
        "How many occurrences of the word '{asked}' are there in the text?",
        "Tell me how many times the text says '{asked}'.",
        "Find the number of times that the word '{asked}' is used in the text.",
    ),
    bare=_NUMBER,
    noun="the number",
    hint=_COUNT_HINT,
)
SUM = Wording(
    intros=(
        "Here is a sum: {seq}",
        "Consider the following sum: {seq}",
        "Sum: {seq}",
        "Look at this sum: {seq}",
        "You are given numbers to add: {seq}",
        "Add up the following: {seq}",
    ),
    questions=(
        "What is the result?",
        "What does it add up to?",
        "What is the total?",
        "Calculate the result.",
        "Find the total.",
        "Please work out the result.",
        "Tell me the total.",
        "How much is that?",
    ),
    bare=_NUMBER,
    noun="the number",
    hint="Hint: the result is not necessarily a round number, add carefully.",
)
_COPY_HINT = "Hint: it's not necessarily a {decoy}, check carefully."


def _ends(end: str, verb: str, place: str) -> tuple[str, ...]:
    return (
        f"What is the {end} digit in the sequence?",
        f"Which digit does the sequence {verb} with?",
        f"Name the {end} digit of the sequence.",
        f"Which digit comes {end} in the sequence?",
        f"Give the {end} digit of the sequence.",
        f"What digit stands at the {place} of the sequence?",
        f"Identify the {end} digit in the sequence.",
        f"Tell me the {end} digit of the sequence.",
    )


COPY_LAST = Wording(_SEQUENCE, _ends("last", "end", "end"), _DIGIT, "the digit", _COPY_HINT)
COPY_FIRST = Wording(_SEQUENCE, _ends("first", "start", "start"), _DIGIT, "the digit", _COPY_HINT)
COPY_SEQUENCE = Wording(
    intros=_SEQUENCE,
    questions=(
        "Repeat the sequence exactly.",
        "Copy the sequence exactly.",
        "Write the same sequence again, exactly.",
        "Please reproduce the sequence exactly.",
        "Say the whole sequence again, exactly.",
        "Give the sequence back exactly as it is.",
        "Print the same sequence, exactly.",
        "Please type the sequence again, exactly.",
    ),
    bare=(
        "Reply with the sequence only.",
        "Answer with just the sequence and nothing else.",
        "Give only the sequence.",
        "Write the sequence alone, without any other text.",
        "Respond with the sequence alone.",
        "Output only the sequence.",
    ),
    noun="the sequence",
    hint="Hint: the sequence does not repeat itself, copy it digit by digit.",
)
