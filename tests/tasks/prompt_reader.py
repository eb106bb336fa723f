"""The answer to a prompt, found in its text alone, by code that knows nothing of how it was made.

It finds the sequence and the question as a person would.
"""

from __future__ import annotations

import re

SHOWN = re.compile(r"^(?!Hint)[A-Z][^:\n']*: (?P<seq>.+?)(?=\n[A-Z]|\n\n|\Z)", re.M | re.S)
RECORD = re.compile(r"([a-z]+): (\d+)")
LAST = re.compile(r"last digit|end with|comes last|at the end")
FIRST = re.compile(r"first digit|start with|comes first|at the start")
ALL = re.compile("Repeat|Copy|again|reproduce|back exactly|Print")


def last_question(prompt: str, lens: str) -> str:
    """What is asked at last, without worked examples and without the repetition of a lens."""
    if prompt.endswith("\nAnswer:"):
        question = prompt.removesuffix("\nAnswer:").rpartition("Question: ")[2]
        if lens == "repeat":
            question, again = question.split("\n\n")
            assert question == again
        return question
    if lens == "repeat":
        half = (len(prompt) - 2) // 2
        assert prompt == f"{prompt[:half]}\n\n{prompt[:half]}"
        prompt = prompt[:half]
    return prompt.rpartition("\n\n")[2]


def answer_to(prompt: str, lens: str) -> str:
    """The true answer, in normal form."""
    return answer_to_question(last_question(prompt, lens))


def answer_to_question(text: str) -> str:
    """The true answer to one question with its sequence."""
    shown = list(SHOWN.finditer(text))[-1]
    rest = text[: shown.start()] + text[shown.end() :]
    question = re.sub(r"Hint: .*|'The final answer.*|'xxxx'", "", rest)
    if records := RECORD.findall(shown["seq"]):
        assert len(dict(records)) == len(records)
        (asked,) = [key for key, _ in records if key in question]
        found: str = dict(records)[asked]
        return found
    items: list[str] = re.findall(r"\d|[a-z]+", shown["seq"])
    if ALL.search(question):
        return " ".join(items)
    if LAST.search(question):
        return items[-1]
    if FIRST.search(question):
        return items[0]
    asked_for = re.search(r"\d|(?<=')[a-z]+(?=')", question)
    if asked_for is None:
        return str(sum(map(int, items)))
    return str(items.count(asked_for[0]))


def example_answers(prompt: str) -> list[str]:
    """What the worked examples of a prompt answer."""
    answers = re.findall(r"\nAnswer: (.+(?:\n.+)*?)\n\n", prompt)
    return answers or re.findall(r"The final answer is: (?!xxxx)(.+)", prompt)
