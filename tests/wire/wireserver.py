"""A loopback server that speaks OpenAI's and Gemini's HTTP formats, faults included.

Answers are a pure function of the prompt (:func:`answer_to`), so a run through any number of
faults can be held against a run without. As a script it serves until it is ended, for
benchmarks that want the server in a process of its own::

    python tests/wire/wireserver.py --port 8000 --rate 5
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import math
import re
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Json = dict[str, Any]
GOOD_KEY = "good-key-123456"


def answer_to(prompt: str) -> str:
    """The answer to a prompt, the same from every server."""
    return hashlib.sha256(prompt.encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Call:
    """One HTTP request for an answer, and what came of it."""

    prompt: str
    attempt: int
    body: Json
    headers: dict[str, str]
    at: float


Plan = Callable[[Call], str | None]
"""Names the fault that a call meets (see ``Wire._fault``), or ``None`` for a good answer."""


@dataclass
class FairLimit:
    """A token bucket: admits ``rate`` calls per second, refuses the rest with 429.

    Attributes:
        rate: calls per second.
        burst: calls that may come at once after a pause.
        hint: what a refusal says of when to come back: nothing, the exact wait in seconds, or
            the wait rounded up to whole seconds, as most servers do.
    """

    rate: float
    burst: float = 1.0
    hint: str | None = None
    refused: int = 0
    _tokens: float = math.inf
    _at: float = field(default_factory=time.monotonic)

    def admit(self) -> float:
        """0 if a call may pass now, or the seconds until the next one may."""
        now = time.monotonic()
        self._tokens = min(self.burst, self._tokens + (now - self._at) * self.rate)
        self._at = now
        if self._tokens >= 1:
            self._tokens -= 1
            return 0.0
        self.refused += 1
        return (1 - self._tokens) / self.rate


class Wire:
    """The server: what it was asked, what it answers, and when it misbehaves."""

    def __init__(
        self,
        plan: Plan = lambda call: None,
        limit: FairLimit | None = None,
        latency_s: float = 0.0,
        seats: int | None = None,
        models: tuple[str, ...] = ("wire-1",),
    ) -> None:
        self.plan = plan
        self.limit = limit
        self.latency_s = latency_s
        self.seats = seats  # answers being made at once; the next call is refused with 429
        self.models = models
        self.calls: list[Call] = []
        self.served: Counter[str] = Counter()  # good answers sent in full, by prompt
        self.in_flight = 0
        self.most_in_flight = 0
        self._attempts: Counter[str] = Counter()

    def app(self) -> web.Application:
        """The server as an aiohttp application."""
        app = web.Application(client_max_size=1 << 30)
        app.router.add_get("/v1/models", self._models)
        for path in ("chat/completions", "completions", "responses"):
            app.router.add_post(f"/v1/{path}", self._openai)
        app.router.add_post("/{version:v1|v1beta}/models/{model}", self._gemini)
        app.router.add_post("/api/chat", self._ollama)
        app.router.add_get("/page", self._page)
        app.router.add_post("/page/{rest:.*}", self._page)
        return app

    async def _page(self, request: web.Request) -> web.StreamResponse:
        return web.Response(text="<html>Welcome</html>", content_type="text/html")

    async def _models(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"data": [{"id": m, "object": "model"} for m in self.models]})

    # OpenAI

    async def _openai(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        kind = request.path.removeprefix("/v1/")
        if kind == "chat/completions":
            prompt = body["messages"][-1]["content"]
        else:
            prompt = body["prompt"] if kind == "completions" else body["input"][-1]["content"]
        key = request.headers.get("authorization", "").removeprefix("Bearer ")
        shape = _OpenAIShape(kind)
        return await self._answer(request, shape, prompt, body, body["model"], key)

    # Gemini

    async def _gemini(self, request: web.Request) -> web.StreamResponse:
        model, _, method = request.match_info["model"].partition(":")
        body = _camel_case(await request.json())
        prompt = body["contents"][-1]["parts"][0]["text"]
        if method == "countTokens":
            return web.json_response({"totalTokens": len(prompt.split())})
        key = request.headers.get("x-goog-api-key", "")
        return await self._answer(request, _GeminiShape(), prompt, body, model, key)

    # Ollama, for the example in docs/providers.md

    async def _ollama(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        prompt = body["messages"][-1]["content"]
        return await self._answer(request, _OllamaShape(), prompt, body, body["model"], "")

    async def _answer(
        self,
        request: web.Request,
        shape: _Shape,
        prompt: str,
        body: Json,
        model: str,
        key: str,
    ) -> web.StreamResponse:
        self._attempts[prompt] += 1
        call = Call(prompt, self._attempts[prompt], body, dict(request.headers), time.monotonic())
        self.calls.append(call)
        if key.startswith("bad"):
            return shape.error("wrong_key", f"Incorrect API key provided: {key}")
        if model not in self.models:
            return shape.error("unknown_model", f"The model `{model}` does not exist")
        if self.limit and (wait := self.limit.admit()):
            return shape.refusal(wait, self.limit.hint)
        if self.seats is not None and self.in_flight >= self.seats:
            return shape.refusal(1.0, None)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            if self.latency_s:
                await asyncio.sleep(self.latency_s)
            fault = self.plan(call)
            if fault is not None:
                return await self._fault(fault, request, shape, prompt)
            self.served[prompt] += 1
            return web.json_response(shape.answer(prompt, answer_to(prompt)))
        finally:
            self.in_flight -= 1

    async def _fault(
        self,
        fault: str,
        request: web.Request,
        shape: _Shape,
        prompt: str,
    ) -> web.StreamResponse:
        good = json.dumps(shape.answer(prompt, answer_to(prompt))).encode()
        if fault == "reset":
            assert request.transport is not None
            request.transport.abort()
            raise asyncio.CancelledError
        if fault == "hang":
            await asyncio.sleep(3600)
        if fault in ("half_body", "drip", "drip_slowly"):
            response = web.StreamResponse(headers={"Content-Type": "application/json"})
            response.content_length = len(good)
            await response.prepare(request)
            if fault == "half_body":
                await response.write(good[: len(good) // 2])
                assert request.transport is not None
                request.transport.close()
                raise asyncio.CancelledError
            pause = 0.002 if fault == "drip" else 0.5
            for start in range(0, len(good), 16):
                await response.write(good[start : start + 16])
                await asyncio.sleep(pause)
            self.served[prompt] += 1
            return response
        if fault == "invalid_json":
            return web.Response(body=good[: len(good) // 2], content_type="application/json")
        if fault == "web_page":
            return web.Response(text="<html>Bad gateway</html>", content_type="text/html")
        if fault.isdigit() or fault.startswith(("429", "503")):
            status, _, wait = fault.partition(":")
            return shape.status(int(status), float(wait) if wait else None)
        if fault.startswith("error:"):
            return shape.error(fault.removeprefix("error:"), "as planned")
        self.served[prompt] += 1
        return web.json_response(shape.odd(fault, prompt))


class _OpenAIShape:
    """Bodies of OpenAI's three endpoints."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def answer(self, prompt: str, text: str | None, finish: str = "stop", **message: Any) -> Json:
        usage = {"prompt_tokens": len(prompt.split()), "completion_tokens": 3, "total_tokens": 9}
        head = {"id": "x", "created": 1, "model": "wire-1-2026", "system_fingerprint": "fp_1"}
        if self.kind == "responses":
            return {
                "id": "x",
                "object": "response",
                "model": "wire-1-2026",
                "status": "incomplete" if finish == "length" else "completed",
                "incomplete_details": {"reason": "max_output_tokens"}
                if finish == "length"
                else None,
                "output": [
                    {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]},
                    {"type": "message", "content": [{"type": "output_text", "text": text}]},
                ],
                "usage": {
                    "input_tokens": len(prompt.split()),
                    "output_tokens": 3,
                    "output_tokens_details": {"reasoning_tokens": 2},
                },
            }
        if self.kind == "completions":
            choice = {"index": 0, "text": text, "finish_reason": finish}
            return head | {"object": "text_completion", "choices": [choice], "usage": usage}
        content = {"role": "assistant", "content": text} | message
        choice = {"index": 0, "message": content, "finish_reason": finish}
        usage["completion_tokens_details"] = {"reasoning_tokens": 2}
        return head | {"object": "chat.completion", "choices": [choice], "usage": usage}

    def odd(self, fault: str, prompt: str) -> Json:
        """A well-formed answer that is not a plain one."""
        text = answer_to(prompt)
        if fault == "refusal":
            return self.answer(prompt, None, refusal="I cannot help with that.")
        if fault == "reasoning":
            return self.answer(prompt, text, reasoning_content="let me see")
        if fault == "no_usage":
            return self.answer(prompt, text) | {"usage": None}
        if fault == "error_in_body":
            return {"error": {"message": "upstream overloaded", "code": 503}}
        if fault == "no_choices":
            return {"hello": "world"}
        texts = {"empty": "", "null": None}
        finish = fault if fault in ("length", "content_filter", "abort") else "stop"
        return self.answer(prompt, texts.get(fault, text), finish)

    def refusal(self, wait: float, hint: str | None) -> web.Response:
        """A 429 of the rate limit."""
        return self.status(429, _hinted(wait, hint))

    def status(self, status: int, wait: float | None = None) -> web.Response:
        """A bare HTTP error."""
        headers = {} if wait is None else {"Retry-After": f"{wait:g}"}
        error = {"message": f"status {status}", "type": "server_error", "code": None}
        return web.json_response({"error": error}, status=status, headers=headers)

    def error(self, name: str, message: str) -> web.Response:
        """An error by name."""
        status, code, param = {
            "wrong_key": (401, "invalid_api_key", None),
            "forbidden": (403, "unsupported_country_region_territory", None),
            "unknown_model": (404, "model_not_found", None),
            "overflow": (400, "context_length_exceeded", "messages"),
            "blocked_prompt": (400, "content_filter", None),
            "no_money": (429, "insufficient_quota", None),
            "no_temperature": (400, "unsupported_value", "temperature"),
            "no_seed": (400, None, None),
            "no_stop": (400, "unsupported_parameter", "stop"),
            "no_max_tokens": (400, "unsupported_parameter", "max_tokens"),
            "responses_only": (404, None, "model"),
        }[name]
        message = {
            "no_temperature": "Unsupported value: 'temperature' does not support 0.0.",
            "no_seed": "Unrecognized request argument supplied: `seed`",
            "no_stop": "Unsupported parameter: 'stop' is not supported with this model.",
            "no_max_tokens": "Unsupported parameter: 'max_tokens' is not supported with this "
            "model. Use 'max_completion_tokens' instead.",
            "responses_only": "This model is only supported in v1/responses and not in "
            "v1/chat/completions.",
            "overflow": "This model's maximum context length is 8192 tokens.",
        }.get(name, message)
        error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
        return web.json_response({"error": error}, status=status)


