"""One look for every figure, and files that do not change when the data do not.

Draw inside :func:`house_style`; then :func:`render` to bytes or :func:`save_figure` to files.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .files import write_atomically
from .palette import INK, MUTED

if TYPE_CHECKING:
    from matplotlib.figure import Figure

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
def house_style(**changes: Any) -> Iterator[None]:
    """Draw and render inside this context to get one look, whatever the user's own settings are.

    Args:
        changes: matplotlib settings that a family of figures has of its own.
    """
    import matplotlib as mpl

    with mpl.rc_context():
        mpl.rcdefaults()
        settings: Any = {**_SETTINGS, **changes}
        mpl.rcParams.update(settings)
        yield


def render(figure: Figure, alt: str, *, dpi: int = 150) -> Picture:
    """Render to SVG and PNG without dates or versions: the same data give the same bytes.

    To be called inside :func:`house_style`: some settings are read only when a figure is written.
    """
    svg, png = io.StringIO(), io.BytesIO()
    with warnings.catch_warnings():
        # Answers hold any character; one that the font lacks is drawn as a box.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure.savefig(svg, format="svg", metadata={"Date": None, "Creator": "snellen"})
        figure.savefig(png, format="png", dpi=dpi, metadata={"Software": None})
    return Picture(svg.getvalue(), png.getvalue(), alt)


def save_figure(
    figure: Figure, folder: Path, name: str, *, alt: str = "", dpi: int = 150, **changes: Any
) -> Path:
    """Write ``<name>.svg`` and ``<name>.png`` into a folder, each whole or not at all.

    Args:
        figure: A figure drawn in :func:`house_style`.
        folder: Made where there is none.
        name: Of the files, without a suffix.
        alt: What it shows in words.
        dpi: Pixels per inch of the PNG.
        changes: As for :func:`house_style`.

    Returns:
        The path of the SVG.
    """
    with house_style(**changes):
        picture = render(figure, alt, dpi=dpi)
    write_atomically(folder / f"{name}.png", picture.png)
    return write_atomically(folder / f"{name}.svg", picture.svg)
