"""Batches through random faults and random kills: nothing is lost, nothing is paid twice."""

from __future__ import annotations

import math
import multiprocessing
import random
import time
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.context import ForkServerContext
from pathlib import Path

import chaosworker
import pytest
from batchwire import BatchWire
from doomed import run_doomed
from shapes import answer_to
from snellen.store.answers import Reply
from snellen.store.journal import Journal
from wireserver import Raw, Serving

PROMPTS = 12
BUSY = {"openai": {"error": {"message": "busy"}}, "gemini": {"code": 14, "message": "busy"}}
BAD_GATEWAY = Raw(502, {"error": {"message": "bad gateway"}})


def wire_of(seed: int) -> BatchWire:
    """A server with faults by chance: the same for the same seed and call."""
    share = random.Random(seed).choice([0.0, 0.15, 0.3])
    busy = Raw(503, BUSY["gemini" if seed % 2 == 0 else "openai"])

    def lines(prompt: str, asked: int) -> str | Raw | None:
        dice = random.Random(f"{seed} {prompt} {asked}")
        fault = dice.random() < share and asked < 4
        faults: list[str | Raw] = ["missing", "expired", "twice", busy]
        return dice.choice(faults) if fault else None

    def calls(kind: str, number: int) -> str | Raw | None:
        dice = random.Random(f"{seed} {kind} {number}")
        faults: list[str | Raw] = ["reset", "lost", BAD_GATEWAY]
        return dice.choice(faults) if dice.random() < share / 2 else None

    def ending(number: int) -> str:
        dice = random.Random(f"{seed} ending {number}")
        return "expired" if number < 2 and dice.random() < share else "completed"

    return BatchWire(lines, calls, ending, looks=random.Random(seed).choice([0, 2]))


def known(path: Path) -> dict[str, str]:
    """The answers in a journal, by prompt."""
    with Journal(path) as journal:
        entries = list(journal.entries())
    return {e.trial["prompt"]: e.result.text for e in entries if isinstance(e.result, Reply)}


def chaos(seed: int, folder: Path) -> int:
    """One run through faults and kills; gives how many kills."""
    dice = random.Random(f"kills {seed}")
    prompts = [f"seed {seed} question {i}" for i in range(PROMPTS)]
    folder = folder / str(seed)
    folder.mkdir()
    path = folder / "journal.sqlite"
    wire, kills = wire_of(seed), 0
    with Serving(wire) as serving:
        while True:
            asked_before = wire.done.total()
            doomed = kills < 3 and dice.random() < 0.8
            code, killed = run_doomed(
                chaosworker.ask_in_batches,
                (str(path), serving.root, prompts, seed % 2 == 0),
                wire.done.total,
                asked_before + dice.randrange(10) if doomed else math.inf,
                dice,
                mercy_s=0.02,  # before, while and after the answer is read
            )
            kills += killed
            if code == 0:
                break
            assert doomed, f"worker ended with {code}"
    assert known(path) == {prompt: answer_to(prompt) for prompt in prompts}
    assert wire.paid == dict.fromkeys(prompts, 1)
    return kills


@pytest.fixture(scope="module")
def forkserver() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["chaosworker"])
    return context


@pytest.mark.parametrize("seed", range(4))
def test_a_few_seeds(seed: int, tmp_path: Path, forkserver: ForkServerContext) -> None:
    chaos(seed, tmp_path)


@pytest.mark.chaos
def test_a_hundred_seeds(tmp_path: Path, forkserver: object) -> None:
    began = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        kills = sum(pool.map(lambda seed: chaos(seed, tmp_path), range(2000, 2100)))
    print(f"100 runs by batches in {time.monotonic() - began:.0f} s: {kills} kills")
    assert kills >= 100
