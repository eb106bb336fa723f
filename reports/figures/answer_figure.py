"""Predicted values against true ones, with the attractors that a blind model falls back on.

On the left each answer over its truth; on the right, over the same vertical axis, how often each
value was answered and how often it was true (the paper's Fig. 4 idea).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator

from ...support.palette import BLUE, FAINT, MUTED, VERMILLION
from ..formats import plain
from .answers import Answers
from .drawing import Drawing, note, panel
from .value_scales import Scale, scale_for

WIDTH, MARGIN, GAP, JOINT, COUNTS = 10.0, 0.85, 0.3, 3.3, 5.2
TOP, PANEL, PANEL_STEP = 1.25, 2.6, 3.4
TRUTH = "#9A9A9A"
SIZES = 8


def answer_figure(task: str, series: Sequence[Answers], subtitle: str) -> Drawing:
    """Draw one task.

    Args:
        task: the task's name.
        series: its answers, one entry per curve (`answers_of`).
        subtitle: whose run this is.
    """
    scale = scale_for(task, series)
    figure = Figure(figsize=(WIDTH, TOP + PANEL_STEP * len(series) - 0.15))
    note(figure, 0.2, 0.12, task, size=14, weight="bold")
    note(figure, 0.2, 0.43, subtitle, color=MUTED)
    _legend(figure)
    for row, answers in enumerate(series):
        top = TOP + PANEL_STEP * row
        joint = panel(figure, MARGIN, top, JOINT, PANEL)
        counts = panel(figure, MARGIN + JOINT + GAP, top, COUNTS, PANEL)
        _joint(joint, answers, scale)
        _counts(counts, answers, scale)
        joint.set_title(answers.name)
        counts.set_title(answers.tally, weight="normal", fontsize=8.5, color=MUTED)
    return Drawing(figure, _alt(task, series))


def _joint(axes: Axes, answers: Answers, scale: Scale) -> None:
    axes.plot(scale.limits, scale.limits, color=MUTED, lw=0.8, ls=(0, (4, 3)), zorder=0)
    attracted = answers.pairs["said"].isin(answers.attractors)
    groups = {
        BLUE: scale.cells(answers.pairs[~attracted]),
        VERMILLION: scale.cells(answers.pairs[attracted]),
    }
    most = max((int(cells["n"].max()) for cells in groups.values() if len(cells)), default=1)
    # A few sizes, drawn together, keep the SVG small: it holds one shape per size.
    for colour, cells in groups.items():
        for size, dots in cells.groupby(np.ceil(SIZES * cells["n"] / most)):
            axes.scatter(
                dots["truth"], dots["answer"], s=4 + 18 * (size - 1), c=colour, alpha=0.55, lw=0
            )
    scale.dress(axes, "x")
    scale.dress(axes, "y")
    axes.grid(color=FAINT, linewidth=0.6)
    axes.set_xlabel(f"true {scale.quantity}")
    axes.set_ylabel(f"answered {scale.quantity}")


def _counts(axes: Axes, answers: Answers, scale: Scale) -> None:
    table = answers.table.assign(place=scale.place(answers.table["value"]))
    bars = table.groupby("place")[["frequency", "true_frequency"]].sum()
    attracted = np.isin(bars.index, scale.place(answers.attractors))
    quiet, loud = scale.outline(bars[~attracted]), bars[attracted]
    axes.hlines(quiet.index, -quiet["true_frequency"], 0, color=TRUTH, lw=scale.bar)
    axes.hlines(loud.index, -loud["true_frequency"], 0, color=TRUTH, lw=scale.bar)
    axes.hlines(quiet.index, 0, quiet["frequency"], color=BLUE, lw=scale.bar)
    axes.hlines(loud.index, 0, loud["frequency"], color=VERMILLION, lw=scale.bar)
    said, true = bars["frequency"], bars["true_frequency"]
    axes.axvline(0, color=MUTED, lw=0.7)
    axes.set_xlim(-1.1 * max(1, true.max()), 1.35 * max(1, said.max()))
    axes.xaxis.set_major_locator(MaxNLocator(7, integer=True))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: plain(abs(x))))
    scale.dress(axes, "y")
    axes.grid(color=FAINT, linewidth=0.6)
    axes.tick_params(axis="y", labelleft=False)
    for words, side, align in (("← times true", -8, "right"), ("times answered →", 8, "left")):
        axes.annotate(
            words,
            (0, 0),
            (side, -19),
            xycoords=axes.get_xaxis_transform(),
            textcoords="offset points",
            ha=align,
            va="top",
        )
    for value in answers.attractors:
        place = scale.place([value])[0]
        axes.annotate(
            f"{_short(value)} × {answers.said(value):,}",
            (said[place], place),
            (5, 0),
            textcoords="offset points",
            va="center",
            fontsize=8.5,
            color=VERMILLION,
            weight="bold",
        )


def _short(value: str) -> str:
    return value if len(value) <= 12 else f"{value[:8]}…"


def _legend(figure: Figure) -> None:
    width, height = figure.get_size_inches()
    handles = [
        Line2D([], [], color=BLUE, lw=4, label="answered"),
        Line2D([], [], color=VERMILLION, lw=4, label="answered far more often than true"),
        Line2D([], [], color=TRUTH, lw=4, label="true"),
        Line2D([], [], color=MUTED, lw=0.8, ls=(0, (4, 3)), label="answer = truth"),
    ]
    figure.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(0.12 / width, 1 - 0.6 / height),
        ncols=4,
        columnspacing=1.4,
    )


def _alt(task: str, series: Sequence[Answers]) -> str:
    parts = [f"{task}: answered against true values."]
    for s in series:
        drawn = ", ".join(f"{_short(v)} ({s.said(v):,} times)" for v in s.attractors)
        parts.append(f"{s.name}: {s.tally}; attractors: {drawn or 'none'}.")
    return " ".join(parts)
