"""The data behind the page's script, against a count of the table itself."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest
from snellen.reports.curves import curves
from snellen.reports.explorer import Explorer
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


def build(trials: pd.DataFrame, texts: Texts = no_texts) -> Explorer:
    made = explorer(trials, curves(trials), texts)
    json.dumps(made.as_json())  # plain numbers and texts only
    return made


def column(data: Explorer, name: str) -> list[Any]:
    found = next(one for one in data.columns if one.name.startswith(name))
    return [found.options[v] for v in found.values] if found.options else list(found.values)


def test_every_trial_is_there_with_what_became_of_it(trials: pd.DataFrame) -> None:
    data = build(trials)
    assert data.left_out == 0
    names = ("curve", "length", "trial", "outcome", "truth", "read")
    rows = {
        (curve, n, i): tuple(rest)
        for curve, n, i, *rest in zip(*(column(data, name) for name in names), strict=True)
    }
    assert len(rows) == len(trials)
    for row in trials.to_dict("records"):
        how = {"count_ones": "direct", "copy_last": "cot, hint"}[row["task"]]
        outcome, truth, read = rows[f"{row['task']}, {how}", row["length"], row["index"]]
        assert outcome == row["outcome"]
        assert truth == row["truth"]
        assert read == ("" if pd.isna(row["answer"]) else row["answer"])


def test_a_point_says_its_share_and_leads_to_its_trials(trials: pd.DataFrame) -> None:
    data = build(trials)
    point = data.points["copy_last"]["cot/free/hint/64"]
    here = trials[(trials["task"] == "copy_last") & (trials["length"] == 64)]
    correct = int((here["outcome"] == "correct").sum())
    assert point.words.startswith(
        f"copy_last, cot, hint, 64 items: {correct / len(here):.0%} correct ("
    )
    assert f"{correct} of {len(here)} answered" in point.words
    kept = [
        all(data.columns[column].values[t] == value for column, value in point.filter)
        for t in range(len(trials))
    ]
    assert sum(kept) == len(here)


def test_of_a_large_run_an_even_part_is_held_and_the_page_says_so(
    trials: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_TRIALS", 20)
    data = build(trials)
    assert len(column(data, "trial")) == 20
    assert data.left_out == len(trials) - 20
    assert len(set(column(data, "length"))) == trials["length"].nunique()


def test_answers_are_kept_within_the_limits(
    chart: pd.DataFrame, texts: Texts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_TEXTS", 30)
    monkeypatch.setattr(module, "MOST_ITEMS", 100)
    data = build(chart, texts)
    said, lengths = column(data, "what the model said"), column(data, "length")
    told = [length for length, text in zip(lengths, said, strict=True) if text]
    assert 0 < len(told) <= 30
    assert sum(told) <= 100
