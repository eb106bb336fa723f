"""Answers: where they are looked for, in which order, and what becomes of them."""

from __future__ import annotations

import re
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from snellen.tasks.judging import (
    AnswerText,
    Judgement,
    judge,
    read_digits,
    read_integer,
    strip_thinking,
)
from snellen.tasks.registry import TASKS
from snellen.tasks.trial import build_trial

FINAL = "The final answer to your maths question is: "


def integer(text: str, *, alone: bool = False) -> str | None:
    reading = read_integer(strip_thinking(text), number_alone=alone)
    return reading.value if reading else None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        # as asked
        ("42", "42"),
        ("42.", "42"),
        (FINAL + "42", "42"),
        (f"We divide 9 by 3.\n{FINAL}42\n", "42"),
        ("The answer to your question is: 7", "7"),
        ("Final Answer: 42", "42"),
        ("ANSWER = 42", "42"),
        ("The answer is\n\n42", "42"),
        ("**Answer:** 42", "42"),
        # as models write numbers
        ("The answer is **42**.", "42"),
        ("The answer is \\boxed{42}", "42"),
        ("\\boxed{42}", "42"),
        ("$$\\boxed{ 1{,}024 }$$".replace("{,}", ","), "1024"),
        ("So \\(x = 42\\).", "42"),
        ("$42$", "42"),
        ("`42`", "42"),
        ("“42”", "42"),
        ("The answer is 1,024.", "1024"),
        ("The answer is 1 + 1 = 2", "2"),
        ("The answer is: 2 * 5 + 2 = 12", "12"),
        ("forty-two", "42"),
        ("The answer is Forty Two", "42"),
        ("There are one hundred and five of them", "105"),
        ("The text contains the word 'bird' twice.", "2"),
        ("It says 'book' only once.", "1"),
        ("The answer is ٤٢", "42"),
        ("The answer is: -5", "-5"),
        ("The answer is −5", "-5"),
        ("42.0", "42"),
        # order: the last final line that holds a number; then boxed; then the last number
        (f"{FINAL}41\nNo, I miscounted.\n{FINAL}42", "42"),
        (f"The answer is 41.\n{FINAL}42", "42"),
        ("The answer is 41, no, the final answer is: 42", "42"),
        (f"{FINAL}42\nI hope that my answer is clear.", "42"),
        (f"{FINAL}42\nThe sequence has 99 items.", "42"),
        ("The result is \\boxed{42}, of 99 items", "42"),
        ("I counted 41, then 42", "42"),
        # an echo of the prompt is no answer
        (f"'{FINAL}xxxx', where 'xxxx' is your answer.\n{FINAL}42", "42"),
        (f"'{FINAL}xxxx', where 'xxxx' is your answer.", None),
        ("Sequence: 1 1 1 1 1 0 1", None),
        ("The sum 1 + 1 + 1 + 1 has 4 terms", "4"),
        ("I see 1, 1, 1, 1 and so on", None),
        ("The sequence is 1 6.", None),
        ("6 + 7", None),
        ("6 + 7 = 13", "13"),
        ("42\n7 of them I saw twice.", "7"),
        ("The answer is: 1 1 1 1 1", None),
        # nothing
        ("", None),
        ("   \n", None),
        ("I cannot see it.", None),
        ("xxxx", None),
        ("4.5", None),
        ("item4", None),
        ("1" * 10_000, None),
        ("The sequence 111111111111111 is a number.", None),
    ],
)
def test_integers(text: str, value: str | None) -> None:
    assert integer(text) == value


@pytest.mark.parametrize(
    ("text", "alone", "otherwise"),
    [
        ("42\n\nThere are 7 groups of 6.", "42", "6"),
        ("forty-two\nof 99", "42", "99"),
        ("42 ones, in 7 groups", "7", "7"),
        (f"9\n{FINAL}42", "42", "42"),
    ],
)
def test_a_first_line_that_is_a_number_counts_where_only_a_number_was_asked_for(
    text: str, alone: str, otherwise: str
) -> None:
    assert integer(text, alone=True) == alone
    assert integer(text) == otherwise


