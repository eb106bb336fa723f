"""Several samples of each prompt, as at a temperature above 0: of which prompts is this true?

Two populations: exactly these prompts, of which only the luck of sampling is uncertain; and
prompts like them, of which these are a sample. More samples of one prompt narrow the first only.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from ..stats.acuity import Acuity, measure
from ..stats.hierarchy import design_effect, over_samples
from ..store.curve_key import CurveKey
from .acuities import UNREADABLE
from .catalogue import chance
from .curves import KEY, keyed


@dataclass(frozen=True)
class SampledCurve:
    """One curve from several samples of each of its prompts.

    Attributes:
        key: which curve.
        prompts: how many prompts, over all lengths.
        samples: how many answers to them.
        worth: how many samples are worth as much as one new prompt, at least 1: the design effect
            (Rao and Scott 1992).
        these: its L50 on exactly these prompts.
        like_these: its L50 on prompts like them; the wider interval.
    """

    key: CurveKey
    prompts: int
    samples: int
    worth: float
    these: Acuity
    like_these: Acuity


def sampled_points(trials: pd.DataFrame) -> pd.DataFrame:
    """Accuracy at each length, for both populations.

    Args:
        trials: the tables of several runs that asked the same prompts, one below the other.

    Returns:
        One row per curve and length, with the columns ``prompts``, ``samples``, ``accuracy`` (mean
        over prompts), ``these_low``, ``these_high``, ``like_these_low``, ``like_these_high``
        (95 %) and ``design_effect``. Failed requests are left out.
    """
    rows = []
    for key, points in _prompts(trials).groupby([*KEY, "length"], sort=False, observed=True):
        correct, samples = points["correct"].to_numpy(), points["samples"].to_numpy()
        found = over_samples(correct, samples)
        ends = (*found.these, *found.like_these, design_effect(correct, samples))
        rows.append((*key, len(points), int(samples.sum()), found.value, *ends))
    names = ["prompts", "samples", "accuracy", "these_low", "these_high"]
    names += ["like_these_low", "like_these_high", "design_effect"]
    return pd.DataFrame(rows, columns=[*KEY, "length", *names])


def sampled_curves(trials: pd.DataFrame) -> list[SampledCurve]:
    """The L50 of each curve for both populations; ``trials`` as in `sampled_points`."""
    points = sampled_points(trials)
    found = []
    for name, rows in _prompts(trials).groupby(list(KEY), sort=False, observed=True):
        key = CurveKey(*map(str, name))
        mine = points[(points[list(KEY)] == list(key)).all(axis=1)]
        # Lengths where all is right, or nothing, say nothing of how alike samples are.
        told = mine["samples"] * mine["accuracy"] * (1 - mine["accuracy"])
        worth = float(np.average(mine["design_effect"], weights=told)) if told.sum() > 0 else 1.0
        total = rows.groupby("length")[["correct", "samples", "unreadable"]].sum()
        these, like = (
            measure(
                total.index.to_numpy(),
                np.rint(total["correct"] / by),
                np.maximum(np.rint(total["samples"] / by), np.rint(total["correct"] / by)),
                chance=partial(chance, key),
                unreadable=np.rint(total["unreadable"] / by),
            ).l50
            for by in (1.0, worth)
        )
        asked = int(total["samples"].sum())
        found.append(SampledCurve(key, len(rows), asked, worth, these, like))
    return found


def _prompts(trials: pd.DataFrame) -> pd.DataFrame:
    """Correct, unreadable and all answers to each prompt, failed requests left out."""
    rows = keyed(trials, "index", "seed", "outcome")
    rows = rows[rows["outcome"] != "failed"]
    rows = rows.assign(
        correct=(rows["outcome"] == "correct").astype(int),
        unreadable=rows["outcome"].isin(UNREADABLE).astype(int),
        samples=1,
    )
    by = [*KEY, "length", "index", "seed"]
    counts = rows.groupby(by, sort=False, observed=True)[["correct", "unreadable", "samples"]]
    return counts.sum().reset_index()
