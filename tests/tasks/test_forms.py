"""Forced answers: every true answer can be written, and nothing that is no answer."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from snellen.tasks.forms import AnswerForm, answer_form, forced_form
from snellen.tasks.registry import FAMILIES, TASKS
from snellen.tasks.task import Task
from snellen.tasks.trial import build_trial

TASKS_ASKED = [task for task in TASKS.values() if task.family in FAMILIES]
every_task = pytest.mark.parametrize("task", TASKS_ASKED, ids=lambda task: task.name)


def allows(schema: Any, value: Any) -> bool:
    """Whether a schema allows a value: the few keywords that ours use."""
    kind = schema["type"]
    if kind == "integer":
        return isinstance(value, int) and schema["minimum"] <= value <= schema["maximum"]
    if kind == "string":
        return value in schema["enum"]
    return (
        isinstance(value, list)
        and schema["minItems"] <= len(value) <= schema["maxItems"]
        and all(allows(schema["items"], item) for item in value)
    )


def as_json(truth: str, task: Task) -> Any:
    return {"number": int, "code": int, "symbol": str, "sequence": str.split}[task.answer](truth)  # type: ignore[operator]


@every_task
def test_the_truth_can_be_written_and_is_read_as_right(task: Task) -> None:
    for length in (1, 2, 9, 60, 1000):
        for index in range(5):
            trial = build_trial(task, "direct", "none", length, index, 0, "forced")
            form = forced_form(task, trial)
            assert re.fullmatch(form.regex, trial.truth)
            assert trial.judge(trial.truth).outcome == "correct"
            value = as_json(trial.truth, task)
            assert form.schema["required"] == ["answer"]
            assert allows(form.schema["properties"]["answer"], value)
            assert trial.judge(json.dumps({"answer": value})).outcome == "correct"


@every_task
def test_after_plain_examples_an_answer_begins_as_theirs_do(task: Task) -> None:
    trial = build_trial(task, "fewshot", "none", 9, 0, 0, "forced")
    form = forced_form(task, trial)
    first = re.findall(r"\nAnswer:(.+)\n\n", trial.prompt)[0]
    assert first.startswith(" ")
    assert re.fullmatch(form.regex, f" {trial.truth}")
    assert not re.fullmatch(form.regex, trial.truth)
    assert trial.judge(f" {trial.truth}").outcome == "correct"


@every_task
def test_a_form_gives_nothing_away(task: Task) -> None:
    forms = {
        repr(forced_form(task, build_trial(task, "direct", "none", 9, i, 0))) for i in range(9)
    }
    assert len(forms) == 1


@pytest.mark.parametrize(
    ("task", "texts"),
    [
        ("count_ones", ["", "-1", "007", "1.5", "x", "12345678", "4 2", " 4"]),
        ("copy_last", ["", "10", "a", "-1", " 3", "3\n"]),
        ("copy_sequence", ["", "12", "1 2 ", "1,2", "1  2", " ".join("1" * 18)]),
        ("lookup", ["", "1234", "012345", "123456", "abcde"]),
    ],
)
def test_nothing_else_can_be_written(task: str, texts: list[str]) -> None:
    form = answer_form(TASKS[task], 9)
    assert [text for text in texts if re.fullmatch(form.regex, text)] == []
    answer = form.schema["properties"]["answer"]
    values: list[Any] = [None, -1, 10**8, "eleven", ["11"], [], {}]
    assert not any(allows(answer, value) for value in values)


def test_long_sums_and_copies_have_room() -> None:
    sums = answer_form(TASKS["sum_digits"], 5_000_000)
    assert re.fullmatch(sums.regex, "45000000")
    copies = answer_form(TASKS["copy_sequence"], 100)
    assert re.fullmatch(copies.regex, " ".join("1" * 125))
    assert not re.fullmatch(copies.regex, " ".join("1" * 126))


def test_symbols_of_any_alphabet_are_quoted() -> None:
    task = replace(TASKS["copy_last"], alphabet=("a.b", "(", "|"))
    form: AnswerForm = answer_form(task, 5)
    assert all(re.fullmatch(form.regex, symbol) for symbol in task.alphabet)
    assert not re.fullmatch(form.regex, "axb")
