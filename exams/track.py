"""Put runs and sweeps into an experiment tracker."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from ..reports.curves import curves
from ..reports.trackers import PROJECT, Tracked
from ..reports.trackers import track as log
from ..store.run_directory import folder_name
from .loaded import Run, load_run
from .sweep.result import Sweep

_FILES = ("curves.csv", "acuity.csv", "trials.csv", "manifest.json")


def track(
    run: Run | Path | str, tracker: str, *, project: str = PROJECT, group: str | None = None
) -> str:
    """Log a run in W&B (``wandb``) or Trackio (``trackio``): curves, tables and the page.

    Args:
        run: the run, or its folder.
        tracker: which tracker; its own settings come from its environment (``WANDB_MODE``).
        project: the tracker's project.
        group: the tracker's group.

    Returns:
        Where it is, in words.

    Raises:
        InputError: it is no run, or the tracker is not installed or cannot be used.
    """
    found = run if isinstance(run, Run) else load_run(run)
    return log(tracker, _tracked(found, group), project)


def track_sweep(sweep: Sweep, tracker: str, *, project: str = PROJECT) -> list[str]:
    """Log every finished run of a sweep, and the sweep itself: the table of cells and the board.

    Returns:
        Where they are, in words.

    Raises:
        InputError: the tracker is not installed or cannot be used.
    """
    group = sweep.path.name
    where = [log(tracker, _tracked(run, group), project) for run in sweep.runs().values()]
    what = Tracked(
        f"{group} (sweep)",
        {"cells": len(sweep.cells)},
        pd.DataFrame(),  # curves of several models would share one name: each run holds its own
        {},
        sweep.board,
        files=[sweep.path / "sweep.json"],
        tables={"cells": sweep.cells},
        group=group,
    )
    return [*where, log(tracker, what, project)]


def _tracked(run: Run, group: str | None) -> Tracked:
    table = curves(run.trials)
    files = [run.path / name for name in _FILES if (run.path / name).is_file()]
    return Tracked(
        f"{folder_name(run.manifest.plan.model)} {run.path.name}",
        run.manifest.model_dump(mode="json"),
        table,
        run.acuities,
        run.report if run.report.is_file() else None,
        files,
        group=group,
    )
