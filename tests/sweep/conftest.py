"""Loopback servers that count what they are asked, and sweeps in processes of their own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "wire"))
sys.path.insert(0, str(Path(__file__).parent))

from wireserver import Serving, Wire

from .sweep_servers import Start


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("OPENAI_BASE_URL", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy",
                 "RAY_ADDRESS"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "good-key-123456")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.chdir(tmp_path)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # Started in the background of a script; what is started here is to be interrupted.
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def serve() -> Iterator[Callable[[Wire], str]]:
    """Starts servers; gives the base URL of each."""
    with ExitStack() as stack:
        yield lambda wire: stack.enter_context(Serving(wire)).root + "/v1"


@pytest.fixture
def write_plan(tmp_path: Path) -> Callable[..., Path]:
    """Writes a plan of a few small cells; values given replace its own."""

    def write(base_url: str, name: str = "plan", **more: Any) -> Path:
        plan: dict[str, Any] = {
            "models": [{"model": "openai/wire-1", "base_url": base_url, "concurrency": 2}],
            "tasks": "count_ones",
            "lengths": "1,2,4",
            "trials": 2,
            "max_tokens": 16,
        } | more
        path = tmp_path / f"{name}.yaml"
        path.write_text(json.dumps(plan))  # YAML takes JSON as it is
        return path

    return write


@pytest.fixture
def start() -> Start:
    """Starts a sweep in a process of its own."""

    def run(*words: str | Path, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "snellen", "sweep", *map(str, words)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **environment},
        )

    return run
