"""The JSON of an HTTP answer, however it is wrapped: alone, in a list, in lines, as events.

Servers, and the proxies before them, answer with a stream to who asked for none, write comments
to keep a connection alive, begin with a byte-order mark, or write something behind the JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ...support.secrets import redact


def _whole(digits: str) -> float:
    try:
        return int(digits)
    except ValueError:  # longer than Python reads
        return float(digits)


# A line feed within a text costs no answer, and a number of 5,000 digits neither.
_DECODER = json.JSONDecoder(strict=False, parse_int=_whole)
_GUARDS = re.compile(r"\A(?:\s|\ufeff|\)\]\}',?|:[^\n\r]*[\n\r])+")  # before the JSON
_NEXT = re.compile(r"\S")
_CHARSET = re.compile(r"charset=[\s\"']*([\w-]+)", re.IGNORECASE)
_EVENT = re.compile(r"(data|event|id|retry):")


class CutShort(ValueError):
    """The body ended before the answer did."""


@dataclass(frozen=True, slots=True)
class Body:
    """What a body holds.

    Attributes:
        values: the JSON values in it, at least one.
        streamed: whether they came as a stream of events.
        done: whether the stream said that it is at its end.
    """

    values: list[Any]
    streamed: bool = False
    done: bool = False

    @property
    def chunks(self) -> list[Any]:
        """The values, of which one that is a list stands for what is in it."""
        alone = self.values[0] if len(self.values) == 1 else None
        return alone if isinstance(alone, list) else self.values


def read_body(content: bytes | str, content_type: str = "") -> Body:
    """The JSON values that a body holds, one after another; mostly one.

    Raises:
        CutShort: a stream has no event, or one that is garbled.
        ValueError: there is none.
    """
    text = _GUARDS.sub("", _decode(content, content_type), count=1)
    if _EVENT.match(text) or ("event-stream" in content_type and text[:1] not in ("{", "[")):
        return _read_events(text)
    values: list[Any] = []
    at = 0
    while at < len(text):
        try:
            value, end = _DECODER.raw_decode(text, at)
        except RecursionError:
            raise ValueError("nested too deep") from None
        except ValueError:
            if not values or not isinstance(values[0], (dict, list)):
                raise  # "502 Bad Gateway" is no number
            break  # something stands behind the JSON
        values.append(value)
        at = len(text) if (after := _NEXT.search(text, end)) is None else after.end() - 1
    if not values:
        raise CutShort("it is empty")
    return Body(values)


_ENVELOPES = ("data", "result", "response", "body")


def unwrapped(body: Any, marks: Sequence[str]) -> Any:
    """An answer out of the envelope of a gateway: ``{"code": 0, "data": {…}}``, or JSON as text.

    Args:
        body: what came.
        marks: names of fields of which an answer has one.
    """
    if isinstance(body, str):
        try:
            body = _DECODER.decode(body)
        except (ValueError, RecursionError):
            return body
    if not isinstance(body, dict) or any(mark in body for mark in marks):
        return body
    for name in _ENVELOPES:
        inner = body.get(name)
        inner = unwrapped(inner, marks) if isinstance(inner, (str, dict)) else None
        if isinstance(inner, dict) and any(inner.get(mark) for mark in marks):
            return inner
    return body


def _read_events(text: str) -> Body:
    values: list[Any] = []
    for name, event in _events(text):
        if event.upper() == "[DONE]":
            return Body(values, streamed=True, done=True)
        try:
            value = _DECODER.decode(event)
        except (ValueError, RecursionError) as error:
            if name == "error":
                values.append({"error": event})
                continue
            words = glimpse(event) if isinstance(error, json.JSONDecodeError) else str(error)
            raise CutShort(f"an event of the stream is not JSON: {words}") from None
        values.append({"error": value} if name == "error" and "error" not in value else value)
    return Body(values, streamed=True)


def glimpse(content: bytes | str) -> str:
    """How a body begins, in one short line that can be shown."""
    text = content.decode("utf-8", "replace") if isinstance(content, bytes) else content
    words = "".join(letter if letter.isprintable() else " " for letter in text[:400]).split()
    return redact(" ".join(words))[:120]


def not_json(content: bytes | str) -> str:
    """What is said of a body that is no JSON: what it says instead, or that it is cut short."""
    words = glimpse(content)
    broken = "cut short, or garbled"
    return f"the server's answer is not JSON: {words if words[:1].isalpha() else broken}"


def _decode(content: bytes | str, content_type: str) -> str:
    if isinstance(content, str):
        return content
    try:
        return content.decode(json.detect_encoding(content), "surrogatepass")
    except UnicodeDecodeError:  # a text in an old encoding, which the server may name
        named = _CHARSET.search(content_type)
        with suppress(LookupError, UnicodeDecodeError):
            return content.decode(named[1]) if named else content.decode("utf-8", "replace")
        return content.decode("utf-8", "replace")  # one letter is lost, not the answer


def _events(text: str) -> Iterator[tuple[str, str]]:
    """The name and the data of each event; comments (keep-alives) are skipped.

    An empty line ends an event, and it may have several lines of data; some servers leave the
    empty lines out, so that a line that is whole in itself is an event too.
    """
    name, parts = "", []
    # Not splitlines: a text may hold separators that are no line ends of the protocol's.
    for line in (*re.split(r"\r\n|\n|\r", text), ""):
        if line.startswith("data:"):
            parts.append(line[5:].strip())
        elif line.startswith("event:"):
            name = line[6:].strip()
        data = "\n".join(parts).strip()
        if data and (not line or _is_whole(data)):
            yield name, data
            parts = []
        if not line:
            name = ""


def _is_whole(data: str) -> bool:
    if data.upper() == "[DONE]":
        return True
    try:
        json.loads(data)
    except (ValueError, RecursionError):
        return False
    return True
