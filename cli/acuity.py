"""Measure acuity: the length at which half of the answers are correct, to a given precision.

Each batch of questions goes to the lengths that tell most about L50. It stops when the interval of
L50 (95 %) is narrow enough, or L50 lies beyond the longest length. Repeat the command to resume it.

With --from, no model is asked: the scores of another benchmark are read (CSV, Parquet or JSON lines
with a row per trial, samples_*.jsonl of lm-eval, logs of inspect_ai) and get the same page.

Examples:
  snellen acuity --model bundled --tasks copy_last --precision 1.5 --max-length 128
  snellen acuity --from ruler.csv --correct string_match --item document
"""

from __future__ import annotations

import argparse
from pathlib import Path

from ..exams.acuity import MAX_LENGTH, MAX_TRIALS, PRECISION, with_l50
from ..exams.acuity import acuity as measure
from ..exams.outside import acuity_from
from .model_options import add_model_arguments, add_sampling_arguments, settings_of
from .question_options import (
    add_output_arguments,
    add_question_arguments,
    choose_questions,
    plan_of,
)
from .showing import show_report
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
        help=f"at most this many trials for one curve (default: {MAX_TRIALS})",
    )
    outside = parser.add_argument_group("scores of another tool")
    outside.add_argument(
        "--from",
        nargs="+",
        type=Path,
        metavar="FILE",
        dest="files",
        help="read these files; ask nothing",
    )
    outside.add_argument(
        "--length",
        metavar="COLUMN",
        help="column of the length (default: found by its usual names)",
    )
    outside.add_argument(
        "--correct",
        metavar="COLUMN",
        help="column of the score (default: found by its usual names)",
    )
    outside.add_argument(
        "--item",
        metavar="COLUMN",
        help="column of what trials share, such as a document (default: as above)",
    )
    outside.add_argument(
        "--threshold",
        type=float,
        help="a trial is right from this score up (default: scores are 0 or 1)",
    )
    outside.add_argument(
        "--chance", type=float, default=0.0, help="probability of guessing right (default: 0)"
    )
    add_model_arguments(parser)
    add_sampling_arguments(parser)
    add_output_arguments(parser)
    add_track_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Measure, and say what was found."""
    if args.files:
        return _from_files(args)
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


def _from_files(args: argparse.Namespace) -> int:
    found = acuity_from(
        args.files,
        Path(args.out) / "from",
        length=args.length,
        correct=args.correct,
        item=args.item,
        threshold=args.threshold,
        chance=args.chance,
    )
    for model, report in found.reports.items():
        print(model)
        show_report(report)
    for (model, key), effect in found.effects.items():
        print(
            f"{model}, {key.task}: trials share items; their intervals are those of "
            f"{100 / effect:.0f}% as many independent ones"
        )
    for one in found.contrasts:
        print(f"{one.task}, {one.b} against {one.a}: {one.result.verdict}; {one.result.why}")
    return 0
