"""The files of a leaderboard: they say the same, sort by themselves, and fetch nothing."""

from __future__ import annotations

import base64
import csv
import hashlib
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
from snellen.errors import InputError
from snellen.reports.leaderboard.entries import BoardDesign, BoardEntry
from snellen.reports.leaderboard.page import place, write_leaderboard


def rows_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "leaderboard.csv").open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source))


@pytest.fixture(scope="module")
def entries(entered: Callable[..., BoardEntry]) -> list[BoardEntry]:
    return [
        entered("middling", 6, 9, numerics={"dtype": "bfloat16"}),
        entered("sharp", 24, 30, cost_usd=1.5, report="sharp/report.html"),
        entered("blind", 1e-9, 1e-9),
        entered("eagle", 1e9, 1e9, report="a b/report.html"),
        entered("old", 9, 9, documents_sha256="b" * 64),
    ]


@pytest.fixture(scope="module")
def folder(
    entries: list[BoardEntry], design: BoardDesign, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    where = tmp_path_factory.mktemp("board")
    write_leaderboard(where, entries, design)
    return where


def test_the_csv_holds_the_numbers(folder: Path, entries: list[BoardEntry]) -> None:
    rows = {row["model"]: row for row in rows_of(folder)}
    assert set(rows) == {"middling", "sharp", "blind", "eagle"}
    sharp = next(e for e in entries if e.model == "sharp").reports["count_ones"].l50
    assert float(rows["sharp"]["L50_count_ones"]) == pytest.approx(sharp.value)
    assert float(rows["sharp"]["L50_count_ones_low"]) == pytest.approx(sharp.interval.low)
    assert (rows["sharp"]["cost_usd"], rows["sharp"]["board_version"]) == ("1.5", "1")
    eagle = rows["eagle"]
    assert (eagle["L50_count_ones"], eagle["L50_count_ones_high"]) == ("", "inf")
    assert float(eagle["restricted_mean"]) == 64
    assert rows["blind"]["L50_count_ones_reason"]
    assert "no L50" in rows["blind"]["warnings"]


def test_a_refused_run_is_named_with_the_reason_everywhere_but_in_the_table(folder: Path) -> None:
    for name in ("leaderboard.md", "leaderboard.html"):
        assert "it answered other questions (hash bbbbbbbbbbbb;" in (folder / name).read_text(
            encoding="utf-8"
        )


def test_warnings_stand_on_the_page_and_under_the_markdown_table(folder: Path) -> None:
    html = (folder / "leaderboard.html").read_text(encoding="utf-8")
    assert re.search(r"<summary>2</summary>.*no L50", html)
    assert "blind: count\\_ones: no L50" in (folder / "leaderboard.md").read_text(encoding="utf-8")


def test_no_run_of_the_board_is_an_error_in_one_line(
    entries: list[BoardEntry], design: BoardDesign, tmp_path: Path
) -> None:
    old = [entry for entry in entries if entry.model == "old"]
    with pytest.raises(InputError, match="no run can be on the leaderboard of board 1: old: it"):
        write_leaderboard(tmp_path, old, design)
    assert list(tmp_path.iterdir()) == []


def test_markdown_keeps_one_line_per_model(folder: Path) -> None:
    lines = [x for x in (folder / "leaderboard.md").read_text().splitlines() if x[:1] == "|"]
    assert len(lines) == 2 + 4
    columns = {len(re.findall(r"(?<!\\)\|", line)) for line in lines}
    assert len(columns) == 1
    assert any("(./a%20b/report.html)" in line for line in lines)


class Board(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs


def test_the_page_fetches_nothing_and_allows_its_own_script_only(folder: Path) -> None:
    html = (folder / "leaderboard.html").read_text(encoding="utf-8")
    board = Board(html)
    assert board.tags.count("script") == 1
    (script,) = re.findall(r"<script>(.*)</script>", html, flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in html
    links = {v for k, v in board.attributes if k == "href"}
    assert links == {"./sharp/report.html", "./a%20b/report.html"}
    assert not [k for k, _ in board.attributes if k == "src" or k.startswith("on")]


def test_every_cell_that_sorts_has_something_to_sort_by(folder: Path) -> None:
    html = (folder / "leaderboard.html").read_text(encoding="utf-8")
    body = html[html.index("<tbody>") : html.index("</tbody>")]
    heads = html.count("<button")
    for row in body.split("<tr ")[1:]:
        assert row.count("data-sort=") == heads


def test_places_stay_on_the_axis() -> None:
    axis = (1.0, 256.0)
    assert [place(x, axis) for x in (0, 1, 16, 256, 1e9, float("inf"))] == [0, 0, 50, 100, 100, 100]
