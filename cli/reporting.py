"""From a journal to the finished run directory, and the summary on the screen."""

from __future__ import annotations

import sys
from collections import Counter

import pandas as pd
from rich.console import Console

from ..reports.acuities import acuities
from ..reports.curves import curves
from ..reports.summary import rich_table, summary, warnings
from ..reports.writing import write_report
from ..store.answers import Failure
from ..store.journal import Journal
from ..store.manifest import now
from ..store.rundir import RunDirectory
from ..store.trials import examples, trial_table, write_trials


def finish(where: RunDirectory, journal: Journal) -> int:
    """Write trials, manifest and report; print the summary.

    Returns:
        The exit code: 0, or 1 where requests failed.
    """
    entries = list(journal.entries())
    trials = trial_table(where.manifest.run_id, where.manifest.plan, entries)
    write_trials(where.trials_path, trials)
    failed = int((trials["outcome"] == "failed").sum())
    where.update(
        finished=now(),
        answered=len(trials) - failed,
        failed=failed,
        usage={
            name: sum(getattr(entry.result, name, None) or 0 for entry in entries)
            for name in ("prompt_tokens", "completion_tokens", "reasoning_tokens")
        },
    )
    manifest = where.manifest.model_dump(mode="json")
    page = write_report(where.path, trials, manifest, examples(entries))
    show_summary(trials)
    print(f"report: {page}")
    if failed:
        reasons = Counter(e.result.reason for e in entries if isinstance(e.result, Failure))
        for reason, count in reasons.most_common():
            print(f"snellen: {count} failed: {reason}", file=sys.stderr)
        print("snellen: repeat the command to ask only those again", file=sys.stderr)
    return 1 if failed else 0


def show_summary(trials: pd.DataFrame) -> None:
    """Print the summary table and the warnings."""
    table = curves(trials)
    found = acuities(table)
    rows = summary(table, found)
    console = Console()
    if not console.is_terminal:
        console.width = 120  # a log file has no edge to fold at
    console.print(rich_table(rows))
    for line in warnings(rows, table, found):
        console.print(f"• {line}", highlight=False)
