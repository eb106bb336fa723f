"""The summary against numbers worked out by hand, and the warnings that must not be missed."""

from __future__ import annotations

import io
import math
from collections.abc import Callable

import pandas as pd
import pytest
from rich.console import Console
from snellen.reports.acuities import acuities
from snellen.reports.curves import curves
from snellen.reports.formats import percent
from snellen.reports.run.readings import thoughts_only
from snellen.reports.run.summary import CurveSummary, rich_table, summarise, warnings


def report(
    trials: pd.DataFrame,
) -> tuple[list[CurveSummary], list[str]]:
    table = curves(trials)
    found = acuities(table)
    rows = summarise(table, found, thoughts_only(trials))
    return rows, warnings(rows, table, found)


def test_a_row_in_numbers(simulated: Callable[..., pd.DataFrame]) -> None:
    trials = simulated(lengths=[4, 8], trials=10, threshold=1e9)
    trials.loc[0, "outcome"] = "failed"
    trials.loc[1:2, "outcome"] = "unparseable"
    trials.loc[10:14, "outcome"] = "wrong"
    trials.loc[10:14, "abs_error"] = 6.0
    trials.loc[19, "outcome"] = "truncated"
    (row,), _ = report(trials)
    assert row.n == 20
    assert row.accuracy == pytest.approx(11 / 19)
    assert row.shortest == pytest.approx((4, 7 / 9))
    assert row.longest == pytest.approx((8, 4 / 10))
    assert row.mean_error == pytest.approx(5 * 6 / 16)
    assert row.unparseable == pytest.approx(2 / 19)
    assert row.truncated == pytest.approx(1 / 19)
    assert row.failed == pytest.approx(1 / 20)


def test_truncation_names_the_flag_that_mends_it(simulated: Callable[..., pd.DataFrame]) -> None:
    trials = simulated(threshold=1e9)
    trials.loc[::20, "outcome"] = "truncated"
    _, lines = report(trials)
    assert lines == [
        "count_ones: 5% of the answers were cut at the token limit; raise --max-tokens"
    ]


def test_two_per_cent_is_not_yet_a_warning(simulated: Callable[..., pd.DataFrame]) -> None:
    trials = simulated(threshold=1e9)
    trials.loc[[0, 70, 140], "outcome"] = "truncated"
    assert report(trials)[1] == []


def test_failures_say_how_to_go_on(simulated: Callable[..., pd.DataFrame]) -> None:
    trials = simulated(threshold=1e9)
    trials.loc[0, "outcome"] = "failed"
    assert report(trials)[1] == [
        "count_ones: 1 of 160 trials failed and are left out; repeat the command to ask them again"
    ]


def test_all_failed_is_reported_and_not_measured(simulated: Callable[..., pd.DataFrame]) -> None:
    (row,), lines = report(simulated(failing=1.0))
    assert math.isnan(row.accuracy)
    assert row.failed == 1
    assert row.l50 == "not quoted"
    assert any("no trial was answered" in line for line in lines)


def test_single_trials_are_called_what_they_are(simulated: Callable[..., pd.DataFrame]) -> None:
    _, lines = report(simulated(trials=1))
    assert any(line.startswith("at most 1 per length") for line in lines)


def test_a_copy_of_two_symbols_has_no_l50_by_guessing(
    simulated: Callable[..., pd.DataFrame],
) -> None:
    trials = simulated("copy_last_interleaved")
    (row,), lines = report(trials)
    assert row.l50 == "not quoted"
    assert any("guessing alone" in line for line in lines)


def test_symbols_have_no_mean_error(simulated: Callable[..., pd.DataFrame]) -> None:
    (row,), _ = report(simulated("copy_last"))
    assert math.isnan(row.mean_error)


def test_the_table_holds_every_curve(chart: pd.DataFrame) -> None:
    rows, _ = report(chart)
    console = Console(width=200, file=io.StringIO())
    with console.capture() as capture:
        console.print(rich_table(rows))
    text = capture.get()
    for row in rows:
        assert row.key.task in text
        assert row.l50 in text


@pytest.mark.parametrize(
    ("share", "text"),
    [(0, "0%"), (1, "100%"), (0.004, "<1%"), (0.996, ">99%"), (0.5, "50%"), (math.nan, "–")],
)
def test_shares_are_not_rounded_to_none_or_all(share: float, text: str) -> None:
    assert percent(share) == text
