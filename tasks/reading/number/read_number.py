"""Reading a count or a sum: the rules, strongest first, and what happens when they disagree."""

from __future__ import annotations

import re
from dataclasses import replace

from ..facts import Facts, Reading
from ..text.passages import (
    VERIFYING,
    FinalLine,
    corrected,
    final_lines,
    passages,
    retracts,
    without_question,
)
from ..text.plain import drop_code, plain, shortened
from ..text.structured import boxed, json_answers, table_answers, tables, unboxed
from .claims import BARE, BOUND, Claim, claims, prepared, settle
from .numbers import alone, is_echo
from .values import agreed, number_of, only_symbols

# After these a number may still grow: "1," to "1,024", "12." to "12.5", "12 *" to "12 * 3 = 36".
_MAY_GO_ON = re.compile(r"[\s.,;|_/+*×^\-'\"\[\]]*")
_CONTINENTAL = re.compile(
    r"\b(?:antwort|insgesamt|summe|ergebnis|lautet|ist|respuesta|suma|es|total de"
    r"|resultado|réponse|somme|est"
    r"|risposta|resposta|resultado|somma)\b",
    re.IGNORECASE,
)
_POINTS = re.compile(r"(?<![\d.,])[1-9]\d{0,2}(?:\.\d{3})+(?![\d]|[.,]\d)")
_SPACED = re.compile(
    r"(?<![\d.,])(?<![\d.,+*/=-] )[1-9]\d{0,2}(?: \d{3})+(?!\d| \d|[.,]\d| [+*/=])"
)
_TO_FILL = re.compile(r"(?<!\w)x{3,}(?![\w\"'])", re.IGNORECASE)
"""The place that the prompt left for the answer, still empty."""
_STRONG = frozenset({"final_line", "number_alone", "boxed", "json", "table"})


def read_number(text: str, facts: Facts, *, cut: bool = False) -> Reading:
    """Find the number that a text (without its reasoning) answers with.

    A passage after the first is another question, and is only read where nothing better than a
    number that is merely there was found before it.
    """
    weak = Reading()
    for passage, followed in passages(shortened(drop_code(text))):
        ending = cut and not followed
        again = _looped(passage) if ending else None
        found = _read_passage(without_question(again or passage), facts, cut=ending and not again)
        if again and found.value is not None:
            found = replace(found, complete=True)
        if followed and found.value is not None:
            found = replace(found, complete=True)
        enough = found.rule in _STRONG or (facts.bare and found.rule == "phrase") or found.rivals
        if enough:
            return found
        if not (weak.value or weak.rivals):
            weak = found
    return weak


def _looped(text: str) -> str | None:
    """The line that a cut text says over and over, its last time unfinished."""
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    if len(lines) > 3 and len(set(lines[:-1])) == 1 and lines[0].startswith(lines[-1]):
        return lines[0]
    return None


def _read_passage(passage: str, facts: Facts, *, cut: bool) -> Reading:
    if only_symbols(passage, facts):
        return Reading()
    boxes = boxed(passage)
    text = plain(unboxed(passage))
    if _CONTINENTAL.search(text):
        text = _POINTS.sub(lambda match: match[0].replace(".", ""), text)
    if not facts.asked:
        text = _SPACED.sub(lambda match: match[0].replace(" ", ""), text)
    objects, text = json_answers(text, facts)
    grids, text = tables(text)
    if objects:
        return agreed(objects, facts, "json")
    framed = agreed(boxes[-1:], facts, "boxed")
    parts = corrected(text)
    for part in parts:
        found = _read_part(part.text, facts, text[part.end :], cut=cut and part.last)
        if found.value is not None or found.rivals:
            return _framed(found, framed, corrected=len(parts) > 1)
        if part is not parts[-1] and retracts(part.text):
            return Reading()
    if framed.value is not None:
        return framed
    cells = [cell for rows in grids for cell in table_answers(rows, facts)]
    return agreed(cells, facts, "table") if cells else Reading()


def _framed(found: Reading, framed: Reading, *, corrected: bool) -> Reading:
    """What was found, held against the box: without a final line, the box is the answer."""
    if framed.value is None or found.rule == "final_line":
        return found
    if found.value in (None, framed.value):
        return framed
    return found if corrected else Reading(rivals=(framed.value, str(found.value)))


