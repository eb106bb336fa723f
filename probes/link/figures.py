"""The figure of behaviour and mechanism: accuracy and distance by length, margin by distance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from ...stats.intervals import wilson
from ...support.palette import BLUE, MUTED, VERMILLION
from ..drawing import legend_below, new_figure, plain_log_axis, plain_log_values, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@styled
def link_figure(items: pd.DataFrame, links: pd.DataFrame) -> Figure:
    """Per task: accuracy by length, distance by length, and margin against distance."""
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    tasks = list(dict.fromkeys(items.task))
    figure, axes = new_figure(len(tasks), 3, width=3.4, height=2.7)
    for row, task in enumerate(tasks):
        chosen = items[items.task == task]
        accuracy, distance, scatter = axes[3 * row : 3 * row + 3]
        by_length = chosen.groupby("length")
        rates = chosen.dropna(subset=["correct"]).groupby("length").correct
        bars = [wilson(int(k), int(n)) for k, n in zip(rates.sum(), rates.size(), strict=True)]
        accuracy.vlines(
            rates.size().index, [b.low for b in bars], [b.high for b in bars], color=BLUE, lw=1.2
        )
        accuracy.plot(rates.size().index, rates.mean().astype(float), "o-", color=BLUE)
        accuracy.set_ylim(-0.03, 1.03)
        accuracy.set_ylabel("share correct")
        judged = int(chosen.correct.notna().sum())
        accuracy.set_title(
            f"{task.replace('_', ' ')}: {judged} answers judged\nof {len(chosen)} prompts "
            "(bars: 95 %)"
        )
        middle = by_length.rel_l2.median()
        distance.plot(chosen.length, chosen.rel_l2, ".", color=MUTED, ms=3, alpha=0.6)
        distance.plot(middle.index, middle, "o-", color=BLUE)
        plain_log_values(distance)
        distance.set_ylabel("relative $L_2$ distance")
        distance.set_title("n and n+1, state before the answer\n(line: median)")
        for axis in (accuracy, distance):
            plain_log_axis(axis, chosen.length.astype(int))
            axis.set_xlabel("items n")
        for label, points, colour, marker in (
            ("cut short", chosen[chosen.correct.isna()], MUTED, "."),
            ("not correct", chosen[chosen.correct.eq(False).fillna(False)], VERMILLION, "x"),
            ("correct", chosen[chosen.correct.fillna(False)], BLUE, "o"),
        ):
            if not len(points):
                continue
            scatter.plot(
                points.rel_l2, points.margin, marker, color=colour, ms=4, mfc="none", label=label
            )
        scatter.axhline(0, color=MUTED, lw=0.9)
        scatter.set_xscale("log")
        scatter.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        scatter.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        scatter.xaxis.set_minor_formatter(NullFormatter())
        scatter.set_xlabel("relative $L_2$ distance, n and n+1")
        scatter.set_ylabel("margin of n (nats)")
        found = links[links.task == task].iloc[0]
        fixed = _number(found, "margin_given_length")
        scatter.set_title(f"rank correlation {_number(found, 'margin')}\nlength fixed: {fixed}")
    legend_below(figure, columns=3)
    return figure


def _number(found: pd.Series, column: str) -> str:
    value, low, high = (found[f"{part}_{column}"] for part in ("rho", "low", "high"))
    return "not defined" if pd.isna(value) else f"{value:.2f} ({low:.2f} to {high:.2f})"
