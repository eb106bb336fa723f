"""The leaderboard over the runs of a sweep: every model and precision, by what the grid asked."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from ...errors import InputError
from ...reports.leaderboard.entries import TRIAL, BoardDesign, BoardEntry, entry_of
from ...reports.leaderboard.page import write_leaderboard
from ...store.pairing import load_run
from ...store.run_directory import documents_sha256
from .cells import Cell


def write_board(out: Path, name: str, cells: Sequence[Cell]) -> tuple[Path | None, list[str]]:
    """Write leaderboard.csv, .md and .html over the runs of a sweep.

    Args:
        out: the results folder.
        name: the name of the sweep.
        cells: all cells of it.

    Returns:
        The page, or ``None`` where no model can be on it; and a line for each that is not.
    """
    if len({length for cell in cells for length in cell.plan.lengths or ()}) < 2:
        return None, ["every model: they are ranked by curves, which take two lengths or more"]
    columns = [list(group) for _, group in itertools.groupby(cells, key=lambda cell: cell.column)]
    design = _design(name, columns[0])
    entries, missing = [], []
    for column in columns:
        there = [cell for cell in column if (out / cell.folder / "trials.csv").is_file()]
        if there:
            entries.append(_entry(out, there, design))
        else:
            missing.append(f"{_column_name(column[0])}: it has no finished run")
    if not entries:
        return None, missing
    try:
        page, refused = write_leaderboard(out, entries, design)
    except InputError as error:
        return None, [*missing, str(error)]
    return page, [*missing, *(f"{one.entry.model}: {one.reason}" for one in refused)]


def _design(name: str, cells: Sequence[Cell]) -> BoardDesign:
    """What every model of the sweep is asked: the trials of the cells of any one of them."""
    rows = [
        {**trial.id.as_dict(), "answer_form": trial.id.answer, "truth": trial.truth,
         "prompt_sha256": trial.prompt_sha256}
        for cell in cells
        for trial in cell.plan.build_trials()
    ]  # fmt: skip
    trials = pd.DataFrame(rows)[list(TRIAL)]
    pairs = zip(trials["prompt_sha256"], trials["truth"], strict=True)
    return BoardDesign(name, documents_sha256(pairs), trials)


def _entry(out: Path, cells: Sequence[Cell], design: BoardDesign) -> BoardEntry:
    """The runs of one model and precision as one entry."""
    runs = [load_run(out / cell.folder) for cell in cells]
    trials = pd.concat([run.trials for run in runs], ignore_index=True)
    costs = [run.manifest.cost_usd for run in runs]
    manifest: dict[str, Any] = runs[0].manifest.model_dump(mode="json") | {
        "run_id": _column_name(cells[0]),
        # The board asks whether every trial is there with its prompt; that is what it was asked.
        "documents_sha256": design.sha256,
        "cost_usd": None if None in costs else sum(cost for cost in costs if cost),
    }
    manifest["plan"]["model"] = cells[0].entry.name or cells[0].plan.model
    report = f"{cells[0].folder}/report.html" if len(cells) == 1 else None
    return entry_of(trials, manifest, design, report)


def _column_name(cell: Cell) -> str:
    return " ".join(filter(None, [cell.entry.name or cell.plan.model, cell.precision]))
