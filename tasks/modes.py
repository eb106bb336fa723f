"""How an answer is prompted: the bare answer, worked examples, reasoning, or both."""

from __future__ import annotations

from ..errors import InputError

MODES = ("direct", "fewshot", "cot", "cot_fewshot")
"""``direct`` asks for the answer alone; ``fewshot`` is raw text with worked examples, for models
that were never taught to follow instructions; ``cot`` asks for reasoning; ``cot_fewshot`` shows it
in examples."""

REASONED = ("cot", "cot_fewshot")
"""The modes whose answers hold reasoning, so that they cannot be forced."""

BARE = ("direct", "fewshot")
"""The modes that ask for the answer and nothing else."""

WORKED_LENGTHS = (12, 6)
"""Lengths of the worked examples of ``cot_fewshot``, as in the paper (Appendix C.1)."""

PLAIN_LENGTHS = tuple(range(1, 11))
"""Lengths of the examples of ``fewshot``, each as likely as the next."""

_MOST_SHOTS = 64


def find_mode(name: str) -> str:
    """The mode of that name; ``fewshot-3`` is ``fewshot`` with 3 worked examples.

    Raises:
        InputError: there is none.
    """
    base, dash, shots = name.partition("-")
    if base not in MODES or (dash and base != "fewshot"):
        raise InputError(
            f"unknown mode {name!r}; there are: {', '.join(MODES)} "
            "(fewshot-3 is fewshot with 3 examples)"
        )
    if dash and not (shots.isascii() and shots.isdigit() and 1 <= int(shots) <= _MOST_SHOTS):
        raise InputError(f"mode {name!r}: give 1 to {_MOST_SHOTS} examples, as in fewshot-3")
    return name


def base_mode(name: str) -> str:
    """A mode without its number of examples.

    >>> base_mode("fewshot-3"), base_mode("cot")
    ('fewshot', 'cot')
    """
    return name.partition("-")[0]


def shots_of(mode: str, default: int) -> int:
    """How many worked examples a prompt of a mode holds.

    Args:
        mode: the mode, with or without a number of examples.
        default: the number that plain ``fewshot`` has, ``Task.shots``.
    """
    base, dash, shots = mode.partition("-")
    if base == "cot_fewshot":
        return len(WORKED_LENGTHS)
    return (int(shots) if dash else default) if base == "fewshot" else 0
