"""A Gemini answer that comes in chunks, put together; asked for or not."""

from __future__ import annotations

from typing import Any

from ..meaning.body import Body, CutShort

Json = dict[str, Any]


def whole_of(body: Body) -> object:
    """The JSON of an answer: the one value of a body, or what its chunks come to.

    Raises:
        CutShort: the chunks end before the answer does.
    """
    chunks = [chunk for chunk in body.chunks if isinstance(chunk, dict)]
    if len(chunks) < max(2, len(body.chunks)):
        return body.chunks[0] if len(body.chunks) == 1 else body.chunks
    if error := next((chunk for chunk in chunks if chunk.get("error")), None):
        return error
    behind = not any("candidates" in chunk for chunk in chunks[1:])
    if not body.streamed and (behind or all(chunk == chunks[0] for chunk in chunks)):
        return chunks[0]  # and something behind it, or the same once more
    whole: Json = {}
    first: Json = {}
    parts: list[Any] = []
    for chunk in chunks:
        whole |= {name: value for name, value in chunk.items() if value is not None}
        candidate = _first(chunk.get("candidates"))
        content = candidate.get("content")
        if isinstance(content, dict) and isinstance(content.get("parts"), list):
            parts += content["parts"]
        first |= {name: value for name, value in candidate.items() if value is not None}
    if first:
        if not first.get("finishReason") and not first.get("finish_reason"):
            raise CutShort("the chunks end before the answer does")
        whole["candidates"] = [first | {"content": {"role": "model", "parts": parts}}]
    return whole


def _first(candidates: object) -> Json:
    """The first candidate of a chunk."""
    rows = candidates if isinstance(candidates, list) else [candidates]
    found = (row for row in rows if isinstance(row, dict) and not row.get("index"))
    return next(found, {})
