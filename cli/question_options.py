"""The options that say what is asked: shared by every command that asks."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..errors import InputError
from ..store.plan import Plan
from ..tasks.lengths import parse_lengths
from ..tasks.lenses import find_lens
from ..tasks.modes import find_mode
from ..tasks.registry import find_tasks
from .model_options import parse_model_args

STANDARD_TASKS = "count_ones,count_ones_bernoulli,sum_digits,copy_last"
Group = argparse._ArgumentGroup


def add_question_arguments(parser: argparse.ArgumentParser) -> Group:
    """Add ``--tasks``, ``--mode`` and ``--seed``; returns the group, for more of its kind."""
    group = parser.add_argument_group("what is asked")
    group.add_argument(
        "--tasks", default=STANDARD_TASKS, metavar="T[,T]", help=f"default: {STANDARD_TASKS}"
    )
    group.add_argument("--mode", default="direct", help="direct, fewshot, cot, cot_fewshot")
    group.add_argument("--seed", type=int, default=0, help="of the questions (default: 0)")
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
        "--trials", type=int, metavar="K", help="per length (default: 10; 1 for the paper's tasks)"
    )


def add_output_arguments(parser: argparse.ArgumentParser) -> None:
    """Add ``--out`` and ``--run-id``."""
    group = parser.add_argument_group("what is written")
    group.add_argument("--out", type=Path, default=Path("results"), help="default: results")
    group.add_argument("--run-id", help="name of the run (default: made from the plan)")


def fixed_lengths(args: argparse.Namespace) -> dict[str, Any]:
    """What ``--lengths`` and ``--trials`` say, as fields of a plan."""
    lengths = parse_lengths(args.lengths) if args.lengths is not None else None
    return {"lengths": lengths, "trials": args.trials}


def plan_of(args: argparse.Namespace, lenses: Sequence[str], **fields: Any) -> Plan:
    """The plan that the options describe.

    Args:
        args: the parsed options.
        lenses: names of lenses.
        **fields: further fields of the plan.

    Raises:
        InputError: something named does not exist, or a number is out of range.
    """
    try:
        plan = Plan(
            model=args.model,
            base_url=args.base_url,
            tasks=tuple(task.name for task in find_tasks(words(args.tasks))),
            modes=tuple(find_mode(name) for name in words(args.mode)),
            lenses=tuple(find_lens(name).name for name in lenses),
            seed=args.seed,
            max_tokens=args.max_tokens,
            temperature=args.temperature,
            top_p=args.top_p,
            sampling_seed=args.sampling_seed,
            reasoning_effort=args.reasoning_effort,
            chat=not args.raw,
            model_args=dict(parse_model_args(args.model_args))
            | {name: getattr(args, name) for name in ("dtype", "device") if getattr(args, name)},
            **fields,
        )
    except ValidationError as error:
        first = error.errors()[0]
        option = str(first["loc"][0]).replace("_", "-")
        raise InputError(f"--{option} {first['input']}: {first['msg'].lower()}") from error
    if not any(True for _ in plan.cells()):
        raise InputError(
            f"none of the tasks {args.tasks} has mode {args.mode} and lens {','.join(lenses)}"
        )
    return plan


def words(text: str) -> list[str]:
    """The parts of a comma-separated list, each once."""
    return list(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))
