"""Lenses on what is said around the sequence: question, hint, repetition, filler."""

from __future__ import annotations

from .term import counted, plain

TERMS = (
    plain("hint", "a warning against the likely error (paper, section 3.1)", hint=True),
    plain("question_first", "the question before the sequence (paper, C.5)", question="first"),
    plain("question_both", "the question before the sequence and after it", question="both"),
    plain(
        "question_last", "the question after the sequence, where it stands without a lens",
        ("question_first", "question_both"),
    ),
    counted(
        "repeat", "the whole prompt K times (arXiv 2512.14982)", "repeat", "how often it is said",
        least=2, usual=2,
    ),
    counted(
        "repeat_sequence", "the sequence shown K times, said to be the same", "repeat_sequence",
        "how often it is shown", least=2, usual=2,
    ),
    counted("filler", "K words of neutral text before the sequence", "filler", "words", least=1),
)  # fmt: skip

_WORDS = """\
the old house stands near the river and the garden is full of green plants in the spring
people walk along the road in the morning and talk about the weather and the news
there is a small market in the town where they sell bread and fruit and good cheese
some of them take the train to the city and come home late in the evening
when it rains the streets are quiet and the shops close early
children play in the park after school and run over the grass
the water of the lake is clear and cold even in the summer
at night the lights of the village can be seen from the hill
"""
_TEXT = _WORDS.split()


def neutral_text(words: int, start: int) -> str:
    """So many common words that say nothing of any sequence, without a digit or a word asked for.

    Args:
        words: how many.
        start: the number of the line to begin with, so that trials differ.
    """
    lines = _WORDS.splitlines()
    first = sum(len(line.split()) for line in lines[: start % len(lines)])
    text = " ".join(_TEXT[(first + at) % len(_TEXT)] for at in range(words))
    return f"{text[0].upper()}{text[1:]}."
