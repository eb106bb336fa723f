"""The paper's representation figures (5 and 12) and synthetic ones (8, 9, 10)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pandas as pd

from ...support.palette import BLACK, VERMILLION
from ..collapse.figures import band_text, distance_limits, draw_distance
from ..collapse.measure import CollapseTables, headline, measure_collapse
from ..collapse.rows import CollapsePlan
from ..drawing import legend_below, new_figure, styled
from ..folder import Parts, Tables
from ..result import Progress, silent, within
from ..theory.figures import cell_name, fig8, fig9, fig10
from .behaviour import Drawn
from .limits import sooner
from .verdicts import Finding, decays, falls, farther, reaches_band

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..states.subject import Subject

FIG5_LENGTHS = (1, 2, 6, 11, 51, 101, 501, 1001, 2001)
PAPER_LINE = 2.0**-7
"""The machine precision that the paper draws: an absolute line, where rounding is relative."""
FIG12_LENGTHS = (2, 5, 10, 100, 500, 1000)
DTYPES = ("float64", "float32", "bfloat16")
FEW = ("float64", "bfloat16")
"""Of the other kinds: float32 lies on float64 for the eye, and costs a third of the time."""
GEMMA_7B = {
    "count_ones": (0.93, 0.33, 0.17, 0.057, 0.037, 0.025, 0.035, 0.035, 0.008),
    "count_sampled": (0.325, 0.280, 0.235, 0.260, 0.189, 0.136, 0.109, 0.092, 0.073),
    "copy_ones": (0.47, 0.40, 0.12, 0.054, 0.043, 0.053, 0.031, 0.035, 0.006),
    "copy_commas": (0.47, 0.40, 0.42, 0.76, 1.02, 1.09, 1.29, 1.32, 1.45),
}
"""Figure 5 as digitised: mean over heads at the last layer; good to 0.003 to 0.01."""

PANELS = {
    "count_ones": "(a) count, ones",
    "count_sampled": "(b) count, sampled digits",
    "copy_ones": "(c) copy, ones",
    "copy_commas": "(d) copy, commas every third",
}


def collapse_figures(
    subject: Subject,
    longest: int,
    progress: Progress = silent,
    parts: Callable[[Mapping[str, Any]], Parts] = lambda _: Parts(),
) -> tuple[list[Drawn], list[str]]:
    """Figures 5 and 12, measured on a model up to ``longest`` items; and what failed.

    ``parts`` gives the place where what is finished of a plan is kept.

    Figure 5(d) adds one item, which moves it in its group of three: n against n + 3 is measured
    as a control.
    """
    kinds = tuple(PANELS)
    grid = tuple(n for n in FIG5_LENGTHS if n <= longest)

    def measure(plan: CollapsePlan, told: Progress) -> CollapseTables:
        return measure_collapse(subject, plan, told, parts(asdict(plan)))

    tables = measure(CollapsePlan(kinds[:1], grid, DTYPES), within(progress, 0, 25, 100))
    tables = tables.joined(
        measure(CollapsePlan(kinds[1:], grid, FEW), within(progress, 25, 50, 100))
    )
    phase = CollapsePlan(("copy_ones", "copy_commas"), grid, ("float64",), step=3)
    tables = tables.joined(measure(phase, within(progress, 75, 12, 100)))
    grid12 = tuple(n for n in FIG12_LENGTHS if n <= longest)
    plan12 = CollapsePlan(("last_digit",), grid12, FEW)
    tables12 = measure(plan12, within(progress, 87, 13, 100))
    drawn = []
    if len(tables.collapse):
        one = tables.collapse[tables.collapse.step == 1]
        drawn.append(Drawn("fig5", _fig5(one), headline(tables.collapse), _findings5(tables)))
    if len(tables12.collapse):
        drawn.append(
            Drawn("fig12", _fig12(tables12.collapse), headline(tables12.collapse), _both(
                "12", "last_digit", tables12, FIG12_LENGTHS[-1]))
        )  # fmt: skip
    return drawn, tables.failures + tables12.failures


@styled
def _fig5(collapse: pd.DataFrame) -> Figure:
    table = headline(collapse)
    figure, axes = new_figure(1, 4, width=3.1, height=3.0, sharey=True)
    for axis, (kind, title) in zip(axes, PANELS.items(), strict=True):
        theirs = pd.DataFrame({"length": FIG5_LENGTHS, "value": GEMMA_7B[kind]})
        draw_distance(axis, table[table.kind == kind], theirs)
        _paper_look(axis, table[table.kind == kind])
        axis.set_title(title)
    low, high = distance_limits(table)
    axes[0].set_ylim(min(low, 0.004), high)
    axes[0].set_ylabel("$L_\\infty$ distance, n and n+1\n(mean over heads)")
    _band_legend(figure, table)
    return figure


@styled
def _fig12(collapse: pd.DataFrame) -> Figure:
    table = headline(collapse)
    figure, (axis,) = new_figure(1, 1, width=4.8, height=3.4)
    draw_distance(axis, table)
    _paper_look(axis, table)
    axis.set_title("Type 1 prompt, a sequence of ones")
    low, high = distance_limits(table)
    axis.set_ylim(min(low, 0.004), high)
    axis.set_ylabel("$L_\\infty$ distance, n and n+1\n(mean over heads)")
    _band_legend(figure, table)
    return figure


def _paper_look(axis: Axes, table: pd.DataFrame) -> None:
    """The least and most over heads, and the paper's line for bfloat16."""
    rows = table[table.dtype == "bfloat16"]
    for name, label in (("linf_min", "least and most over heads (bfloat16)"), ("linf_max", None)):
        axis.plot(rows.length, rows[name], ":", color=VERMILLION, lw=0.9, label=label)
    axis.axhline(PAPER_LINE, color=BLACK, lw=0.9, ls="-.", label="the paper's line, 0.0078")


