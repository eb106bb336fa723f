"""Marks that a page can point at: one unseen disc over each point of a curve, with a name."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from ...store.curve_key import CurveKey

PREFIX = "point:"
MOST = 400
"""Points of a panel beyond which none is marked: each is an element of the page."""
_DIAMETER = 14.0
"""In typographic points: wide enough for a finger."""


def mark_points(axes: Axes, key: CurveKey, seen: pd.DataFrame, column: str) -> None:
    """Lay a disc that shows nothing over each point; its id names the curve and the length.

    In a file the discs change nothing. In a page the script finds them by :data:`PREFIX`.

    Args:
        axes: where the points are drawn.
        key: their curve.
        seen: its rows of `curves`.
        column: what is drawn; part of the id, for two panels may show one point.
    """
    known = seen[seen[column].notna()]
    if len(known) > MOST:
        return
    for length, value in zip(known["length"], known[column], strict=True):
        mark(axes, float(length), float(value), f"{column}/{point_name(key, int(length))}")


def mark(axes: Axes, x: float, y: float, name: str) -> None:
    """One such disc, by what is drawn there and the name of the point, a slash between."""
    axes.plot([x], [y], ls="", marker="o", ms=_DIAMETER, alpha=0.0, gid=f"{PREFIX}{name}")


def point_name(key: CurveKey, length: int) -> str:
    """The name of a point within its task; names of modes, forms and lenses hold no slash."""
    return f"{key.mode}/{key.answer}/{key.lens}/{length}"