def _read_part(part: str, facts: Facts, text_after: str, *, cut: bool) -> Reading:
    lines = final_lines(part, cut=cut)
    readings = [(line, _read_final(line, part, facts, text_after)) for line in lines]
    answered = [(line, found) for line, found in readings if found.value or found.rivals]
    final = [pair for pair in answered if pair[0].final] or answered
    said = _choose_final(part, final)
    if said is not None and cut and _TO_FILL.search(lines[-1].rest):
        said = replace(said, complete=False)
    first = _first_line(part, text_after) if facts.bare else None
    opening = _own_number(first[0], facts) if first else None
    if said is not None and (said.value or said.rivals):
        if opening is not None and first and not said.rivals and said.value != opening:
            return Reading(rivals=(opening, str(said.value)))
        return said
    everything = claims(prepared(part, facts), facts)
    bound = [claim for claim in everything if claim.level == BOUND]
    closing = _closing_number(part, facts)
    if opening is not None and first:
        if closing not in (None, opening):
            return Reading(rivals=(opening, str(closing)))
        against = settle([c for c in everything if c.level < BARE and c.whole], "phrase", "")
        if against.value not in (None, opening):
            return Reading(rivals=(opening, str(against.value)))
        return Reading(opening, "number_alone", complete=first[1])
    if closing is not None:
        return Reading(closing, "number_alone")
    if lines:
        # It says where the answer is, and no number stands there: what is merely there is not it.
        everything = [claim for claim in everything if claim.level < BARE]
    found = settle(everything, "phrase", "last_number")
    if facts.bare and found.rule == "phrase" and bound:
        return replace(found, complete=_first_sentence_says(part, text_after, found, facts))
    return found


def _read_final(line: FinalLine, part: str, facts: Facts, text_after: str) -> Reading:
    number = number_of(line.rest)
    after = part[line.end :] + text_after
    if number is not None:
        if is_echo(abs(number), str(abs(number)), facts):
            return Reading()
        return Reading(str(number), "final_line", complete=bool(after.strip()))
    found = _first_claims(line.rest, facts)
    settled = settle(found, "final_line", "final_line")
    if settled.value is None:
        return settled
    return replace(settled, complete=bool(after.strip()) or _ended(line.rest, settled.value))


def _first_claims(text: str, facts: Facts) -> list[Claim]:
    """The claims of the first sentence that has any; a list there is no answer."""
    for sentence in re.split(r"(?<=[.!?])\s+", prepared(text, facts)):
        if found := claims(sentence, facts, answered=True):
            return found
    return []


def _ended(line: str, value: str) -> bool:
    """Whether what follows a number on its line shows that the number had ended."""
    at = re.search(rf"(?<![\w.,]){re.escape(value)}(?!\w|[.,]\d)", line)
    return bool(at) and not _MAY_GO_ON.fullmatch(line, at.end())  # type: ignore[union-attr]


def _choose_final(part: str, answered: list[tuple[FinalLine, Reading]]) -> Reading | None:
    if not answered:
        return None
    values = dict.fromkeys(value for _, found in answered for value in _all(found))
    last_line, last = answered[-1]
    if len(values) == 1:
        complete = any(found.complete for _, found in answered)
        return replace(last, complete=complete)
    before = answered[-2][0] if len(answered) > 1 else None
    if before and last.value and VERIFYING.search(part[before.start : last_line.start]):
        return last
    return Reading(rivals=tuple(values))


def _all(found: Reading) -> tuple[str, ...]:
    return found.rivals if found.value is None else (found.value,)


def _first_line(part: str, text_after: str) -> tuple[str, bool] | None:
    first, _, rest = part.lstrip().partition("\n")
    if alone(rest.partition("\n")[0]) is not None:
        return None  # the first of a list
    return (first, bool((rest + text_after).strip())) if first.strip() else None


def _own_number(line: str, facts: Facts) -> str | None:
    """The number that a line is and that is not the asked symbol said again.

    A lone "None" may be a count or the lack of an answer.
    """
    if line.strip(" .!*").casefold() == "none":
        return None
    value = number_of(line)
    if value is None or str(value) == facts.asked or is_echo(abs(value), str(abs(value)), facts):
        return None
    return str(value)


def _closing_number(part: str, facts: Facts) -> str | None:
    """The number that the last line of a part is, unless the lines before it make it a list."""
    lines = part.rstrip().split("\n")
    value = _own_number(lines[-1], facts)
    if value is None:
        return None
    before = [line for line in lines[-3:-1] if line.strip()]
    if lines[-2:-1] and lines[-2].strip() and any(number_of(line) is not None for line in before):
        same = {_own_number(line, facts) for line in lines if line.strip()}
        return value if same == {value} else None
    return value


def _first_sentence_says(part: str, text_after: str, found: Reading, facts: Facts) -> bool:
    first, dot, rest = part.lstrip().partition(". ")
    if not dot:
        first, dot, rest = part.lstrip().partition("\n")
    said = settle(claims(prepared(first, facts), facts), "phrase", "")
    return bool(dot) and bool((rest + text_after).strip()) and said.value == found.value
