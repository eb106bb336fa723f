"""One live line while answers arrive: done, total, rate, time left, and what went wrong."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Self

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

from ..runners.cached import Results
from ..store.answers import Failure


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        answered = task.completed - task.fields["known"]
        return Text(f"{answered / task.elapsed:.1f}/s" if task.elapsed and answered else "–/s")


class ProgressLine:
    """Shows progress on standard error; where that is a plain file, one line at the end."""

    def __init__(self, total: int | None) -> None:
        """Prepare the line.

        Args:
            total: how many answers there will be; ``None`` if that is not known.
        """
        # The stream is taken now: lm-eval's own bars are sent elsewhere while it runs.
        self._bar = Progress(
            TextColumn("asking"),
            BarColumn(),
            MofNCompleteColumn(),
            _Rate(),
            TimeElapsedColumn(),
            *([TextColumn("left"), TimeRemainingColumn()] if total is not None else []),
            TextColumn("{task.fields[note]}"),
            console=Console(file=sys.stderr),
            refresh_per_second=4,
        )
        self._line = self._bar.add_task("asking", total=total, note="", known=0)
        self._spent: float | None = None
        self._failed = 0
        self._known = 0
        self._note = ""

    def advance(self, results: Results, spent: float | None = None, *, known: bool = False) -> None:
        """Count answers and say what they cost (US dollars so far).

        Args:
            results: the answers.
            spent: US dollars so far.
            known: they are from an earlier session, and do not count towards the rate.
        """
        self._spent = spent
        self._failed += sum(isinstance(result, Failure) for _, result in results)
        if known:
            self._known += len(results)
            self._bar.update(self._line, known=self._known)
        self._bar.advance(self._line, len(results))
        self.note(self._note)

    def note(self, text: str) -> None:
        """Say something at the end of the line."""
        self._note = text
        failed = f"{self._failed} failed" if self._failed else ""
        cost = f"${self._spent:.4f}" if self._spent else ""
        self._bar.update(self._line, note=" · ".join(filter(None, (cost, failed, text))))

    def __enter__(self) -> Self:
        self._bar.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.__exit__(kind, error, trace)
