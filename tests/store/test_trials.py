"""The table of trials: from journal to CSV and back, and every way in which a file is broken."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from snellen.errors import InputError
from snellen.store.answers import Failure, Reply
from snellen.store.plan import Plan
from snellen.store.trials import (
    ADDED_LATER,
    COLUMNS,
    read_trials,
    trial_row,
    trial_table,
    write_trials,
)
from snellen.tasks.trial import rebuild_trial

Row = Callable[..., dict[str, Any]]


@pytest.fixture
def table(plan: Plan, row: Row) -> pd.DataFrame:
    return trial_table(row(trial, latency_s=0.1, prompt_tokens=9) for trial in plan.trial_ids())


@pytest.fixture
def csv(tmp_path: Path, table: pd.DataFrame) -> Path:
    path = tmp_path / "trials.csv"
    write_trials(path, table)
    return path


def test_every_column_is_there_in_the_documented_order(csv: Path) -> None:
    head = csv.read_text().splitlines()[0]
    assert head == (
        "run_id,model,task,mode,lens,length,tokens,index,seed,truth,answer,outcome,abs_error,"
        "finish_reason,prompt_tokens,completion_tokens,latency_s,prompt_sha256,"
        "reading,rivals,depth,log_odds,answer_form"
    )


def test_right_answers_are_correct_everywhere(table: pd.DataFrame, plan: Plan) -> None:
    assert set(table["outcome"]) == {"correct"}
    assert (table["abs_error"] == 0).all()
    assert (table["answer"] == table["truth"]).all()
    rows = table[["task", "mode", "length", "index"]].itertuples(index=False, name=None)
    assert list(rows) == [(t.task, t.mode, t.length, t.index) for t in plan.trial_ids()]


def test_outcomes_come_from_what_was_said(plan: Plan, row: Row) -> None:
    trials = list(plan.trial_ids())
    failed = trial_row("run", "m", rebuild_trial(trials[4]), Failure("500", 500))
    made = trial_table(
        [
            row(trials[0], "I see 7."),
            row(trials[1], "no idea"),
            row(trials[2], "So I", finish_reason="length"),
            row(trials[3], "", finish_reason="content_filter"),
            failed,
        ]
    )
    outcomes = ["wrong", "unparseable", "truncated", "refused", "failed"]
    assert made["outcome"].tolist() == outcomes
    assert made["abs_error"].notna().tolist() == [True, False, False, False, False]
    assert made["finish_reason"].isna().tolist() == [False] * 4 + [True]


def test_a_reply_that_is_all_thoughts_says_so(plan: Plan) -> None:
    trial = rebuild_trial(next(plan.trial_ids()))
    thought = trial_row("run", "m", trial, Reply(" \n", reasoning="It is 1, I think."))
    assert (thought["outcome"], thought["reading"]) == ("unparseable", "thoughts_only")
    empty = trial_row("run", "m", trial, Reply("", reasoning=None))
    assert (empty["outcome"], empty["reading"]) == ("unparseable", None)


def test_a_table_comes_back_as_it_was(csv: Path, table: pd.DataFrame) -> None:
    found = read_trials(csv)
    pd.testing.assert_frame_equal(found, table)
    assert {name: str(kind) for name, kind in found.dtypes.items()} == COLUMNS
    assert pd.read_parquet(csv.with_suffix(".parquet"))["truth"].tolist() == table["truth"].tolist()
    assert {path.name for path in csv.parent.iterdir()} == {"trials.csv", "trials.parquet"}


def test_the_same_table_gives_the_same_bytes(csv: Path, table: pd.DataFrame) -> None:
    before = csv.read_bytes()
    assert b"\r" not in before
    write_trials(csv, table.copy())
    assert csv.read_bytes() == before
    write_trials(csv, read_trials(csv))
    assert csv.read_bytes() == before


def change(csv: Path, row: int, column: str, value: str) -> None:
    raw = pd.read_csv(csv, dtype=str, keep_default_na=False)
    raw.loc[row, column] = value
    raw.to_csv(csv, index=False)


def test_a_table_from_before_there_were_forms_and_readings_is_read(csv: Path) -> None:
    pd.read_csv(csv, dtype=str).drop(columns=list(ADDED_LATER)).to_csv(csv, index=False)
    found = read_trials(csv)
    assert {name: str(kind) for name, kind in found.dtypes.items()} == COLUMNS
    assert set(found["answer_form"]) == {"free"}
    assert found[["reading", "rivals", "depth", "log_odds"]].isna().all(axis=None)


@pytest.mark.parametrize("column", [name for name in COLUMNS if name not in ADDED_LATER])
def test_a_missing_column_is_named(csv: Path, column: str) -> None:
    pd.read_csv(csv, dtype=str).drop(columns=column).to_csv(csv, index=False)
    with pytest.raises(InputError, match=f"line 1: column '{column}' is missing"):
        read_trials(csv)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("length", "three"), ("length", "0"), ("length", "-4"), ("length", "2.5"), ("length", ""),
        ("length", "inf"), ("length", "1e400"), ("length", "9" * 30), ("index", "x"),
        ("seed", "1.5"), ("seed", ""), ("outcome", "maybe"), ("outcome", ""), ("task", ""),
        ("abs_error", "big"), ("abs_error", "-inf"), ("latency_s", "soon"), ("tokens", "1.5"),
        ("prompt_sha256", "abc"), ("prompt_sha256", ""), ("run_id", ""),
        ("depth", "deep"), ("answer_form", "fre"), ("answer_form", ""),
    ],
)  # fmt: skip
def test_a_broken_value_is_named_by_line_and_column(csv: Path, column: str, value: str) -> None:
    change(csv, 4, column, value)
    with pytest.raises(InputError, match=f"line 6, column '{column}'") as caught:
        read_trials(csv)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("bytes_lost", [2, 5, 7, 40])
def test_a_row_that_was_cut_off_is_named(csv: Path, bytes_lost: int) -> None:
    csv.write_bytes(csv.read_bytes()[:-bytes_lost])
    with pytest.raises(InputError, match="line 17, column 'answer_form'"):
        read_trials(csv)


def test_an_empty_line_is_named(csv: Path) -> None:
    lines = csv.read_text().splitlines()
    csv.write_text("\n".join([*lines[:3], "", *lines[3:]]) + "\n")
    with pytest.raises(InputError, match="line 4, column 'run_id' is empty"):
        read_trials(csv)


def test_a_row_with_too_many_values_is_named(csv: Path) -> None:
    lines = csv.read_text().splitlines()
    csv.write_text("\n".join([*lines[:4], lines[4] + ",1,2", *lines[5:]]) + "\n")
    with pytest.raises(InputError, match="line 5"):
        read_trials(csv)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xff\xfe\x00", b"a,b\n1,2\n", b'"open'])
def test_what_is_no_table_is_refused(csv: Path, content: bytes) -> None:
    csv.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_trials(csv)
    assert "\n" not in str(caught.value)
    assert str(csv) in str(caught.value)


def test_a_missing_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot read"):
        read_trials(tmp_path / "trials.csv")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    row=st.integers(0, 15),
    column=st.sampled_from(list(COLUMNS)),
    value=st.text(st.characters(exclude_categories=["Cs"]), max_size=6) | st.integers().map(str),
)
def test_any_value_is_read_or_refused(
    csv: Path, table: pd.DataFrame, row: int, column: str, value: str
) -> None:
    write_trials(csv, table)
    change(csv, row, column, value)
    try:
        found: Any = read_trials(csv)
    except InputError:
        return
    assert {name: str(kind) for name, kind in found.dtypes.items()} == COLUMNS


@pytest.mark.parametrize("said", ["a\rb", "a\r\nb", 'a"\n,b', "\r"])
def test_a_word_with_line_ends_in_it_stays_in_its_row(
    tmp_path: Path, table: pd.DataFrame, said: str
) -> None:
    """A provider's own reason for ending an answer may be any text."""
    table = table.assign(finish_reason=[said, *table["finish_reason"][1:]])
    write_trials(tmp_path / "trials.csv", table)
    back = read_trials(tmp_path / "trials.csv")
    assert back["finish_reason"].tolist() == table["finish_reason"].tolist()
    assert back["length"].tolist() == table["length"].tolist()
