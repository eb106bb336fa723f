"""Depth by length: cells against a count by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from snellen.errors import InputError
from snellen.reports.acuities import acuities
from snellen.reports.curves import curves
from snellen.reports.figures.depth_figure import BANDS, depth_table
from snellen.reports.figures.task_figures import task_figure, task_figures
from snellen.reports.histogram import histogram


@pytest.fixture
def deep(simulated: Callable[..., pd.DataFrame]) -> pd.DataFrame:
    trials = simulated(trials=12, failing=0.1, rambling=0.3)
    return trials.assign(depth=np.random.default_rng(0).random(len(trials)).round(2))


def test_cells_agree_with_a_count_by_hand(deep: pd.DataFrame) -> None:
    asked: Counter[tuple[int, int]] = Counter()
    right: Counter[tuple[int, int]] = Counter()
    for row in deep.to_dict("records"):
        if row["outcome"] != "failed":
            cell = row["length"], min(BANDS - 1, int(row["depth"] * BANDS + 1e-9))
            asked[cell] += 1
            right[cell] += row["outcome"] == "correct"
    table = depth_table(deep)
    found = table[["length", "band", "answered", "correct"]].itertuples(index=False, name=None)
    assert {(n, band): (a, c) for n, band, a, c in found} == {
        cell: (asked[cell], right[cell]) for cell in asked
    }


def test_both_ends_have_a_band(deep: pd.DataFrame) -> None:
    ends = deep.assign(depth=[0.0, 1.0] * (len(deep) // 2))
    assert set(depth_table(ends)["band"]) == {0, BANDS - 1}


def test_only_tasks_with_depths_have_the_figure(
    deep: pd.DataFrame, simulated: Callable[..., pd.DataFrame]
) -> None:
    trials = pd.concat([deep, simulated("count_word", trials=2)], ignore_index=True)
    table = curves(trials)
    drawn = {
        (f.task, f.kind): f.picture
        for f in task_figures(trials, table, histogram(trials), acuities(table))
    }
    assert {key for key in drawn if key[1] == "depth"} == {("count_ones", "depth")}
    totals = depth_table(deep).query("band == 0")[["correct", "answered"]].sum()
    said = f"start, 0–20 % {totals['correct']} of {totals['answered']}"
    assert said in drawn["count_ones", "depth"].alt


def test_nothing_answered_is_said(deep: pd.DataFrame) -> None:
    trials = deep.assign(outcome="failed")
    table = curves(trials)
    figure = task_figure("count_ones", "depth", trials, table, acuities(table))
    assert "no trial was answered" in [text.get_text() for text in figure.texts]


def test_a_figure_that_is_not_there_is_refused_with_those_that_are(
    simulated: Callable[..., pd.DataFrame],
) -> None:
    trials = simulated(trials=2)
    table = curves(trials)
    with pytest.raises(InputError, match="no figure 'depth' of count_ones; there are: error, an"):
        task_figure("count_ones", "depth", trials, table, acuities(table))
    with pytest.raises(InputError, match="not asked"):
        task_figure("sum_ones", "error", trials, table, acuities(table))
