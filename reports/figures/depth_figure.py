"""Accuracy by where in the sequence the asked item stood, against length: a heat map."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from ...store.curve_key import CurveKey
from ...support.palette import BLUE, INK, MUTED
from ..catalogue import in_order
from ..curves import KEY, by_curve, keyed
from ..formats import plain
from .drawing import Drawing, note, panel

BANDS = 5
"""Depths are gathered into so many bands: a trial or two in each cell tells little."""

WIDTH, MARGIN, TOP, CELL, GAP = 10.0, 1.15, 1.05, 0.34, 0.95
_SIGHT = LinearSegmentedColormap.from_list("sight", ["#FFFFFF", BLUE])


def depth_table(trials: pd.DataFrame) -> pd.DataFrame:
    """Right and answered trials by depth band and length.

    Args:
        trials: one task's rows of the trial table; those without a depth, and those that failed,
            are left out.

    Returns:
        One row per curve, length and band, with ``band`` (0 is the start of the sequence),
        ``answered`` and ``correct``.
    """
    asked = trials[trials["depth"].notna() & (trials["outcome"] != "failed")]
    rows = keyed(asked, "depth", "outcome")
    depth = rows["depth"].to_numpy(dtype=float)
    rows["band"] = np.clip(np.floor(depth * BANDS), 0, BANDS - 1).astype(int)
    rows["correct"] = (rows["outcome"] == "correct").astype(int)
    cells = rows.groupby([*KEY, "length", "band"], observed=True)["correct"]
    table = cells.agg(answered="size", correct="sum").reset_index()
    return in_order(table, [*KEY, "length", "band"])


def depth_figure(task: str, trials: pd.DataFrame, subtitle: str) -> Drawing:
    """Draw one task.

    Args:
        task: the task's name.
        trials: its rows of the trial table; some have a depth.
        subtitle: whose run this is.
    """
    table = depth_table(trials)
    series = list(by_curve(table))
    lengths = sorted(int(n) for n in table["length"].unique())
    height = BANDS * CELL
    figure = Figure(figsize=(WIDTH, TOP + max(1, len(series)) * (height + GAP)))
    note(figure, 0.2, 0.12, f"{task}: where the asked item stood", size=14, weight="bold")
    note(figure, 0.2, 0.43, subtitle, color=MUTED)
    note(
        figure,
        0.2,
        0.66,
        "In each cell: correct of answered. Grey: not asked.",
        color=MUTED,
        size=8.5,
    )
    for row, (curve, cells) in enumerate(series):
        top = TOP + 0.1 + row * (height + GAP)
        axes = panel(figure, MARGIN, top, WIDTH - MARGIN - 0.35, height)
        axes.set_title(curve.condition)
        _cells(axes, cells, lengths, last=row == len(series) - 1)
    if not series:
        note(figure, MARGIN, TOP + 0.5, "no trial was answered")
    return Drawing(figure, _alt(task, series))


def _cells(axes: Axes, cells: pd.DataFrame, lengths: Sequence[int], *, last: bool) -> None:
    counts = np.zeros((2, BANDS, len(lengths)))
    column = np.searchsorted(lengths, cells["length"].to_numpy())
    counts[0, cells["band"], column] = cells["correct"]
    counts[1, cells["band"], column] = cells["answered"]
    correct, answered = counts
    share = np.divide(correct, answered, out=np.full_like(correct, np.nan), where=answered > 0)
    axes.set_facecolor("#EFEFEF")
    axes.pcolormesh(
        np.arange(len(lengths) + 1) - 0.5,
        np.arange(BANDS + 1) - 0.5,
        np.ma.masked_invalid(share),
        cmap=_SIGHT,
        vmin=0,
        vmax=1,
        edgecolors=MUTED,
        linewidth=0.3,
        clip_on=False,
    )
    size = min(8.0, 72 * (WIDTH - MARGIN) / len(lengths) / 4.5)
    for band, place in np.argwhere(answered > 0):
        axes.text(
            place,
            band,
            f"{correct[band, place]:.0f}/{answered[band, place]:.0f}",
            ha="center",
            va="center",
            fontsize=size,
            color="white" if share[band, place] > 0.55 else INK,
        )
    axes.invert_yaxis()
    axes.set_yticks(range(BANDS), _band_names())
    axes.set_xticks(range(len(lengths)), [plain(n) for n in lengths], fontsize=min(8.0, size * 1.1))
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    if last:
        axes.set_xlabel("length (items, evenly spaced)")
    axes.set_ylabel("depth")


def _band_names() -> list[str]:
    """The bands in words: first, in the middle, last."""
    ends = [round(100 * i / BANDS) for i in range(BANDS + 1)]
    names = [f"{low}–{high} %" for low, high in pairwise(ends)]
    return [f"start, {names[0]}", *names[1:-1], f"end, {names[-1]}"]


def _alt(task: str, series: Sequence[tuple[CurveKey, pd.DataFrame]]) -> str:
    parts = [f"{task}: share of correct answers by depth of the asked item and length."]
    for key, cells in series:
        totals = cells.groupby("band")[["correct", "answered"]].sum()
        said = [
            f"{_band_names()[int(band)]} {correct} of {answered}"
            for band, correct, answered in totals.itertuples(name=None)
        ]
        parts.append(f"{key.condition}: {'; '.join(said)}.")
    return " ".join(parts)
