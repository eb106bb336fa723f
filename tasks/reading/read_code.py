"""Reading a code: the value that a lookup answers with."""

from __future__ import annotations

import re
from dataclasses import replace

from .facts import Facts, Reading
from .text.passages import corrected, final_lines, passages, sentences, without_question
from .text.plain import drop_code, plain
from .text.structured import boxed, json_answers, unboxed

_STRONG = frozenset({"final_line", "number_alone", "boxed", "json"})
_CODE = re.compile(r"(?<![\w-])[A-Za-z0-9]+(?:[-_][A-Za-z0-9]+)*(?![\w-])")
_THOUSANDS = re.compile(r"(?<![\d.,])(\d{1,3}),(\d{3})(?![\d,]|\.\d)")
_NOT = re.compile(
    r"(?:\b(?:not|never|nor|rather than|instead of|unlike|as opposed to|nicht|statt|pas|no es)\b"
    r"|不是|而不是|而非)(?:\s+(?:the|a|value|code|equal to|to be|is|die|der|das|le|la|el))*"
    r"\s*[\"'(]*\w*\d\w*(?:\s+(?:or|nor|and)\s+\w*\d\w*)?",
    re.IGNORECASE,
)
# Records said again, two or more of them: "lcxauw: 62667; ivdjiy: 92058".
_RECORD = r"\(?[\"']?\w+[\"']?(?: ?[:=→|,] ?| is | has )[\"']?(?=[a-z-]*\d)[\w-]+[\"']?\)?"
_RECORDS = re.compile(rf"(?<!\w){_RECORD}(?:(?:[ ;,|.·•*/-]|\n|and )+(?<!\w){_RECORD})+(?!\w)")
_CLAUSE = re.compile(r"[,;()]|\b(?:while|whereas|and|but|unlike|und|y|et)\b", re.IGNORECASE)


def read_code(text: str, facts: Facts, *, cut: bool = False) -> Reading:
    """Find the value that a lookup answers with: one of the records' values, or another code.

    A text that holds several of the records' values is an echo of the records, unless a final
    line, a line of its own or a clause about the asked key names one of them.
    """
    weak = Reading()
    for passage, followed in passages(drop_code(text)):
        found = _code_in(without_question(passage), facts)
        if found.value is not None and followed:
            found = replace(found, complete=True)
        if found.rule in _STRONG or found.rivals or (facts.bare and found.rule):
            return found
        weak = weak if weak.value or weak.rivals else found
    return weak


def _code_in(passage: str, facts: Facts) -> Reading:
    boxes = boxed(passage)
    text = _THOUSANDS.sub(r"\1\2", plain(unboxed(passage)))
    objects, text = json_answers(text, facts)
    if objects:
        return _one([_codes(value, facts)[-1] for value in objects if _codes(value, facts)], "json")
    for part in corrected(text):
        found = _code_of(part.text, text[part.end :], facts)
        if found.value is not None or found.rivals:
            return found
    return _one(_codes(boxes[-1], facts), "boxed") if boxes else Reading()


def _code_of(body: str, after: str, facts: Facts) -> Reading:
    final = [line for line in final_lines(body) if _said(line.rest, facts)]
    final = [line for line in final if line.final] or final
    if final:
        values = [value for line in final for value in _said(line.rest, facts)]
        rest = (body[final[-1].end :] + after).strip()
        return _one(values, "final_line", complete=bool(rest))
    lines = [line for line in body.strip().split("\n") if line.strip()]
    for line in lines[:1] if facts.bare else lines[-1:]:
        if (codes := _codes(line, facts)) and len(line.strip(" .'\"*`").split()) == 1:
            more = bool(after.strip()) or len(lines) > 1
            return _one(codes, "number_alone", complete=facts.bare and more)
    said = _said(_RECORDS.sub(" ", body), facts)
    return _one(said, "phrase")


def _said(text: str, facts: Facts) -> list[str]:
    """The codes that sentences give, negated ones left out: those of the asked key, if any."""
    said = [_NOT.sub(" ", sentence) for sentence in sentences(text)]
    found = [code for sentence in said for code in _codes(sentence, facts)]
    if len(set(found)) > 1 and facts.asked:
        bound = [
            codes[0]
            for sentence in said
            for clause in _CLAUSE.split(sentence)
            if re.search(rf"(?<!\w){re.escape(facts.asked)}(?!\w)", clause, re.IGNORECASE)
            and len(set(codes := _codes(clause, facts))) == 1
        ]
        return bound or found
    return found


def _one(values: list[str], rule: str, *, complete: bool = False) -> Reading:
    distinct = tuple(dict.fromkeys(values))
    if len(distinct) > 1:
        return Reading(rivals=distinct)
    return Reading(distinct[0], rule, complete) if distinct else Reading()


def _codes(text: str, facts: Facts) -> list[str]:
    """The codes in a piece of text, without the key that was asked for.

    A word is a code if it is a value of the records, or holds a digit, or stands alone.
    """
    known = {symbol.casefold(): symbol for symbol in facts.symbols}
    tokens = [token for token in _CODE.findall(text) if token.casefold() != facts.asked.casefold()]
    values = [known[token.casefold()] for token in tokens if token.casefold() in known]
    if values:
        return values
    made = [token for token in tokens if any(sign.isdigit() for sign in token)]
    return made or (tokens if len(tokens) == 1 else [])
