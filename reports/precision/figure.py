"""Acuity at every precision, and how accuracy differs from float32."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator, PercentFormatter

from ...store.curve_key import CurveKey
from ...support.figures import Picture, house_style, render
from ...support.palette import BLUE, FAINT, MUTED, VERMILLION
from ..figures.drawing import note, panel
from ..formats import plain

_ROW = 0.24
_LEFT, _WIDE, _GAP = 1.45, 2.6, 0.5
_KEY = ["task", "mode", "answer", "lens"]


def precision_figure(table: pd.DataFrame, model: str) -> Picture:
    """Draw the table of an exam of precision.

    Args:
        table: a row per curve and precision, the reference first (``precision.csv``).
        model: its name.
    """
    groups = [(CurveKey(*map(str, key)), rows) for key, rows in table.groupby(_KEY, sort=False)]
    heights = [_ROW * len(rows) for _, rows in groups]
    with house_style():
        total = sum(heights) + 0.95 * len(groups) + 0.15
        figure = Figure(figsize=(_LEFT + 2 * _WIDE + _GAP + 0.35, total))
        top = 0.1
        for (key, rows), height in zip(groups, heights, strict=True):
            note(figure, 0.1, top, key.name, size=9.5, fontweight="bold")
            top += 0.3
            _acuities(panel(figure, _LEFT, top, _WIDE, height), rows)
            _differences(panel(figure, _LEFT + _WIDE + _GAP, top, _WIDE, height), rows)
            top += height + 0.65
        worse = table[table["verdict"] == "WORSE"]
        told = ", ".join(
            f"{a} on {b}" for a, b in zip(worse["precision"], worse["task"], strict=True)
        )
        return render(
            figure,
            f"{model} at {table['precision'].nunique()} precisions: "
            + (f"shown to be worse than float32: {told}" if told else "none is shown to be worse"),
        )


def _rows(axes: Any, rows: pd.DataFrame, names: bool) -> None:
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_yticks(range(len(rows)), list(rows["precision"]) if names else [""] * len(rows))
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x", color=FAINT, linewidth=0.6)


def _acuities(axes: Any, rows: pd.DataFrame) -> None:
    known = [v for v in [*rows["L50"], *rows["L50_low"], *rows["L50_high"]] if _drawable(v)]
    low, high = (min(known) / 1.3, max(known) * 1.3) if known else (1.0, 64.0)
    axes.set_xscale("log", base=2)
    axes.set_xlim(low, high)
    for at, row in enumerate(rows.to_dict("records")):
        colour = MUTED if at == 0 else BLUE
        if not _drawable(row["L50"]):
            axes.text(low * 1.03, at, row["L50_text"], va="center", fontsize=8, color=MUTED)
            continue
        ends = [e if _drawable(e) else edge
                for e, edge in ((row["L50_low"], low), (row["L50_high"], high))]  # fmt: skip
        axes.plot(ends, [at, at], color=colour, linewidth=1.4)
        axes.plot(row["L50"], at, "o", color=colour, markersize=4.5)
        if at == 0:
            axes.axvline(row["L50"], color=MUTED, linewidth=0.8, linestyle=":")
    _rows(axes, rows, names=True)
    axes.xaxis.set_major_locator(FixedLocator([2**k for k in range(30) if low <= 2**k <= high]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: plain(x)))
    axes.set_xlabel("L50 in items, 95 % interval")


def _differences(axes: Any, rows: pd.DataFrame) -> None:
    axes.axvline(0, color=MUTED, linewidth=0.8)
    reach = 0.05
    for at, row in enumerate(rows.to_dict("records")):
        if at == 0:
            continue
        colour = VERMILLION if row["verdict"] in ("WORSE", "BETTER") else BLUE
        ends = [row["difference_low"], row["difference_high"]]
        reach = max(reach, *map(abs, ends))
        axes.plot(ends, [at, at], color=colour, linewidth=1.4)
        axes.plot(row["difference"], at, "o", color=colour, markersize=4.5)
    axes.set_xlim(-1.1 * reach, 1.1 * reach)
    _rows(axes, rows, names=False)
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.set_xlabel("accuracy less that of float32")


def _drawable(value: Any) -> bool:
    return value is not None and math.isfinite(value) and value > 0
