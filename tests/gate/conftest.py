"""Loopback servers that read, and gates between them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import snellen

sys.path.insert(0, str(Path(__file__).parents[1] / "wire"))

from wireserver import Serving

TASKS = "lookup,copy_sequence,count_ones_bernoulli"


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("OPENAI_BASE_URL", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "good-key-123456")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def serve() -> Iterator[Callable[[Any], str]]:
    """Starts servers; they stop with the test. Gives the address with its /v1."""
    with ExitStack() as stack:
        yield lambda server: f"{stack.enter_context(Serving(server)).root}/v1"


@pytest.fixture
def gate(tmp_path: Path) -> Callable[..., snellen.GateResult]:
    """A gate between two servers."""

    def run(a: str, b: str, lengths: Any = "8,16,32,64", **more: Any) -> snellen.GateResult:
        tasks = more.pop("tasks", TASKS)
        plan = snellen.Plan(model="openai/m", base_url=a, tasks=tasks, lengths=lengths)
        rest: dict[str, Any] = {
            "limits": snellen.Limits(),
            "out": tmp_path / "results",
            "concurrency": 8,
        } | more
        return snellen.gate(plan, "openai/m", against_base_url=b, **rest)

    return run
