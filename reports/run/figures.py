"""All figures of a run: two per task."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from ..acuities import Acuities
from ..style import Picture
from .answer_figure import answer_figure
from .answers import answers_of
from .error_figure import error_figure
from .histogram import as_values


def figures(
    trials: pd.DataFrame, table: pd.DataFrame, counts: pd.DataFrame, found: Acuities
) -> Iterator[tuple[str, str, Picture]]:
    """Draw each task's error curve and its histogram of answers.

    Args:
        trials: the trial table.
        table: `curves` of it.
        counts: `histogram` of it.
        found: `acuities` of the curves.

    Yields:
        The task, the kind of figure (``error`` or ``answers``), and the picture.
    """
    subtitle = whose(trials)
    for task in table["task"].unique():
        points = table[table["task"] == task]
        yield task, "error", error_figure(task, points, found, subtitle)
        values = as_values(trials[trials["task"] == task])
        series = answers_of(values, counts[counts["task"] == task], points)
        yield task, "answers", answer_figure(task, series, subtitle)


def whose(trials: pd.DataFrame) -> str:
    """The model and the run that these trials are of."""
    names = [", ".join(sorted(trials[c].dropna().unique())) for c in ("model", "run_id")]
    return " · ".join(name for name in names if name)
