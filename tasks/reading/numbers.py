"""Reading a number in free text: digits, thousands separators, and English words."""

from __future__ import annotations

import re

_UNITS = "one two three four five six seven eight nine".split()
_TEENS = ("ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen").split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_TIMES = {"once": 1, "twice": 2, "thrice": 3}
_VALUES = (
    {"zero": 0, **_TIMES}
    | {word: i for i, word in enumerate(_UNITS, start=1)}
    | {word: i for i, word in enumerate(_TEENS, start=10)}
    | {word: 10 * i for i, word in enumerate(_TENS, start=2)}
)
_SCALES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000}
_DIGITS_IN_AN_ANSWER = 7
"""Enough for the sum of a million digits; longer runs are an echo of a sequence, never a count."""


def _grammar() -> str:
    unit, teen, tens = (f"(?:{'|'.join(words)})" for words in (_UNITS, _TEENS, _TENS))
    below_100 = rf"(?:{tens}(?:[\s-]+{unit})?|{teen}|{unit})"
    below_1000 = rf"(?:{unit}\s+hundred(?:(?:\s+and)?\s+{below_100})?|{below_100})"
    scale = r"\s+(?:thousand|million)"
    above = rf"(?:{below_1000}{scale},?\s+(?:and\s+)?)*{below_1000}(?:{scale})?"
    return rf"\b(?:zero|{'|'.join(_TIMES)}|{above})\b"


# Thousands groups first, so that "1,024" is one number; a digit glued to a letter is none.
NUMBER = re.compile(
    r"(?<![\w.,/])[-−+]?(?:[1-9]\d{0,2}(?:[,_\u00a0\u202f]\d{3})+|\d+)(?:\.\d+)?"
    r"(?![\w]|[.,/]\d)"
)
SPELLED = re.compile(_grammar(), re.IGNORECASE)
# Numbers with nothing but separators between them are an echo of a sequence, be it a pair on one
# line or three of them over several; "1,000,000" is not.
LIST = re.compile(
    r"(?<![\w.])(?<!\d,)(?![1-9]\d{0,2}(?:,\d{3})+(?!,?\s*\d))[-−+]?\d+"
    r"(?:(?:[\s,;+|()\[\]'\"]+[-−+]?\d+){2,}|[ ,;+|]+[-−+]?\d+)(?!\w)"
)


def to_integer(token: str) -> int | None:
    """The integer that a matched number stands for; ``None`` for a fraction or an endless run.

    >>> to_integer("1,024"), to_integer("42.0"), to_integer("٤٢"), to_integer("4.5")
    (1024, 42, 42, None)
    """
    plain = re.sub(r"[,_\u00a0\u202f]", "", token).replace("−", "-")
    whole, _, fraction = plain.partition(".")
    if fraction.strip("0") or len(whole.lstrip("+-")) > _DIGITS_IN_AN_ANSWER:
        return None
    return int(whole)


def spelled_to_integer(phrase: str) -> int:
    """The integer that an English phrase stands for.

    >>> spelled_to_integer("one thousand two hundred and forty-two")
    1242
    """
    total = group = 0
    for word in re.findall("[a-z]+", phrase.lower()):
        if word in _VALUES:
            group += _VALUES[word]
        elif word == "hundred":
            group *= 100
        elif word in _SCALES:
            total += group * _SCALES[word]
            group = 0
    return total + group


def spell_out_digits(text: str) -> str:
    """Write every English number word of a text in digits.

    >>> spell_out_digits("There are forty-two of them.")
    'There are 42 of them.'
    """
    return SPELLED.sub(lambda match: str(spelled_to_integer(match[0])), text)
