"""Octaves gained over what a lens changes inside, one mark per lens."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from ...support.figures import Picture, house_style, render
from ...support.palette import BLUE, FAINT, MUTED
from ..figures.drawing import panel

_WIDE, _HIGH = 2.75, 1.9
SHOWN = ("distance", "distance_group", "told", "dispersion")


def mechanism_figure(
    lenses: pd.DataFrame, found: pd.DataFrame, measures: Mapping[str, str], curve: str
) -> Picture:
    """Draw the lenses of a race.

    Args:
        lenses: a row per lens: changes inside, and gains.
        found: the rank correlations.
        measures: what each measure is, in words.
        curve: the name of the task and its condition.
    """
    with house_style():
        figure = Figure(figsize=(0.75 + 2 * _WIDE + 0.75 + 0.2, 2 * (_HIGH + 0.85) + 0.05))
        for at, name in enumerate(SHOWN):
            left = 0.75 + (at % 2) * (_WIDE + 0.75)
            top = 0.35 + (at // 2) * (_HIGH + 0.85)
            axes = panel(figure, left, top, _WIDE, _HIGH)
            _panel(axes, lenses, name)
            axes.set_xlabel(f"change of: {measures[name]}", fontsize=8)
            axes.set_title(_title(found, name), fontsize=8, fontweight="normal")
        return render(
            figure,
            f"{curve}: octaves of L50 gained by {len(lenses)} lenses over what they change inside",
        )


def _panel(axes: Any, lenses: pd.DataFrame, name: str) -> None:
    axes.axhline(0, color=MUTED, linewidth=0.7)
    axes.axvline(0, color=MUTED, linewidth=0.7)
    axes.grid(color=FAINT, linewidth=0.6)
    axes.set_ylabel("octaves of L50 gained", fontsize=8)
    drawn = [row for row in lenses.to_dict("records") if _known(row["gain"])]
    if not drawn:
        axes.text(0.5, 0.5, "no gain is known", transform=axes.transAxes, ha="center", color=MUTED)
        return
    highest = max(abs(row["gain"]) for row in drawn) or 1.0
    for row in drawn:
        low = row["low"] if _known(row["low"]) else row["gain"]
        high = row["high"] if _known(row["high"]) else row["gain"]
        axes.plot([row[name]] * 2, [low, high], color=BLUE, linewidth=0.8, alpha=0.5)
        axes.plot(row[name], row["gain"], "o", color=BLUE, markersize=4)
    _labels(axes, [(row[name], row["gain"], row["lens"]) for row in drawn])
    axes.set_ylim(-2.2 * highest, 2.2 * highest)
    axes.margins(x=0.3)


def _labels(axes: Any, marks: list[tuple[float, float, str]]) -> None:
    """The names, above and below by turns from left to right, so that neighbours do not meet."""
    for turn, (x, y, lens) in enumerate(sorted(marks)):
        up = (4, 12, -9, -17)[turn % 4]
        axes.annotate(
            lens, (x, y), xytext=(0, up), textcoords="offset points", ha="center", fontsize=6.5
        )


def _title(found: pd.DataFrame, name: str) -> str:
    row = found[(found["measure"] == name) & (found["gain"] == "octaves")].iloc[0]
    if not _known(row["rho"]):
        return f"no correlation: {row['reason']}"
    return (
        f"rank correlation {row['rho']:+.2f} ({row['low']:+.2f} to {row['high']:+.2f}), "
        f"{row['lenses']} lenses, p = {row['p']:.2g}"
    )


def _known(value: Any) -> bool:
    return value is not None and math.isfinite(value)
