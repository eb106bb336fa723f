"""Numbers that are not the answer: each kind by what stands around it.

The masks work one after another on a sentence of plain text. A number that one of them knows is
replaced by a sign that no later pattern takes for a number; what is left may be the answer.
"""

from __future__ import annotations

import re

from .mask_patterns import ASKED, GONE, MASKS, OTHER, N
from .numbers import LIST

__all__ = ["ASKED", "GONE", "OTHER", "N", "mask", "mask_idioms", "mask_lists", "mask_markers"]

_COMPILED = tuple((name, re.compile(pattern, re.IGNORECASE)) for name, pattern in MASKS)
_IDIOM = re.compile(
    r"\bone (?:by one|at a time|after (?:another|the other)|another|more time|or more)\b"
    r"|\bone-by-one\b"
    rf"|\b(?:no|each|every|any|this|that|which|another|last|first|other|only|final|right|correct|same|next"
    rf"|previous|second|third|extra|wrong|new) one\b(?!\s*{ASKED})"
    r"|\b(?:at|all at) once\b|\bonce (?:again|more|i|you|we|the)\b|\bone of (?:the|them"
    r"|these|those)\b"
    r"|\bone or two\b|\btwo or three\b|\ba (?:\w+ )?one\b|\bone can\b|\bas one\b"
    r"|\beins nach dem ander\w+"
    r"|\bun(?:o)? (?:por|a) uno?\b|\bun(?:e)? (?:par|à) une?\b|\bof one\b"
    r"|\b[bd]y (?:ones|tens|fives)\b"
    r"|一个一个|一一|一つずつ|ひとつずつ|一下|一共|一起|一样|一種|统一|唯一|一致|一定|一次性|逐一|一定|同一|万一|第[一二三四五六七八九十]+"
    r"|하나씩|하나하나",
    re.IGNORECASE,
)
_MARKER = re.compile(r"^[ \t]*(?:[-•*][ \t]*)?\(?(\d{1,3})[.):][ \t]+(?=\S)", re.MULTILINE)


def mask(sentence: str) -> str:
    """Replace the numbers of a sentence that are surely not the answer.

    >>> mask("42 of 60 digits, off by 1 or 2").replace(GONE, "_")
    '42 _ digits, off _'
    """
    for _, pattern in _COMPILED:
        sentence = pattern.sub(_gone, sentence)
    return sentence


def mask_idioms(sentence: str) -> str:
    """Remove number words that count nothing ("one by one")."""
    return _IDIOM.sub(GONE, sentence)


def mask_lists(text: str) -> str:
    """Replace echoes of a sequence, over several lines too, and the left sides of equations."""
    text = _INNER.sub(f"{GONE} ", text)
    text = _EQUATION_RUN.sub(_solved, text)
    text = _RUNNING.sub(_ran, text)
    text = LIST.sub(_listed, text)
    return _LIST_TAIL.sub(GONE, text)


# "The running sum: 6 → 12 → 30" ends at what it comes to.
_RUNNING = re.compile(
    r"(\b(?:running|cumulative|increas\w+)\b[^\n\d]{0,30})"
    r"(\d+(?: *[→,] *(?:then )?\d+)+)(?!\w|[.,]\d| *[→,] *\d)",
    re.IGNORECASE,
)


def _ran(match: re.Match[str]) -> str:
    values = [int(value) for value in re.findall(r"\d+", match[2])]
    return f"{match[1]}{GONE} = {values[-1]}" if values == sorted(set(values)) else match[0]


def _listed(match: re.Match[str]) -> str:
    # Of "6, 12, 19 → 19" the list goes, and what it comes to stays.
    comes_to = _COMES_TO.fullmatch(match[0])
    return GONE + "\n" * match[0].count("\n") + (f" → {comes_to[1]}" if comes_to else "")


_COMES_TO = re.compile(r"[^→\n]*\d[^→\n\d]+\d[^→\n]*→ *(\d+)")


_LIST_TAIL = re.compile(rf"{GONE},? (?:and|or|und|oder|et|ou|y|o) \d+(?!\w|[.,]\d)(?! times)")
# Numbers and operators; of "8 * 5 + 2 = 40 + 2 = 42" only what follows the last "=" counts.
_EQUATION_RUN = re.compile(r"(?<![\d+*×·/÷().,=-])[\d(][\d +*×x·/÷().,=…-]*+")

_INNER = re.compile(r"(?<=[\d ])\( *\d+(?: *[+*×x·-] *\d+)+ *\)(?! *[*×=/+])")
_PRODUCT = re.compile(
    r"\(?(?<![\d.,])\d[\d.,]*+(?:[ ()]*[*×x·÷][ (]*\d[\d.,]*)(?:[ ()]*[+*×x·÷-][ (]*\d[\d.,]*)*\)?"
)


def _solved(match: re.Match[str]) -> str:
    run = match[0]
    left, equals, right = run.rpartition("=")
    if re.search(r"[/÷]", left) and not re.search(r"[+*×x·]", left):
        return f"{GONE} "  # dividing counts nothing
    if equals and not right.strip(" .,"):
        return run  # "42 = the number of ones"
    if not equals:
        return _PRODUCT.sub(f"{GONE} ", run)
    if re.search(r"[+*×x·/÷]", right.strip(" .,)")) and re.fullmatch(r"[\d,. ]+", left):
        return f"{left} = {GONE} "
    return f"{GONE} = {right}"


def mask_markers(text: str) -> str:
    r"""Remove the numbers of a numbered list: those that count up from 1 at the start of lines.

    >>> mask_markers("1. ten\\n2. ten\\n42. That is all.").replace(GONE, "_")
    '_ ten\\n_ ten\\n42. That is all.'
    """
    due = 1

    def marker(match: re.Match[str]) -> str:
        nonlocal due
        number = int(match[1])
        if number not in (1, due):
            return match[0]
        due = number + 1
        return f"{GONE} "

    return _MARKER.sub(marker, text)


def _gone(match: re.Match[str]) -> str:
    # Words stay, for the patterns to come; numbers and whatever clings to them go.
    return re.sub(r"\d[\d,.]*(?<![.,])", GONE, match[0])
