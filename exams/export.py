"""Hand runs out in the forms that others read: tables, dataset, inspect's logs, public records."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..harness.export.formats import find_format
from ..harness.export.kept_run import KeptRun, read_run
from ..harness.export.output import Output
from ..support.phases import phase
from .loaded import Run


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written.

    Attributes:
        path: the folder, or the file of the trials.
        files: every file.
        runs: how many runs.
        trials: how many trials they hold.
        notes: what a reader must know, a line each.
    """

    path: Path
    files: Sequence[Path]
    runs: int
    trials: int
    notes: Sequence[str] = field(default_factory=list)


def export(
    runs: Sequence[Run | Path | str] | Run | Path | str,
    to: str,
    out: Path | str,
    *,
    partial: bool = False,
    **options: Any,
) -> Exported:
    """Write runs in a form that others read (docs/export.md). Nothing is overwritten.

    Args:
        runs: the runs, or their folders.
        to: ``parquet``, ``csv``, ``hf-dataset``, ``inspect``, ``every-eval-ever`` or
            ``eval-results``.
        out: a folder that does not exist yet, or is empty; for tables also the file of the trials,
            beside which curves and acuities are written.
        partial: also runs that did not ask all that was planned; they are marked.
        **options: ``prompts`` (also the prompts, in tables), ``organization`` and
            ``relationship`` (of who evaluated), ``model_id`` (the model's name on the Hub),
            ``benchmark`` (the dataset whose leaderboard takes results), ``metric`` and
            ``source_url``; each for the forms that take it.

    Raises:
        InputError: the form or an option does not exist or does not go together, a folder is no
            run or is not finished, the output exists, or a package is missing.
    """
    form = find_format(to, options)
    output = Output.of(Path(out), to)
    several = [runs] if isinstance(runs, Run | Path | str) else runs
    folders = [run.path if isinstance(run, Run) else Path(run) for run in several]
    found = [read_run(path, label) for path, label in _labelled(folders)]
    for run in found if not partial else ():
        _check_complete(run)
    with output.scratch() as scratch, phase(f"exporting to {to}"):
        notes = form.write(scratch, found, options)
        files = output.put(scratch)
    silent = [
        f"{run.path} holds no journal: what was said, word for word, is not there"
        for run in found
        if not run.entries and to != "eval-results"
    ]
    trials = sum(len(run.trials) for run in found)
    return Exported(output.where, files, len(found), trials, [*notes, *silent])


def _check_complete(run: KeptRun) -> None:
    if not run.complete:
        raise InputError(
            f"{run.path} is not finished: {len(run.trials):,} of {run.manifest.asked:,} trials "
            "were asked; repeat the command that made it to ask the rest, or add --partial"
        )


def _labelled(folders: Sequence[Path]) -> Iterator[tuple[Path, str]]:
    """Each run with the end of its path, as long as it takes to tell all apart.

    Raises:
        InputError: there is none, one is given twice, or one is no run directory.
    """
    if not folders:
        raise InputError("name the run directories to export")
    places = [path.resolve() for path in folders]
    for path, place in zip(folders, places, strict=True):
        _check_run(path)
        if places.count(place) > 1:
            raise InputError(f"{path} is given twice")
    labels: list[str] = []
    for parts in range(2, max(len(place.parts) for place in places) + 2):
        labels = ["/".join(place.parts[-parts:]) for place in places]
        if len(set(labels)) == len(labels):
            break
    yield from zip(folders, labels, strict=True)


def _check_run(path: Path) -> None:
    if (path / "trials.csv").is_file() and (path / "manifest.json").is_file():
        return
    if (path / "journal.sqlite").is_file():
        raise InputError(
            f"{path} is not finished: it has no trials.csv yet; repeat the command that made it, "
            "which asks only what is missing"
        )
    deeper = chain(path.glob("*/manifest.json"), path.glob("*/*/manifest.json"))
    found = next((manifest.parent for manifest in deeper), None)
    hint = f"; there are runs in it: {found}" if found else ""
    raise InputError(f"{path} is not a run directory: it lacks manifest.json or trials.csv{hint}")
