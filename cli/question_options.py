"""The options that say what is asked: shared by every command that asks."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..errors import InputError
from ..exams.settings import RESULTS
from ..runners.registry import find_kind
from ..store.plan import Plan
from .model_options import parse_extra_body, parse_headers, parse_model_args

DEFAULT_TASKS = "count_ones,count_ones_bernoulli,sum_digits,copy_last"
Group = argparse._ArgumentGroup


def add_question_arguments(parser: argparse.ArgumentParser, *, lens: bool = True) -> Group:
    """Add ``--tasks``, ``--mode``, ``--answer``, ``--lens`` and ``--seed``.

    Returns:
        The group, for more of its kind.
    """
    group = parser.add_argument_group("what is asked")
    group.add_argument(
        "--tasks",
        metavar="T[,T]",
        help=f"default: {DEFAULT_TASKS}; for the bundled model, which cannot count: copies, "
        "look-ups and one count, after worked examples (mode fewshot)",
    )
    group.add_argument(
        "--mode", help="direct (default), fewshot, cot, cot_fewshot, or several: cot,direct"
    )
    group.add_argument(
        "--answer", default="free", help="free (any text, the default), forced, choice, or several"
    )
    if lens:
        group.add_argument(
            "--lens",
            default="none",
            help="comma:3, or comma:3+question_first (one lens of two terms), or several, "
            "separated by commas; 'snellen tasks' lists them",
        )
    group.add_argument("--seed", type=int, default=0, help="seed of the questions (default: 0)")
    return group


def add_fixed_length_arguments(group: Group) -> None:
    """Add ``--lengths`` and ``--trials``."""
    group.add_argument(
        "--lengths",
        metavar="SPEC",
        help="1,2,5 | start:stop:step | log:start:stop:count (default: log:1:128:10; the paper's "
        "tasks have their own)",
    )
    group.add_argument(
        "--trials",
        type=int,
        metavar="K",
        help="trials per length (default: 10; 1 for the paper's tasks)",
    )


def add_output_arguments(parser: argparse.ArgumentParser) -> None:
    """Add ``--out`` and ``--run-id``."""
    group = parser.add_argument_group("what is written")
    group.add_argument(
        "--out", type=Path, default=RESULTS, help=f"folder for results (default: {RESULTS})"
    )
    group.add_argument("--run-id", help="name of the run (default: made from the plan)")


def choose_questions(args: argparse.Namespace) -> None:
    """Choose the tasks where none are named, and with them mode, lengths and trials."""
    chart: Mapping[str, str] = {}
    if args.tasks is None:
        chart = find_kind(args.model).first_chart
        args.tasks = chart.get("tasks", DEFAULT_TASKS)
    if args.mode is None:
        args.mode = chart.get("mode", "direct")
    if getattr(args, "lengths", "") is None:
        args.lengths = chart.get("lengths")
    if getattr(args, "trials", 0) is None and "trials" in chart:
        args.trials = int(chart["trials"])


def plan_of(args: argparse.Namespace, **fields: Any) -> Plan:
    """The plan that the options describe.

    Args:
        args: the parsed options.
        **fields: further fields of the plan.

    Raises:
        InputError: an option is wrong.
    """
    args_of_model = dict(parse_model_args(args.model_args))
    args_of_model |= {name: getattr(args, name) for name in ("dtype", "device")
                      if getattr(args, name)}  # fmt: skip
    return make_plan(
        model=args.model,
        base_url=args.base_url,
        tasks=args.tasks,
        modes=args.mode,
        answers=args.answer,
        seed=args.seed,
        max_tokens=args.max_tokens,
        temperature=args.temperature,
        top_p=args.top_p,
        sampling_seed=args.sampling_seed,
        reasoning_effort=args.reasoning_effort,
        chat=not args.raw,
        model_args=args_of_model,
        extra_body=parse_extra_body(args.extra_body),
        extra_headers=parse_headers(args.header),
        **fields,
    )


def make_plan(**fields: Any) -> Plan:
    """A plan of these fields.

    Raises:
        InputError: a field is wrong; named as the option that sets it.
    """
    try:
        return Plan(**fields)
    except ValidationError as error:
        first = error.errors()[0]
        option = str(first["loc"][0]).replace("_", "-")
        raise InputError(f"--{option} {first['input']}: {first['msg'].lower()}") from error
