"""The page of a run in a real browser: pointing, filters, keyboard, and answers that mean harm."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, expect
from snellen.reports.run.report import write_report
from snellen.reports.trial_texts import Texts

from ...browsing import Opened, chromium

pytestmark = pytest.mark.browser

POINT = '[id$="point:accuracy/direct/free/hint/64"]'
"""copy_last through the lens `hint`, at 64 items."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


@pytest.fixture(scope="module")
def path(
    chart: pd.DataFrame,
    manifest: dict[str, Any],
    texts: Texts,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    return write_report(tmp_path_factory.mktemp("page"), chart, manifest, texts).page


@pytest.fixture
def opened(browser: Browser, path: Path) -> Iterator[Opened]:
    made = Opened(browser, path)
    yield made
    # Answers held a script, an attribute's end and a tag's end: all of it is text.
    assert made.said == []
    assert made.asked == [path.as_uri()]
    made.page.context.close()


def rows(page: Page) -> int:
    return page.locator("#explorer tbody tr").count()


def correct(chart: pd.DataFrame) -> tuple[int, int]:
    here = chart[
        (chart["task"] == "copy_last") & (chart["lens"] == "hint") & (chart["length"] == 64)
    ]
    return int((here["outcome"] == "correct").sum()), len(here)


def test_pointing_tells_a_point_and_a_click_lists_its_trials(
    opened: Opened, chart: pd.DataFrame
) -> None:
    right, asked = correct(chart)
    opened.page.locator(POINT).hover(force=True)
    expect(opened.page.locator("#tip")).to_contain_text(f"{right} of {asked} answered")
    opened.page.locator(POINT).click(force=True)
    expect(opened.page.locator("#explorer output")).to_have_text(f"{asked} of {asked} trials shown")
    assert rows(opened.page) == asked
    opened.page.locator("[name=c3]").select_option(label="correct")
    assert rows(opened.page) == right


def test_the_keyboard_reaches_every_point(opened: Opened) -> None:
    page = opened.page
    points = page.locator('figure[data-points="copy_last"] .point')
    assert page.locator('figure[data-points="copy_last"] .point[tabindex="0"]').count() == 1
    points.first.focus()
    first = page.evaluate("document.activeElement.getAttribute('aria-label')")
    page.keyboard.press("ArrowRight")
    second = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert first.startswith("copy_last, direct, 1 item:")
    assert second.startswith("copy_last, direct, 2 items:")
    page.keyboard.press("Enter")
    assert page.locator("[name=c1] option:checked").inner_text() == "2"
    assert page.evaluate("document.activeElement.textContent") == "Trials"


def test_words_and_readings_narrow_the_table(opened: Opened, chart: pd.DataFrame) -> None:
    page = opened.page
    page.locator("[name=c0]").select_option(label="count_ones, cot")
    page.locator("[name=c3]").select_option(label="unparseable")
    unread = chart[(chart["mode"] == "cot") & (chart["outcome"] == "unparseable")]
    assert rows(page) == min(50, len(unread)) > 0
    page.locator("#clear").click()
    expect(page.locator("#explorer output")).to_have_text(f"50 of {len(chart)} trials shown")
    page.locator("#more").click()
    assert rows(page) == 250
    page.locator("[name=words]").fill("no-such-word")
    expect(page.locator("#explorer output")).to_have_text("no such trial")


def test_what_a_model_said_is_shown_as_text(opened: Opened) -> None:
    said = opened.page.locator("#explorer td.said").first
    expect(said).to_contain_text("<script>alert(1)</script>⟨U+0000⟩⟨U+202E⟩")
    assert opened.page.locator("script").count() == 2


def test_without_its_script_the_page_reads_as_before(browser: Browser, path: Path) -> None:
    plain = Opened(browser, path, script=False).page
    expect(plain.locator("#explorer")).to_be_hidden()
    expect(plain.locator(".pointing")).to_be_hidden()
    expect(plain.locator("#tip")).to_be_hidden()
    assert plain.locator("figure svg[role=img]").count() == plain.locator("figure svg").count()


def test_the_page_fits_every_screen_and_reader(opened: Opened) -> None:
    opened.fits_everywhere()
