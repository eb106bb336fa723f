"""Worked examples for few-shot prompts: the paper's "groups of 5", for every task."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .sequences import Items

GROUP = 5


def grouped(items: Sequence[str], separator: str, brackets_apart: str) -> str:
    """Write items in bracketed groups of five, the rest without brackets, as the paper does.

    >>> grouped(["1"] * 6, " + ", " + ")
    '(1 + 1 + 1 + 1 + 1) + 1'
    """
    whole = len(items) // GROUP * GROUP
    parts = [
        f"({separator.join(items[start : start + GROUP])})" for start in range(0, whole, GROUP)
    ]
    if whole < len(items):
        parts.append(separator.join(items[whole:]))
    return brackets_apart.join(parts)


def count_in_groups(made: Items, separator: str) -> str:
    """Count the asked symbol group by group, then add."""
    return _add_groups(made, separator, "sequence", lambda item: int(item == made.asked))


def add_in_groups(made: Items, separator: str) -> str:
    """Add the digits group by group, then add the groups."""
    return _add_groups(made, separator, "sum", int)


def _add_groups(made: Items, separator: str, what: str, value: Callable[[str], int]) -> str:
    groups = [made.items[i : i + GROUP] for i in range(0, len(made.items), GROUP)]
    parts = " + ".join(str(sum(map(value, group))) for group in groups)
    apart = separator if "+" in separator else " "
    return (
        f"We divide the {what} into groups of {GROUP}.\n"
        f"{grouped(made.items, separator, apart)}\n"
        f"The answer is then {parts} = {made.truth}"
    )


def look_at_the_end(made: Items, separator: str) -> str:
    """Find the last item in the last group."""
    return _look_at(made, separator, "last")


def look_at_the_start(made: Items, separator: str) -> str:
    """Find the first item in the first group."""
    return _look_at(made, separator, "first")


def _look_at(made: Items, separator: str, end: str) -> str:
    return (
        f"We divide the sequence into groups of {GROUP}.\n"
        f"{grouped(made.items, separator, ' ')}\n"
        f"The {end} digit of the {end} group is {made.truth}"
    )


def copy_in_groups(made: Items, separator: str) -> str:
    """Copy the sequence group by group."""
    return (
        f"We divide the sequence into groups of {GROUP} and copy them one by one.\n"
        f"{grouped(made.items, separator, ' ')}"
    )
