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
from ..reports.trial_texts import Texts, TrialRow, TrialTexts
from ..store.answers import Entry, Reply
from ..store.journal import Journal
from ..store.manifest import Manifest, read_manifest
from ..store.run_directory import RunDirectory, find_run
from ..store.trials import read_trials, trial_row, write_trials
from ..support.phases import phase
from ..tasks.trial import TrialId, can_rebuild, rebuild_trial
from .finishing import write_run
from .loaded import Run
from .session import Answered, request_of


def report_run(folder: Path | str, *, rejudge: bool = False) -> tuple[Report, pd.DataFrame | None]:
    """Draw the report of a run again.

    Args:
        folder: the run directory.
        rejudge: read every answer of the journal again, with this version's reader.

    Returns:
        The report, and with ``rejudge`` the trials whose outcome or answer changed: their identity,
        and outcome and answer before and after.

    Raises:
        InputError: it is not a run directory.
    """
    path = Path(folder)
    if not (path / "trials.csv").is_file():
        raise InputError(f"{path} holds no trials.csv; give a run directory")
    before = read_trials(path / "trials.csv")
    if rejudge:
        where = find_run(path)
        with where.journal() as journal:
            run = rebuild(where, journal)
        report = Report(run.report, run.summary, run.warnings, run.acuities)
        return report, changes(before, run.trials)
    manifest = path / "manifest.json"
    facts = read_manifest(manifest).model_dump(mode="json") if manifest.is_file() else {}
    with phase("drawing the report"):
        return write_report(path, before, facts, _kept_texts(path)), None


def report_samples(samples: list[Path], out: Path) -> Report:
    """Draw a report from the sample files of stock lm-eval runs of Snellen's tasks.

    Raises:
        InputError: a file is not one of those, or the folder cannot be written.
    """
    trials, said = read_samples(samples)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"--out {out} cannot be written: {error.strerror}") from error
    write_trials(out / "trials.csv", trials)
    facts = {"source": "lm-eval samples", "files": [path.name for path in samples]}
    with phase("drawing the report"):
        return write_report(out, trials, facts, _texts(said))


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
    by_key, by_trial = _index(journal)
    for identity in by_trial:
        if identity.task in plan.tasks and not can_rebuild(identity):
            raise StoreError(
                f"the journal's answer to {identity.task} in mode {identity.mode} was given to "
                f"version {identity.version} of its prompt, which this version of snellen does not "
                "build any more; use the version that the manifest names"
            )
    for identity in plan.in_order(by_trial):
        trial = rebuild_trial(identity)
        entry = by_key.get(request_of(who, plan, trial).key)
        if entry is None and manifest.endpoint is None:
            # A run from before the endpoint was kept; or a model in this process.
            entry = by_trial.get(identity)
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


def _index(journal: Journal) -> tuple[dict[str, Entry], dict[TrialId, Entry]]:
    """The journal's entries by key, and those of our own trials by trial, answers first."""
    by_key: dict[str, Entry] = {}
    by_trial: dict[TrialId, Entry] = {}
    for entry in journal.entries():
        by_key[entry.key] = entry
        try:
            identity = TrialId.from_dict(entry.trial)
        except KeyError:
            continue
        if isinstance(entry.result, Reply) or identity not in by_trial:
            by_trial[identity] = entry
    return by_key, by_trial


def _kept_texts(folder: Path) -> Texts:
    """The words of the few trials that the page shows, from the journal if there is one."""
    if not (folder / "journal.sqlite").is_file():
        return _prompts
    with Journal(folder / "journal.sqlite") as journal:
        return _texts(
            {
                identity: entry.result.text
                for identity, entry in _index(journal)[1].items()
                if isinstance(entry.result, Reply)
            }
        )


def _prompts(row: TrialRow) -> TrialTexts | None:
    """What was asked, where what was answered is not kept: enough for the eye chart."""
    try:
        trial = rebuild_trial(TrialId.from_dict(row))
    except InputError:
        return None
    return TrialTexts(trial.prompt, trial.sequence, None)


def _texts(said: Mapping[TrialId, str]) -> Texts:
    """The words of trials, by row of the table, from what was said to each."""

    def texts(row: TrialRow) -> TrialTexts | None:
        try:
            identity = TrialId.from_dict(row)
            if (text := said.get(identity)) is None:
                return None
            trial = rebuild_trial(identity)
        except InputError:  # a task that is not known here: a plug-in's
            return None
        return TrialTexts(trial.prompt, trial.sequence, text)

    return texts
