"""Everything that ``snellen report`` leaves in a run directory."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from ...errors import InputError
from ..acuities import acuities
from ..curves import curves
from ..words import KEYS, series_name
from .examples import choose
from .eye_chart import eye_chart
from .figures import figures, whose
from .histogram import histogram
from .page import page
from .summary import Row, summary, warnings

_NOT_IN_A_NAME = re.compile(r"[^\w.-]")
_OURS = re.compile(r"(.+_(error|answers)|eye_chart)\.(svg|png)")


class Report(NamedTuple):
    """A report that has been written.

    Attributes:
        page: the path of report.html.
        rows: its summary.
        warnings: what a reader must know before trusting it.
    """

    page: Path
    rows: list[Row]
    warnings: list[str]


def write_report(
    run_dir: Path,
    trials: pd.DataFrame,
    manifest: Mapping[str, Any],
    examples: Iterable[Mapping[str, Any]] = (),
) -> Report:
    """Write curves.csv, histogram.csv, figures/ and report.html; the page last.

    Each file is replaced in one step, so that a reader never meets half of one; figures of
    tasks that are no longer in the table are removed.

    Args:
        run_dir: where to write.
        trials: the trial table.
        manifest: shown on the page.
        examples: trials with prompt and answer text; a few of each task are shown.

    Returns:
        Where the page is, and what it says first.

    Raises:
        InputError: there are no trials, trials of several models, or one trial twice.
    """
    _check_one_run(trials, run_dir)
    table, counts = curves(trials), histogram(trials)
    found = acuities(table)
    pictures = list(figures(trials, table, counts, found))
    rows = summary(table, found)
    cautions = warnings(rows, table, found)
    lines = warnings(rows, table, found)
    try:
        chart = eye_chart(trials, table, found)
    except InputError as error:
        chart = None
        lines.append(f"no eye chart: {error}")
    folder = run_dir / "figures"
    folder.mkdir(parents=True, exist_ok=True)
    replace(run_dir / "curves.csv", table.to_csv(index=False))
    replace(run_dir / "histogram.csv", counts.to_csv(index=False))
    named = {f"{_NOT_IN_A_NAME.sub('_', task)}_{kind}": p for task, kind, p in pictures}
    if chart is not None:
        named["eye_chart"] = chart
    written = set()
    for name, picture in named.items():
        replace(folder / f"{name}.svg", picture.svg)
        replace(folder / f"{name}.png", picture.png)
        written |= {f"{name}.svg", f"{name}.png"}
    for old in folder.iterdir():
        if _OURS.fullmatch(old.name) and old.name not in written:
            old.unlink()
    html = page(
        rows=rows,
        warnings=lines,
        table=table,
        counts=counts,
        pictures=pictures,
        chart=chart,
        manifest=manifest,
        examples=choose(examples),
        title=whose(trials),
    )
    return Report(replace(run_dir / "report.html", html), rows, cautions)


def _check_one_run(trials: pd.DataFrame, run_dir: Path) -> None:
    if trials.empty:
        raise InputError(f"{run_dir}: there are no trials to report on; run 'snellen run' first")
    models = sorted(trials["model"].dropna().unique())
    if len(models) > 1:
        raise InputError(
            f"{run_dir}: the trials are of {len(models)} models ({', '.join(models)}); "
            "report on one at a time"
        )
    twice = trials.duplicated([*KEYS, "index", "seed"])
    if twice.any():
        first = trials[twice].iloc[0]
        raise InputError(
            f"{run_dir}: {first['task']} ({series_name(first['mode'], first['lens'])}), length "
            f"{first['length']}, index {first['index']}, seed {first['seed']} is there twice; "
            "report on one run at a time"
        )


def replace(path: Path, content: str | bytes) -> Path:
    """Write a file so that at any moment it is either the old or the new one, whole."""
    data = content.encode("utf-8") if isinstance(content, str) else content
    handle, scratch = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as target:
            target.write(data)
        Path(scratch).chmod(0o644)
        Path(scratch).replace(path)
    except BaseException:
        Path(scratch).unlink(missing_ok=True)
        raise
    return path
