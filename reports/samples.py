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
from ..stats.board import LengthCounts
from ..stats.hierarchy import design_effect, over_samples
from ..stats.intervals import Interval
from ..stats.tally import Tally
from ..store.curve_key import CurveKey
from .acuities import UNREADABLE
from .catalogue import chance, in_order
from .curves import KEY, by_curve, keyed


@dataclass(frozen=True)
class SampledCurve:
    """One curve from several samples of each of its prompts.

    Attributes:
        key: which curve.
        prompts: how many prompts, over all lengths.
        samples: how many answers to them.
        worth: how many samples are worth as much as one new prompt, at least 1: the design effect
            (Rao and Scott 1992).
        sees: how far the model sees, in items: the restricted mean acuity (`stats.board`).
        these: its 95 % interval for exactly these prompts: other samples of the same model.
        like_these: its 95 % interval for prompts of which these are a sample.
        l50: acuity on prompts like these.
    """

    key: CurveKey
    prompts: int
    samples: int
    worth: float
    sees: float
    these: Interval
    like_these: Interval
    l50: Acuity


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
    return in_order(pd.DataFrame(rows, columns=[*KEY, "length", *names]), [*KEY, "length"])


def sampled_curves(trials: pd.DataFrame) -> list[SampledCurve]:
    """How far each curve sees, for both populations; ``trials`` as in `sampled_points`."""
    prompts = _prompts(trials)
    return [
        _curve(key, points, prompts[(prompts[list(KEY)] == list(key)).all(axis=1)])
        for key, points in by_curve(sampled_points(trials))
    ]


def _curve(key: CurveKey, points: pd.DataFrame, prompts: pd.DataFrame) -> SampledCurve:
    # Lengths where all is right, or nothing, say nothing of how alike samples are.
    told = points["samples"] * points["accuracy"] * (1 - points["accuracy"])
    worth = float(np.average(points["design_effect"], weights=told)) if told.sum() > 0 else 1.0
    total = prompts.groupby("length")[["correct", "samples", "unreadable"]].sum()
    correct = np.rint(total["correct"] / worth)
    l50 = measure(
        total.index.to_numpy(),
        correct,
        np.maximum(np.rint(total["samples"] / worth), correct),
        chance=partial(chance, key),
        unreadable=np.rint(total["unreadable"] / worth),
    ).l50
    sees, these, like = _sight(key, points)
    return SampledCurve(
        key, len(prompts), int(total["samples"].sum()), worth, sees, these, like, l50
    )


def _sight(key: CurveKey, points: pd.DataFrame) -> tuple[float, Interval, Interval]:
    """Restricted mean acuity in items, with its two intervals; NaN for a single length.

    Ends of the lengths' intervals are put together as in `stats.board.restricted`.
    """
    if len(points) < 2:
        nothing = Interval(np.nan, np.nan)
        return np.nan, nothing, nothing
    lengths = points["length"].to_numpy()
    guessing = np.array([chance(key, int(length)) for length in lengths])
    ones = np.ones(lengths.size)
    weights = LengthCounts(Tally.of(lengths, ones, ones), guessing).weights
    accuracy = points["accuracy"].to_numpy()
    octaves = float(weights @ (accuracy - guessing))
    first = float(lengths[0])

    def ends(name: str) -> Interval:
        low, high = (points[f"{name}_{end}"].to_numpy() - accuracy for end in ("low", "high"))
        down, up = (float(np.sqrt(np.sum((weights * off) ** 2))) for off in (low, high))
        return Interval(*(first * float(np.exp2(max(0.0, octaves + d))) for d in (-down, up)))

    return first * float(np.exp2(max(0.0, octaves))), ends("these"), ends("like_these")


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
