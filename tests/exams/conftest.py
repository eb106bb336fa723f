"""A small finished run of the tiny model, through the Python API."""

from __future__ import annotations

from pathlib import Path

import pytest
import snellen


@pytest.fixture(autouse=True)
def _alone(alone: None) -> None:
    """Every test here."""


@pytest.fixture
def plan(tiny: Path) -> snellen.Plan:
    return snellen.Plan(
        model=f"hf/{tiny}", tasks="count_ones,copy_sequence", modes="direct,cot",
        lengths="1,2,9", trials=2, max_tokens=24,
    )  # fmt: skip


@pytest.fixture
def run(plan: snellen.Plan) -> snellen.Run:
    return snellen.run(plan)
