"""What the figures of a run share: the colours of outcomes, and places in inches."""

from __future__ import annotations

from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ...support.palette import BLACK, BLUE, ORANGE, PURPLE


class Drawing(NamedTuple):
    """A figure and what it shows in words; to be drawn and rendered in the house style."""

    figure: Figure
    alt: str


OUTCOME_COLOURS = {
    "correct": BLUE,
    "wrong": ORANGE,
    "unparseable": PURPLE,
    "truncated": "#8C8C8C",
    "refused": BLACK,
    "failed": "#FFFFFF",
}
OUTCOME_HATCHES = {"truncated": "/////"}  # told apart from the others in grey print


def panel(figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
    """Axes placed in inches from the upper left corner, so that no layout engine moves them."""
    full_width, full_height = figure.get_size_inches()
    bottom = full_height - top - height
    return figure.add_axes(
        (left / full_width, bottom / full_height, width / full_width, height / full_height)
    )


def note(
    figure: Figure, left: float, top: float, text: str, *, size: float = 9, **look: Any
) -> None:
    """Text whose upper left corner lies ``left`` and ``top`` inches from that of the figure."""
    width, height = figure.get_size_inches()
    figure.text(left / width, 1 - top / height, text, **{"va": "top", "fontsize": size, **look})
