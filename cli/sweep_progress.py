"""One view of a whole sweep: a live line on a terminal, a plain one every 30 s in a log."""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from types import TracebackType
from typing import Self, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from ..exams.sweep.states import CellState
from .progress import PLAIN_EVERY_S, span


class SweepProgress:
    """Shows on standard error how many cells are done, running and waiting, and what is left."""

    def __init__(self) -> None:
        self._console = Console(file=sys.stderr)
        self._live = self._console.is_terminal
        self._bar = Progress(
            TextColumn("sweep"),
            BarColumn(),
            TextColumn("{task.fields[told]}"),
            TimeElapsedColumn(),
            console=self._console,
            refresh_per_second=4,
            disable=not self._live,
        )
        self._line = self._bar.add_task("sweep", total=None, told="looking at the cells")
        self._states: Sequence[CellState] = ()
        self._began = time.monotonic()
        self._handlers: list[tuple[logging.StreamHandler[TextIO], TextIO]] = []
        self._stop = threading.Event()
        self._ticker = threading.Thread(target=self._tick, name="sweep-progress", daemon=True)

    def update(self, states: Sequence[CellState]) -> None:
        """The cells have come so far."""
        self._states = states
        trials = sum(state.trials for state in states)
        self._bar.update(
            self._line, total=trials, completed=min(trials, self._answered()), told=self.plain()
        )

    def note(self, text: str) -> None:
        """A line of its own, above the view."""
        if self._live:
            self._bar.console.print(f"snellen: {text}", markup=False, highlight=False)
        else:
            print(f"snellen: {text}", file=sys.stderr, flush=True)

    def plain(self) -> str:
        """The state in a line of plain text."""
        states = list(self._states)
        count = Counter(state.state for state in states)
        words = [f"cells: {count['done']} done", f"{count['running']} running"]
        words.append(f"{count['waiting']} waiting")
        words += [f"{count[name]} {name}" for name in ("failed", "stopped") if count[name]]
        trials = sum(state.trials for state in states)
        words.append(f"{self._answered():,} of {trials:,} answers")
        costs = [state.cost_usd for state in states if state.cost_usd]
        words += [f"${sum(costs):.4f}"] if costs else []
        fresh = self._answered() - sum(state.known for state in states)
        elapsed = time.monotonic() - self._began
        to_come = sum(state.trials - state.answered for state in states if not state.over)
        if fresh > 0 and to_come > 0 and elapsed > 1:
            words.append(f"about {span(to_come * elapsed / fresh)} left")
        return ", ".join(words)

    def __enter__(self) -> Self:
        before = sys.stderr
        self._bar.__enter__()
        if not self._live:
            self._ticker.start()
            return self
        # Notices are printed above the line, not across it.
        for handler in logging.getLogger("snellen").handlers:
            if type(handler) is logging.StreamHandler and handler.stream is before:
                self._handlers.append((handler, handler.setStream(sys.stderr) or before))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        if self._ticker.is_alive():
            self._ticker.join()
        for handler, stream in self._handlers:
            handler.setStream(stream)
        self._bar.__exit__(kind, error, trace)
        if not self._live and self._states:
            print(self.plain(), file=sys.stderr, flush=True)

    def _answered(self) -> int:
        return sum(state.answered for state in self._states)

    def _tick(self) -> None:
        while not self._stop.wait(PLAIN_EVERY_S):
            print(f"{self.plain()}, after {span(time.monotonic() - self._began)}",
                  file=sys.stderr, flush=True)  # fmt: skip
