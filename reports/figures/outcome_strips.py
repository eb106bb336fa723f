"""Outcomes of all trials as stacked bars, one strip per curve and one bar per length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from ...store.trials import OUTCOMES
from ...support.palette import INK, MUTED
from ..formats import plain
from .drawing import OUTCOME_COLOURS, OUTCOME_HATCHES, note, panel

STRIP, STRIP_STEP = 0.4, 0.64


@dataclass(frozen=True, slots=True)
class Strip:
    """What one strip shows: its label, its rows of `curves`, and the colour of its curve."""

    label: str
    points: pd.DataFrame
    colour: str


def outcome_strips(
    figure: Figure, left: float, top: float, width: float, strips: Sequence[Strip]
) -> None:
    """Draw strips under each other; sizes in inches from the upper left corner.

    Lengths are evenly spaced here, so that every bar can be read. Above each bar stands the
    number of trials answered; infrastructure failures are drawn, and not in that number.
    """
    lengths = sorted({int(x) for strip in strips for x in strip.points["length"]})
    labels = [plain(x) for x in lengths]
    # A digit takes some 0.6 of its size; 72 points make an inch.
    fits = 72 * width / len(lengths) / (0.62 * (max(map(len, labels)) + 1))
    _key(figure, left, top - 0.33, strips)
    for row, strip in enumerate(strips):
        axes = panel(figure, left, top + 0.16 + STRIP_STEP * row, width, STRIP)
        _bars(axes, strip, lengths)
        axes.set_ylabel(
            strip.label, rotation=0, ha="right", va="center", fontsize=8, color=strip.colour
        )
        last = row == len(strips) - 1
        axes.set_xticks(range(len(lengths)), labels if last else [], fontsize=min(8.0, fits))
        if last:
            axes.set_xlabel("length (items, evenly spaced); above each bar: trials answered")


def _bars(axes: Axes, strip: Strip, lengths: Sequence[int]) -> None:
    points = strip.points
    x = np.searchsorted(lengths, points["length"].to_numpy())
    asked = points["n"].to_numpy(dtype=float)
    base = np.zeros(len(points))
    for outcome in OUTCOMES:
        share = points[outcome].to_numpy(dtype=float) / asked
        here = share > 0
        axes.bar(
            x[here],
            share[here],
            bottom=base[here],
            width=0.9,
            color=OUTCOME_COLOURS[outcome],
            hatch=OUTCOME_HATCHES.get(outcome),
            edgecolor=MUTED if outcome == "failed" else "white",
            linewidth=0.4,
            clip_on=False,
        )
        base += share
    for place, answered in zip(x, points["answered"], strict=True):
        axes.text(place, 1.06, _short(answered), ha="center", va="bottom", fontsize=6.5, color=INK)
    axes.set_xlim(-0.5, max(len(lengths), 4) - 0.5)
    axes.set_ylim(0, 1)
    axes.set_yticks([])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def _key(figure: Figure, left: float, top: float, strips: Sequence[Strip]) -> None:
    totals = {o: sum(int(strip.points[o].sum()) for strip in strips) for o in OUTCOMES}
    handles = [
        Patch(
            facecolor=OUTCOME_COLOURS[outcome],
            edgecolor=MUTED if outcome == "failed" else "white",
            hatch=OUTCOME_HATCHES.get(outcome),
            linewidth=0.5,
            label=f"{outcome} {total:,}",
        )
        for outcome, total in totals.items()
        if total or outcome in ("correct", "wrong")
    ]
    note(figure, left, top, "What became of each trial", size=9.5, weight="bold")
    width, height = figure.get_size_inches()
    figure.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=((left + 2.15) / width, 1 - (top - 0.08) / height),
        ncols=len(handles),
        columnspacing=1.2,
        handlelength=1.2,
    )


def _short(count: int) -> str:
    return f"{count:,}" if count < 10_000 else f"{count / 1000:.0f}k"
