"""Copying: say an end of the sequence again, or all of it (paper, section 3.1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

from .chance import Guess, alternation_guess, odd_digit_guess, whole_sequence_guess
from .draw import Draw
from .prompts.wording import Wording, ways_to_ask_for_only, ways_to_show
from .prompts.worked import GROUP, grouped
from .task import DIGITS, Generator, Items, Task


def odd_one_last(draw: Draw, n: int) -> Items:
    """A run of one digit that ends in another; the last is asked for (paper, section 3.1)."""
    majority, odd = draw.two(DIGITS)
    return Items((majority,) * (n - 1) + (odd,), truth=odd, decoy=majority)


def alternating_last(draw: Draw, n: int) -> Items:
    """Two digits in alternation, of true length n; the last is asked for.

    At odd n strict alternation makes the last digit the more frequent one, so in half of the
    trials the first digit gives way to the other: the majority is then no clue.
    """
    truth, other = draw.two(DIGITS)
    backwards = [truth if i % 2 == 0 else other for i in range(n)]
    if n > 1 and n % 2 == 1 and draw.uniform() < 0.5:
        backwards[-1] = other
    return Items(tuple(reversed(backwards)), truth=truth, decoy=other)


def turned_round(generate: Generator) -> Generator:
    """The same sequences backwards: what was asked of the end is asked of the start."""

    def backwards(draw: Draw, n: int) -> Items:
        made = generate(draw, n)
        return Items(made.items[::-1], made.truth, made.asked, made.decoy)

    return backwards


def random_digits(draw: Draw, n: int) -> Items:
    """n digits, uniform in 0 to 9, to be copied exactly."""
    which = (draw.uniforms(n) * len(DIGITS)).astype(int)
    items = tuple(np.array(DIGITS, dtype=object)[which].tolist())
    return Items(items, truth=" ".join(items))


def look_at(end: str) -> Callable[[Items, str], str]:
    """Find the last item in the last group, or the first in the first."""

    def work(made: Items, separator: str) -> str:
        return (
            f"We divide the sequence into groups of {GROUP}.\n"
            f"{grouped(made.items, separator, ' ')}\n"
            f"The {end} digit of the {end} group is {made.truth}"
        )

    return work


def copy_in_groups(made: Items, separator: str) -> str:
    """Copy the sequence group by group."""
    return (
        f"We divide the sequence into groups of {GROUP} and copy them one by one.\n"
        f"{grouped(made.items, separator, ' ')}"
    )


def _ask_for(end: str, verb: str, place: str) -> Wording:
    return Wording(
        intros=ways_to_show("sequence", "Sequence"),
        questions=(
            f"What is the {end} digit in the sequence?",
            f"Which digit does the sequence {verb} with?",
            f"Name the {end} digit of the sequence.",
            f"Which digit comes {end} in the sequence?",
            f"Give the {end} digit of the sequence.",
            f"What digit stands at the {place} of the sequence?",
            f"Identify the {end} digit in the sequence.",
            f"Tell me the {end} digit of the sequence.",
        ),
        bare=ways_to_ask_for_only("digit"),
        noun="the digit",
        # The paper's hint names the digit that it is not, and so the other one of two.
        hint="Hint: it is not necessarily the digit that you expect, check carefully.",
    )


COPY_SEQUENCE = Wording(
    intros=ways_to_show("sequence", "Sequence"),
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
REVISIONS = {"cot": 1, "cot_fewshot": 1}
"""Version 2: six ways to ask for reasoning, examples that never hold the truth."""


def _copy_of(
    end: Literal["first", "last"], name: str, summary: str, generate: Generator, guess: Guess
) -> Task:
    words = ("end", "end") if end == "last" else ("start", "start")
    return Task(
        name,
        summary,
        generate,
        _ask_for(end, *words),
        answer="symbol",
        family="copying",
        work=look_at(end),
        guess=guess,
        end=end,
        relabels=True,
        mixes=guess is odd_digit_guess,
        # The hint of version 1 gave the answer away to whoever saw two digits and believed it.
        revisions=REVISIONS | {"hint": 1},
    )


TASKS = (
    _copy_of(
        "last", "copy_last", "a run of one digit that ends in another; the last digit",
        odd_one_last, odd_digit_guess,
    ),
    _copy_of(
        "first", "copy_first", "a run of one digit that starts with another; the first digit",
        turned_round(odd_one_last), odd_digit_guess,
    ),
    _copy_of(
        "last", "copy_last_interleaved", "two digits in alternation; the last digit",
        alternating_last, alternation_guess,
    ),
    _copy_of(
        "first", "copy_first_interleaved", "two digits in alternation; the first digit",
        turned_round(alternating_last), alternation_guess,
    ),
    Task(
        "copy_sequence",
        "random digits; all of them, in order",
        random_digits,
        COPY_SEQUENCE,
        answer="sequence",
        family="copying",
        work=copy_in_groups,
        guess=whole_sequence_guess,
        revisions=REVISIONS,
        relabels=True,
    ),
)  # fmt: skip
