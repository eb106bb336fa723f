"""Claims: what the sentences of a text say that the number is, and how plainly they say it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ..facts import Facts, Reading
from ..text.passages import sentences
from ..text.words import name_digits, spell_out
from .asides import mask_asides, mask_steps, say_times
from .claim_patterns import (
    ASIDE,
    BINDINGS,
    COMES_TO,
    CONCLUDES,
    COUNTED_AFTER,
    COUNTED_BEFORE,
    EITHER,
    NONE,
    PART_OF,
    PARTIAL,
    REFUSED,
    RUNNING_END,
    SUMMED,
    SUPPOSED,
    TERMS,
    TOTAL_BEFORE,
    WHOLE,
)
from .masks import ASKED, GONE, mask, mask_idioms, mask_lists, mask_markers
from .mentions import mark_mentions
from .numbers import NUMBER, is_echo, to_integer

BOUND, COUNTED, BARE = 1, 2, 3
"""How plainly a number is called the answer: bound to the symbol, said to be a count, there."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One number that a text may mean.

    Attributes:
        value: the number.
        level: how plainly it is called the answer (``BOUND``, ``COUNTED`` or ``BARE``).
        whole: the sentence speaks of the whole sequence, or concludes.
    """

    value: int
    level: int
    whole: bool


_MOST_SENTENCES = 200
"""How many sentences are weighed; of more, the first quarter and the last three."""


def prepared(text: str, facts: Facts) -> str:
    """Plain text with mentions, list numbers and echoes replaced by signs.

    The lines stay lines. To be given to :func:`claims` whole: an echo may go over many lines.
    """
    if facts.length:
        text = re.sub(rf"(?<![\w.,/])(\d+) ?/ ?{facts.length}(?![\w/]|[.,]\d)", r"\1", text)
    text = mark_mentions(name_digits(say_times(text, facts)), facts)
    return mask_lists(mask_markers(mask_steps(mask_asides(text, facts))))


def claims(text: str, facts: Facts, *, answered: bool = False) -> list[Claim]:
    """What the sentences of a prepared text say that the number is, in order.

    Words are read only where no digits are left: "one" and "two" are said in passing.

    Args:
        text: as :func:`prepared` gives it.
        facts: what may be known of the question.
        answered: the text stands where the answer is due, so that a number is one even if it looks
            like the asked symbol.
    """
    said = list(sentences(text))
    if len(said) > _MOST_SENTENCES:
        said = said[: _MOST_SENTENCES // 4] + said[-_MOST_SENTENCES * 3 // 4 :]
    found = [
        claim for sentence in said for claim in _claims_of(mask_idioms(sentence), facts, answered)
    ]
    if found:
        return found
    for bold in (False, True):
        spelled = [
            mark_mentions(spell_out(mask_idioms(sentence), bold=bold), facts) for sentence in said
        ]
        found = [claim for sentence in spelled for claim in _claims_of(sentence, facts, answered)]
        if found:
            return found
    return []


def _claims_of(sentence: str, facts: Facts, answered: bool) -> list[Claim]:
    if ASKED not in sentence and not re.search(r"\d| none\b", sentence):
        return []
    if SUPPOSED.match(sentence):
        return []
    partial = bool(PARTIAL.search(sentence)) and not CONCLUDES.search(sentence)
    whole = bool(WHOLE.search(sentence)) and not partial
    line = mask(sentence)
    for pattern, level in ((SUMMED, BOUND), (RUNNING_END, COUNTED)):
        summed = pattern.search(line) if facts.asked or pattern is RUNNING_END else None
        if summed and (total := _value(summed["n"], facts)) is not None:
            return [Claim(total, level, True)]
    found: list[Claim] = []
    for either in EITHER.finditer(line):
        values = [_value(said, facts) for said in either.groups() if said]
        found += [Claim(value, BOUND, whole) for value in values if value is not None]
    line = EITHER.sub(f" {GONE} ", line)
    if facts.asked and (NONE.search(line)):
        found.append(Claim(0, BOUND, whole))
    terms = unbound = line
    if not facts.asked:
        line = TERMS.sub(f" {GONE} ", line)
    for sign, pattern in BINDINGS if facts.asked else ():

        def bind(match: re.Match[str], sign: str = sign) -> str:
            value = _value(match["n"], facts)
            if sign == ASKED and value is not None:
                found.append(Claim(value, BOUND, whole))
            start, end = match.span("n")
            return match.string[match.start() : start] + GONE + match.string[end : match.end()]

        line = pattern.sub(bind, line)
    found = _concluding(found, unbound)
    if not found and not REFUSED.search(line):
        outside = ASIDE.sub(lambda match: " " * len(match[0]), line)
        for shown in (outside, line) if facts.asked else (outside, line, terms):
            found = [
                Claim(value, level, whole)
                for match in NUMBER.finditer(shown)
                if (value := _value(match[0], facts)) is not None
                and (answered or not _in_passing(shown, match, facts))
                for level in (_level(shown, match),)
            ]
            if found:
                break
        found = _concluding(found, shown)
    if partial and PART_OF.search(sentence):
        return []
    if partial:
        found = [Claim(claim.value, BARE, False) for claim in found]
    return found


def _concluding(found: list[Claim], line: str) -> list[Claim]:
    """Of several counts in one sentence, the one that it comes to ("…, for a total of 42")."""
    totals = {int(match[1]) for match in COMES_TO.finditer(line)}
    if len(totals) != 1:
        return found
    return [claim for claim in found if claim.value in totals] or found


def _in_passing(line: str, match: re.Match[str], facts: Facts) -> bool:
    """Whether a number may be a symbol of the question: where nothing says that it was counted."""
    symbols = {facts.asked, *facts.symbols} if facts.asked else set()
    if match[0] not in symbols or COUNTED_AFTER.match(line, match.end()):
        return False
    return not TOTAL_BEFORE.search(line[max(0, match.start() - 30) : match.start()])


def _level(line: str, match: re.Match[str]) -> int:
    if COUNTED_AFTER.match(line, match.end()):
        return COUNTED
    return (
        COUNTED if COUNTED_BEFORE.search(line[max(0, match.start() - 60) : match.start()]) else BARE
    )


def _value(token: str, facts: Facts) -> int | None:
    value = to_integer(token)
    if value is None or is_echo(abs(value), token.lstrip("+-"), facts):
        return None
    return value


def settle(found: Iterable[Claim], rule: str, weakest: str) -> Reading:
    """The one value that claims agree on, of the plainest level that any of them has.

    Args:
        found: the claims.
        rule: the name for a value bound to the symbol or said to be a count.
        weakest: the name for a number that is merely there.
    """
    claims = list(found)
    for level in (BOUND, COUNTED, BARE):
        same = [claim for claim in claims if claim.level == level]
        chosen = [claim for claim in same if claim.whole] or same
        values = list(dict.fromkeys(str(claim.value) for claim in chosen))
        if len(values) == 1:
            return Reading(values[0], weakest if level == BARE else rule)
        if values:
            return Reading(rivals=tuple(values))
    return Reading()
