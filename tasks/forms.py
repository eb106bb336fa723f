"""Forced answers: the only texts that a decoder may write, by kind of answer.

A form depends on the task and the length, never on the truth or on what stands in the sequence,
so that it gives nothing away beyond the kind of answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from .lenses.find import find_lens
from .lenses.worn import through
from .task import Task
from .trial import Trial

_MOST_DIGITS = 7


@dataclass(frozen=True, slots=True)
class AnswerForm:
    """The only texts allowed, twice: for decoders that follow a grammar, and for JSON.

    Attributes:
        regex: matches the whole answer; plain enough for every engine (no anchors, no
            look-around).
        schema: JSON schema of an object with the one property ``answer``, of the subset that
            OpenAI's strict mode and Gemini both take.
    """

    regex: str
    schema: Mapping[str, Any]


def forced_form(task: Task, trial: Trial) -> AnswerForm:
    """The form of a forced answer to a trial.

    After plain examples the grammar begins with a space, as the answers of the examples do:
    without it a model cannot write the tokens that it has seen.
    """
    form = answer_form(through(task, find_lens(trial.id.lens), ()), trial.id.length)
    return form if trial.chat else replace(form, regex=f" {form.regex}")


def answer_form(task: Task, length: int) -> AnswerForm:
    """The form of a forced answer to a task at a length.

    A number has at most 7 digits, or as many as the largest sum can have. A sequence may be a
    quarter longer than the one asked about (8 items at least), so that adding items is possible
    and going on for ever is not.
    """
    if task.answer == "number":
        digits = max(_MOST_DIGITS, len(str(9 * length)))
        return AnswerForm(
            f"(0|[1-9][0-9]{{0,{digits - 1}}})",
            _object({"type": "integer", "minimum": 0, "maximum": 10**digits - 1}),
        )
    if task.answer == "code":
        least, greatest = task.codes
        return AnswerForm(
            f"[1-9][0-9]{{{len(str(greatest)) - 1}}}",
            _object({"type": "integer", "minimum": least, "maximum": greatest}),
        )
    symbol = {"type": "string", "enum": list(task.alphabet)}
    one = "(" + "|".join(map(re.escape, task.alphabet)) + ")"
    if task.answer == "symbol":
        return AnswerForm(one, _object(symbol))
    most = length + max(8, length // 4)
    return AnswerForm(
        f"{one}( {one}){{0,{most - 1}}}",
        _object({"type": "array", "items": symbol, "minItems": 1, "maxItems": most}),
    )


def _object(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "type": "object",
        "properties": {"answer": dict(answer)},
        "required": ["answer"],
        "additionalProperties": False,
    }
