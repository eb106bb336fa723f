"""Run what asks a model, with a progress line, and say how to resume."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..runners.cached import Results
from .progress import ProgressLine

if TYPE_CHECKING:
    from ..exams.loaded import Run


class ProgressWatcher:
    """Shows the progress of a run on standard error (see :class:`snellen.exams.settings.Watcher`).

    Attributes:
        path: the run directory, once it is known.
        cautions: gives what is to be said before anything is asked, once nothing is wrong.
    """

    def __init__(self, cautions: Callable[[], Sequence[str]] = list) -> None:
        self.path: Path | None = None
        self.cautions = cautions
        self._line: ProgressLine | None = None

    def opened(self, path: Path, total: int | None) -> None:
        """Say what must be known beforehand, and start the line."""
        self.path = path
        for line in self.cautions():
            print(f"snellen: {line}", file=sys.stderr)
        self._line = ProgressLine(total)
        self._line.__enter__()

    def answered(self, results: Results, known: bool, spent: float | None) -> None:
        """Count answers and money."""
        if self._line is not None:
            self._line.advance(results, spent, known=known)

    def note(self, text: str) -> None:
        """Say something at the end of the line."""
        if self._line is not None:
            self._line.note(text)

    def closed(self) -> None:
        """End the line."""
        if self._line is not None:
            self._line.__exit__(None, None, None)
            self._line = None


def carry_out(
    work: Callable[[ProgressWatcher], Run], cautions: Callable[[], Sequence[str]] = list
) -> tuple[int, Run | None]:
    """Do what asks a model, show its progress and what it came to.

    Args:
        work: asks, and tells the watcher of it.
        cautions: as in :class:`ProgressWatcher`.

    Returns:
        The exit code (0, 1 where requests failed or money ran out, 130 interrupted), and the run
        unless it was interrupted.
    """
    watcher = ProgressWatcher(cautions)
    try:
        run = work(watcher)
    except KeyboardInterrupt:
        if watcher.path is None:
            raise
        print(
            f"snellen: interrupted; every answer is kept in {watcher.path}\n"
            f"to resume: {shlex.join(['snellen', *sys.argv[1:]])}",
            file=sys.stderr,
        )
        return 130, None
    from .showing import show_run  # tables and plots: not before everything is asked

    return show_run(run), run
