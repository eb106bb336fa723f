"""Parts of the worked examples of few-shot prompts: the paper's "groups of 5", for every task."""

from __future__ import annotations

from collections.abc import Callable, Sequence

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


def add_groups(
    items: Sequence[str], separator: str, what: str, value: Callable[[str], int], total: str
) -> str:
    """Add up what the items of each group are worth, then the groups.

    Args:
        items: the elements.
        separator: what stands between them.
        what: what the sequence is called.
        value: what an item is worth.
        total: what comes out.
    """
    groups = [items[i : i + GROUP] for i in range(0, len(items), GROUP)]
    parts = " + ".join(str(sum(map(value, group))) for group in groups)
    apart = separator if "+" in separator else " "
    return (
        f"We divide the {what} into groups of {GROUP}.\n"
        f"{grouped(items, separator, apart)}\n"
        f"The answer is then {parts} = {total}"
    )
