"""Reading one item of the sequence, or a code: values that stand for themselves."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache

from .facts import Facts, Reading
from .masks import GONE, mask_lists, mask_markers
from .passages import (
    VERIFYING,
    corrected,
    final_lines,
    passages,
    retracts,
    sentences,
    without_question,
)
from .plain import drop_code, plain, shortened
from .structured import boxed, json_answers, unboxed
from .words import DIGIT_NAMES, name_digits

_NAMES = {name: digit for digit, names in DIGIT_NAMES.items() for name in names}
_STRONG = frozenset({"final_line", "number_alone", "boxed", "json"})
_NOT = (
    r"not|never|rather than|instead of|nor|as opposed to|unlike|nicht|statt|pas"
    r"|en lugar de|en vez de|au lieu de"
    r"|不是|并非|而不是|而非"
)
_REST = (
    "其他|其余|其它|剩下|后面|前面|残り|それ以外|ほかは|他は|나머지|다른"
    r"|\b(?:el resto|los demás|las demás|le reste|les autres|der rest|alle anderen|die übrigen)\b"
)
_PASSING: tuple[re.Pattern[str], ...] = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?:(?<![a-z])(?:{_NOT})|n't|不是|而不是)\s*(?:(?:a|an|the|another|necessarily|just"
        rf"|digit|number|es|un|eine?|une?|la|el|die)\s+)*[\"'(]*\d+\b",
        r"(?<!\w)\d+\s*(?:ではなく|じゃなく|이 ?아니라|가 ?아니라)",
        r"\bno\s+(?:\d+(?=,?\s+sino)|(?:es |el |la |un )+\d+)",
        # How many, and of what: "41 sevens", "7s", "the 42nd", "a 42-digit sequence".
        r"(?<!\w)\d+\s+(?:consecutive |repeated |other |identical |more )*(?=\d'?s\b)",
        r"(?<!\w)[\"']?\d[\"']?'?s(?!\w)",
        r"(?<!\w)\d+(?:st|nd|rd|th)(?!\w)|\d+-(?:digit|item|character|element|long)\w*",
        r"(?<!\w)\d+\s+(?:digits?|times|items?|characters?|elements?|numbers?|symbols?"
        r"|repetitions|occurrences|instances|consecutive|copies|groups?|个|個|回|次|개|번|桁"
        r"|mal|veces|fois)(?![a-z])",
        r"\b(?:position|index|place|step|line|row|group|item|#|length"
        r"|of length)\s*(?:number|is|of|=|:|\()?\s*\d+",
        r"\bgroups?\s+of\s+\d+|\d+\s*%|\bdigit number \d+|第\s*\d+|\d+\s*番目",
        r"\b(?:last|first|final|ending|closing|opening) (?:two|three|four|five|few|couple of|\d+) "
        r"(?:digits|numbers|items|elements|symbols)\b(?:(?!,? (?:so|thus|and the (?:last|first))"
        r"\b)[^.;\n])*",
        r"[\"']?(?<!\w)\d[\"']?(?:'?s)?,? (?:is |being |are )?"
        r"(?:repeat(?:ed|ing|s)|over and over)\b(?: \d+ times)?",
        # The rest of the sequence.
        rf"(?:{_REST})[^.;,\n]*",
        r"\b(?:followed by|preceded by|after|before|between|alternat\w+(?! (?:sequence|pattern))"
        r"|repeat\w*"
        r"|consist\w*|all|other(?:s)?|rest|remaining|majority|every|each)\b"
        r"(?:(?!\b(?:and|but|then|so) (?:(?:it|the sequence|then) )?(?:is|ends?|starts?"
        r"|begins?|the (?:last|first|final))\b|\bcomes? an?\b|\bthere (?:is|'s)\b)[^.;,\n])*",
        r"\b(?:because|since|given that|even though|although|while|whereas|as (?:the|it"
        r"|there|all)|instead)\b(?:(?!, (?:so|thus|then|the|it)\b)[^.;\n])*",
        r"\b(?:at first|initially|(?:i )?first (?:thought|guess\w*|read)|i (?:thought|said|guessed))\b"
        r"[^.;\d\n]{0,40}\d+",
        r"(?<!\w)[\"']?\d[\"']?s? (?:all the (?:way|time)|throughout|from (?:then|there) on)\b",
        r"\([^()\n]*\b(?:not|out of|position|digits?|total|the \d+)[^()\n]*\)",
    )
)
# Of the start of a sequence, what comes "then" is not asked for.
_THEN = re.compile(r"\bthen\b(?![^.;\n]{0,30}\b(?:first|answer)\b)[^.;\n]*", re.IGNORECASE)
_FIRST = (
    r"first|start\w*|begin\w*|initial|leading|opening|erste\w*|primer\w*|premi\w*|开头|第一"
    r"|最初|先頭|첫"
)
_LAST = r"last|final|end\w*|closing|letzte\w*|últim\w*|derni\w*|最后|最後|末尾|마지막"
_NO_OTHER = "".join(
    rf"(?<!\b{which} )"
    for which in "first last final initial starting ending other repeated second only".split()
)
_LINK = r"(?:is|are|was|with|in|:|=|→|ist|es|est|lautet|mit|con|par|是|为|は|が|은|는)"


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
        opening, *rest = re.split(r"(?<=[.!])\s+|\n+", part.strip(), maxsplit=1)
        said_first = _settle(opening, facts, "phrase")
        if said_first.value == found.value and (rest or after.strip()):
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
    for pattern in _PASSING:
        line = pattern.sub(f" {GONE} ", line)
    if facts.end == "first":
        line = _THEN.sub(f" {GONE} ", line)
    item, *placed = _patterns(facts.end, _spelled(facts))
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


@lru_cache(maxsize=256)
def _patterns(end: str, words: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    """An item; an item said to stand at the end that is asked for; the same the other way round."""
    spelled = "|".join(map(re.escape, words))
    item = rf"(?<![\w.,/])(?:\d{{1,3}}|{spelled})(?!\w|[.,/]\d)"
    ends = {"first": _FIRST, "last": _LAST}.get(end, f"{_FIRST}|{_LAST}")
    noun = r"(?:(?:digit|number|ziffer|zahl|dígito|chiffre|word)\s+)?"
    patterns = (
        item,
        rf"\b(?:{ends})(?![a-z])[^.;\d\n]{{0,60}}?{_LINK}\s*(?:the |a |an |das |die "
        rf"|eine? )?{noun}"
        rf"[\"'(]*(?P<item>{item})",
        rf"{_NO_OTHER}\b(?:digit|number|word|output)\s+(?:alone\s+)?(?:is|:)\s*[\"'(]*(?P<item>{item})",
        rf"[\"']?(?P<item>{item})[\"']? (?:(?:at|in) )?the (?:very )?(?:{ends})(?![a-z])",
        rf"[\"']?(?P<item>{item})[\"']?\s+(?:is|was|as|comes|stands|ist|es|est)\s+(?:at\s+)?"
        rf"(?:the\s+|la\s+|el\s+|die\s+|le\s+)?(?:very\s+)?(?:{ends})(?![a-z])",
    )
    return tuple(re.compile(pattern, re.IGNORECASE) for pattern in patterns)


def _normal(token: str, facts: Facts) -> str | None:
    named = {symbol.casefold(): symbol for symbol in facts.symbols}
    lower = token.casefold()
    return named.get(lower) or _NAMES.get(lower) or _digits(token, facts)
