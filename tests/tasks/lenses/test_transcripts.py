"""Answers with a transcript: the total is read and not a part of it, and there is room for it."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from snellen.tasks.answer_length import answer_tokens
from snellen.tasks.lenses import find_lens
from snellen.tasks.lenses.symbols import ALPHABETS
from snellen.tasks.lenses.worn import through
from snellen.tasks.prompts.transcript import transcript
from snellen.tasks.registry import FAMILIES, TASKS
from snellen.tasks.task import Task
from snellen.tasks.trial import Trial, applies, build_trial

from ..prompt_reader import items_of, last_question, shown

OWN = [task for task in TASKS.values() if task.family in FAMILIES]
LENSES = ("partition:1", "partition:3", "partition:10", "enumerate", "partition:4+letters",
          "enumerate+words", "numbered+partition:5")  # fmt: skip


def right_answer(task: Task, trial: Trial, lens: str) -> str:
    """What a model that does as it is told would write."""
    from snellen.tasks.draw import Draw

    identity = (task.name, task.version, trial.id.length, trial.id.index, trial.id.seed)
    worn = through(task, find_lens(lens), identity)
    made = worn.generate(Draw(*identity), trial.id.length)
    return transcript(worn, made, find_lens(lens))


@given(task=st.sampled_from(OWN), lens=st.sampled_from(LENSES),
       mode=st.sampled_from(["direct", "fewshot", "cot"]), n=st.integers(1, 60),
       index=st.integers(0, 99))  # fmt: skip
def test_the_total_is_read(task: Task, lens: str, mode: str, n: int, index: int) -> None:
    assume(applies(task, mode, lens))
    trial = build_trial(task, mode, lens, n, index, 0)
    lines = right_answer(task, trial, lens)
    whole = f"{lines}\nThe final answer is: {trial.truth}"
    judged = trial.judge(whole)
    assert (judged.outcome, judged.reading) == ("correct", "final_line"), whole
    # Cut anywhere before the end, it is truncated, and never a part of it taken for the whole.
    for cut in (lines, lines[: len(lines) // 2], f"{lines}\nThe final answer"):
        assert trial.judge(cut, "length").outcome == "truncated", cut
    # Of one item, "1: 0" may be said of anything.
    if task.answer == "sequence" and mode != "cot" and n > 1:
        assert trial.judge(lines).outcome == "correct", lines


@given(task=st.sampled_from([t for t in OWN if t.answer == "number"]),
       lens=st.sampled_from(["partition:3", "partition:7"]), n=st.integers(15, 60),
       index=st.integers(0, 99))  # fmt: skip
def test_parts_without_a_total_are_no_answer(task: Task, lens: str, n: int, index: int) -> None:
    trial = build_trial(task, "direct", lens, n, index, 0)
    judged = trial.judge(right_answer(task, trial, lens))
    assert judged.outcome == "unparseable"
    assert trial.facts.bare is False


@pytest.mark.parametrize("end", ["Total: {}", "{}", "All parts together: {}",
                                 "Adding these numbers up gives {}."])  # fmt: skip
def test_a_total_said_otherwise_is_read(end: str) -> None:
    trial = build_trial(TASKS["count_ones_bernoulli"], "direct", "partition:10", 47, 3, 0)
    lines = right_answer(TASKS["count_ones_bernoulli"], trial, "partition:10")
    assert trial.judge(f"{lines}\n{end.format(trial.truth)}").outcome == "correct"


def test_copies_are_read_as_they_are_shown() -> None:
    task = TASKS["copy_sequence"]
    for lens in ("numbered", "numbered+newline", "joined", "joined+letters", "space:3+letters",
                 "comma:4+words", "pipe", "brackets:3+nonwords", "semicolon:5:right"):  # fmt: skip
        for n in (4, 11, 30):
            trial = build_trial(task, "direct", lens, n, 1, 0)
            assert trial.judge(trial.sequence).outcome == "correct", (lens, trial.sequence)
            assert trial.judge(trial.truth).outcome == "correct"


def test_a_symbol_that_is_not_in_the_sequence_is_wrong_and_not_unread() -> None:
    for lens in ("letters", "words", "nonwords"):
        trial = build_trial(TASKS["copy_last"], "direct", lens, 9, 0, 0)
        other = next(s for s in ALPHABETS[lens][:10] if s not in trial.sequence.split())
        assert trial.judge(other).outcome == "wrong"
        assert trial.judge(trial.truth).outcome == "correct"
        name = "letter" if lens == "letters" else "word"
        assert f"{name}" in trial.prompt
        assert "digit" not in trial.prompt


@pytest.mark.parametrize("task", OWN, ids=lambda task: task.name)
def test_worked_examples_hold_right_transcripts(task: Task) -> None:
    for mode in ("fewshot", "cot_fewshot"):
        if not applies(task, mode, "partition:3"):
            continue
        trial = build_trial(task, mode, "partition:3", 20, 0, 0)
        assert "Part 1: " in trial.prompt.partition(last_question(trial.prompt, "none"))[0]
        if mode == "fewshot" and task.answer == "number":
            for example in trial.prompt.split("\n\n")[:-1]:
                question, _, answer = example.partition("\nAnswer: ")
                parts = [int(line.rpartition(": ")[2]) for line in answer.split("\n")[:-1]]
                assert str(sum(parts)) == answer.rpartition(": ")[2]
                groups = shown(question.removeprefix("Question: "))[0].split(" | ")
                assert len(groups) == len(parts)
                assert all(len(items_of(group)) == 3 for group in groups[:-1])


@pytest.mark.parametrize("lens", LENSES)
def test_there_is_room_for_a_transcript(lens: str) -> None:
    """Characters over two: fewer than two to a token is what no tokenizer does with such text."""
    for task in OWN:
        for mode in ("direct", "fewshot"):
            if not applies(task, mode, lens):
                continue
            for n in (1, 30, 1000):
                trial = build_trial(task, mode, lens, n, 0, 0)
                whole = right_answer(task, trial, lens) + "\nThe final answer is: "
                needed = len((whole + trial.truth).encode()) / 2
                limit = answer_tokens(task, mode, n, "free", lens)
                assert limit >= needed, (task.name, mode, n)
                assert limit >= answer_tokens(task, mode, n)
