"""Pieces of text that are a number: cells, boxes, lines of their own."""

from __future__ import annotations

import re

from ..facts import Facts, Reading
from ..text.plain import plain
from ..text.words import spell_out
from .claims import claims, prepared, settle
from .numbers import alone, is_echo

_NO_ONE = re.compile(
    r"none|none at all|not (?:even )?once|not a single one|zero times|keine?|nicht ein einziges mal"
    r"|ning(?:uno|una)|ninguna vez|aucune?|aucune fois|没有|0次|ありません|なし|없음|없습니다",
    re.IGNORECASE,
)


def only_symbols(text: str, facts: Facts) -> bool:
    """Whether a text holds nothing but the symbols of a counting question, in any writing."""
    symbols = {facts.asked, *facts.symbols} - {""}
    if not facts.asked or not symbols:
        return False
    words = re.findall(r"[^\W_]+", text.casefold())
    names = {symbol.casefold() for symbol in symbols}
    return all(word in names or (set(word) <= names) for word in words)


def agreed(values: list[str], facts: Facts, rule: str) -> Reading:
    """The value of cells, boxes or objects, if they agree; a sentence inside is read as one."""
    found = []
    for value in values:
        number = number_of(plain(value))
        if number is None:
            said = claims(prepared(plain(value), facts), facts, answered=True)
            settled = settle(said, rule, rule)
            if settled.rivals:
                return settled
            number = int(settled.value) if settled.value is not None else None
        if number is not None and not is_echo(abs(number), str(abs(number)), facts):
            found.append(str(number))
    distinct = tuple(dict.fromkeys(found))
    if len(distinct) > 1:
        return Reading(rivals=distinct)
    return Reading(distinct[0], rule) if distinct else Reading()


def number_of(text: str) -> int | None:
    """The number that a piece of text is; "forty-two (42)" too."""
    if (value := alone(text)) is not None:
        return value
    if _NO_ONE.fullmatch(text.strip(" .!*_'\"\n")):
        return 0
    spelled = spell_out(text.strip(" .!"), bold=True)
    if (value := alone(spelled)) is not None:
        return value
    twice = re.fullmatch(r"\s*([-+]?[\d,]+)\s*\(\s*([\d,]+)\s*\)\s*[.!]?\s*", spelled)
    if twice and twice[1] == twice[2]:
        return alone(twice[1])
    return None
