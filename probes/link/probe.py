"""``probe link``: accuracy, margin and distance over the prompts of a run."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable
from pathlib import Path

import pandas as pd

from ...errors import InputError
from ...store.trials import read_trials
from ..drawing import save_figure
from ..folder import Parts, Tables, probe_folder, write_manifest, write_tables
from ..result import ProbeResult, Progress, silent, within
from ..states.arithmetic import parse_dtype, spared
from ..states.subject import Loaded, Subject, open_subject
from .figures import link_figure
from .measure import link_table, measure_items, usable_trials

SHOWN = {
    "with margin": "margin",
    "with margin, length fixed": "margin_given_length",
    "with being right": "correct",
}
NOTES = (
    "Rank correlations (95 % interval) of the distance between n and n + 1 items with the margin",
    "  of the true answer over its neighbours, and with being right; not defined: one of the two",
    "  does not vary",
)


def probe_link(
    model: str | Subject,
    trials_csv: Path,
    *,
    dtype: str = "float32",
    chat: bool = True,
    out: Path = Path("results"),
    device: str = "auto",
    progress: Progress = silent,
) -> ProbeResult:
    """Behaviour and mechanism: write ``items.csv`` and ``links.csv`` for a run's trials.

    Args:
        model: The model that the trials were put to, by name or opened.
        trials_csv: The run's ``trials.csv``.
        dtype: To measure the states in.
        chat: Whether the run used the chat template.
        out: The results folder.
        device: ``cpu``, ``cuda``, ..., or ``auto``.
        progress: Told what is being measured.

    Raises:
        InputError: No trial can be measured, or a prompt is not the one that was asked.
    """
    subject = open_subject(model, device) if isinstance(model, str) else model
    trials = read_trials(trials_csv)
    digest = hashlib.sha256(trials_csv.read_bytes()).hexdigest()
    record = {"trials_sha256": digest, "dtype": dtype, "chat": chat}
    folder = probe_folder(out, subject.name, "link", record)
    usable, identity = usable_trials(trials), subject.identity()
    parts, models = Parts(folder, {**identity, **record}), Loaded(subject)
    counts, done, found = usable.task.value_counts(sort=False), 0, []
    failures: list[str] = []
    for task, count in counts.items():
        told = within(progress, done, count, len(usable))
        told(f"{task} in {dtype}", 0, 1)
        done += count

        def part(task: Hashable = task, told: Progress = told) -> Tables:
            rows = usable[usable.task == task]
            loaded, tokens = models.at(parse_dtype(dtype)), subject.tokenizer
            return {"items": measure_items(loaded, tokens, rows, chat=chat, progress=told)}

        with spared(failures, f"{task} in {dtype}", "choose another --dtype or a shorter run"):
            found.append(parts.get(f"link-{task}", part)["items"])
    if not found:
        raise InputError(f"nothing could be finished: {'; '.join(failures)}")
    items = pd.concat(found, ignore_index=True)
    links = link_table(items)
    tables = {"items": items, "links": links}
    write_tables(folder, tables)
    save_figure(link_figure(items, links), folder / "figures", "link")
    write_manifest(folder, "link", subject.name, record, **identity, failures=failures)
    return ProbeResult(folder, summary(links), failures, tables, notes=NOTES)


def summary(links: pd.DataFrame) -> pd.DataFrame:
    """The correlations with their intervals, in words."""
    shown = links[["task", "n", "judged", "correct"]].copy()
    for title, column in SHOWN.items():
        shown[title] = [
            "not defined" if pd.isna(value) else f"{value:.2f} ({low:.2f} to {high:.2f})"
            for value, low, high in links[[f"{x}_{column}" for x in ("rho", "low", "high")]]
            .to_numpy()
            .tolist()
        ]
    return shown
