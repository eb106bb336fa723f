"""One live line while answers arrive: done, total, rate, time left, and what went wrong."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from ..runners import asking
from ..store.answers import Failure


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:.1f}/s" if speed else "–/s")


@contextmanager
def progress_line(total: int) -> Iterator[asking.Progress]:
    """Show progress on standard error; on a plain file, a line at the end only.

    Yields:
        What to call with answers as they are kept.
    """
    # The stream is taken now: lm-eval's own bars are sent elsewhere while it runs.
    console = Console(file=sys.stderr)
    failed = 0
    with Progress(
        TextColumn("asking"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
        console=console,
        refresh_per_second=4,
    ) as bar:
        line = bar.add_task("asking", total=total, note="")

        def advance(results: asking.Results) -> None:
            nonlocal failed
            failed += sum(isinstance(result, Failure) for _, result in results)
            bar.update(line, advance=len(results), note=f"{failed} failed" if failed else "")

        yield advance
