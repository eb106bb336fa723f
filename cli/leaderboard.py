"""Rank models by the standard chart: leaderboard.csv, .md and .html in the results folder.

With --models, each model is first asked the chart; what is known is not asked again, so models
can be added at any time. Runs of another version of the chart are refused, with the reason.

Example:
  snellen leaderboard results --models "bundled openai/gpt-5-mini"
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ..errors import InputError
from ..exams import board_design as standard
from ..reports.leaderboard.page import write_leaderboard
from ..reports.leaderboard.standings import Chart, entry_of
from ..store.pairing import load_run
from .model_options import add_model_arguments, add_sampling_arguments
from .question_options import plan_of
from .session import ask_all


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``snellen leaderboard``."""
    parser.add_argument("out", type=Path, metavar="RESULTS_DIR", help="where the runs lie")
    parser.add_argument("--models", default="", help="models to ask first, between spaces")
    add_model_arguments(parser, one=False)
    add_sampling_arguments(parser)
    parser.set_defaults(
        tasks=",".join(standard.TASKS),
        mode="direct",
        seed=standard.SEED,
        run_id=standard.RUN_ID,
    )


def run(args: argparse.Namespace) -> int:
    """Carry out ``snellen leaderboard``."""
    code = 0
    for model in dict.fromkeys(args.models.split()):
        args.model = model
        print(f"chart {standard.VERSION}: {model}")
        plan = plan_of(args, ["none"], lengths=standard.LENGTHS, trials=standard.TRIALS)
        asked, _ = ask_all(args, plan)
        if asked == 130:
            return asked
        code = max(code, asked)
    return max(code, _write(args.out))


def _write(results: Path) -> int:
    entries = []
    for folder in sorted(results.glob("*/chart-*")):
        run = load_run(folder)
        report = folder / "report.html"
        link = report.relative_to(results).as_posix() if report.is_file() else None
        entries.append(entry_of(run.trials, run.manifest.model_dump(mode="json"), link))
    if not entries:
        raise InputError(
            f"{results} holds no run of the standard chart; ask one with --models bundled"
        )
    page, refused = write_leaderboard(results, entries, Chart(standard.VERSION, standard.SHA256))
    for line in refused:
        print(f"snellen: left out {line.entry.model}: {line.reason}", file=sys.stderr)
    print((results / "leaderboard.md").read_text(encoding="utf-8"))
    print(f"leaderboard: {page}")
    return 0
