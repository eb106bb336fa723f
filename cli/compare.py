"""Compare two runs that asked the same questions, B against A: a verdict per curve and overall.

Curves are paired by task, mode, answer form and lens; if a task has only one curve in each run,
these two are compared even if the rest differs. A folder stands for all runs in it: trials are then
paired by model, length, index and seed, and the first answer to each question counts. Exit code: 3
if all pairs together are INCONCLUSIVE, 1 if B is WORSE and --fail-if-worse is given, 0 otherwise
(2: bad input).

Examples:
  snellen compare results/bundled/base results/bundled/with-commas --fail-if-worse
  snellen compare results/last-week results/today
"""

from __future__ import annotations

import argparse
from pathlib import Path

from ..exams.compare import ALPHA, MARGIN, differences, pooled, side, worse
from ..exams.compare import compare as compare_runs
from ..stats.compare import ComparisonVerdict
from .showing import show_contrasts, show_pool


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``snellen compare``."""
    parser.add_argument(
        "a", type=Path, metavar="RUN_A", help="the run to compare with, or a folder of runs"
    )
    parser.add_argument(
        "b", type=Path, metavar="RUN_B", help="the run to judge, or a folder of runs"
    )
    parser.add_argument(
        "--margin",
        type=float,
        default=MARGIN,
        help=f"smallest ratio of L50 that matters (default: {MARGIN})",
    )
    parser.add_argument(
        "--alpha", type=float, default=ALPHA, help=f"error rate of the tests (default: {ALPHA})"
    )
    parser.add_argument(
        "--looks",
        type=int,
        default=1,
        help="how often you will compare these runs while they grow; 0: any number (default: 1)",
    )
    parser.add_argument("--per-length", action="store_true", help="show every length")
    parser.add_argument(
        "--fail-if-worse",
        action="store_true",
        help="exit with 1 if B is WORSE on any curve or overall",
    )


def run(args: argparse.Namespace) -> int:
    """Compare, and print the verdicts."""
    a, b = side(args.a), side(args.b)
    found = compare_runs(a, b, margin=args.margin, alpha=args.alpha, looks=args.looks)
    show_contrasts(found, per_length=args.per_length)
    for line in differences(a, b):
        print(f"• {line}")
    over_all = pooled(found, args.alpha)
    show_pool(over_all, found)
    if worse(found, args.alpha):
        return 1 if args.fail_if_worse else 0
    return 3 if over_all.verdict is ComparisonVerdict.INCONCLUSIVE else 0
