"""How probe figures are drawn: panels of a given size, grids, and axes ticked at the lengths."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec

from ..support.figures import house_style
from ..support.figures import save_figure as save_in_style
from ..support.palette import MUTED

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

P = ParamSpec("P")

PUBLISHED: dict[str, Any] = {
    "color": MUTED,
    "marker": "x",
    "linestyle": "none",
    "markersize": 6,
    "zorder": 2.5,
}
"""How points read off the paper's figures are drawn."""

_PROBE_STYLE: dict[str, Any] = {
    "axes.titleweight": "normal",
    "axes.grid": True,
    "grid.color": "#e6e6e6",
    "grid.linewidth": 0.6,
    "legend.fontsize": 8,
    "lines.linewidth": 1.5,
    "lines.markersize": 4,
    "text.parse_math": True,
}


def styled(draw: Callable[P, Figure]) -> Callable[P, Figure]:
    """Draw a figure in the house style, whatever the user's own matplotlib settings are."""

    @functools.wraps(draw)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> Figure:
        with house_style(**_PROBE_STYLE):
            return draw(*args, **kwargs)

    return wrapped


def save_figure(figure: Figure, folder: Path, name: str) -> Path:
    """Write ``<name>.svg`` and ``<name>.png``; tick labels are made only now, in this style."""
    return save_in_style(figure, folder, name, dpi=160, **_PROBE_STYLE)


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


def plain_log_values(axis: Axes) -> None:
    """A log y-axis with few labels: within two decades 1, 2 and 5, else powers of ten."""
    from matplotlib.ticker import (
        LogFormatterMathtext,
        LogLocator,
        NullFormatter,
        StrMethodFormatter,
    )

    axis.set_yscale("log")
    low, high = axis.get_ylim()
    narrow = high < 150 * low
    axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if narrow else (1,)))
    axis.yaxis.set_major_formatter(
        StrMethodFormatter("{x:g}") if narrow else LogFormatterMathtext()
    )
    axis.yaxis.set_minor_formatter(NullFormatter())


def legend_below(figure: Figure, *, columns: int, title: str = "") -> None:
    """One legend for all panels, under them; its title may have several lines.

    What has a legend of its own is left out; so is what another panel has named already.
    """
    named: dict[str, Any] = {}
    for axis in figure.axes:
        if axis.get_legend() is None:
            handles, labels = axis.get_legend_handles_labels()
            named = dict(zip(labels, handles, strict=True)) | named
    legend = figure.legend(
        named.values(), named.keys(), loc="outside lower center", ncols=columns,
        title=title or None, title_fontsize=8,
    )  # fmt: skip
    legend.get_title().set_multialignment("center")
