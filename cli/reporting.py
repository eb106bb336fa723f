"""From a journal to the finished run directory, and the summary on the screen."""

from __future__ import annotations

import sys
from collections import Counter

from rich.console import Console

from ..reports.run.summary import rich_table
from ..reports.run.writing import Report, write_report
from ..store.answers import Failure
from ..store.journal import Journal
from ..store.manifest import now
from ..store.run_directory import RunDirectory
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
    show(write_report(where.path, trials, manifest, examples(entries)))
    if failed:
        reasons = Counter(e.result.reason for e in entries if isinstance(e.result, Failure))
        for reason, count in reasons.most_common():
            print(f"snellen: {count} failed: {reason}", file=sys.stderr)
        print("snellen: repeat the command to ask only those again", file=sys.stderr)
    return 1 if failed else 0


def show(report: Report) -> None:
    """Print the summary table, the warnings, and where the page is."""
    console = Console()
    if not console.is_terminal:
        console.width = 120  # a log file has no edge to fold at
    console.print(rich_table(report.rows))
    for line in report.warnings:
        console.print(f"• {line}", highlight=False)
    print(f"report: {report.page}")
