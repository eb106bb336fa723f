"""Say how many trials a comparison of two models needs, and at which lengths.

Nothing is asked. The plan is for a typical curve whose L50 lies in the middle of the lengths, or
with --like for models like the one in that run.

Example:
  snellen plan --task copy_last --max-length 128 --ratio 1.5 --power 0.8
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path

from ..exams.acuity import MAX_LENGTH
from ..exams.design import POWER, RATIO, design


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``snellen plan``."""
    parser.add_argument("--task", required=True, help="'snellen tasks' lists them")
    parser.add_argument("--min-length", type=int, default=1, help="shortest length (default: 1)")
    parser.add_argument(
        "--max-length", type=int, default=MAX_LENGTH, help=f"longest length (default: {MAX_LENGTH})"
    )
    parser.add_argument(
        "--ratio",
        type=float,
        default=RATIO,
        help=f"ratio of the two L50 that should show (default: {RATIO})",
    )
    parser.add_argument(
        "--power", type=float, default=POWER, help=f"probability that it shows (default: {POWER})"
    )
    parser.add_argument(
        "--alpha", type=float, default=0.05, help="error rate of the comparison (default: 0.05)"
    )
    parser.add_argument(
        "--budget", type=int, metavar="N", help="at most this many requests for each model"
    )
    parser.add_argument("--like", type=Path, metavar="RUN_DIR", help="a run of a similar model")


def run(args: argparse.Namespace) -> int:
    """Print the design, and the command that asks it."""
    found = design(
        args.task,
        longest=args.max_length,
        shortest=args.min_length,
        ratio=args.ratio,
        power=args.power,
        alpha=args.alpha,
        budget=args.budget,
        like=args.like,
    )
    shown = f"{found.ratio:.2f}" if math.isfinite(found.ratio) else "none"
    lengths = ",".join(map(str, found.lengths))
    of = f"{found.trials} at each of {len(found.lengths)} lengths"
    print(f"requests per model   {found.requests:,} ({of})")
    print(f"ratio of L50 shown   {shown}, with a power of {args.power:.0%}")
    print(f"power for {f'{args.ratio:g}':<10} {found.power:.0%}")
    for line in found.warnings:
        print(f"• {line}")
    print(f"snellen run --tasks {args.task} --lengths {lengths} --trials {found.trials}")
    return 0
