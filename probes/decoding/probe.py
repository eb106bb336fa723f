"""``probe decoding``: measure, then write tables, figures and a manifest."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from ..drawing import save_figure
from ..folder import write_manifest, write_tables
from ..opening import open_probe
from ..result import ProbeResult, Progress, silent
from ..states.subject import Subject
from .figures import read_out_figure, verdict_figure
from .measure import measure_decoding
from .prompts import CUE, WORDINGS, DecodingPlan
from .verdicts import RULES

SHOWN = [
    "kind", "dtype", "length", "verdict", "auc", "low", "high", "auc_last_item", "follows", "moves",
]  # fmt: skip
NOTES = (
    "read: the answer follows the count; unread: the state that answers tells n from n + 1, and",
    "  the answer does not follow; lost: only an earlier state tells them, in the most precise",
    "  dtype; never encoded: none does; not testable: too few units to say",
    "auc: how surely it tells them (1: surely; 0.5: by luck), low to high: 95 % interval;",
    "  auc_last_item: the same in the state of the sequence's last item; follows: share of pairs",
    "  whose two answers both go the right way; moves: share where n + 1 gains on n (where all",
    "  move and few follow, the answer uses the count and is wrong)",
    "count_ones: n is the length as well, and whoever sees the length sees n; count_mixed: n and",
    "  n + 1 ones among as many symbols",
)


def probe_decoding(
    model: str | Subject = "bundled",
    plan: DecodingPlan | None = None,
    *,
    out: Path = Path("results"),
    device: str = "auto",
    progress: Progress = silent,
) -> ProbeResult:
    """Whether the count can still be read off the states, and whether the answer uses it.

    Writes ``verdicts.csv``, ``decoding.csv``, ``readout.csv``, ``answers.csv``, ``lens.csv``,
    ``angles.csv``, ``shifts.csv`` and figures. What was finished before an interruption is not
    computed again.

    Args:
        model: ``bundled``, ``hf/ORG/NAME``, a folder, or an opened model.
        plan: What to measure.
        out: The results folder.
        device: ``cpu``, ``cuda``, ..., or ``auto``.
        progress: Told what is being measured.

    Raises:
        InputError: The plan does not fit the model, or names no reference dtype.
    """
    plan = plan or DecodingPlan()
    record = asdict(plan)
    subject, folder, identity, parts = open_probe("decoding", model, record, out, device)
    found = measure_decoding(subject, plan, progress, parts)
    write_tables(folder, found.tables)
    figures = folder / "figures"
    save_figure(verdict_figure(found.tables["verdicts"]), figures, "verdicts")
    save_figure(read_out_figure(found.tables["readout"]), figures, "readout")
    write_manifest(
        folder, "decoding", subject.name, record, **identity, rules=RULES,
        wordings=WORDINGS[: plan.wordings], cue=CUE, failures=found.failures,
    )  # fmt: skip
    summary = found.tables["verdicts"][SHOWN].round(2)
    return ProbeResult(folder, summary, found.failures, found.tables, notes=NOTES)
