"""Real servers of other people, each from its own environment (scripts/served_env.sh)."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

ROOT = Path(__file__).parents[2]


def python_of(server: str) -> Path:
    """The Python of a server's environment; the test is skipped where there is none."""
    python = ROOT / f".venv-{server}" / "bin" / "python"
    if not python.exists():
        pytest.skip(f"no .venv-{server}: bash scripts/served_env.sh {server}, or make test-served")
    return python


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(
    command: list[str],
    health: str,
    log: Path,
    *,
    within_s: float = 600.0,
    environment: Mapping[str, str] | None = None,
) -> Iterator[None]:
    """A server process, from when it answers at ``health`` to the end of the block."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )
    try:
        began = time.monotonic()
        while True:
            if process.poll() is not None or time.monotonic() - began > within_s:
                pytest.fail(f"{command[0]} did not come up:\n{log.read_text()[-3000:]}")
            try:
                if httpx2.get(health, timeout=5.0, trust_env=False).status_code < 500:
                    break
            except httpx2.HTTPError:
                pass
            time.sleep(0.5)
        yield
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
