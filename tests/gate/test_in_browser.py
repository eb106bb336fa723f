"""The page of a gate in a real browser: a point leads to its pairs, and nothing is fetched."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from snellen.cli import main

from ..browsing import Opened, chromium
from .gate_servers import Server

pytestmark = pytest.mark.browser


def test_a_point_leads_to_its_pairs(serve: Callable[[Any], str]) -> None:
    good = serve(Server())
    words = ["gate", "--model", "openai/m", "--base-url", good, "--against", "openai/m"]
    words += ["--against-base-url", good, "--tokens", "128..256", "--run-id", "one"]
    assert main(words) == 0
    path = Path("results/gate/one/gate.html").resolve()
    with chromium() as browser:
        opened = Opened(browser, path)
        page = opened.page
        point = page.locator('[id$="point:accuracy/b/256"]')
        point.hover(force=True)
        expect(page.locator("#tip")).to_contain_text("B, 256 tokens: 100% of")
        point.click(force=True)
        assert page.locator("[name=c0] option:checked").inner_text() == "256"
        assert page.locator("#explorer tbody tr").count() > 0
        assert set(page.locator("#explorer tbody td:nth-child(5)").all_inner_texts()) == {
            "both right"
        }
        opened.fits_everywhere()
        assert opened.said == []
        assert opened.asked == [path.as_uri()]
