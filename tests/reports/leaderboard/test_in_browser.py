"""The leaderboard in a real browser: it sorts, filters, and asks nobody."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page
from snellen.reports.leaderboard.entries import BoardDesign
from snellen.reports.leaderboard.page import write_leaderboard

from ...browsing import Opened, chromium
from .conftest import Entered

pytestmark = pytest.mark.browser

NASTY = '<img src="x" onerror="alert(1)">'


@pytest.fixture
def opened(entered: Entered, design: BoardDesign, tmp_path: Path) -> Iterator[Opened]:
    entries = [
        entered("middling", 6, 9, numerics={"dtype": NASTY}),
        entered("sharp", 24, 30, report="sharp/report.html"),
        entered(NASTY, 3, 3),
        entered("old", 9, 9, documents_sha256="b" * 64),
    ]
    write_leaderboard(tmp_path, entries, design)
    with chromium() as browser:
        path = tmp_path / "leaderboard.html"
        made = Opened(browser, path)
        yield made
        assert made.said == []
        assert made.asked == [path.as_uri()]


def models(page: Page) -> list[str]:
    return [text.strip() for text in page.locator("tbody tr:visible th").all_inner_texts()]


def test_it_sorts_by_a_click_and_filters_by_words(opened: Opened) -> None:
    page = opened.page
    assert models(page) == ["sharp", "middling", NASTY]
    page.get_by_role("button", name="model").click()
    assert models(page) == [NASTY, "middling", "sharp"]
    page.locator("#filter").fill("sha")
    assert models(page) == ["sharp"]
    assert page.locator("#shown").inner_text() == "1"


def test_the_page_fits_every_screen_and_reader(opened: Opened) -> None:
    opened.fits_everywhere()