def _band_legend(figure: Figure, table: pd.DataFrame) -> None:
    alone = len(figure.axes) == 1
    gap, then = ("\n", "\n") if alone else (" ", "; ")
    legend_below(
        figure, columns=2 if alone else 7,
        title=f"after the final norm; shaded below dashes: null band{gap}"
        f"({band_text(table)}){then}hollow markers: inside it by the distance across kernels",
    )  # fmt: skip


def _both(figure: str, kind: str, tables: CollapseTables, needed: int) -> list[Finding]:
    """Decay in exact arithmetic, and arrival in the bfloat16 band."""
    final = headline(tables.collapse)
    rows = final[(final.kind == kind) & (final.step == 1)]
    exact = rows[rows.dtype == "float64"]
    claim = "The last states of n and n+1 draw together (float64)."
    out = [falls(figure, claim, exact.length, exact.linf, needed=needed)]
    ends = headline(tables.horizon)
    half = ends[(ends.kind == kind) & (ends.dtype == "bfloat16")]
    if len(half):
        claim = "In bfloat16 their distance lies within that of rounding from some length on."
        coarse = rows[rows.dtype == "bfloat16"]
        band = float(coarse.null_linf.iloc[-1])
        out.append(
            reaches_band(figure, claim, half.iloc[0], coarse.linf_across, band, needed=needed)
        )
    return out


def _findings5(tables: CollapseTables) -> list[Finding]:
    needed = FIG5_LENGTHS[-1]
    out = [
        finding
        for panel, kind in zip("abc", list(PANELS)[:3], strict=True)
        for finding in _both(f"5{panel}", kind, tables, needed)
    ]
    final = headline(tables.collapse)
    final = final[final.dtype == "float64"]
    for claim, step in (
        ("Commas every third digit keep the states apart.", 1),
        ("So they do at the same place in the group (control: n against n + 3).", 3),
    ):
        ones, commas = (
            final[(final.kind == kind) & (final.step == step)]
            for kind in ("copy_ones", "copy_commas")
        )
        out.append(farther("5d", claim, commas.length, commas.linf, ones.linf, needed))
    ends = headline(tables.horizon)
    out.append(sooner(ends[(ends.kind == "count_ones") & (ends.step == 1)]))
    return out


def theory_drawn(tables: Tables) -> list[Drawn]:
    """Figures 8, 9 and 10, with the fitted exponents of Figure 10's own cell."""
    eight = tables["fig8_sinusoidal"]
    nine = tables["fig9_softmax"]
    claim8 = "Under sinusoidal encodings states of n and n+1 tokens converge."
    fits = tables["fig10_exponents"]
    columns = ["encoding", "slope", "exponent", "low", "high"]
    ten = [
        decays("10", f"The distance decays: {cell_name(cell, float(slope))}.", *map(float, fit))
        for cell, slope, *fit in fits[fits.paper][columns].to_numpy()
    ]
    # The paper's figures are in the L-infinity norm; its Theorem B.3 is in L1.
    linf = eight[eight.norm == "Linf"]
    return [
        Drawn("fig8", fig8(tables), eight, [falls("8", claim8, linf.length, linf["mean"])]),
        Drawn(
            "fig9", fig9(tables), nine,
            [falls("9", "Total variation of the softmaxes goes to 0.", nine.length, nine["mean"])],
        ),
        Drawn("fig10", fig10(tables), tables["fig10_sweep"], ten),
    ]  # fmt: skip
