"""The data behind the page's script, against a count of the table itself."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest
from snellen.reports.curves import curves
from snellen.reports.run import explorer as module
from snellen.reports.run.explorer import explorer
from snellen.reports.trial_texts import Texts, no_texts

from ..conftest import simulate


@pytest.fixture
def trials() -> pd.DataFrame:
    return pd.concat(
        [
            simulate("count_ones", trials=5, failing=0.2, rambling=0.4),
            simulate("copy_last", mode="cot", lens="hint", trials=5),
        ],
        ignore_index=True,
    )


def build(trials: pd.DataFrame, texts: Texts = no_texts) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(json.dumps(explorer(trials, curves(trials), texts)))
    return made


def test_every_trial_is_there_with_what_became_of_it(trials: pd.DataFrame) -> None:
    data = build(trials)
    held = data["trials"]
    assert data["all"] == 0
    rows = {
        (*data["curves"][c], n, i): (data["outcomes"][o], truth, read)
        for c, n, i, o, truth, read in zip(
            *(held[name] for name in ("c", "n", "i", "o", "truth", "read")), strict=True
        )
    }
    assert len(rows) == len(trials)
    for row in trials.to_dict("records"):
        how = {"count_ones": "direct", "copy_last": "cot, hint"}[row["task"]]
        outcome, truth, read = rows[row["task"], how, row["length"], row["index"]]
        assert outcome == row["outcome"]
        assert truth == row["truth"]
        assert read == ("" if pd.isna(row["answer"]) else row["answer"])


def test_a_point_says_its_share_its_interval_and_what_else_happened(trials: pd.DataFrame) -> None:
    data = build(trials)
    curve, length, words = data["points"]["copy_last"]["cot/free/hint/64"]
    here = trials[(trials["task"] == "copy_last") & (trials["length"] == 64)]
    correct = int((here["outcome"] == "correct").sum())
    assert data["curves"][curve] == ["copy_last", "cot, hint"]
    assert length == 64
    assert f"{correct} of {len(here)} answered" in words
    assert words.startswith(f"{correct / len(here):.0%} correct (")


def test_of_a_large_run_an_even_part_is_held_and_the_page_says_so(
    trials: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_TRIALS", 20)
    data = build(trials)
    assert len(data["trials"]["c"]) == 20
    assert data["all"] == len(trials)
    assert len(set(data["trials"]["n"])) == trials["length"].nunique()


def test_answers_are_kept_within_the_limits(
    chart: pd.DataFrame, texts: Texts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_TEXTS", 30)
    monkeypatch.setattr(module, "MOST_ITEMS", 100)
    data = build(chart, texts)
    lengths = [data["trials"]["n"][int(place)] for place in data["said"]]
    assert 0 < len(lengths) <= 30
    assert sum(lengths) <= 100
