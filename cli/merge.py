"""Bring the answers of run B into run A, which must have the same plan, and redraw A's report.

Example:
  snellen merge results/bundled/left results/bundled/right
"""

from __future__ import annotations

import argparse
from pathlib import Path

from ..errors import InputError
from ..store.manifest import first_difference
from ..store.run_directory import find_run
from .reporting import finish


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``snellen merge``."""
    parser.add_argument("a", type=Path, metavar="RUN_A", help="takes the answers over")
    parser.add_argument("b", type=Path, metavar="RUN_B", help="gives them; stays as it is")


def run(args: argparse.Namespace) -> int:
    """Carry out ``snellen merge``."""
    a, b = find_run(args.a), find_run(args.b)
    difference = first_difference(
        a.manifest.plan.model_dump(mode="json"), b.manifest.plan.model_dump(mode="json")
    ) or first_difference(a.manifest.numerics, b.manifest.numerics)
    if difference:
        raise InputError(f"{args.a} and {args.b} are runs of different plans: {difference}")
    with a.journal() as journal:
        new = journal.merge(b.journal_path)
        print(f"{new} answers are new in {args.a}")
        return finish(a, journal)
