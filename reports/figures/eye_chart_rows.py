"""The rows of an eye chart: trials as they were asked and as they were read."""

from __future__ import annotations

import textwrap
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ...errors import InputError
from ...store.curve_key import CURVE, CurveKey
from ...support.palette import BLUE, VERMILLION
from ..acuities import Acuities
from ..curves import by_curve
from ..formats import plain
from ..trial_texts import Texts, texts_of

LARGEST, SMALLEST = 96.0, 4.6
"""Letter sizes, in points."""

MOST_ROWS, MOST_LINES = 11, 6
ADVANCE = 0.602
"""Width of a letter of the monospaced face, in its size."""

LEADING = 1.18
"""From line to line, in the size of the letters."""

POINT = 1 / 72


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


STARTS_RIGHT = 0.8
"""Accuracy at the shortest length from which a curve has sight to lose."""


def chart_curve(table: pd.DataFrame, found: Acuities) -> CurveKey:
    """The curve that the rows show: one in which sight is lost inside the chart.

    That is the first whose L50 has a value and that starts with most answers right; where none
    does, the first with a value, then the first in which anything was right, and else the first
    that was answered.

    Raises:
        InputError: no trial was answered.
    """
    answered = [key for key, points in by_curve(table) if points["answered"].sum()]
    if not answered:
        raise InputError("an eye chart needs answers, and no trial was answered")
    right = [key for key, points in by_curve(table) if points["correct"].sum()]
    inside = [key for key in answered if found[key].l50.value is not None]
    first = {key: float(points["accuracy"].iloc[0]) for key, points in by_curve(table)}
    seen = [key for key in inside if first[key] >= STARTS_RIGHT]
    return (seen or inside or right or answered)[0]


def chart_trials(trials: pd.DataFrame, table: pd.DataFrame, key: CurveKey) -> pd.DataFrame:
    """The first answered trial of each length of a curve, at most eleven lengths."""
    points, asked = table, trials[trials["outcome"] != "failed"]
    for name, column, value in zip(key._fields, CURVE, key, strict=True):
        points, asked = points[points[name] == value], asked[asked[column] == value]
    lengths = points.loc[points["answered"] > 0, "length"].to_numpy()
    picks = np.linspace(0, len(lengths) - 1, min(MOST_ROWS, len(lengths))).round().astype(int)
    shown = asked[asked["length"].isin(lengths[np.unique(picks)])]
    first = shown.sort_values(["length", "index", "seed"], kind="stable")
    return first.drop_duplicates("length")


def chart_rows(
    trials: pd.DataFrame, table: pd.DataFrame, key: CurveKey, room: float, texts: Texts
) -> list[ChartRow]:
    """The rows of the chart, in letters that only shrink.

    Args:
        trials: the trial table.
        table: `curves` of it.
        key: the curve.
        room: width for the letters, in points.
        texts: gives a trial's sequence.

    Raises:
        InputError: a trial's texts are not known, so that what was asked cannot be shown.
    """
    shown = chart_trials(trials, table, key)
    points = dict(by_curve(table))[key].set_index("length")
    sizes = np.geomspace(LARGEST, SMALLEST * 1.5, max(2, len(shown)))
    rows: list[ChartRow] = []
    for trial, size in zip(shown.to_dict("records"), sizes, strict=False):
        known = texts_of(trial, texts)
        size = min([size, *(row.size for row in rows)])
        point = points.loc[trial["length"]]
        rows.append(_row_of(trial, known.sequence, point, room, float(size)))
    return rows


def _row_of(
    trial: Mapping[Hashable, Any],
    sequence: str,
    point: pd.Series[Any],
    room: float,
    largest: float,
) -> ChartRow:
    size = float(np.clip(room / (ADVANCE * len(sequence)), SMALLEST, largest))
    fit = int(room / (ADVANCE * size) + 1e-6)
    # Of a very long sequence only as much is broken into lines as can show.
    lines = _lines(sequence[: fit * (MOST_LINES + 2)], fit)
    if len(lines) > MOST_LINES:
        lines = [*lines[: MOST_LINES - 1], f"… {plain(int(trial['length']))} items in all"]
    return ChartRow(
        int(trial["length"]),
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


def _said(trial: Mapping[Hashable, Any]) -> str:
    if trial["outcome"] in ("correct", "wrong"):
        answer = str(trial["answer"])
        return f"read  {answer if len(answer) <= 60 else answer[:60] + '…'}"
    return f"read nothing ({trial['outcome']})"
