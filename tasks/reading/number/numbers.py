"""Numbers in plain text: where one begins and ends, and which runs of them are an echo."""

from __future__ import annotations

import re

from ..facts import Facts

_DIGITS_IN_AN_ANSWER = 7
"""Enough for the sum of a million digits; longer runs are an echo of a sequence, never a count."""

# Thousands groups first, so that "1,024" is one number; a digit glued to a letter is none.
PLAIN = r"(?:[1-9]\d{0,2}(?:[,_]\d{3})+|\d+)(?:\.\d+)?(?!\w|[.,/]\d)"
NUMBER = re.compile(rf"(?<![\w.,/])[-+]?{PLAIN}")
# Numbers with nothing but separators between them are an echo of a sequence, be it a pair on one
# line or three of them over several; "1,000,000" is not. A blank line ends the echo.
_BETWEEN = r"(?:[ ,;|()\[\]'\"+→>…-]|\n(?![ ]*\n))"
_APART = r"[ ,;+|→>…]"
LIST = re.compile(
    r"(?<![\w.])(?<!\d,)(?![1-9]\d{0,2}(?:,\d{3}){1,4}(?!,?\s*\d))[-+]?\d++(?!\w)"
    rf"(?:(?:{_BETWEEN}++[-+]?\d++(?!\w)){{2,}}+|{_APART}++[-+]?\d++(?!\w))"
)
_GROUPED = re.compile(r"[1-9]\d{0,2}(?:[ '.]\d{3})+")


def to_integer(token: str) -> int | None:
    """The integer that a matched number stands for; ``None`` for a fraction or an endless run.

    >>> to_integer("1,024"), to_integer("42.0"), to_integer("4.5")
    (1024, 42, None)
    """
    whole, _, fraction = re.sub("[,_]", "", token).partition(".")
    if fraction.strip("0") or len(whole.lstrip("+-")) > _DIGITS_IN_AN_ANSWER:
        return None
    return int(whole)


def alone(text: str) -> int | None:
    """The integer that a piece of plain text is, with nothing around it but punctuation.

    >>> alone(" 42. "), alone("1 024"), alone("42 ones")
    (42, 1024, None)
    """
    bare = text.strip(" \n.!,;:*_'\"()[]{}=")
    if bare.startswith("<") and bare.endswith(">"):
        bare = bare[1:-1].strip()
    if text.lstrip().startswith("-"):
        bare = f"-{bare.lstrip('-')}"
    if _GROUPED.fullmatch(bare) and bare.count(".") != 1:
        bare = re.sub(r"\D", "", bare)
    return to_integer(bare) if NUMBER.fullmatch(bare) else None


def is_echo(value: int, digits: str, facts: Facts) -> bool:
    """Whether a run of digits is the sequence said again without separators, not a number.

    A run is an echo if it is made of the question's symbols alone and is too large to be a count
    or a sum of so few items: 7777777 for 42 sevens; 100 stays a number among zeros and ones.
    """
    symbols = set(facts.symbols) | {facts.asked}
    if len(digits) < 3 or not set(digits) <= symbols:
        return False
    if facts.length is None:
        return len(digits) > 3 and len(set(digits)) == 1
    if len(digits) == facts.length:
        return True
    most = facts.length * (1 if facts.asked else 9)
    return value > 2 * most and set(digits[1:]) != {"0"}
