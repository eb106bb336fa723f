"""Questions: every task, mode and lens builds, and says what it means.

Truths are computed anew from the text of the prompt, by a parser that knows nothing of how it was
made: it finds the sequence and the question as a reader would.
"""

from __future__ import annotations

import re
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from snellen.errors import InputError
from snellen.tasks.lenses import LENSES, find_lens
from snellen.tasks.registry import MODES, TASKS, Standard, Task, find_mode, find_task, find_tasks
from snellen.tasks.trial import Trial, build_trial
from snellen.tasks.wording import choose

OWN = [task for task in TASKS.values() if task.family != "paper"]
CELLS = [(task, mode, lens) for task in OWN for mode in task.modes for lens in LENSES]
ids = st.tuples(st.integers(1, 60), st.integers(0, 500), st.integers(0, 2**32))

SHOWN = re.compile(r"^(?!Hint)[A-Z][^:\n']*: (?P<seq>.+?)(?=\n[A-Z]|\n\n|\Z)", re.M | re.S)
LAST = re.compile(r"last digit|end with|comes last|at the end")
FIRST = re.compile(r"first digit|start with|comes first|at the start")


def read_like_a_reader(prompt: str, lens: str) -> str:
    """The answer to a prompt, found in its text alone."""
    tail = prompt
    if lens == "repeat":
        half = (len(prompt) - 2) // 2
        assert prompt == f"{prompt[:half]}\n\n{prompt[:half]}"
        tail = prompt[:half]
    tail = tail.rpartition("\n\n")[2]
    shown = list(SHOWN.finditer(tail))[-1]
    items = re.findall(r"\d|[a-z]+", shown["seq"])
    rest = tail[: shown.start()] + tail[shown.end() :]
    question = re.sub(r"Hint: .*|'The final answer.*|'xxxx'", "", rest)
    if re.search("Repeat|Copy|again|reproduce|back exactly|Print", question):
        return " ".join(items)
    if LAST.search(question):
        return items[-1]
    if FIRST.search(question):
        return items[0]
    asked = re.search(r"\d|(?<=')[a-z]+(?=')", question)
    if asked is None:
        return str(sum(map(int, items)))
    return str(items.count(asked[0]))


@pytest.mark.parametrize("lens", LENSES)
@pytest.mark.parametrize("mode", MODES)
@settings(max_examples=25)
@given(identity=ids, data=st.data())
def test_the_truth_stands_in_the_prompt(
    mode: str, lens: str, identity: tuple[int, int, int], data: st.DataObject
) -> None:
    task = data.draw(st.sampled_from(OWN))
    question = build_trial(task, mode, lens, *identity)
    assert read_like_a_reader(question.prompt, lens) == question.truth, question.prompt


@pytest.mark.parametrize(
    ("task", "mode", "lens"), CELLS, ids=[f"{t.name}-{m}-{x}" for t, m, x in CELLS]
)
def test_every_cell_builds(task: Task, mode: str, lens: str) -> None:
    for length in (1, 2, 11):
        question = build_trial(task, mode, lens, length, 0, 0)
        assert question.sequence in question.prompt
        assert "{" not in question.prompt
        assert question == build_trial(task, mode, lens, length, 0, 0)
        assert read_like_a_reader(question.prompt, lens) == question.truth


def test_trials_are_paired_across_modes_and_lenses() -> None:
    for task in OWN:
        for index in range(5):
            asked = [build_trial(task, mode, "none", 9, index, 3) for mode in task.modes]
            asked += [build_trial(task, "direct", lens, 9, index, 3) for lens in LENSES]
            assert len({question.truth for question in asked}) == 1
            assert len({re.sub(r"[^\da-z]", "", q.sequence) for q in asked}) == 1


