"""Figures: deterministic, honest about what is drawn, and whole for every kind of run."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from typing import Any

import matplotlib.image
import numpy as np
import pandas as pd
import pytest
from snellen.reports.acuities import acuities
from snellen.reports.curves import curves
from snellen.reports.figures.task_figures import task_figures
from snellen.reports.histogram import histogram
from snellen.reports.paper.published import published
from snellen.store.curve_key import CurveKey
from snellen.support.figures import Picture


def draw(trials: pd.DataFrame) -> dict[tuple[str, str], Picture]:
    table = curves(trials)
    drawn = task_figures(trials, table, histogram(trials), acuities(table))
    return {(task, kind): picture for task, kind, picture in drawn}


def words(picture: Picture) -> list[str]:
    root = ElementTree.fromstring(picture.svg)
    return [t.text for t in root.iter("{http://www.w3.org/2000/svg}text") if t.text]


def test_two_figures_per_task_in_svg_and_png(chart: pd.DataFrame) -> None:
    drawn = draw(chart)
    tasks = set(chart["task"])
    assert set(drawn) == {(task, kind) for task in tasks for kind in ("error", "answers")}
    for picture in drawn.values():
        assert any("length (items" in text or "times answered" in text for text in words(picture))
        pixels = matplotlib.image.imread(io.BytesIO(picture.png))
        assert np.ptp(pixels) > 0


def test_the_same_trials_give_the_same_bytes(simulated: Callable[..., pd.DataFrame]) -> None:
    trials = simulated(attractor="100", rambling=0.5)
    first, second = draw(trials), draw(trials)
    assert {k: (p.svg, p.png) for k, p in first.items()} == {
        k: (p.svg, p.png) for k, p in second.items()
    }
    assert "<dc:date>" not in first["count_ones", "error"].svg


def test_a_style_of_the_users_own_changes_nothing(simulated: Callable[..., pd.DataFrame]) -> None:
    import matplotlib as mpl

    trials = simulated(trials=5)
    before = draw(trials)["count_ones", "error"].svg
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "black"}):
        assert draw(trials)["count_ones", "error"].svg == before


def test_every_outcome_and_the_number_answered_are_written_down(
    simulated: Callable[..., pd.DataFrame],
) -> None:
    trials = simulated(lengths=[3, 5], trials=10, threshold=1e9)
    trials.loc[:6, "outcome"] = ["failed", "failed", "unparseable", "truncated"] + ["refused"] * 3
    text = words(draw(trials)["count_ones", "error"])
    for entry in ("correct 13", "unparseable 1", "truncated 1", "refused 3", "failed 2"):
        assert entry in text
    assert text.count("8") == 1  # answered at length 3: ten asked, two failed


def test_the_attractor_is_named_with_its_count(simulated: Callable[..., pd.DataFrame]) -> None:
    trials = simulated(attractor="100", seed=1)
    count = (trials["answer"] == "100").sum()
    assert f"100 × {count}" in words(draw(trials)["count_ones", "answers"])


def test_the_acuity_is_quoted_with_its_interval(simulated: Callable[..., pd.DataFrame]) -> None:
    trials = simulated(threshold=16, trials=60)
    table = curves(trials)
    quoted = str(acuities(table)[CurveKey("count_ones", "direct", "free", "none")].l50)
    assert f"direct: L50 {quoted}" in words(draw(trials)["count_ones", "error"])


def test_published_points_are_overlaid_and_labelled(simulated: Callable[..., pd.DataFrame]) -> None:
    modes = ("direct", "cot")
    trials = pd.concat(
        simulated("paper_sum_ones", mode=m, lengths=range(5, 200, 10), trials=1) for m in modes
    )
    text = words(draw(trials)["paper_sum_ones", "error"])
    assert "gemini-1.5: published, single trials" in text
    assert "gemma-7b: published, single trials" in text


@pytest.mark.parametrize(
    ("task", "models", "points"),
    [
        ("paper_sum_ones", {"gemini-1.5", "gemma-7b"}, 120),
        ("snellen_paper_count_word", {"gemini-1.5", "gemma-7b"}, 120),
        ("paper_copy_last", {"gemini-1.5"}, 9),
        ("paper_copy_last_hint", {"gemini-1.5"}, 9),
        ("paper_copy_last_interleaved_01", {"gemini-1.5"}, 9),
        ("paper_copy_last_interleaved_10", {"gemini-1.5"}, 9),
        ("paper_copy_last_type1", {"gemini"}, 15),
        ("paper_copy_last_type2", {"gemini"}, 15),
        ("count_ones", set(), 0),
    ],
)
def test_published_points_go_with_the_papers_tasks(
    task: str, models: set[Any] | set[str], points: int
) -> None:
    found = published(task)
    assert set(found["model"]) == models
    assert len(found) == points


@pytest.mark.parametrize(
    "trials",
    [
        {"lengths": [64]},
        {"lengths": [6], "trials": 1},
        {"failing": 1.0},
        {"task": "copy_last", "failing": 1.0},
        {"task": "copy_sequence", "failing": 1.0},
        {"lengths": sorted({int(2 ** (i / 3)) for i in range(31)}), "rambling": 0.9},
        {"task": "some_task_of_another", "mode": "shouted", "lens": "a $lens_{of}$ theirs"},
        {"task": "copy_last", "attractor": "9" * 40},
        {"attractor": "9" * 40},
        {"attractor": "-7"},
    ],
    ids=lambda kwargs: "-".join(kwargs),
)
def test_every_kind_of_run_can_be_drawn(
    simulated: Callable[..., pd.DataFrame],
    trials: dict[str, float | list[int]]
    | dict[str, float | str]
    | dict[str, float]
    | dict[str, int | list[int]]
    | dict[str, list[int]]
    | dict[str, str],
) -> None:
    assert len(draw(simulated(**trials))) == 2


def test_many_lenses_and_modes_share_a_figure(simulated: Callable[..., pd.DataFrame]) -> None:
    lenses = ("none", "comma", "newline", "group3", "group10", "hint", "question_first", "repeat")
    trials = pd.concat(
        simulated(mode=mode, lens=lens, trials=4, lengths=[2, 32])
        for mode in ("direct", "cot")
        for lens in lenses
    )
    text = words(draw(trials)["count_ones", "error"])
    assert set(lenses) <= set(text)
    assert "cot: Accuracy, 95 % Wilson interval" in text
