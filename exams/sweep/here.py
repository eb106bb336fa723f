"""The cells of a sweep on this machine, one after another."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from ...runners.cached import Results
from ...runners.protocol import Runner
from ...store.answers import Reply
from ..session import open_model
from ..settings import Settings
from .money import Purse
from .states import CellState
from .storage import Keep
from .worker import carry, settings_of, words_of


def carry_out_here(
    states: Sequence[CellState],
    purse: Purse,
    out: Path,
    prices: Path | None,
    keep: Keep | None,
    tell: Callable[[], None],
) -> None:
    """Carry out what is waiting; a model that is open stays so for the cells after it.

    Args:
        states: all cells; those that wait are carried out, and brought up to date.
        purse: what they may cost.
        out: the results folder.
        prices: the user's own prices.
        keep: shared storage, if there is any.
        tell: is called after every change.
    """
    waiting = [state for state in states if state.state == "waiting"]
    for _, group in itertools.groupby(waiting, key=lambda state: state.cell.engine):
        with ExitStack() as stack:
            runner: Runner | None = None
            refused = ""
            for state in group:
                given = None if refused else purse.hold(state.cell, alone=True)
                if given is None:
                    spent = f"the budget of ${purse.limit or 0:g} is spent"
                    state.state, state.why = ("failed", refused) if refused else ("stopped", spent)
                    continue
                fields = settings_of(state.cell, out, prices, given)
                settings = Settings(**fields, watcher=CellWatcher(state, tell))
                state.state = "running"
                tell()
                if runner is None:
                    try:
                        runner = stack.enter_context(open_model(state.cell.plan, settings))[1]
                    except Exception as error:
                        # What cannot be opened now cannot be for the cells after it either.
                        refused = words_of(error)
                if runner is None:
                    state.state, state.why = "failed", refused
                else:
                    state.take(carry(state.cell, settings, keep, runner))
                purse.paid(state.cell, state.cost_usd)
                tell()


class CellWatcher:
    """Brings the state of a cell up to date while it runs in this process."""

    def __init__(self, state: CellState, tell: Callable[[], None]) -> None:
        self._state = state
        self._tell = tell

    def opened(self, path: Path, total: int | None) -> None:
        """Begin to count."""
        self._state.answered = self._state.known = self._state.failures = 0

    def answered(self, results: Results, known: bool, spent: float | None) -> None:
        """Count answers and money."""
        count_into(self._state, results, known, spent)
        self._tell()

    def note(self, text: str) -> None:
        """Nothing to add."""

    def closed(self) -> None:
        """Nothing to end."""


def count_into(state: CellState, results: Results, known: bool, spent: float | None) -> None:
    """Count answers into the state of a cell."""
    replies = sum(isinstance(result, Reply) for _, result in results)
    state.answered += replies
    state.failures += len(results) - replies
    state.known += replies if known else 0
    state.cost_usd = spent
