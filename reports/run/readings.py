"""How answers were read: by which rule, and which of them a person should look at."""

from __future__ import annotations

import pandas as pd

from ...store.curve_key import CurveKey
from ...store.trials import THOUGHTS_ONLY
from ..catalogue import in_order
from ..curves import KEY, READ, by_curve, keyed
from .examples import evenly

WEAK = ("phrase", "last_number")
"""Rules that take an answer from where it was not asked for; the ones that can be wrong."""

UNKNOWN, NOTHING, SEVERAL = "not recorded", "nothing found", "two readings"
MOST_AUDITED = 8


def readings(trials: pd.DataFrame) -> pd.DataFrame:
    """Count, per curve, by which rule answers were read, and why others were not.

    Args:
        trials: the trial table.

    Returns:
        One row per task, mode, answer, lens and reading, the most frequent first, with
        ``outcome`` (``read``, or what became of those that were not), ``n`` and ``share`` of the
        answered trials of the curve. Empty where no reading was recorded at all.
    """
    rows = keyed(trials[trials["outcome"] != "failed"], "outcome", "reading", "rivals")
    if rows["reading"].isna().all() and rows["rivals"].isna().all():
        rows = rows.iloc[:0]
    read = rows["outcome"].isin(READ)
    rule = rows["reading"].fillna("").astype("str")
    rule = rule.mask(rows["rivals"].notna() & ~read, SEVERAL)
    rule = rule.mask((rule == "") & read, UNKNOWN).mask(rule == "", NOTHING)
    rows = rows.assign(reading=rule, outcome=rows["outcome"].where(~read, "read").astype("str"))
    by = [*KEY, "reading", "outcome"]
    table = rows.groupby(by, observed=True).size().rename("n").reset_index()
    total = table.groupby(list(KEY), observed=True)["n"].transform("sum")
    table["share"] = table["n"] / total
    return in_order(table.sort_values("n", ascending=False, kind="stable"), KEY)


def thoughts_only(trials: pd.DataFrame) -> dict[CurveKey, float]:
    """Share of the answered trials of each curve whose answer stands in the reasoning alone."""
    rows = keyed(trials[trials["outcome"] != "failed"], "reading")
    rows["there"] = (rows["reading"] == THOUGHTS_ONLY).fillna(False).astype(float)
    return {key: float(points["there"].mean()) for key, points in by_curve(rows)}


def pick_weak(trials: pd.DataFrame, per_task: int = MOST_AUDITED) -> tuple[pd.DataFrame, int]:
    """Answers that a person should look at, evenly over the lengths of each task.

    They were read by the weakest rules, or not read because two readings remained.

    Args:
        trials: the trial table.
        per_task: how many of each task at most.

    Returns:
        Their rows, and how many there are in all.
    """
    doubtful = trials[is_doubtful(trials)]
    order = ["length", "mode", "answer_form", "lens", "index", "seed"]
    picked = [
        evenly(rows.sort_values(order, kind="stable"), per_task)
        for _, rows in doubtful.groupby("task", sort=True, observed=True)
    ]
    return (pd.concat(picked) if picked else doubtful), len(doubtful)


def is_doubtful(trials: pd.DataFrame) -> pd.Series[bool]:
    """Whether an answer was read by a weak rule, or left because two readings remained."""
    weak = trials["reading"].isin(WEAK) & trials["outcome"].isin(READ)
    several = trials["rivals"].notna() & (trials["outcome"] == "unparseable")
    return (weak | several).fillna(False).astype(bool)
