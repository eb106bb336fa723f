"""Several samples of each prompt: narrow about these prompts, honest about prompts like them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from snellen.reports.samples import sampled_curves, sampled_points


def sampled(trials: pd.DataFrame, samples: int, alike: float) -> pd.DataFrame:
    """So many runs of the same prompts; a share of the prompts decides its answer every time."""
    rng = np.random.default_rng(1)
    right = (trials["outcome"] == "correct").to_numpy()
    p = trials["length"].map((trials["outcome"] == "correct").groupby(trials["length"]).mean())
    fixed = rng.random(len(trials)) < alike
    runs = []
    for _ in range(samples):
        said = np.where(fixed, right, rng.random(len(trials)) < p)
        runs.append(trials.assign(outcome=np.where(said, "correct", "wrong")))
    return pd.concat(runs, ignore_index=True)


def width(interval: tuple[float, float]) -> float:
    return float(np.log2(interval[1] / interval[0]))


def test_prompts_that_decide_their_answer_are_worth_one_sample(
    simulated: Callable[..., pd.DataFrame],
) -> None:
    prompts = simulated(threshold=16, trials=20)
    (hard,) = sampled_curves(sampled(prompts, 8, alike=1.0))
    (free,) = sampled_curves(sampled(prompts, 8, alike=0.0))
    assert (hard.prompts, hard.samples) == (160, 1280)
    assert hard.worth == pytest.approx(8, rel=0.15)
    assert free.worth == pytest.approx(1, abs=0.5)
    assert width(hard.like_these) > 2 * width(hard.these)
    assert width(free.like_these) < width(hard.like_these)
    assert hard.these.low < hard.sees < hard.these.high
    assert hard.sees == pytest.approx(free.sees, rel=0.15)
    for curve in (hard, free):
        low, high = curve.l50.interval
        assert low < 16 < high


def test_points_have_both_intervals_and_failures_are_left_out(
    simulated: Callable[..., pd.DataFrame],
) -> None:
    trials = sampled(simulated(threshold=16, trials=20), 3, alike=1.0)
    trials.loc[trials.index[:20], "outcome"] = "failed"
    points = sampled_points(trials).set_index("length")
    assert points["samples"].tolist() == [40] + [60] * 7
    assert points["prompts"].tolist() == [20] * 8
    middle = points.loc[16]
    assert middle["like_these_low"] < middle["these_low"] < middle["accuracy"]
    assert middle["accuracy"] < middle["these_high"] < middle["like_these_high"]
