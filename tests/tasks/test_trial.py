"""Trials: every task, mode and lens builds, and says what it means."""

from __future__ import annotations

import re
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from snellen.errors import InputError
from snellen.tasks.lenses import LENSES, find_lens
from snellen.tasks.modes import MODES, find_mode
from snellen.tasks.prompts.wording import THINK, Wording, choose
from snellen.tasks.registry import FAMILIES, TASKS, find_task, find_tasks
from snellen.tasks.task import Task
from snellen.tasks.trial import (
    Trial,
    TrialId,
    applies,
    build_trial,
    can_rebuild,
    rebuild_trial,
)

from .prompt_reader import answer_to

OWN = [task for task in TASKS.values() if task.family in FAMILIES]
PAPER = [task for task in TASKS.values() if task.family == "paper"]
CELLS = [
    (task, mode, lens)
    for task in OWN
    for mode in task.modes
    for lens in LENSES
    if applies(task, mode, lens)
]
LENGTHS = (1, 2, 3, 4, 5, 6, 8, 11, 12, 13, 32, 128)
ids = st.tuples(st.integers(1, 60), st.integers(0, 500), st.integers(0, 2**32))


@pytest.mark.parametrize("lens", LENSES)
@pytest.mark.parametrize("mode", MODES)
@settings(max_examples=25)
@given(identity=ids, data=st.data())
def test_the_truth_stands_in_the_prompt(
    mode: str, lens: str, identity: tuple[int, int, int], data: st.DataObject
) -> None:
    task = data.draw(st.sampled_from([task for task in OWN if applies(task, mode, lens)]))
    trial = build_trial(task, mode, lens, *identity)
    assert answer_to(trial.prompt, lens) == trial.truth, trial.prompt


@pytest.mark.parametrize(
    ("task", "mode", "lens"), CELLS, ids=[f"{t.name}-{m}-{x}" for t, m, x in CELLS]
)
def test_every_cell_builds(task: Task, mode: str, lens: str) -> None:
    for length in LENGTHS:
        trial = build_trial(task, mode, lens, length, 0, 0)
        assert trial.sequence in trial.prompt
        assert "{" not in trial.prompt
        assert trial == build_trial(task, mode, lens, length, 0, 0) == rebuild_trial(trial.id)
        assert answer_to(trial.prompt, lens) == trial.truth


@pytest.mark.parametrize("task", PAPER, ids=lambda task: task.name)
def test_the_papers_truths_stand_in_their_prompts(task: Task) -> None:
    for mode, length in product(task.modes, LENGTHS):
        trial = build_trial(task, mode, "none", length, 0, 0)
        shown = re.split("sequence[:?] ?|sum: |sentence: '", trial.prompt)
        sequence = next(
            filter(None, (re.match(r"[\d +]+|[car ]+", part) for part in shown[::-1])), None
        )
        assert sequence is not None
        items = re.findall(r"\d|car", sequence[0])
        if "copy" in task.name:
            assert trial.truth == items[0 if "first digit" in trial.prompt else -1]
        elif "sum" in task.name:
            assert trial.truth == str(sum(map(int, items)))
        else:
            assert trial.truth == str(sum(item in ("1", "car") for item in items))


def test_trials_are_paired_across_modes_forms_and_lenses() -> None:
    for task in OWN:
        for index in range(5):
            asked = [build_trial(task, mode, "none", 9, index, 3) for mode in task.modes]
            asked += [
                build_trial(task, "direct", lens, 9, index, 3)
                for lens in LENSES
                if applies(task, "direct", lens)
            ]
            forced = build_trial(task, "direct", "none", 9, index, 3, "forced")
            assert len({trial.truth for trial in (*asked, forced)}) == 1
            assert len({re.sub(r"[^\da-z]", "", trial.sequence) for trial in asked}) == 1
            assert forced.prompt == asked[0].prompt
            assert forced.id != asked[0].id


