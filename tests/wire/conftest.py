from __future__ import annotations

import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from snellen.runners.protocol import Failure, Message, Reply, Request, Sampling
from wireserver import GOOD_KEY, Serving, Wire

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
def serve() -> Iterator[Callable[[Wire], Serving]]:
    """Starts wire servers; they stop with the test."""
    with ExitStack() as stack:
        yield lambda wire: stack.enter_context(Serving(wire))


class Delivered(dict[str, Reply | Failure]):
    """What was delivered, by prompt; each prompt once."""

    def __call__(self, answers: object) -> None:
        for request, answer in answers:  # type: ignore[attr-defined]
            assert request.key not in self
            self[request.key] = answer


@pytest.fixture
def delivered() -> Delivered:
    return Delivered()


@pytest.fixture
def ask() -> Callable[..., Request]:
    """Builds a request whose key is its prompt."""

    def build(prompt: str, *, raw: bool = False, **sampling: object) -> Request:
        settings = Sampling(**({"max_tokens": 16} | sampling))  # type: ignore[arg-type]
        return Request(prompt, (Message("user", prompt),), settings, raw)

    return build


@pytest.fixture
def unused_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
