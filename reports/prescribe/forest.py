"""Octaves gained by every lens, the best on top: a forest plot."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MultipleLocator

from ...support.figures import Picture, house_style, render
from ...support.palette import BLUE, FAINT, INK, MUTED, VERMILLION
from ..figures.drawing import note, panel

WIDTH, LEFT, RIGHT = 7.2, 1.75, 1.75
TOP, ROW = 0.55, 0.3
_LEAST = 1.5
"""Octaves to either side that are always shown."""


def forest(entry: Mapping[str, Any], gain: float) -> Picture:
    """Draw what the race saw of every lens, and the confirmation of the one that was confirmed.

    Args:
        entry: an entry of prescription.json.
        gain: the ratio of L50 that matters.
    """
    rows = _rows(entry)
    shown = [x for row in rows for x in (row["low"], row["value"], row["high"]) if x is not None]
    reach = min(max([_LEAST, *(abs(x) * 1.1 for x in shown)]), 6.0)
    height = TOP + ROW * len(rows) + 0.62
    with house_style():
        figure = Figure(figsize=(WIDTH, height))
        axes = panel(figure, LEFT, TOP, WIDTH - LEFT - RIGHT, ROW * len(rows))
        axes.set_xlim(-reach, reach)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.axvline(0, color=MUTED, lw=0.8)
        axes.axvline(math.log2(gain), color=MUTED, lw=0.8, ls=(0, (1.2, 1.6)))
        for place, row in enumerate(rows):
            _draw(axes, place, row, reach)
            y = TOP + ROW * (place + 0.5)
            weight = "bold" if row["fresh"] else "normal"
            note(figure, 0.12, y, row["label"], va="center", fontweight=weight)
            note(figure, WIDTH - RIGHT + 0.12, y, row["told"], size=7.5, color=MUTED, va="center")
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.xaxis.set_major_locator(MultipleLocator(1 if reach < 4 else 2))
        axes.xaxis.set_major_formatter(FuncFormatter(_factor))
        axes.grid(axis="x", color=FAINT, linewidth=0.6)
        axes.set_xlabel("octaves of L50 gained over no lens (and the factor)")
        note(figure, 0.12, 0.12, f"{entry['task']}: what each lens gains", weight="bold")
        return render(figure, _alt(entry, rows))


def _rows(entry: Mapping[str, Any]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    if entry["octaves"] is not None:
        octaves = entry["octaves"]
        answered = entry["trials"]["confirmation"]
        what = "confirmed" if entry["lens"] else "not confirmed"
        rows.append(
            {
                "label": f"{entry['candidate']}, fresh",
                "value": octaves["value"], "low": octaves["low"], "high": octaves["high"],
                "told": f"{what}, {answered} answers", "fresh": True,
            }
        )  # fmt: skip
    rows += [
        {
            "label": one["lens"], "value": one["gain"], "low": one["low"], "high": one["high"],
            "told": f"{_state(one['state'])}, {one['trials']} answers", "fresh": False,
        }
        for one in entry["lenses"]
    ]  # fmt: skip
    for row in rows:
        if len(row["label"]) > 24:
            row["label"] = row["label"][:23] + "…"
    return rows


def _state(state: str) -> str:
    """What became of it in the race."""
    return "won the race" if state in ("prescribed", "not confirmed") else state


def _draw(axes: Axes, place: int, row: Mapping[str, Any], reach: float) -> None:
    colour = VERMILLION if row["fresh"] else BLUE
    low = -reach if row["low"] is None else max(row["low"], -reach)
    high = reach if row["high"] is None else min(row["high"], reach)
    axes.plot([low, high], [place, place], color=colour, lw=2.4 if row["fresh"] else 1.4)
    for end, known, marker in ((low, row["low"], "<"), (high, row["high"], ">")):
        if known is None or abs(known) > reach:  # the interval goes on beyond the axis
            axes.plot(end, place, marker=marker, ms=5, color=colour, clip_on=False)
    if row["value"] is not None and abs(row["value"]) <= reach:
        face = colour if row["fresh"] else "white"
        axes.plot(row["value"], place, marker="s", ms=6, mfc=face, mec=colour, ls="", color=INK)


def _factor(octaves: float, _: object) -> str:
    sign = "0" if octaves == 0 else f"{octaves:+g}".replace("-", "−")
    factor = 2.0**octaves
    return f"{sign}\n×{factor:g}" if factor >= 1 else f"{sign}\n×1/{1 / factor:g}"


def _alt(entry: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> str:
    told = [f"{row['label']} {row['value']:+.2f}" for row in rows if row["value"] is not None]
    return f"{entry['task']}: octaves gained. " + "; ".join(told) + "."
