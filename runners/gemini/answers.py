"""What Gemini answers, with types checked field by field before the journal."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from ..meaning.fields import Count, IfMapping, IfMessage, Rows, Shape, Word, texts
from ..meaning.said import Said

Json = dict[str, Any]


_NUMBERED = {"1": "STOP", "2": "MAX_TOKENS", "3": "SAFETY", "4": "RECITATION", "5": "OTHER"}
"""Finish reasons as gateways write them that pass the protocol's numbers on."""


class _Shape(Shape):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class _Usage(_Shape):
    prompt_token_count: Count = None
    candidates_token_count: Count = None
    thoughts_token_count: Count = None


class _Content(_Shape):
    parts: Any = None
    content: Any = None  # a bare text in its place


class _Candidate(_Shape):
    index: Count = None
    content: Annotated[_Content | None, IfMessage] = None
    finish_reason: Word = None
    finish_message: Word = None


class _Feedback(_Shape):
    block_reason: Word = None
    block_reason_message: Word = None


class _Answer(_Shape):
    candidates: Annotated[list[_Candidate], Rows] = Field(default_factory=list)
    prompt_feedback: Annotated[_Feedback | None, IfMapping] = None
    usage_metadata: Annotated[_Usage | None, IfMapping] = None
    model_version: Word = None
    response_id: Word = None


class NoCandidates(LookupError):
    """The answer is Gemini's, and holds neither a candidate nor a reason for its absence."""


def read(body: Json, oddities: list[str]) -> Said:
    """The first candidate of an answer, or the reason why the prompt was blocked.

    Args:
        body: the parsed JSON.
        oddities: takes the names of fields that could not be read.

    Raises:
        NoCandidates: there is none.
        LookupError: nothing in it is of Gemini's making.
    """
    said = _Answer.model_validate(body, context=oddities)
    usage = said.usage_metadata or _Usage()
    spoken, thoughts = usage.candidates_token_count, usage.thoughts_token_count
    about: Json = {
        "prompt_tokens": usage.prompt_token_count,
        "completion_tokens": None
        if spoken is thoughts is None
        else (spoken or 0) + (thoughts or 0),
        "reasoning_tokens": thoughts,
        "fingerprint": said.model_version,
    }
    if not said.candidates:
        feedback = said.prompt_feedback
        if feedback is not None and feedback.block_reason:
            why = (
                feedback.block_reason_message or f"the prompt was blocked: {feedback.block_reason}"
            )
            return Said(text="", finish="content_filter", notice=why, **about)
        known = (said.usage_metadata, said.model_version, said.response_id, feedback)
        if all(part is None for part in known):
            raise LookupError("no candidates")
        raise NoCandidates("the server's answer has no candidates")
    candidate = next((one for one in said.candidates if not one.index), said.candidates[0])
    content = candidate.content or _Content()
    text, thought = texts(content.content if content.parts is None else content.parts)
    return Said(
        text=text,
        finish=_NUMBERED.get(candidate.finish_reason or "", candidate.finish_reason),
        reasoning=thought,
        notice=candidate.finish_message,
        **about,
    )
