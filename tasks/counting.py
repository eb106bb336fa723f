"""How often does a symbol or a word occur? Tasks ii to iv of the paper.

The symbols and their roles are drawn, so that no fixed answer ("0", "100", the majority) is a
strategy.
"""

from __future__ import annotations

import numpy as np

from .chance import binomial_guess
from .draw import Draw
from .prompts.wording import Wording, ways_to_ask_for_only, ways_to_show
from .prompts.worked import add_groups
from .task import DIGITS, Items, Task

WORDS = ("car", "dog", "sun", "tree", "book", "fish", "door", "bird", "milk", "star")
BERNOULLI_P = 0.7
"""P(one) in the paper's task iii (section 3.2)."""


def run_of_one_symbol(draw: Draw, n: int) -> Items:
    """One digit, n times (paper, task ii)."""
    symbol = draw.pick([digit for digit in DIGITS if digit != str(n)])
    if _spells((symbol,), str(n)):
        symbol = draw.pick([digit for digit in DIGITS if digit not in str(n)])
    return Items((symbol,) * n, truth=str(n), asked=symbol)


def _spells(symbols: tuple[str, ...], truth: str) -> bool:
    """Whether the count can be written with the symbols alone: "11" for eleven ones.

    Then an echo of the sequence would pass for the answer, and no reader could tell them apart.
    """
    return set(truth) <= set(symbols)


def bernoulli(draw: Draw, n: int, p: float = BERNOULLI_P) -> Items:
    """Two symbols, i.i.d., one of them with probability p (paper, task iii).

    The question asks for either of the two, at even odds, so that neither "n" nor "about p n"
    is an answer to give blindly.
    """
    frequent = draw.uniforms(n) < p
    asks_frequent = draw.uniform() < 0.5
    count = int(np.count_nonzero(frequent))
    truth = str(count if asks_frequent else n - count)
    asked, other = draw.two([digit for digit in DIGITS if digit != truth])
    if _spells((asked, other), truth):
        asked, other = draw.two([digit for digit in DIGITS if digit not in truth])
    items = tuple(np.where(frequent == asks_frequent, np.array(asked, object), other).tolist())
    return Items(items, truth=truth, asked=asked, decoy=other)


def repeated_word(draw: Draw, n: int) -> Items:
    """One word, n times (paper, task iv, with 'car')."""
    word = draw.pick(WORDS)
    return Items((word,) * n, truth=str(n), asked=word)


def count_in_groups(made: Items, separator: str) -> str:
    """Count the asked symbol group by group, then add."""
    return add_groups(
        made.items, separator, "sequence", lambda item: is_asked_for(made, item), made.truth
    )


def is_asked_for(made: Items, item: str) -> int:
    """What an item adds to the count."""
    return int(item == made.asked)


_HINT = "Hint: the answer is not necessarily a round number, count carefully."

COUNT = Wording(
    intros=ways_to_show("sequence", "Sequence"),
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
    bare=ways_to_ask_for_only("number"),
    noun="the number",
    hint=_HINT,
)
COUNT_WORD = Wording(
    intros=ways_to_show("text", "Sequence"),
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
    bare=ways_to_ask_for_only("number"),
    noun="the number",
    hint=_HINT,
)
REVISIONS = {"cot": 1, "cot_fewshot": 1}
"""Version 2: six ways to ask for reasoning, examples that never hold the truth."""

TASKS = (
    Task(
        "count_ones",
        "one digit, n times; how many",
        run_of_one_symbol,
        COUNT,
        family="counting",
        work=count_in_groups,
        revisions=REVISIONS,
        relabels=True,
        worth=is_asked_for,
    ),
    Task(
        "count_ones_bernoulli",
        "two digits, i.i.d., P = 0.7; how many of one",
        bernoulli,
        COUNT,
        family="counting",
        work=count_in_groups,
        guess=binomial_guess(BERNOULLI_P),
        revisions=REVISIONS,
        relabels=True,
        mixes=True,
        worth=is_asked_for,
    ),
    Task(
        "count_word",
        "one word, n times; how many",
        repeated_word,
        COUNT_WORD,
        family="counting",
        work=count_in_groups,
        revisions=REVISIONS,
        worth=is_asked_for,
    ),
)
