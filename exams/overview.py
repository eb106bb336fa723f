"""One page and one table over all runs of a results folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ..reports.overview.page import write_overview
from ..reports.overview.table import overview_table
from ..store.results.finding import run_folders
from ..support.files import make_folder
from ..support.phases import phase
from .results import Results


@dataclass(frozen=True, slots=True)
class Overview:
    """What was written of a results folder.

    Attributes:
        page: the path of results.html; results.csv lies beside it.
        table: one row per run and curve, as in results.csv.
        runs: how many runs it is of.
        left_out: the runs that cannot be read, and why not.
    """

    page: Path
    table: pd.DataFrame
    runs: int
    left_out: Mapping[str, str]


def is_results(folder: Path) -> bool:
    """Whether a folder is no run directory itself and holds some."""
    return not (folder / "trials.csv").exists() and folder.is_dir() and bool(run_folders(folder))


def report_folder(folder: Path | str, *, out: Path | str | None = None) -> Overview:
    """Write results.html and results.csv over all runs of a results folder.

    Args:
        folder: the results folder.
        out: where to write; default: into the results folder.

    Raises:
        InputError: it holds no run that can be read, or it cannot be written.
    """
    found = Results(folder)
    there = make_folder(Path(folder if out is None else out))
    with phase("counting"):
        table = overview_table(found.curves)
    page = write_overview(there, table, found.runs, found.left_out, found.path)
    return Overview(page, table, len(found.runs), found.left_out)
