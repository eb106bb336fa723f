"""Figures of collapse. None is drawn without its null band."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ...support.palette import BLACK, BLUE, GREEN, MUTED, VERMILLION
from ..drawing import PUBLISHED, legend_below, new_figure, plain_log_axis, styled
from .measure import headline

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DTYPE_LINES: dict[str, dict[str, Any]] = {
    # The reference lies under the others, wide and pale: where it shows, they have left it.
    "float64": {"color": MUTED, "lw": 4.5, "alpha": 0.35, "solid_capstyle": "round"},
    "float32": {"color": BLUE, "marker": "o"},
    "float16": {"color": GREEN, "marker": "^"},
    "bfloat16": {"color": VERMILLION, "marker": "s"},
}


def draw_distance(axis: Axes, table: pd.DataFrame, published: pd.DataFrame | None = None) -> None:
    """Distance against length for one kind: a line per dtype, its null band shaded below.

    Hollow markers: inside the band, by the distance across kernels, which is what it is for.

    Args:
        axis: Where to draw.
        table: Rows of the collapse table of one kind and one state.
        published: Columns length and value: points of the paper to lay over.
    """
    for dtype, line in DTYPE_LINES.items():
        rows = table[table.dtype == dtype]
        if not len(rows):
            continue
        colour = line["color"]
        axis.plot(rows.length, rows.linf, label=dtype, **line)
        if "marker" in line:
            hollow = rows[rows.inside]
            axis.plot(hollow.length, hollow.linf, **{**line, "ls": "none", "mfc": "white"})
        edge = rows.null_linf.clip(lower=1e-18)
        axis.fill_between(rows.length, 1e-18, edge, color=colour, alpha=0.14, lw=0)
        axis.plot(rows.length, edge, color=colour, lw=0.8, ls="--")
    if published is not None and len(published):
        axis.plot(published.length, published.value, label="paper: Gemma 7B", **PUBLISHED)
    axis.set_yscale("log")
    lengths = table.length if published is None else pd.concat([table.length, published.length])
    plain_log_axis(axis, lengths.astype(int))
    axis.set_xlabel("items n")


def distance_limits(table: pd.DataFrame) -> tuple[float, float]:
    """Limits of a distance axis: all signals, and the bands of the 16-bit dtypes.

    The bands of float32 and float64 lie many decades lower; :func:`band_text` names them.
    """
    coarse = table[table.dtype.isin(["bfloat16", "float16"])].null_linf
    shown = pd.concat([table.linf, coarse])
    shown = shown[shown > 0]
    return (float(shown.min()) / 3, float(shown.max()) * 3) if len(shown) else (1e-16, 1.0)


def band_text(table: pd.DataFrame) -> str:
    """The upper edges of the null bands in words: some lie far below what is drawn."""
    edges = table.groupby("dtype", sort=False).null_linf.max()
    return ", ".join(f"{dtype} up to {edge:.1g}" for dtype, edge in edges.items())


@styled
def collapse_figure(collapse: pd.DataFrame, step: int, state: str = "final norm") -> Figure:
    """One panel per kind: distance between n and n + step items, with null bands."""
    table = headline(collapse, state)
    kinds = list(dict.fromkeys(table.kind))
    columns = min(2, len(kinds))
    figure, axes = new_figure(
        -(-len(kinds) // columns), columns, width=3.9, height=3.0, sharey=True
    )
    for axis, kind in zip(axes, kinds, strict=False):
        draw_distance(axis, table[table.kind == kind])
        axis.set_title(kind.replace("_", " "))
    axes[0].set_ylim(distance_limits(table))
    for axis in axes[len(kinds) :]:
        axis.set_visible(False)
    for axis in axes[::columns]:
        axis.set_ylabel(f"$L_\\infty$ distance, n and n+{step}\n(mean over heads)")
    legend_below(
        figure, columns=4,
        title=f"after the final norm; shaded below dashes: null band\n({band_text(table)}); "
        "hollow: inside it across kernels",
    )  # fmt: skip
    return figure


@styled
def depth_figure(collapse: pd.DataFrame, dtype: str) -> Figure:
    """One panel per kind: relative distance by depth and length; dots: inside the null band."""
    from matplotlib.colors import LogNorm

    table = collapse[collapse.dtype == dtype]
    kinds = list(dict.fromkeys(table.kind))
    columns = min(2, len(kinds))
    figure, axes = new_figure(-(-len(kinds) // columns), columns, width=3.9, height=3.2)
    positive = table.rel_l2[table.rel_l2 > 0]
    low = float(positive.min()) if len(positive) else 1e-3
    norm = LogNorm(low, max(float(table.rel_l2.max()), low * 10))
    image = None
    for axis, kind in zip(axes, kinds, strict=False):
        grid = table[table.kind == kind].pivot_table(
            index="depth", columns="length", values="rel_l2"
        )
        flags = table[table.kind == kind].pivot_table(
            index="depth", columns="length", values="inside"
        )
        image = axis.pcolormesh(grid.to_numpy().clip(low), norm=norm, cmap="viridis")
        rows, cells = np.nonzero(flags.to_numpy())
        axis.plot(cells + 0.5, rows + 0.5, ".", color="white", ms=3, mec=BLACK, mew=0.4)
        every = max(1, len(grid.columns) // 8)
        axis.set_xticks(np.arange(0, len(grid.columns), every) + 0.5, grid.columns[::every])
        every = max(1, len(grid) // 6)
        axis.set_yticks(np.arange(0, len(grid), every) + 0.5, grid.index[::every])
        axis.set_xlabel("items n")
        axis.set_title(kind.replace("_", " "))
        axis.grid(visible=False)
    for axis in axes[len(kinds) :]:
        axis.set_visible(False)
    for axis in axes[::columns]:
        axis.set_ylabel("depth (0 embedding, last: final norm)")
    if image is not None:
        bar = figure.colorbar(image, ax=axes, shrink=0.8)
        bar.set_label(f"relative $L_2$ distance in {dtype}\n(dots: inside the null band)")
    return figure


@styled
def served_figure(table: pd.DataFrame) -> Figure:
    """Through a server: total variation by length per kind, and the band of repeated calls."""
    kinds = list(dict.fromkeys(table.kind))
    columns = min(2, len(kinds))
    figure, axes = new_figure(
        -(-len(kinds) // columns), columns, width=3.9, height=3.0, sharey=True
    )
    for axis, kind in zip(axes, kinds, strict=False):
        rows = table[table.kind == kind]
        hollow = rows[rows.inside]
        axis.fill_between(rows.length, 0, rows.null_tv, color=VERMILLION, alpha=0.14, lw=0)
        axis.plot(
            rows.length,
            rows.null_tv,
            "--",
            color=VERMILLION,
            lw=0.9,
            label="null band: repeated calls",
        )  # fmt: skip
        axis.plot(rows.length, rows.tv, "o-", color=BLUE, label="n and n+1 (lower bound)")
        axis.plot(hollow.length, hollow.tv, "o", color=BLUE, mfc="white")
        axis.set_ylim(-0.03, 1.03)
        plain_log_axis(axis, rows.length.astype(int))
        axis.set_xlabel("items n")
        axis.set_title(kind.replace("_", " "))
    for axis in axes[len(kinds) :]:
        axis.set_visible(False)
    for axis in axes[::columns]:
        axis.set_ylabel("total variation of the next token")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure
