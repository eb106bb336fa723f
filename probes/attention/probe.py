"""``probe attention``: measure, then write tables, a figure and a manifest."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd

from ..drawing import save_figure
from ..folder import write_manifest, write_tables
from ..opening import open_probe
from ..result import ProbeResult, Progress, silent
from ..states.subject import Subject
from .figures import attention_figure
from .measure import AttentionPlan, measure_attention

NOTES = (
    "entropy per log n: 1 where attention spreads evenly however long the prompt, 0 where it stays",
    "  as it is; the other columns are means over layers and heads on the longest prompt",
)


def probe_attention(
    model: str | Subject = "bundled",
    plan: AttentionPlan | None = None,
    *,
    out: Path = Path("results"),
    device: str = "auto",
    progress: Progress = silent,
) -> ProbeResult:
    """How far attention spreads with length, and what the first token takes of it.

    Writes ``heads.csv``, ``first_token.csv`` and a figure. What was finished before an
    interruption is not computed again.

    Args:
        model: ``bundled``, ``hf/ORG/NAME``, a folder, or an opened model.
        plan: What to measure.
        out: The results folder.
        device: ``cpu``, ``cuda``, ..., or ``auto``.
        progress: Told what is being measured.

    Raises:
        InputError: The plan does not fit the model, or it has no attention weights to give.
    """
    plan = plan or AttentionPlan()
    record = asdict(plan)
    subject, folder, identity, parts = open_probe("attention", model, record, out, device)
    tables, failures = measure_attention(subject, plan, progress, parts)
    write_tables(folder, tables)
    figure = attention_figure(tables["heads"], tables["first_token"])
    save_figure(figure, folder / "figures", "attention")
    write_manifest(folder, "attention", subject.name, record, **identity, failures=failures)
    return ProbeResult(folder, summary(tables["heads"]), failures, tables, notes=NOTES)


def summary(heads: pd.DataFrame) -> pd.DataFrame:
    """Per kind and prompt: how entropy grows with log n (1: as equal weights do), and sinks."""
    rows = []
    for (kind, prompt), own in heads.groupby(["kind", "prompt"], sort=False):
        means = own.groupby("tokens")[["entropy", "largest", "on_first"]].mean()
        slope = float("nan")
        if len(means) > 1:
            slope = float(np.polyfit(np.log(means.index), means.entropy, 1)[0])
        last = means.iloc[-1]
        rows.append(
            {
                "kind": kind,
                "prompt": prompt,
                "entropy per log n": slope,
                "entropy at longest": last.entropy,
                "largest weight": last.largest,
                "weight of the first token": last.on_first,
            }
        )
    return pd.DataFrame(rows).round(3)
