from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from delivering import Ask, Delivered, Serve
from snellen.runners.protocol import Message, Request, Sampling
from wireserver import GOOD_KEY, Serving

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
