"""Bodies as proxies wrap them: in chunks, in lines, compressed, with something before or behind."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from delivering import Ask, Delivered, Run
from shapes import GeminiShape, Json, OpenAIShape, answer_to
from snellen.runners.gemini.provider import Gemini
from snellen.runners.meaning.body import read_body
from snellen.runners.openai.provider import OpenAI
from wireserver import Call, Raw

EVENTS = {"Content-Type": "text/event-stream"}


def chat_chunks(text: str) -> list[Json]:
    """A chat completion in pieces."""
    return [
        {"choices": [{"index": 0, "delta": {"role": "assistant"}}], "model": "m"},
        *({"choices": [{"index": 0, "delta": {"content": letter}}]} for letter in text),
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
        {"choices": [], "usage": {"prompt_tokens": 4, "completion_tokens": 9}},
    ]


def gemini_chunks(text: str) -> list[Json]:
    """Gemini's answer in pieces, the first a thought."""
    parts = [{"text": "hm", "thought": True}, *({"text": letter} for letter in text)]
    chunks: list[Json] = [
        {"candidates": [{"content": {"role": "model", "parts": [part]}, "index": 0}]}
        for part in parts
    ]
    chunks[-1]["candidates"][0]["finishReason"] = "STOP"
    counts = {"promptTokenCount": 4, "candidatesTokenCount": 9}
    return [*chunks, {"usageMetadata": counts, "modelVersion": "m"}]


def events(chunks: Iterable[Json], end: str = "\r\n\r\n") -> str:
    return end.join(f"data: {json.dumps(chunk)}" for chunk in chunks) + end


@pytest.mark.parametrize("kind", [OpenAI, Gemini])
@pytest.mark.parametrize("wrap", ["list", "lines", "events", "events of a list type", "pretty"])
def test_an_answer_in_chunks_is_read_whole(
    run: Run, ask: Ask, delivered: Delivered, kind: type[OpenAI | Gemini], wrap: str
) -> None:
    def plan(call: Call) -> Raw:
        chunks = (chat_chunks if kind is OpenAI else gemini_chunks)(answer_to(call.prompt))
        if wrap == "list":
            return Raw(200, chunks)
        if wrap == "lines":
            return Raw(200, "\n".join(map(json.dumps, chunks)))
        if wrap == "pretty":
            return Raw(200, json.dumps(chunks, indent=2).replace("\n", "\r\n") + "\r\n")
        return Raw(200, events(chunks), EVENTS if wrap == "events" else {})

    wire, _ = run(plan, [ask("q")], kind)
    reply = delivered.reply("q")
    assert (reply.text, reply.finish_reason) == (answer_to("q"), "stop")
    assert (reply.prompt_tokens, reply.completion_tokens) == (4, 9)
    assert reply.reasoning == ("hm" if kind is Gemini else None)
    assert len(wire.calls) == 1


@pytest.mark.parametrize("kind", [OpenAI, Gemini])
@pytest.mark.parametrize("form", ["list", "lines", "events"])
def test_chunks_without_an_end_are_no_answer(
    run: Run, ask: Ask, delivered: Delivered, kind: type[OpenAI | Gemini], form: str
) -> None:
    chunks: list[Json] = [{"choices": [{"delta": {"content": x}}]} for x in "123"]
    if kind is Gemini:
        chunks = [{"candidates": [{"content": {"parts": [{"text": x}]}}]} for x in "123"]
    bodies = {"list": json.dumps(chunks), "lines": "\n".join(map(json.dumps, chunks))}
    body = bodies.get(form, events(chunks))
    run(lambda call: Raw(200, body) if call.attempt == 1 else None, [ask("q")], kind)
    assert delivered.reply("q").text == answer_to("q")


@pytest.mark.parametrize("kind", [OpenAI, Gemini])
@pytest.mark.parametrize("form", ["list", "lines", "events"])
def test_an_error_among_chunks_is_an_error(
    run: Run, ask: Ask, delivered: Delivered, kind: type[OpenAI | Gemini], form: str
) -> None:
    chunks = (chat_chunks if kind is OpenAI else gemini_chunks)("12")[:3]
    chunks.append({"error": {"message": "the worker died", "code": 500}})
    bodies = {"list": json.dumps(chunks), "lines": "\n".join(map(json.dumps, chunks))}
    body = bodies.get(form, events(chunks))
    run(lambda call: Raw(200, body) if call.prompt == "b" else None, [ask("a"), ask("b")], kind)
    assert "the worker died" in delivered.failure("b").reason
    assert delivered.reply("a").text == answer_to("a")


