"""``probe paper``: every figure of the paper for one model, and whether its claims held."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from ...store.run_directory import folder_name
from ...support.figures import save_figure
from ...support.files import make_folder, write_atomically
from ..folder import Parts, write_manifest, write_tables
from ..result import ProbeResult, Progress, silent
from ..states.subject import Subject, open_subject
from .behaviour import Published, behaviour_figures
from .mechanism import collapse_figures, theory_drawn
from .page import render_page


def probe_paper(
    model: str | Subject,
    trials: pd.DataFrame,
    published: Published,
    *,
    longest: int = 501,
    seeds: int = 20,
    out: Path = Path("results"),
    device: str = "auto",
    progress: Progress = silent,
) -> ProbeResult:
    """Draw every figure and judge every claim.

    Args:
        model: The model, by name or opened.
        trials: Its trials of ``snellen_paper``.
        published: The paper's points by task.
        longest: Most items in Figures 5 and 12 (the paper went to 2001).
        seeds: Draws per point of Figures 8, 9 and 10.
        out: The results folder.
        device: ``cpu``, ``cuda``, ..., or ``auto``.
        progress: Told what is being measured.

    Returns:
        The folder, the findings, and what could not be finished.
    """
    subject = open_subject(model, device) if isinstance(model, str) else model
    folder = make_folder(out / "paper" / folder_name(subject.name))
    longest = min(longest, subject.context // 2)
    identity = subject.identity()
    inside, failures = collapse_figures(subject, longest, progress, Parts(folder, identity))
    drawn = [*behaviour_figures(trials, published), *inside, *theory_drawn(seeds)]
    drawn.sort(key=lambda d: int(d.name.removeprefix("fig")))
    for item in drawn:
        save_figure(item.figure, folder, item.name)
    tables = {item.name: item.table for item in drawn}
    findings = [finding for item in drawn for finding in item.findings]
    table = pd.DataFrame([finding.row() for finding in findings])
    write_tables(folder, {**tables, "findings": table})
    page = render_page(subject.name, drawn, findings, failures)
    write_atomically(folder / "index.html", page)
    plan = {"longest": longest, "seeds": seeds}
    write_manifest(folder, "paper", subject.name, plan, **identity, failures=failures)
    shown = table[["figure", "verdict", "claim", "numbers"]]
    return ProbeResult(folder, shown, failures, {**tables, "findings": table})
