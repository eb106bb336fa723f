"""From a plan to its finished run directory: what every command that asks has in common."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Callable
from contextlib import closing

from ..runners.asking import Asker
from ..runners.engine import evaluate
from ..runners.preflight import check_context
from ..runners.registry import open_runner
from ..store.plan import Plan
from ..store.rundir import RunDirectory, folder_name, open_run
from .model_options import model_options
from .progress import ProgressLine

Work = Callable[[Asker, RunDirectory, ProgressLine], None]
"""Asks what is to be asked; every answer is in the journal when it returns."""


def ask_all(args: argparse.Namespace, plan: Plan) -> tuple[int, RunDirectory]:
    """Ask every trial of a plan through lm-eval; see :func:`carry_out`."""
    return carry_out(
        args, plan, lambda asker, where, line: evaluate(plan, asker, where.path / "lm_eval")
    )


def carry_out(args: argparse.Namespace, plan: Plan, work: Work) -> tuple[int, RunDirectory]:
    """Open the model and the run directory, do the work, write the report.

    Args:
        args: the parsed options.
        plan: what is asked.
        work: how it is asked.

    Returns:
        The exit code (0, 1 where requests failed, 130 interrupted) and the run directory.
    """
    logs = args.out / folder_name(plan.model)
    with closing(open_runner(plan.model, model_options(args, logs))) as runner:
        check_context(plan, runner)
        where = open_run(args.out, plan, dict(runner.numerics), args.run_id)
        with where.journal() as journal:
            total = where.manifest.asked if plan.precision is None else None
            try:
                with ProgressLine(total) as line:
                    work(Asker(runner, journal, line.advance), where, line)
            except KeyboardInterrupt:
                again = shlex.join(["snellen", *sys.argv[1:]])
                print(
                    f"snellen: interrupted; every answer is kept in {where.path}\n"
                    f"to go on: {again}",
                    file=sys.stderr,
                )
                return 130, where
            # Imported late: plotting and statistics must not keep the first question waiting.
            from .reporting import finish

            return finish(where, journal), where
