"""Ask a model tasks of growing length and write a run directory: trials, curves, report.

Repeating the command resumes it: only what has no answer yet is asked.

Example:
  snellen run --model bundled --tasks count_ones,copy_last --lengths log:1:128:10 --trials 10
"""

from __future__ import annotations

import argparse

from ..exams.run import run as ask
from ..exams.session import estimate
from ..runners.registry import find_kind
from ..store.plan import Plan
from .model_options import add_model_arguments, add_sampling_arguments, settings_of
from .question_options import (
    add_fixed_length_arguments,
    add_output_arguments,
    add_question_arguments,
    choose_questions,
    plan_of,
)
from .tracking import add_track_argument, track_run, tracker_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``snellen run``."""
    add_fixed_length_arguments(add_question_arguments(parser))
    add_model_arguments(parser, batch=True)
    add_sampling_arguments(parser)
    add_output_arguments(parser)
    add_track_argument(parser)
    parser.add_argument(
        "--dry-run", action="store_true", help="print requests, tokens and cost; ask nothing"
    )


def run(args: argparse.Namespace) -> int:
    """Ask, and say what came of it."""
    choose_questions(args)
    plan = plan_of(args, lenses=args.lens, lengths=args.lengths, trials=args.trials)
    if args.dry_run:
        return _dry_run(args, plan)
    where = tracker_of(args)
    # Imported late: what shows tables must not keep the first question waiting.
    from .watching import carry_out

    paid = find_kind(plan.model).is_far(args.base_url)
    code, found = carry_out(
        lambda watcher: ask(plan, settings_of(args, watcher)),
        lambda: _weaknesses(plan) if paid else [],
    )
    track_run(where, found)
    return code


def _weaknesses(plan: Plan) -> list[str]:
    """What two runs like this one cannot tell apart: to be known before it is paid."""
    from ..exams.design import told_of

    return told_of(plan, weak_only=True)


def _dry_run(args: argparse.Namespace, plan: Plan) -> int:
    found, source = estimate(plan, settings_of(args))
    exact = "" if found.exact else "about "
    cost = (
        "price unknown; give one with --prices"
        if found.low is None or found.high is None or found.expected is None
        else f"about ${found.expected:.4f}; ${found.low:.4f} to ${found.high:.4f} ({source})"
    )
    print(f"model          {plan.model}")
    print(f"requests       {found.requests:,}")
    print(f"prompt tokens  {exact}{found.prompt_tokens:,}")
    print(f"cost           {cost}")
    # Imported late: a run that asks does not wait for it.
    from ..exams.design import told_of

    for line in told_of(plan):
        print(f"can show       {line}")
    return 0
