"""What does it add up to? Task i of the paper."""

from __future__ import annotations

from .chance import digit_sum_guess
from .draw import Draw
from .prompts.wording import Wording, ways_to_ask_for_only
from .prompts.worked import add_groups
from .task import Items, Task


def ones_to_add(draw: Draw, n: int) -> Items:
    """1 + 1 + … + 1, whose sum is n (paper, task i)."""
    return Items(("1",) * n, truth=str(n))


def digits_to_add(draw: Draw, n: int) -> Items:
    """n digits, uniform in 0 to 9, and their sum."""
    digits = [draw.below(10) for _ in range(n)]
    return Items(tuple(map(str, digits)), truth=str(sum(digits)))


def add_in_groups(made: Items, separator: str) -> str:
    """Add the digits group by group, then add the groups."""
    return add_groups(made.items, separator, "sum", int, made.truth)


def its_value(made: Items, item: str) -> int:
    """What an item adds to the sum."""
    return int(item)


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
    bare=ways_to_ask_for_only("number"),
    noun="the number",
    hint="Hint: the result is not necessarily a round number, add carefully.",
)
REVISIONS = {"cot": 1, "cot_fewshot": 1}
"""Version 2: six ways to ask for reasoning, examples that never hold the truth."""
GROUPED = {"comma:3": 1, "comma:10": 1}
"""Version 2: commas, where version 1 put the groups in brackets."""

TASKS = (
    Task(
        "sum_ones",
        "1 + 1 + … + 1; the sum",
        ones_to_add,
        SUM,
        family="summing",
        separator=" + ",
        work=add_in_groups,
        revisions=REVISIONS | GROUPED,
        worth=its_value,
    ),
    Task(
        "sum_digits",
        "d1 + d2 + …; the sum",
        digits_to_add,
        SUM,
        family="summing",
        separator=" + ",
        work=add_in_groups,
        guess=digit_sum_guess,
        revisions=REVISIONS | GROUPED,
        worth=its_value,
    ),
)
