"""Curves of the error figure, and the words that tell them apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ...stats.acuity import AcuityReport
from ...store.curve_key import CurveKey
from ...support.palette import MUTED
from ..catalogue import chance
from ..paper.published import LABEL

DOTTED = (0, (1.2, 1.6))
DASHED = (0, (5, 2))
MARKERS = ("x", "+", "1")
"""For the published points of up to three models."""

LEAST_GUESSING = 0.01
"""Chance level from which it is drawn."""

LINE = 0.21
"""Height of a line of the legend, in inches."""


@dataclass(frozen=True, slots=True)
class DrawnCurve:
    """The points of one curve in order of length, and how they are drawn."""

    key: CurveKey
    label: str
    points: pd.DataFrame
    acuity: AcuityReport
    colour: str
    marker: str


def legend_rows(
    facets: Sequence[Sequence[DrawnCurve]], *, measured: bool, paper: pd.DataFrame
) -> list[list[Line2D]]:
    """The legend in lines: the curves, the kinds of line, the published points.

    Args:
        facets: the curves, by the panels that they share.
        measured: whether errors are drawn.
        paper: the published points that are drawn.
    """
    names = _names(facets)
    rows = [names[i : i + 3] for i in range(0, len(names), 3)]
    return [row for row in (*rows, _keys(facets, measured), _sources(paper)) if row]


def draw_legend(figure: Figure, rows: Sequence[list[Line2D]], top: float = 0.62) -> None:
    """Write the legend line by line, from ``top`` inches below the upper edge."""
    width, height = figure.get_size_inches()
    for i, handles in enumerate(rows):
        figure.legend(
            handles=handles,
            loc="upper left",
            bbox_to_anchor=(0.12 / width, 1 - (top + LINE * i) / height),
            ncols=len(handles),
            columnspacing=1.6,
            handletextpad=0.5,
        )


def _names(facets: Sequence[Sequence[DrawnCurve]]) -> list[Line2D]:
    """One entry per colour, with the acuity where the colour stands for one curve only."""
    curves = {c.label: c for facet in facets for c in facet}
    handles = []
    for label, c in curves.items():
        quoted = len(facets) == 1 and c.acuity.l50.reason is None
        text = f"{label}: L50 {c.acuity.l50}" if quoted else label
        handles.append(_line(text, color=c.colour, marker=c.marker, ms=4.5, lw=1.6))
    return handles


def _keys(facets: Sequence[Sequence[DrawnCurve]], measured: bool) -> list[Line2D]:
    """What the kinds of line and marker mean that were used."""
    curves = [c for facet in facets for c in facet]
    handles = []
    if measured:
        handles.append(_line("median error, 95 % interval", color=MUTED, lw=1.6))
        handles.append(_line("mean error", color=MUTED, lw=1.2, ls=DOTTED, marker="_"))
    if any(c.acuity.l50.value is not None for c in curves):
        handles.append(_line("fitted curve", color=MUTED, lw=0.9, ls=DASHED))
    if max(chance(c.key, int(c.points["length"].min())) for c in curves) >= LEAST_GUESSING:
        handles.append(_line("guessing", color=MUTED, lw=1.0, ls=DOTTED))
    if any(c.points["truncated"].sum() for c in curves):
        handles.append(_line("truncated left out", ls="", marker="o", mfc="white", mec=MUTED))
    return handles


def _sources(paper: pd.DataFrame) -> list[Line2D]:
    models = sorted(paper["model"].unique())
    return [
        _line(f"{model}: {LABEL}", ls="", marker=marker, color=MUTED)
        for model, marker in zip(models, MARKERS, strict=False)
    ]


def _line(label: str, **look: Any) -> Line2D:
    return Line2D([], [], label=label, **look)
