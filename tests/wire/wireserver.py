"""A loopback server that speaks OpenAI's and Gemini's HTTP formats, faults included.

Answers are a pure function of the prompt (:func:`answer_to`), so a run through any number of
faults can be held against a run without. ``wirescript`` runs it in a process of its own.
"""

from __future__ import annotations

import asyncio
import json
import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from aiohttp import web
from shapes import GeminiShape, Json, OllamaShape, OpenAIShape, Shape, answer_to, camel_case

GOOD_KEY = "good-key-123456"


@dataclass(frozen=True)
class Call:
    """One HTTP request for an answer, and what came of it."""

    prompt: str
    attempt: int
    body: Json
    headers: Mapping[str, str]  # by name in any case
    at: float
    path: str = ""  # with its query


@dataclass(frozen=True)
class Raw:
    """An HTTP answer as it stands; a body of no text or bytes is sent as JSON, NaN included."""

    status: int
    body: object
    headers: Mapping[str, str] = field(default_factory=dict)


Plan = Callable[[Call], str | Raw | None]
"""The fault that a call meets (by name: see ``Wire._fault``), or ``None`` for a good answer."""


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
        for path in ("chat/completions", "completions"):
            app.router.add_post(f"/openai/deployments/{{deployment}}/{path}", self._azure)
        # AI Studio's wire and Vertex's; neither has a /v1 with all that is asked of it.
        app.router.add_post("/v1beta/models/{model}", self._gemini)
        app.router.add_post("/v1beta1/{where:.*}/models/{model}", self._gemini)
        app.router.add_post("/api/chat", self._ollama)
        app.router.add_get("/version", self._version)  # as vLLM's has
        app.router.add_get("/page", self._page)
        app.router.add_post("/page/{rest:.*}", self._page)
        return app

    async def _page(self, request: web.Request) -> web.StreamResponse:
        return web.Response(text="<html>Welcome</html>", content_type="text/html")

    async def _models(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"data": [{"id": m, "object": "model"} for m in self.models]})

    async def _version(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"version": "0.0+wire"})

    # OpenAI

    async def _openai(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        kind = request.path.removeprefix("/v1/")
        if kind == "chat/completions":
            prompt = body["messages"][-1]["content"]
        else:
            prompt = body["prompt"] if kind == "completions" else body["input"][-1]["content"]
        key = request.headers.get("authorization", "").removeprefix("Bearer ")
        shape = OpenAIShape(kind)
        return await self._answer(request, shape, prompt, body, body["model"], key)

    async def _azure(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        kind = request.path.partition(request.match_info["deployment"] + "/")[2]
        prompt = body["prompt"] if kind == "completions" else body["messages"][-1]["content"]
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        key = request.headers.get("api-key") or token
        if not key or not request.query.get("api-version"):
            return web.json_response(
                {"statusCode": 401, "message": "Access denied due to missing subscription key"},
                status=401,
            )
        model = request.match_info["deployment"]
        return await self._answer(request, OpenAIShape(kind), prompt, body, model, key)

    # Gemini

    async def _gemini(self, request: web.Request) -> web.StreamResponse:
        model, _, method = request.match_info["model"].partition(":")
        body = camel_case(await request.json())
        prompt = body["contents"][-1]["parts"][0]["text"]
        if method == "countTokens":
            return web.json_response({"totalTokens": len(prompt.split())})
        key = request.headers.get("x-goog-api-key", "")
        return await self._answer(request, GeminiShape(), prompt, body, model, key)

    # Ollama, for the example in docs/providers.md

    async def _ollama(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        prompt = body["messages"][-1]["content"]
        return await self._answer(request, OllamaShape(), prompt, body, body["model"], "")

    async def _answer(
        self,
        request: web.Request,
        shape: Shape,
        prompt: str,
        body: Json,
        model: str,
        key: str,
    ) -> web.StreamResponse:
        self._attempts[prompt] += 1
        headers, now = request.headers, time.monotonic()
        call = Call(prompt, self._attempts[prompt], body, headers, now, request.path_qs)
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
        fault: str | Raw,
        request: web.Request,
        shape: Shape,
        prompt: str,
    ) -> web.StreamResponse:
        if isinstance(fault, Raw):
            body = fault.body if isinstance(fault.body, (str, bytes)) else json.dumps(fault.body)
            body = body.encode() if isinstance(body, str) else body
            headers = {"Content-Type": "application/json", **fault.headers}
            return web.Response(body=body, status=fault.status, headers=headers)
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
