"""Runs in an experiment tracker (W&B, Trackio): curves over length, tables, and the page.

Both packages have the same interface for what is needed here. A curve is logged as a series whose
step is the length in items, one row per length; the page goes in twice, to be looked at
beside the curves, and as a file of an artifact with the tables.
"""

from __future__ import annotations

import contextlib
import importlib
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd

from ..errors import InputError
from .acuities import Acuities, acuity_table
from .curves import by_curve

TRACKERS = ("wandb", "trackio")
PROJECT = "snellen"

_POINT = (
    "accuracy", "accuracy_low", "accuracy_high", "n", "answered", "truncated", "unparseable",
    "refused", "failed", "error_mean", "error_median", "tokens",
)  # fmt: skip
"""What is logged of each length of a curve, under the names of ``curves.csv``."""
_NOT_IN_A_NAME = re.compile(r"[^\w.-]+")


@dataclass(frozen=True)
class Tracked:
    """What goes into a tracker.

    Attributes:
        name: the name of the run.
        config: what it was: a manifest.
        curves: its table of curves.
        acuities: what is said of each.
        page: its page.
        files: further files for the artifact.
        tables: further tables, by name.
        group: the sweep that it belongs to.
    """

    name: str
    config: Mapping[str, Any]
    curves: pd.DataFrame
    acuities: Acuities
    page: Path | None
    files: Sequence[Path] = ()
    tables: Mapping[str, pd.DataFrame] | None = None
    group: str | None = None


def check_tracker(tracker: str) -> None:
    """Make sure that a tracker is known and installed, before anything is asked.

    Raises:
        InputError: it is not.
    """
    if tracker not in TRACKERS:
        raise InputError(f"--track {tracker}: there are: {', '.join(TRACKERS)}")
    if find_spec(tracker) is None:
        raise InputError(f"--track {tracker} needs {tracker}: pip install 'snellen[{tracker}]'")


def track(tracker: str, what: Tracked, project: str = PROJECT) -> str:
    """Log a run as a run of a tracker, under the settings that its own environment gives it.

    Returns:
        Where it is, in words.

    Raises:
        InputError: the tracker is not installed, or does not let itself be used.
    """
    check_tracker(tracker)
    with contextlib.redirect_stdout(sys.stderr):  # trackers greet on standard output
        module = importlib.import_module(tracker)
        quiet: dict[str, Any] = {"auto_log_gpu": False} if tracker == "trackio" else {}
        try:
            run = module.init(
                project=project,
                name=what.name,
                config=dict(what.config),
                group=what.group,
                **quiet,
            )
        except Exception as error:  # of their own kinds
            told = " ".join(str(error).split())
            raise InputError(
                f"--track {tracker}: {told}"
                + ("; set WANDB_MODE=offline to keep it here" if tracker == "wandb" else "")
            ) from error
        try:
            log_into(module, what)
        finally:
            module.finish()
    if tracker == "trackio":
        return f"trackio show --project {project}"
    return str(getattr(run, "url", None) or f"wandb sync {Path(run.dir).parent}")


def log_into(module: ModuleType, what: Tracked) -> None:
    """Log a run into the run of a tracker that is open (``wandb.run``, that of ``trackio``)."""
    tables = dict(what.tables or {})
    if not what.curves.empty:
        _log_curves(module, what.curves)
        tables |= {"curves": what.curves, "acuity": acuity_table(what.curves, what.acuities)}
    for name, table in tables.items():
        module.log({f"snellen/{name}": module.Table(dataframe=_plain(table))})
    _log_summary(module, what)
    if what.page is None:
        return
    module.log({"snellen/report": module.Html(str(what.page), inject=False)})
    artifact = module.Artifact(_NOT_IN_A_NAME.sub("-", f"report-{what.name}")[:120], type="report")
    for path in (what.page, *what.files):
        artifact.add_file(str(path), name=path.name)
    module.log_artifact(artifact)


def _log_curves(module: ModuleType, table: pd.DataFrame) -> None:
    """Every curve as a series over length."""
    if module.__name__ == "trackio":
        for length, rows in table.groupby("length", sort=True):
            point: dict[str, Any] = {}
            for key, one in by_curve(rows):
                point |= {f"{key.name}/{name}": x for name, x in _point(one.iloc[0]).items()}
            module.log(point, step=int(str(length)))
        return
    for key, rows in by_curve(table):
        module.define_metric(f"{key.name}/length", hidden=True)
        module.define_metric(f"{key.name}/*", step_metric=f"{key.name}/length")
        for _, row in rows.sort_values("length").iterrows():
            point = {"length": int(row["length"]), **_point(row)}
            module.log({f"{key.name}/{name}": x for name, x in point.items()})


def _log_summary(module: ModuleType, what: Tracked) -> None:
    """L50 of every curve, as one number of the run and as text with its interval."""
    found: dict[str, Any] = {}
    for key, report in what.acuities.items():
        if report.l50.value is not None:
            found[f"{key.name}/L50"] = float(report.l50.value)
    texts = {f"{key.name}/L50 quoted": str(report.l50) for key, report in what.acuities.items()}
    if module.__name__ == "wandb":
        module.run.summary.update(found | texts)
    elif found:
        module.log(found)


def _point(row: pd.Series[Any]) -> dict[str, float]:
    return {name: float(row[name]) for name in _POINT if name in row and pd.notna(row[name])}


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    """A table of plain values: no extension types, ``None`` for what is not known."""
    return table.astype(object).where(table.notna(), None)
