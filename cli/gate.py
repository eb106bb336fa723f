r"""Does this deployment (--model: A) see as far as that one (--against: B)?

Both answer the same questions over a range of lengths, in small batches, until one is shown to be
worse, or a drop that matters is excluded. Between two servers, FAIL means that EITHER is worse, and
the line names which; with --judge against (or model) only that one can fail, for a change that may
well be an improvement. With --baseline RUN_DIR, A is a finished run, and only the live server (B)
is judged.
Exit code: 0 PASS, 1 FAIL, 3 INCONCLUSIVE (2: bad input). The result is written to OUT/gate/RUN_ID
(gate.html, gate.md, gate.json); give the same --run-id to continue a gate that was interrupted.

Examples:
  snellen gate --model openai/m --base-url http://old:8000/v1 \
    --against openai/m --against-base-url http://new:8000/v1 --tokens 1k..32k
  snellen gate --baseline results/openai__m/base --against openai/m --watch
"""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path

from ..errors import InputError
from ..exams.gate.gate import TASKS, gate
from ..exams.gate.levels import TOKENS
from ..exams.gate.limits import ALPHA, MARGIN, POWER, Limits, parse_budget
from ..exams.gate.result import GateResult
from ..exams.settings import Settings
from ..store.plan import Plan
from .model_options import (
    add_model_arguments,
    add_sampling_arguments,
    parse_model_args,
    settings_of,
)
from .question_options import add_output_arguments, plan_of
from .watching import ProgressWatcher


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``snellen gate``."""
    group = parser.add_argument_group("the two sides: --model is A, --against is B")
    group.add_argument("--against", metavar="MODEL", help="the other deployment: B")
    group.add_argument("--against-base-url", metavar="URL", help="the server of B")
    group.add_argument(
        "--against-model-args",
        default="",
        metavar="K=V,…",
        help="settings of B's engine, if it is started here",
    )
    group.add_argument(
        "--judge",
        choices=("either", "model", "against"),
        help="which side can fail (default: either; with --baseline: against, which is B)",
    )
    group.add_argument(
        "--baseline",
        type=Path,
        metavar="RUN_DIR",
        help="a finished run as A, instead of --model; its questions are asked again",
    )
    group.add_argument(
        "--watch",
        action="store_true",
        help="one night of many: the error rate holds over all nights together",
    )
    group.add_argument(
        "--history",
        type=Path,
        metavar="FILE",
        help="where the nights are kept (default: OUT/gate/nights.sqlite)",
    )
    group = parser.add_argument_group("what is asked")
    group.add_argument("--tasks", metavar="T[,T]", help=f"default: {TASKS}, or the baseline's")
    group.add_argument("--mode", default="direct", help="direct, fewshot, cot, cot_fewshot")
    group.add_argument(
        "--answer",
        default="auto",
        help="free, forced, choice; auto (default): forced where both sides can be",
    )
    group.add_argument("--seed", type=int, default=0, help="seed of the questions (default: 0)")
    group.add_argument(
        "--tokens", metavar="SPEC", help=f"prompt sizes: 1k..128k, or 1k,8k (default: {TOKENS})"
    )
    group.add_argument(
        "--lengths", metavar="SPEC", help="lengths in items instead: 1,2,5 | log:4:512:8"
    )
    group.add_argument("--trials", type=int, metavar="K", help="at most this many pairs per length")
    group = parser.add_argument_group("how sure")
    group.add_argument(
        "--margin",
        type=float,
        default=MARGIN,
        help=f"drop in accuracy that matters (default: {MARGIN})",
    )
    group.add_argument("--alpha", type=float, default=ALPHA, help=f"error rate (default: {ALPHA})")
    group.add_argument(
        "--power",
        type=float,
        default=POWER,
        help=f"power to find a drop of the margin (default: {POWER})",
    )
    add_model_arguments(parser, default=None, budget=str)
    add_sampling_arguments(parser)
    add_output_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Gate, print the verdict in one line, and where the page is."""
    limits = Limits(args.alpha, args.power, args.margin, parse_budget(args.budget), args.trials)
    args.budget = None
    watcher = ProgressWatcher()
    try:
        result = _gate(args, limits, settings_of(args, watcher))
    except KeyboardInterrupt:
        if watcher.path is None:
            raise
        command = shlex.join(["snellen", *sys.argv[1:]])
        again = "" if args.run_id else f" --run-id {watcher.path.name}"
        print(
            f"snellen: interrupted; every answer is kept in {watcher.path}\n"
            f"to go on: {command}{again}",
            file=sys.stderr,
        )
        return 130
    for note in result.notes:
        print(f"snellen: {note}", file=sys.stderr)
    print(result.line)
    print(f"page: {result.path / 'gate.md'}")
    return result.exit_code


def _gate(args: argparse.Namespace, limits: Limits, settings: Settings) -> GateResult:
    if args.tokens and args.lengths:
        raise InputError("--tokens and --lengths both say how long prompts are; give one of them")
    model_b, url_b, args_b = args.against, args.against_base_url, args.against_model_args
    if args.baseline is None:
        if not args.model or not model_b:
            raise InputError(
                "a gate has two sides: --model A --against B, or --baseline RUN_DIR --against B"
            )
        start: Plan | Path = _plan(args)
    else:
        if not model_b:  # with a baseline there is one live side only, whatever it is called
            model_b, url_b, args_b = args.model, args.base_url, args.model_args
        if not model_b:
            raise InputError("--baseline is A; say with --against (or --model) who is B")
        if args.lengths or args.tokens:
            raise InputError("--lengths and --tokens are the baseline's; leave them out")
        start = args.baseline
    return gate(
        start,
        model_b,
        against_base_url=url_b,
        against_model_args=parse_model_args(args_b),
        tasks=args.tasks.split(",") if args.tasks and args.baseline else (),
        tokens=args.tokens,
        judge=args.judge,
        forced=None if args.answer == "auto" else args.answer == "forced",
        limits=limits,
        history=_history(args),
        settings=settings,
    )


def _history(args: argparse.Namespace) -> Path | None:
    if not args.watch and args.history is not None:
        raise InputError("--history is for --watch; give both, or neither")
    return (args.history or args.out / "gate" / "nights.sqlite") if args.watch else None


def _plan(args: argparse.Namespace) -> Plan:
    args.tasks = args.tasks or TASKS
    if args.answer in ("auto", "forced"):
        args.answer, asked = "free", args.answer
    else:
        asked = args.answer
    plan = plan_of(args, lengths=args.lengths)
    args.answer = asked
    return plan
