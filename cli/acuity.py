"""Measure acuity: the length at which half of the answers are correct, to a given precision.

Every batch goes to the lengths that tell most; it stops when the 95 % interval of L50 is narrow
enough, or L50 lies beyond the longest length. Repeating the command resumes it.

Example:
  snellen acuity --model bundled --tasks copy_last --precision 1.5 --max-length 128
"""

from __future__ import annotations

import argparse

from ..exams.acuity import MAX_LENGTH, MAX_TRIALS, PRECISION, with_l50
from ..exams.acuity import acuity as measure
from .model_options import add_model_arguments, add_sampling_arguments, settings_of
from .question_options import (
    add_output_arguments,
    add_question_arguments,
    choose_questions,
    plan_of,
)
from .tracking import add_track_argument, track_run, tracker_of
from .watching import carry_out


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``snellen acuity``."""
    group = add_question_arguments(parser)
    group.add_argument(
        "--precision",
        type=float,
        default=PRECISION,
        help=f"stop when high / low of the interval of L50 is at most this (default: {PRECISION})",
    )
    group.add_argument(
        "--max-length",
        type=int,
        default=MAX_LENGTH,
        help=f"longest length to try (default: {MAX_LENGTH})",
    )
    group.add_argument(
        "--max-trials",
        type=int,
        default=MAX_TRIALS,
        help=f"most trials for one curve (default: {MAX_TRIALS})",
    )
    add_model_arguments(parser)
    add_sampling_arguments(parser)
    add_output_arguments(parser)
    add_track_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Measure, and say what was found."""
    choose_questions(args)
    kept, guessable = with_l50(args.tasks)
    args.tasks = ",".join(kept)
    if guessable:
        print(f"left out, since guessing is right in half of them: {', '.join(guessable)}")
    plan = plan_of(
        args,
        lenses=args.lens,
        precision=args.precision,
        max_length=args.max_length,
        max_trials=args.max_trials,
    )
    where = tracker_of(args)
    code, found = carry_out(lambda watcher: measure(plan, settings_of(args, watcher)))
    track_run(where, found)
    return code
