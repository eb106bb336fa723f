"""Ask a model a chart of tasks and write the run directory: trials, curves, histograms, report.

Repeating the command goes on where it stopped: only what has no answer is asked again.

Example:
  snellen run --model bundled --tasks count_ones,copy_last --lengths log:1:128:10 --trials 10
"""

from __future__ import annotations

import argparse

from .model_options import add_model_arguments, add_sampling_arguments
from .question_options import (
    add_fixed_length_arguments,
    add_output_arguments,
    add_question_arguments,
    fixed_lengths,
    plan_of,
    words,
)
from .session import ask_all, dry_run


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``snellen run``."""
    group = add_question_arguments(parser)
    group.add_argument("--lens", default="none", help="a change of the prompt; or several")
    add_fixed_length_arguments(group)
    add_model_arguments(parser)
    add_sampling_arguments(parser)
    add_output_arguments(parser)
    parser.add_argument(
        "--dry-run", action="store_true", help="print requests, tokens and cost; ask nothing"
    )


def run(args: argparse.Namespace) -> int:
    """Carry out ``snellen run``."""
    plan = plan_of(args, lenses=words(args.lens), **fixed_lengths(args))
    if args.dry_run:
        return dry_run(args, plan)
    code, _ = ask_all(args, plan)
    return code
