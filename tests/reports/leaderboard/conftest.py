"""A small board and models of known sight on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from snellen.reports.leaderboard.entries import TRIAL, BoardDesign, BoardEntry, entry_of

LENGTHS = (1, 2, 4, 8, 16, 32, 64)
TASKS = ("count_ones", "count_word")

Asked = Callable[..., pd.DataFrame]
Entered = Callable[..., BoardEntry]


@pytest.fixture(scope="session")
def asked(simulated: Callable[..., pd.DataFrame]) -> Asked:
    """The table of a model that loses sight at these lengths, one for each task."""

    def run(*thresholds: float, seed: int = 0, **changes: Any) -> pd.DataFrame:
        parts = [
            simulated(task, lengths=LENGTHS, trials=10, threshold=t, seed=seed, **changes)
            for task, t in zip(TASKS, thresholds, strict=True)
        ]
        return pd.concat(parts, ignore_index=True)

    return run


@pytest.fixture(scope="session")
def design(asked: Asked) -> BoardDesign:
    return BoardDesign("1", "a" * 64, asked(8, 8)[TRIAL])


@pytest.fixture(scope="session")
def manifest_of() -> Callable[..., dict[str, Any]]:
    def made(model: str, **changes: Any) -> dict[str, Any]:
        return {
            "run_id": f"run-{model}",
            "created": "2026-01-01T00:00:00+00:00",
            "documents_sha256": "a" * 64,
            "plan": {"model": model, "temperature": 0.0, "max_tokens": None},
            "numerics": {"dtype": "float32"},
            **changes,
        }

    return made


@pytest.fixture(scope="session")
def entered(
    asked: Asked, design: BoardDesign, manifest_of: Callable[..., dict[str, Any]]
) -> Entered:
    """The entry of a model that loses sight at these lengths, its manifest changed."""

    def made(
        model: str, *thresholds: float, report: str | None = None, **changes: Any
    ) -> BoardEntry:
        trials = asked(*thresholds)
        return entry_of(trials, manifest_of(model, **changes), design, report)

    return made
