"""Reasoning markup: one test per family, closed and cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from snellen.tasks.judging import judge
from snellen.tasks.reading import Facts
from snellen.tasks.reading.text.markup import FAMILIES, strip_reasoning

SAMPLES: dict[str, list[tuple[str, str]]] = {
    "tags": [
        ("<think>", "</think>"), ("<THINK>\n", "\n</THINK>\n\n"), ("<thinking>", "</thinking>"),
        ("<thought>", "</thought>"), ("<reasoning>", "</reasoning>"), ("**<think>**\n",
        "\n**</think>**\n"),
        ("<seed:think>", "</seed:think>"), ("<longcat_think>", "</longcat_think>"),
        ("<scratchpad>", "</scratchpad>"), ("`<think>`", "`</think>`"),
    ],
    "harmony": [
        ("<|channel|>analysis<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>"),
        (
            "<|start|>assistant<|channel|>analysis<|message|>x<|end|><|start|>assistant"
            "<|channel|>commentary<|message|>",
            "<|end|><|start|>assistant<|channel|>final <|constrain|>json<|message|>",
        ),
    ],
    "harmony_bare": [("analysis", "assistantfinal")],
    "think_brackets": [("[THINK]", "[/THINK]")],
    "think_triangles": [("◁think▷", "◁/think▷")],
    "channel_tokens": [("<|channel>thought\n", "\n<channel|>")],
    "command": [("<|START_THINKING|>", "<|END_THINKING|><|START_RESPONSE|>")],
    "thought_tokens": [
        ("<|begin_of_thought|>", "<|end_of_thought|>\n\n<|begin_of_solution|>"),
    ],
    "granite": [
        ("Here is my thought process:\n\n", "\n\nHere is my response:\n\n"),
        ("**Here's my thought process:**\n", "\n**Here's my response:**\n"),
    ],
    "apriel": [("Here are my reasoning steps:\n", "\n[BEGIN FINAL RESPONSE]\n")],
}  # fmt: skip
ENDS = ["", "<|return|>", "<|end|>", "<|END_RESPONSE|>", "[END FINAL RESPONSE]", "<|im_end|>"]
NUMBER = Facts("number", asked="7", symbols=("7",), length=60, bare=True)


def test_every_family_has_its_samples() -> None:
    assert set(SAMPLES) == {family.name for family in FAMILIES}
    assert all(family.models for family in FAMILIES)


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("name", SAMPLES)
def test_what_is_thought_is_not_said(name: str, end: str) -> None:
    for opening, closing in SAMPLES[name]:
        text = f"{opening}The answer is 41? No, wait.{closing}42{end}"
        assert judge(text, "42", NUMBER).outcome == "correct", text
        said = strip_reasoning(text)
        assert (said.text.strip("* \n"), said.thinking) == ("42", False), text


@pytest.mark.parametrize("name", SAMPLES)
def test_a_text_that_ended_inside_its_reasoning_is_truncated(name: str) -> None:
    prose = next(family.prose for family in FAMILIES if family.name == name)
    for opening, _ in SAMPLES[name]:
        text = f"{opening}The final answer is: 41\nBut let me"
        assert judge(text, "41", NUMBER, finish_reason="length").outcome == "truncated", text
        # Whoever cannot tell why a text ended still sees that the reasoning has no end, unless the
        # opening is ordinary prose.
        assert judge(text, "41", NUMBER).outcome == ("correct" if prose else "truncated"), text


@pytest.mark.parametrize("name", [name for name in SAMPLES if name != "harmony_bare"])
def test_a_template_may_have_opened_the_block(name: str) -> None:
    for _, closing in SAMPLES[name]:
        assert judge(f"The answer is 41?{closing}42", "42", NUMBER).outcome == "correct"


@pytest.mark.parametrize(
    ("text", "visible"),
    [
        ("<think>a<think>7</think>8</think>9", "9"),
        ("<think>1</think>2<think>3</think>9", "29"),
        ("9<think>The answer is 7", "9"),
        ("I think 9", "I think 9"),
        ("analysis of the sequence: 9", "analysis of the sequence: 9"),
        ("Analysis: 9", "Analysis: 9"),
        ("<think></think>9", "9"),
        ("Here is my thought process:\n1. I count.\n9",
        "Here is my thought process:\n1. I count.\n9"),
        ("", ""),
    ],
)  # fmt: skip
def test_what_is_left(text: str, visible: str) -> None:
    assert strip_reasoning(text).text == visible


def test_nothing_after_the_reasoning_is_no_answer() -> None:
    assert judge("<think>The answer is 41</think>", "41", NUMBER).outcome == "unparseable"
    cut = judge("<think>The answer is 41</think>", "41", NUMBER, finish_reason="length")
    assert cut.outcome == "truncated"


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_what_stands_in_thought_is_never_read(thought: int, said: int) -> None:
    facts = Facts("number")
    text = f"<think>The final answer is: {thought}</think>The final answer is: {said}"
    assert judge(text, str(said), facts).outcome == "correct"
    assert judge(f"<think>The final answer is: {said}", str(said), facts).outcome == "truncated"
