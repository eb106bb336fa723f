"""The runs of a results folder as entries of a board, counted by DuckDB."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import InputError
from ..reports.catalogue import in_order
from ..reports.curves import POINT_KEY
from ..reports.leaderboard.entries import BoardDesign, BoardEntry, entry_from, entry_of
from ..store.manifest import read_manifest
from ..store.pairing import load_run
from ..store.results.finding import run_folders
from ..store.results.folder import ResultsFolder

_RUNS = "chart-*"
"""The names of the runs of a board."""

_SUMS = """
    SELECT run, count(*) AS rows, count(DISTINCT place) AS there,
           count(*) FILTER ((outcome = 'correct') != (was_read AND coalesce(answer = truth, false)))
               AS odd,
           sum(prompt_tokens) AS prompt_tokens, sum(completion_tokens) AS completion_tokens
    FROM (SELECT *, outcome IN ('correct', 'wrong') AS was_read FROM trials)
    LEFT JOIN design USING
        (task, mode, answer_form, lens, length, index, seed, truth, prompt_sha256)
    GROUP BY run
"""
"""Per run: its rows, how many trials of the design are among them, and those that are judged
otherwise than their answer and truth say."""


def board_entries(results: Path, design: BoardDesign) -> list[BoardEntry]:
    """Every run in a folder that is called as the board's runs are, at any depth.

    A run that cannot be read is an entry, too: with a fault, so that it is refused by name.

    Args:
        results: the results folder.
        design: what the board asks.

    Raises:
        InputError: there is no such folder.
    """
    found = [run for run in run_folders(results) if run.match(_RUNS)]
    unfinished = [run for run in sorted(results.glob(f"*/{_RUNS}")) if run not in set(found)]
    entries = [
        _broken(run.relative_to(results).as_posix(), design,
                "it lacks manifest.json or trials.csv; repeat its command to finish it")
        for run in unfinished
    ]  # fmt: skip
    if not found:
        return entries
    try:
        folder = ResultsFolder(results, found)
    except InputError:
        return [*entries, *(_alone(run, results, design) for run in found)]
    entries += [_broken(run, design, reason) for run, reason in folder.left_out.items()]
    return [*entries, *_counted(folder, design)]


def _counted(folder: ResultsFolder, design: BoardDesign) -> Iterator[BoardEntry]:
    asked = design.trials.assign(place=range(len(design.trials)))
    sums = folder.table(_SUMS, design=asked).set_index("run")
    table = in_order(folder.table("SELECT * FROM counts"), POINT_KEY)
    points = dict(list(table.groupby("run", sort=False)))
    for run in folder.runs["run"]:
        path, row = folder.folder(run), sums.loc[run]
        manifest = read_manifest(path / "manifest.json").model_dump(mode="json")
        whole = row["rows"] == row["there"] == len(design.trials) and not row["odd"]
        if manifest["documents_sha256"] == design.sha256 and not whole:
            # Its own words for what is wrong.
            yield _alone(path, folder.path, design)
            continue
        tokens = (_known(row["prompt_tokens"]), _known(row["completion_tokens"]))
        yield entry_from(points[run], manifest, "", tokens, _link(path, folder.path))


def _alone(run: Path, results: Path, design: BoardDesign) -> BoardEntry:
    """A run by itself, row by row."""
    try:
        found = load_run(run)
    except InputError as error:
        return _broken(run.relative_to(results).as_posix(), design, str(error))
    manifest = found.manifest.model_dump(mode="json")
    return entry_of(found.trials, manifest, design, _link(run, results))


def _broken(run: str, design: BoardDesign, fault: str) -> BoardEntry:
    return BoardEntry(run, Path(run).name, design.sha256, {}, [], 0, fault=fault)


def _link(run: Path, results: Path) -> str | None:
    report = run / "report.html"
    return report.relative_to(results).as_posix() if report.is_file() else None


def _known(total: Any) -> int | None:
    return None if pd.isna(total) else int(total)
