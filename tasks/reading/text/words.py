"""Numbers written in words: English, German, French, Spanish, Chinese, Japanese, Korean.

One grammar for the alphabets: a phrase is a run of known number words, and its value is worked
out as people say it (units and tens add up, hundreds and thousands multiply what stands before
them). German compounds are first taken apart into their words.
"""

from __future__ import annotations

import re
from functools import cache

from .number_words import ENGLISH, FRENCH, GERMAN, HAN, HANGUL, NATIVE, SHY, SPANISH, TIMES

_JOINED = {
    "english": r"(?:\s*-\s*|\s+(?:and\s+)?|,\s+)",
    "french": r"(?:\s*-\s*(?:et-)?|\s+(?:et\s+)?)",
}
_JOINED["spanish"] = r"\s+(?:y\s+)?"


def _pattern(words: dict[str, int], joined: str) -> re.Pattern[str]:
    names = "|".join(sorted(words, key=len, reverse=True))
    return re.compile(rf"(?<![\w'’-])(?:{names})(?:{joined}(?:{names}))*(?![\w])", re.IGNORECASE)


_GERMAN_PART = "|".join(sorted(GERMAN, key=len, reverse=True))
_GERMAN_WORD = re.compile(
    rf"(?<!\w)(?:(?:{_GERMAN_PART})(?:und)?)*(?:{_GERMAN_PART})(?:(?=mal\b)|(?!\w))", re.IGNORECASE
)
_ALPHABETS = (
    (_pattern(ENGLISH, _JOINED["english"]), ENGLISH),
    (_pattern(SPANISH, _JOINED["spanish"]), SPANISH),
    (_pattern(FRENCH, _JOINED["french"]), FRENCH),
)
_TIMES_WORD = re.compile(rf"(?<!\w)(?:{'|'.join(TIMES)})(?!\w)", re.IGNORECASE)

_HAN_WORD = re.compile(f"[{''.join(HAN)}]+")
# A Korean number word is one only before a counter or at the end of what was said: its syllables
# are those of many other words.
_KOREAN_WORD = re.compile(
    rf"(?<![가-힣])(?P<word>[{''.join(HANGUL)}]+|(?:{'|'.join(NATIVE)})+)"
    r"(?=\s*(?:개|번|회|차례)|\s*(?:입니다|이에요|예요|이다)|\s*[.!]?\s*$)",
    re.MULTILINE,
)


def value_of(words: list[str], values: dict[str, int]) -> int | None:
    """The number that words in spoken order stand for; ``None`` where they make none.

    >>> value_of("one thousand two hundred forty two".split(), ENGLISH)
    1242
    >>> value_of("five seven".split(), ENGLISH) is None
    True
    """
    total = group = 0
    smallest = 10**9
    for word in words:
        value = values[word]
        if value >= 1_000:
            total += max(group, 1) * value
            group, smallest = 0, value
        elif value == 100 and group < 100:
            group = max(group, 1) * 100
            smallest = 100
        elif value == 20 and word.startswith("vingt") and group == 4:
            group, smallest = 80, 20
        elif value < smallest and (smallest >= 100 or smallest >= 20 > value):
            group += value
            smallest = _room_after(value, smallest, word, values)
        else:
            return None
    return total + group


def _room_after(value: int, smallest: int, word: str, values: dict[str, int]) -> int:
    # "soixante-dix-sept": after sixty a teen, and after ten (in French) a unit.
    if values is FRENCH and word == "dix" and smallest > 10:
        return 20
    return value if value >= 20 else 1 if value else 0


@cache
def _german_value(word: str) -> int | None:
    parts = re.findall(rf"und|{_GERMAN_PART}", word)
    ordered: list[str] = []
    at = 0
    while at < len(parts):
        if at + 2 < len(parts) and parts[at + 1] == "und":
            ordered += [parts[at + 2], parts[at]]
            at += 3
        else:
            if parts[at] != "und":
                ordered.append(parts[at])
            at += 1
    return value_of(ordered, GERMAN)


