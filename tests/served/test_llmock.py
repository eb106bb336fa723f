"""An outside judge: llmock speaks OpenAI's and Gemini's wires, with faults, and judges us."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import httpx2
import pytest
from snellen.errors import ModelRefused
from snellen.runners.dispatch.dispatcher import Dispatch
from snellen.runners.dispatch.provider import Limits, Provider
from snellen.runners.gemini.provider import Gemini
from snellen.runners.openai.provider import OpenAI
from snellen.runners.protocol import Failure, Message, Reply, Request, Sampling

from .servers import free_port, python_of, running

pytestmark = pytest.mark.served

WIRES: dict[str, Callable[[str], Provider]] = {
    "openai": lambda root: OpenAI("gpt-4o-mini", base_url=f"{root}/v1"),
    "gemini": lambda root: Gemini("gemini-2.5-flash", base_url=f"{root}/gemini"),
}


@pytest.fixture(scope="module")
def llmock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    program = python_of("llmock").with_name("llmock")
    root = f"http://127.0.0.1:{(port := free_port())}"
    log = tmp_path_factory.mktemp("llmock") / "log"
    with running([str(program), "serve", "--port", str(port)], f"{root}/health", log):
        yield root


@pytest.fixture(params=sorted(WIRES))
def wire(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    for name in ("OPENAI_API_KEY", "GEMINI_API_KEY"):
        monkeypatch.setenv(name, "any-key-will-do")
    return str(request.param)


def run(root: str, wire: str, count: int, *behaviors: dict[str, Any]) -> dict[str, Any]:
    """The answers to so many requests under faults, and llmock's verdict on their client."""
    with httpx2.Client(base_url=root, trust_env=False) as admin:
        admin.post("/_llmock/reset").raise_for_status()
        admin.post("/_llmock/scenario", json={"behaviors": list(behaviors)}).raise_for_status()
        found: dict[str, Reply | Failure] = {}
        requests = [
            Request(f"q {i}", (Message("user", f"q {i}"),), Sampling(32)) for i in range(count)
        ]
        try:
            with closing(
                Dispatch(WIRES[wire](root), Limits(concurrency=8, attempt_s=5.0))
            ) as runner:
                runner.answer(requests, lambda rows: found.update((r.key, a) for r, a in rows))
        finally:
            verdict = admin.get("/_llmock/verdict").json()
            text = admin.get("/_llmock/verdict", params={"format": "text"}).text
            assert verdict["passed"], text
            assert not verdict["findings"], text
            assert verdict["faults_injected"] >= len(behaviors) > 0 or not behaviors
    return found


@pytest.mark.parametrize(
    "behavior",
    [
        {"type": "fail", "status": 429, "retry_after": 1.5, "times": 2},
        {"type": "fail", "status": 429, "times": 2},
        {"type": "fail", "status": 500, "times": 2},
        {"type": "fail", "status": 503, "times": 3},
    ],
    ids=lambda behavior: "-".join(str(value) for value in behavior.values()),
)
def test_the_judge_passes_the_client(llmock: str, wire: str, behavior: dict[str, Any]) -> None:
    found = run(llmock, wire, 12, behavior)
    assert len(found) == 12
    assert all(isinstance(reply, Reply) and reply.text for reply in found.values())


def test_a_prompt_that_is_too_long_is_asked_once(llmock: str, wire: str) -> None:
    found = run(llmock, wire, 4, {"type": "fail", "status": 400, "times": 1})
    assert sum(isinstance(reply, Failure) for reply in found.values()) == 1


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_is_refused_ends_the_run(llmock: str, wire: str, status: int) -> None:
    with pytest.raises(ModelRefused):
        run(llmock, wire, 4, {"type": "fail", "status": status, "times": 8})


def test_all_at_once(llmock: str, wire: str) -> None:
    behaviors = [
        {"type": "fail", "status": status, "times": 2} for status in (429, 500, 502, 503, 504)
    ]
    found = run(llmock, wire, 40, *behaviors, {"type": "delay", "seconds": 1.0, "times": 1})
    assert len(found) == 40
    assert all(isinstance(reply, Reply) for reply in found.values())
