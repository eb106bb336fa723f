"""The picture of a gate: accuracy of both sides, and the drop with what is excluded."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import (
    FixedLocator,
    FuncFormatter,
    MaxNLocator,
    NullLocator,
    PercentFormatter,
)

from ...support.figures import Picture, house_style, render
from ...support.palette import BLUE, FAINT, MUTED, VERMILLION
from ..figures.axes import length_ticks, share_axis
from ..figures.drawing import panel
from ..figures.points import mark
from ..formats import plain, share


def gate_figure(found: Mapping[str, Any]) -> Picture:
    """Draw a gate.

    Args:
        found: what gate.json holds.
    """
    levels = [level for level in found["levels"] if level["pairs"]]
    at = [level["at"] for level in levels]
    with house_style():
        figure = Figure(figsize=(7.2, 2.9))
        left = panel(figure, 0.6, 0.35, 2.8, 1.95)
        right = panel(figure, 4.15, 0.35, 2.8, 1.95)
        for name, key, colour, marker in (
            ("A", "right_a", BLUE, "o"), ("B", "right_b", VERMILLION, "s"),
        ):  # fmt: skip
            shares = [share(level[key], level["pairs"]) for level in levels]
            left.plot(at, shares, marker=marker, color=colour, label=name, linewidth=1.2)
            for x, y in zip(at, shares, strict=True):
                mark(left, x, y, f"accuracy/{name.lower()}/{x}")
        share_axis(left, "correct answers")
        left.set_title("accuracy")
        if at:
            left.legend(loc="lower left")
        edges = {"either": [1, -1], "against": [1], "model": [-1]}[found["judged"]]
        _drops(right, levels, [edge * found["margin"] for edge in edges])
        for axes in (left, right):
            _axis(axes, at, found["unit"])
            if found["onset_interval"]:
                low, high = found["onset_interval"]
                axes.axvspan(max(low, 0.5), high, color=FAINT, alpha=0.6, linewidth=0)
                axes.axvline(found["onset"], color=MUTED, linewidth=0.8, linestyle="--")
        return render(figure, f"{found['verdict']}: {found['why']}")


def _drops(axes: Any, levels: list[Mapping[str, Any]], margins: list[float]) -> None:
    for level in levels:
        total = level["pairs"]
        drop = (level["only_a"] - level["only_b"]) / total
        low, high = level["drop_low"], level["drop_high"]
        axes.plot([level["at"]] * 2, [low, high], color=MUTED, linewidth=1)
        axes.plot(level["at"], drop, marker="s", color=VERMILLION, markersize=4)
        if level["floor"]:
            flips = level["floor_flips"] / level["floor"]
            axes.plot(level["at"], flips, marker="_", color=BLUE, markersize=9)
    axes.axhline(0, color=MUTED, linewidth=0.7)
    for edge in margins:
        axes.axhline(edge, color=VERMILLION, linewidth=0.8, linestyle=":")
    axes.set_ylim(-1.03, 1.03)
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.grid(axis="y", color=FAINT, linewidth=0.6)
    axes.set_title("drop from A to B (blue: noise floor)")


def _axis(axes: Any, at: list[int], unit: str) -> None:
    if not at:  # nothing is seen anywhere
        axes.set_xticks([])
        axes.set_xlabel(f"length ({unit})")
        return
    axes.set_xscale("log", base=2)
    pad = 1.3
    axes.set_xlim(min(at) / pad, max(at) * pad)
    axes.xaxis.set_major_locator(FixedLocator(length_ticks(at)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: plain(x)))
    axes.set_xlabel(f"length ({unit}, log scale)")


def nights_figure(nights: Sequence[Mapping[str, Any]], alpha: float) -> Picture:
    """Draw the nights of a watch: accuracy of the baseline and tonight, and the evidence so far.

    Args:
        nights: as gate.json holds them.
        alpha: the error rate of each of the two questions.
    """
    at = list(range(1, len(nights) + 1))
    with house_style():
        figure = Figure(figsize=(7.2, 2.6))
        left = panel(figure, 0.6, 0.35, 2.8, 1.65)
        right = panel(figure, 4.15, 0.35, 2.8, 1.65)
        for name, key, colour, marker in (
            ("baseline", "right_a", BLUE, "o"), ("tonight", "right_b", VERMILLION, "s"),
        ):  # fmt: skip
            shares = [share(night[key], night["trials"]) for night in nights]
            left.plot(at, shares, marker=marker, color=colour, label=name, linewidth=1.2)
        share_axis(left, "correct answers")
        left.set_title("accuracy, night by night")
        left.legend(loc="lower left")
        for name, key, colour, marker in (
            ("worse", "log_e_worse", VERMILLION, "s"), ("another model", "log_e_other", BLUE, "o"),
        ):  # fmt: skip
            values = [max(float(night[key]), 0.0) for night in nights]
            right.plot(at, values, marker=marker, color=colour, label=name, linewidth=1.2)
        right.axhline(-math.log(alpha), color=MUTED, linewidth=0.8, linestyle="--")
        right.set_ylim(bottom=0)
        right.set_title("evidence of a change (log e-value)")
        right.legend(loc="upper left")
        for axes in (left, right):
            axes.set_xlim(0.5, len(nights) + 0.5)
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
            axes.set_xlabel("night")
        return render(figure, f"{len(nights)} nights; the last one: {nights[-1]['verdict']}")
