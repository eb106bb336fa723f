"""A results folder as Python sees it: all its runs, trials and curves at once."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import pandas as pd

from ..reports.curves import POINT_KEY, add_accuracy
from ..store.results.folder import ResultsFolder
from .loaded import Run, load_run


class Results(ResultsFolder):
    """The runs of a results folder, however many trials they hold.

    `runs` is a pandas table, one row per run; `trials` is DuckDB's, not yet read; `sql` asks both.
    """

    @cached_property
    def curves(self) -> pd.DataFrame:
        """The error curves of all runs: one row per run, curve and length.

        The columns are ``run`` and ``model``, then those of ``curves.csv`` up to the accuracies;
        the sizes of errors are in each run's own.
        """
        order = ", ".join(("run", *POINT_KEY))
        table = self.table(f"SELECT * FROM counts ORDER BY {order}")
        table["answered"] = table["n"] - table["failed"]
        add_accuracy(table)
        return table

    def load(self, run: str) -> Run:
        """One run, as `snellen.load_run` reads it.

        Args:
            run: its folder, as in the column ``run``.

        Raises:
            InputError: there is no such run.
        """
        return load_run(self.folder(run))

    def __repr__(self) -> str:
        left = f", {len(self.left_out):,} left out" if self.left_out else ""
        return f"Results({str(self.path)!r}, {len(self.runs):,} runs{left})"


def load_results(folder: Path | str) -> Results:
    """Open a results folder: every run in it, at any depth.

    The tables are read through DuckDB from each run's ``trials.parquet``; where that is missing
    or is not of the ``trials.csv`` beside it, from the CSV, once.

    Args:
        folder: the results folder.

    Raises:
        InputError: it is no folder, or holds no run that can be read.
    """
    return Results(folder)
