"""Dispatch itself: rates, order of delivery, memory, interrupts, and what ends a run early."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from delivering import Ask, Delivered, Serve
from shapes import answer_to
from snellen.errors import StoreError
from snellen.runners.dispatch.dispatcher import Dispatch
from snellen.runners.dispatch.provider import Limits
from snellen.runners.openai.provider import OpenAI
from snellen.runners.protocol import Failure, Reply, Request
from wireserver import FairLimit, Wire


@pytest.fixture
def dispatch(serve: Serve) -> Iterator[Callable[..., Any]]:
    """A dispatcher in front of a wire server; closed with the test."""
    opened = []

    def build(wire: Wire, **limits: Any) -> Dispatch:
        runner = Dispatch(OpenAI("wire-1", base_url=serve(wire).root + "/v1"), Limits(**limits))
        opened.append(runner)
        return runner

    yield build
    for runner in opened:
        runner.close()


def test_everything_is_answered_in_parallel(
    dispatch: Callable[..., Dispatch], ask: Ask, delivered: Delivered
) -> None:
    wire = Wire(latency_s=0.05)
    runner = dispatch(wire, concurrency=32)
    runner.answer((ask(f"q {i}") for i in range(200)), delivered)
    assert delivered.texts == {f"q {i}": answer_to(f"q {i}") for i in range(200)}
    assert 16 <= wire.most_in_flight <= 32


def test_concurrency_is_a_limit(
    dispatch: Callable[..., Dispatch], ask: Ask, delivered: Delivered
) -> None:
    wire = Wire(latency_s=0.01)
    dispatch(wire, concurrency=3).answer((ask(f"q {i}") for i in range(60)), delivered)
    assert wire.most_in_flight == 3


def test_it_can_be_asked_again_and_of_nothing(
    dispatch: Callable[..., Dispatch], ask: Ask, delivered: Delivered
) -> None:
    runner = dispatch(Wire())
    runner.answer([], delivered)
    runner.answer([ask("a")], delivered)
    runner.answer([ask("b")], delivered)
    assert set(delivered) == {"a", "b"}


def test_requests_are_pulled_a_window_ahead_and_no_further(
    dispatch: Callable[..., Dispatch], ask: Ask
) -> None:
    pulled = answered = furthest = largest = 0

    def requests() -> Iterator[Request]:
        nonlocal pulled, furthest
        for i in range(200):
            pulled += 1
            furthest = max(furthest, pulled - answered)
            yield ask(f"q {i}")

    def watch(answers: Sequence[tuple[Request, Reply | Failure]]) -> None:
        nonlocal answered, largest
        answered += len(answers)
        largest = max(largest, len(answers))

    dispatch(Wire(latency_s=0.001), concurrency=8).answer(requests(), watch)
    assert answered == 200
    assert furthest <= 8 + 2 * largest + 2


def test_answers_are_delivered_on_the_callers_thread_and_in_batches(
    dispatch: Callable[..., Dispatch], ask: Ask
) -> None:
    threads: set[threading.Thread] = set()
    sizes: list[int] = []

    def deliver(answers: Sequence[tuple[Request, Reply | Failure]]) -> None:
        threads.add(threading.current_thread())
        sizes.append(len(answers))
        time.sleep(0.02)  # a slow disk: what arrives meanwhile shares the next flush

    dispatch(Wire(), concurrency=32).answer((ask(f"q {i}") for i in range(300)), deliver)
    assert threads == {threading.current_thread()}
    assert sum(sizes) == 300
    assert len(sizes) < 100


@pytest.mark.parametrize("hint", [None, "exact", "whole"])
def test_a_fair_rate_limit_loses_nothing_and_refuses_little(
    dispatch: Callable[..., Dispatch], ask: Ask, delivered: Delivered, hint: str | None
) -> None:
    limit = FairLimit(rate=30.0, burst=1, hint=hint)
    dispatch(Wire(limit=limit)).answer((ask(f"q {i}") for i in range(90)), delivered)
    assert delivered.texts == {f"q {i}": answer_to(f"q {i}") for i in range(90)}
    assert 0 < limit.refused < 60  # lm-eval's client: six refusals for every answer


def test_a_limit_on_requests_per_minute_is_never_passed(
    dispatch: Callable[..., Dispatch], ask: Ask, delivered: Delivered
) -> None:
    wire = Wire()
    runner = dispatch(wire, requests_per_minute=1200.0)
    runner.answer((ask(f"q {i}") for i in range(40)), delivered)
    times = [call.at for call in wire.calls]
    assert times[-1] - times[0] >= 0.9 * 39 / 20
    for first, fifth in zip(times, times[5:], strict=False):
        assert fifth - first > 0.5 * 5 / 20


def test_a_limit_on_tokens_per_minute_counts_prompt_and_answer(
    dispatch: Callable[..., Dispatch], ask: Ask, delivered: Delivered
) -> None:
    wire = Wire()
    runner = dispatch(wire, tokens_per_minute=60_000.0)
    prompt = "1 " * 84  # 84 digits, and 16 tokens of an answer: 100 tokens, 0.1 s each
    runner.answer((ask(f"{i} {prompt}", max_tokens=15) for i in range(15)), delivered)
    times = [call.at for call in wire.calls]
    assert times[-1] - times[0] >= 0.9 * 14 * 0.1


def test_the_wait_of_one_request_holds_nobody_else(
    dispatch: Callable[..., Dispatch], ask: Ask, delivered: Delivered
) -> None:
    wire = Wire(lambda call: "429:2.2" if call.prompt == "q 5" and call.attempt == 1 else None)
    dispatch(wire, concurrency=4).answer((ask(f"q {i}") for i in range(60)), delivered)
    refused_at = next(call.at for call in wire.calls if call.prompt == "q 5")
    assert max(call.at for call in wire.calls if call.prompt != "q 5") < refused_at + 2.0
    assert len(delivered) == 60


def test_a_wait_beyond_the_limit_fails_alone_and_at_once(
    dispatch: Callable[..., Dispatch], ask: Ask, delivered: Delivered
) -> None:
    wire = Wire(lambda call: "429:86400" if call.prompt == "q 5" else None)
    began = time.monotonic()
    dispatch(wire).answer((ask(f"q {i}") for i in range(30)), delivered)
    assert time.monotonic() - began < 10
    assert isinstance(delivered["q 5"], Failure)
    assert "a wait of 86,400 s was asked for" in delivered.failure("q 5").reason
    assert sum(isinstance(reply, Reply) for reply in delivered.values()) == 29


def test_overload_halves_the_concurrency(
    dispatch: Callable[..., Dispatch], ask: Ask, delivered: Delivered
) -> None:
    wire = Wire(latency_s=0.02)
    runner = dispatch(wire, concurrency=32)
    runner.answer((ask(f"q {i}") for i in range(150)), delivered)
    before = runner._throttle.concurrency
    wire.plan = lambda call: "503" if call.attempt == 1 else None
    runner.answer((ask(f"r {i}") for i in range(20)), delivered)
    assert before == 32
    assert runner._throttle.concurrency <= 16
    assert len(delivered) == 170


def test_a_request_is_given_up_in_time(
    dispatch: Callable[..., Dispatch], ask: Ask, delivered: Delivered
) -> None:
    runner = dispatch(Wire(lambda call: "429"), give_up_s=2.0)
    began = time.monotonic()
    runner.answer([ask("q")], delivered)
    assert time.monotonic() - began < 4
    failure = delivered.failure("q")
    assert isinstance(failure, Failure)
    assert failure.status == 429
    assert "given up after" in failure.reason


def test_an_error_of_the_journal_stops_the_run_and_is_the_one_reported(
    dispatch: Callable[..., Dispatch], ask: Ask
) -> None:
    kept: list[tuple[Request, Reply | Failure]] = []

    def deliver(answers: Sequence[tuple[Request, Reply | Failure]]) -> None:
        if len(kept) >= 10:
            raise StoreError("disk full")
        kept.extend(answers)

    wire = Wire()
    with pytest.raises(StoreError, match="disk full"):
        dispatch(wire, concurrency=4).answer((ask(f"q {i}") for i in range(1000)), deliver)
    assert len(wire.calls) < 200


def test_an_error_of_the_requests_keeps_what_has_arrived(
    dispatch: Callable[..., Dispatch], ask: Ask, delivered: Delivered
) -> None:
    def requests() -> Iterator[Request]:
        for i in range(30):
            yield ask(f"q {i}")
        raise ValueError("no more")

    wire = Wire()
    with pytest.raises(ValueError, match="no more"):
        dispatch(wire, concurrency=4).answer(requests(), delivered)
    assert delivered
    assert wire.served.total() - len(delivered) <= 4  # only what was in flight


def test_an_interrupt_keeps_what_has_arrived_and_the_rest_can_be_asked_later(
    dispatch: Callable[..., Dispatch], ask: Ask, delivered: Delivered
) -> None:
    wire = Wire(latency_s=0.02)
    runner = dispatch(wire, concurrency=4)
    main = threading.main_thread().ident or 0
    timer = threading.Timer(0.6, lambda: signal.pthread_kill(main, signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        runner.answer((ask(f"q {i}") for i in range(1000)), delivered)
    timer.join()
    kept = len(delivered)
    assert kept >= 10
    assert wire.served.total() - kept <= 4  # only what was in flight
    rest = [ask(f"q {i}") for i in range(200) if f"q {i}" not in delivered]
    runner.answer(rest, delivered)
    assert {f"q {i}" for i in range(200)} <= set(delivered)
    assert not [p for p in list(delivered)[:kept] if wire.served[p] > 1]


def test_an_interrupt_during_delivery_waits_for_it(
    dispatch: Callable[..., Dispatch], ask: Ask
) -> None:
    kept: list[tuple[Request, Reply | Failure]] = []

    def deliver(answers: Sequence[tuple[Request, Reply | Failure]]) -> None:
        if not kept:
            signal.raise_signal(signal.SIGINT)
        kept.extend(answers)

    with pytest.raises(KeyboardInterrupt):
        dispatch(Wire(), concurrency=2).answer((ask(f"q {i}") for i in range(100)), deliver)
    assert kept


def test_a_server_that_restarts_is_waited_for(
    serve: Serve, ask: Ask, delivered: Delivered, unused_port: int
) -> None:
    from wireserver import Serving

    runner = Dispatch(
        OpenAI("wire-1", base_url=f"http://127.0.0.1:{unused_port}/v1"), Limits(concurrency=4)
    )
    first, second = Wire(latency_s=0.01), Wire(latency_s=0.01)

    def restart() -> None:
        with Serving(first, unused_port):
            while len(delivered) < 20:
                time.sleep(0.01)
        time.sleep(1.0)
        with Serving(second, unused_port):
            done.wait(30)

    done = threading.Event()
    thread = threading.Thread(target=restart)
    thread.start()
    time.sleep(0.5)
    runner.answer((ask(f"q {i}") for i in range(200)), delivered)
    done.set()
    thread.join()
    runner.close()
    assert len(delivered) == 200
    assert all(isinstance(reply, Reply) for reply in delivered.values())
    assert second.served
