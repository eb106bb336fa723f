"""``probe link``: accuracy, margin and distance over the prompts of a run."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ...store.trials import read_trials
from ..drawing import save_figure
from ..folder import probe_folder, write_manifest, write_tables
from ..result import ProbeResult, Progress, silent
from ..states.arithmetic import parse_dtype
from ..states.subject import Subject, open_subject
from .figures import link_figure
from .measure import link_table, measure_items


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
    loaded = subject.load(parse_dtype(dtype))
    items = measure_items(loaded, subject.tokenizer, trials, chat=chat, progress=progress)
    links = link_table(items)
    tables = {"items": items, "links": links}
    write_tables(folder, tables)
    save_figure(link_figure(items, links), folder / "figures", "link")
    write_manifest(folder, "link", subject.name, record, **subject.identity())
    return ProbeResult(folder, links.round(3), [], tables)
