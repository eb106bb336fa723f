"""One palette for every figure: Okabe and Ito's colours, told apart with any colour vision.

Okabe and Ito (2008), "Color Universal Design". Their yellow is left out: too pale on white.
"""

from __future__ import annotations

BLACK = "#000000"
BLUE = "#0072B2"
GREEN = "#009E73"
ORANGE = "#E69F00"
PURPLE = "#CC79A7"
SKY = "#56B4E9"
VERMILLION = "#D55E00"

INK = "#222222"
"""Text."""
MUTED = "#6B6B6B"
"""Axes, references, published points: there, but behind the data (5.3:1 on white)."""
FAINT = "#D9D9D9"
"""Grid lines."""

SERIES_COLOURS = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY, BLACK)
"""Colours of series that have none of their own, in order."""
SERIES_MARKERS = ("o", "s", "^", "D", "v", "P", "X")
"""Markers beside them: no series is told apart by colour alone."""
