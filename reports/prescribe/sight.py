"""Accuracy over length with and without the lens, on the same questions."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ...stats.acuity import AcuityReport
from ...stats.intervals import wilson
from ...store.curve_key import CurveKey
from ...support.figures import Picture, house_style, render
from ...support.palette import BLUE, MUTED, VERMILLION
from ..acuities import acuities
from ..curves import curves
from ..figures.axes import length_axis, share_axis
from ..figures.curve_legend import DASHED
from ..figures.drawing import note, panel

_PER_OCTAVE = 2
"""Answers of so large a part of an octave are one point: an adaptive test asks many lengths."""


def sight(trials: pd.DataFrame, before: CurveKey, after: CurveKey, title: str) -> Picture:
    """Draw both curves.

    Args:
        trials: a table of trials that holds both.
        before: the curve without the lens.
        after: that with it.
        title: which trials these are.
    """
    table = curves(trials)
    found = acuities(table)
    with house_style():
        figure = Figure(figsize=(7.2, 3.4))
        axes = panel(figure, 0.7, 0.65, 6.2, 2.2)
        said = []
        for key, label, colour, marker in (
            (before, "without a lens", BLUE, "o"),
            (after, f"with {after.lens}", VERMILLION, "s"),
        ):
            points = _points(table, key)
            if points.empty:
                continue
            _curve(axes, points, found[key], f"{label}: L50 {found[key].l50}", colour, marker)
            said.append(f"{label} L50 {found[key].l50}")
        asked = sorted({int(n) for n in table["length"]})
        length_axis(axes, asked)
        axes.axhline(0.5, color=MUTED, lw=0.8, ls=(0, (4, 3)), zorder=0)
        share_axis(axes, "correct, of trials answered")
        note(figure, 0.12, 0.12, title, weight="bold")
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0.2)
        return render(figure, f"{title}: " + "; ".join(said) + ".")


def _points(table: pd.DataFrame, key: CurveKey) -> pd.DataFrame:
    """One row per part of an octave: length (geometric mean), correct, answered."""
    columns = ("task", "mode", "answer", "lens")
    rows = table[np.all([table[name] == v for name, v in zip(columns, key, strict=True)], axis=0)]
    rows = rows[rows["answered"] > 0]
    log2 = np.log2(rows["length"].to_numpy(dtype=float))
    groups = rows.assign(
        part=np.floor(log2 * _PER_OCTAVE + 0.5), log2=log2 * rows["answered"].to_numpy(dtype=float)
    ).groupby("part")
    pooled = groups[["log2", "correct", "answered"]].sum().reset_index(drop=True)
    return pooled.assign(length=np.exp2(pooled["log2"] / pooled["answered"]))


def _curve(
    axes: Axes, points: pd.DataFrame, report: AcuityReport, label: str, colour: str, marker: str
) -> None:
    for _, point in points.iterrows():
        ends = wilson(int(point["correct"]), int(point["answered"]))
        axes.plot([point["length"]] * 2, [ends.low, ends.high], color=colour, lw=1.0)
    share = points["correct"] / points["answered"]
    fitted = report.curve is not None and report.l50.reason is None
    line = "" if fitted else "-"
    axes.plot(points["length"], share, color=colour, marker=marker, ms=5, ls=line, label=label)
    if fitted and report.curve is not None:
        at = np.geomspace(*report.l50.tested, 200)
        axes.plot(at, report.curve.accuracy(at), color=colour, lw=1.2, ls=DASHED)
