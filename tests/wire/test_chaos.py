"""Random faults and random kills: nothing paid is lost or asked again, and all ends as without."""

from __future__ import annotations

import math
import multiprocessing
import random
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import chaosworker
import pytest
from doomed import run_doomed
from shapes import answer_to
from snellen.store.answers import Reply
from snellen.store.journal import Journal
from wireserver import Call, Raw, Serving, Wire

PROMPTS = 24
FAULTS = [
    *("429", "429:0.05", "500", "502", "503", "503:0.05", "529", "408", "409"),
    *("reset", "half_body", "invalid_json", "drip", "web_page"),
    *("loading", "no_text", "error_in_200", "throttled", "broken_off", "broken_stream"),
    *("named", "words", "error_event", "error_beside"),
]
LOADING = {"error": {"message": "Loading model", "type": "unavailable_error", "code": 503}}
NO_TEXT = {
    "openai": {"choices": [{"message": {"content": ""}, "finish_reason": "stop"}]},
    "gemini": {"candidates": [{"content": {"role": "model"}, "finishReason": "STOP"}]},
}


BROKEN_OFF = {
    "openai": {"choices": [{"message": {"content": "9"}, "finish_reason": "abort"}]},
    "gemini": {"candidates": [{"content": {"parts": [{"text": "9"}]}, "finishReason": "ERROR"}]},
}
HALF_A_STREAM = 'data: {"choices":[{"delta":{"content":"9"}}]}\n\n'


def raw(fault: str, wire: str) -> str | Raw:
    """A fault by name; those that a wire server has no name for, word for word."""
    if fault == "loading":
        return Raw(503, LOADING)
    if fault == "no_text":
        return Raw(200, NO_TEXT[wire])
    if fault == "throttled":
        return Raw(400, {"__type": "ThrottlingException", "message": "Too many requests"})
    if fault == "named":  # the 4 of its name is no limit, and the wait stands in the body
        words = "Rate limit reached for gpt-4o: Limit 30000, Used 29900, Requested 400."
        return Raw(429, {"error": {"message": words, "retry_after": 0.05}})
    if fault == "words":
        return Raw(200, "the worker is gone", {"Content-Encoding": "gzip"})
    if fault == "error_event":
        return Raw(200, "event: error\ndata: server busy, retry later\n\n")
    if fault == "error_beside":
        return Raw(200, NO_TEXT[wire] | {"error": {"message": "upstream was idle", "code": 504}})
    if fault == "broken_off":
        return Raw(200, BROKEN_OFF[wire])
    if fault == "broken_stream":
        return Raw(200, HALF_A_STREAM, {"Content-Type": "text/event-stream"})
    if fault == "error_in_200":
        return Raw(200, {"error": {"message": "upstream overloaded", "code": 503}})
    return fault


def plan(seed: int, share: float) -> Callable[..., Any]:
    """Faults by chance: the same for the same seed, prompt and attempt."""

    spoken = "gemini" if seed % 2 == 0 else "openai"

    def fault(call: Call) -> str | Raw | None:
        dice = random.Random(f"{seed} {call.prompt} {call.attempt}")
        return raw(dice.choice(FAULTS), spoken) if dice.random() < share else None

    return fault


def known(path: Path) -> dict[str, str]:
    """The answers in a journal, by prompt."""
    with Journal(path) as journal:
        entries = list(journal.entries())
    return {e.trial["prompt"]: e.result.text for e in entries if isinstance(e.result, Reply)}


def chaos(seed: int, folder: Path) -> tuple[int, int]:
    """One run through faults and kills; gives how many kills, and how many of them cut it short
    with answers kept."""
    dice = random.Random(seed)
    prompts = [f"seed {seed} question {i}" for i in range(PROMPTS)]
    path = folder / f"{seed}.sqlite"
    wire = Wire(plan(seed, dice.choice([0.0, 0.1, 0.3])), latency_s=dice.choice([0.0, 0.02]))
    kills = resumed = 0
    with Serving(wire) as serving:
        while True:
            kept = known(path) if path.exists() else {}
            resumed += 0 < len(kept) < PROMPTS
            asked_before = len(wire.calls)
            doomed = kills < 3 and dice.random() < 0.7
            code, killed = run_doomed(
                chaosworker.ask_all,
                (str(path), serving.root, prompts, seed % 2 == 0),
                lambda: len(wire.calls),
                asked_before + dice.randrange(PROMPTS) if doomed else math.inf,
                dice,
            )
            kills += killed
            asked = {call.prompt for call in wire.calls[asked_before:]}
            assert not asked & set(kept), "a kept answer was asked again"
            if code == 0:
                break
            assert doomed, f"worker ended with {code}"
    assert known(path) == {prompt: answer_to(prompt) for prompt in prompts}
    for prompt in prompts:
        assert 1 <= wire.served[prompt] <= 1 + kills
    if not kills:
        assert wire.served.total() == PROMPTS
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    return kills, resumed


@pytest.fixture(scope="module")
def forkserver() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["chaosworker"])
    return context


@pytest.mark.parametrize("seed", range(3))
def test_a_few_seeds(seed: int, tmp_path: Path, forkserver: ForkServerContext) -> None:
    chaos(seed, tmp_path)


@pytest.mark.chaos
def test_two_hundred_seeds(tmp_path: Path, forkserver: object) -> None:
    began = time.monotonic()
    with ThreadPoolExecutor(6) as pool:
        results = list(pool.map(lambda seed: chaos(seed, tmp_path), range(1000, 1200)))
    kills, resumed = (sum(column) for column in zip(*results, strict=True))
    seconds = time.monotonic() - began
    print(f"{len(results)} runs in {seconds:.0f} s: {kills} kills, {resumed} resumed midway")
    assert kills > 100
    assert resumed > 50
