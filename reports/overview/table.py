"""Every curve of every run in a row: what was asked, what came of it, and accuracy by octave."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...store.trials import OUTCOMES
from ..catalogue import in_order
from ..curves import KEY, add_accuracy

_ROW = ["run", "model", *KEY]
_SUMS = ["n", "answered", *OUTCOMES]


def octave_name(octave: int) -> str:
    """The lengths of an octave: ``1``, ``2–3``, ``4–7``.

    >>> [octave_name(octave) for octave in range(3)]
    ['1', '2–3', '4–7']
    """
    first, last = 2**octave, 2 ** (octave + 1) - 1
    return str(first) if first == last else f"{first:,}–{last:,}"


def overview_table(curves: pd.DataFrame) -> pd.DataFrame:
    """Sum up curves, one row each.

    Args:
        curves: one row per run, curve and length: ``run``, ``model``, the key of the curve,
            ``length``, ``n``, ``answered`` and a count per outcome.

    Returns:
        One row per run and curve: ``n``, ``answered``, a count per outcome, ``shortest`` and
        ``longest`` length, ``accuracy`` over all lengths with its 95 % Wilson interval, and
        ``accuracy 2–3`` and so on, the accuracy at the lengths of each octave that any run asked.
    """
    rows = curves.groupby(_ROW, sort=False, observed=True)
    table = rows[_SUMS].sum()
    table["shortest"], table["longest"] = rows["length"].min(), rows["length"].max()
    octave = np.log2(curves["length"]).astype(int).rename("octave")
    by_octave = curves.groupby([*(curves[name] for name in _ROW), octave], observed=True)[
        ["correct", "answered"]
    ].sum()
    shares = (by_octave["correct"] / by_octave["answered"]).unstack("octave")
    table = table.reset_index()
    add_accuracy(table)
    table = table.drop(columns=["accuracy_truncated_wrong", "accuracy_truncated_excluded"])
    shares.columns = pd.Index([f"accuracy {octave_name(int(at))}" for at in shares.columns])
    table = table.join(shares, on=_ROW)
    return in_order(table, ["run", *KEY])