def good(kind: type[OpenAI | Gemini], prompt: str) -> bytes:
    shape = OpenAIShape("chat/completions") if kind is OpenAI else GeminiShape()
    return json.dumps(shape.answer(prompt, answer_to(prompt))).encode()


WRAPS: dict[str, Callable[[bytes], bytes]] = {
    "gzip without a header": gzip.compress,
    "a byte-order mark": lambda body: b"\xef\xbb\xbf" + body,
    "line feeds before it": lambda body: b"\n\n \r\n" * 50 + body,
    "comments before it": lambda body: b": keep-alive\n\n" * 5 + body,
    "a guard before it": lambda body: b")]}'\n" + body,
    "something behind it": lambda body: body + b"\n\n-- \nserved by a proxy",
    "a zero behind it": lambda body: body + b"\0",
    "twice": lambda body: body + body,
    "in a list": lambda body: b"[" + body + b"]",
    "as one event": lambda body: b"data: " + body + b"\n\n",
}


@pytest.mark.parametrize("kind", [OpenAI, Gemini])
@pytest.mark.parametrize("wrap", WRAPS)
def test_an_answer_in_a_wrapping_is_paid_for_once(
    run: Run, ask: Ask, delivered: Delivered, kind: type[OpenAI | Gemini], wrap: str
) -> None:
    wire, _ = run(lambda call: Raw(200, WRAPS[wrap](good(kind, call.prompt))), [ask("q")], kind)
    assert delivered.texts == {"q": answer_to("q")}
    assert len(wire.calls) == 1


@pytest.mark.parametrize("kind", [OpenAI, Gemini])
@pytest.mark.parametrize(
    ("encoding", "wrap"), [("gzip", bytes), ("gzip", gzip.compress), ("utf-8", bytes)]
)
def test_a_body_that_is_said_to_be_compressed(
    run: Run,
    ask: Ask,
    delivered: Delivered,
    kind: type[OpenAI | Gemini],
    encoding: str,
    wrap: Callable[[bytes], bytes],
) -> None:
    """Some proxies decompress what they pass on, and leave the header that said so."""
    headers = {"Content-Encoding": encoding}
    wire, _ = run(
        lambda call: Raw(200, wrap(good(kind, call.prompt)), headers), [ask("q"), ask("r")], kind
    )
    assert delivered.texts == {"q": answer_to("q"), "r": answer_to("r")}
    assert len(wire.calls) == 2


@pytest.mark.parametrize("kind", [OpenAI, Gemini])
def test_an_error_in_a_wrapping_keeps_its_words(
    run: Run, ask: Ask, delivered: Delivered, kind: type[OpenAI | Gemini]
) -> None:
    error = json.dumps({"error": {"message": "the prompt is odd", "code": 400}}).encode()
    wraps = ["gzip without a header", "a byte-order mark", "as one event"]
    for wrap in wraps:
        body = WRAPS[wrap](error)
        run(lambda call, body=body: Raw(400, body), [ask(wrap)], kind)
        assert delivered.failure(wrap).reason == "the prompt is odd (HTTP 400)"


@pytest.mark.parametrize("kind", [OpenAI, Gemini])
@pytest.mark.parametrize(
    "broken",
    [gzip.compress(b"{}" * 99)[:-12], b"\x1f\x8b\x08nothing", b""],
    ids=["half", "not gzip", "empty"],  # gzip writes the time, and names are the same everywhere
)
def test_a_body_that_cannot_be_read_is_asked_for_again_and_named(
    run: Run, ask: Ask, delivered: Delivered, kind: type[OpenAI | Gemini], broken: bytes
) -> None:
    run(lambda call: Raw(200, broken) if call.prompt == "b" else None, [ask("a"), ask("b")], kind)
    reason = delivered.failure("b").reason
    assert reason.startswith("the server's answer is ")
    assert "cut short" in reason
    assert reason.isprintable()


def test_the_values_of_a_body() -> None:
    assert read_body(b'{"a": 1}\n{"a": 2}\r\n\r\n').values == [{"a": 1}, {"a": 2}]
    assert read_body('{"a": "line\nfeed"}').values == [{"a": "line\nfeed"}]
    assert read_body('{"é": 1}'.encode("utf-16")).values == [{"é": 1}]
    assert read_body(b"event: error\ndata: no\n\n").values == [{"error": "no"}]
    assert read_body(b'event: error\ndata: {"message": "no"}\n\n').values == [
        {"error": {"message": "no"}}
    ]
    done = read_body(b'data: {"a":\ndata: 1}\n\ndata: [DONE]\n\ndata: more\n\n')
    assert (done.values, done.streamed, done.done) == ([{"a": 1}], True, True)
    assert read_body(b'data: {"a": 1}\n\ndata: [done]\n\n').done
    old = '{"a": "\u00e9"}'.encode("latin-1")
    assert read_body(old, 'application/json; charset="iso-8859-1"').values == [{"a": "\u00e9"}]
    assert read_body(old, "application/json; charset=nobodys").values == [{"a": "\ufffd"}]
    for nothing in (b"", b" \n", b"502 Bad Gateway", b"data: {", b"<html>", b"[" * 100_000):
        with pytest.raises(ValueError, match=r"."):
            read_body(nothing)


