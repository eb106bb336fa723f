"""The paper's prompts, typed here from its appendix C.1 and C.5, slips included."""

from __future__ import annotations

import pytest
from snellen.tasks.lengths import parse_lengths
from snellen.tasks.registry import GROUPS, TASKS
from snellen.tasks.trial import build_trial

SUM = (
    "Please perform the following sum: 1 + 1 + 1. Please give the answer on the final line exactly"
    " as 'The final answer to your maths question is: xxxx', where 'xxxx' is your answer.."
)
ONES = (
    "Please count the number of ones in the following sequence:111. Please give the answer on the"
    " final line exactly as 'The final answer to your maths question is: xxxx', where 'xxxx is"
    " your answer."
)
CAR = (
    "Please count the number of times 'car' appears in the following sentence: 'car car car'."
    " Please give the answer on the final line exactly as 'The final answer to your maths question"
    " is: xxxx', where 'xxxx' is your answer."
)
LAST = (
    "Consider the following sequence: 110. What is the last digit in this sequence? Please answer"
    " exactly as 'The answer to your question is: <ANSWER>'"
)
FIRST = (
    "Consider the following sequence: 011. What is the first digit in this sequence? Please answer"
    " exactly as 'The answer to your question is: <ANSWER>'"
)
HINT = " *Hint* It's not necessarily a 1, check carefully"
TYPE_1 = (
    "What is the last digit of the following sequence? Please answer exactly as 'The answer to"
    " your question is: <ANSWER>' . Here is the sequence: 110"
)
TYPE_2 = (
    "Please answer exactly as 'The answer to your question is: <ANSWER>'. What is the last digit"
    " of the following sequence? 110"
)
FEW_SHOT = """\
Let's think step by step, showing me your reasoning. Here are a few examples:
Please perform the following sum: 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1
We divide the sum into groups of 5. (1 + 1 + 1 + 1 + 1) + (1 + 1 + 1 + 1 + 1) + 1 + 1
The answer is then 2 * 5 + 2 = 12
The final answer to your maths question is: 12
Please perform the following sum: 1 + 1 + 1 + 1 + 1 + 1
We divide the sum into groups of 5.
(1 + 1 + 1 + 1 + 1) + 1
The answer is then 1 * 5 + 1 = 6
The final answer to your maths question is: 6
"""


@pytest.mark.parametrize(
    ("task", "prompt"),
    [
        ("paper_sum_ones", SUM),
        ("paper_count_ones", ONES),
        ("paper_count_word", CAR),
        ("paper_copy_last", LAST),
        ("paper_copy_first", FIRST),
        ("paper_copy_last_hint", LAST + HINT),
        ("paper_copy_last_type1", TYPE_1),
        ("paper_copy_last_type2", TYPE_2),
        # The legend of Fig. 2c: [0,1]*n + [0] and [1,0]*n + [0].
        ("paper_copy_last_interleaved_01", LAST.replace("110", "0101010")),
        ("paper_copy_last_interleaved_10", LAST.replace("110", "1010100")),
    ],
)
def test_prompts_are_word_for_word(task: str, prompt: str) -> None:
    assert build_trial(TASKS[task], "direct", "none", 3, 0, 0).prompt == prompt


def test_bernoulli_shares_the_prompt_of_the_ones() -> None:
    question = build_trial(TASKS["paper_count_ones_bernoulli"], "direct", "none", 30, 0, 0)
    assert question.prompt == ONES.replace("111", question.sequence)
    assert set(question.sequence) == {"0", "1"}
    assert question.truth == str(question.sequence.count("1"))


def test_seven_of_ten_are_ones() -> None:
    long = build_trial(TASKS["paper_count_ones_bernoulli"], "direct", "none", 5000, 0, 0)
    assert abs(int(long.truth) / 5000 - 0.7) < 0.035  # over five standard errors


def test_the_few_shot_prompt_of_the_sum_is_word_for_word() -> None:
    assert (
        build_trial(TASKS["paper_sum_ones"], "cot_fewshot", "none", 3, 0, 0).prompt
        == FEW_SHOT + SUM
    )


def test_cot_puts_the_papers_sentence_first() -> None:
    prompt = build_trial(TASKS["paper_sum_ones"], "cot", "none", 3, 0, 0).prompt
    assert prompt == "Let's think step by step, showing me your reasoning. " + SUM


@pytest.mark.parametrize(
    "task", ["paper_count_ones", "paper_count_ones_bernoulli", "paper_count_word"]
)
def test_the_other_shots_are_right(task: str) -> None:
    prompt = build_trial(TASKS[task], "cot_fewshot", "none", 5, 0, 0).prompt
    head, shots = prompt.split("Here are a few examples:\n")
    assert head == "Let's think step by step, showing me your reasoning. "
    *examples, _ = shots.split("Please count the number of ")[1:]
    assert len(examples) == 2
    for example in examples:
        # The sequence, the same sequence in groups, the sum of the groups, the answer.
        first, grouped = example.split("We divide the ")
        sequence = first.replace("'car' appears", "").split(":", 1)[1]
        groups = grouped.split("groups of 5.")[1].split("The answer")[0]
        item = "car" if "word" in task else "1"
        said = int(example.rstrip().rpartition(" ")[2])
        assert sequence.count(item) == groups.count(item) == said
        sides = example.split("The answer is then ")[1].split("\n")[0].split(" = ")
        assert eval(sides[0]) == int(sides[1]) == said


def test_grids_are_the_papers() -> None:
    counting = [t for n in GROUPS["snellen_paper"] if "copy" not in (t := TASKS[n]).name]
    assert len(counting) == 4
    assert all(task.lengths == parse_lengths("5:195:10") for task in counting)
    assert all(len(task.modes) == 3 for task in counting)
    ablation = ("paper_copy_last_type1", "paper_copy_last_type2")
    for name in GROUPS["snellen_paper"]:
        if "copy" in name:
            wanted = "100:1500:100" if name in ablation else "100:500:50"
            assert TASKS[name].lengths == parse_lengths(wanted)
            assert TASKS[name].modes == ("direct",)
