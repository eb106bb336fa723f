"""One look for every figure: colours, type, and files that do not change when the data do not."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Okabe and Ito (2008), "Color Universal Design": told apart with any colour vision.
BLUE, VERMILLION, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
ORANGE, SKY, BLACK = "#E69F00", "#56B4E9", "#000000"
INK, MUTED, FAINT = "#222222", "#6B6B6B", "#D9D9D9"

SERIES_COLOURS = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY, BLACK)
SERIES_MARKERS = ("o", "s", "^", "D", "v", "P", "X")

OUTCOME_COLOURS = {
    "correct": BLUE,
    "wrong": ORANGE,
    "unparseable": PURPLE,
    "truncated": "#8C8C8C",
    "refused": BLACK,
    "failed": "#FFFFFF",
}
OUTCOME_HATCHES = {"truncated": "/////"}  # told apart from the others in grey print

_SETTINGS: dict[str, Any] = {
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Helvetica", "Arial"],
    "font.size": 9,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": MUTED,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 9.5,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.axisbelow": True,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "hatch.linewidth": 0.6,
    "hatch.color": "white",
    "svg.fonttype": "none",
    "svg.hashsalt": "snellen",
    "path.simplify": False,
    "text.parse_math": False,  # names and answers are text, whatever dollar signs they hold
}


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawn figure: vector text, pixels, and what it shows in words.

    Attributes:
        svg: the SVG document.
        png: the PNG file.
        alt: one or two sentences for those who cannot see it.
    """

    svg: str
    png: bytes
    alt: str


@contextmanager
def look(**changes: Any) -> Iterator[None]:
    """Draw and render inside this context to get the house style, whatever the user's own is."""
    with mpl.rc_context():
        mpl.rcdefaults()
        settings: Any = {**_SETTINGS, **changes}
        mpl.rcParams.update(settings)
        yield


def render(figure: Figure, alt: str, *, dpi: int = 150) -> Picture:
    """Render to SVG and PNG without dates or versions: the same data give the same bytes."""
    svg, png = io.StringIO(), io.BytesIO()
    with warnings.catch_warnings():
        # Answers hold any character; one that the font lacks is drawn as a box.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure.savefig(svg, format="svg", metadata={"Date": None, "Creator": "snellen"})
        figure.savefig(png, format="png", dpi=dpi, metadata={"Software": None})
    return Picture(svg.getvalue(), png.getvalue(), alt)


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


def plain(value: float) -> str:
    """A number as a tick or label wants it: 1,024, and powers of ten from a million."""
    if abs(value) >= 1e6:
        return f"{value:.0e}".replace("e+0", "e").replace("e+", "e")
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.3g}"
