"""What holds for any text: no echo is a number, nothing is slow, no part is taken for a whole."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from snellen.tasks.judging import judge
from snellen.tasks.reading import AnswerKind, Facts
from snellen.tasks.reading.read import read
from snellen.tasks.registry import TASKS
from snellen.tasks.trial import build_trial

FINAL = "The final answer to your maths question is: "
DIGITS = "0123456789"
SEPARATORS = [
    "",
    " ",
    ", ",
    ",",
    "\n",
    "\n\n",
    " + ",
    " | ",
    "; ",
    " -> ",
    "-",
    ") (",
    "', '",
    "\t",
    "/",
]
WORDS = ["car", "dog", "sun"]
KINDS: list[AnswerKind] = ["number", "symbol", "sequence", "code"]
FORMS = (
    "{}", "{}.", "**{}**", "\\boxed{{{}}}", "The answer is {}", FINAL + "{}", "Answer: {}\n",
    "I count {} of them.", "${}$", "It is '{}'.", "Reasoning.\n\nThe final answer is: **{}**.",
    "The answer is:\n{}\n", "Total: {}", "{{\"answer\": {}}}", "There are {} in total.",
)  # fmt: skip


@given(
    symbols=st.one_of(
        st.lists(st.sampled_from(DIGITS), min_size=1, max_size=2, unique=True),
        st.lists(st.sampled_from(WORDS), min_size=1, max_size=2, unique=True),
    ),
    data=st.data(),
)
def test_the_questions_own_symbols_are_no_answer(symbols: list[str], data: st.DataObject) -> None:
    items = data.draw(st.lists(st.sampled_from(symbols), min_size=1, max_size=80))
    between = data.draw(st.sampled_from(SEPARATORS))
    around = data.draw(
        st.sampled_from(["{}", "[{}]", "({})", "'{}'", "```\n{}\n```", "**{}**", "{}.", "…{}…"])
    )
    length = data.draw(st.one_of(st.just(len(items)), st.integers(1, 10**6)))
    facts = Facts("number", symbols[0], tuple(symbols), length, data.draw(st.booleans()))
    text = around.format(between.join(items))
    for finish in (None, "length"):
        assert judge(text, "7", facts, finish_reason=finish).answer == "", text


@given(
    st.lists(st.sampled_from(DIGITS), min_size=2, max_size=80),
    st.sampled_from([" ", ", ", "\n", " + ", " | ", " -> "]),
)
def test_a_list_of_items_is_no_sum_and_no_item(items: list[str], between: str) -> None:
    text = between.join(items)
    for kind in ("number", "symbol"):
        facts = Facts(kind, "", tuple(DIGITS), len(items), True)
        found = read(text, facts).value
        # The same item line by line is one answer said again.
        assert found is None or (len(set(items)) == 1 and between == "\n"), text


@given(n=st.integers(0, 10**7 - 1), form=st.sampled_from(FORMS), grouped=st.booleans())
def test_every_number_comes_back_from_every_form(n: int, form: str, grouped: bool) -> None:
    text = form.format(f"{n:,}" if grouped and "{{" not in form else n)
    if not (grouped and "json" in text):
        assert read(text, Facts("number")).value == str(n), text


@given(truth=st.integers(0, 10**6), said=st.integers(0, 10**7 - 1), form=st.sampled_from(FORMS))
def test_a_number_inside_another_is_not_the_answer(truth: int, said: int, form: str) -> None:
    judged = judge(form.format(said), str(truth), Facts("number"))
    assert judged.outcome == ("correct" if truth == said else "wrong")
    assert judged.abs_error == abs(truth - said)
    assert judge(form.format("15"), "5", Facts("number")).outcome == "wrong"


PHRASES = (
    "There are {n} {d}s in the sequence.", "The digit {d} appears {n} times.",
    "{d} appears {n} times.",
    "There are {n} occurrences of the digit {d}.", "Number of {d}s: {n}",
    "The final answer is: {n} {d}s",
    "{n}\n\nThe digit {d} appears {n} times.", "'{d}' occurs {n} times out of 150 digits.",
    "I counted {n} {d}'s.", "| Digit | Count |\n|---|---|\n| {d} | {n} |", "数字{d}出现了{n}次。",
    "序列中有{n}个{d}。", "El dígito {d} aparece {n} veces.", "Die Ziffer {d} kommt {n}-mal vor.",
    "Le chiffre {d} apparaît {n} fois.", "{n} out of 150 digits are {d}.", "{d}は{n}回出現します。",
)  # fmt: skip


@given(n=st.integers(0, 150), d=st.sampled_from(DIGITS), phrase=st.sampled_from(PHRASES))
def test_the_count_is_told_from_the_symbol(n: int, d: str, phrase: str) -> None:
    other = str((int(d) + 3) % 10)
    facts = Facts("number", d, (d, other), 150, True)
    assert read(phrase.format(n=n, d=d), facts).value == str(n)


@given(n=st.integers(0, 10**7 - 1), form=st.sampled_from(FORMS), data=st.data())
def test_no_cut_turns_a_right_answer_into_a_wrong_one(
    n: int, form: str, data: st.DataObject
) -> None:
    whole = form.format(f"{n:,}")
    cut = whole[: data.draw(st.integers(0, len(whole)))]
    judged = judge(cut, str(n), Facts("number", bare=True), finish_reason="length")
    assert judged.outcome in ("correct", "truncated"), cut


@given(
    text=st.text(),
    kind=st.sampled_from(KINDS),
    finish=st.sampled_from([None, "stop", "length", "odd"]),
)
def test_any_text_is_judged(text: str, kind: AnswerKind, finish: str | None) -> None:
    for facts in (Facts(kind), Facts(kind, "7", ("7", "3"), 12, True)):
        judged = judge(text, "7", facts, finish_reason=finish)
        assert (judged.abs_error is None) == (judged.outcome in ("unparseable", "truncated"))
        assert bool(judged.answer) == (judged.outcome in ("correct", "wrong"))


PIECES = st.sampled_from(
    "7 3 42 41 7s sevens times digits of the not wait, no, answer is: final = + ( ) "
    "| \n . ? … ** \\boxed{ } { "
    '"answer": <think> </think> between and or ``` 个 の 1. - twice none zero more than'.split(" ")
)  # fmt: skip


@given(st.lists(PIECES, max_size=40), st.sampled_from(KINDS))
def test_any_salad_is_judged_the_same_with_space_around_it(
    words: list[str], kind: AnswerKind
) -> None:
    text = " ".join(words)
    facts = Facts(kind, "7", ("7", "3"), 42, True)
    assert read(text, facts) == read(f"\n \n{text}\n\n", facts)


def test_the_prompt_said_again_is_no_answer() -> None:
    for name in ("count_ones", "count_ones_bernoulli", "count_word", "sum_ones", "sum_digits"):
        for mode in ("direct", "cot"):
            for length in (2, 3, 5, 12, 40):
                for index in range(6):
                    trial = build_trial(TASKS[name], mode, "none", length, index, 0)
                    for text in (trial.prompt, trial.sequence):
                        assert trial.judge(text).outcome != "correct", text


HOSTILE = [
    "answer is ", "answer is\n", "<think>", "\\boxed{", '{"a":', "1", "1 ", "1,111", "1\n", "* ",
    "forty-", "7s ", "42 = ", "( 1 ", "|", "```\n", "wait ", "a ", "the digit ", "out of ", "(",
    "einund", "四", "What is the first ?\n", "3-1-", "Group 1: 3 ", "1{,}000", "is the last ",
    "x: 3\n", "car ", "1/", "F(n-1) ", "12345,", "1.", "3*", "[1] 3 ", "Part 1: 3\n", "1: 3\n",
]  # fmt: skip


def test_a_number_of_five_thousand_digits_is_no_place_in_a_list() -> None:
    for mark in (":", ".", ")", "] "):
        text = f"1: 3\n{'9' * 5000}{mark} 4\n[{'9' * 5000}] 4"
        for kind in KINDS:
            read(text, Facts(kind, "7", ("7", "3"), 12, True))


@pytest.mark.parametrize("kind", KINDS)
def test_a_long_text_is_read_in_the_time_of_a_short_one(kind: AnswerKind) -> None:
    # A pattern that backtracks takes hours at this size; CPU time, so that the load does not count.
    facts = Facts(kind, "7", ("7", "3", "car"), 42, True)
    size = 8_000
    for unit in HOSTILE:
        text = unit * (size // len(unit)) + "x"
        start = time.process_time()
        read(text, facts)
        assert time.process_time() - start < 4, unit