def test_a_question_depends_on_nothing_else() -> None:
    # Nothing about a model goes in; the order of asking does not matter.
    wanted = list(product(("count_ones", "copy_sequence", "sum_digits"), (1, 7, 64), range(3)))

    def prompts(order: list[tuple[str, int, int]]) -> dict[tuple[str, int, int], str]:
        return {
            one: build_trial(TASKS[one[0]], "direct", "none", one[1], one[2], 5).prompt
            for one in order
        }

    assert prompts(wanted) == prompts(wanted[::-1])


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("task", OWN, ids=lambda task: task.name)
def test_wordings_do_not_repeat_before_all_were_used(task: Task, seed: int) -> None:
    assert isinstance(task.prompt, Standard)
    words = task.prompt.wording
    every = len(words.intros) * len(words.questions) * len(words.bare)
    seen = [choose(words, (task.name, 1, 8, seed), index) for index in range(every + 3)]
    assert len(set(seen[:every])) == every == 288
    assert seen[every:] == seen[:3]


def test_twenty_trials_of_a_run_of_ones_are_twenty_prompts() -> None:
    prompts = {
        build_trial(TASKS["count_ones"], "direct", "none", 8, i, 0).prompt for i in range(200)
    }
    assert len(prompts) == 200


@pytest.mark.parametrize(
    ("lens", "task", "shown"),
    [
        ("none", "sum_ones", "1 + 1 + 1 + 1"),
        ("comma", "sum_ones", "1, 1, 1, 1"),
        ("newline", "sum_ones", "1\n1\n1\n1"),
        ("group3", "sum_ones", "(1 + 1 + 1) + (1)"),
        ("group3", "copy_last", "a a a, b"),
    ],
)
def test_lenses_write_as_described(lens: str, task: str, shown: str) -> None:
    sequence = build_trial(TASKS[task], "direct", lens, 4, 0, 0).sequence
    kinds = dict(zip(dict.fromkeys(re.findall(r"\d", sequence)), "ab", strict=False))
    if task == "copy_last":
        sequence = re.sub(r"\d", lambda match: kinds[match[0]], sequence)
    assert sequence == shown


def test_the_hint_names_the_likely_error_and_not_the_answer() -> None:
    for index in range(50):
        question = build_trial(TASKS["copy_last"], "direct", "hint", 9, index, 0)
        (hint,) = re.findall(r"not necessarily a (\d)", question.prompt)
        assert hint == question.sequence[0] != question.truth


def test_worked_examples_give_no_answer_away() -> None:
    shared = 0
    for index in range(200):
        question = build_trial(TASKS["copy_last"], "cot_fewshot", "none", 9, index, 0)
        shots = re.findall(r"The final answer is: (\d)", question.prompt)
        assert len(shots) == 2
        shared += shots[0] == question.truth
    assert shared < 50  # a tenth of 200, and luck


@pytest.mark.parametrize(
    ("call", "names"),
    [
        (lambda: find_task("count_sheep"), "count_sheep"),
        (lambda: find_mode("loud"), "direct, cot, cot_fewshot"),
        (lambda: find_lens("monocle"), "question_first"),
        (lambda: find_tasks([]), "names no task"),
        (
            lambda: build_trial(TASKS["paper_copy_last"], "cot", "none", 5, 0, 0),
            "has no mode 'cot'",
        ),
        (lambda: build_trial(TASKS["paper_copy_last"], "direct", "hint", 5, 0, 0), "takes no lens"),
    ],
)
def test_what_does_not_exist_is_named(call, names: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError, match=re.escape(names)):
        call()


def test_names_and_groups_are_found_once_each() -> None:
    found = find_tasks(["copying", "snellen_copy_last", "count_ones"])
    assert [task.name for task in found][:1] == ["count_ones"]
    assert len(found) == 6
    assert {task.family for task in find_tasks(["snellen_paper"])} == {"paper"}
    assert len(find_tasks(["snellen"])) == len(OWN)


def test_a_question_judges_its_own_answer() -> None:
    question: Trial = build_trial(TASKS["copy_sequence"], "direct", "none", 5, 0, 0)
    assert question.judge(question.truth.replace(" ", ",")).outcome == "correct"
    count = build_trial(TASKS["count_ones"], "direct", "none", 42, 0, 0)
    assert count.judge("42\n\nBecause 7 and 9.").outcome == "correct"
