"""A small finished run of the tiny model, through the Python API."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import snellen


@pytest.fixture(autouse=True)
def _alone(alone: None) -> None:
    """Every test here."""


@pytest.fixture(scope="session")
def plan(tiny: Path) -> snellen.Plan:
    return snellen.Plan(
        model=f"hf/{tiny}", tasks="count_ones,copy_sequence", modes="direct,cot",
        lengths="1,2,9", trials=2, max_tokens=24,
    )  # fmt: skip


@pytest.fixture(scope="session")
def made(plan: snellen.Plan, tmp_path_factory: pytest.TempPathFactory) -> snellen.Run:
    """Asked once; nobody may change its files."""
    return snellen.run(plan, out=tmp_path_factory.mktemp("made") / "results")


@pytest.fixture
def run(made: snellen.Run) -> snellen.Run:
    """A copy under ``results/``, as if it had been asked here."""
    here = Path("results", *made.path.parts[-2:])
    shutil.copytree(made.path, here)
    return snellen.load_run(here)