ENVELOPES: dict[str, Callable[[Json], object]] = {
    "data": lambda answer: {"code": 0, "message": "success", "data": answer},
    "result": lambda answer: {"success": True, "errors": [], "result": answer},
    "a body as text": lambda answer: {"statusCode": 200, "body": json.dumps(answer)},
    "text": lambda answer: json.dumps(answer),
}


@pytest.mark.parametrize("kind", [OpenAI, Gemini])
@pytest.mark.parametrize("envelope", ENVELOPES)
def test_an_answer_in_a_gateways_envelope(
    run: Run, ask: Ask, delivered: Delivered, kind: type[OpenAI | Gemini], envelope: str
) -> None:
    body = ENVELOPES[envelope](json.loads(good(kind, "q")))
    run(lambda call: Raw(200, json.dumps(body)), [ask("q")], kind)
    assert delivered.texts == {"q": answer_to("q")}


def chunk(delta: Json, finish: str | None = None, **more: Any) -> Json:
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish} | more]}


STREAMS: dict[str, tuple[list[Any], str]] = {
    "a finish reason of '' with every chunk": (
        [chunk({"content": "1"}, ""), chunk({"content": "1"}, ""), chunk({}, "stop")],
        "11",
    ),
    "the whole message at the end": (
        [
            chunk({"content": "1"}),
            chunk({"content": "1"}),
            chunk({}, "stop", message={"content": "11"}),
        ],
        "11",
    ),
    "deltas that are called messages": (
        [
            {"choices": [{"message": {"content": "1"}}]},
            {"choices": [{"message": {"content": "1"}, "finish_reason": "stop"}]},
        ],
        "11",
    ),
    "a role, then the whole": (
        [chunk({"role": "assistant"}), chunk({}, "stop", message={"content": "11"})],
        "11",
    ),
    "pings": ([{"type": "ping"}, {}, chunk({"content": "11"}, "stop")], "11"),
    "a number": ([chunk({"content": 1}), chunk({"content": 1}), chunk({}, "stop")], "11"),
    "no model in the last": ([chunk({"content": "11"}, "stop") | {"model": ""}], "11"),
    "texts": ([{"choices": [{"text": "1"}]}, {"choices": [{"text": "1", "finish_reason": "stop"}]}],
              "11"),
}  # fmt: skip


@pytest.mark.parametrize("name", STREAMS)
def test_streams_of_many_kinds(run: Run, ask: Ask, delivered: Delivered, name: str) -> None:
    chunks, text = STREAMS[name]
    wire, _ = run(lambda call: Raw(200, events(chunks), EVENTS), [ask("q")])
    assert (delivered.reply("q").text, delivered.reply("q").finish_reason) == (text, "stop")
    assert len(wire.calls) == 1


@pytest.mark.parametrize(
    "chunks",
    [
        [chunk({"content": "1"}, ""), chunk({"content": "1"}, "")],
        [chunk({"content": "1"}), {"detail": "the worker died"}],
        [chunk({"content": "1"}), {"error": "oops"}],
    ],
)
def test_a_stream_that_was_begun_and_broke_is_asked_for_again(
    run: Run, ask: Ask, delivered: Delivered, chunks: list[Json]
) -> None:
    wire, _ = run(
        lambda call: Raw(200, events(chunks), EVENTS) if call.attempt == 1 else None, [ask("q")]
    )
    assert delivered.texts == {"q": answer_to("q")}
    assert len(wire.calls) == 2


def test_a_refusal_among_the_parts_of_an_answer(run: Run, ask: Ask, delivered: Delivered) -> None:
    body = OpenAIShape("chat/completions").answer("q", None)
    body["choices"][0]["message"]["content"] = [{"type": "refusal", "refusal": "I cannot."}]
    run(lambda call: Raw(200, body), [ask("q")])
    assert (delivered.reply("q").text, delivered.reply("q").finish_reason) == (
        "I cannot.",
        "content_filter",
    )
