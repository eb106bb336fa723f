"""What is quoted of a curve, what is not, and the table that programs read."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from snellen.reports.acuities import acuities, acuity_table
from snellen.reports.curves import curves
from snellen.store.curve_key import CurveKey

KEY = CurveKey("count_ones", "direct", "free", "none")


def table_of(trials: pd.DataFrame) -> pd.DataFrame:
    points = curves(trials)
    return acuity_table(points, acuities(points))


def test_there_is_a_row_for_every_curve(chart: pd.DataFrame) -> None:
    table = table_of(chart)
    asked = {tuple(key) for key in table[list(CurveKey._fields)].itertuples(index=False)}
    assert asked == {
        (task, mode, "free", lens)
        for task, mode, lens in chart[["task", "mode", "lens"]].itertuples(index=False)
    }
    assert table["trials"].sum() == len(chart)
    outcomes = ["correct", "wrong", "unparseable", "truncated", "refused", "failed"]
    assert (table[outcomes].sum(axis=1) == table["trials"]).all()
    assert (table["answered"] == table["trials"] - table["failed"]).all()


def test_numbers_are_those_that_the_page_quotes(simulated: Callable[..., pd.DataFrame]) -> None:
    trials = simulated(threshold=16, trials=60)
    row = table_of(trials).iloc[0]
    report = acuities(curves(trials))[KEY]
    assert row["L50"] == report.l50.value
    assert (row["L50_low"], row["L50_high"]) == tuple(report.l50.interval)
    assert row["L50_low"] < 16 < row["L50_high"]
    assert row["L90"] < row["L50"]
    assert (row["shortest"], row["longest"]) == (1, 128)
    assert pd.isna(row["reason"])


def test_acuity_is_told_in_tokens_too(simulated: Callable[..., pd.DataFrame]) -> None:
    trials = simulated(threshold=16, trials=60)  # n + 40 tokens each
    row = table_of(trials).iloc[0]
    assert row["L50_tokens"] == pytest.approx(row["L50"] + 40)
    assert row["tokens_per_item"] == (128 + 40) / 128
    uncounted = table_of(trials.assign(tokens=np.nan)).iloc[0]
    assert uncounted[["tokens_per_item", "L50_tokens"]].isna().all()
    assert uncounted["L50"] == row["L50"]


def test_a_curve_that_was_not_crossed_has_a_bound_and_no_value(
    simulated: Callable[..., pd.DataFrame],
) -> None:
    row = table_of(simulated(threshold=1e9)).iloc[0]
    assert math.isnan(row["L50"])
    assert row["L50_low"] > 64
    assert row["L50_high"] == np.inf
    assert pd.isna(row["reason"])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"threshold": 1e-9}, "correct|right"),
        ({"threshold": 1e9, "unread": "unparseable"}, "could not be read"),
        ({"threshold": 1e9, "unread": "truncated"}, "could not be read"),
        ({"failing": 1.0}, "no trial was answered"),
    ],
)
def test_where_there_is_no_sight_to_measure_the_reason_stands_instead(
    simulated: Callable[..., pd.DataFrame],
    changes: dict[str, float | str] | dict[str, float],
    reason: str,
) -> None:
    unread = changes.pop("unread", None)
    trials = simulated(**changes)
    if unread:
        trials.loc[trials["index"] > 7, "outcome"] = unread
    row = table_of(trials).iloc[0]
    assert row[["L50", "L50_low", "L50_high"]].isna().all()
    assert pd.Series([row["reason"]]).str.contains(reason).all()
    assert str(acuities(curves(trials))[KEY].l50) == "not quoted"


def test_refusals_alone_are_no_reason(simulated: Callable[..., pd.DataFrame]) -> None:
    trials = simulated(threshold=1e9)
    trials.loc[trials["index"] > 16, "outcome"] = "refused"
    assert pd.isna(table_of(trials).iloc[0]["reason"])


def test_forms_of_an_answer_are_curves_of_their_own(simulated: Callable[..., pd.DataFrame]) -> None:
    both = pd.concat([simulated(threshold=4), simulated(form="forced", threshold=30)])
    table = table_of(both).set_index("answer")
    assert list(table.index) == ["free", "forced"]
    assert table["L50"]["free"] < 8 < table["L50"]["forced"]


def test_a_precision_that_was_not_reached_is_said(simulated: Callable[..., pd.DataFrame]) -> None:
    points = curves(simulated(threshold=16, trials=60))
    low, high = acuities(points)[KEY].l50.interval
    assert not acuities(points, 1.01 * high / low)[KEY].warnings
    report = acuities(points, 0.99 * high / low)[KEY]
    assert f"a factor {0.99 * high / low:g} apart, and it is {high / low:.2f}" in report.warnings[0]
    assert report.l50.warnings == report.warnings
    table = acuity_table(points, {KEY: report})
    assert "precision asked for was not reached" in table["warnings"][0]
