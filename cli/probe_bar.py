"""How far a probe is: a bar with the time left on a terminal, a line every half minute in a log."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

EVERY_S = 30.0


class ProbeBar:
    """Told by a probe what it does now and how much of the work lies behind."""

    def __init__(self) -> None:
        """Show nothing yet: a probe may be done before there is anything to show."""
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
        self._started = self._said = time.monotonic()

    def __call__(self, what: str, done: float, total: float) -> None:
        """Show it (:class:`snellen.probes.result.Progress`)."""
        if self._live:
            self._bar.update(self._task, description=what, completed=done, total=total)
            return
        now = time.monotonic()
        if done == 0 or now - self._said >= EVERY_S:
            self._said = now
            left = (now - self._started) * (total - done) / done if done else None
            rest = f", about {left:.0f} s left" if left is not None else ""
            print(f"  {what} ({done / total:.0%}{rest})", file=sys.stderr, flush=True)

    def __enter__(self) -> Self:
        if self._live:
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()
        if kind is KeyboardInterrupt:
            print(
                "snellen: what was finished is kept: the same command continues from there",
                file=sys.stderr,
            )
