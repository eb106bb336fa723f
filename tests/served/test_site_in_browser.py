"""The documentation site in a real browser: it fits, can be searched, and asks nobody else."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import expect

from ..browsing import Opened, chromium

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("site")
    env = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    command = [sys.executable, "-m", "mkdocs", "build", "-q", "-d", str(made)]
    subprocess.run(command, cwd=ROOT, env=env, check=True)
    return made


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=str(site))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("name", ["index", "gate", "cli", "reference", "guides/first-chart"])
def test_a_page_of_the_site_fits_every_screen_and_reader(site: Path, name: str) -> None:
    with chromium() as browser:
        opened = Opened(browser, site / f"{name}.html")
        opened.fits_everywhere()
        assert [url for url in opened.asked if not url.startswith("file:")] == []


def test_the_site_can_be_searched(address: str) -> None:
    with chromium() as browser:
        page = browser.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{address}/index.html")
        page.locator(".md-search__input").fill("noise floor")
        expect(page.locator(".md-search-result__item").first).to_be_visible()
        assert [url for url in asked if not url.startswith(address)] == []
