"""Copy the answers of run B into run A, which must have the same plan, and redraw A's report.

Example:
  snellen merge results/bundled/left results/bundled/right
"""

from __future__ import annotations

import argparse
from pathlib import Path

from ..exams.merge import merge
from .showing import show_run


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``snellen merge``."""
    parser.add_argument("a", type=Path, metavar="RUN_A", help="the run that receives them")
    parser.add_argument(
        "b", type=Path, metavar="RUN_B", help="the run that they are copied from; it is not changed"
    )


def run(args: argparse.Namespace) -> int:
    """Merge, and say how many answers were new."""
    run, new = merge(args.a, args.b)
    print(f"{new} answers are new in {args.a}")
    return show_run(run)
