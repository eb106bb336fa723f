"""The eye chart itself: one picture per model, in the manner of Herman Snellen's of 1862.

Rows of growing length in shrinking letters: what was asked, and under it what the model read. At
the right of each row stands the share of trials that were read correctly; a coloured rule marks
the acuity, as the coloured lines of an optician's chart do.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ...stats.acuity import Acuity
from ...store.curve_key import CurveKey
from ...support.figures import Picture, house_style, render
from ...support.palette import INK, MUTED, VERMILLION
from ..acuities import Acuities
from ..catalogue import about
from ..formats import plain
from ..trial_texts import Texts
from .drawing import note
from .eye_chart_rows import LEADING, POINT, ChartRow, chart_curve, chart_rows

PAPER = "#FBF7EC"
WIDTH, MARGIN, SIDE = 8.5, 0.55, 1.15
MOST_ACUITIES = 10

_LETTERS: dict[str, Any] = {"family": "DejaVu Sans Mono", "weight": "bold"}
_SERIF: dict[str, Any] = {"family": "DejaVu Serif"}


def eye_chart(trials: pd.DataFrame, table: pd.DataFrame, found: Acuities, texts: Texts) -> Picture:
    """Draw the chart of one model: the rows of one curve, and the acuities of all.

    The curve is the first whose sight is lost inside the chart (`chart_curve`).

    Args:
        trials: the trial table.
        table: `curves` of it.
        found: `acuities` of the curves.
        texts: gives a trial's sequence.

    Raises:
        InputError: no trial was answered, or a trial's texts are not known, so that what was
            asked cannot be shown.
    """
    shown = chart_curve(table, found)
    rows = chart_rows(trials, table, shown, (WIDTH - 2 * SIDE) / POINT, texts)
    others = _others(found, shown)
    model = ", ".join(sorted(trials["model"].dropna().unique()))
    header, footer = 1.92, 1.0 + 0.2 * ((len(others) + 1) // 2) + 0.3 * bool(others)
    with house_style(
        **{"svg.fonttype": "path", "figure.facecolor": PAPER, "savefig.facecolor": PAPER}
    ):
        height = header + sum(row.height for row in rows) + footer
        figure = Figure(figsize=(WIDTH, height))
        _header(figure, model, shown)
        top, places = header, []
        for row in rows:
            _row(figure, row, top)
            places.append(top)
            top += row.height
        _rule(figure, rows, [*places, top], found[shown].l50)
        _footer(figure, top + 0.25, others)
        return render(figure, _alt(model, shown, rows, found[shown].l50), dpi=200)


def _header(figure: Figure, model: str, shown: CurveKey) -> None:
    note(figure, WIDTH / 2, 0.42, "S N E L L E N", size=9, ha="center", color=MUTED, **_SERIF)
    size = min(22.0, (WIDTH - 2 * MARGIN) / POINT / (0.66 * max(1, len(model))))
    note(figure, WIDTH / 2, 0.68, model, size=size, ha="center", weight="bold", **_SERIF)
    summary = about(shown.task).replace("; ", "  →  ")
    words = f"{shown.task}, {shown.condition}" + (f":  {summary}" if summary else "")
    note(figure, WIDTH / 2, 1.14, words, size=9, ha="center", color=MUTED, **_SERIF)
    for x, heading, align in (
        (MARGIN, "items", "left"),
        (WIDTH - MARGIN, "correct", "right"),
    ):
        note(figure, x, 1.45, heading, size=7.5, ha=align, color=MUTED, **_SERIF)


def _row(figure: Figure, row: ChartRow, top: float) -> None:
    middle = top + 0.5 * row.letters * POINT
    for i, line in enumerate(row.lines):
        y = top + (0.51 + LEADING * i) * row.size * POINT
        note(figure, WIDTH / 2, y, line, size=row.size, ha="center", va="center", **_LETTERS)
    below = top + (row.letters + 2) * POINT
    words: dict[str, Any] = {"size": row.caption, "ha": "center", "color": row.colour, **_SERIF}
    note(figure, WIDTH / 2, below, row.read, **words)
    size = float(np.clip(0.3 * row.size, 8.5, 16))
    ends = ((MARGIN, plain(row.length), "left"), (WIDTH - MARGIN, row.score, "right"))
    for x, text, align in ends:
        note(figure, x, middle, text, size=size, ha=align, va="center", color=INK, **_SERIF)


def _rule(figure: Figure, rows: list[ChartRow], tops: list[float], l50: Acuity) -> None:
    """A rule under the last row that lies within the acuity."""
    if l50.reason is not None:
        return
    edge = l50.value if l50.value is not None else np.inf if l50.censored == "above" else 0.0
    within = sum(row.length <= edge for row in rows)
    width, height = figure.get_size_inches()
    y = tops[within] - 6 * POINT
    label = f"acuity (L50)  {l50}"
    xs = [MARGIN / width, 1 - MARGIN / width]
    figure.add_artist(Line2D(xs, [1 - y / height] * 2, color=VERMILLION, lw=2.2))
    style: dict[str, Any] = {
        "size": 8,
        "ha": "right",
        "va": "bottom",
        "color": VERMILLION,
        "weight": "bold",
    }
    note(figure, WIDTH - MARGIN, y - 3 * POINT, label, **style, **_SERIF)


def _footer(figure: Figure, top: float, others: list[str]) -> None:
    if others:
        note(figure, MARGIN, top, "Acuity (L50, items)", size=8.5, weight="bold", **_SERIF)
    half = (len(others) + 1) // 2
    for i, text in enumerate(others):
        x = MARGIN if i < half else WIDTH / 2 + 0.1
        note(figure, x, top + 0.22 + 0.19 * (i % half), text, size=8, **_SERIF)
    words = (
        "Each row is the first trial of its length, as asked, with what the model read under it; "
        "at the right,\ncorrect of all answered. L50: the length at which half of the answers are "
        "correct, 95 % interval."
    )
    _, height = figure.get_size_inches()
    note(figure, MARGIN, height - 0.62, words, size=7, color=MUTED, linespacing=1.5, **_SERIF)


def _others(found: Acuities, shown: CurveKey) -> list[str]:
    quoted = [
        f"{key.name}:  {report.l50}"
        for key, report in found.items()
        if report.l50.reason is None and key != shown
    ]
    return quoted[:MOST_ACUITIES]


def _alt(model: str, shown: CurveKey, rows: list[ChartRow], l50: Acuity) -> str:
    read = "; ".join(f"{plain(row.length)} items: {row.score} correct" for row in rows)
    return f"Eye chart of {model}, {shown.task}. {read}. Acuity (L50): {l50}."
