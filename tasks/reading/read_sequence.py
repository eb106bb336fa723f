"""Reading a copied sequence: what of a text is the copy, item by item."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import chain
from typing import NamedTuple

from .facts import Facts, Reading
from .number.masks import GONE
from .text.passages import corrected, final_lines, passages, without_question
from .text.plain import drop_code, plain
from .text.structured import boxed, json_answers, unboxed

_BETWEEN = r"[\s,;|+\-'\"\[\](){}<>→=>…⇒_/\\.•·]"
_ABRIDGED = re.compile(r"…|\.{3}|\betc\b|and so on")
# A number with one of these after it counts something: "6 digits in total".
_COUNTS = re.compile(
    r"[ ]*(?:digits?|items?|numbers?|elements?|characters?|symbols?|terms?|entries"
    r"|values?|words?|times|groups?|of the|in total"
    r"|total|个|個|桁|文字|자리|개|ziffern?|zahlen|dígitos?|números?|chiffres?|nombres?|st\b"
    r"|nd\b|rd\b|th\b|%)",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"(?:\b(?:group|line|row|part|step|block|chunk|set|section|segment|digits?"
    r"|positions?|length|total|count|items?|numbers?)\s*(?:#|no\.?)?\s*"
    r"\d+(?:\s*(?:-|to|through)\s*\d+)?\s*[:.)\-]|\b(?:length|total|count)\s*(?:is|of|="
    r"|:)\s*\d+|\b(?:groups?|sets?|chunks?|lines?|rows?|blocks?) of \d+)",
    re.IGNORECASE,
)
_MARKER = re.compile(r"(?m:^[ \t]*\d{1,3}[.)][ \t]+)(?=\d+[ ,]+\d)")
_NUMBERED = re.compile(r"^[ \t]*(\d{1,7})[.):][ \t]+(\w+)[ \t]*$")
_PLACE = re.compile(r"\[(\d{1,7})\](?=\s*\w)")
"""The number of an item, as a prompt may show it: "[1] 4 [2] 9"."""
_COPY = re.compile(
    r"\b(?:full|complete|entire|whole|combin\w+|together|final"
    r"|cop(?:y|ied)|repeat\w*|output|result|reproduc\w+|again|as follows|answer"
    r"|exact\w*)\b[^\n]{0,40}$",
    re.IGNORECASE,
)


_STRONG = frozenset({"final_line", "json", "boxed"})


_TOKEN = re.compile(r"[^\W_]+")
_WORD_SIGN, _GAP_SIGN = re.compile(r"\w"), re.compile(_BETWEEN)


class Run(NamedTuple):
    """Items with nothing but separators between them, and where they stand."""

    items: tuple[str, ...]
    start: int
    end: int


def read_sequence(text: str, facts: Facts, *, cut: bool = False) -> Reading:
    """Find the sequence that a text answers with, as long as the model made it.

    Order: JSON; what stands after the last final line; the only run of items, groups of one copy
    taken together; a box. Where two different runs remain, there is none.
    """
    weak = Reading()
    text = drop_code(text)
    for passage, followed in passages(text):
        found = _read_passage(without_question(passage), facts, cut=cut and not followed)
        if followed and found.value is not None:
            found = replace(found, complete=True)
        if found.rule in _STRONG or found.rivals or (facts.bare and found.value is not None):
            return found
        weak = weak if weak.value or weak.rivals else found
    # "This is the sequence: …" may be an answer as well as a question.
    return weak if weak.value or weak.rivals else _read_passage(text, facts, cut=cut)


def _read_passage(passage: str, facts: Facts, *, cut: bool) -> Reading:
    text = plain(unboxed(passage))
    objects, text = json_answers(text, facts)
    if objects:
        made = tuple(dict.fromkeys(" ".join(_items(plain(value), facts)) for value in objects))
        made = tuple(value for value in made if value)
        if made:
            return Reading(made[0], "json") if len(made) == 1 else Reading(rivals=made)
    for part in corrected(text):
        found = _read_part(part.text, text[part.end :], facts, cut=cut and part.last)
        if found.value is not None or found.rivals:
            return found
    if boxes := boxed(passage):
        items = _items(plain(boxes[-1]), facts)
        return Reading(" ".join(items), "boxed") if items else Reading()
    return Reading()


def _read_part(part: str, after: str, facts: Facts, *, cut: bool) -> Reading:
    end = len(part)
    for line in reversed(final_lines(part, cut=cut)):
        scope = part[line.start : end]
        if runs := _runs(scope, facts):
            return _copy_of(runs, scope, "final_line", part[line.start :] + after, answered=True)
        end = line.start
    return _copy_of(_runs(part, facts), part, "sequence", part + after, answered=facts.bare)


def _copy_of(runs: list[Run], scope: str, rule: str, rest: str, *, answered: bool) -> Reading:
    if not runs:
        return Reading()
    blocks = _blocks(runs, scope)
    if rule == "final_line":
        blocks = blocks[:1]
    longest = max(len(items) for items, _ in blocks)
    if len(blocks) > 2 and tuple(chain(*(items for items, _ in blocks[:-1]))) == blocks[-1][0]:
        blocks = blocks[-1:]  # first in groups, then all of it
    # A shorter run beside a whole copy is a group of it, or a count.
    if longest > 2:
        blocks = [block for block in blocks if 2 * len(block[0]) > longest]
    cued = [block for block in blocks if _COPY.search(_before(scope, block[1].start))]
    values = tuple(dict.fromkeys(" ".join(items) for items, _ in blocks))
    if len(values) > 1 and len(dict.fromkeys(" ".join(items) for items, _ in cued)) == 1:
        values, blocks = (" ".join(cued[-1][0]),), cued
    if len(values) > 1:
        return Reading(rivals=values)
    end = blocks[-1][1].end
    if _ABRIDGED.search(scope[max(0, blocks[-1][1].start - 5) : end + 5]):
        return Reading()
    tail = rest[end:]
    going_on = not re.search(r"\w", tail) or (
        rule != "final_line" and "\n" not in tail[: len(tail) - len(tail.lstrip()) + 1]
    )
    return Reading(values[0], rule, complete=answered and not going_on)


def _before(scope: str, at: int) -> str:
    """The end of what stands before a place, without what opens a quotation or a list."""
    return scope[max(0, at - 120) : at].rstrip(" :\n\"'[(")[-60:]


def _blocks(runs: list[Run], scope: str) -> list[tuple[tuple[str, ...], Run]]:
    """Runs on lines with labels ("Group 1: …") that follow each other are one copy."""
    blocks: list[list[Run]] = []
    for run in runs:
        if blocks:
            between = scope[blocks[-1][-1].end : run.start]
            if _LABEL.search(between) and not re.sub(r"[\W\d_]+", "", _LABEL.sub("", between)):
                blocks[-1].append(run)
                continue
        blocks.append([run])
    whole = [
        Run(tuple(chain(*(run.items for run in block))), block[0].start, block[-1].end)
        for block in blocks
    ]
    return [(run.items, run) for run in whole]


def _runs(text: str, facts: Facts) -> list[Run]:
    numbered = [_NUMBERED.match(line) for line in text.strip().split("\n") if line.strip()]
    listed = [match for match in numbered if match]
    if len(listed) > 1 and [int(match[1]) for match in listed] == list(range(1, len(listed) + 1)):
        items = tuple(match[2] for match in listed)
        at = text.find(listed[0][0])
        last = listed[-1][0]
        return [Run(items, at, text.rfind(last) + len(last))]
    places = [int(match[1]) for match in _PLACE.finditer(text)]
    if len(places) > 1 and places == list(range(1, len(places) + 1)):
        text = _PLACE.sub(lambda match: " " * len(match[0]), text)
    text = _MARKER.sub(lambda match: GONE * len(match[0]), text)
    quiet = _LABEL.sub(lambda match: GONE * len(match[0]), text)
    found = []
    for match in _run_pattern(facts).finditer(quiet):
        run = _trimmed(match, quiet, facts)
        if run:
            found.append(run)
    return _whole_at_last(found, quiet, facts) or found


def _whole_at_last(runs: list[Run], text: str, facts: Facts) -> list[Run]:
    """The last of the runs parted at blank lines, if it is those before it taken together."""
    pieces: list[Run] = []
    for run in runs:
        at = run.start
        for piece in re.split(r"(\n\s*\n)", text[run.start : run.end]):
            if items := _items(piece, facts):
                pieces.append(Run(tuple(items), at, at + len(piece)))
            at += len(piece)
    parts = [item for piece in pieces[:-1] for item in piece.items]
    return pieces[-1:] if len(pieces) > 2 and parts == list(pieces[-1].items) else []


def _run_pattern(facts: Facts) -> re.Pattern[str]:
    names = [symbol for symbol in facts.symbols if not symbol.isdigit()]
    words = "|".join(map(re.escape, names))
    if names and max(map(len, names)) == 1:
        words = f"[{''.join(map(re.escape, names))}]+"
    item = rf"(?:\d++|{words})(?!\w)" if words else r"\d++(?!\w)"
    return re.compile(
        rf"(?<!\w){item}(?:(?:,? (?:and|und|et|y) |{_BETWEEN}++){item})*+", re.IGNORECASE
    )


def _trimmed(match: re.Match[str], text: str, facts: Facts) -> Run | None:
    r"""The run without a last number that counts ("3 1 4\\n\\n3 digits in total")."""
    start, end = match.span()
    said = match[0]
    if _COUNTS.match(text, end):
        said = _without_last(said)
        end = start + len(said)
    items = _items(_once(said, facts), facts)
    return Run(tuple(items), start, end) if items else None


def _without_last(said: str) -> str:
    """A run without its last item; from the end, since a run may be a million items long."""
    at = len(said)
    while at and _WORD_SIGN.match(said[at - 1]):
        at -= 1
    while at and _GAP_SIGN.match(said[at - 1]):
        at -= 1
    return said[:at]


def _once(said: str, facts: Facts) -> str:
    """One line of a run whose lines are all the same copy; nothing where that cannot be told."""
    lines = [line.strip() for line in said.split("\n") if line.strip()]
    size = len(_items(lines[0], facts)) if lines else 0
    if len(lines) < 2 or size < 2 or len(set(lines)) > 1:
        return said
    if facts.length is None:
        return "" if size > 3 else said
    return lines[0] if 2 * size > facts.length else said


def _items(text: str, facts: Facts) -> list[str]:
    """The items of a run of plain text; signs without separators are taken apart."""
    named = {symbol.casefold(): symbol for symbol in facts.symbols}
    items: list[str] = []
    for token in _TOKEN.findall(text):
        if token.casefold() in named:
            items.append(named[token.casefold()])
        elif token.isdigit() or all(sign in named for sign in token.casefold()):
            items += [named.get(sign, sign) for sign in token.casefold()]
    return items
