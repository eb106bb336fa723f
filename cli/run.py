"""Ask a model a chart of tasks and write the run directory: trials, curves, histograms, report.

Repeating the command goes on where it stopped: only what has no answer is asked again.

Example:
  snellen run --model bundled --tasks count_ones,copy_last --lengths log:1:128:10 --trials 10
"""

from __future__ import annotations

import argparse
import shlex
import sys
from contextlib import closing
from pathlib import Path

from ..errors import InputError
from ..runners.asking import Asker
from ..runners.engine import evaluate
from ..runners.preflight import check_context
from ..runners.registry import open_runner
from ..store.plan import Plan
from ..store.rundir import RunDirectory, open_run
from ..tasks.catalogue import find_mode, find_tasks
from ..tasks.lengths import parse_lengths
from ..tasks.lenses import find_lens
from .model_options import add_model_arguments, add_sampling_arguments, model_options
from .progress import progress_line
from .reporting import finish

STANDARD_TASKS = "count_ones,count_ones_bernoulli,sum_digits,copy_last"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``snellen run``."""
    group = parser.add_argument_group("what is asked")
    group.add_argument(
        "--tasks", default=STANDARD_TASKS, metavar="T[,T]", help=f"default: {STANDARD_TASKS}"
    )
    group.add_argument(
        "--lengths",
        metavar="SPEC",
        help="1,2,5 | start:stop:step | log:start:stop:count (default: log:1:128:10; the paper's "
        "tasks have their own)",
    )
    group.add_argument(
        "--trials", type=int, metavar="K", help="per length (default: 10; 1 for the paper's tasks)"
    )
    group.add_argument("--seed", type=int, default=0, help="of the questions (default: 0)")
    group.add_argument("--mode", default="direct", help="direct, cot, cot_fewshot; or several")
    group.add_argument("--lens", default="none", help="a change of the prompt; or several")
    add_model_arguments(parser)
    add_sampling_arguments(parser)
    group = parser.add_argument_group("what is written")
    group.add_argument("--out", type=Path, default=Path("results"), help="default: results")
    group.add_argument("--run-id", help="name of the run (default: made from the plan)")


def plan_of(args: argparse.Namespace) -> Plan:
    """The plan that the options describe.

    Raises:
        InputError: something named does not exist, or a number is out of range.
    """
    tasks = find_tasks(_words(args.tasks))
    modes = tuple(find_mode(name) for name in _words(args.mode))
    lenses = tuple(find_lens(name).name for name in _words(args.lens))
    if args.trials is not None and args.trials < 1:
        raise InputError(f"--trials {args.trials}: at least 1 trial per length")
    if args.max_tokens is not None and args.max_tokens < 1:
        raise InputError(f"--max-tokens {args.max_tokens}: at least 1")
    if args.temperature < 0:
        raise InputError(f"--temperature {args.temperature:g}: 0 or more")
    plan = Plan(
        model=args.model,
        base_url=args.base_url,
        tasks=tuple(task.name for task in tasks),
        modes=modes,
        lenses=lenses,
        lengths=parse_lengths(args.lengths) if args.lengths is not None else None,
        trials=args.trials,
        seed=args.seed,
        max_tokens=args.max_tokens,
        temperature=args.temperature,
        top_p=args.top_p,
        sampling_seed=args.sampling_seed,
        reasoning_effort=args.reasoning_effort,
        chat=not args.raw,
        model_args=dict(model_options(args).model_args),
    )
    if not any(True for _ in plan.cells()):
        raise InputError(f"none of --tasks {args.tasks} has mode {args.mode} and lens {args.lens}")
    return plan


def run(args: argparse.Namespace) -> int:
    """Carry out ``snellen run``."""
    plan = plan_of(args)
    with closing(open_runner(plan.model, model_options(args, args.out))) as runner:
        check_context(plan, runner)
        where = open_run(args.out, plan, dict(runner.numerics), args.run_id)
        with where.journal() as journal:
            try:
                with progress_line(where.manifest.asked) as progress:
                    asker = Asker(runner, journal, progress)
                    evaluate(plan, asker, where.path / "lm_eval")
            except KeyboardInterrupt:
                _interrupted(where)
                return 130
            return finish(where, journal)


def _interrupted(where: RunDirectory) -> None:
    again = shlex.join(["snellen", *sys.argv[1:]])
    print(
        f"\nsnellen: interrupted; every answer is kept in {where.path}\nto go on: {again}",
        file=sys.stderr,
    )


def _words(text: str) -> list[str]:
    return list(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))
