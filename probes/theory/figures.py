"""Figures of the theory bench: Figures 8, 9 and 10 of the paper, the sweep, and the limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ...support.palette import BLACK, BLUE, MUTED, SERIES_COLOURS, SERIES_MARKERS, VERMILLION
from ..drawing import new_figure, plain_log_axis, plain_log_values, styled
from .tables import ALIBI_SLOPE, ENCODINGS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ENCODING_NAMES = {"sinusoidal": "sinusoidal", "rope": "RoPE", "alibi": "ALiBi", "nope": "NoPE"}
Tables = dict[str, pd.DataFrame]


@styled
def fig8(tables: Tables) -> Figure:
    """Figure 8: convergence of repeated-token representations under sinusoidal encodings."""
    table = tables["fig8_sinusoidal"]
    figure, (axis,) = new_figure(1, 1, width=4.2, height=3.0)
    for norm, label, colour, marker in (
        ("L1", "$L_1$", BLUE, "o"),
        ("Linf", r"$L_\infty$", VERMILLION, "s"),
    ):
        _curve(axis, table[table.norm == norm], label, colour, marker)
    _guide(axis, table[table.norm == "L1"])
    _decorate(axis, table, "distance between n and n+1 tokens")
    axis.set_title("One layer, sinusoidal encodings")
    return figure


@styled
def fig9(tables: Tables) -> Figure:
    """Figure 9: total variation of two softmaxes; bars are the least and most of the seeds."""
    table = tables["fig9_softmax"]
    figure, (axis,) = new_figure(1, 1, width=4.2, height=3.0)
    spread = [table["mean"] - table["min"], table["max"] - table["mean"]]
    axis.errorbar(
        table.length, table["mean"], yerr=spread, fmt="o-", color=BLUE, capsize=2.5,
        label="mean, least and most over seeds",
    )  # fmt: skip
    _guide(axis, table)
    _decorate(axis, table, "total variation (no factor 1/2)")
    axis.set_title("Softmax of x and of x nudged at 200 entries")
    return figure


@styled
def fig10(tables: Tables) -> Figure:
    """Figure 10: the paper's own cell of the sweep, one curve per encoding."""
    table = tables["fig10_sweep"]
    figure, (axis,) = new_figure(1, 1, width=4.2, height=3.0)
    own = table[table.paper].sort_values(["encoding", "slope", "length"])
    cells = own.groupby(["encoding", "slope"], sort=False)
    for ((encoding, slope), rows), colour, marker in zip(
        cells, SERIES_COLOURS, SERIES_MARKERS, strict=False
    ):
        if encoding == "nope":  # lies under RoPE's
            axis.plot(rows.length, rows["mean"], color=colour, lw=5, alpha=0.4)
        _curve(axis, rows, cell_name(str(encoding), float(str(slope))), colour, marker)
    _guide(axis, table[table.paper & (table.encoding == "nope")])
    _decorate(axis, table, "$L_1$ distance, n and n+1")
    axis.set_title("One head; $q$, $k$, $v$ of length 1")
    return figure


def cell_name(encoding: str, slope: float) -> str:
    """A cell of Figure 10 in words."""
    return ENCODING_NAMES[encoding] + (f", slope 1/{1 / slope:.0f}" if encoding == "alibi" else "")


@styled
def exponents(tables: Tables) -> Figure:
    """The sweep: fitted decay exponent against logit scale, and against ALiBi's slope."""
    table = tables["fig10_exponents"]
    figure, axes = new_figure(1, 2, width=3.8, height=3.0, sharey=True)
    for encoding, colour, marker in zip(ENCODINGS, SERIES_COLOURS, SERIES_MARKERS, strict=False):
        slope = ALIBI_SLOPE if encoding == "alibi" else 0.0
        rows = table[(table.encoding == encoding) & (table.slope == slope)]
        _exponent(axes[0], rows.scale, rows, cell_name(encoding, slope), colour, marker)
    alibi = table[(table.encoding == "alibi") & (table.scale == 1)].sort_values("slope")
    places = pd.Series(range(len(alibi)), index=alibi.index)
    _exponent(axes[1], places, alibi, "ALiBi, logit scale 1", SERIES_COLOURS[2], SERIES_MARKERS[2])
    axes[0].set_xscale("log")
    axes[1].set_xticks(places, [f"1/{1 / slope:.0f}" if slope else "0" for slope in alibi.slope])
    axes[0].axvline(1, color=MUTED, lw=0.9, ls=":")
    for place in places[alibi.paper]:
        axes[1].axvline(place, color=MUTED, lw=0.9, ls=":")
    axes[0].set_xlabel("logit scale (dotted: the paper's cell)")
    axes[1].set_xlabel("ALiBi slope (dotted: cells of Fig. 10)")
    axes[0].set_ylabel("decay exponent of the $L_1$ distance")
    axes[0].set_ylim(-1.08, 0.5)  # room for the legend above 0
    for axis in axes:
        axis.axhline(-1, color=MUTED, lw=0.9)
        axis.axhline(0, color=MUTED, lw=0.9)
        axis.legend(loc="upper left", ncols=2)
    return figure


