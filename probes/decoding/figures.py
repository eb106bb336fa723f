"""Figures of decoding: the pair test with its verdicts, and the read-out by depth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from ...support.palette import BLACK, BLUE, GREEN, MUTED, ORANGE, VERMILLION
from ..drawing import legend_below, new_figure, plain_log_axis, styled
from .verdicts import DECODABLE, SightVerdict

if TYPE_CHECKING:
    from matplotlib.figure import Figure

VERDICT_LOOKS: dict[str, dict[str, Any]] = {
    SightVerdict.READ: {"marker": "o", "color": GREEN},
    SightVerdict.UNREAD: {"marker": "s", "color": BLUE},
    SightVerdict.LOST: {"marker": "X", "color": VERMILLION},
    SightVerdict.NEVER_ENCODED: {"marker": "D", "color": BLACK},
    SightVerdict.UNTESTABLE: {"marker": "o", "color": MUTED, "mfc": "white"},
}
CONDITION_LOOKS = {
    "interpolation": (BLUE, "-"),
    "extrapolation": (VERMILLION, "-"),
    "another wording": (GREEN, "--"),
    "another task": (ORANGE, "--"),
    "shuffled": (MUTED, ":"),
}


@styled
def verdict_figure(verdicts: pd.DataFrame) -> Figure:
    """The pair test in the state that answers: AUC by length, a panel per kind and dtype.

    Beside it, as a line, the same test in the state of the sequence's last item.
    """
    cells = list(verdicts.groupby(["kind", "dtype"], sort=False))
    columns = min(2, len(cells))
    figure, axes = new_figure(
        -(-len(cells) // columns), columns, width=3.9, height=2.7, sharey=True
    )
    for axis, ((kind, dtype), rows) in zip(axes, cells, strict=False):
        axis.axhline(0.5, color=MUTED, lw=0.9, ls=":")
        axis.axhline(DECODABLE, color=MUTED, lw=0.9, ls="--")
        axis.plot(rows.length, rows.auc_last_item, "-", color=ORANGE, lw=1.2, zorder=1.8)
        axis.vlines(rows.length, rows.low, rows.high, color=MUTED, lw=1.2)
        for verdict, look in VERDICT_LOOKS.items():
            own = rows[rows.verdict == verdict]
            axis.plot(own.length, own.auc, ls="none", ms=6, **look)
        axis.set_ylim(-0.05, 1.08)
        plain_log_axis(axis, rows.length.astype(int))
        axis.set_xlabel("items n")
        axis.set_title(f"{str(kind).replace('_', ' ')}, {dtype}")
    for axis in axes[len(cells) :]:
        axis.set_visible(False)
    for axis in axes[::columns]:
        axis.set_ylabel("AUC, n against n + 1\n(state that answers)")
    for verdict, look in VERDICT_LOOKS.items():
        axes[0].plot([], [], ls="none", ms=6, label=str(verdict), **look)
    axes[0].plot([], [], color=ORANGE, lw=1.2, label="state of the last item")
    legend_below(
        figure, columns=3 if columns > 1 else 2,
        title=f"dotted: luck; dashed: decodable from {DECODABLE} on\nbars: 95 % intervals",
    )  # fmt: skip
    return figure


@styled
def read_out_figure(readout: pd.DataFrame) -> Figure:
    """R² of the count read-out by depth, a panel per kind and dtype, a line per condition."""
    cells = list(readout.groupby(["kind", "dtype"], sort=False))
    columns = min(2, len(cells))
    figure, axes = new_figure(
        -(-len(cells) // columns), columns, width=3.9, height=2.7, sharey=True
    )
    for axis, ((kind, dtype), rows) in zip(axes, cells, strict=False):
        for condition, (colour, line) in CONDITION_LOOKS.items():
            own = rows[rows.condition == condition]
            if not len(own):
                continue  # one wording only
            # Below -1 a read-out is of no use, however far; the axis is for what is.
            axis.plot(own.depth, own.r2.clip(-1), line, color=colour, label=condition)
        axis.axhline(0, color=MUTED, lw=0.9, ls=":")
        axis.set_ylim(-1.05, 1.05)
        axis.set_xlabel("depth (0 embedding, last: final norm)")
        axis.set_title(f"{str(kind).replace('_', ' ')}, {dtype}")
    for axis in axes[len(cells) :]:
        axis.set_visible(False)
    for axis in axes[::columns]:
        axis.set_ylabel("$R^2$ of n on held-out prompts\n(cut at -1)")
    legend_below(figure, columns=5 if columns > 1 else 2)
    return figure
