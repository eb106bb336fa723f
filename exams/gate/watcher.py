"""One line of progress for the several sessions of a gate."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

from ...runners.cached import Results
from ..settings import Watcher


class OneLine:
    """Passes on what the sessions of a gate say as if they were one."""

    def __init__(self, to: Watcher, folder: Path) -> None:
        self._to, self._folder = to, folder

    def __enter__(self) -> Self:
        self._to.opened(self._folder, None)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._to.closed()

    def opened(self, path: Path, total: int | None) -> None:
        """Say nothing: the gate has its own folder."""

    def answered(self, results: Results, known: bool, spent: float | None) -> None:
        """Pass on."""
        self._to.answered(results, known, spent)

    def note(self, text: str) -> None:
        """Pass on."""
        self._to.note(text)

    def closed(self) -> None:
        """Say nothing: others may still be open."""
