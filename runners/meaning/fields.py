"""Fields of a provider's JSON, whatever type they come in: a broken one costs itself and no more.

Used as types of pydantic models. A field that cannot be read becomes ``None`` and leaves its name
among the *oddities*, the list that is passed as the validation context.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationInfo


class Shape(BaseModel):
    """A part of an answer: unknown fields are ignored, each field reads what it can."""

    model_config = ConfigDict(extra="ignore", frozen=True)


def _odd(info: ValidationInfo, value: Any) -> None:
    if isinstance(info.context, list):
        info.context.append(f"{info.field_name} {str(value)[:40]!r}")


def _count(value: Any, info: ValidationInfo) -> int | None:
    """A number of tokens: exact, or unknown."""
    if value is None:
        return None
    try:
        number = float(value) if isinstance(value, (str, int, float)) else math.nan
    except (ValueError, OverflowError):
        number = math.nan
    sound = not isinstance(value, bool) and number >= 0 and number.is_integer() and number < 2**53
    if not sound:
        _odd(info, value)
        return None
    return int(number)


def _word(value: Any, info: ValidationInfo) -> str | None:
    """A short name: a string, a number taken for one, or the type of an object (sglang's)."""
    found = value[0] if isinstance(value, list) and len(value) == 1 else value
    if isinstance(found, Mapping):
        named = (found.get(name) for name in ("type", "reason", "name", "value"))
        found = next((name for name in named if isinstance(name, str)), found)
    if found is None or isinstance(found, str):
        return found
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    _odd(info, value)
    return None


def _mapping(value: Any, info: ValidationInfo) -> Any:
    if value is None or isinstance(value, Mapping):
        return value
    if value != []:  # PHP's way to write an empty object
        _odd(info, value)
    return None


def _said(value: Any, info: ValidationInfo) -> Any:
    """A message; a bare text stands for one that says it, a list for the last in it."""
    if isinstance(value, list) and value and isinstance(value[-1], (str, Mapping)):
        value = value[-1]
    return {"content": value} if isinstance(value, str) else _mapping(value, info)


def _rows(value: Any, info: ValidationInfo) -> list[Any]:
    """The objects of a list; one object stands for a list of one, or holds them by number."""
    if value is None:
        return []
    if isinstance(value, Mapping):
        by_number = bool(value) and all(str(name).isdecimal() for name in value)
        value = list(value.values()) if by_number else [value]
    if not isinstance(value, list):
        _odd(info, value)
        return []
    return [row for row in value if isinstance(row, Mapping)]


Count = Annotated[int | None, BeforeValidator(_count)]
Word = Annotated[str | None, BeforeValidator(_word)]
IfMapping = BeforeValidator(_mapping)
IfMessage = BeforeValidator(_said)
Rows = BeforeValidator(_rows)


def texts(content: Any) -> tuple[str, str]:
    """The visible text and the reasoning of a message's content, whatever its shape.

    A string; a list of parts (strings, or objects with ``text``; ``thinking`` and ``reasoning``
    are reasoning, also nested, as Mistral's); one part; a number.
    """
    if content is None or isinstance(content, bool):
        return "", ""
    if isinstance(content, str):
        return content, ""
    if isinstance(content, (int, float)):
        return str(content), ""
    if isinstance(content, list):
        pairs = [texts(part) for part in content]
        return "".join(said for said, _ in pairs), "".join(thought for _, thought in pairs)
    if not isinstance(content, Mapping):
        return "", ""
    kind = str(content.get("type") or "").lower()
    named = ("thinking", "reasoning", "reasoning_content", "summary")
    for name in named if "summary" in kind else named[:-1]:
        if content.get(name) is not None:
            return "", "".join(texts(content[name]))
    within = (content.get(name) for name in ("text", "content", "refusal", "parts"))
    inner = next((said for said in within if said is not None), None)
    if isinstance(inner, Mapping):  # {"text": {"value": …}}, as assistants write it
        inner = inner.get("value", inner)
    said, thought = texts(inner)
    thought_of = str(content.get("thought") or "").lower() not in ("", "false", "0")
    hidden = thought_of or "thinking" in kind or "reasoning" in kind
    return ("", said + thought) if hidden else (said, thought)
