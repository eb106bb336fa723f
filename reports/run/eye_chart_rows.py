"""The rows of an eye chart: trials as they were asked and as they were read."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ...errors import InputError
from ...tasks.registry import PREFIX
from ...tasks.trial import rebuild_trial
from ..style import BLUE, VERMILLION, plain
from ..words import SERIES

LARGEST, SMALLEST = 96.0, 4.6
"""Letter sizes, in points."""

MOST_ROWS, MOST_LINES = 11, 6
ADVANCE = 0.602
"""Width of a letter of the monospaced face, in its size."""

LEADING = 1.18
"""From line to line, in the size of the letters."""

POINT = 1 / 72
_IDENTITY = ("task", "mode", "lens", "length", "index", "seed")


@dataclass(frozen=True, slots=True)
class ChartRow:
    """One row: a trial as asked and as read, and how its length went altogether.

    Attributes:
        length: items.
        lines: the sequence as asked, broken into lines.
        size: letter size in points.
        read: what the model read, in words.
        colour: whether that was right.
        score: correct of answered, over all trials of this length.
    """

    length: int
    lines: list[str]
    size: float
    read: str
    colour: str
    score: str

    @property
    def height(self) -> float:
        """Inches from this row's top to the next one's."""
        return (self.letters + self.caption + 17 + 0.14 * self.size) * POINT

    @property
    def letters(self) -> float:
        """Height of the letters, in points."""
        return self.size * (1.02 + LEADING * (len(self.lines) - 1))

    @property
    def caption(self) -> float:
        """Size of the words under the letters, in points."""
        return float(np.clip(0.2 * self.size, 7.5, 12))


def chart_task(table: pd.DataFrame) -> tuple[str, str, str]:
    """Task, mode and lens of the rows: counting ones if that was asked, else the first curve.

    Raises:
        InputError: no trial was answered.
    """
    seen = table[table["answered"] > 0]
    if seen.empty:
        raise InputError("an eye chart needs answers, and no trial was answered")
    curves = list(dict.fromkeys(zip(*(seen[s] for s in SERIES), strict=True)))
    first = [c for c in curves if c[0].removeprefix(PREFIX) == "count_ones"]
    return (first or curves)[0]


def chart_rows(
    trials: pd.DataFrame, table: pd.DataFrame, series: tuple[str, str, str], room: float
) -> list[ChartRow]:
    """The first trial of each length, at most eleven lengths, in letters that only shrink.

    Args:
        trials: the trial table.
        table: `curves` of it.
        series: task, mode and lens.
        room: width for the letters, in points.

    Raises:
        InputError: a prompt is not the one that this version of Snellen builds, so that what
            was asked cannot be shown.
    """
    points, asked = table, trials[trials["outcome"] != "failed"]
    for name, value in zip(SERIES, series, strict=True):
        points, asked = points[points[name] == value], asked[asked[name] == value]
    points = points[points["answered"] > 0]
    picks = np.unique(np.linspace(0, len(points) - 1, min(MOST_ROWS, len(points))).round())
    sizes = np.geomspace(LARGEST, SMALLEST * 1.5, max(2, len(picks)))
    rows: list[ChartRow] = []
    for pick, size in zip(picks.astype(int), sizes, strict=False):
        point = points.iloc[pick]
        trial = asked[asked["length"] == point["length"]].sort_values("index").iloc[0]
        size = min([size, *(row.size for row in rows)])
        rows.append(_row_of(trial, point, room, float(size)))
    return rows


def _row_of(trial: pd.Series[Any], point: pd.Series[Any], room: float, largest: float) -> ChartRow:
    built = rebuild_trial({name: trial[name] for name in _IDENTITY})
    if built.prompt_sha256 != trial["prompt_sha256"]:
        raise InputError(
            f"{trial['task']}, length {trial['length']}, index {trial['index']}: the prompt is "
            "not the one that this version of snellen builds; redraw with the version that asked"
        )
    size = float(np.clip(room / (ADVANCE * len(built.sequence)), SMALLEST, largest))
    lines = _lines(built.sequence, int(room / (ADVANCE * size) + 1e-6))
    if len(lines) > MOST_LINES:
        lines = [*lines[: MOST_LINES - 1], f"… {plain(int(point['length']))} items in all"]
    return ChartRow(
        int(point["length"]),
        lines,
        size,
        _said(trial),
        BLUE if trial["outcome"] == "correct" else VERMILLION,
        f"{point['correct']}/{point['answered']}",
    )


def _lines(sequence: str, fit: int) -> list[str]:
    """Break a sequence into as few lines as fit, of even length."""
    lines = textwrap.wrap(sequence, max(1, fit))
    even = len(sequence) // len(lines) + max(map(len, sequence.split()))
    return textwrap.wrap(sequence, min(fit, even)) if len(lines) > 1 else lines


def _said(trial: pd.Series[Any]) -> str:
    if trial["outcome"] in ("correct", "wrong"):
        answer = str(trial["answer"])
        return f"read  {answer if len(answer) <= 60 else answer[:60] + '…'}"
    return f"read nothing ({trial['outcome']})"
