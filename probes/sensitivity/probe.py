"""``probe sensitivity``: measure, then write tables, a figure and a manifest."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from ..drawing import save_figure
from ..folder import write_manifest, write_tables
from ..opening import open_probe
from ..result import ProbeResult, Progress, silent
from ..states.subject import Subject
from .figures import sensitivity_figure
from .measure import SensitivityPlan, measure_sensitivity

NOTES = (
    "rank_correlation: of how much each token matters (spectral norm) with the path sum of",
    "  Theorem 5.1; log10_error: by how many powers of ten that is off, in the median;",
    "  early, middle, late: how much tokens there matter (mean Frobenius norm);",
    "  u_shaped: both outer parts above the middle",
)


def probe_sensitivity(
    model: str | Subject = "bundled",
    plan: SensitivityPlan | None = None,
    *,
    out: Path = Path("results"),
    device: str = "auto",
    progress: Progress = silent,
) -> ProbeResult:
    """How much the last state depends on each token, trained and random weights.

    Writes ``positions.csv``, ``layers.csv``, ``profiles.csv``. What was finished before an
    interruption is not computed again.

    Args:
        model: ``bundled``, ``hf/ORG/NAME``, a folder, or an opened model.
        plan: What to measure.
        out: The results folder.
        device: ``cpu``, ``cuda``, ..., or ``auto``.
        progress: Told what is being measured.

    Raises:
        InputError: The plan does not fit the model, or nothing could be finished.
    """
    plan = plan or SensitivityPlan()
    record = asdict(plan)
    subject, folder, identity, parts = open_probe("sensitivity", model, record, out, device)
    tables, failures, warnings = measure_sensitivity(subject, plan, progress, parts)
    write_tables(folder, tables)
    save_figure(sensitivity_figure(tables), folder / "figures", "sensitivity")
    write_manifest(
        folder, "sensitivity", subject.name, record, **identity,
        failures=failures, warnings=warnings,
    )  # fmt: skip
    columns = ["weights", "kind", "length", "repetition", "rank_correlation"]
    summary = tables["profiles"][
        [*columns, "log10_error", "early", "middle", "late", "u_shaped"]
    ].round(3)
    return ProbeResult(folder, summary, failures, tables, warnings, NOTES)
