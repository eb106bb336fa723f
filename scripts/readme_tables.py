"""Tables of the README: of the runs under ``results/reference/``, and of the kinds of model.

``cog -r README.md`` writes them anew; a test fails where they are out of date.
"""

from __future__ import annotations

import io
from pathlib import Path

import snellen
from rich.console import Console
from snellen.reports.catalogue import chance
from snellen.reports.run.summary import rich_table
from snellen.runners.builtin import BUILT_IN
from snellen.stats.board import LengthCounts, restricted_mean

REFERENCE = Path(__file__).parents[1] / "results" / "reference"
CHART = "float32"
"""The first chart, as `make run` asks it."""


def screen() -> str:
    """What `make run` prints when it is done."""
    run = snellen.load_run(REFERENCE / CHART)
    out = io.StringIO()
    console = Console(file=out, width=120, force_terminal=False)
    console.print(rich_table(run.summary))
    for line in run.warnings:
        console.print(f"• {line}", highlight=False)
    lines = [line.rstrip() for line in out.getvalue().splitlines()]
    return "\n".join(line for line in lines if line)


def board() -> str:
    """The reference runs, ranked by their restricted mean acuity."""
    ranked = []
    for path in sorted(REFERENCE.glob("*/manifest.json")):
        run = snellen.load_run(path.parent)
        mean = restricted_mean(_counts(run))
        cells = [str(run.acuity(task)) for task in run.manifest.plan.tasks]
        ranked.append((mean.value, [_name(run), str(mean), *cells]))
    tasks = snellen.load_run(REFERENCE / CHART).manifest.plan.tasks
    head = ["the bundled model", "mean", *(f"`{task}`" for task in tasks)]
    rows = [head, ["---"] * len(head), *(cells for _, cells in sorted(ranked, reverse=True))]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in rows)


def models() -> str:
    """The kinds of model, as `snellen models` lists them."""
    rows = [f"| `{kind.pattern}` | {kind.summary} |" for kind in BUILT_IN]
    return "\n".join(["| model | what it is |", "| --- | --- |", *rows])


def _counts(run: snellen.Run) -> list[LengthCounts]:
    found = []
    for key in run.acuities:
        points = run.curves[run.curves["task"] == key.task]
        level = [chance(key, int(length)) for length in points["length"]]
        found.append(LengthCounts.of(points["length"], points["correct"], points["n"], level))
    return found


def _name(run: snellen.Run) -> str:
    plan = run.manifest.plan
    lens = "" if plan.lenses == ("none",) else f", lens `{plan.lenses[0]}`"
    return f"{run.manifest.numerics['dtype']}{lens}"
