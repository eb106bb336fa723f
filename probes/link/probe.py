"""``probe link``: accuracy, margin and distance over the prompts of a run."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable
from pathlib import Path

import pandas as pd

from ...errors import InputError
from ...store.trials import read_trials
from ..drawing import save_figure
from ..folder import Tables, write_manifest, write_tables
from ..opening import open_probe
from ..pieces import Piece, joined, measured
from ..result import ProbeResult, Progress, silent
from ..states.arithmetic import parse_dtype
from ..states.subject import Loaded, Subject
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
    trials = read_trials(trials_csv)
    usable = usable_trials(trials)
    digest = hashlib.sha256(trials_csv.read_bytes()).hexdigest()
    record = {"trials_sha256": digest, "dtype": dtype, "chat": chat}
    subject, folder, identity, parts = open_probe("link", model, record, out, device)
    models = Loaded(subject)

    def piece(task: Hashable, rows: pd.DataFrame) -> Piece:
        def measure(told: Progress) -> Tables:
            loaded = models.at(parse_dtype(dtype))
            return {
                "items": measure_items(loaded, subject.tokenizer, rows, chat=chat, progress=told)
            }

        advice = "choose another --dtype or a shorter run"
        return Piece(f"{task} in {dtype}", f"link-{task}", measure, advice, len(rows))

    failures: list[str] = []
    pieces = [piece(task, rows) for task, rows in usable.groupby("task", sort=False)]
    items = joined(measured(pieces, parts, progress, failures), ["items"])["items"]
    if not len(items):
        raise InputError(f"nothing could be finished: {'; '.join(failures)}")
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
