r"""Answers with a form of their own: JSON, tables, ``\\boxed{}``."""

from __future__ import annotations

import json
import re
from typing import Any

from ..facts import Facts
from .words import DIGIT_NAMES

_OBJECT = re.compile(r"\{[^{}]*\}")
_KEYS: dict[str, str] = {
    "number": r"count|n|sum|result|occurrences?|times|frequency|appearances|instances|how_?many"
    r"|amount",
    "symbol": r"(?:first|last)?_?(?:digit|number|symbol|element|item|word|character)|result",
    "sequence": r"(?:\w+_)?(?:sequence|copy|digits|items|numbers)|result|repeated",
    "code": r"value|code|result|record",
}
"""What the answer is called in an object, by kind, beside "answer"."""
_LESSER_KEY = r"(?:total|number|value|output|response)(?:_?\w+)?"
_BOXED = re.compile(
    r"\\(?:boxed|fbox|framebox)\s*\{((?:[^{}]|\{[^{}]*\})*)\}"
    r"|<\|begin_of_box\|>(.*?)<\|end_of_box\|>"
)
_ROW = re.compile(r"^[ \t]*\|?([^|\n]+(?:\|[^|\n]*)+)\|?[ \t]*$", re.MULTILINE)
_RULE = re.compile(r"[\s|:+-]*-[\s|:+-]*")
_COUNT_HEAD = re.compile(
    r"count|number of|frequency|occurrence|times|total|how many|amount|anzahl|häufigkeit"
    r"|cantidad|veces|nombre|fréquence|次数|个数|数量|回数|個数|횟수|개수",
    re.I,
)
_SYMBOL_HEAD = re.compile(
    r"digit|symbol|number|character|value|element|word|item|ziffer|zahl|wort|dígito"
    r"|número|palabra|chiffre|mot|数字|字符|数|単語|文字|숫자|단어",
    re.I,
)
_PLACE_HEAD = re.compile(
    r"group|step|row|line|#|position|index|block|part|batch|chunk|segment|section|gruppe"
    r"|grupo|groupe|组|行|グループ",
    re.I,
)
_TOTAL = re.compile(
    r"\b(?:(?:grand )?total|sum|altogether|overall|answer|result|insgesamt|summe"
    r"|gesamt)\b|总计|合计|总数|合計|합계|총",
    re.I,
)


def json_answers(text: str, facts: Facts) -> tuple[list[str], str]:
    """The values that JSON objects of a text give as the answer, and the text without the objects.

    A key that names the asked symbol counts before "answer", "count", "total" and their like; of
    an object with one key its value is taken. Lists come back as their items, comma-separated.
    """
    answers: list[tuple[int, str]] = []

    def taken(match: re.Match[str]) -> str:
        made = _parse(match[0])
        if not isinstance(made, dict):
            return match[0].replace("{", "(").replace("}", ")")
        for key, value in made.items():
            rank = _rank(str(key), len(made), facts)
            if rank and value is not None and not isinstance(value, bool):
                answers.append((rank, _shown(value)))
        return " null "

    for _ in range(4):
        text, count = _OBJECT.subn(taken, text)
        if not count:
            break
    best = min((rank for rank, _ in answers), default=0)
    return [value for rank, value in answers if rank == best], text.replace(" null ", " ")


def _parse(text: str) -> Any:
    for attempt in (text, re.sub(r",(\s*[}\]])", r"\1", text.replace("'", '"'))):
        try:
            return json.loads(attempt)
        except (ValueError, RecursionError):
            continue
    return None


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)


def _rank(key: str, keys: int, facts: Facts) -> int:
    if facts.kind == "number" and facts.asked and _names(key, facts.asked):
        return 1
    if facts.kind == "symbol" and facts.end:
        if re.search("last" if facts.end == "first" else "first", key, re.IGNORECASE):
            return 0
        if facts.end in key.casefold():
            return 1
    if re.search(r"answer|respuesta|réponse|antwort|答案|答え|정답", key, re.IGNORECASE):
        return 2
    plainly = re.sub(r"[\s-]+", "_", key.strip())
    if re.fullmatch(
        rf"(?:\w+_)?(?:{_KEYS[facts.kind]})(?:_of_\w+|_count)?", plainly, re.IGNORECASE
    ):
        return 3
    if re.fullmatch(_LESSER_KEY, plainly, re.IGNORECASE):
        return 4
    return 5 if keys == 1 else 0


def _names(cell: str, symbol: str) -> bool:
    """Whether a cell or key names a symbol: "7", "7s", "'7'", "digit 7", "sevens", "count_of_7"."""
    said = [re.escape(symbol), *DIGIT_NAMES.get(symbol, ())]
    return bool(
        re.search(rf"(?<![^\W_])(?:{'|'.join(said)})(?:'?e?s)?(?![^\W_])", cell, re.IGNORECASE)
    )


def boxed(text: str) -> list[str]:
    r"""What stands in the boxes of a text (raw, not plain: it needs its backslashes).

    >>> boxed(r"$\\boxed{1{,}152}$")
    ['1{,}152']
    """
    return [match[1] or match[2] or "" for match in _BOXED.finditer(text)]


def unboxed(text: str) -> str:
    """The text with the boxes taken off."""
    return _BOXED.sub(lambda match: f" {match[1] or match[2] or ''} ", text)


def tables(text: str) -> tuple[list[list[list[str]]], str]:
    """The tables of a plain text as rows of cells, and the text without them.

    A table has a rule under its head ("|---|---|").
    """
    lines = text.split("\n")
    found: list[list[list[str]]] = []
    kept: list[str] = []
    at = 0
    while at < len(lines):
        rows: list[list[str]] = []
        if (
            at + 1 < len(lines)
            and "|" in lines[at]
            and "|" in lines[at + 1]
            and _RULE.fullmatch(lines[at + 1])
        ):
            while at < len(lines) and "|" in lines[at]:
                if not _RULE.fullmatch(lines[at]):
                    rows.append([cell.strip() for cell in lines[at].strip().strip("|").split("|")])
                at += 1
            found.append(rows)
        else:
            kept.append(lines[at])
            at += 1
    return found, "\n".join(kept)


def table_answers(rows: list[list[str]], facts: Facts) -> list[str]:
    """The cells of a table that give the count: of the asked symbol, else of the total row."""
    head, body = rows[0], rows[1:]
    column = next((at for at, cell in enumerate(head) if at and _COUNT_HEAD.search(cell)), None)

    def cell(row: list[str]) -> str:
        return row[column] if column is not None and column < len(row) else row[-1]

    if facts.asked:
        if (
            len(body) == 1
            and (named := [at for at, title in enumerate(head) if _names(title, facts.asked)])
            and (named != [0] or len(head) == 1 or not _SYMBOL_HEAD.search(head[0]))
        ):
            return [body[0][at] for at in named if at < len(body[0])]
        if not _PLACE_HEAD.search(head[0]):
            asked = [row for row in body if len(row) > 1 and _names(row[0], facts.asked)]
            if asked:
                return [cell(row) for row in asked]
    total = [row for row in body if len(row) > 1 and _TOTAL.search(row[0])]
    if total:
        return [cell(row) for row in total]
    if len(body) == 1 and len(head) > 1 and column is not None:
        return [cell(body[0])]
    return []
