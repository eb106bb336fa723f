"""Tables as CSV that every reader reads back."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table, without its index."""
    table.to_csv(path, **_how(table))


def csv_of(table: pd.DataFrame) -> str:
    """The text of a table, without its index."""
    return str(table.to_csv(**_how(table)))


def _how(table: pd.DataFrame) -> dict[str, Any]:
    """How pandas is to write it.

    A carriage return inside a text ends the line for most readers, and Python's writer quotes it
    only where its own lines end with one; where there is any, all texts are quoted.
    """
    texts = table.select_dtypes(exclude=["number", "bool"])
    returns = any("\r" in str(text) for name in texts for text in texts[name].unique())
    quoting = csv.QUOTE_NONNUMERIC if returns else csv.QUOTE_MINIMAL
    return {"index": False, "lineterminator": "\n", "quoting": quoting}