@pytest.mark.parametrize(
    ("text", "visible"),
    [
        ("<think>7? 8?</think>The answer is 9", "The answer is 9"),
        ("<THINK>\n7\n</THINK>\n\n9", "9"),
        ("<thinking>7</thinking>9", "9"),
        ("<reasoning>7</reasoning> 9 <thought>8</thought>", "9"),
        ("7 or 8?</think>9", "9"),  # the template opened the block
        ("<think>a<think>7</think>8</think>9", "9"),
        ("<think>1</think>2<think>3</think>9", "29"),
        ("<think>The answer is 7", ""),
        ("9<think>The answer is 7", "9"),
        ("I think 9", "I think 9"),
        ("<think></think>9", "9"),
    ],
)
def test_thinking_is_not_an_answer(text: str, visible: str) -> None:
    assert strip_thinking(text) == visible


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_what_stands_in_thought_is_never_read(thought: int, said: int) -> None:
    text = f"<think>The final answer is: {thought}</think>The final answer is: {said}"
    assert judge(text, str(said), "integer").outcome == "correct"
    open_ended = f"<think>The final answer is: {said}"
    assert judge(open_ended, str(said), "integer").outcome == "unparseable"
    assert judge(open_ended, str(said), "integer", finish_reason="length").outcome == "truncated"


FORMS = (
    "{}", "{}.", "**{}**", "\\boxed{{{}}}", "The answer is {}", FINAL + "{}", "Answer: {}\n",
    "I count {} of them.", "${}$", "It is '{}'.", "Reasoning.\n\nThe final answer is: **{}**.",
    "The answer is:\n{}\n",
)  # fmt: skip


@given(n=st.integers(0, 10**7 - 1), form=st.sampled_from(FORMS), grouped=st.booleans())
def test_every_number_comes_back_from_every_form(n: int, form: str, grouped: bool) -> None:
    assert integer(form.format(f"{n:,}" if grouped else n)) == str(n)


@given(truth=st.integers(0, 10**6), said=st.integers(0, 10**7 - 1), form=st.sampled_from(FORMS))
def test_a_number_inside_another_is_not_the_answer(truth: int, said: int, form: str) -> None:
    judged = judge(form.format(said), str(truth), "integer")
    assert judged.outcome == ("correct" if truth == said else "wrong")
    assert judged.abs_error == abs(truth - said)
    assert judge(form.format("15"), "5", "integer").outcome == "wrong"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 2 3", "1 2 3"),
        ("123", "1 2 3"),
        ("1, 2, 3.", "1 2 3"),
        ("[1, 2, 3]", "1 2 3"),
        ("1\n2\n3", "1 2 3"),
        ("The sequence is: 1 2 3 4, which has 4 digits", "1 2 3 4"),
        ("Step 1: 9 9.\nThe final answer is: 1 2 3", "1 2 3"),
        ("The final answer is:\n1 2 3", "1 2 3"),
        ("(1 2 3 4 5) (6 7)\nThe final answer is: 1 2 3 4 5 6 7", "1 2 3 4 5 6 7"),
        ("1 2 3 or 4 5 6", "4 5 6"),
        ("١ ٢ ٣", "1 2 3"),
        ("abc123", None),
        ("", None),
        ("no", None),
    ],
)
def test_sequences(text: str, value: str | None) -> None:
    reading = read_digits(text)
    assert (reading.value if reading else None) == value


@cache
def edits(a: str, b: str) -> int:
    """Levenshtein distance by its definition."""
    if not a or not b:
        return len(a) + len(b)
    return min(
        edits(a[1:], b) + 1, edits(a, b[1:]) + 1, edits(a[1:], b[1:]) + (a[0] != b[0])
    )  # fmt: skip


DIGITS = st.text("0123456789", min_size=1, max_size=12)


@given(st.integers(0, 9), st.integers(0, 30))
def test_between_symbols_there_is_no_distance(truth: int, said: int) -> None:
    judged = judge(f"The last digit is {said}.", str(truth), "digit")
    assert judged == (
        Judgement("correct", str(said), 0) if said == truth else Judgement("wrong", str(said), 1)
    )


@given(truth=DIGITS, said=DIGITS, separator=st.sampled_from(["", " ", ", ", "\n", " | "]))
def test_the_error_of_a_copy_is_its_edit_distance(truth: str, said: str, separator: str) -> None:
    judged = judge(separator.join(said), " ".join(truth), "digits")
    assert judged.answer == " ".join(said)
    assert judged.abs_error == edits(truth, said)
    assert judged.outcome == ("correct" if truth == said else "wrong")


