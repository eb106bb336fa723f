"""What every probe hands back, and how it says how far it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pandas as pd


@dataclass(frozen=True)
class ProbeResult:
    """What a probe found.

    Attributes:
        folder: Where it was written.
        summary: A short table to show.
        failures: One line per part that could not be finished.
        tables: Everything measured, by name.
        warnings: One line per thing a reader of the numbers should know.
        notes: What the columns of the summary mean, a line each.
    """

    folder: Path
    summary: pd.DataFrame
    failures: list[str] = field(default_factory=list)
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    notes: Sequence[str] = ()

    def _repr_html_(self) -> str:
        """The summary, for a notebook."""
        return self.summary.to_html(index=False)


class Progress(Protocol):
    """Told how far a probe is."""

    def __call__(self, what: str, done: float, total: float) -> None:
        """Say what is being done now, and how much of the work lies behind.

        Args:
            what: What is being done now.
            done: Work finished, in any unit.
            total: All the work, in the same unit.
        """


def within(progress: Progress, start: float, size: float, whole: float) -> Progress:
    """Progress of a part that begins at ``start`` and takes ``size`` of the whole work."""

    def told(what: str, done: float, total: float) -> None:
        progress(what, start + size * done / total, whole)

    return told


def silent(what: str, done: float, total: float) -> None:
    """Progress that nobody is told."""
