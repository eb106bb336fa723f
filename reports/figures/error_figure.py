"""Absolute error against length, accuracy beside it, and the outcomes of every trial below."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ...support.palette import MUTED, SERIES_COLOURS, SERIES_MARKERS
from ..acuities import Acuities
from ..catalogue import chance, has_distance, value_kind
from ..curves import by_curve
from ..paper.published import published
from .axes import LINEAR_UP_TO, length_axis, share_axis, size_axis
from .curve_legend import (
    DASHED,
    DOTTED,
    LEAST_GUESSING,
    LINE,
    MARKERS,
    DrawnCurve,
    draw_legend,
    legend_rows,
)
from .drawing import Drawing, note, panel
from .outcome_strips import STRIP_STEP, Strip, outcome_strips
from .points import mark_points

WIDTH, MARGIN, GUTTER = 10.0, 0.85, 0.95
TOP, PANEL, PANEL_STEP = 1.05, 2.5, 3.4


def error_figure(task: str, table: pd.DataFrame, found: Acuities, subtitle: str) -> Drawing:
    """Draw one task.

    Args:
        task: the task's name.
        table: its rows of `curves`.
        found: the acuity of each of its curves (`acuities`).
        subtitle: whose run this is.
    """
    paper = published(task)
    facets = _facets(task, table, found, split=not paper.empty)
    varied = [name for name in ("answer", "lens") if table[name].nunique() > 1]
    strips = [Strip(_strip_label(c, varied), c.points, c.colour) for f in facets for c in f]
    # The distance between two symbols means nothing: there, only right and wrong are drawn.
    measured = has_distance(task) and bool(table["error_n"].sum() > 0)
    legends = legend_rows(facets, measured=measured, paper=paper)
    panels_top = TOP + LINE * len(legends)
    strips_top = panels_top + PANEL_STEP * len(facets) + 0.15
    figure = Figure(figsize=(WIDTH, strips_top + STRIP_STEP * len(strips) + 0.5))
    note(figure, 0.2, 0.12, task, size=14, weight="bold")
    note(figure, 0.2, 0.43, subtitle, color=MUTED)
    for row, facet in enumerate(facets):
        top = panels_top + PANEL_STEP * row
        title = f"{facet[0].key.mode}: " if len(facets) > 1 else ""
        here = paper[paper["mode"].isin([c.key.mode for c in facet])]
        lengths = sorted({*_lengths(facet), *here["length"]})
        half = (WIDTH - MARGIN - 0.35 - GUTTER) / 2
        if measured:
            axes = panel(figure, MARGIN, top, half, PANEL)
            _errors(axes, task, facet, here[here["quantity"] == "absolute_error"], lengths)
            axes.set_title(f"{title}Error of the answers that could be read")
        left = MARGIN + half + GUTTER if measured else MARGIN
        axes = panel(figure, left, top, WIDTH - 0.35 - left, PANEL)
        _accuracy(axes, facet, here[here["quantity"] == "correct"])
        axes.set_title(f"{title}Accuracy, 95 % Wilson interval")
        length_axis(axes, lengths)
    draw_legend(figure, legends)
    outcome_strips(figure, MARGIN, strips_top, WIDTH - MARGIN - 0.35, strips)
    return Drawing(figure, _alt(task, table))


def _facets(
    task: str, table: pd.DataFrame, found: Acuities, *, split: bool
) -> list[list[DrawnCurve]]:
    """Curves that share a panel: all of them, or those of one mode where all are too many."""
    varied = [name for name in ("mode", "answer", "lens") if table[name].nunique() > 1]
    by_mode = "mode" in varied and (len(varied) > 1 or split)
    told_by = [name for name in varied if name != "mode" or not by_mode] or ["mode"]
    facets: dict[str, list[DrawnCurve]] = {}
    looks: dict[str, tuple[str, str]] = {}
    for key, points in by_curve(table):
        label = ", ".join(getattr(key, name) for name in told_by)
        place = len(looks)
        colour, marker = looks.setdefault(
            label,
            (
                SERIES_COLOURS[place % len(SERIES_COLOURS)],
                SERIES_MARKERS[place % len(SERIES_MARKERS)],
            ),
        )
        curve = DrawnCurve(key, label, points, found[key], colour, marker)
        facets.setdefault(key.mode if by_mode else "", []).append(curve)
    return list(facets.values())


def _strip_label(curve: DrawnCurve, varied: Sequence[str]) -> str:
    """The mode, and under it what else varies."""
    return "\n".join([curve.key.mode, *(getattr(curve.key, name) for name in varied)])


def _errors(
    axes: Axes,
    task: str,
    facet: Sequence[DrawnCurve],
    paper: pd.DataFrame,
    lengths: Sequence[int],
) -> None:
    drawn = [c.points[c.points["error_n"] > 0] for c in facet]
    columns = ("error_mean", "error_median", "error_median_high")
    values = np.concatenate([seen[name] for seen in drawn for name in columns] + [paper["value"]])
    largest = max([1.0, *values[np.isfinite(values)]])
    top = largest * (1.5 if largest > LINEAR_UP_TO else 1.08)
    length_axis(axes, lengths)
    edits = value_kind(task) == "sequence"
    size_axis(axes, largest, "edit distance (items)" if edits else "absolute error")
    for c, seen in zip(facet, drawn, strict=True):
        # The upper end of an interval of few answers is open: it is drawn to the edge. Where both
        # ends are open it says nothing, and is left out.
        high = seen[columns[2]].clip(upper=top)
        both_open = (seen["error_median_low"] <= 0) & ~np.isfinite(seen[columns[2]])
        _banded(axes, c, seen.assign(**{columns[2]: high.mask(both_open)}), columns[1])
        axes.plot(seen["length"], seen["error_mean"], color=c.colour, lw=1.2, ls=DOTTED, marker="_")
    _overlay(axes, paper)
    axes.set_ylim(-0.04 * min(largest, 3.0), top)


def _accuracy(axes: Axes, facet: Sequence[DrawnCurve], paper: pd.DataFrame) -> None:
    for c in facet:
        seen = c.points[c.points["answered"] > 0]
        _banded(axes, c, seen, "accuracy")
        cut = seen[seen["truncated"] > 0]
        top = cut["accuracy_truncated_excluded"]
        axes.vlines(cut["length"], cut["accuracy"], top, color=c.colour, lw=0.8, ls=DOTTED)
        axes.plot(cut["length"], top, ls="", marker=c.marker, ms=4.5, mfc="white", mec=c.colour)
        if c.acuity.curve is not None and c.acuity.l50.value is not None:
            fitted = np.geomspace(*c.acuity.l50.tested, 200)
            axes.plot(fitted, c.acuity.curve.accuracy(fitted), color=c.colour, lw=0.9, ls=DASHED)
    _overlay(axes, paper)
    _guessing(axes, facet)
    if not any(c.points["answered"].sum() for c in facet):
        axes.text(0.5, 0.6, "no trial was answered", transform=axes.transAxes, ha="center")
    axes.axhline(0.5, color=MUTED, lw=0.8, ls=(0, (4, 3)), zorder=0)
    share_axis(axes, "correct, of trials answered")


def _guessing(axes: Axes, facet: Sequence[DrawnCurve]) -> None:
    """What the best blind guess gets right, where that can be seen."""
    lengths = sorted(set(_lengths(facet)))
    level = [chance(facet[0].key, length) for length in lengths]
    if max(level) >= LEAST_GUESSING:
        axes.plot(lengths, level, color=MUTED, lw=1.0, ls=DOTTED, zorder=0)


def _banded(axes: Axes, curve: DrawnCurve, seen: pd.DataFrame, column: str) -> None:
    x = seen["length"].to_numpy(dtype=float)
    low, high = seen[f"{column}_low"].to_numpy(), seen[f"{column}_high"].to_numpy()
    axes.fill_between(x, low, high, color=curve.colour, alpha=0.13, linewidth=0)
    axes.vlines(x, low, high, color=curve.colour, linewidth=0.9)
    axes.plot(x, seen[column], color=curve.colour, marker=curve.marker, ms=4.5, lw=1.6)
    mark_points(axes, curve.key, seen, column)


def _overlay(axes: Axes, paper: pd.DataFrame) -> None:
    for (_, points), marker in zip(paper.groupby("model"), MARKERS, strict=False):
        axes.plot(points["length"], points["value"], ls="", marker=marker, ms=5.5, color=MUTED)


def _lengths(facet: Sequence[DrawnCurve]) -> list[int]:
    return [int(length) for c in facet for length in c.points["length"]]


def _alt(task: str, table: pd.DataFrame) -> str:
    ends = table.dropna(subset=["accuracy"])
    if ends.empty:
        return f"{task}: no trial was answered."
    parts = [f"{task}: error, accuracy and outcomes against length."]
    for key, points in by_curve(ends):
        short, long = points.iloc[0], points.iloc[-1]
        parts.append(
            f"{key.condition}: accuracy {short['accuracy']:.0%} at length "
            f"{short['length']:,} and {long['accuracy']:.0%} at {long['length']:,}."
        )
    return " ".join(parts)
