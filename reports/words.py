"""The words that every report shares: keys, outcomes and modes in their order, and value types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import pandas as pd

from ..tasks.modes import MODES
from ..tasks.registry import PREFIX, TASKS

KEYS = ("task", "mode", "lens", "length")
"""What a point of a curve is identified by."""

SERIES = ("task", "mode", "lens")
"""What a curve is identified by."""

READ = ("correct", "wrong")
"""The outcomes whose answer could be read, so that an error can be measured."""


def in_order(table: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Sort rows: tasks and modes as in the catalogue, the bare prompt before the lenses."""
    known: dict[str, list[str]] = {"task": [*TASKS], "mode": [*MODES], "lens": ["none"]}

    def key(column: pd.Series[Any]) -> pd.Series[Any]:
        first = {name: f"\0{i:03}" for i, name in enumerate(known.get(str(column.name), []))}
        return column.map({value: first.get(value, value) for value in column.unique()})

    return table.sort_values(list(by), key=key, kind="stable").reset_index(drop=True)


def value_kind(task: str) -> Literal["number", "symbol", "sequence"]:
    """What an answer to this task is: a number to be near to, one symbol, or a sequence."""
    name = task.removeprefix(PREFIX).removeprefix("paper_")
    if name == "copy_sequence":
        return "sequence"
    return "symbol" if name.startswith("copy_") else "number"


def series_name(mode: str, lens: str) -> str:
    """How a curve is called: its mode, and its lens unless it is the bare prompt."""
    return mode if lens == "none" else f"{mode}, {lens}"
