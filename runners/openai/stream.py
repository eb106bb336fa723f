"""Answers that come in chunks, put together into the answer that they stand for."""

from __future__ import annotations

from typing import Any

from ..meaning.body import Body, CutShort
from ..meaning.complaint import is_error, read_json
from ..meaning.table import Meaning
from ..meaning.verdict import meaning_of

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
            complaint = read_json(chunk, None)
            if whole and meaning_of(complaint) is Meaning.REJECTED:  # what was begun was not
                raise CutShort(f"the server broke off: {complaint.text}")
            return chunk
        ended = _add(chunk, whole, choice) or ended
    if not ended:
        raise CutShort("the stream ended before the answer did")
    return whole | {"choices": [choice]} if whole.pop("choices", None) else whole


def _add(chunk: Json, body: Json, choice: Json) -> bool:
    """Add a chunk to the answer; whether it is the last of its choice."""
    for name, value in chunk.items():
        if name != "choices" and value not in (None, ""):
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
    _say(said, choice)
    if said.get("error"):
        choice["error"] = said["error"]
    finish = said.get("finish_reason")
    if finish is None or finish in ("", "null"):  # some say so with every chunk
        return False
    choice["finish_reason"] = finish
    return True


def _say(said: Json, choice: Json) -> None:
    """Add what a chunk says to the message so far."""
    message = choice["message"]
    delta, snapshot = said.get("delta"), said.get("message")
    if isinstance(delta, dict) and delta:
        choice["by_delta"] = True
    # Some call their deltas messages; with deltas before it, it says once more what was said.
    elif isinstance(snapshot, dict) and not (choice.get("by_delta") and message["content"]):
        delta = snapshot
    else:
        delta = {}
    content = delta.get("content", said.get("text"))
    message["content"] = _joined(message["content"], content)
    for name in (*_REASONING, "reasoning_details", "refusal"):
        if delta.get(name) is not None:
            message[name] = _joined(message.get(name, ""), delta[name])


def _joined(kept: Any, more: Any) -> Any:
    """What was said so far, and more of it: texts as a text, anything else as a list of parts."""
    if more is None:
        return kept
    if isinstance(kept, str) and isinstance(more, str):
        return kept + more
    kept, more = ([parts] if not isinstance(parts, list) else parts for parts in (kept, more))
    return [*kept, *more]
