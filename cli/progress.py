"""Progress while answers arrive: a live line on a terminal, a plain one every 30 s in a log."""

from __future__ import annotations

import logging
import sys
import threading
import time
from types import TracebackType
from typing import Self, TextIO

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

PLAIN_EVERY_S = 30.0
"""Seconds between two lines where standard error is no terminal."""


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        answered = task.completed - task.fields["known"]
        return Text(f"{answered / task.elapsed:.1f}/s" if task.elapsed and answered else "–/s")


class ProgressLine:
    """Shows progress on standard error, also while nothing happens."""

    def __init__(self, total: int | None) -> None:
        """Prepare the line.

        Args:
            total: how many answers there will be; ``None`` if that is not known.
        """
        # The stream is taken now: lm-eval's own bars are sent elsewhere while it runs.
        self._stream: TextIO = sys.stderr
        console = Console(file=self._stream)
        self._live = console.is_terminal
        self._bar = Progress(
            TextColumn("asking"),
            BarColumn(),
            MofNCompleteColumn(),
            _Rate(),
            TimeElapsedColumn(),
            *([TextColumn("left"), TimeRemainingColumn()] if total is not None else []),
            TextColumn("{task.fields[note]}"),
            console=console,
            refresh_per_second=4,
            disable=not self._live,
        )
        self._line = self._bar.add_task("asking", total=total, note="", known=0)
        self._total = total
        self._began = time.monotonic()
        self._done = 0
        self._known = 0
        self._spent: float | None = None
        self._failed = 0
        self._note = ""
        self._stop = threading.Event()
        self._ticker: threading.Thread | None = None
        self._handlers: list[tuple[logging.StreamHandler[TextIO], TextIO]] = []

    def advance(self, results: Results, spent: float | None = None, *, known: bool = False) -> None:
        """Count answers and say what they cost (US dollars so far).

        Args:
            results: the answers.
            spent: US dollars so far.
            known: they are from an earlier session, and do not count towards the rate.
        """
        self._spent = spent
        self._failed += sum(isinstance(result, Failure) for _, result in results)
        self._done += len(results)
        if known:
            self._known += len(results)
            self._bar.update(self._line, known=self._known)
        self._bar.advance(self._line, len(results))
        self.note(self._note)

    def note(self, text: str) -> None:
        """Say something at the end of the line."""
        self._note = text
        self._bar.update(self._line, note=" · ".join(self._notes()))

    def plain(self) -> str:
        """The state in a line of plain text."""
        elapsed = time.monotonic() - self._began
        answered = self._done - self._known
        of = f" of {self._total:,}" if self._total is not None else ""
        words = [f"asking: {self._done:,}{of} after {span(elapsed)}"]
        if answered and elapsed:
            rate = answered / elapsed
            words.append(f"{rate:.1f}/s" if rate >= 1 else f"{60 * rate:.1f}/min")
            if self._total is not None:
                words.append(f"about {span((self._total - self._done) / rate)} left")
        return ", ".join([*words, *self._notes()])

    def __enter__(self) -> Self:
        before = sys.stderr
        self._bar.__enter__()
        if self._live:
            # Notices are printed above the line, not across it.
            for handler in logging.getLogger("snellen").handlers:
                if type(handler) is logging.StreamHandler and handler.stream is before:
                    self._handlers.append((handler, handler.setStream(sys.stderr) or before))
        else:
            self._ticker = threading.Thread(target=self._tick, name="progress", daemon=True)
            self._ticker.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        if self._ticker is not None:
            self._ticker.join()
        for handler, stream in self._handlers:
            handler.setStream(stream)
        self._bar.__exit__(kind, error, trace)

    def _notes(self) -> list[str]:
        failed = f"{self._failed} failed" if self._failed else ""
        cost = f"${self._spent:.4f}" if self._spent else ""
        return [word for word in (cost, failed, self._note) if word]

    def _tick(self) -> None:
        while not self._stop.wait(PLAIN_EVERY_S):
            print(self.plain(), file=self._stream, flush=True)


def span(seconds: float) -> str:
    """A length of time, for people: 40 s, 12 min, 3 h 20 min."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
