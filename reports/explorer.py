"""What a page's script needs: the points of its figures in words, and the trials behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd


class Column(NamedTuple):
    """A column of the table of trials.

    Attributes:
        name: its heading.
        values: one per trial: numbers or texts; with ``options``, places in them.
        options: what can be filtered by, where it can be.
        kind: classes of its cells: ``text``, ``value`` (word for word), ``said`` (long).
        searched: whether the search for words looks here.
    """

    name: str
    values: Sequence[Any]
    options: Sequence[Any] | None = None
    kind: str = ""
    searched: bool = False


class Point(NamedTuple):
    """A point of a figure.

    Attributes:
        words: what a reader would say of it.
        filter: (place of a column, place in its options): which trials lie behind it.
    """

    words: str
    filter: Sequence[tuple[int, int]]


class Explorer(NamedTuple):
    """The data of a page.

    Attributes:
        columns: the table of trials, columns of equal length.
        points: figure -> name of a point (:mod:`.figures.points`) -> the point.
        left_out: trials that are not in the table, for it would be too large.
    """

    columns: Sequence[Column]
    points: Mapping[str, Mapping[str, Point]]
    left_out: int = 0

    def as_json(self) -> dict[str, Any]:
        """What the script reads."""
        return {
            "columns": [column._asdict() for column in self.columns],
            "points": {
                figure: {name: point._asdict() for name, point in named.items()}
                for figure, named in self.points.items()
            },
        }


def choices(name: str, values: pd.Series[Any], kind: str = "") -> Column:
    """A column that can be filtered by, its options in order."""
    codes, options = pd.factorize(values, sort=True)
    plain = [value.item() if hasattr(value, "item") else value for value in options]
    return Column(name, codes.tolist(), plain, kind)
