"""One page and one table over all runs of a results folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ..errors import InputError
from ..reports.overview.page import write_overview
from ..reports.overview.table import overview_table
from ..store.results.finding import run_folders
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


def report_folder(folder: Path | str) -> Overview:
    """Write results.html and results.csv over all runs of a results folder.

    Raises:
        InputError: it holds no run that can be read, or it cannot be written.
    """
    found = Results(folder)
    with phase("counting"):
        table = overview_table(found.curves)
    try:
        page = write_overview(found.path, table, found.runs, found.left_out)
    except OSError as error:
        raise InputError(f"{found.path} cannot be written: {error.strerror or error}") from error
    return Overview(page, table, len(found.runs), found.left_out)