@pytest.mark.parametrize(
    ("text", "kind", "truth", "outcome"),
    [
        # complete before the cut
        (f"{FINAL}42\nLet me ex", "integer", "42", "correct"),
        (f"{FINAL}41 ones, as I coun", "integer", "42", "wrong"),
        ("42\n\nThere are", "integer", "42", "correct"),
        ("The answer is:\n42\nbec", "integer", "42", "correct"),
        ("The final answer is: forty-two\nSo", "integer", "42", "correct"),
        ("The final answer is: 1 2 3\nI", "digits", "1 2 3", "correct"),
        # what follows might have changed it
        (f"{FINAL}42", "integer", "42", "truncated"),
        (f"{FINAL}4", "integer", "42", "truncated"),
        (f"{FINAL}1,", "integer", "1024", "truncated"),
        (f"{FINAL}12.", "integer", "12", "truncated"),
        (f"{FINAL}12 *", "integer", "36", "truncated"),
        ("The final answer is: forty", "integer", "42", "truncated"),
        ("The final answer is: forty-t", "integer", "42", "truncated"),
        ("The final answer is: one hundred and", "integer", "105", "truncated"),
        ("42", "integer", "42", "truncated"),
        ("The final answer is: 1 2", "digits", "1 2 3", "truncated"),
        ("The final answer is: 1, 2,", "digits", "1 2 3", "truncated"),
        ("1 2 3 4", "digits", "1 2 3 4", "truncated"),
        # the answer was never reached
        ("First, 1 and then 7, so", "integer", "42", "truncated"),
        ("\\boxed{7} is not it, so", "integer", "42", "truncated"),
        ("<think>The answer is 42\nand", "integer", "42", "truncated"),
        ("", "integer", "42", "truncated"),
    ],
)
def test_a_cut_answer_counts_only_if_it_had_ended(
    text: str, kind: str, truth: str, outcome: str
) -> None:
    judged = judge(text, truth, kind, finish_reason="length", number_alone=True)  # type: ignore[arg-type]
    assert judged.outcome == outcome
    assert (judged.abs_error is None) == (outcome == "truncated")


@given(n=st.integers(0, 10**7 - 1), form=st.sampled_from(FORMS), data=st.data())
def test_no_cut_turns_a_right_answer_into_a_wrong_one(
    n: int, form: str, data: st.DataObject
) -> None:
    whole = form.format(f"{n:,}")
    cut = whole[: data.draw(st.integers(0, len(whole)))]
    judged = judge(cut, str(n), "integer", finish_reason="length", number_alone=True)
    assert judged.outcome in ("correct", "truncated"), cut


@pytest.mark.parametrize("text", ["", "42", FINAL + "42"])
def test_failed_and_refused_are_no_answers(text: str) -> None:
    assert judge(text, "42", "integer", finish_reason="failed") == Judgement("failed", "", None)
    filtered = judge(text, "42", "integer", finish_reason="content_filter")
    assert filtered == Judgement("refused", "", None)


@given(
    st.text(),
    st.sampled_from([None, "stop", "length"]),
    st.sampled_from(["integer", "digit", "digits"]),
)
def test_any_text_is_judged(text: str, finish_reason: str | None, kind: str) -> None:
    judged = judge(text, "7", kind, finish_reason=finish_reason)  # type: ignore[arg-type]
    assert (judged.abs_error is None) == (judged.outcome in ("unparseable", "truncated"))
    assert bool(judged.answer) == (judged.outcome in ("correct", "wrong"))


@given(st.integers(1, 60), st.integers(0, 10**6))
def test_an_echo_of_the_prompt_is_never_correct(length: int, index: int) -> None:
    for name in ("count_ones", "count_ones_bernoulli", "count_word", "sum_ones"):
        for mode in ("direct", "cot"):
            question = build_trial(TASKS[name], mode, "none", length, index, 0)
            if question.sequence != question.truth:  # the sum of one number is that number
                assert question.judge(question.prompt).outcome != "correct", question.prompt


def test_the_finish_reason_travels_with_the_text() -> None:
    text = AnswerText("42", "length")
    assert (text, text.finish_reason) == ("42", "length")
    assert AnswerText("42").finish_reason is None


# As in test_numbers: exponential or cubic backtracking would never end at these sizes.
@pytest.mark.parametrize(
    "unit",
    [
        "answer ", "answer: ", "answer is ", "answer is\n", "answer * ' ", "<think>", "</think>",
        "\\boxed{", "\\boxed{1", "{", "1", "1 ", "1,", "1\n", "* ", "answer is 1 1 1 ", "one ", " ",
        "answer is: forty-",
    ],
)  # fmt: skip
@pytest.mark.parametrize("tail", ["", "x", "answer"])
def test_hostile_answers_end(unit: str, tail: str) -> None:
    text = unit * (20_000 // len(unit)) + tail
    visible = strip_thinking(text)
    read_integer(visible, number_alone=True)
    read_digits(visible)
    assert judge(text, "7", "integer").outcome in ("wrong", "unparseable")


def test_long_echoes_are_no_numbers() -> None:
    long = "1" * 10_000
    assert judge(f"The answer is {long}", "10000", "integer").outcome == "unparseable"
    assert judge(long, " ".join(long), "digits").outcome == "correct"
    assert re.fullmatch(r"(1 ){9999}1", judge(long, "1", "digits").answer)
