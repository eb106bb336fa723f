"""Answers that come in chunks, put together into the answer that they stand for."""

from __future__ import annotations

from typing import Any

from ..meaning.body import Body, CutShort
from ..meaning.complaint import is_error

Json = dict[str, Any]
_LAST = ("response.completed", "response.incomplete", "response.failed")
_REASONING = ("reasoning", "reasoning_content", "reasoning_text", "thinking")


def is_chunked(body: Body) -> bool:
    """Whether a body holds pieces of an answer: events, or a list or lines of chunks."""
    if body.streamed:
        return True
    return len(body.chunks) > 1 and any(
        isinstance(choice, dict) and "delta" in choice
        for chunk in body.chunks
        if isinstance(chunk, dict) and isinstance(chunk.get("choices"), list)
        for choice in chunk["choices"]
    )


def put_together(body: Body) -> object:
    """The JSON that a server would have sent had it not streamed.

    Raises:
        CutShort: the stream ended early.
    """
    choice: Json = {"message": {"content": ""}, "finish_reason": None}
    whole: Json = {}
    ended = body.done
    for chunk in body.chunks:
        if not isinstance(chunk, dict):
            return chunk
        if isinstance(response := chunk.get("response"), dict):  # the responses API
            if chunk.get("type") in _LAST:
                return response
            continue
        if chunk.get("error") or is_error(chunk):
            return chunk
        ended = _add(chunk, whole, choice) or ended
    if not ended:
        raise CutShort("the stream ended before the answer did")
    return whole | {"choices": [choice]} if whole.pop("choices", None) else whole


def _add(chunk: Json, body: Json, choice: Json) -> bool:
    """Add a chunk to the answer; whether it is the last of its choice."""
    for name, value in chunk.items():
        if name != "choices" and value is not None:
            body[name] = value
    choices = chunk.get("choices")
    first = (
        (row for row in choices if isinstance(row, dict) and not row.get("index"))
        if isinstance(choices, list)
        else iter(())
    )
    if (said := next(first, None)) is None:
        return False
    body["choices"] = True
    delta = said.get("delta") or said.get("message") or {}
    message = choice["message"]
    text = delta.get("content", said.get("text")) if isinstance(delta, dict) else None
    if isinstance(text, list):
        kept = message["content"]
        message["content"] = [kept, *text] if isinstance(kept, str) else [*kept, *text]
    elif isinstance(text, str):
        kept = message["content"]
        message["content"] = kept + text if isinstance(kept, str) else [*kept, text]
    for name in (*_REASONING, "refusal"):
        if isinstance(delta, dict) and isinstance(delta.get(name), str):
            message[name] = message.get(name, "") + delta[name]
    if said.get("error"):
        choice["error"] = said["error"]
    if said.get("finish_reason") is not None:
        choice["finish_reason"] = said["finish_reason"]
        return True
    return False
