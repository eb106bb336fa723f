"""``probe paper``: every figure of the paper for one model, and whether its claims held."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ...errors import InputError
from ...store.run_directory import folder_name
from ...support.files import make_folder, write_atomically
from ..decoding.figures import verdict_figure
from ..decoding.measure import measure_decoding
from ..decoding.prompts import DecodingPlan
from ..drawing import save_figure
from ..folder import Parts, write_manifest, write_tables
from ..result import ProbeResult, Progress, silent, within
from ..sensitivity.figures import sensitivity_figure
from ..sensitivity.measure import SensitivityPlan, measure_sensitivity
from ..states.subject import Subject, open_subject
from ..theory.tables import theory_tables
from .about import describe
from .behaviour import Drawn, Published, behaviour_figures
from .limits import sensitivity_findings, theory_findings
from .mechanism import collapse_figures, theory_drawn
from .page import render_page
from .sight import sight_findings

if TYPE_CHECKING:
    from ...store.manifest import Manifest

DECODED = (4, 16, 64, 256)
"""Lengths at which the page says what became of one more item."""
SQUASHED = 48
"""Items at which the page asks how much each token matters."""


def probe_paper(
    model: str | Subject,
    trials: pd.DataFrame,
    published: Published,
    *,
    manifest: Manifest | None = None,
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
        manifest: Of the run that the trials are of: what asked, in which arithmetic, and limits.
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

    def parts(plan: Mapping[str, Any]) -> Parts:
        return Parts(folder, {**identity, **plan})

    failures: list[str] = []
    theory = theory_tables(seeds, within(progress, 0, 4, 100), parts({"seeds": seeds}))
    drawn = [*behaviour_figures(trials, published), *theory_drawn(theory)]
    with _noted(failures, "Figures 5 and 12"):
        inside, fewer = collapse_figures(subject, longest, within(progress, 4, 61, 100), parts)
        drawn += inside
        failures += fewer
    drawn.sort(key=lambda d: int(d.name.removeprefix("fig")))
    with _noted(failures, "decoding"):
        drawn.append(_sight(subject, longest, within(progress, 65, 25, 100), parts, failures))
    with _noted(failures, "sensitivity"):
        drawn.append(_squashed(subject, within(progress, 90, 10, 100), parts, failures))
    for item in drawn:
        save_figure(item.figure, folder, item.name)
    tables = {item.name: item.table for item in drawn}
    findings = [finding for item in drawn for finding in item.findings] + theory_findings(theory)
    table = pd.DataFrame([finding.row() for finding in findings])
    write_tables(folder, {**tables, "findings": table})
    about = describe(identity, subject.context, trials, manifest)
    page = render_page(subject.name, about, drawn, findings, failures)
    write_atomically(folder / "index.html", page)
    plan = {"longest": longest, "seeds": seeds}
    write_manifest(folder, "paper", subject.name, plan, **identity, failures=failures)
    shown = table[["figure", "verdict", "claim", "numbers"]]
    return ProbeResult(folder, shown, failures, {**tables, "findings": table})


MakeParts = Callable[[Mapping[str, Any]], Parts]


def _sight(
    subject: Subject, longest: int, progress: Progress, parts: MakeParts, failures: list[str]
) -> Drawn:
    """What became of one more item."""
    lengths = tuple(n for n in DECODED if n <= longest)
    plan = DecodingPlan(
        lengths=lengths, dtypes=("float32", "bfloat16"), read_out=max(16, *lengths), routes=4
    )
    seen = measure_decoding(subject, plan, progress, parts(asdict(plan)))
    failures += seen.failures
    verdicts = seen.tables["verdicts"]
    return Drawn("sight", verdict_figure(verdicts), verdicts, sight_findings(seen.tables))


def _squashed(subject: Subject, progress: Progress, parts: MakeParts, failures: list[str]) -> Drawn:
    """How much each token matters."""
    plan = SensitivityPlan(kinds=("count_sampled",), lengths=(SQUASHED,), repetitions=3)
    tables, fewer, _ = measure_sensitivity(subject, plan, progress, parts(asdict(plan)))
    failures += fewer
    profiles = tables["profiles"]
    return Drawn(
        "sensitivity", sensitivity_figure(tables), profiles, sensitivity_findings(profiles)
    )


@contextmanager
def _noted(failures: list[str], what: str) -> Iterator[None]:
    """Go on without a part that this model does not take: the page says so."""
    try:
        yield
    except InputError as error:
        failures.append(f"{what}: {error}")