def test_a_trial_depends_on_nothing_else() -> None:
    # Nothing about a model goes in; the order of asking does not matter.
    wanted = list(product(("count_ones", "copy_sequence", "lookup"), (1, 7, 64), range(3)))

    def prompts(order: list[tuple[str, int, int]]) -> dict[tuple[str, int, int], str]:
        return {
            one: build_trial(TASKS[one[0]], "fewshot", "none", one[1], one[2], 5).prompt
            for one in order
        }

    assert prompts(wanted) == prompts(wanted[::-1])


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("task", OWN, ids=lambda task: task.name)
def test_wordings_do_not_repeat_before_all_were_used(task: Task, seed: int) -> None:
    words = task.wording
    assert isinstance(words, Wording)
    seen = [choose(words, (task.name, 1, 8, seed), index) for index in range(words.count + 3)]
    assert len(set(seen[: words.count])) == words.count == 288
    assert seen[words.count :] == seen[:3]
    # In cot mode, ways to ask for reasoning stand where direct mode asks for the answer alone.
    of_cot = {(one.intro, one.question, one.think) for one in seen}
    assert len(of_cot) == len(words.intros) * len(words.questions) * len(THINK) == 288


@pytest.mark.parametrize("mode", MODES)
def test_two_hundred_trials_of_a_run_of_ones_are_two_hundred_prompts(mode: str) -> None:
    prompts = {build_trial(TASKS["sum_ones"], mode, "none", 8, i, 0).prompt for i in range(200)}
    assert len(prompts) == 200


@pytest.mark.parametrize(
    ("lens", "task", "shown"),
    [
        ("none", "sum_ones", "1 + 1 + 1 + 1"),
        ("comma", "sum_ones", "1, 1, 1, 1"),
        ("newline", "sum_ones", "1\n1\n1\n1"),
        ("brackets:3", "sum_ones", "(1 + 1 + 1) + (1)"),
        ("comma:3", "sum_ones", "1 + 1 + 1, + 1"),
        ("comma:3:right", "sum_ones", "1, + 1 + 1 + 1"),
        ("newline:3", "sum_ones", "1 + 1 + 1\n+ 1"),
        ("space:3", "sum_ones", "1+1+1 + 1"),
        ("group3", "copy_last", "a a a, b"),
        ("joined+comma:3", "copy_last", "aaa,b"),
        ("space:3:right", "copy_last", "a aab"),
        ("numbered+pipe", "copy_last", "[1] a | [2] a | [3] a | [4] b"),
    ],
)
def test_lenses_write_as_described(lens: str, task: str, shown: str) -> None:
    sequence = build_trial(TASKS[task], "direct", lens, 4, 0, 0).sequence
    if task == "copy_last":
        kinds = dict(zip(dict.fromkeys(re.findall(r"(?<!\[)\d", sequence)), "ab", strict=True))
        sequence = re.sub(r"(?<!\[)\d", lambda match: kinds[match[0]], sequence)
    assert sequence == shown


@pytest.mark.parametrize("task", OWN, ids=lambda task: task.name)
def test_the_hint_is_the_same_for_all_trials_of_a_task(task: Task) -> None:
    # One that named a symbol of the sequence would give something away.
    prompts = [build_trial(task, "direct", "hint", 9, i, 0).prompt for i in range(50)]
    assert len({re.findall("Hint: .*", prompt)[0] for prompt in prompts}) == 1


def test_only_fewshot_is_raw_text() -> None:
    for task, mode in product(OWN, MODES):
        trial = build_trial(task, mode, "none", 3, 0, 0)
        assert trial.chat == (mode != "fewshot")
        assert trial.prompt.endswith("Answer:") == (mode == "fewshot")


def test_what_the_reader_may_know() -> None:
    count = build_trial(TASKS["count_ones_bernoulli"], "direct", "none", 30, 0, 0).facts
    assert (count.kind, count.length, count.bare) == ("number", 30, True)
    assert count.asked in count.symbols
    assert len(count.symbols) == 2
    copy = build_trial(TASKS["copy_first"], "cot", "none", 9, 0, 0).facts
    assert (copy.kind, copy.asked, copy.end, copy.bare) == ("symbol", "", "first", False)
    code = build_trial(TASKS["lookup"], "fewshot", "comma", 4, 0, 0)
    assert (code.facts.kind, len(code.facts.symbols), code.facts.bare) == ("code", 4, True)
    assert code.truth in code.facts.symbols
    assert f"{code.facts.asked}: {code.truth}" in code.sequence
    # The paper's template asks for a final line, and does not forbid others before it.
    assert not build_trial(TASKS["paper_count_ones"], "direct", "none", 5, 0, 0).facts.bare


