"""Reading one item of the sequence, or a code: values that stand for themselves."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from .facts import Facts, Reading
from .number.masks import GONE, mask_lists, mask_markers
from .symbol_patterns import PASSING, THEN, item_patterns
from .text.passages import (
    VERIFYING,
    corrected,
    final_lines,
    passages,
    retracts,
    sentences,
    without_question,
)
from .text.plain import drop_code, plain, shortened
from .text.structured import boxed, json_answers, unboxed
from .text.words import DIGIT_NAMES, name_digits

_NAMES = {name: digit for digit, names in DIGIT_NAMES.items() for name in names}
_STRONG = frozenset({"final_line", "number_alone", "boxed", "json"})


def read_symbol(text: str, facts: Facts, *, cut: bool = False) -> Reading:
    """Find the one item that a text answers with: a digit, or one of the sequence's symbols.

    An echo of several items is no answer, even where its last one is the right one.
    """
    weak = Reading()
    for passage, followed in passages(shortened(drop_code(text))):
        found = _read_passage(without_question(passage), facts, cut=cut and not followed)
        if followed and found.value is not None:
            found = replace(found, complete=True)
        if found.rule in _STRONG or found.rivals or (facts.bare and found.rule == "phrase"):
            return found
        weak = weak if weak.value or weak.rivals else found
    return weak


def _read_passage(passage: str, facts: Facts, *, cut: bool) -> Reading:
    boxes = boxed(passage)
    text = plain(unboxed(passage))
    objects, text = json_answers(text, facts)
    if objects:
        return _one([_item(value, facts) for value in objects], "json")
    parts = corrected(text)
    for part in parts:
        found = _read_part(part.text, facts, text[part.end :], cut=cut and part.last)
        if found.value is not None or found.rivals:
            return found
        if part is not parts[-1] and retracts(part.text):
            return Reading()
    return _one([_item(boxes[-1], facts)], "boxed") if boxes else Reading()


def _one(values: Iterable[str | None], rule: str, *, complete: bool = False) -> Reading:
    distinct = tuple(dict.fromkeys(value for value in values if value))
    if len(distinct) > 1:
        return Reading(rivals=distinct)
    return Reading(distinct[0], rule, complete) if distinct else Reading()


def _item(text: str, facts: Facts) -> str | None:
    """The item that a piece of text is, with nothing around it but punctuation."""
    bare = plain(text).strip(" \n.!,;:*_'\"()[]{}<>=-").casefold()
    bare = re.sub(r"^(?:the )?(?:digit|number|letter|word|symbol) ", "", bare).strip("'\" ")
    named = {symbol.casefold(): symbol for symbol in facts.symbols}
    if bare in named:
        return named[bare]
    if bare in _NAMES:
        return _NAMES[bare]
    double = re.fullmatch(r"(\w+) ?\(['\"]?(\d)['\"]?\)", bare)
    if double and _NAMES.get(double[1]) == double[2]:
        return double[2]
    return _digits(bare, facts)


def _digits(token: str, facts: Facts) -> str | None:
    if not re.fullmatch(r"\d{1,3}", token):
        return None
    # Several of the symbols without anything between them are an echo.
    if len(token) > 1 and (len(token) > 2 or set(token) <= set(facts.symbols)):
        return None
    return str(int(token))


def _read_part(part: str, facts: Facts, after: str, *, cut: bool) -> Reading:
    final = final_lines(part, cut=cut)
    said = []
    for line in final:
        rest = (part[line.end :] + after).strip()
        if item := _item(line.rest, facts):
            said.append((line, Reading(item, "final_line", bool(rest))))
            continue
        for sentence in sentences(line.rest):
            found = _settle(sentence, facts, "final_line")
            if found.value or found.rivals:
                said.append((line, replace(found, complete=bool(rest) and not found.rivals)))
                break
    said = [pair for pair in said if pair[0].final] or said
    if said:
        values = dict.fromkeys(v for _, f in said for v in (f.rivals or (f.value,)))
        last_line, last = said[-1]
        if len(values) == 1:
            return replace(last, complete=any(found.complete for _, found in said))
        if len(said) > 1 and VERIFYING.search(part[said[-2][0].start : last_line.start]):
            return last
        return Reading(rivals=tuple(str(value) for value in values))
    lines = [line for line in part.strip().split("\n") if line.strip()]
    alone = [item for line in (lines[:1] + lines[-1:]) if (item := _item(line, facts))]
    if len(lines) > 2 and all(_item(line, facts) for line in lines):
        return Reading()
    if facts.bare and lines and (first := _item(lines[0], facts)) and len(lines) != 2:
        return Reading(first, "number_alone", len(lines) > 1 or bool(after.strip()))
    if alone:
        return _one(
            alone, "number_alone", complete=len(lines) > 1 and alone[0] == _item(lines[0], facts)
        )
    found = _settle_text(part, facts, bool(final))
    if facts.bare and found.rule == "phrase":
        opening, *following = re.split(r"(?<=[.!])\s+|\n+", part.strip(), maxsplit=1)
        said_first = _settle(opening, facts, "phrase")
        if said_first.value == found.value and (following or after.strip()):
            return replace(found, complete=True)
    return found


def _settle_text(part: str, facts: Facts, pointed: bool) -> Reading:
    found = [_settle(sentence, facts, "phrase") for sentence in sentences(_quiet(part))]
    for rule in ("phrase", "last_number"):
        same = [reading for reading in found if reading.rule == rule]
        if same:
            if rule == "last_number" and pointed:
                return Reading()
            return _one((reading.value for reading in same), rule)
    rivals = dict.fromkeys(value for reading in found for value in reading.rivals)
    return Reading(rivals=tuple(rivals))


def _quiet(text: str) -> str:
    return mask_lists(mask_markers(name_digits(text)))


def _settle(sentence: str, facts: Facts, rule: str) -> Reading:
    """The item that a sentence names: at the end that is asked for, else the only one."""
    line = _quiet(sentence)
    for pattern in PASSING:
        line = pattern.sub(f" {GONE} ", line)
    if facts.end == "first":
        line = THEN.sub(f" {GONE} ", line)
    item, *placed = item_patterns(facts.end, _spelled(facts))
    named = [
        _normal(match["item"], facts) for pattern in placed for match in pattern.finditer(line)
    ]
    if any(named):
        return _one(named, rule)
    loose = [_normal(match[0], facts) for match in item.finditer(line)]
    return _one(loose, "last_number" if rule == "phrase" else rule)


def _spelled(facts: Facts) -> tuple[str, ...]:
    words = tuple(symbol for symbol in facts.symbols if not symbol.isdigit())
    return words or tuple(name for name in _NAMES if name not in ("one", "uno", "null"))


def _normal(token: str, facts: Facts) -> str | None:
    named = {symbol.casefold(): symbol for symbol in facts.symbols}
    lower = token.casefold()
    return named.get(lower) or _NAMES.get(lower) or _digits(token, facts)
