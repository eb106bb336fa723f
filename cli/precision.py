"""Show what a lower precision does to a model's sight: the same questions, in pairs with float32.

A precision is named after what it rounds: bfloat16, float16 (weights and arithmetic); int8,
int8_dynamic, fp8, int4 (weights, by torchao: pip install 'snellen[quantized]'); kv:bfloat16,
kv:float16, kv:fp8, kv:int8, kv:int4 (keys and values); or several: bfloat16+kv:fp8. Only for
models in this process. Table, figure and page go to OUT/MODEL/precision-…; repeating the command
resumes it.

Example:
  snellen precision --model bundled --tasks copy_last --mode fewshot --precisions int8,kv:fp8
"""

from __future__ import annotations

import argparse
import shlex
import sys

from rich.table import Table

from ..exams.precision.names import read_precisions, usual
from ..exams.precision.precision import Precisions, precision, worse
from .model_options import add_model_arguments, add_sampling_arguments, settings_of
from .question_options import (
    add_fixed_length_arguments,
    add_output_arguments,
    add_question_arguments,
    choose_questions,
    plan_of,
)
from .showing import wide_console
from .watching import ProgressWatcher


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``snellen precision``."""
    group = add_question_arguments(parser)
    group.add_argument(
        "--precisions",
        help="separated by commas (default: bfloat16, float16, kv:fp8, kv:int8, kv:int4 and, "
        "where torchao is installed, int8, fp8, int4)",
    )
    add_fixed_length_arguments(group)
    add_model_arguments(parser)
    add_sampling_arguments(parser)
    add_output_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Ask at every precision, and say what each does."""
    names = read_precisions(usual() if args.precisions is None else args.precisions)
    choose_questions(args)
    plan = plan_of(args, lenses=args.lens, lengths=args.lengths, trials=args.trials)
    watcher = ProgressWatcher()
    try:
        found = precision(plan, names, settings_of(args, watcher))
    except KeyboardInterrupt:
        if watcher.path is None:
            raise
        print(
            f"snellen: interrupted; every answer is kept in {watcher.path}\n"
            f"to resume: {shlex.join(['snellen', *sys.argv[1:]])}",
            file=sys.stderr,
        )
        return 130
    return _show(found, given=args.precisions is not None)


def _show(found: Precisions, given: bool) -> int:
    """Print the table and the grounds.

    Returns:
        The exit code: 1 where requests failed, or a precision that was asked for is not to be had.
    """
    console = wide_console()
    table = Table(
        "curve", "precision", "L50", "correct", "only float32", "only here", "p", "same text",
        "verdict",
    )  # fmt: skip
    for row in found.table.to_dict("records"):
        pairs = ["", "", "", "", "the reference"]
        if isinstance(row["verdict"], str):
            pairs = [
                f"{row['only_reference']:.0f}", f"{row['only_here']:.0f}", f"{row['p']:.3g}",
                f"{row['same_text']:.0f} of {row['texts']:.0f}", row["verdict"],
            ]  # fmt: skip
        condition = ", ".join([row["mode"], *([row["lens"]] if row["lens"] != "none" else [])])
        table.add_row(
            f"{row['task']} ({condition})", str(row["precision"]), str(row["L50_text"]),
            f"{row['correct']} of {row['trials']}", *pairs,
        )  # fmt: skip
    console.print(table)
    lost = worse(found)
    print(
        f"shown to see less far than float32: {', '.join(lost)}"
        if lost
        else "no precision is shown to see less far than float32"
    )
    for name, reason in found.left_out.items():
        print(f"snellen: {name} is left out: {reason}", file=sys.stderr)
    failed = sum(run.failed for run in found.runs.values())
    if failed:
        print(f"snellen: {failed} requests failed; repeat the command", file=sys.stderr)
    print(f"page: {found.page}")
    return 1 if failed or (given and found.left_out) else 0
