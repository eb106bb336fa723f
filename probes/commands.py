"""The probes as commands run them: measure, then write tables, figures and a manifest."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from ..errors import InputError
from ..store.trials import read_trials
from .collapse.figures import collapse_figure, depth_figure, served_figure
from .collapse.measure import CollapsePlan, CollapseTables, headline, measure_collapse
from .link.figures import link_figure
from .link.measure import link_table, measure_items
from .sensitivity.figures import sensitivity_figure
from .sensitivity.measure import SensitivityPlan, measure_sensitivity
from .served.measure import CompletionServer, ServedPlan, measure_served
from .states.subject import Subject, local_packages, parse_dtype
from .style import save_figure
from .tables import probe_directory, write_manifest, write_tables
from .theory.figures import FIGURES as THEORY_FIGURES
from .theory.tables import theory_tables

Progress = Callable[[str], None]


class ProbeResult(NamedTuple):
    """Where a probe was written, a table to show, and one line per part that failed."""

    folder: Path
    summary: pd.DataFrame
    failures: list[str]


def plan_record(plan: CollapsePlan | SensitivityPlan) -> dict[str, Any]:
    """A plan as the manifest keeps it: kinds by name."""
    return {**asdict(plan), "kinds": [kind.name for kind in plan.kinds]}


def run_collapse(
    subject: Subject, plan: CollapsePlan, out: Path, progress: Progress
) -> ProbeResult:
    """Measure collapse and write ``collapse.csv``, ``horizon.csv``, ``null.csv`` and figures.

    Raises:
        InputError: The plan does not fit the model, or nothing could be finished.
    """
    record = plan_record(plan)
    folder = probe_directory(out, subject.name, "collapse", record)
    tables = measure_collapse(subject, plan, progress)
    if not len(tables.collapse):
        raise InputError(f"nothing could be finished: {'; '.join(tables.failures)}")
    write_collapse(folder, tables, plan)
    write_manifest(
        folder, "collapse", subject.name, record, prompts=tables.notes, failures=tables.failures
    )
    return ProbeResult(folder, horizon_summary(tables), tables.failures)


def write_collapse(folder: Path, tables: CollapseTables, plan: CollapsePlan) -> None:
    """The tables of a collapse run and its figures."""
    write_tables(
        folder,
        {"collapse": tables.collapse, "horizon": tables.horizon, "null": tables.null},
    )
    figures = folder / "figures"
    save_figure(collapse_figure(tables.collapse, plan.step), figures, "collapse")
    measured = list(dict.fromkeys(tables.collapse.dtype))
    half = next((d for d in ("bfloat16", "float16", "float32") if d in measured), measured[0])
    save_figure(depth_figure(tables.collapse, half), figures, f"depth_{half}")


def horizon_summary(tables: CollapseTables) -> pd.DataFrame:
    """One row per kind and dtype after the final norm: horizon with interval, exponent."""
    rows = headline(tables.horizon)
    last = headline(tables.collapse).groupby(["kind", "dtype"], sort=False).last().reset_index()
    merged = rows.merge(last[["kind", "dtype", "linf", "null_linf"]], on=["kind", "dtype"])
    return pd.DataFrame(
        {
            "pair": merged.kind,
            "dtype": merged.dtype,
            "horizon": [
                _interval(*row)
                for row in merged[["horizon", "low", "high", "longest"]].itertuples(index=False)
            ],
            "exponent": merged.exponent.map("{:.2f}".format),
            "distance at longest": merged.linf.map("{:.3g}".format),
            "null band": merged.null_linf.map("{:.2g}".format),
        }
    )


def _horizons(table: pd.DataFrame) -> list[str]:
    columns = table[["horizon", "low", "high", "longest"]]
    return [_interval(*row) for row in columns.itertuples(index=False)]


def _interval(value: Any, low: Any, high: Any, longest: int) -> str:
    ends = [f"> {longest}" if pd.isna(x) else str(x) for x in (value, low, high)]
    return ends[0] if ends[1] == ends[2] == ends[0] else f"{ends[0]} ({ends[1]} to {ends[2]})"


def run_served(
    model: str, base_url: str, plan: ServedPlan, out: Path, progress: Progress
) -> ProbeResult:
    """Measure collapse through a running server and write ``served.csv`` and ``horizon.csv``.

    Args:
        model: ``vllm/NAME``; the server knows it as NAME.
        base_url: Up to and including ``/v1``.
        plan: What to ask.
        out: The results folder.
        progress: Told one line per kind.
    """
    record = {**asdict(plan), "kinds": [kind.name for kind in plan.kinds], "base_url": base_url}
    folder = probe_directory(out, model, "served", record)
    with CompletionServer(model.removeprefix("vllm/"), base_url) as server:
        tables = measure_served(server, plan, progress)
    write_tables(folder, tables)
    save_figure(served_figure(tables["served"]), folder / "figures", "served")
    write_manifest(folder, "served", model, record)
    shown = tables["horizon"]
    summary = pd.DataFrame(
        {
            "pair": shown.kind,
            "horizon": _horizons(shown),
        }
    )
    merged = tables["served"][tables["served"].one_token_per_item.eq(False).fillna(False)]
    notes = [
        f"{kind}: the server's tokenizer merges repeated symbols at n = "
        f"{', '.join(map(str, rows.length))}; lengths in items are not lengths in tokens there"
        for kind, rows in merged.groupby("kind")
    ]
    return ProbeResult(folder, summary, notes)


def run_link(
    subject: Subject, trials_csv: Path, out: Path, *, dtype: str, chat: bool, progress: Progress
) -> ProbeResult:
    """Behaviour and mechanism: write ``items.csv`` and ``links.csv`` for a run's trials.

    Args:
        subject: The model that the trials were put to.
        trials_csv: The run's ``trials.csv``.
        out: The results folder.
        dtype: To measure the states in.
        chat: Whether the run used the chat template.
        progress: Told one line per task.
    """
    trials = read_trials(trials_csv)
    digest = hashlib.sha256(trials_csv.read_bytes()).hexdigest()
    record = {"trials_sha256": digest, "dtype": dtype, "chat": chat}
    folder = probe_directory(out, subject.name, "link", record)
    model = subject.load(parse_dtype(dtype))
    items = measure_items(model, subject.tokenizer, trials, chat=chat, progress=progress)
    links = link_table(items)
    write_tables(folder, {"items": items, "links": links})
    save_figure(link_figure(items, links), folder / "figures", "link")
    write_manifest(folder, "link", subject.name, record)
    return ProbeResult(folder, links.round(3), [])


def run_sensitivity(
    subject: Subject, plan: SensitivityPlan, out: Path, progress: Progress
) -> ProbeResult:
    """Measure sensitivities and write ``positions.csv``, ``layers.csv``, ``profiles.csv``."""
    record = plan_record(plan)
    folder = probe_directory(out, subject.name, "sensitivity", record)
    tables, failures = measure_sensitivity(subject, plan, progress)
    write_tables(folder, tables)
    save_figure(sensitivity_figure(tables), folder / "figures", "sensitivity")
    write_manifest(folder, "sensitivity", subject.name, record, failures=failures)
    columns = ["weights", "kind", "length", "repetition", "rank_correlation", "u_shaped"]
    summary = tables["profiles"][[*columns, "early", "middle", "late"]].round(3)
    return ProbeResult(folder, summary, failures)


def run_theory(out: Path, seeds: int) -> ProbeResult:
    """Run the theory bench and write a table and a figure per result.

    Raises:
        InputError: Fewer than two seeds: no interval could be given.
    """
    if seeds < 2:
        raise InputError(f"--seeds {seeds} gives no interval: use 2 or more")
    local_packages()
    record = {"seeds": seeds}
    folder = probe_directory(out, "theory", "theory", record)
    tables = theory_tables(seeds)
    write_tables(folder, tables)
    for name, draw in THEORY_FIGURES.items():
        save_figure(draw(tables), folder / "figures", name)
    write_manifest(folder, "theory", "theory", record)
    summary = tables["fig10_exponents"].round(3)
    return ProbeResult(folder, summary, [])
