"""Compare two runs, B against A: same questions, exact tests, a verdict per curve.

Pairs are made by task, mode and lens; where a task has one curve in each run, that pair is
compared even if mode or lens differ.

Example:
  snellen compare results/bundled/base results/bundled/with-commas --fail-if-worse
"""

from __future__ import annotations

import argparse
from pathlib import Path

from ..stats.compare import ComparisonVerdict
from ..store.pairing import load_run, pairings
from .contrast import contrast, show


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``snellen compare``."""
    parser.add_argument("a", type=Path, metavar="RUN_A", help="the run to compare with")
    parser.add_argument("b", type=Path, metavar="RUN_B", help="the run that is judged")
    parser.add_argument(
        "--margin", type=float, default=1.25, help="ratio of L50 that matters (default: 1.25)"
    )
    parser.add_argument(
        "--alpha", type=float, default=0.05, help="level of the tests (default: 0.05)"
    )
    parser.add_argument("--per-length", action="store_true", help="show every length")
    parser.add_argument(
        "--fail-if-worse", action="store_true", help="exit code 1 if B is WORSE anywhere"
    )


def run(args: argparse.Namespace) -> int:
    """Carry out ``snellen compare``."""
    found = [
        contrast(pairing, args.margin, args.alpha)
        for pairing in pairings(load_run(args.a), load_run(args.b))
    ]
    show(found, per_length=args.per_length)
    worse = any(result.verdict is ComparisonVerdict.WORSE for _, result in found)
    return 1 if worse and args.fail_if_worse else 0
