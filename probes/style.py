"""One look for all probe figures: Okabe-Ito colours, SVG and PNG that are the same every time."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec

from .tables import whole_file

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

P = ParamSpec("P")

BLACK, ORANGE, SKY, GREEN, YELLOW, BLUE, RED, PURPLE = (
    "#000000",
    "#E69F00",
    "#56B4E9",
    "#009E73",
    "#F0E442",
    "#0072B2",
    "#D55E00",
    "#CC79A7",
)
CYCLE = (BLUE, RED, GREEN, ORANGE, PURPLE, SKY, BLACK)
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
GREY = "#767676"
PUBLISHED: dict[str, Any] = {
    "color": GREY,
    "marker": "x",
    "linestyle": "none",
    "markersize": 6,
    "zorder": 2.5,
}
"""How points read off the paper's figures are drawn."""

_SETTINGS: dict[Any, Any] = {
    "font.size": 9,
    "axes.titlesize": 9.5,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e6e6e6",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "legend.frameon": False,
    "legend.fontsize": 8,
    "lines.linewidth": 1.5,
    "lines.markersize": 4,
    "figure.dpi": 100,
    "svg.hashsalt": "snellen",
    "svg.fonttype": "none",
}


def styled(draw: Callable[P, Figure]) -> Callable[P, Figure]:
    """Draw a figure in the house style, whatever the user's own matplotlib settings are."""

    @functools.wraps(draw)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> Figure:
        import matplotlib as mpl

        with mpl.rc_context(_SETTINGS):
            return draw(*args, **kwargs)

    return wrapped


def new_figure(
    rows: int, columns: int, *, width: float = 3.3, height: float = 2.7, sharey: bool = False
) -> tuple[Figure, list[Axes]]:
    """A figure of ``rows x columns`` panels of the given size in inches, axes in reading order."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(
        figsize=(width * columns, height * rows), layout="constrained", facecolor="white"
    )
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, columns, squeeze=False, sharey=sharey)
    return figure, list(axes.flat)


def save_figure(figure: Figure, folder: Path, name: str) -> Path:
    """Write ``<name>.svg`` and ``<name>.png`` into a folder; returns the path of the SVG."""
    import matplotlib as mpl

    with mpl.rc_context(_SETTINGS):
        for kind, options in (("svg", {"metadata": {"Date": None}}), ("png", {"dpi": 160})):
            with whole_file(folder / f"{name}.{kind}") as scratch:
                figure.savefig(scratch, format=kind, **options)
    return folder / f"{name}.svg"


def plain_log_axis(axis: Axes, lengths: Iterable[int]) -> None:
    """A log x-axis ticked at the lengths themselves, thinned so that labels do not touch."""
    axis.set_xscale("log")
    ordered = sorted(set(lengths))
    apart = (ordered[-1] / ordered[0]) ** 0.11
    ticks: list[int] = []
    for n in ordered:
        if not ticks or n / ticks[-1] >= apart:
            ticks.append(n)
    axis.set_xticks(ticks, [f"{t:,}" for t in ticks], minor=False)
    axis.set_xticks([], minor=True)
