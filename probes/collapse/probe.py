"""``probe collapse``: measure, then write tables, figures and a manifest."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from ...errors import InputError
from ..drawing import save_figure
from ..folder import write_manifest, write_tables
from ..opening import open_probe
from ..result import ProbeResult, Progress, silent
from ..states.subject import Subject
from .figures import collapse_figure, depth_figure
from .measure import CollapseTables, headline, measure_collapse
from .rows import CollapsePlan

NOTES = (
    "inside null band from: the length from which n and n + 1 items are no farther apart, by this",
    "  one distance, than one prompt is from itself; > N: not up to N. Whether a reader can still",
    "  tell them apart is another question: snellen probe decoding",
    "exponent: the distance falls as n to this power",
)


def probe_collapse(
    model: str | Subject = "bundled",
    plan: CollapsePlan | None = None,
    *,
    out: Path = Path("results"),
    device: str = "auto",
    progress: Progress = silent,
) -> ProbeResult:
    """How far apart the states of n and n + 1 items are, beside the null band.

    Writes ``collapse.csv``, ``horizon.csv``, ``null.csv`` and figures. What was finished before
    an interruption is not computed again.

    Args:
        model: ``bundled``, ``hf/ORG/NAME``, a folder, or an opened model.
        plan: What to measure; by default the paper's pairs.
        out: The results folder.
        device: ``cpu``, ``cuda``, ..., or ``auto``.
        progress: Told what is being measured.

    Raises:
        InputError: The plan does not fit the model, or nothing could be finished.
    """
    plan = plan or CollapsePlan()
    record = asdict(plan)
    subject, folder, identity, parts = open_probe("collapse", model, record, out, device)
    tables = measure_collapse(subject, plan, progress, parts)
    if not len(tables.collapse):
        raise InputError(f"nothing could be finished: {'; '.join(tables.failures)}")
    frames = {"collapse": tables.collapse, "horizon": tables.horizon, "null": tables.null}
    write_tables(folder, frames)
    figures = folder / "figures"
    save_figure(collapse_figure(tables.collapse, plan.step), figures, "collapse")
    measured = list(dict.fromkeys(tables.collapse.dtype))
    half = next((d for d in ("bfloat16", "float16", "float32") if d in measured), measured[0])
    save_figure(depth_figure(tables.collapse, half), figures, f"depth_{half}")
    write_manifest(
        folder, "collapse", subject.name, record, **identity,
        routes=list(dict.fromkeys(tables.null.routes)),
        prompts=tables.notes, failures=tables.failures,
    )  # fmt: skip
    return ProbeResult(folder, horizon_summary(tables), tables.failures, frames, notes=NOTES)


def horizon_summary(tables: CollapseTables) -> pd.DataFrame:
    """One row per kind and dtype after the final norm: horizon with interval, exponent."""
    rows = headline(tables.horizon)
    last = headline(tables.collapse).groupby(["kind", "dtype"], sort=False).last().reset_index()
    merged = rows.merge(last[["kind", "dtype", "linf_across", "null_linf"]], on=["kind", "dtype"])
    return pd.DataFrame(
        {
            "pair": merged.kind,
            "dtype": merged.dtype,
            "inside null band from": horizons(merged),
            "exponent": merged.exponent.map("{:.2f}".format),
            "distance at longest": merged.linf_across.map("{:.3g}".format),
            "null band": merged.null_linf.map("{:.2g}".format),
        }
    )


def horizons(table: pd.DataFrame) -> list[str]:
    """Each horizon of a table in words, with its interval."""
    columns = table[["horizon", "low", "high", "longest"]]
    return [_interval(*row) for row in columns.itertuples(index=False)]


def _interval(value: Any, low: Any, high: Any, longest: int) -> str:
    ends = [f"> {longest}" if pd.isna(x) else str(x) for x in (value, low, high)]
    return ends[0] if ends[1] == ends[2] == ends[0] else f"{ends[0]} ({ends[1]} to {ends[2]})"
