"""Symbols, codes and whole sequences."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from snellen.tasks.judging import Judgement, judge
from snellen.tasks.reading import Facts
from snellen.tasks.reading.read import read

DIGITS = st.text("0123456789", min_size=1, max_size=12)
SEQUENCE = Facts("sequence", symbols=tuple("0123456789"), bare=True)


@cache
def edits(a: str, b: str) -> int:
    """Levenshtein distance by its definition."""
    if not a or not b:
        return len(a) + len(b)
    return min(
        edits(a[1:], b) + 1, edits(a, b[1:]) + 1, edits(a[1:], b[1:]) + (a[0] != b[0])
    )  # fmt: skip


@given(
    truth=DIGITS, said=DIGITS, separator=st.sampled_from(["", " ", ", ", "\n", " | ", " → ", ";"])
)
def test_the_error_of_a_copy_is_its_edit_distance(truth: str, said: str, separator: str) -> None:
    judged = judge(separator.join(said), " ".join(truth), SEQUENCE)
    assert judged.answer == " ".join(said)
    assert judged.abs_error == edits(truth, said)
    assert judged.outcome == ("correct" if truth == said else "wrong")


@given(said=DIGITS, form=st.sampled_from([
    "The final answer is: {}", "{}\n\n{n} digits in total.", "The sequence is: {}.", "[{}]",
    "**{}**",
    "(This has {n} digits.)\nThe final answer is: {}", "{}\n\nIt contains {n} digits.",
]))  # fmt: skip
def test_a_total_beside_a_copy_is_no_item(said: str, form: str) -> None:
    text = form.format(" ".join(said), n=len(said))
    assert read(text, SEQUENCE).value == " ".join(said)


def test_a_sequence_of_words() -> None:
    facts = Facts("sequence", symbols=("car", "dog"), bare=True)
    for text in (
        "car dog dog",
        "Car, dog, dog.",
        "The sequence is: car dog dog",
        '["car", "dog", "dog"]',
    ):
        assert read(text, facts).value == "car dog dog", text


def test_long_copies_are_read_whole() -> None:
    digits = "3141592653" * 10_000
    assert judge(digits, " ".join(digits), SEQUENCE).outcome == "correct"
    assert judge(" ".join(digits), " ".join(digits), SEQUENCE).outcome == "correct"


@given(st.sampled_from("012345689"), st.integers(0, 9))
def test_between_symbols_there_is_no_distance(truth: str, said: int) -> None:
    judged = judge(
        f"The last digit is {said}.", truth, Facts("symbol", symbols=("7", truth), bare=True)
    )
    right = str(said) == truth
    assert judged == Judgement("correct" if right else "wrong", str(said), int(not right), "phrase")


@pytest.mark.parametrize(("end", "value"), [("first", "4"), ("last", "9"), ("", None)])
def test_a_sentence_about_both_ends(end: str, value: str | None) -> None:
    facts = Facts("symbol", symbols=("4", "9"), bare=True, end=end)  # type: ignore[arg-type]
    found = read("The sequence starts with 4 and ends with 9.", facts)
    assert (found.value, found.rivals) == (value, () if value else ("4", "9"))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("4821", "4821"), ("0071", "0071"), ("K7F2.", "K7F2"), ("**k7f2**", "K7F2"),
        ("The value is 4821.", "4821"),
        ("The value for K31 is 4821.", "4821"), ("K31: 4821", "4821"),
        ("The final answer is: 4821", "4821"),
        ("{\"value\": \"4821\"}", "4821"), ("\\boxed{4821}", "4821"),
        ("K31: 4821\nK32: 0071", None),
        ("4821 or 0071", None), ("I cannot find it.", None), ("", None), ("9999", "9999"),
        ("<think>0071?</think>4821", "4821"), ("0071. Wait, 4821.", "4821"),
    ],
)  # fmt: skip
def test_codes(text: str, value: str | None) -> None:
    facts = Facts("code", asked="K31", symbols=("4821", "0071", "K7F2"), bare=True)
    assert read(text, facts).value == value
    assert judge(text, "4821", facts).outcome == (
        "correct" if value == "4821" else "wrong" if value else "unparseable"
    )
