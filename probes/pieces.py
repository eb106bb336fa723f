"""A measurement in pieces: each kept when it is finished, one too large for memory left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

import pandas as pd

from .folder import Parts, Tables
from .result import Progress, within
from .states.arithmetic import spared


class Piece(NamedTuple):
    """What is measured and kept as one.

    Attributes:
        what: What progress and failures call it.
        key: What it is kept under.
        measure: Measures it, telling how far it is.
        advice: What to change where memory does not hold it.
        cost: How long it takes beside the others.
    """

    what: str
    key: str
    measure: Callable[[Progress], Tables]
    advice: str
    cost: float = 1.0


def measured(
    pieces: Sequence[Piece], parts: Parts | None, progress: Progress, failures: list[str]
) -> Iterator[Tables]:
    """The tables of each piece that could be finished, found again or measured now.

    A piece begins when its tables are asked for, so that it may use what those before it gave.

    Args:
        pieces: In order.
        parts: Where finished ones are kept and found again.
        progress: Told what is being measured.
        failures: A line is put here for each piece that memory did not hold.
    """
    parts = parts or Parts()
    total, start = sum(piece.cost for piece in pieces), 0.0
    for piece in pieces:
        told = within(progress, start, piece.cost, total)
        start += piece.cost
        told(piece.what, 0, 1)
        found: Tables | None = None
        with spared(failures, piece.what, piece.advice):
            found = parts.get(piece.key, lambda: piece.measure(told))  # noqa: B023
        if found is not None:
            yield found


def joined(found: Iterable[Tables], names: Sequence[str]) -> Tables:
    """Tables of several pieces, one below the other; an empty one where no piece gave any."""
    frames: dict[str, list[pd.DataFrame]] = {name: [] for name in names}
    for tables in found:
        for name in names:
            frames[name].append(tables[name])
    return {
        name: pd.concat(rows, ignore_index=True) if rows else pd.DataFrame()
        for name, rows in frames.items()
    }
