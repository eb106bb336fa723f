"""Everything that ``snellen report`` leaves in a run directory."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from ...errors import InputError
from ...store.curve_key import CURVE, CurveKey
from ...support.csvs import csv_of
from ...support.figures import Picture
from ...support.files import write_atomically
from ..acuities import Acuities, acuities, acuity_table
from ..curves import curves
from ..figures.eye_chart import eye_chart
from ..figures.task_figures import KINDS, task_figures, whose
from ..histogram import histogram
from ..over_tasks import task_mean_table, task_means
from ..trial_texts import Texts, no_texts
from .examples import pick_examples, word_for_word
from .explorer import explorer
from .form_cost import form_costs
from .page import Audit, page
from .readings import pick_weak, readings, thoughts_only
from .summary import CurveSummary, summarise, warnings

_NOT_IN_A_NAME = re.compile(r"[^\w.-]")
_OURS = re.compile(rf"(.+_({'|'.join(KINDS)})|eye_chart)\.(svg|png)")


class Report(NamedTuple):
    """A report that has been written.

    Attributes:
        page: the path of report.html.
        rows: its summary, a row per curve.
        warnings: what a reader must know before trusting it.
        acuities: what is said of each curve.
    """

    page: Path
    rows: list[CurveSummary]
    warnings: list[str]
    acuities: Acuities


def write_report(
    run_dir: Path,
    trials: pd.DataFrame,
    manifest: Mapping[str, Any],
    texts: Texts = no_texts,
    found: Acuities | None = None,
) -> Report:
    """Write the tables (curves, acuity, over_tasks, histogram), figures/ and report.html last.

    Each file is replaced in one step, so that a reader never meets half of one; figures of
    tasks that are no longer in the table are removed.

    Args:
        run_dir: where to write.
        trials: the trial table.
        manifest: shown on the page.
        texts: gives prompt, sequence and answer of the few trials that are shown: examples,
            answers that were read by weak rules, and the rows of the eye chart.
        found: the acuity of each curve, where it is not that of `acuities`.

    Returns:
        Where the page is, and what it says first.

    Raises:
        InputError: there are no trials, trials of several models, or one trial twice.
    """
    _check_one_run(trials, run_dir)
    table, counts = curves(trials), histogram(trials)
    plan = manifest.get("plan") or {}
    found = acuities(table, plan.get("precision")) if found is None else found
    pictures = list(task_figures(trials, table, counts, found))
    rows = summarise(table, found, thoughts_only(trials))
    cautions = warnings(rows, table, found, manifest.get("dropped"))
    lines = list(cautions)
    try:
        chart = eye_chart(trials, table, found, texts)
    except InputError as error:
        chart = None
        lines.append(f"no eye chart: {error}")
    examples, missing = word_for_word(pick_examples(trials), texts)
    if missing and texts is not no_texts:
        lines.append(f"not all examples are shown: {missing}")
    doubtful, how_many = pick_weak(trials)
    write_atomically(run_dir / "curves.csv", csv_of(table))
    write_atomically(run_dir / "acuity.csv", csv_of(acuity_table(table, found)))
    means = task_means(table)
    write_atomically(run_dir / "over_tasks.csv", csv_of(task_mean_table(means)))
    write_atomically(run_dir / "histogram.csv", csv_of(counts))
    named = {f"{_NOT_IN_A_NAME.sub('_', p.task)}_{p.kind}": p.picture for p in pictures}
    _write_figures(run_dir / "figures", named | ({"eye_chart": chart} if chart else {}))
    html = page(
        rows=rows,
        warnings=lines,
        table=table,
        counts=counts,
        pictures=pictures,
        chart=chart,
        manifest=manifest,
        examples=examples,
        readings=readings(trials),
        audit=Audit(word_for_word(doubtful, texts)[0], how_many),
        forms=list(form_costs(trials)),
        means=means,
        explorer=explorer(trials, table, texts),
        title=whose(trials),
    )
    return Report(write_atomically(run_dir / "report.html", html), rows, cautions, found)


def _write_figures(folder: Path, named: Mapping[str, Picture]) -> None:
    """Write the figures by name, and remove those of an earlier report that are not among them."""
    folder.mkdir(parents=True, exist_ok=True)
    written = set()
    for name, picture in named.items():
        write_atomically(folder / f"{name}.svg", picture.svg)
        write_atomically(folder / f"{name}.png", picture.png)
        written |= {f"{name}.svg", f"{name}.png"}
    for old in folder.iterdir():
        if _OURS.fullmatch(old.name) and old.name not in written:
            old.unlink()


def _check_one_run(trials: pd.DataFrame, run_dir: Path) -> None:
    if trials.empty:
        raise InputError(f"{run_dir}: there are no trials to report on; run 'snellen run' first")
    models = sorted(trials["model"].dropna().unique())
    if len(models) > 1:
        raise InputError(
            f"{run_dir}: the trials are of {len(models)} models ({', '.join(models)}); "
            "report on one at a time"
        )
    twice = trials.duplicated([*CURVE, "length", "index", "seed"])
    if twice.any():
        first = trials[twice].iloc[0]
        raise InputError(
            f"{run_dir}: {CurveKey(*(first[name] for name in CURVE)).name}, length "
            f"{first['length']}, index {first['index']}, seed {first['seed']} appears twice; "
            "report on one run at a time"
        )
