"""Waits and breakers, on a provider that does as it is told: what holds whom, what ends a run."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from snellen.errors import ModelRefused
from snellen.runners.dispatch import breaker, waits
from snellen.runners.dispatch.dispatcher import Dispatch
from snellen.runners.dispatch.provider import (
    Empty,
    Limits,
    Loading,
    Rejected,
    Retryable,
    WrongProtocol,
)
from snellen.runners.protocol import Failure, Reply, Request

Run = Callable[..., Any]
Script = Callable[[str, int], Exception | Reply | None]
"""What becomes of the n-th attempt at a prompt; ``None``: a plain answer."""


class Scripted:
    """A provider without a wire."""

    model = "scripted/one"
    base_url = "http://scripted.invalid"
    context_length: int | None = None
    resume_at = 0.0

    def __init__(self, script: Script, latency_s: float = 0.0, seats: int = 10**6) -> None:
        self.numerics: Mapping[str, Any] = {}
        self.dropped: dict[str, str] = {}
        self.notices: list[str] = []
        self.calls: list[tuple[str, float]] = []
        self.attempts: Counter[str] = Counter()
        self.most = 0
        self._script, self._latency_s = script, latency_s
        self._open = 0
        self._seats: asyncio.Semaphore | None = None
        self._count = seats

    async def answer(self, request: Request) -> Reply:
        self.calls.append((request.key, time.monotonic()))
        self.attempts[request.key] += 1
        self._open += 1
        self.most = max(self.most, self._open)
        self._seats = self._seats or asyncio.Semaphore(self._count)
        try:
            async with self._seats:
                await asyncio.sleep(self._latency_s)
                what = self._script(request.key, self.attempts[request.key])
                if isinstance(what, Exception):
                    raise what
                return what or Reply("1", completion_tokens=1)
        finally:
            self._open -= 1

    def count_tokens(self, text: str) -> int | None:
        return None

    async def close(self) -> None:
        pass


@pytest.fixture
def run(ask: Any, delivered: Any) -> Iterator[Run]:
    opened: list[Dispatch] = []

    def go(
        script: Script, count: int, *, seats: int = 10**6, latency_s: float = 0.0, **limits: Any
    ) -> Scripted:
        provider = Scripted(script, latency_s, seats)
        opened.append(Dispatch(provider, Limits(**limits)))
        opened[-1].answer((ask(f"q {i}") for i in range(count)), delivered)
        provider.notices = opened[-1].notices
        return provider

    yield go
    for runner in opened:
        runner.close()


def test_a_wait_for_all_holds_everybody(run: Run, delivered: Any) -> None:
    def script(prompt: str, attempt: int) -> Exception | Reply | None:
        if prompt == "q 5" and attempt == 1:
            return Retryable("slow down", status=429, retry_after=1.2, for_all=True)
        return None

    provider = run(script, 60, concurrency=4)
    refused_at = next(at for prompt, at in provider.calls if prompt == "q 5")
    assert not [at for _, at in provider.calls if 0.1 < at - refused_at < 1.1]
    assert len(delivered) == 60


def test_a_model_that_loads_is_waited_for_by_one_question_at_a_time(
    run: Run, delivered: Any
) -> None:
    began = time.monotonic()

    def script(prompt: str, attempt: int) -> Exception | Reply | None:
        loading = time.monotonic() - began < 2.0
        return Loading("Loading model", status=503) if loading else None

    provider = run(script, 40, concurrency=32, faults=3)
    assert all(isinstance(reply, Reply) for reply in delivered.values())
    assert len(provider.calls) < 40 + 30


def test_an_empty_answer_is_asked_again_and_then_kept(run: Run, delivered: Any) -> None:
    def script(prompt: str, attempt: int) -> Exception | Reply | None:
        if prompt == "q 0" or (prompt == "q 1" and attempt == 1):
            return Empty("no text", Reply("", notice="empty"))
        return None

    provider = run(script, 3)
    assert delivered["q 0"] == Reply("", notice="empty")
    assert provider.attempts == {"q 0": 3, "q 1": 2, "q 2": 1}


def test_nothing_ever_answered_ends_the_run_early(run: Run, delivered: Any) -> None:
    began = time.monotonic()
    with pytest.raises(ModelRefused, match=r"device-side assert: \d+ attempts in \d+ s, and none"):
        run(lambda p, a: Retryable("device-side assert", status=500), 30)
    assert time.monotonic() - began < 15
    assert not delivered


def test_a_server_that_restarts_is_given_half_a_minute(
    run: Run, delivered: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(breaker, "_RESTART_S", 1.0)
    began = time.monotonic()

    def script(prompt: str, attempt: int) -> Exception | Reply | None:
        up = time.monotonic() - began > 0.8
        return None if up else Retryable("bad gateway", status=502)

    run(script, 12)
    assert all(isinstance(reply, Reply) for reply in delivered.values())
    with pytest.raises(ModelRefused, match="bad gateway"):
        run(lambda p, a: Retryable("bad gateway", status=502), 12)


def test_refusals_for_rate_and_nothing_else_end_the_run(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(breaker, "_RATE_S", 1.5)
    with pytest.raises(ModelRefused, match=r"quota is used up: refused for \d s and never answ"):
        run(lambda p, a: Retryable("quota is used up", status=429), 12)


def test_ten_equal_rejections_end_the_run_and_are_kept(run: Run, delivered: Any) -> None:
    with pytest.raises(ModelRefused, match=r"no such model .*: so said 10 requests"):
        run(lambda p, a: Rejected(f"no such model (request {p[2:]}a7)", status=400), 90)
    assert 9 <= len(delivered) < 40


def test_a_wait_that_is_named_and_never_enough_ends_the_run(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(breaker, "_RATE_S", 0.5)
    with pytest.raises(ModelRefused, match=r"slow down: refused for 1 s and never answered"):
        run(lambda p, a: Retryable("slow down", status=429, retry_after=0.25), 12)


def test_one_403_is_of_its_request_and_twenty_in_a_row_are_not(run: Run, delivered: Any) -> None:
    """A firewall's word for a prompt, and a key's that was revoked: none says which it is."""
    run(lambda p, a: Rejected("Forbidden", status=403) if int(p[2:]) % 2 else None, 60)
    assert sum(isinstance(reply, Failure) for reply in delivered.values()) == 30
    delivered.clear()
    with pytest.raises(ModelRefused, match=r"Forbidden: so said 20 requests in a row; every answ"):
        run(lambda p, a: Rejected("Forbidden", status=403) if int(p[2:]) > 9 else None, 90)
    assert len(delivered) < 40


@pytest.mark.parametrize(
    "reason", ["This model's maximum context length is {} tokens", "prompt of {} is too long"]
)
def test_prompts_that_are_too_long_end_nothing(run: Run, delivered: Any, reason: str) -> None:
    run(lambda p, a: Rejected(reason.format(p[2:]), status=400) if int(p[2:]) < 30 else None, 40)
    assert sum(isinstance(reply, Failure) for reply in delivered.values()) == 30


def test_rejections_beside_answers_end_nothing(run: Run, delivered: Any) -> None:
    run(lambda p, a: Rejected("refused") if int(p[2:]) % 2 else None, 60)
    assert sum(isinstance(reply, Failure) for reply in delivered.values()) == 30


def test_twenty_failures_in_a_row_end_the_run(run: Run, delivered: Any) -> None:
    def script(prompt: str, attempt: int) -> Exception | Reply | None:
        return Retryable("worker died", status=502) if int(prompt[2:]) >= 10 else None

    with pytest.raises(ModelRefused, match=r"20 requests failed in a row; every answer is kept"):
        run(script, 200, faults=1, concurrency=8)
    assert sum(isinstance(reply, Reply) for reply in delivered.values()) == 10


def test_another_protocol_after_an_answer_is_a_fault_like_others(run: Run, delivered: Any) -> None:
    def script(prompt: str, attempt: int) -> Exception | Reply | None:
        return WrongProtocol("a web page") if prompt == "q 9" and attempt < 3 else None

    run(script, 10)
    assert len(delivered) == 10


def test_a_server_that_answers_one_at_a_time_is_not_flooded(run: Run, delivered: Any) -> None:
    provider = run(lambda p, a: None, 20, seats=1, latency_s=0.1, attempt_s=1.2)
    assert provider.most <= 4
    assert all(count == 1 for count in provider.attempts.values())
    assert len(delivered) == 20


def test_a_slow_server_that_answers_in_parallel_is_used(run: Run, delivered: Any) -> None:
    provider = run(lambda p, a: None, 60, latency_s=0.1, attempt_s=1.2)
    assert provider.most >= 16
    assert len(delivered) == 60


def test_a_change_of_what_answers_is_told_once(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    def script(prompt: str, attempt: int) -> Exception | Reply | None:
        return Reply("1", fingerprint="float32" if int(prompt[2:]) < 15 else "bfloat16")

    with caplog.at_level(logging.WARNING, logger="snellen"):
        provider = run(script, 30, concurrency=1)
    (notice,) = provider.notices
    assert "'float32' before, 'bfloat16' now" in notice
    assert caplog.messages == [notice]


def test_what_answered_in_an_earlier_session_is_remembered(ask: Any, delivered: Any) -> None:
    runner = Dispatch(Scripted(lambda p, a: Reply("1", fingerprint="bfloat16")))
    runner.met([None, "float32", "float32"])
    runner.answer([ask("q")], delivered)
    runner.close()
    assert len(runner.notices) == 1


@pytest.fixture
def short_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, seconds in {"_SILENT_S": 0.4, "_AGAIN_S": 0.6, "_TICK_S": 0.05}.items():
        monkeypatch.setattr(waits, name, seconds)


@pytest.mark.usefixtures("short_silence")
def test_a_long_wait_is_said_with_its_reason_and_its_end(
    tmp_path: Path, ask: Any, delivered: Any
) -> None:
    def script(prompt: str, attempt: int) -> Exception | Reply | None:
        if prompt == "q 1" and attempt == 1:
            return Retryable("come back later", status=429, retry_after=0.7)
        return None

    runner = Dispatch(Scripted(script))
    runner.log_into(tmp_path)
    runner.answer([ask("q 0"), ask("q 1")], delivered)
    runner.close()
    lines = (tmp_path / waits.LOG_NAME).read_text().splitlines()
    started = [line for line in lines if "a request waits 1 s, until " in line]
    ended = [line for line in lines if "the wait is over after " in line]
    assert len(started) == len(ended) == 1
    assert started[0].endswith("come back later (Ctrl-C stops, every answer is kept)")
    assert ended[0].endswith(" s: come back later")
    assert lines.index(started[0]) < lines.index(ended[0])


@pytest.mark.usefixtures("short_silence")
def test_a_silent_server_is_said_to_be_silent(tmp_path: Path, ask: Any, delivered: Any) -> None:
    runner = Dispatch(Scripted(lambda p, a: None, latency_s=1.3))
    runner.log_into(tmp_path)
    runner.answer([ask("q 0")], delivered)
    runner.close()
    lines = (tmp_path / waits.LOG_NAME).read_text().splitlines()
    assert [" ".join(line.split()[2:6]) for line in lines] == [
        *["nothing was answered for"] * (len(lines) - 1),
        "answers arrive again, after",
    ]
    assert len(lines) >= 2
    assert "1 requests are open" in lines[0]


@pytest.mark.usefixtures("short_silence")
def test_a_rest_that_headers_ask_for_is_said_with_its_end(
    caplog: pytest.LogCaptureFixture, ask: Any, delivered: Any
) -> None:
    provider = Scripted(lambda p, a: None)
    provider.resume_at = time.monotonic() + 1.2
    runner = Dispatch(provider, Limits(concurrency=1))
    with caplog.at_level(logging.INFO, logger="snellen"):
        runner.answer([ask("q 0"), ask("q 1")], delivered)
    runner.close()
    started, ended = caplog.messages
    assert started.startswith("all requests wait 1 s, until ")
    assert ended.endswith("the server's headers say that its limit is used up")


@pytest.mark.usefixtures("short_silence")
def test_a_failure_is_no_answer_and_a_slow_pace_has_a_next_attempt(
    caplog: pytest.LogCaptureFixture, ask: Any, delivered: Any
) -> None:
    runner = Dispatch(Scripted(lambda p, a: Rejected("no")), Limits(requests_per_minute=60))
    with caplog.at_level(logging.INFO, logger="snellen"):
        runner.answer([ask("q 0"), ask("q 1")], delivered)
    runner.close()
    assert len(caplog.messages) == 1
    assert "1 requests are open, the next attempt at " in caplog.text
    assert "; --rpm or --tpm spaces the requests (" in caplog.text


def test_a_quick_run_says_nothing(tmp_path: Path, ask: Any, delivered: Any) -> None:
    runner = Dispatch(Scripted(lambda p, a: None))
    runner.log_into(tmp_path)
    runner.answer([ask(f"q {i}") for i in range(50)], delivered)
    runner.close()
    assert not (tmp_path / waits.LOG_NAME).exists()
