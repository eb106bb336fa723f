"""What form costs: the same questions answered in free text and in forced form, paired."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from ...stats.compare.mcnemar import mcnemar
from ...store.curve_key import CurveKey
from ..catalogue import in_order
from ..curves import READ, keyed

_TRIAL = ["length", "index", "seed"]


@dataclass(frozen=True, slots=True)
class FormCost:
    """Free against forced answers to the same questions, requests that failed left out.

    Attributes:
        free: the curve of the free answers; the other differs in the answer form alone.
        pairs: questions that were answered in both forms.
        free_right: right in free text.
        forced_right: right in forced form.
        only_free: right in free text alone.
        only_forced: right in forced form alone.
        unread: of ``only_forced``, those whose free text could not be read: sight was there,
            and form alone was in the way.
        p: exact McNemar p-value of no difference.
    """

    free: CurveKey
    pairs: int
    free_right: int
    forced_right: int
    only_free: int
    only_forced: int
    unread: int
    p: float

    @property
    def difference(self) -> float:
        """Accuracy in forced form less that in free text."""
        return (self.forced_right - self.free_right) / self.pairs


def form_costs(trials: pd.DataFrame) -> Iterator[FormCost]:
    """Compare the two forms on every curve that was asked in both.

    Args:
        trials: the trial table.

    Yields:
        One comparison per task, mode and lens with trials in both forms.
    """
    rows = keyed(trials[trials["outcome"] != "failed"], "index", "seed", "outcome")
    free, forced = (rows[rows["answer"] == form] for form in ("free", "forced"))
    on = ["task", "mode", "lens", *_TRIAL]
    both = free.merge(forced[[*on, "outcome"]], on=on, suffixes=("", "_forced"))
    by = ["task", "mode", "answer", "lens"]
    for key, pairs in in_order(both, by).groupby(by, sort=False, observed=True):
        right, forced_right = pairs["outcome"] == "correct", pairs["outcome_forced"] == "correct"
        only_free, only_forced = right & ~forced_right, forced_right & ~right
        yield FormCost(
            free=CurveKey(*map(str, key)),
            pairs=len(pairs),
            free_right=int(right.sum()),
            forced_right=int(forced_right.sum()),
            only_free=int(only_free.sum()),
            only_forced=int(only_forced.sum()),
            unread=int((only_forced & ~pairs["outcome"].isin(READ)).sum()),
            p=float(mcnemar(int(only_free.sum()), int(only_forced.sum()))),
        )
