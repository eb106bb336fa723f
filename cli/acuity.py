"""Measure acuity: the length at which half of the answers are correct, to a given precision.

Every batch goes to the lengths that tell most; it stops when the 95 % interval of L50 is narrow
enough, or L50 lies beyond the longest length. Repeating the command goes on where it stopped.

Example:
  snellen acuity --model bundled --tasks copy_last --precision 1.5 --max-length 128
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from ..errors import InputError
from ..exams.adaptive import Cell, measure
from ..runners.cached import Asker
from ..stats.acuity.placement import Placement
from ..store.run_directory import RunDirectory
from ..tasks.registry import find_tasks
from .model_options import add_model_arguments, add_sampling_arguments
from .progress import ProgressLine
from .question_options import add_output_arguments, add_question_arguments, plan_of, words
from .session import carry_out


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``snellen acuity``."""
    group = add_question_arguments(parser)
    group.add_argument("--lens", default="none", help="a change of the prompt; or several")
    group.add_argument(
        "--precision",
        type=float,
        default=1.25,
        help="stop when high / low of the interval of L50 is at most this (default: 1.25)",
    )
    group.add_argument(
        "--max-length", type=int, default=512, help="longest length to try (default: 512)"
    )
    group.add_argument(
        "--max-trials", type=int, default=500, help="most trials for one curve (default: 500)"
    )
    add_model_arguments(parser)
    add_sampling_arguments(parser)
    add_output_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Carry out ``snellen acuity``."""
    guessable = [t.name for t in find_tasks(words(args.tasks)) if t.chance >= 0.5]
    args.tasks = ",".join(t.name for t in find_tasks(words(args.tasks)) if t.chance < 0.5)
    if not args.tasks:
        raise InputError(
            f"guessing is right in half of {', '.join(guessable)}: there is no L50 to look for; "
            "use 'snellen run'"
        )
    plan = plan_of(
        args,
        lenses=words(args.lens),
        precision=args.precision,
        max_length=args.max_length,
        max_trials=args.max_trials,
    )
    if guessable:
        print(f"left out, since guessing is right in half of them: {', '.join(guessable)}")

    def work(asker: Asker, where: RunDirectory, line: ProgressLine) -> None:
        def watch(states: Mapping[Cell, Placement]) -> None:
            open_curves = [c for c, s in states.items() if not s.settled(args.precision)]
            line.note(f"{len(states) - len(open_curves)} of {len(states)} curves settled")

        measure(plan, asker, watch)

    code, _ = carry_out(args, plan, work)
    return code
