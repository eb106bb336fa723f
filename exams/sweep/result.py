"""What a sweep came to: a table of its cells, ``sweep.json``, and the page over its runs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from ... import __version__
from ...runners.prices import Estimate
from ...store.manifest import now
from ...support.files import write_atomically
from ..loaded import Run, load_run
from .plan_file import SweepPlan
from .states import CellState

SCHEMA = 1


@dataclass(frozen=True)
class Sweep:
    """A sweep that was carried out, as far as it came.

    Attributes:
        path: its results folder; ``sweep.json`` and ``leaderboard.html`` lie there.
        cells: one row per cell; see docs/sweeps.md for the columns.
        board: the leaderboard over its runs, where there is one.
        left_out: who is not on the board, and why, a line each.
        notes: what was worth a line on the way.
    """

    path: Path
    cells: pd.DataFrame
    board: Path | None = None
    left_out: Sequence[str] = ()
    notes: Sequence[str] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether every cell is done."""
        return bool((self.cells["state"] == "done").all())

    @property
    def cost_usd(self) -> float | None:
        """What all answers cost, where that is known."""
        costs = self.cells["cost_usd"]
        return None if costs.isna().any() else float(costs.sum())

    def runs(self) -> dict[str, Run]:
        """The finished runs, by their folder below the results folder.

        Raises:
            InputError: one of them cannot be read.
        """
        done = self.cells[self.cells["state"] == "done"]
        return {folder: load_run(self.path / folder) for folder in done["run"]}

    def __repr__(self) -> str:
        counts = ", ".join(f"{n} {state}" for state, n in Counter(self.cells["state"]).items())
        return f"Sweep({str(self.path)!r}, {len(self.cells)} cells: {counts})"


def rows_of(states: Sequence[CellState], estimates: Mapping[str, Estimate]) -> list[dict[str, Any]]:
    """One record per cell."""
    return [
        {
            "model": state.cell.entry.name or state.cell.plan.model,
            **dict(
                zip(("task", "mode", "answer", "lens"), state.cell.axes().values(), strict=True)
            ),
            "precision": state.cell.precision,
            "state": state.state,
            "trials": state.trials,
            "answered": state.answered,
            "failed": state.failures,
            "L50": state.acuity,
            "cost_usd": state.cost_usd,
            "expected_usd": estimates[state.cell.folder].expected,
            "seconds": state.seconds and round(state.seconds, 2),
            "run": state.cell.folder,
            "why": state.why,
        }
        for state in states
    ]


def write_sweep(
    out: Path,
    plan: SweepPlan,
    states: Sequence[CellState],
    estimates: Mapping[str, Estimate],
    *,
    engine: str,
    created: str,
    finished: bool,
    board: Path | None = None,
) -> Path:
    """Write ``sweep.json``: the plan, and how far every cell is.

    Returns:
        Its path.
    """
    record = {
        "schema_version": SCHEMA,
        "name": plan.name,
        "snellen": __version__,
        "engine": engine,
        "created": created,
        "finished": now() if finished else None,
        "plan": plan.model_dump(mode="json", exclude_defaults=True),
        "leaderboard": board.name if board else None,
        "cells": rows_of(states, estimates),
    }
    return write_atomically(out / "sweep.json", json.dumps(record, indent=2) + "\n")


def earlier(out: Path) -> tuple[str, dict[str, float]]:
    """What an earlier session wrote of a sweep.

    Returns:
        When it was first begun (now, where nothing is kept), and the seconds of its cells by
        their folder.
    """
    try:
        kept = json.loads((out / "sweep.json").read_text(encoding="utf-8"))
        seconds = {cell["run"]: cell["seconds"] for cell in kept["cells"] if cell["seconds"]}
        return str(kept["created"]), seconds
    except (OSError, ValueError, LookupError, TypeError):
        return now(), {}
