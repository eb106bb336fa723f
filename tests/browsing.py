"""A real Chromium for tests of pages; scripts/served_env.sh installs one where there is none."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser without a window; the test is skipped where none is installed."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("no Chromium: apt-get install chromium, or make test-served")
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=arguments)
        yield browser
        browser.close()


class Opened:
    """A page that has been opened, and all that it did.

    Attributes:
        page: the page.
        said: errors and lines on its console.
        asked: addresses that it asked for.
    """

    def __init__(self, browser: Browser, path: Path, *, script: bool = True) -> None:
        context = browser.new_context(
            java_script_enabled=script, viewport={"width": 1200, "height": 900}
        )
        self.page: Page = context.new_page()
        self.said: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(path.resolve().as_uri())

    def faults(self) -> list[str]:
        """What the accessibility checker axe finds serious or worse."""
        found = Axe().run(self.page).response["violations"]
        return [
            f"{one['id']}: {one['help']} ({one['nodes'][0]['html'][:160]})"
            for one in found
            if one["impact"] in ("serious", "critical")
        ]

    def fits_everywhere(self) -> None:
        """The page is as wide as a phone, a tablet, a screen; axe finds nothing, dark or light."""
        for width in (390, 820, 1400):
            self.page.set_viewport_size({"width": width, "height": 900})
            self.page.wait_for_timeout(300)  # scripts that watch the width have their turn
            assert self.page.evaluate("document.documentElement.scrollWidth") <= width
            assert not (faults := self.faults()), f"{width}: {faults}"
        self.page.emulate_media(color_scheme="dark")
        assert not (faults := self.faults()), f"dark: {faults}"
