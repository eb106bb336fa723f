"""Say which lens restores a model's sight: ask through each, compare with none.

The same questions are asked with and without each lens, so that the comparison is paired; the
level of the tests is divided by the number of lenses (Bonferroni).

Example:
  snellen prescribe --model bundled --tasks copy_last --lenses comma,hint --lengths 8,16,32
"""

from __future__ import annotations

import argparse

from ..errors import InputError
from ..stats.compare import ComparisonVerdict
from ..store.pairing import load_run, within_run
from ..tasks.lenses import LENSES
from .contrast import contrast, show
from .model_options import add_model_arguments, add_sampling_arguments
from .question_options import (
    add_fixed_length_arguments,
    add_output_arguments,
    add_question_arguments,
    fixed_lengths,
    plan_of,
    words,
)
from .session import ask_all


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``snellen prescribe``."""
    lenses = [name for name in LENSES if name != "none"]
    group = add_question_arguments(parser)
    group.add_argument(
        "--lenses", default=",".join(lenses), help=f"lenses to try (default: {','.join(lenses)})"
    )
    add_fixed_length_arguments(group)
    add_model_arguments(parser)
    add_sampling_arguments(parser)
    add_output_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Carry out ``snellen prescribe``."""
    lenses = [name for name in words(args.lenses) if name != "none"]
    if not lenses:
        raise InputError("--lenses names no lens to try; 'snellen tasks' lists them")
    plan = plan_of(args, lenses=["none", *lenses], **fixed_lengths(args))
    code, where = ask_all(args, plan)
    if code == 130:
        return code
    pairs = within_run(load_run(where.path), against="none")
    found = [contrast(pairing, margin=1.25, alpha=0.05 / len(lenses)) for pairing in pairs]
    show(found)
    for task in plan.tasks:
        helps = [
            (result.difference, pairing.b[2], pairing.b[1])
            for pairing, result in found
            if pairing.a[0] == task and result.verdict is ComparisonVerdict.BETTER
        ]
        best = max(helps, default=None)
        advice = (
            f"wear '{best[1]}' ({best[0]:+.0%} correct answers in mode {best[2]})"
            if best
            else "no lens is shown to help"
        )
        print(f"{task}: {advice}")
    return code
