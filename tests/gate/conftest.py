"""Loopback servers that read, and gates between them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import snellen

from ..serving import alone, serve

__all__ = ["alone", "serve"]

TASKS = "lookup,copy_sequence,count_ones_bernoulli"


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
