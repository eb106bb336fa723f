"""The answer to a prompt, found in its text alone, by code that knows nothing of how it was made.

It finds the sequence and the question as a person would.
"""

from __future__ import annotations

import re

SHOWN = re.compile(r"^(?!Hint)[A-Z][^:\n']*: (?P<seq>.+?)(?=\n[A-Z]|\n\n|\Z)", re.M | re.S)
RECORD = re.compile(r"([a-z]+): (\d+)")
SAID = re.compile(
    r"Hint: .*|(?:The items stand in parts|First write|End with a line|The numbers in square).*"
)
"""What a prompt says beside the sequence and the question."""
LAST = re.compile(r"last (?:digit|letter|word)|end with|comes last|at the end")
FIRST = re.compile(r"first (?:digit|letter|word)|start with|comes first|at the start")
ALL = re.compile("Repeat|Copy|again|reproduce|back exactly|Print")


def times(lens: str) -> int:
    """How often a lens says the whole prompt."""
    found = re.search(r"(?:^|\+)repeat(?::(\d+))?(?=\+|$)", lens)
    return int(found[1] or 2) if found else 1


def last_question(prompt: str, lens: str) -> str:
    """What is asked at last, without worked examples and without the repetition of a lens."""
    if prompt.endswith("\nAnswer:"):
        question = prompt.removesuffix("\nAnswer:").rpartition("Question: ")[2]
        said = question.split("\n\n")
        assert said == said[:1] * times(lens)
        return said[0]
    said = prompt.split("\n\n")
    per_time = len(said) // times(lens)
    assert said == said[:per_time] * times(lens)
    return said[-1]


def answer_to(prompt: str, lens: str) -> str:
    """The true answer, in normal form."""
    return answer_to_question(last_question(prompt, lens), letters="letters" in lens)


def shown(text: str) -> tuple[str, str]:
    """The sequence that a question shows, and the rest of its text.

    A sequence that is shown several times is the same every time.
    """
    text = SAID.sub("", text)
    found = list(SHOWN.finditer(text))
    assert len({match["seq"] for match in found}) == 1
    return found[0]["seq"], SHOWN.sub("", text)


def items_of(seq: str, letters: bool = False) -> list[str]:
    """The items of a sequence, whatever stands between them."""
    bare = re.sub(r"\[\d+\]", " ", seq)
    assert re.fullmatch(r"[\da-z\s|,;+()]*", bare)
    return re.findall(r"\d|[a-z]" if letters else r"\d|[a-z]+", bare)


def answer_to_question(text: str, letters: bool = False) -> str:
    """The true answer to one question with its sequence."""
    seq, question = shown(text)
    if records := RECORD.findall(seq):
        assert len(dict(records)) == len(records)
        (asked,) = [key for key, _ in records if key in question]
        found: str = dict(records)[asked]
        return found
    items = items_of(seq, letters)
    if ALL.search(question):
        return " ".join(items)
    if LAST.search(question):
        return items[-1]
    if FIRST.search(question):
        return items[0]
    for item in dict.fromkeys(items):
        if re.search(rf"\b{item}s?\b", question):
            return str(items.count(item))
    if re.search(r"\d", question) or not all(map(str.isdigit, items)):
        return "0"  # what is asked for does not occur
    return str(sum(map(int, items)))


def example_answers(prompt: str) -> list[str]:
    """What the worked examples of a prompt answer."""
    finals = re.findall(r"The final answer is: (?!xxxx)(.+)", prompt)
    return finals or re.findall(r"\nAnswer: (.+(?:\n.+)*?)\n\n", prompt)
