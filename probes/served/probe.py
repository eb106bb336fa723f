"""``probe collapse --model vllm/NAME``: collapse as a running server shows it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pandas as pd

from ..collapse.figures import served_figure
from ..collapse.probe import horizons
from ..drawing import save_figure
from ..folder import Parts, probe_folder, write_manifest, write_tables
from ..result import ProbeResult, Progress, silent
from .client import CompletionServer
from .measure import ServedPlan, measure_served


def probe_served_collapse(
    model: str,
    base_url: str,
    plan: ServedPlan | None = None,
    *,
    out: Path = Path("results"),
    progress: Progress = silent,
) -> ProbeResult:
    """Measure collapse through a running server and write ``served.csv`` and ``horizon.csv``.

    Args:
        model: ``vllm/NAME``; the server knows it as NAME.
        base_url: Up to and including ``/v1``.
        plan: What to ask.
        out: The results folder.
        progress: Told what is being asked.

    Raises:
        InputError: The server cannot be reached, refuses, or gives no log probabilities.
    """
    plan = plan or ServedPlan()
    record = {**asdict(plan), "base_url": base_url}
    folder = probe_folder(out, model, "served", record)
    with CompletionServer(model.removeprefix("vllm/"), base_url) as server:
        identity = server.identity()
        parts = Parts(folder, {**record, **identity})
        tables = measure_served(server, plan, progress, parts)
    write_tables(folder, tables)
    save_figure(served_figure(tables["served"]), folder / "figures", "served")
    write_manifest(folder, "served", model, record, **identity)
    shown = tables["horizon"]
    summary = pd.DataFrame({"pair": shown.kind, "inside null band from": horizons(shown)})
    merged = tables["served"][tables["served"].one_token_per_item.eq(False).fillna(False)]
    notes = [
        f"{kind}: the server's tokenizer merges repeated symbols at n = "
        f"{', '.join(map(str, rows.length))}; lengths in items are not lengths in tokens there"
        for kind, rows in merged.groupby("kind")
    ]
    return ProbeResult(folder, summary, [], tables, notes)
