"""Seconds until a run's page answers in Chromium, with and without its script (goal: 2 s).

Usage: python benchmarks/page_open.py [--trials 1000,100000] [--runs 5]

The page of a synthetic run is opened from disk; it counts as open when its load event is over,
its script has filled the table of trials and one more frame was drawn. Both sides are opened in
turn, in one browser; medians.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright
from report_million import synthetic
from rich.console import Console
from rich.table import Table
from snellen.reports.run.report import write_report
from snellen.store.trials import read_trials

_FRAME = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", default="1000,100000")
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    table = Table("trials", "page, MB", "opens, s", "without script, s", "ratio")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for trials in map(int, arguments.trials.split(",")):
            kept = Path(folder) / "trials.csv"
            synthetic(trials).to_csv(kept, index=False)
            path = write_report(Path(folder), read_trials(kept), {"run_id": "synthetic"}).page
            with_script, without = [], []
            for _ in range(arguments.runs):
                with_script.append(_open(browser, path, script=True))
                without.append(_open(browser, path, script=False))
            taken, bare = statistics.median(with_script), statistics.median(without)
            size = path.stat().st_size / 1e6
            table.add_row(
                f"{trials:,}", f"{size:.1f}", f"{taken:.2f}", f"{bare:.2f}", f"{taken / bare:.1f}"
            )
        browser.close()
    Console().print(table)


def _open(browser: Browser, path: Path, *, script: bool) -> float:
    context = browser.new_context(java_script_enabled=script)
    page = context.new_page()
    began = time.perf_counter()
    page.goto(path.as_uri(), wait_until="load")
    if script:
        page.wait_for_selector("#explorer tbody tr")
        page.evaluate(_FRAME)
    taken = time.perf_counter() - began
    context.close()
    return taken


if __name__ == "__main__":
    main()
