"""Chance through lenses: who is blind is no better with a lens on, whatever the lens."""

from __future__ import annotations

from functools import cache

import pytest
from scipy.stats import binom
from snellen.tasks.lenses import find_lens
from snellen.tasks.lenses.symbols import symbols_of
from snellen.tasks.registry import FAMILIES, TASKS
from snellen.tasks.task import DIGITS
from snellen.tasks.trial import applies, build_trial

from ..test_chance import GUESSERS, LUCK, TRIALS, Blur, Guesser, blur

OWN = [task for task in TASKS.values() if task.family in FAMILIES]
# Every term is in one of them, and each task takes some.
LENSES = (
    "comma:3:right+numbered+repeat_sequence:3",
    "numbered+newline+question_both",
    "joined+pipe:2+letters+hint",
    "letters+vocabulary:8+partition:2",
    "nonwords+vocabulary:10+enumerate",
    "words+semicolon:4+filler:30+repeat",
    "vocabulary:2+space:3",
    "vocabulary:5+brackets:4",
    "partition:4+question_first",
    "reason+enumerate",
)
CELLS = [
    (task.name, lens) for task in OWN for lens in LENSES if applies(task, "direct", lens)
]  # fmt: skip


@cache
def blurs(task: str, lens: str, length: int) -> list[Blur]:
    return [blur(build_trial(TASKS[task], "direct", lens, length, i, 11)) for i in range(TRIALS)]


def alphabet(lens: str) -> tuple[str, ...]:
    return symbols_of(find_lens(lens), DIGITS)


def not_seen(seen: Blur) -> str:
    """The first symbol that the sequence does not mostly consist of."""
    return next(s for s in alphabet(seen.trial.id.lens) if s not in seen.mostly)


def the_largest_number(seen: Blur) -> str:
    """Of those that the prompt says beside the sequence: what a numbered list would give away."""
    rest = seen.trial.prompt.replace(seen.trial.sequence, " ")
    return max((word for word in rest.split() if word.isdigit()), key=int, default="")


MORE: dict[str, Guesser] = {
    **GUESSERS,
    "not seen": not_seen,
    "the largest number": the_largest_number,
    "any": lambda seen: alphabet(seen.trial.id.lens)[0],
}


@pytest.mark.parametrize(("task", "lens"), CELLS, ids=map("-".join, CELLS))
def test_no_blind_guesser_beats_chance_through_a_lens(task: str, lens: str) -> None:
    for length in (1, 2, 9):
        seen = blurs(task, lens, length)
        bound = binom.isf(LUCK, TRIALS, max(TASKS[task].chance(length, "direct", lens), 1e-3))
        for name, guess in MORE.items():
            right = sum(guess(one) == one.trial.truth for one in seen)
            if TASKS[task].chance(length) == 0 and name == str(length):
                continue  # not blind to the length
            assert right <= bound, (length, name, right)


@pytest.mark.parametrize(
    ("task", "lens", "length", "guesser"),
    [
        ("copy_last", "vocabulary:5", 60, "not seen"),
        ("copy_first", "letters+vocabulary:8", 90, "not seen"),
        ("copy_last", "words", 40, "not seen"),
        ("copy_last_interleaved", "nonwords", 9, "the majority"),
        ("copy_last", "letters", 1, "any"),
        ("count_ones_bernoulli", "partition:5+words", 40, "the likeliest count"),
        ("sum_digits", "numbered", 9, "the likeliest sum"),
    ],
)
def test_the_best_guesser_reaches_it(task: str, lens: str, length: int, guesser: str) -> None:
    chance = TASKS[task].chance(length, "direct", lens)
    right = sum(MORE[guesser](one) == one.trial.truth for one in blurs(task, lens, length))
    assert binom.ppf(LUCK, TRIALS, chance) <= right <= binom.isf(LUCK, TRIALS, chance)


def test_only_a_vocabulary_changes_the_chance() -> None:
    for task in OWN:
        for lens in LENSES:
            if not applies(task, "direct", lens) or "vocabulary" in lens:
                continue
            for length in (1, 2, 7, 100):
                assert task.chance(length, "direct", lens) == task.chance(length)
    copy = TASKS["copy_last"]
    chances = [copy.chance(50, "direct", f"vocabulary:{k}") for k in (2, 3, 5)]
    assert chances == [1 / 9, 1 / 8, 1 / 6]
    assert copy.chance(50, "direct", "letters+vocabulary:8") == 1 / 9
    assert copy.chance(50, "direct", "words+vocabulary:20") == 1 / 21
