"""Small results folders: runs of models that see so far, written by the store's own writers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from snellen.store.answers import Failure, Reply
from snellen.store.manifest import Manifest, write_manifest
from snellen.store.plan import Plan
from snellen.store.trials import trial_row, trial_table, write_trials

Keep = Callable[..., Path]


def keep_run(
    folder: Path,
    plan: Plan,
    sees: int,
    *,
    failing: int = 7,
    documents_sha256: str = "0" * 64,
    created: str = "2026-01-01T00:00:00+00:00",
) -> Path:
    """Write the run of a model that is right up to a length, and at every third trial beyond.

    One request in so many failed; 0 for none.
    """
    rows = []
    for at, trial in enumerate(plan.build_trials()):
        right = trial.id.length <= sees or at % 3 == 0
        reply = Reply(trial.truth if right else "no idea", latency_s=at / 7, prompt_tokens=at)
        result: Reply | Failure = Failure("500", 500) if failing and at % failing == 3 else reply
        rows.append(trial_row(folder.name, plan.model, trial, result, trial.id.length + 9))
    write_trials(folder / "trials.csv", trial_table(rows))
    manifest = Manifest(
        run_id=folder.name, plan=plan, documents_sha256=documents_sha256, created=created
    )
    write_manifest(folder / "manifest.json", manifest)
    return folder


def small(model: str, **changes: Any) -> Plan:
    """A plan of 24 trials in two tasks."""
    asked: dict[str, Any] = {
        "tasks": ("count_ones", "copy_last"), "lengths": (1, 4, 16), "trials": 4,
    }  # fmt: skip
    return Plan(model=model, **{**asked, **changes})


@pytest.fixture
def keep() -> Keep:
    return keep_run


@pytest.fixture
def plan_of() -> Callable[..., Plan]:
    return small


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of one's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "snellen"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two models, two runs each; one of them in two modes."""
    where = tmp_path / "results"
    keep_run(where / "a" / "one", small("org/a"), 4)
    keep_run(where / "a" / "two", small("org/a", seed=1, modes=("direct", "cot")), 16)
    keep_run(where / "b" / "one", small("org/b"), 1)
    keep_run(where / "b" / "deeper" / "two", small("org/b", seed=1), 0)
    return where