def han_value(word: str) -> int | None:
    """The number that Chinese or Japanese numerals stand for.

    >>> han_value("四十二"), han_value("一百零五"), han_value("四二")
    (42, 105, 42)
    """
    if not any(HAN[sign] >= 10 for sign in word):
        return int("".join(str(HAN[sign]) for sign in word)) if len(word) < 8 else None
    return _positional(word, HAN)


def _positional(word: str, values: dict[str, int]) -> int:
    total = group = unit = 0
    for sign in word:
        value = values[sign]
        if value >= 10_000:
            total += (group + unit) * value
            group = unit = 0
        elif value >= 10:
            group += (unit or 1) * value
            unit = 0
        else:
            unit = value
    return total + group + unit


def _korean_value(word: str) -> int:
    if all(sign in HANGUL for sign in word):
        return _positional(word, HANGUL)
    return sum(NATIVE[part] for part in re.findall("|".join(NATIVE), word))


def spell_out(text: str, *, bold: bool = False) -> str:
    """Write the number words of a text in digits.

    Args:
        text: any text, its words set apart by white space and punctuation.
        bold: also the words that are more often something else ("one", "un").

    >>> spell_out("There are forty-two of them."), spell_out("quarante-deux fois")
    ('There are 42 of them.', '42 fois')
    """
    if bold:
        text = spell_out(text)  # whole phrases first: "vingt et un" before "un"

    def shown(match: re.Match[str], value: int | None) -> str:
        if value is None or (not bold and match[0].lower() in SHY):
            return match[0]
        return str(value)

    text = _TIMES_WORD.sub(lambda match: f"{TIMES[match[0].lower()]} times", text)
    for pattern, values in _ALPHABETS:

        def spelled(match: re.Match[str], values: dict[str, int] = values) -> str:
            words = [word for word in re.findall(r"[^\W\d_]+", match[0].lower()) if word in values]
            return shown(match, value_of(words, values))

        text = pattern.sub(spelled, text)
    text = _GERMAN_WORD.sub(lambda match: shown(match, _german_value(match[0].lower())), text)
    text = re.sub(r"(?<=\d)(?=mal\b)", " ", text)
    text = _HAN_WORD.sub(
        lambda match: f" {value} " if (value := han_value(match[0])) is not None else match[0], text
    )
    return _KOREAN_WORD.sub(lambda match: f" {_korean_value(match['word'])} ", text)


DIGIT_NAMES: dict[str, tuple[str, ...]] = {
    "0": ("zero", "null", "cero", "零"), "1": ("one", "eins", "uno", "一"),
    "2": ("two", "zwei", "dos", "二"),
    "3": ("three", "drei", "tres", "三"), "4": ("four", "vier", "cuatro", "四"),
    "5": ("five", "fünf", "cinco", "五"), "6": ("six", "sechs", "seis", "六"),
    "7": ("seven", "sieben", "siete", "七"), "8": ("eight", "acht", "ocho", "八"),
    "9": ("nine", "neun", "nueve", "九"),
}  # fmt: skip
"""What a digit is called, the English name first."""
_PLURALS = {
    "zeros": "0",
    "zeroes": "0",
    "sixes": "6",
    "einsen": "1",
    "nullen": "0",
    "unos": "1",
    "ceros": "0",
}
_PLURALS |= {f"{names[0]}s": digit for digit, names in DIGIT_NAMES.items()}
_PLURALS |= {
    "siebenen": "7",
    "dreien": "3",
    "fünfen": "5",
    "vieren": "4",
    "neunen": "9",
    "achten": "8",
}
_PLURAL = re.compile(rf"(?<!\w)(?:{'|'.join(_PLURALS)})(?!\w)", re.IGNORECASE)


def name_digits(text: str) -> str:
    """Write the plural names of digits ("sevens") as the digit with an s.

    >>> name_digits("18 zeros and 42 ones")
    '18 0s and 42 1s'
    """
    return _PLURAL.sub(lambda match: f"{_PLURALS[match[0].lower()]}s", text)
