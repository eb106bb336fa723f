"""The order of a board: closed numbers for every model, and ties told as ties."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from snellen.reports.leaderboard.entries import BoardDesign, BoardEntry, entry_of
from snellen.reports.leaderboard.page import rank_text
from snellen.reports.leaderboard.ranking import rank
from snellen.stats.board import RankInterval


def test_better_models_come_first_and_equal_ones_are_tied(
    entered: Callable[..., BoardEntry], design: BoardDesign
) -> None:
    sights = {"eagle": 1e9, "sharp": 30, "middling": 8, "also_middling": 8.5, "blind": 1e-9}
    placed, refused = rank([entered(model, t, t) for model, t in sights.items()], design)
    assert refused == []
    names = [placing.entry.model for placing in placed]
    ranks = {placing.entry.model: rank_text(placing.rank) for placing in placed}
    assert names[:2] == ["eagle", "sharp"]
    assert names[4] == "blind"
    assert ranks == {
        "eagle": "1",
        "sharp": "2",
        "middling": "=3–4",
        "also_middling": "=3–4",
        "blind": "5",
    }


def test_every_model_has_a_value_and_a_closed_interval(
    entered: Callable[..., BoardEntry], design: BoardDesign
) -> None:
    placed, _ = rank([entered("eagle", 1e9, 1e9), entered("blind", 1e-9, 1e-9)], design)
    for placing in placed:
        low, high = placing.mean.interval
        assert 0 < low <= placing.mean.value <= high < np.inf
    assert placed[0].mean.value == pytest.approx(64)
    assert placed[1].mean.value == pytest.approx(1)


def test_one_task_that_all_are_blind_at_hides_no_difference(
    entered: Callable[..., BoardEntry], design: BoardDesign
) -> None:
    placed, _ = rank([entered(f"at {t}", t, 1e-9) for t in (2, 8, 40)], design)
    assert [placing.entry.model for placing in placed] == ["at 40", "at 8", "at 2"]
    assert [rank_text(placing.rank) for placing in placed] == ["1", "2", "3"]


def test_the_mean_is_the_area_under_accuracy_over_octaves(
    entered: Callable[..., BoardEntry], asked: Callable[..., pd.DataFrame], design: BoardDesign
) -> None:
    (placed,), _ = rank([entered("m", 6, 12)], design)
    trials = asked(6, 12)
    right = (trials["outcome"] == "correct").groupby([trials["task"], trials["length"]]).mean()
    areas = [
        np.trapezoid(shares.to_numpy(), np.log2(shares.index.get_level_values("length")))
        for _, shares in right.groupby("task")
    ]
    assert placed.mean.value == pytest.approx(2 ** np.mean(areas))


def test_ranks_that_are_told_apart_have_no_mark() -> None:
    assert rank_text(RankInterval(2, 2)) == "2"
    assert rank_text(RankInterval(2, 4)) == "=2–4"


def test_a_run_that_cannot_be_counted_is_refused_and_stops_nothing(
    asked: Callable[..., pd.DataFrame],
    manifest_of: Callable[..., dict[str, Any]],
    design: BoardDesign,
) -> None:
    one_length = asked(6, 12).query("length == 4")
    entry = entry_of(one_length, manifest_of("short"), design)
    placed, (refused,) = rank([entry], design)
    assert placed == []
    assert "not in its table" in refused.reason


def test_an_entry_sums_up_a_run(
    asked: Callable[..., pd.DataFrame],
    manifest_of: Callable[..., dict[str, Any]],
    design: BoardDesign,
) -> None:
    trials = asked(6, 12, rambling=0.4)
    facts = manifest_of("bundled", cost_usd=0.0)
    made = entry_of(trials, facts, design, "x/report.html")
    assert list(made.reports) == ["count_ones", "count_word"]
    assert (made.model, made.trials, made.report) == ("bundled", 140, "x/report.html")
    for name in ("truncated", "refused", "failed"):
        assert getattr(made, name) == pytest.approx((trials["outcome"] == name).mean())
    assert made.unread == pytest.approx((trials["outcome"] == "unparseable").mean())
    assert made.tokens == (trials["prompt_tokens"].sum(), trials["completion_tokens"].sum())
    assert made.numerics == {"dtype": "float32", "temperature": 0.0}
    assert made.fault == ""
