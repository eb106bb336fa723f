"""Over all tasks: two populations, two intervals, from the same curves as all else."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from snellen.reports.curves import curves
from snellen.reports.over_tasks import task_mean_table, task_means


def test_the_mean_is_over_octaves_and_each_interval_says_what_of(
    simulated: Callable[..., pd.DataFrame],
) -> None:
    sights = {"count_ones": 8, "count_word": 16, "copy_last": 32}
    trials = pd.concat([simulated(task=task, threshold=n, trials=40) for task, n in sights.items()])
    (mean,) = task_means(curves(trials))
    assert set(mean.tasks) == set(sights)
    # Accuracy is near 1 at the first length: the area is that of L50 to within the drop's width.
    assert mean.value == pytest.approx(16, rel=0.25)
    assert mean.these.low < mean.value < mean.these.high < 1.3 * mean.these.low
    assert mean.like_these.low < 0.5 * mean.these.low
    assert mean.like_these.high > 2 * mean.these.high
    assert mean.spread == pytest.approx(1, abs=0.3)
    row = task_mean_table([mean]).iloc[0]
    assert (row["these"], row["like_these_high"]) == (mean.value, mean.like_these.high)


def test_conditions_are_apart_and_tasks_without_lengths_are_named(
    simulated: Callable[..., pd.DataFrame],
) -> None:
    trials = pd.concat(
        [
            simulated(task="count_ones"),
            simulated(task="copy_last", lengths=(4,)),
            simulated(task="count_ones", mode="cot", threshold=64),
        ]
    )
    plain, thinking = task_means(curves(trials))
    assert (plain.tasks, plain.left_out) == (("count_ones",), ("copy_last",))
    assert plain.like_these == (0, np.inf)
    assert thinking.value > 2 * plain.value
    assert task_means(curves(simulated(failing=1.0))) == []
