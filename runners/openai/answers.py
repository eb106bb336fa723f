"""What OpenAI's endpoints answer, with types checked field by field before the journal.

Compatible servers bend the format: contents that are lists, numbers that are strings, ``usage:
null``, ``reasoning`` beside ``content``, finish reasons of their own. A field that cannot be
read is lost alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from ..meaning.fields import Count, IfMapping, IfMessage, Rows, Shape, Word, texts
from ..meaning.said import Said

Json = dict[str, Any]
_FAILED = {"message": "the server says no more than that it failed", "code": "server_error"}


class _Details(Shape):
    reasoning_tokens: Count = None


class _Usage(Shape):
    prompt_tokens: Count = None
    completion_tokens: Count = None
    input_tokens: Count = None
    output_tokens: Count = None
    reasoning_tokens: Count = None
    completion_tokens_details: Annotated[_Details | None, IfMapping] = None
    output_tokens_details: Annotated[_Details | None, IfMapping] = None


class _Message(Shape):
    content: Any = None
    refusal: Any = None
    reasoning: Any = None
    reasoning_content: Any = None
    reasoning_text: Any = None
    reasoning_details: Any = None
    thinking: Any = None


class _Choice(Shape):
    index: Count = None
    message: Annotated[_Message | None, IfMessage] = None
    delta: Annotated[_Message | None, IfMessage] = None
    text: Any = None
    finish_reason: Word = None
    finishReason: Word = None  # noqa: N815 - of gateways that write all names so
    native_finish_reason: Word = None  # OpenRouter's, of the provider behind it
    stop_reason: Word = None
    error: Any = None

    @property
    def finish(self) -> str | None:
        """Why it ended; *stop_reason* is Anthropic's word, and vLLM's for something else."""
        ours = self.finish_reason or self.finishReason
        return ours or self.stop_reason or self.native_finish_reason


class _Completion(Shape):
    choices: Annotated[list[_Choice], Rows] = Field(default_factory=list)
    usage: Annotated[_Usage | None, IfMapping] = None
    model: Word = None
    system_fingerprint: Word = None


class _Item(Shape):
    type: Word = None
    content: Any = None
    summary: Any = None


class _Incomplete(Shape):
    reason: Word = None


class _Response(Shape):
    status: Word = None
    output: Annotated[list[_Item], Rows] = Field(default_factory=list)
    incomplete_details: Annotated[_Incomplete | None, IfMapping] = None
    usage: Annotated[_Usage | None, IfMapping] = None
    model: Word = None


def read_chat(body: Json, oddities: list[str]) -> Said:
    """The first choice of a chat completion, or of a plain completion.

    Args:
        body: the parsed JSON.
        oddities: takes the names of fields that could not be read.

    Raises:
        LookupError: there is no choice.
    """
    said = _Completion.model_validate(body, context=oddities)
    if not said.choices:
        raise LookupError("no choices")
    choice = next((one for one in said.choices if not one.index), said.choices[0])
    message = choice.message or choice.delta or _Message()
    content = choice.text if message.content is None else message.content
    refused = _refusals(content)
    if refused:
        content = [part for part in content if part not in refused]
    text, thought = texts(content)
    refusal, _ = texts(refused or message.refusal)
    reasoning = thought or next(
        (
            found
            for content in (
                message.reasoning,
                message.reasoning_content,
                message.reasoning_text,
                message.thinking,
                message.reasoning_details,
            )
            if (found := "".join(texts(content)))
        ),
        "",
    )
    return Said(
        text=text or refusal,
        finish="content_filter" if refusal and not text else choice.finish,
        reasoning=reasoning,
        error=choice.error or (None if text or refusal else body.get("error")),
        **_about(said.model, said.system_fingerprint, said.usage),
    )


def read_response(body: Json, oddities: list[str]) -> Said:
    """A response object of the responses API.

    Raises:
        LookupError: it is none.
    """
    if body.get("object") != "response":
        raise LookupError("not a response object")
    said = _Response.model_validate(body, context=oddities)
    parts = [
        part
        for item in said.output
        if item.type == "message" and isinstance(item.content, list)
        for part in item.content
        if isinstance(part, Mapping)
    ]
    refused = any(part.get("type") == "refusal" for part in parts)
    thoughts = ["".join(texts(item.summary or item.content)) for item in said.output
                if item.type == "reasoning"]  # fmt: skip
    cut = said.incomplete_details.reason if said.incomplete_details else None
    return Said(
        text=texts(parts)[0],
        finish="content_filter" if refused else cut or said.status,
        reasoning="\n".join(filter(None, thoughts)),
        error=body.get("error") or (_FAILED if said.status == "failed" else None),
        **_about(said.model, None, said.usage),
    )


def _refusals(content: Any) -> list[Any]:
    """The parts of a content in which the model refuses."""
    parts = content if isinstance(content, list) else []
    return [part for part in parts if isinstance(part, Mapping) and part.get("type") == "refusal"]


def _about(model: str | None, fingerprint: str | None, usage: _Usage | None) -> Json:
    counts = usage or _Usage()
    details = counts.completion_tokens_details or counts.output_tokens_details or _Details()
    return {
        "fingerprint": " ".join(word for word in (model, fingerprint) if word) or None,
        "prompt_tokens": _either(counts.prompt_tokens, counts.input_tokens),
        "completion_tokens": _either(counts.completion_tokens, counts.output_tokens),
        "reasoning_tokens": _either(details.reasoning_tokens, counts.reasoning_tokens),
    }


def _either(first: int | None, second: int | None) -> int | None:
    return second if first is None else first
