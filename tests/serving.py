"""Fixtures of tests that ask loopback servers with the whole program."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent / "wire"))

from wireserver import Serving


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A key, no proxy, and an empty folder."""
    for name in ("OPENAI_BASE_URL", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "good-key-123456")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def serve() -> Iterator[Callable[[Any], str]]:
    """Starts servers; they stop with the test. Gives the address with its /v1."""
    with ExitStack() as stack:
        yield lambda server: f"{stack.enter_context(Serving(server)).root}/v1"
