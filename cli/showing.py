"""What a command says of a finished run, and the exit code that follows."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from ..exams.compare import Contrast
from ..exams.loaded import Run
from ..reports.run.report import Report
from ..reports.run.summary import rich_table
from ..stats.compare import Comparison, Pool


def show_run(run: Run) -> int:
    """Print what a run came to.

    Returns:
        The exit code: 0, or 1 where requests failed or not everything was asked.
    """
    for name, reason in run.manifest.dropped.items():
        print(f"snellen: {name} was not sent: {reason}", file=sys.stderr)
    for notice in run.manifest.notices:
        print(f"snellen: {notice}", file=sys.stderr)
    if run.stopped:
        print(f"snellen: {run.stopped}", file=sys.stderr)
    show_report(Report(run.report, run.summary, run.warnings, run.acuities))
    for reason, count in run.failures.items():
        print(f"snellen: {count} failed: {reason}", file=sys.stderr)
    if run.failures:
        print("snellen: repeat the command to ask only those again", file=sys.stderr)
    return 1 if run.failures or run.stopped else 0


def show_report(report: Report) -> None:
    """Print the summary table, the warnings, and where the page is."""
    console = wide_console()
    console.print(rich_table(report.rows))
    for line in report.warnings:
        console.print(f"• {line}", highlight=False)
    print(f"report: {report.page}")


def wide_console() -> Console:
    """A console that does not fold where it is no terminal: a log file has no edge."""
    console = Console()
    if not console.is_terminal:
        console.width = 140
    return console


def show_contrasts(found: Sequence[Contrast], *, per_length: bool = False) -> None:
    """Print a row per curve, the grounds of each verdict, and the lengths if asked for."""
    console = wide_console()
    table = Table(
        "curve", "pairs", "only A", "only B", "p", "accuracy B - A", "L50 B / A", "shows", "verdict"
    )
    for one in found:
        result = one.result
        low, high = result.ratio_interval
        ratio = "–" if result.ratio is None else f"{result.ratio:.2f} "
        table.add_row(
            one.name,
            str(result.pairs.total),
            str(int(result.pairs.only_a.sum())),
            str(int(result.pairs.only_b.sum())),
            f"{result.p_pooled:.3g}",
            f"{result.difference:+.1%}",
            f"{ratio}({low:.2f} to {high:.2f})",
            f"{result.detectable_difference:.1%}",
            str(result.verdict),
        )
    console.print(table)
    console.print(
        "only A, only B: trials that only that run answered correctly; p: McNemar's mid-p, on "
        "these lengths; shows: the smallest difference of accuracy that this many pairs show with "
        "a power of 80 %"
    )
    for one in found:
        console.print(f"• {one.name}: {one.verdict}: {one.result.why}", highlight=False)
        if per_length:
            console.print(_lengths(one.result))


def show_pool(over_all: Pool, found: Sequence[Contrast]) -> None:
    """Print how many answers are identical, and, last, what all curves together show."""
    texts, identical = sum(one.texts for one in found), sum(one.identical for one in found)
    if texts:
        print(f"• {identical} of {texts} answers are identical, word for word")
    low, high = over_all.difference_interval
    print(
        f"{over_all.verdict}, over {len(found)} {'curves' if len(found) > 1 else 'curve'} and "
        f"{over_all.pairs} pairs: accuracy B - A {over_all.difference:+.1%} ({low:+.1%} to "
        f"{high:+.1%}); {over_all.why}"
    )


def _lengths(result: Comparison) -> Table:
    table = Table("length", "pairs", "only A", "only B", "p", "p (Holm)")
    pairs = result.pairs
    for i, length in enumerate(pairs.lengths):
        table.add_row(
            str(int(length)),
            str(int(pairs.both[i] + pairs.only_a[i] + pairs.only_b[i] + pairs.neither[i])),
            str(int(pairs.only_a[i])),
            str(int(pairs.only_b[i])),
            f"{result.p_lengths[i]:.3g}",
            f"{result.p_holm[i]:.3g}",
        )
    return table
