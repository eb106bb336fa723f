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
    return "event-stream" in content_type or content.lstrip()[:6] in (b"data: ", b"event:")


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
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        return False
    body["choices"] = True
    said = choices[0]
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
    """The data of each event, one a line; comments (keep-alives) are skipped."""
    # Not splitlines: a text may hold separators that are no line ends of the protocol's.
    for line in re.split(r"\r\n|\n|\r", content.decode("utf-8", "replace")):
        if line.startswith("data:") and (data := line[5:].strip()):
            yield data
