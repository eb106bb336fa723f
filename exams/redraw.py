"""A run once more from what is kept: its report from its table, or its table from its journal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import InputError, StoreError
from ..harness.samples import read_samples
from ..reports.run.report import Report, write_report
from ..store.journal import Journal
from ..store.manifest import Manifest, read_manifest
from ..store.run_directory import RunDirectory, find_run
from ..store.texts import by_trial
from ..store.trials import read_trials, trial_row, write_trials
from ..support.files import make_folder
from ..support.phases import phase
from ..tasks.trial import can_rebuild, rebuild_trial
from .finishing import write_run
from .loaded import Run
from .session import Answered, request_of
from .texts import kept_texts, texts_from


def report_run(
    folder: Path | str, *, out: Path | str | None = None, rejudge: bool = False
) -> tuple[Report, pd.DataFrame | None]:
    """Draw the report of a run again.

    Args:
        folder: the run directory.
        out: where to write the report; default: into the run directory.
        rejudge: read every answer of the journal again, with this version's reader, and write
            the table of the run anew.

    Returns:
        The report, and with ``rejudge`` the trials whose outcome or answer changed: their identity,
        and outcome and answer before and after.

    Raises:
        InputError: it is not a run directory, or where the report goes cannot be written.
    """
    path = Path(folder)
    if not (path / "trials.csv").is_file():
        raise InputError(f"{path} holds no trials.csv; give a run directory")
    before = read_trials(path / "trials.csv")
    page = make_folder(path if out is None else Path(out))
    if rejudge:
        where = find_run(path)
        with where.journal() as journal:
            run = rebuild(where, journal)
        report = Report(run.report, run.summary, run.warnings, run.acuities)
        return report, changes(before, run.trials)
    manifest = path / "manifest.json"
    facts = read_manifest(manifest).model_dump(mode="json") if manifest.is_file() else {}
    with phase("drawing the report"):
        return write_report(page, before, facts, kept_texts(path)), None


def report_samples(samples: list[Path], out: Path) -> Report:
    """Draw a report from the sample files of stock lm-eval runs of Snellen's tasks.

    Raises:
        InputError: a file is not one of those, or the folder cannot be written.
    """
    trials, said = read_samples(samples)
    make_folder(out)
    write_trials(out / "trials.csv", trials)
    facts = {"source": "lm-eval samples", "files": [path.name for path in samples]}
    with phase("drawing the report"):
        return write_report(out, trials, facts, texts_from(said))


def changes(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """The trials whose outcome or answer differs between two tables of one run."""
    keys = ["task", "mode", "answer_form", "lens", "length", "index", "seed"]
    both = before.merge(after, on=keys, suffixes=("_before", "_after"))
    columns = [*keys, *(f"{name}_{when}" for name in ("outcome", "answer")
                        for when in ("before", "after"))]  # fmt: skip
    told = both[columns].fillna("")
    differs = (told["outcome_before"] != told["outcome_after"]) | (
        told["answer_before"] != told["answer_after"]
    )
    return told[differs].reset_index(drop=True)


@dataclass(frozen=True, slots=True)
class _Asked:
    """Who was asked, as the manifest kept it."""

    model: str
    base_url: str | None
    numerics: Mapping[str, Any]


def rebuild(where: RunDirectory, journal: Journal) -> Run:
    """Make a run's table and report again from its journal.

    Raises:
        StoreError: an answer was given to another prompt than this version builds.
    """
    return write_run(where, list(_answered(where.manifest, journal)))


def _answered(manifest: Manifest, journal: Journal) -> Iterator[Answered]:
    plan = manifest.plan
    who = _Asked(plan.model, manifest.endpoint, manifest.numerics)
    entries = list(journal.entries())
    by_key = {entry.key: entry for entry in entries}
    kept = by_trial(entries)
    for identity in kept:
        if identity.task in plan.tasks and not can_rebuild(identity):
            raise StoreError(
                f"the journal's answer to {identity.task} in mode {identity.mode} was given to "
                f"version {identity.version} of its prompt, which this version of snellen does not "
                "build any more; use the version that the manifest names"
            )
    for identity in plan.in_order(kept):
        trial = rebuild_trial(identity)
        entry = by_key.get(request_of(who, plan, trial).key)
        if entry is None and manifest.endpoint is None:
            # A run from before the endpoint was kept; or a model in this process.
            entry = kept.get(identity)
        if entry is None:
            continue
        if entry.prompt_sha256 != trial.prompt_sha256:
            raise StoreError(
                f"the journal's answer to {identity.task} length {identity.length} index "
                f"{identity.index} was given to another prompt than this version of snellen "
                "builds; use the version that the manifest names"
            )
        row = trial_row(manifest.run_id, plan.model, trial, entry.result, entry.trial.get("tokens"))
        yield Answered(trial, entry.result, row)
