"""Find out which lens restores a model's sight: race them, confirm the winner on fresh questions.

The same questions are asked with and without each lens, at the lengths where they tell most; lenses
that fall behind are dropped. The leader is confirmed on questions that had no part in choosing it.
prescription.json and prescription.html go to OUT/prescribe/NAME. Repeating the command resumes it.

Example:
  snellen prescribe --model bundled --tasks copy_last --lenses comma,hint --budget 600requests
"""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Mapping
from typing import Any

from rich.table import Table

from ..errors import InputError
from ..exams.gate.limits import parse_budget
from ..exams.inside import check_open
from ..exams.prescribe.prescribe import MAX_LENGTH, prescribe
from ..exams.prescribe.result import NAME, Prescription
from ..exams.prescribe.words import told_octaves
from ..stats.race import Rules
from ..tasks.lenses import LENSES
from .model_options import add_model_arguments, add_sampling_arguments, settings_of
from .question_options import (
    add_output_arguments,
    add_question_arguments,
    choose_questions,
    plan_of,
)
from .showing import wide_console
from .showing_why import show_why
from .watching import ProgressWatcher

_RULES = Rules()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``snellen prescribe``."""
    usual = ",".join(name for name in LENSES if name != "none")
    group = add_question_arguments(parser, lens=False)
    group.add_argument(
        "--lenses", help=f"lenses to try (default: those of {usual} that fit the task)"
    )
    group.add_argument(
        "--max-length",
        type=int,
        default=MAX_LENGTH,
        help=f"longest length to try, in items (default: {MAX_LENGTH})",
    )
    group.add_argument(
        "--lengths",
        metavar="SPEC",
        help="the lengths to choose from, instead of --max-length: 1,2,5 | log:1:64:9",
    )
    group = parser.add_argument_group("how sure")
    group.add_argument(
        "--alpha",
        type=float,
        default=_RULES.alpha,
        help="at most this probability of prescribing a lens that does not help, and about that of "
        f"losing the best one in the race (default: {_RULES.alpha})",
    )
    group.add_argument(
        "--gain",
        type=float,
        default=_RULES.gain,
        help=f"smallest ratio of L50 that matters (default: {_RULES.gain})",
    )
    group.add_argument(
        "--precision",
        type=float,
        default=_RULES.precision,
        help="confirm until the gain is known to this factor either way "
        f"(default: {_RULES.precision})",
    )
    group.add_argument(
        "--max-trials",
        type=int,
        default=_RULES.most,
        help="at most this many questions for one lens in the race, and again in the confirmation "
        f"(default: {_RULES.most})",
    )
    group.add_argument(
        "--why",
        action="store_true",
        help="also look inside the model through every lens: collapse, decodability, attention, "
        "beside what each gains (models in this process; why.html)",
    )
    add_model_arguments(parser, budget=str)
    add_sampling_arguments(parser)
    add_output_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Prescribe, and say what and why."""
    named = None if args.lenses is None else args.lenses.split(",")
    if named is not None and not [name for name in named if name.strip() not in ("", "none")]:
        raise InputError("--lenses names no lens to try; 'snellen tasks' lists them")
    budget, args.budget = parse_budget(args.budget), None
    lengths = args.lengths
    choose_questions(args)
    args.lengths = lengths  # those of a first chart are for a fixed number of trials
    if args.max_length < 2:
        raise InputError(f"--max-length {args.max_length}: 2 items or more")
    if args.why:
        check_open(args.model, "--why looks inside a model")
    plan = plan_of(args, lenses=named or ["none"], lengths=args.lengths, max_length=args.max_length)
    watcher = ProgressWatcher()
    try:
        found = prescribe(plan, settings_of(args, watcher), rules=_rules(args), budget=budget)
    except KeyboardInterrupt:
        if watcher.path is None:
            raise
        print(
            f"snellen: interrupted; every answer is kept in {watcher.path}\n"
            f"to resume: {shlex.join(['snellen', *sys.argv[1:]])}",
            file=sys.stderr,
        )
        return 130
    code = _show(found)
    for entry in found.entries if args.why else ():
        show_why(found, entry, settings_of(args))
    return code


def _rules(args: argparse.Namespace) -> Rules:
    if not 0 < args.alpha < 1:
        raise InputError(f"--alpha {args.alpha:g}: a level between 0 and 1, such as 0.05")
    for name in ("gain", "precision"):
        if not getattr(args, name) > 1:
            raise InputError(f"--{name} {getattr(args, name):g}: a ratio above 1, such as 1.25")
    if args.max_trials < 1:
        raise InputError(f"--max-trials {args.max_trials}: 1 or more")
    return Rules(args.alpha, args.gain, most=args.max_trials, precision=args.precision)


def _show(found: Prescription) -> int:
    """Print what is prescribed, and the lenses of the race.

    Returns:
        The exit code: 0, or 1 where requests failed or the budget ended before it was decided.
    """
    console = wide_console()
    for entry in found.entries:
        table = Table("lens", "answers", "only with", "only without", "octaves in the race", "then")
        for one in entry["lenses"]:
            gain = {"value": one["gain"], "low": one["low"], "high": one["high"], "reason": ""}
            table.add_row(
                one["lens"], str(one["trials"]), str(one["only_lens"]), str(one["only_base"]),
                told_octaves(gain), one["state"],
            )  # fmt: skip
        console.print(table)
        console.print(f"{entry['task']}: {entry['why']}", highlight=False)
        if entry["lens"]:
            console.print(_costs(entry), highlight=False)
        if entry["worse"]:
            console.print(f"shown to make it worse: {', '.join(entry['worse'])}", highlight=False)
    print(f"prescription: {found.path / NAME}\npage: {found.page}")
    if found.failed:
        print(
            f"snellen: {found.failed} requests failed; repeat the command to ask those again",
            file=sys.stderr,
        )
    cut = sorted({entry["stopped"] for entry in found.entries if entry["stopped"]})
    for why in cut:
        print(
            f"snellen: {why}; repeat the command with a higher --budget to go on", file=sys.stderr
        )
    return 1 if found.failed or cut else 0


def _costs(entry: Mapping[str, Any]) -> str:
    told = []
    for name in ("before", "after"):
        side = entry[name]
        tokens = sum(side[key] or 0 for key in ("prompt_tokens", "completion_tokens"))
        usd = "" if not side["usd"] else f", ${side['usd']:.2g}"
        told.append(f"{tokens:,.0f} tokens{usd}")
    return f"an answer takes {told[0]} without it, {told[1]} with it"
