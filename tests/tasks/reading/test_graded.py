"""The reader against answers that people graded (README.md says how)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from snellen.tasks.judging import judge
from snellen.tasks.reading import Facts

Graded = Callable[[str], list[tuple[dict[str, Any], Facts]]]


def judged(row: dict[str, Any], facts: Facts) -> tuple[str, str]:
    found = judge(row["text"], "no truth", facts, finish_reason=row["finish_reason"]) if (
        facts.kind != "number"
    ) else judge(row["text"], "-1", facts, finish_reason=row["finish_reason"])  # fmt: skip
    outcome = "answered" if found.outcome in ("correct", "wrong") else found.outcome
    return outcome, found.answer


def disagreements(rows: list[tuple[dict[str, Any], Facts]]) -> tuple[list[str], list[str]]:
    """Answers read otherwise than by hand; of these, the wrong ones (something was read)."""
    differ, wrong = [], []
    for row, facts in rows:
        outcome, answer = judged(row, facts)
        if (outcome, answer) != (row["human_outcome"], row["human_answer"]):
            line = f"{row['text'][:100]!r}: {outcome} {answer!r}, by hand {row['human_answer']!r}"
            differ.append(line)
            if answer:
                wrong.append(line)
    return differ, wrong


@pytest.mark.parametrize(
    ("name", "agreement", "wrong_numbers"),
    [("shared", 0.99, 0), ("written", 0.99, 0), ("fresh", 0.99, 0), ("bundled", 0.97, 0)],
)
def test_agreement_with_people(
    graded: Graded, name: str, agreement: float, wrong_numbers: int
) -> None:
    rows = graded(name)
    differ, wrong = disagreements(rows)
    assert len(differ) <= (1 - agreement) * len(rows), differ
    assert len(wrong) <= wrong_numbers, wrong


@pytest.mark.parametrize("name", ["shared", "written", "fresh", "bundled"])
def test_knowing_less_loses_answers_and_makes_up_none(graded: Graded, name: str) -> None:
    # A caller that knows neither the symbols nor the length gets fewer answers, not other ones.
    rows = [
        (row, replace(facts, symbols=(), length=None))
        for row, facts in graded(name)
        if row["sure"] and not row["text"].isdigit()
    ]
    differ, wrong = disagreements(rows)
    assert len(differ) <= 0.03 * len(rows), differ
    assert not wrong


@pytest.mark.parametrize("name", ["shared", "written", "fresh", "bundled"])
def test_white_space_around_an_answer_changes_nothing(graded: Graded, name: str) -> None:
    for row, facts in graded(name):
        padded = dict(row, text=f"\n\n  {row['text']}  \n\n")
        if row["finish_reason"] == "stop":
            assert judged(padded, facts) == judged(row, facts), row["text"]


def test_every_reading_says_by_which_rule(graded: Graded) -> None:
    rules: Counter[str] = Counter()
    for name in ("shared", "written", "fresh", "bundled"):
        for row, facts in graded(name):
            found = judge(row["text"], "-1", facts, finish_reason=row["finish_reason"])
            assert bool(found.reading) == bool(found.answer), row["text"]
            assert not (found.answer and found.rivals)
            assert len(found.rivals) != 1
            rules[found.reading] += 1
    assert set(rules) - {""} == {
        "final_line", "number_alone", "boxed", "json", "table", "phrase", "last_number", "sequence",
    }  # fmt: skip
    assert rules["last_number"] < 0.1 * sum(rules.values())