def test_without_text_a_trial_still_judges() -> None:
    trial = build_trial(TASKS["lookup"], "direct", "none", 5, 0, 0)
    bare = trial.without_text()
    assert (bare.prompt, bare.sequence) == ("", "")
    assert bare.judge(trial.truth).outcome == "correct"
    assert bare.notes == trial.notes == {"depth": pytest.approx(trial.notes["depth"])}


def test_a_trial_judges_its_own_answer() -> None:
    trial: Trial = build_trial(TASKS["copy_sequence"], "direct", "none", 5, 0, 0)
    assert trial.judge(trial.truth.replace(" ", ",")).outcome == "correct"
    count = build_trial(TASKS["count_ones"], "direct", "none", 42, 0, 0)
    assert count.judge("42\n\nBecause 7 and 9.").outcome == "correct"


@pytest.mark.parametrize(
    ("call", "names"),
    [
        (lambda: find_task("count_sheep"), "count_sheep"),
        (lambda: find_mode("loud"), "direct, fewshot, cot, cot_fewshot"),
        (lambda: find_mode("fewshot-0"), "1 to 64 examples"),
        (lambda: find_mode("fewshot-many"), "1 to 64 examples"),
        (lambda: find_mode("cot-3"), "unknown mode 'cot-3'"),
        (lambda: find_lens("monocle"), "question_first"),
        (lambda: find_tasks([]), "names no task"),
        (
            lambda: build_trial(TASKS["paper_copy_last"], "cot", "none", 5, 0, 0),
            "has no mode 'cot'",
        ),
        (
            lambda: build_trial(TASKS["paper_copy_last"], "direct", "hint", 5, 0, 0),
            "takes no lens that changes it; tasks that can: sum_ones,",
        ),
        (
            lambda: build_trial(TASKS["count_ones"], "cot", "none", 5, 0, 0, "forced"),
            "leaves no room for the reasoning of mode 'cot'",
        ),
        (
            lambda: build_trial(TASKS["count_ones"], "direct", "none", 5, 0, 0, "sung"),
            "unknown answer form 'sung'",
        ),
    ],
)
def test_what_does_not_exist_is_named(call: Any, names: str) -> None:
    with pytest.raises(InputError, match=re.escape(names)):
        call()


def test_what_applies_is_what_builds() -> None:
    for task, mode, lens, answer in product(
        TASKS.values(), (*MODES, "fewshot-2"), ("none", "hint"), ("free", "forced")
    ):
        try:
            build_trial(task, mode, lens, 3, 0, 0, answer)
        except InputError:
            assert not applies(task, mode, lens, answer)
        else:
            assert applies(task, mode, lens, answer)


def test_names_and_groups_are_found_once_each() -> None:
    found = find_tasks(["copying", "snellen_copy_last", "count_ones"])
    assert [task.name for task in found][:1] == ["count_ones"]
    assert len(found) == 6
    assert {task.family for task in find_tasks(["snellen_paper"])} == {"paper"}
    assert len(find_tasks(["snellen"])) == len(OWN)
    assert [task.name for task in find_tasks(["lookup"])] == ["lookup"]


def test_versions_say_which_prompts_changed() -> None:
    copy, count = TASKS["copy_last"], TASKS["count_ones"]
    assert [copy.version_of(mode, "none") for mode in MODES] == [1, 1, 2, 2]
    assert [copy.version_of(mode, "hint") for mode in MODES] == [2, 2, 3, 3]
    assert count.version_of("direct", "hint") == 1
    assert {t.version_of(m, "none") for t in PAPER for m in t.modes} == {1}


def test_an_older_version_is_not_asked_again_in_silence() -> None:
    old = TrialId("count_ones", "cot", "none", 1, 5, 0, 0)
    assert not can_rebuild(old)
    with pytest.raises(InputError, match=r"was asked in version 1, and .* asks version 2"):
        rebuild_trial(old)
    assert can_rebuild(build_trial(TASKS["count_ones"], "cot", "none", 5, 0, 0).id)
    assert not can_rebuild(TrialId("of_a_plug_in", "cot", "none", 1, 5, 0, 0))


def test_a_row_of_a_table_names_its_trial() -> None:
    for mode, lens in (("direct", "none"), ("cot", "hint"), ("fewshot-3", "comma")):
        trial = build_trial(TASKS["copy_last"], mode, lens, 5, 2, 7).id
        row = {**trial.as_dict(), "answer": "3", "answer_form": "free"}
        del row["version"]
        assert TrialId.from_dict(row) == TrialId.from_dict(trial.as_dict()) == trial
