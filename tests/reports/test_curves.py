"""Curves against an independent count, trial by trial, and scipy's Wilson interval."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, binomtest
from snellen.reports.curves import curves, pooled
from snellen.store.curve_key import CURVE
from snellen.store.trials import OUTCOMES


@pytest.fixture(scope="module")
def table(chart: pd.DataFrame) -> pd.DataFrame:
    return curves(chart)


def test_one_row_per_task_mode_lens_and_length(chart: pd.DataFrame, table: pd.DataFrame) -> None:
    keys = list(table[["task", "mode", "answer", "lens", "length"]].itertuples(index=False))
    asked = chart[[*CURVE, "length"]].itertuples(index=False)
    assert len(keys) == len(set(map(tuple, keys)))
    assert set(map(tuple, keys)) == set(map(tuple, asked))


def test_counts_and_intervals_agree_with_a_count_by_hand(
    chart: pd.DataFrame, table: pd.DataFrame
) -> None:
    counts: dict[tuple[str, str, str, int], Counter[str]] = {}
    for trial in chart.to_dict("records"):
        key = (trial["task"], trial["mode"], trial["lens"], trial["length"])
        counts.setdefault(key, Counter())[trial["outcome"]] += 1
    for row in table.to_dict("records"):
        count = counts[row["task"], row["mode"], row["lens"], row["length"]]
        assert {o: row[o] for o in OUTCOMES} == {o: count[o] for o in OUTCOMES}
        assert row["n"] == sum(count.values())
        answered = row["n"] - count["failed"]
        interval = binomtest(count["correct"], answered).proportion_ci(method="wilson")
        assert row["answered"] == answered
        assert row["accuracy"] == pytest.approx(count["correct"] / answered)
        assert row["accuracy_low"] == pytest.approx(interval.low, abs=1e-12)
        assert row["accuracy_high"] == pytest.approx(interval.high, abs=1e-12)
        assert row["accuracy_truncated_wrong"] == row["accuracy"]
        left = answered - count["truncated"]
        assert row["accuracy_truncated_excluded"] == pytest.approx(count["correct"] / left)


def test_errors_are_those_of_the_answers_that_were_read(
    chart: pd.DataFrame, table: pd.DataFrame
) -> None:
    for row in table.to_dict("records"):
        same = chart[
            (chart["task"] == row["task"])
            & (chart["mode"] == row["mode"])
            & (chart["lens"] == row["lens"])
            & (chart["length"] == row["length"])
            & chart["outcome"].isin(["correct", "wrong"])
        ]
        errors = same["abs_error"].to_numpy(dtype=float)
        assert row["error_n"] == errors.size
        if not errors.size:
            assert math.isnan(row["error_mean"])
            continue
        assert row["error_mean"] == pytest.approx(np.mean(errors))
        assert row["error_median"] == pytest.approx(np.median(errors))
        assert row["error_p90"] == pytest.approx(np.quantile(errors, 0.9))
        assert math.isnan(row["error_mean_low"])
        assert row["error_median_low"] <= row["error_median"] <= row["error_median_high"]


def test_the_median_interval_is_that_of_order_statistics(
    simulated: Callable[..., pd.DataFrame],
) -> None:
    trials = simulated(lengths=[64], trials=200, threshold=20, seed=3)
    row = curves(trials).iloc[0]
    errors = np.sort(trials["abs_error"].to_numpy(dtype=float))
    rank = int(binom.ppf(0.025, 200, 0.5))
    assert row["error_median_low"] == errors[rank - 1]
    assert row["error_median_high"] == errors[200 - rank]


def test_where_nothing_was_answered_there_is_no_accuracy(
    simulated: Callable[..., pd.DataFrame],
) -> None:
    table = curves(simulated(failing=1.0))
    assert (table["failed"] == table["n"]).all()
    assert (table["answered"] == 0).all()
    assert table[["accuracy", "accuracy_low", "accuracy_high", "error_mean"]].isna().all(axis=None)


def test_an_error_recorded_for_a_truncated_answer_is_not_folded_in(
    simulated: Callable[..., pd.DataFrame],
) -> None:
    trials = simulated(lengths=[8], trials=10, threshold=1000)
    trials.loc[0, "outcome"] = "truncated"
    trials.loc[0, "abs_error"] = 10_000.0
    row = curves(trials).iloc[0]
    assert row["error_n"] == 9
    assert row["error_mean"] == 0


def test_rows_come_in_the_order_of_the_catalogue(table: pd.DataFrame) -> None:
    assert list(table["task"].unique()) == [
        "sum_digits",
        "count_ones",
        "copy_last",
        "copy_sequence",
    ]
    last = table[table["task"] == "copy_last"]
    assert list(last["lens"].unique()) == ["none", "hint"]
    for _, points in table.groupby(["task", "mode", "lens"]):
        assert points["length"].is_monotonic_increasing


def test_pooled_adds_up_over_lengths(chart: pd.DataFrame, table: pd.DataFrame) -> None:
    total = pooled(table)
    assert total["n"].sum() == len(chart)
    copied = total[(total["task"] == "copy_sequence")].iloc[0]
    trials = chart[(chart["task"] == "copy_sequence") & (chart["outcome"] != "failed")]
    assert copied["accuracy"] == pytest.approx((trials["outcome"] == "correct").mean())
    assert not math.isnan(copied["accuracy_low"])


def test_tokens_may_be_unknown(simulated: Callable[..., pd.DataFrame]) -> None:
    trials = simulated().assign(tokens=pd.Series(pd.NA, dtype="Int64"))
    assert curves(trials)["tokens"].isna().all()
