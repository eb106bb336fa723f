"""Answers that come as a stream of events, put together into the answer that they stand for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]
_LAST = ("response.completed", "response.incomplete", "response.failed")
_REASONING = ("reasoning", "reasoning_content", "reasoning_text", "thinking")


class CutShort(ValueError):
    """The stream ended before the answer did."""


def is_stream(content: bytes, content_type: str) -> bool:
    """Whether a body is a stream of events, asked for or not."""
    start = content.lstrip()[:6]
    return "event-stream" in content_type or start.startswith((b"data:", b"event:", b"id:", b": "))


def put_together(content: bytes) -> object:
    """The JSON that a server would have sent had it not streamed.

    Raises:
        CutShort: the stream ended early, or an event is garbled.
    """
    choice: Json = {"message": {"content": ""}, "finish_reason": None}
    body: Json = {}
    ended = False
    for event in _events(content):
        if event == "[DONE]":
            ended = True
            break
        try:
            chunk = json.loads(event)
        except ValueError as error:
            raise CutShort(f"an event of the stream is not JSON: {error}") from None
        if not isinstance(chunk, dict) or chunk.get("error"):
            return chunk
        if isinstance(response := chunk.get("response"), dict):  # the responses API
            if chunk.get("type") in _LAST:
                return response
            continue
        ended = _add(chunk, body, choice) or ended
    if not ended:
        raise CutShort("the stream ended before the answer did")
    return body | {"choices": [choice]} if body.pop("choices", None) else body


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


def _events(content: bytes) -> Iterator[str]:
    """The data of each event; comments (keep-alives) are skipped.

    An empty line ends an event, and it may have several lines of data; some servers leave the
    empty lines out, so that a line that is whole in itself is an event too.
    """
    parts: list[str] = []
    # Not splitlines: a text may hold separators that are no line ends of the protocol's.
    for line in (*re.split(r"\r\n|\n|\r", content.decode("utf-8", "replace")), ""):
        if line.startswith("data:"):
            parts.append(line[5:].strip())
        data = "\n".join(parts).strip()
        if data and (not line or _is_whole(data)):
            yield data
            parts = []


def _is_whole(data: str) -> bool:
    if data == "[DONE]":
        return True
    try:
        json.loads(data)
    except ValueError:
        return False
    return True
