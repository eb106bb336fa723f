"""Seconds and size of a leaderboard of 200 models and ten tasks (goal: 5 s and 5 MB).

Usage: python benchmarks/leaderboard_page.py [--models 10,50,200] [--runs 3]

Measured is `write_leaderboard`: means, rank intervals, CSV, Markdown and page. The acuities are
fitted before, from simulated answers; models share a pool of them, which changes nothing for
what is measured.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table
from snellen.reports.leaderboard.entries import TRIAL, BoardDesign, BoardEntry
from snellen.reports.leaderboard.page import write_leaderboard
from snellen.stats.acuity import AcuityReport, measure
from snellen.stats.board import LengthCounts
from snellen.tasks.registry import GROUPS

LENGTHS = 2 ** np.arange(10)
TRIALS = 20
POOL = 60
DESIGN = BoardDesign("bench", "c" * 64, pd.DataFrame(columns=TRIAL))
GOAL_SECONDS, GOAL_MB = 5, 5


def pool(rng: np.random.Generator) -> list[tuple[AcuityReport, LengthCounts]]:
    """Acuities and answers of observers whose sight fades anywhere on the chart, or beyond."""
    found = []
    for threshold in np.geomspace(0.5, 1500, POOL):
        right = rng.binomial(TRIALS, 1 / (1 + (LENGTHS / threshold) ** 2))
        trials = np.full(LENGTHS.size, TRIALS)
        found.append((measure(LENGTHS, right, trials), LengthCounts.of(LENGTHS, right, trials)))
    return found


def entries(
    models: int,
    observers: list[tuple[AcuityReport, LengthCounts]],
    rng: np.random.Generator,
) -> list[BoardEntry]:
    """Models whose tasks have acuities around a level of their own."""
    made = []
    for i in range(models):
        level = rng.integers(5, POOL - 5)
        picks = level + rng.integers(-5, 5, size=len(GROUPS["snellen"]))
        picked = [observers[p] for p in picks]
        reports = dict(zip(GROUPS["snellen"], (report for report, _ in picked), strict=True))
        made.append(
            BoardEntry(
                model=f"vllm/organisation/model-{i:03}-instruct",
                run_id=f"chart-{i:08x}",
                documents_sha256=DESIGN.sha256,
                reports=reports,
                counts=[counts for _, counts in picked],
                trials=2000,
                truncated=0.01,
                tokens=(400_000, 60_000),
                cost_usd=0.12,
                numerics={"engine": "vllm 0.18", "dtype": "bfloat16", "temperature": 0.0},
                report=f"model-{i}/report.html",
            )
        )
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", default="10,50,200")
    parser.add_argument("--runs", type=int, default=3)
    args = parser.parse_args()
    rng = np.random.default_rng(0)
    observers = pool(rng)
    shown = Table(title=f"leaderboard (goal: {GOAL_SECONDS} s and {GOAL_MB} MB)")
    for heading in ("models", "seconds", "page MB", "of the goal"):
        shown.add_column(heading, justify="right")
    for models in map(int, args.models.split(",")):
        made = entries(models, observers, rng)
        times, size = [], 0.0
        for _ in range(args.runs):
            with tempfile.TemporaryDirectory() as folder:
                start = time.perf_counter()
                page, _ = write_leaderboard(Path(folder), made, DESIGN)
                times.append(time.perf_counter() - start)
                size = page.stat().st_size / 1e6
        seconds = statistics.median(times)
        share = max(seconds / GOAL_SECONDS, size / GOAL_MB)
        shown.add_row(f"{models}", f"{seconds:.2f}", f"{size:.2f}", f"{share:.0%}")
    Console().print(shown)


if __name__ == "__main__":
    main()