@styled
def limits(tables: Tables) -> Figure:
    """Proposition 5.2 against depth, Proposition 6.1, and Corollary 6.2 by dtype."""
    figure, axes = new_figure(1, 3, width=3.5, height=3.0)
    depth = tables["b8_depth"].groupby("depth")[["first", "middle", "last"]].mean()
    for name, colour, marker in zip(depth, SERIES_COLOURS, SERIES_MARKERS, strict=False):
        axes[0].plot(depth.index, depth[name], marker + "-", color=colour, label=f"{name} token")
    plain_log_axis(axes[0], depth.index)
    axes[0].set_ylim(-0.03, 1.03)
    axes[0].set_xlabel("layers")
    axes[0].set_ylabel("bound on the sensitivity of $y_n$")
    axes[0].set_title("Proposition 5.2: 64 tokens")
    axes[0].legend()
    ratio = tables["p61_ratio"]
    for (causal, rows), colour, marker in zip(
        ratio.groupby("causal"), (BLUE, VERMILLION), SERIES_MARKERS, strict=False
    ):
        worst = rows.groupby("copies").linf.max()
        label = "causal mask" if causal else "no mask"
        axes[1].plot(worst.index, worst, marker + "-", color=colour, label=label)
    axes[1].axhline(ratio.other_ratio.min(), color=MUTED, lw=0.9, ls=":", label="another ratio")
    axes[1].set_yscale("log")
    plain_log_axis(axes[1], ratio.copies)
    axes[1].set_xlabel("copies of each symbol, k")
    axes[1].set_ylabel(r"largest $L_\infty$ to one copy of each")
    axes[1].set_title("Proposition 6.1: no encodings")
    axes[1].legend(loc="center right")
    _counting(axes[2], tables["c62_counting"])
    return figure


def _counting(axis: Axes, table: pd.DataFrame) -> None:
    longest = int(table.longest.iloc[0])
    names = list(dict.fromkeys(table.dtype))
    for i, name in enumerate(names):
        found = table[table.dtype == name]["first"].fillna(longest).astype(float).to_numpy()
        beyond = table[table.dtype == name]["first"].isna().to_numpy()
        spread = i + np.linspace(-0.2, 0.2, len(found))
        axis.plot(spread[~beyond], found[~beyond], "o", color=SERIES_COLOURS[i], ms=3.5)
        axis.plot(spread[beyond], found[beyond], "^", color=SERIES_COLOURS[i], mfc="white", ms=5)
    axis.set_yscale("log")
    axis.set_xticks(range(len(names)), names)
    axis.set_ylabel("first n stored like n+1")
    axis.set_title(f"Corollary 6.2 (hollow: > {longest:,})")


def _curve(axis: Axes, rows: pd.DataFrame, label: str, colour: str, marker: str) -> None:
    axis.fill_between(rows.length, rows.low, rows.high, color=colour, alpha=0.2, lw=0)
    axis.plot(rows.length, rows["mean"], marker + "-", color=colour, label=label)


def _guide(axis: Axes, rows: pd.DataFrame) -> None:
    """A line of slope -1 from the first point."""
    first = rows.iloc[0]
    axis.plot(
        rows.length, first["mean"] * first.length / rows.length, color=BLACK, lw=0.8, ls=":",
        label="1/n",
    )  # fmt: skip


def _exponent(
    axis: Axes, x: pd.Series, rows: pd.DataFrame, label: str, colour: str, marker: str
) -> None:
    # A bootstrap interval of few seeds need not hold the estimate itself.
    ends = [(rows.exponent - rows.low).clip(0), (rows.high - rows.exponent).clip(0)]
    axis.errorbar(
        x, rows.exponent, yerr=ends, fmt=marker + "-", color=colour, capsize=2.5, label=label
    )


def _decorate(axis: Axes, table: pd.DataFrame, label: str) -> None:
    plain_log_values(axis)
    plain_log_axis(axis, table.length)
    axis.set_xlabel("tokens n")
    axis.set_ylabel(label)
    axis.legend()


FIGURES = {"fig8": fig8, "fig9": fig9, "fig10": fig10, "exponents": exponents, "limits": limits}
