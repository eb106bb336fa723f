"""``results.html`` and ``results.csv``: all runs of a results folder on one page."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import pandas as pd

from ...support.csvs import csv_of
from ...support.files import write_atomically
from ..formats import no_formula
from ..run.page import environment
from ..scripts import script

MOST = 2000
"""Rows on the page; the table beside it has them all."""


def write_overview(
    folder: Path,
    table: pd.DataFrame,
    runs: pd.DataFrame,
    left_out: Mapping[str, str],
    results: Path,
) -> Path:
    """Write results.csv and results.html into a folder.

    Args:
        folder: where to write.
        table: one row per run and curve (`overview_table`).
        runs: one row per run, with ``run`` and ``created``.
        left_out: runs that cannot be read, with the reason.
        results: the folder that the runs lie in.

    Returns:
        The path of results.html.
    """
    plain = table.assign(**{name: table[name].map(no_formula) for name in ("run", "model", "lens")})
    write_atomically(folder / "results.csv", csv_of(plain))
    shown = table.head(MOST)
    octaves = [name for name in table.columns if name.startswith("accuracy ")]
    pages = {run: _link(results / run / "report.html", folder) for run in shown["run"].unique()}
    made = environment()
    page = made.get_template("overview.html.j2").render(
        rows=shown.to_dict("records"),
        rows_in_all=len(table),
        octaves=octaves,
        totals={
            "runs": len(runs),
            "models": runs["model"].nunique(),
            "trials": int(table["n"].sum()),
            "failed": int(table["failed"].sum()),
        },
        pages=pages,
        left_out=left_out,
        script=script("leaderboard.js"),
    )
    return write_atomically(folder / "results.html", page)


def _link(page: Path, folder: Path) -> str:
    """The address of a run's own page, seen from a folder; empty where there is no page."""
    if not page.is_file():
        return ""
    try:
        return "./" + quote(Path(os.path.relpath(page, folder)).as_posix())
    except ValueError:  # another drive
        return page.absolute().as_uri()
