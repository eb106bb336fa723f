from __future__ import annotations

import socket
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from delivering import FAST, Ask, Delivered, Run, Serve, asked
from snellen.runners.dispatch import attempts
from snellen.runners.dispatch.dispatcher import Dispatch
from snellen.runners.dispatch.provider import Limits
from snellen.runners.gemini.provider import Gemini
from snellen.runners.openai.provider import OpenAI
from snellen.runners.protocol import Message, Request, Sampling
from wireserver import GOOD_KEY, Plan, Serving, Wire

FOREIGN = [
    *("GOOGLE_API_KEY", "GOOGLE_GENAI_USE_VERTEXAI", "GOOGLE_GEMINI_BASE_URL"),
    *("OPENAI_BASE_URL", "OPENAI_ORG_ID", "OPENAI_CUSTOM_HEADERS", "VLLM_API_KEY"),
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
    *("http_proxy", "https_proxy", "all_proxy", "no_proxy"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR"),
]
"""What a developer's machine may have set that would change what is asked."""


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in FOREIGN:
        monkeypatch.delenv(name, raising=False)
    for name in ("OPENAI_API_KEY", "GEMINI_API_KEY"):
        monkeypatch.setenv(name, GOOD_KEY)


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts wire servers; they stop with the test."""
    with ExitStack() as stack:
        yield lambda wire: stack.enter_context(Serving(wire))


@pytest.fixture
def delivered() -> Delivered:
    return Delivered()


@pytest.fixture
def kind() -> type[OpenAI | Gemini]:
    """Who is asked where a test names nobody; a module's own fixture says another."""
    return OpenAI


@pytest.fixture
def limits() -> Limits:
    """How a test asks that says nothing of it; a module's own fixture says another way."""
    return FAST


@pytest.fixture
def run(
    serve: Serve,
    delivered: Delivered,
    kind: type[OpenAI | Gemini],
    limits: Limits,
    monkeypatch: pytest.MonkeyPatch,
) -> Run:
    """Asks requests of a server with a plan; gives the server and who asked.

    A fault is met again sooner than by users: how long to wait is for test_waits.
    """
    monkeypatch.setattr(attempts, "_FIRST_S", 0.1)
    usual_kind, usual_limits = kind, limits

    def go(
        plan: Plan,
        requests: Iterable[Request],
        kind: type[OpenAI | Gemini] = usual_kind,
        *,
        limits: Limits = usual_limits,
        name: str = "wire-1",
        path: str | None = None,
        **options: Any,
    ) -> tuple[Wire, Dispatch]:
        wire = Wire(plan)
        root = serve(wire).root
        path = ("/v1" if kind is OpenAI else "") if path is None else path
        provider = kind(name, base_url=root + path, **options)
        return wire, asked(provider, requests, delivered, limits)

    return go


@pytest.fixture
def ask() -> Ask:
    """Builds a request whose key is its prompt."""

    def build(prompt: str, *, raw: bool = False, **sampling: Any) -> Request:
        settings = Sampling(**({"max_tokens": 16} | sampling))
        return Request(prompt, (Message("user", prompt),), settings, raw)

    return build


@pytest.fixture
def unused_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
