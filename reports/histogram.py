"""Which values a model answers, how often, beside how often they were true.

The paper's Fig. 4 idea (Barbero et al. 2024): a model that has lost sight falls back on attractor
values, such as 100, which accuracy alone does not show.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import pandas as pd

from .catalogue import in_order, value_kind
from .curves import KEY, READ, keyed


def histogram(trials: pd.DataFrame) -> pd.DataFrame:
    """Count answers and true values per curve, over all lengths.

    Args:
        trials: the trial table, one row per trial (docs/run-directory.md).

    Returns:
        One row per task, mode, answer, lens and value, numbers first in numeric order, with

        - ``quantity``: ``answer``, or ``answer_length`` (in items) for tasks whose answer is a
          whole sequence, where single values would never repeat;
        - ``frequency``: answers that could be read and have this value;
        - ``true_frequency``: trials, infrastructure failures left out, whose truth it is.
    """
    values = as_values(trials)
    counts = {
        "frequency": _count(values[values["said"].notna()], "said"),
        "true_frequency": _count(values, "truth"),
    }
    table = pd.DataFrame(counts).fillna(0).astype("int64").reset_index()
    quantity = {task: _quantity(task) for task in table["task"].unique()}
    table.insert(len(KEY), "quantity", table["task"].map(quantity))
    rank = pd.Series(numeric(table["value"]), index=table.index)
    order = pd.DataFrame({"rank": rank, "value": table["value"]}).sort_values(
        ["rank", "value"], na_position="last", kind="stable"
    )
    return in_order(table.loc[order.index], KEY)


def as_values(trials: pd.DataFrame) -> pd.DataFrame:
    """Truths and answers as the values that are counted; one row per trial that was answered.

    Returns:
        Columns task, mode, answer, lens, length, outcome, truth and said (NA where no answer
        could be read). Where the answer is a whole sequence, both are its length in items.
    """
    answered = trials[trials["outcome"] != "failed"]
    kept = keyed(answered, "outcome", "truth", "said")
    values = kept.astype({"truth": "str", "said": "str"})
    values["said"] = values["said"].where(values["outcome"].isin(READ))
    sequences = [task for task in values["task"].unique() if value_kind(task) == "sequence"]
    rows = values["task"].isin(sequences)
    for column in ("truth", "said"):
        lengths = values.loc[rows, column].map(_items, na_action="ignore")
        values.loc[rows, column] = lengths.astype("str")
    return values


def numeric(values: Iterable[str]) -> np.ndarray:
    """Values as float64 where they are whole numbers, else NaN; beyond float64, infinity."""
    known: dict[str, float] = {}
    return np.array([known.setdefault(v, _number(v)) for v in values], dtype=float)


def _quantity(task: str) -> str:
    return "answer_length" if value_kind(task) == "sequence" else "answer"


def _items(sequence: str) -> str:
    return str(len(sequence.split()))


def _number(value: str) -> float:
    try:
        return float(int(value))
    except OverflowError:
        return math.copysign(math.inf, -1 if value.startswith("-") else 1)
    except ValueError:
        return math.nan


def _count(values: pd.DataFrame, column: str) -> pd.Series[int]:
    by = [*(values[s] for s in KEY), values[column].rename("value")]
    return values.groupby(by, observed=True).size()
