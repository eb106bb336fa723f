"""Rank models that answered the same fixed questions; write leaderboard.html, .csv and .md.

With --models, each model is asked first. Only what has no answer yet is asked, so you can add
models at any time. Runs that asked other questions are refused, with the reason.

Example:
  snellen leaderboard results --models "bundled openai/gpt-5-mini"
"""

from __future__ import annotations

import argparse
import sys
from functools import partial
from pathlib import Path

from ..exams import board_design
from ..exams.leaderboard import examine, write_board
from ..exams.loaded import Run
from ..store.plan import Plan
from .model_options import add_model_arguments, add_sampling_arguments, settings_of
from .question_options import plan_of
from .watching import ProgressWatcher, carry_out


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``snellen leaderboard``."""
    parser.add_argument(
        "out", type=Path, metavar="RESULTS_DIR", help="folder with the runs, at any depth"
    )
    parser.add_argument("--models", default="", help="models to ask first, separated by spaces")
    add_model_arguments(parser, one=False, batch=True)
    add_sampling_arguments(parser)
    parser.set_defaults(
        tasks=",".join(board_design.TASKS),
        mode="direct",
        answer="free",
        seed=board_design.SEED,
        run_id=board_design.RUN_ID,
    )


def run(args: argparse.Namespace) -> int:
    """Ask the models that are named, and rank all that were asked."""
    code = 0
    for model in dict.fromkeys(args.models.split()):
        args.model = model
        print(f"design {board_design.VERSION}: {model}")
        plan = plan_of(args, lengths=board_design.LENGTHS, trials=board_design.TRIALS)
        asked, run = carry_out(partial(_examine, args, plan))
        if run is None:
            return asked
        code = max(code, asked)
    board = write_board(args.out)
    for line in board.refused:
        print(f"snellen: left out {line.entry.model}: {line.reason}", file=sys.stderr)
    print(board.text)
    print(f"leaderboard: {board.page}")
    return code


def _examine(args: argparse.Namespace, plan: Plan, watcher: ProgressWatcher) -> Run:
    return examine(plan, settings_of(args, watcher))
