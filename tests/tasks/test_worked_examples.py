"""Worked examples: right, drawn anew, never with the answer, and an end to what follows them."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import product

import pytest
from snellen.errors import InputError
from snellen.tasks.draw import Draw
from snellen.tasks.modes import MODES
from snellen.tasks.prompts.wording import Wording
from snellen.tasks.registry import FAMILIES, TASKS
from snellen.tasks.task import Items, Task
from snellen.tasks.trial import build_trial

from .prompt_reader import answer_to, answer_to_question, example_answers

OWN = [task for task in TASKS.values() if task.family in FAMILIES]


@pytest.mark.parametrize("mode", ["fewshot", "fewshot-9", "cot_fewshot"])
@pytest.mark.parametrize("task", OWN, ids=lambda task: task.name)
def test_worked_examples_are_right_and_never_hold_the_truth(task: Task, mode: str) -> None:
    shots = {"fewshot": 5, "fewshot-9": 9, "cot_fewshot": 2}[mode]
    for length, index in product((1, 2, 6, 12, 40), range(12)):
        trial = build_trial(task, mode, "none", length, index, 0)
        answers = example_answers(trial.prompt)
        assert len(answers) == shots
        assert trial.truth not in answers
        blocks = trial.prompt.partition("examples:\n")[2] or trial.prompt
        *examples, own = re.sub("Question: ", "", blocks).split("\n\n")
        assert len(examples) == shots
        assert own.rstrip().endswith(("Answer:", "."))
        for example, answer in zip(examples, answers, strict=True):
            # Of a worked example, what stands before the reasoning.
            asked = re.split(r"\nWe divide|\nAnswer:", example)[0]
            assert answer_to_question(asked) == answer


def test_examples_are_drawn_anew_for_every_trial() -> None:
    for mode in ("fewshot", "cot_fewshot"):
        shown = {
            tuple(example_answers(build_trial(TASKS["copy_last"], mode, "none", 9, i, 0).prompt))
            for i in range(40)
        }
        assert len(shown) > 20


@pytest.mark.parametrize("mode", ["fewshot", "cot_fewshot"])
def test_an_answer_ends_where_the_next_question_begins(mode: str) -> None:
    for task in OWN:
        trial = build_trial(task, mode, "none", 5, 0, 0)
        assert trial.stop
        assert len(trial.stop) <= 4  # as many as OpenAI takes
        # What a model sees of earlier questions is what it would write next.
        first, second = trial.prompt.split("\n\n")[:2]
        end = "\n\n" + second if mode == "cot_fewshot" else "\n\nQuestion: "
        assert any(end.startswith(stop) for stop in trial.stop), (trial.stop, end)
        assert not any(stop in first.rpartition(":")[2] for stop in trial.stop)
    assert build_trial(OWN[0], "direct", "none", 5, 0, 0).stop == ()


def constant(draw: Draw, n: int) -> Items:
    """A task whose answer never varies: there is no other example of it."""
    return Items(("1",) * n, truth="yes")


def test_a_task_with_one_answer_has_no_examples_to_show() -> None:
    task = replace(TASKS["sum_ones"], name="say_yes", generate=constant, answer="symbol")
    with pytest.raises(InputError, match="say_yes gives no example with another answer than 'yes'"):
        build_trial(task, "fewshot", "none", 5, 0, 0)
    assert build_trial(task, "direct", "none", 5, 0, 0).truth == "yes"


def test_one_form_of_each_part_is_enough() -> None:
    words = Wording(("See: {seq}",), ("How many {asked}s?",), ("Say it.",), "the number", "Hint.")
    task = replace(TASKS["count_ones"], wording=words)
    for mode in MODES:
        assert answer_to(build_trial(task, mode, "none", 5, 0, 0).prompt, "none") == "5"
