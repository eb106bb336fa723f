"""The one palette and the one figure saver."""

from __future__ import annotations

import itertools
from pathlib import Path

import matplotlib as mpl
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from snellen.support import palette
from snellen.support.figures import house_style, render, save_figure


def draw() -> Figure:
    with house_style():
        figure = Figure(figsize=(3, 2))
        axis = figure.subplots()
        axis.plot([1, 2, 3], [3, 1, 2], label="costs $5 and $6")
        axis.legend()
    return figure


def test_files_are_the_same_every_time_whatever_the_user_s_settings(tmp_path: Path) -> None:
    save_figure(draw(), tmp_path / "a", "f")
    with mpl.rc_context({"svg.hashsalt": "other", "font.size": 20, "svg.fonttype": "path"}):
        save_figure(draw(), tmp_path / "b", "f")
    for kind in ("svg", "png"):
        one, other = ((tmp_path / place / f"f.{kind}").read_bytes() for place in "ab")
        assert one == other
    svg = (tmp_path / "a" / "f.svg").read_text()
    assert "costs $5 and $6" in svg  # text stays text, and dollars are no mathematics
    assert "dc:date" not in svg


def test_settings_are_put_back() -> None:
    before = dict(mpl.rcParams)
    with house_style(**{"font.size": 3}):
        assert mpl.rcParams["font.size"] == 3
    assert dict(mpl.rcParams) == before


def test_a_picture_holds_both_kinds_and_its_words() -> None:
    figure = draw()
    with house_style():
        picture = render(figure, "three points", dpi=50)
    assert picture.png.startswith(b"\x89PNG")
    assert picture.svg.startswith("<?xml")
    assert picture.alt == "three points"


def luminance(colour: str) -> float:
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def test_colours_differ_and_text_is_readable_on_white() -> None:
    assert len(set(palette.SERIES_COLOURS)) == len(set(palette.SERIES_MARKERS)) == 7
    for one, other in itertools.combinations(palette.SERIES_COLOURS, 2):
        distance = sum((a - b) ** 2 for a, b in zip(to_rgb(one), to_rgb(other), strict=True))
        assert distance > 0.05
    for colour in (palette.INK, palette.MUTED):
        assert 1.05 / (luminance(colour) + 0.05) >= 4.5
