"""Outcomes: what the end of a text does to its answer."""

from __future__ import annotations

import pytest
from snellen.tasks.judging import AnswerText, Judgement, judge
from snellen.tasks.reading import AnswerKind, Facts

FINAL = "The final answer to your maths question is: "


@pytest.mark.parametrize(
    ("text", "kind", "truth", "outcome"),
    [
        # complete before the cut
        (f"{FINAL}42\nLet me ex", "number", "42", "correct"),
        (f"{FINAL}41 ones, as I coun", "number", "42", "wrong"),
        ("42\n\nThere are", "number", "42", "correct"),
        ("The answer is:\n42\nbec", "number", "42", "correct"),
        ("The final answer is: forty-two\nSo", "number", "42", "correct"),
        ("The final answer is: 1 2 3\nI", "sequence", "1 2 3", "correct"),
        # what follows might have changed it
        (f"{FINAL}42", "number", "42", "truncated"),
        (f"{FINAL}4", "number", "42", "truncated"),
        (f"{FINAL}1,", "number", "1024", "truncated"),
        (f"{FINAL}12.", "number", "12", "truncated"),
        (f"{FINAL}12 *", "number", "36", "truncated"),
        ("The final answer is: forty", "number", "42", "truncated"),
        ("The final answer is: forty-t", "number", "42", "truncated"),
        ("The final answer is: one hundred and", "number", "105", "truncated"),
        ("42", "number", "42", "truncated"),
        ("The final answer is: 1 2", "sequence", "1 2 3", "truncated"),
        ("The final answer is: 1, 2,", "sequence", "1 2 3", "truncated"),
        ("1 2 3 4", "sequence", "1 2 3 4", "truncated"),
        ("The last digit is 3", "symbol", "3", "truncated"),
        # the answer was never reached
        ("First, 1 and then 7, so", "number", "42", "truncated"),
        ("\\boxed{7} is not it, so", "number", "42", "truncated"),
        ("<think>The answer is 42\nand", "number", "42", "truncated"),
        ("", "number", "42", "truncated"),
    ],
)
def test_a_cut_answer_counts_only_if_it_had_ended(
    text: str, kind: AnswerKind, truth: str, outcome: str
) -> None:
    judged = judge(text, truth, Facts(kind, bare=True), finish_reason="length")
    assert judged.outcome == outcome
    assert (judged.abs_error is None) == (outcome == "truncated")


@pytest.mark.parametrize("text", ["", "42", FINAL + "42"])
def test_failed_and_refused_are_no_answers(text: str) -> None:
    facts = Facts("number")
    assert judge(text, "42", facts, finish_reason="failed") == Judgement("failed", "", None)
    filtered = judge(text, "42", facts, finish_reason="content_filter")
    assert filtered == Judgement("refused", "", None)


@pytest.mark.parametrize("reason", [None, "stop", "tool_calls", "eos", "SAFETY?"])
def test_other_reasons_leave_it_to_the_text(reason: str | None) -> None:
    assert judge("42", "42", Facts("number"), finish_reason=reason).outcome == "correct"


def test_two_readings_are_none_and_both_are_kept() -> None:
    judged = judge("42 or 43", "42", Facts("number", bare=True))
    assert judged == Judgement("unparseable", "", None, "", ("42", "43"))


def test_the_finish_reason_travels_with_the_text() -> None:
    text = AnswerText("42", "length")
    assert (text, text.finish_reason) == ("42", "length")
    assert AnswerText("42").finish_reason is None
