"""Axes that every report shares: length in items, error, and share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator, PercentFormatter

from ...support.palette import FAINT
from ..formats import plain

LINEAR_UP_TO = 20
"""Axes of errors and answers are linear up to here, and logarithmic above 1 otherwise."""

_ROUND = [float(m * 10**e) for e in range(7) for m in (1, 2, 5)]


def length_axis(axes: Axes, lengths: Sequence[int]) -> None:
    """A log axis of lengths with readable ticks, whether one length was measured or thirty."""
    low, high = min(lengths), max(lengths)
    axes.set_xscale("log", base=2)
    pad = 1.15 if high > low else 2.0
    axes.set_xlim(low / pad, high * pad)
    axes.xaxis.set_major_locator(FixedLocator(length_ticks(lengths)))
    axes.xaxis.set_minor_locator(FixedLocator([float(length) for length in lengths]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: plain(x)))
    axes.xaxis.set_minor_formatter(FuncFormatter(lambda *_: ""))
    axes.tick_params(axis="x", which="minor", length=2)
    axes.set_xlabel("length (items, log scale)")


def length_ticks(lengths: Sequence[int]) -> list[float]:
    """Measured lengths where they lie far enough apart to be labelled, else round numbers."""
    low, high = min(lengths), max(lengths)
    least = np.log(high / low) / 9 if high > low else 0.0
    ordered = sorted(set(lengths))
    if len(ordered) > 12:
        ordered = [int(x) for x in _ROUND if low <= x <= high] or [low, high]
    ticks: list[float] = []
    for length in ordered:
        if not ticks or np.log(length / ticks[-1]) >= least:
            ticks.append(float(length))
    return ticks


def size_axis(axes: Axes, largest: float, label: str) -> None:
    """A vertical axis from zero for errors: linear while small, else log above 1."""
    if largest > LINEAR_UP_TO:
        axes.set_yscale("symlog", linthresh=1, linscale=0.5)
        axes.yaxis.set_major_locator(FixedLocator(size_ticks(largest)))
        label += ", log scale above 1"
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda x, _: plain(x)))
    axes.set_ylabel(label)
    axes.grid(axis="y", color=FAINT, linewidth=0.6)


def size_ticks(largest: float) -> list[float]:
    """Zero, and round numbers up to ``largest``: 1, 2, 5, 10 … or whole decades where many."""
    if largest < 1000:
        return [0.0, *(x for x in _ROUND if x <= largest)]
    powers = 10.0 ** np.arange(0, np.floor(np.log10(largest)) + 1)
    return [0.0, *powers[:: 1 + len(powers) // 7]]


def share_axis(axes: Axes, label: str) -> None:
    """A vertical axis from 0 to 100 %, with room for a marker at both ends."""
    axes.set_ylim(-0.03, 1.03)
    axes.yaxis.set_major_locator(FixedLocator([0, 0.25, 0.5, 0.75, 1]))
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.set_ylabel(label)
    axes.grid(axis="y", color=FAINT, linewidth=0.6)
