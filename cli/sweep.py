"""Carry out a grid of runs from one plan: models, tasks, modes, answers, lenses, precisions.

Each cell of the grid is a run with its own folder. Repeating the command does what is missing. With
--engine ray the cells run on a Ray cluster. docs/sweeps.md describes the plan.

Example:
  snellen sweep plan.yaml --dry-run
"""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path

import pandas as pd
from rich.table import Table

from ..exams.sweep.priced import Priced, price_sweep
from ..exams.sweep.result import Sweep
from ..exams.sweep.sweep import ENGINES, carry_out
from ..runners.prices import Estimate
from ..support.secrets import load_env_file
from .showing import wide_console
from .sweep_progress import SweepProgress
from .tracking import add_track_argument, track_cells, tracker_of

_AXES = ("precision", "mode", "answer", "lens")
_WAITING = {"waiting": "to do", "done": "done already"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``snellen sweep``."""
    parser.add_argument("plan", type=Path, metavar="PLAN.yaml", help="what to ask, and whom")
    group = parser.add_argument_group("where it runs")
    group.add_argument(
        "--engine",
        choices=ENGINES,
        default="here",
        help="here: one cell after another (default); ray: on a Ray cluster",
    )
    group.add_argument(
        "--address",
        metavar="HOST:PORT",
        help="the head of the cluster (default: the one this machine is part of, else this "
        "machine alone)",
    )
    group.add_argument(
        "--storage",
        metavar="URL",
        help="keep journals and run directories there (any fsspec URL: s3://…, file:///…); "
        "without it they are copied back to this machine",
    )
    group = parser.add_argument_group("what it may cost")
    group.add_argument(
        "--budget", type=float, metavar="USD", help="stop when the whole sweep has cost this much"
    )
    group.add_argument(
        "--prices", type=Path, help="a file with prices of your own (see docs/runners.md)"
    )
    group.add_argument(
        "--dry-run", action="store_true", help="show the cells and what they cost; ask nothing"
    )
    group = parser.add_argument_group("files")
    group.add_argument(
        "--out",
        type=Path,
        metavar="FOLDER",
        help="folder for results (default: 'out' in the plan, or results/<name of the plan>)",
    )
    group.add_argument("--env-file", type=Path, help="read API keys from this file")
    add_track_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Carry the sweep out, and say what came of it."""
    if args.env_file is not None:
        load_env_file(args.env_file)
    found = price_sweep(args.plan, out=args.out, storage=args.storage, prices=args.prices)
    _show_price(found, every_cell=args.dry_run)
    if args.dry_run:
        return 0
    where = tracker_of(args)
    try:
        with SweepProgress() as watcher:
            done = carry_out(
                found,
                args.engine,
                args.address,
                budget=args.budget,
                prices=args.prices,
                watcher=watcher,
            )
    except KeyboardInterrupt:
        print(
            f"snellen: interrupted; every answer is kept in {found.plan.storage or found.out}\n"
            f"to resume: {shlex.join(['snellen', *sys.argv[1:]])}",
            file=sys.stderr,
        )
        return 130
    code = _show(done)
    track_cells(where, done)
    return code


def _show_price(found: Priced, *, every_cell: bool) -> None:
    """What there is to do and what it costs; with ``every_cell`` a line for each."""
    if every_cell:
        table = Table("cell", "trials", "prompt tokens", "cost (USD)", "state", "GPUs")
        for state in found.states:
            estimate, entry = found.estimates[state.cell.folder], state.cell.entry
            gpus = f"{entry.gpus_per_node:g}" if entry.gpus_per_node else "–"
            over = f" on each of {entry.nodes} nodes" if entry.nodes > 1 else ""
            table.add_row(
                state.cell.name,
                f"{state.trials:,}",
                f"about {estimate.prompt_tokens:,}",
                _cost(estimate),
                _WAITING.get(state.state, state.state),
                gpus + over,
            )
        wide_console().print(table)
    done = len(found.states) - len(found.missing)
    requests = sum(state.trials for state in found.missing)
    print(
        f"{len(found.states)} cells, {done} done already; to do: {requests:,} requests, "
        f"{_cost(found.estimate)}"
    )


def _cost(found: Estimate) -> str:
    if found.low is None or found.high is None or found.expected is None:
        return "price unknown"
    if found.high == 0:
        return "free"
    return f"about ${found.expected:.4f} (${found.low:.4f} to ${found.high:.4f})"


def _show(done: Sweep) -> int:
    """Print the table of cells, what failed, and where everything is.

    Returns:
        The exit code: 0, or 1 where not every cell is done.
    """
    rows = done.cells.to_dict("records")
    # What is the same in every cell says nothing there, and a terminal is narrow.
    axes = ["model", "task"]
    axes += [name for name in _AXES if done.cells[name].nunique() > 1]
    table = Table(*axes, "state", "answered", "L50", "cost (USD)")
    for row in rows:
        cost = row["cost_usd"]
        table.add_row(
            *(str(row[name]) for name in axes),
            row["state"],
            f"{row['answered']:,} of {row['trials']:,}",
            row["L50"],
            "–" if pd.isna(cost) else f"{cost:.4f}",
        )
    wide_console().print(table)
    for row in rows:
        if row["state"] != "done":
            print(f"snellen: {row['run']} {row['state']}: {row['why']}", file=sys.stderr)
    for line in done.left_out:
        print(f"snellen: not on the board: {line}", file=sys.stderr)
    if not done.complete:
        print("snellen: repeat the command to do what is missing", file=sys.stderr)
    print(f"cells: {done.path / 'sweep.json'}")
    if done.board is not None:
        print(f"leaderboard: {done.board}")
    return 0 if done.complete else 1
