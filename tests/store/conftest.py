"""Answers to put into journals, and the trials of a small plan."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from snellen.store.answers import Entry, Failure, Reply
from snellen.store.plan import Plan
from snellen.store.trials import trial_row
from snellen.tasks.trial import TrialId, rebuild_trial

settings.register_profile("snellen", max_examples=60, deadline=None)
settings.load_profile("snellen")


@pytest.fixture
def plan() -> Plan:
    return Plan(
        model="test/model",
        tasks=("count_ones", "copy_sequence"),
        modes=("direct", "cot"),
        lengths=(1, 12),
        trials=2,
    )


def entry(number: int = 0, result: Reply | Failure | None = None, **trial: Any) -> Entry:
    """An entry under a key of its own."""
    result = result or Reply(f"answer {number}", latency_s=0.25)
    return Entry(f"key-{number}", trial, "0" * 64, result, {"max_tokens": 8})


def said(trial: TrialId, text: str | None = None, **more: Any) -> dict[str, Any]:
    """The row of a trial to which something was said: the truth, if nothing else."""
    asked = rebuild_trial(trial)
    reply = Reply(asked.truth if text is None else text, **more)
    return trial_row("run", "test/model", asked, reply)


@pytest.fixture
def make_entry() -> Callable[..., Entry]:
    return entry


@pytest.fixture
def row() -> Callable[..., dict[str, Any]]:
    return said


@pytest.fixture
def journal_path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"