class _GeminiShape:
    """Bodies of Gemini's generateContent."""

    def answer(self, prompt: str, text: str | None, finish: str = "STOP") -> Json:
        content: Json = {"role": "model"}
        if text is not None:
            content["parts"] = [{"text": "hm", "thought": True}, {"text": text}]
        return {
            "candidates": [{"content": content, "finishReason": finish, "index": 0}],
            "usageMetadata": {
                "promptTokenCount": len(prompt.split()),
                "candidatesTokenCount": 3,
                "thoughtsTokenCount": 2,
                "totalTokenCount": 9,
            },
            "modelVersion": "wire-1-002",
        }

    def odd(self, fault: str, prompt: str) -> Json:
        """A well-formed answer that is not a plain one."""
        text = answer_to(prompt)
        if fault == "blocked_prompt":
            return {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "modelVersion": "w"}
        if fault == "no_candidates":
            return {"modelVersion": "wire-1-002"}
        if fault in ("empty", "null"):
            return self.answer(prompt, "" if fault == "empty" else None)
        return self.answer(prompt, None if fault == "SAFETY" else text, fault)

    def refusal(self, wait: float, hint: str | None) -> web.Response:
        """A 429 of the rate limit."""
        return self.status(429, _hinted(wait, hint))

    def status(self, status: int, wait: float | None = None) -> web.Response:
        """A bare HTTP error; Gemini names the wait in the body."""
        details = []
        if wait is not None:
            kind = "type.googleapis.com/google.rpc.RetryInfo"
            details.append({"@type": kind, "retryDelay": f"{wait:.3f}s"})
        word = {429: "RESOURCE_EXHAUSTED", 503: "UNAVAILABLE"}.get(status, "INTERNAL")
        error = {"code": status, "message": f"status {status}", "status": word, "details": details}
        return web.json_response({"error": error}, status=status)

    def error(self, name: str, message: str) -> web.Response:
        """An error by name."""
        status, word, reason = {
            "wrong_key": (400, "INVALID_ARGUMENT", "API_KEY_INVALID"),
            "forbidden": (403, "PERMISSION_DENIED", "CONSUMER_SUSPENDED"),
            "unknown_model": (404, "NOT_FOUND", None),
            "overflow": (400, "INVALID_ARGUMENT", None),
            "no_location": (400, "FAILED_PRECONDITION", None),
            "no_level": (400, "INVALID_ARGUMENT", None),
            "no_thinking": (400, "INVALID_ARGUMENT", None),
            "no_seed": (400, "INVALID_ARGUMENT", None),
            "daily_quota": (429, "RESOURCE_EXHAUSTED", "DAILY"),
        }[name]
        message = {
            "overflow": "The input token count (2000000) exceeds the maximum number of tokens "
            "allowed (1048575).",
            "no_level": "Thinking level is not supported for this model.",
            "no_thinking": "Thinking is not supported: thinking_budget is invalid.",
            "no_seed": 'Invalid JSON payload received. Unknown name "seed": Cannot find field.',
            "no_location": "User location is not supported for the API use.",
        }.get(name, message)
        details: list[Json] = []
        if reason == "DAILY":
            quota = {"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}
            kind = "type.googleapis.com/google.rpc.QuotaFailure"
            details.append({"@type": kind, "violations": [quota]})
        elif reason:
            kind = "type.googleapis.com/google.rpc.ErrorInfo"
            details.append({"@type": kind, "reason": reason, "domain": "googleapis.com"})
        error = {"code": status, "message": message, "status": word, "details": details}
        return web.json_response({"error": error}, status=status)


class _OllamaShape(_OpenAIShape):
    """Bodies of Ollama's chat; its errors are words and a status."""

    def __init__(self) -> None:
        super().__init__("ollama")

    def answer(self, prompt: str, text: str | None, finish: str = "stop", **message: Any) -> Json:
        return {
            "model": "wire-1:q4",
            "message": {"role": "assistant", "content": text},
            "done_reason": finish,
            "prompt_eval_count": len(prompt.split()),
            "eval_count": 3,
        }


_Shape = _OpenAIShape | _GeminiShape


def _camel_case(value: Any) -> Any:
    """JSON with its names as Google documents them; its servers, and its SDK, use either case."""
    if isinstance(value, list):
        return [_camel_case(item) for item in value]
    if isinstance(value, dict):
        return {
            re.sub(r"_([a-z])", lambda found: found[1].upper(), name): _camel_case(item)
            for name, item in value.items()
        }
    return value


def _hinted(wait: float, hint: str | None) -> float | None:
    if hint is None:
        return None
    return wait if hint == "exact" else float(math.ceil(wait))


class Serving:
    """A server on a loopback port, in a thread of its own; a context manager."""

    def __init__(self, wire: Wire, port: int = 0) -> None:
        self.wire = wire
        self.port = port
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def root(self) -> str:
        """The address without a path."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Serving:
        self._thread.start()
        if not self._ready.wait(10):
            raise RuntimeError("the wire server did not start")
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        runner = web.AppRunner(self.wire.app(), access_log=None, shutdown_timeout=0.1)
        self._loop.run_until_complete(runner.setup())
        site = web.TCPSite(runner, "127.0.0.1", self.port)
        self._loop.run_until_complete(site.start())
        self.port = runner.addresses[0][1]
        self._ready.set()
        self._loop.run_forever()
        self._loop.run_until_complete(runner.cleanup())
        self._loop.close()


class Bare(asyncio.Protocol):
    """Chat completions and nothing else, at a tenth of the cost: it never holds a client up."""

    def __init__(self) -> None:
        self._shape = _OpenAIShape("chat/completions")
        self._received = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            length = re.search(rb"(?i)content-length: *(\d+)", self._received[:end])
            total = end + 4 + (int(length[1]) if length else 0)
            if len(self._received) < total:
                return
            body, self._received = self._received[end + 4 : total], self._received[total:]
            prompt = json.loads(body)["messages"][-1]["content"]
            content = json.dumps(self._shape.answer(prompt, answer_to(prompt))).encode()
            head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
            head += f"Content-Length: {len(content)}"
            assert self._transport is not None
            self._transport.write(head.encode() + b"\r\n\r\n" + content)


async def serve_bare(port: int) -> None:
    """Serve :class:`Bare` until cancelled."""
    server = await asyncio.get_running_loop().create_server(Bare, "127.0.0.1", port)
    await server.serve_forever()


@contextmanager
def server_process(*options: str) -> Iterator[str]:
    """This file as a server in a process of its own; gives its root address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen([sys.executable, __file__, "--port", str(port), *options])
    try:
        while True:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            if process.poll() is not None:
                raise RuntimeError("the wire server did not start")
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--rate", type=float, help="admit so many calls per second, fairly")
    parser.add_argument("--burst", type=float, default=1.0)
    parser.add_argument("--hint", choices=["exact", "whole"])
    parser.add_argument("--latency", type=float, default=0.0, help="seconds per answer")
    parser.add_argument("--bare", action="store_true", help="chat completions only, and fast")
    args = parser.parse_args()
    if args.bare:
        asyncio.run(serve_bare(args.port))
    limit = FairLimit(args.rate, args.burst, args.hint) if args.rate else None
    wire = Wire(limit=limit, latency_s=args.latency)
    web.run_app(wire.app(), host="127.0.0.1", port=args.port, print=None, access_log=None)
