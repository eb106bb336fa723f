"""How far the cells of a sweep are, and who is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from .cells import Cell

State = Literal["waiting", "running", "done", "failed", "stopped"]
"""``failed``: it could not be carried out, or requests of it failed for good; ``stopped``: the
money ran out."""


@dataclass
class CellState:
    """How far one cell is.

    Attributes:
        cell: which.
        trials: how many trials it has.
        state: see :data:`State`.
        found: it was complete before this sweep began.
        answered: trials with an answer.
        known: those of them that were answered before this sweep began.
        failures: requests that failed for good.
        cost_usd: what its answers cost so far, where that is known.
        seconds: how long it took, on the machine that carried it out.
        acuity: L50 in words, where the cell has one curve.
        why: what went wrong, in a line.
    """

    cell: Cell
    trials: int
    state: State = "waiting"
    found: bool = False
    answered: int = 0
    known: int = 0
    failures: int = 0
    cost_usd: float | None = None
    seconds: float | None = None
    acuity: str = ""
    why: str = ""

    @property
    def over(self) -> bool:
        """Whether nothing more will come of it."""
        return self.state not in ("waiting", "running")

    def take(self, outcome: dict[str, Any]) -> None:
        """Take what a worker reports of it; see :func:`snellen.exams.sweep.worker.carry`."""
        for name, value in outcome.items():
            setattr(self, name, value)


class SweepWatcher(Protocol):
    """Is told how a sweep is going."""

    def update(self, states: Sequence[CellState]) -> None:
        """The cells have come so far."""
        ...

    def note(self, text: str) -> None:
        """Something worth a line."""
        ...


class SilentSweep:
    """A watcher that says nothing."""

    def update(self, states: Sequence[CellState]) -> None:
        """Say nothing."""

    def note(self, text: str) -> None:
        """Say nothing."""
