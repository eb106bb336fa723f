"""From a plan to its finished run directory: what every command that asks has in common."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from ..exams.asking import evaluate, requests_of
from ..exams.preflight import check_context
from ..runners.cached import Asker
from ..runners.prices import Prices
from ..runners.registry import open_runner
from ..runners.spending import Budget, BudgetReached
from ..store.plan import Plan
from ..store.run_directory import RunDirectory, open_run
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
        The exit code (0, 1 where requests failed or money ran out, 130 interrupted) and the run
        directory.
    """
    prices = Prices.load(args.prices)
    with closing(open_runner(plan.model, model_options(args, _logs(args.out)))) as runner:
        check_context(plan, runner)
        budget = Budget(runner, prices, args.budget)
        if args.budget is not None:
            budget.check(prices.estimate(runner, requests_of(plan, Asker(runner))))
        where = open_run(args.out, plan, dict(runner.numerics), args.run_id)
        runner.log_into(where.path)
        with where.journal() as journal:
            code = _ask(plan, work, Asker(runner, journal, budget=budget), where)
            if code == 130:
                return code, where
            where.update(
                cost_usd=budget.spent,
                prices={"source": prices.source(plan.model)},
                dropped=dict(runner.dropped),
            )
            for name, reason in runner.dropped.items():
                print(f"snellen: {name} was not sent: {reason}", file=sys.stderr)
            for notice in runner.notices:
                print(f"snellen: {notice}", file=sys.stderr)
            # Imported late: plotting and statistics must not keep the first question waiting.
            from .reporting import finish

            return max(code, finish(where, journal)), where


def _logs(out: Path) -> Path:
    """Where a server writes its log until the run directory is known; one per process."""
    return out / f".starting-{os.getpid()}"


def _ask(plan: Plan, work: Work, asker: Asker, where: RunDirectory) -> int:
    try:
        with ProgressLine(where.manifest.asked if plan.precision is None else None) as line:
            asker.watch(lambda results: line.advance(results, asker.budget.spent))
            work(asker, where, line)
    except BudgetReached as stop:
        print(f"snellen: {stop}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        again = shlex.join(["snellen", *sys.argv[1:]])
        print(
            f"snellen: interrupted; every answer is kept in {where.path}\nto go on: {again}",
            file=sys.stderr,
        )
        return 130
    return 0


def dry_run(args: argparse.Namespace, plan: Plan) -> int:
    """Say what a plan would take, and ask nothing."""
    prices = Prices.load(args.prices)
    with closing(open_runner(plan.model, model_options(args, _logs(args.out)))) as runner:
        check_context(plan, runner)
        found = prices.estimate(runner, requests_of(plan, Asker(runner)))
    exact = "" if found.exact else "about "
    cost = (
        "price unknown; give one with --prices"
        if found.low is None or found.high is None or found.expected is None
        else f"about ${found.expected:.4f}; ${found.low:.4f} to ${found.high:.4f} "
        f"({prices.source(plan.model)})"
    )
    print(f"model          {plan.model}")
    print(f"requests       {found.requests:,}")
    print(f"prompt tokens  {exact}{found.prompt_tokens:,}")
    print(f"cost           {cost}")
    return 0
