"""Compare two runs, B against A: same questions, exact tests, a verdict per curve.

Pairs are made by task, mode, answer form and lens; where a task has one curve in each run, that
pair is compared even if the rest differs.

Example:
  snellen compare results/bundled/base results/bundled/with-commas --fail-if-worse
"""

from __future__ import annotations

import argparse
from pathlib import Path

from ..exams.compare import ALPHA, MARGIN, worse
from ..exams.compare import compare as compare_runs
from .showing import show_contrasts


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``snellen compare``."""
    parser.add_argument("a", type=Path, metavar="RUN_A", help="the run to compare with")
    parser.add_argument("b", type=Path, metavar="RUN_B", help="the run that is judged")
    parser.add_argument(
        "--margin", type=float, default=MARGIN, help=f"ratio of L50 that matters ({MARGIN})"
    )
    parser.add_argument(
        "--alpha", type=float, default=ALPHA, help=f"level of the tests (default: {ALPHA})"
    )
    parser.add_argument(
        "--looks",
        type=int,
        default=1,
        help="how often growing runs are to be compared; 0: as often as you like (default: 1)",
    )
    parser.add_argument("--per-length", action="store_true", help="show every length")
    parser.add_argument(
        "--fail-if-worse", action="store_true", help="exit code 1 if B is WORSE anywhere"
    )


def run(args: argparse.Namespace) -> int:
    """Compare, and print the verdicts."""
    found = compare_runs(args.a, args.b, margin=args.margin, alpha=args.alpha, looks=args.looks)
    show_contrasts(found, per_length=args.per_length)
    return 1 if worse(found) and args.fail_if_worse else 0
