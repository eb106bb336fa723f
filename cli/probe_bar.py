"""How far a probe is: a bar with the time left on a terminal, a line every half minute in a log."""

from __future__ import annotations

import sys
import threading
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from .progress import span

EVERY_S = 30.0
KEPT_S = 0.2
"""Work that took less than this was not done now, but found on disk."""


class ProbeBar:
    """Told by a probe what it does now and how much of the work lies behind."""

    def __init__(self, every: float = EVERY_S) -> None:
        """Show nothing yet: a probe may be done before there is anything to show.

        Args:
            every: Seconds between two lines in a log.
        """
        self._bar = Progress(
            TextColumn("probing"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(elapsed_when_finished=True),
            TextColumn("{task.description}"),
            console=Console(file=sys.stderr),
            refresh_per_second=4,
        )
        self._task = self._bar.add_task("", total=1.0)
        self._live = sys.stderr.isatty()
        self._every = every
        self._what, self._done, self._total = "", 0.0, 1.0
        self._began = self._heard = 0.0
        self._before = 0.0  # done when the clock began
        self._ended = threading.Event()
        self._writer = threading.Thread(target=self._write, daemon=True)

    def __call__(self, what: str, done: float, total: float) -> None:
        """Show it (:class:`snellen.probes.result.Progress`)."""
        now = time.monotonic()
        if not self._began:
            self._began, self._before = now, done
            if self._live:
                self._bar.start()
            else:
                self._say(what, done, total)
                self._writer.start()
        elif now - self._heard < KEPT_S:  # the rate is that of what is computed now
            self._before += done - self._done
        self._what, self._done, self._total, self._heard = what, done, total, now
        if self._live:
            self._bar.update(self._task, description=what, completed=done, total=total)

    def _write(self) -> None:
        """A line now and then, also while one step takes long."""
        while not self._ended.wait(self._every):
            self._say(self._what, self._done, self._total)

    def _say(self, what: str, done: float, total: float) -> None:
        spent, work = time.monotonic() - self._began, done - self._before
        rest = f", about {span(spent * (total - done) / work)} left" if work > 0 else ""
        print(f"  {what} ({done / total:.0%}{rest})", file=sys.stderr, flush=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._bar.stop()
