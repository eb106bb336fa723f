"""Say which lens restores a model's sight: ask through each, compare with none.

The same questions are asked with and without each lens, so that the comparison is paired; the
level of the tests is divided by the number of lenses (Bonferroni).

Example:
  snellen prescribe --model bundled --tasks copy_last --lenses comma,hint --lengths 8,16,32
"""

from __future__ import annotations

import argparse

from ..errors import InputError
from ..exams.loaded import Run
from ..exams.prescribe import Prescription
from ..exams.prescribe import prescribe as race
from ..tasks.lenses import LENSES
from .model_options import add_model_arguments, add_sampling_arguments, settings_of
from .question_options import (
    add_fixed_length_arguments,
    add_output_arguments,
    add_question_arguments,
    choose_questions,
    plan_of,
)
from .showing import show_contrasts
from .watching import ProgressWatcher, carry_out


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``snellen prescribe``."""
    lenses = ",".join(name for name in LENSES if name != "none")
    group = add_question_arguments(parser, lens=False)
    group.add_argument("--lenses", default=lenses, help=f"lenses to try (default: {lenses})")
    add_fixed_length_arguments(group)
    add_model_arguments(parser)
    add_sampling_arguments(parser)
    add_output_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Ask through every lens, and say which one helps."""
    lenses = [name.strip() for name in args.lenses.split(",") if name.strip() not in ("", "none")]
    if not lenses:
        raise InputError("--lenses names no lens to try; 'snellen tasks' lists them")
    choose_questions(args)
    plan = plan_of(args, lenses=lenses, lengths=args.lengths, trials=args.trials)
    found: list[Prescription] = []

    def work(watcher: ProgressWatcher) -> Run:
        found.append(race(plan, settings_of(args, watcher)))
        return found[0].run

    code, _ = carry_out(work)
    for prescription in found:
        show_contrasts(prescription.contrasts)
        for one in prescription.advice:
            advice = (
                f"wear '{one.lens}' ({one.gain:+.0%} correct answers in mode {one.mode})"
                if one.lens
                else "no lens is shown to help"
            )
            print(f"{one.task}: {advice}")
    return code
