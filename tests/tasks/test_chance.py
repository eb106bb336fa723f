"""Chance: no blind guesser beats it on the real prompts, and the best one reaches it.

A guesser is given the prompt, the length and the blur of the sequence (what it mostly consists
of), and knows how sequences are drawn.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import product

import numpy as np
import pytest
from scipy.stats import binom
from snellen.tasks.chance import digit_sum_guess
from snellen.tasks.lenses import LENSES
from snellen.tasks.registry import FAMILIES, TASKS
from snellen.tasks.task import DIGITS, Task
from snellen.tasks.trial import Trial, build_trial

from .prompt_reader import example_answers, items_of, last_question

OWN = [task for task in TASKS.values() if task.family in FAMILIES]
TRIALS = 300
LUCK = 1e-7


@dataclass(frozen=True)
class Blur:
    """What a blind guesser sees of a trial."""

    trial: Trial
    length: int
    mostly: tuple[str, ...]
    """The symbols with a fixed share of the sequence, the most frequent first; none of one item."""
    values: tuple[str, ...]
    """The values of records, without their keys."""
    asked: str


def blur(trial: Trial) -> Blur:
    length, code = trial.id.length, trial.facts.kind == "code"
    items = [] if code else items_of(trial.sequence, letters="letters" in trial.id.lens)
    counts = Counter(items)
    # In order of frequency; of equally frequent ones the order of the sequence must not show.
    ranked = sorted(counts, key=lambda item: (-counts[item], item))
    # Digits that are all drawn alike have no fixed share.
    alike = trial.id.task in ("sum_digits", "copy_sequence")
    share = [item for item in ranked if counts[item] > max(1, length / 9) and not alike]
    few = {1: [], 2: [] if alike else sorted(counts)}.get(length, share)
    return Blur(
        trial, length, () if code else tuple(few),
        trial.facts.symbols if code and length > 1 else (), trial.facts.asked,
    )  # fmt: skip


Guesser = Callable[[Blur], str]


def likeliest_count(seen: Blur) -> str:
    """Of the asked digit, knowing which of the two is the frequent one."""
    if seen.length < 12 or seen.trial.facts.kind != "number":
        return ""  # too few to tell by looking: told by how the trial was drawn
    items = items_of(seen.trial.sequence, letters="letters" in seen.trial.id.lens)
    asks_frequent = items.count(seen.asked) * 2 > seen.length
    mode = int(binom(seen.length, 0.7).pmf(range(seen.length + 1)).argmax())
    return str(mode if asks_frequent else seen.length - mode)


def likeliest_sum(seen: Blur) -> str:
    return str(seen.length * 9 // 2)


def named_in_hint(seen: Blur) -> str:
    """Any symbol of the sequence that the hint does not name, if it names one."""
    hint = re.findall("Hint: (.*)", last_question(seen.trial.prompt, seen.trial.id.lens))
    named = set(re.findall(r"\d", hint[0])) if hint else set()
    left = [symbol for symbol in seen.trial.facts.symbols if symbol not in named]
    return left[0] if named and left else ""


GUESSERS: dict[str, Guesser] = {
    **{digit: lambda seen, digit=digit: digit for digit in DIGITS},  # type: ignore[misc]
    "100": lambda seen: "100",
    "the majority": lambda seen: seen.mostly[0] if seen.mostly else "",
    "the other": lambda seen: seen.mostly[1] if len(seen.mostly) > 1 else "",
    "not the majority": lambda seen: next(d for d in DIGITS if d not in seen.mostly[:1]),
    "the symbol asked for": lambda seen: seen.asked,
    "what the hint does not name": named_in_hint,
    "the likeliest sum": likeliest_sum,
    "the likeliest count": likeliest_count,
    "the first value": lambda seen: (*seen.values, "")[0],
    "the last value": lambda seen: ("", *seen.values)[-1],
    "the first example": lambda seen: (*example_answers(seen.trial.prompt), "")[0],
    "the last example": lambda seen: ("", *example_answers(seen.trial.prompt))[-1],
}


@cache
def blurs(task: str, mode: str, lens: str, length: int) -> list[Blur]:
    return [blur(build_trial(TASKS[task], mode, lens, length, i, 11)) for i in range(TRIALS)]


CELLS = [(t.name, "direct", lens) for t in OWN for lens in ("none", "hint", "comma:3")] + [
    (t.name, mode, "none") for t in OWN for mode in ("fewshot", "cot", "cot_fewshot")
]


@pytest.mark.parametrize(("task", "mode", "lens"), CELLS, ids=map("-".join, CELLS))
def test_no_blind_guesser_beats_chance(task: str, mode: str, lens: str) -> None:
    for length in (1, 2, 3, 9) if mode == "direct" else (3, 9):
        seen = blurs(task, mode, lens, length)
        bound = binom.isf(LUCK, TRIALS, max(TASKS[task].chance(length, mode, lens), 1e-3))
        for name, guess in GUESSERS.items():
            right = sum(guess(one) == one.trial.truth for one in seen)
            # Who says 3 of all sequences of 3 items is not blind to the length.
            if TASKS[task].chance(length) == 0 and name == str(length):
                continue
            assert right <= bound, (length, name, right)


@pytest.mark.parametrize(
    ("task", "length", "guesser"),
    [
        ("copy_last", 1, "3"),
        ("copy_last", 2, "the majority"),
        ("copy_first", 9, "not the majority"),
        ("copy_last_interleaved", 9, "the majority"),
        ("copy_first_interleaved", 4, "the other"),
        ("sum_digits", 1, "the likeliest sum"),
        ("sum_digits", 9, "the likeliest sum"),
        ("count_ones_bernoulli", 40, "the likeliest count"),
        ("lookup", 5, "the first value"),
        ("lookup_near", 12, "the last value"),
    ],
)
def test_the_best_guesser_reaches_it(task: str, length: int, guesser: str) -> None:
    seen = blurs(task, "direct", "none", length)
    right = sum(GUESSERS[guesser](one) == one.trial.truth for one in seen)
    chance = TASKS[task].chance(length)
    assert binom.ppf(LUCK, TRIALS, chance) <= right <= binom.isf(LUCK, TRIALS, chance)


@pytest.mark.parametrize("task", ["count_ones_bernoulli", "paper_count_ones_bernoulli"])
def test_the_binomial_by_scipy(task: str) -> None:
    for n in (1, 2, 4, 8, 100, 10**6):
        mode = binom(n, 0.7).pmf(np.arange(max(0, int(0.7 * n) - 2), int(0.7 * n) + 3)).max()
        assert TASKS[task].chance(n) == pytest.approx(mode, rel=1e-6)
    published = [0.70, 0.49, 0.41, 0.30]
    assert [round(TASKS[task].chance(n), 2) for n in (1, 2, 4, 8)] == published


def test_sums_of_digits_by_enumeration() -> None:
    for n in (1, 2, 3, 4):
        sums = Counter(map(sum, product(range(10), repeat=n)))
        assert digit_sum_guess(n) == pytest.approx(max(sums.values()) / 10**n)
    # Where the normal density takes over, both agree.
    exact = np.ones(1)
    for _ in range(401):
        exact = np.convolve(exact, np.full(10, 0.1))
    assert digit_sum_guess(401) == pytest.approx(exact.max(), rel=1e-4)


@pytest.mark.parametrize("task", TASKS.values(), ids=lambda task: task.name)
def test_chances_are_probabilities_at_every_length(task: Task) -> None:
    lengths = (1, 2, 3, 10, 400, 401, 10**6)
    assert all(0 <= task.chance(n, mode, lens) < 1
               for n in lengths for mode in task.modes for lens in LENSES)  # fmt: skip


def test_the_papers_own_tasks_give_themselves_away() -> None:
    """The answer is always 0; docs/paper.md says so. The checks above would find it."""
    for name in ("paper_copy_last", "paper_copy_first", "paper_copy_last_interleaved_10"):
        assert {build_trial(TASKS[name], "direct", "none", 9, i, 0).truth for i in range(50)} == {
            "0"
        }


def test_the_check_finds_the_old_hint() -> None:
    # Version 1 said "it's not necessarily a 4" of 4 4 4 4 7.
    trial = build_trial(TASKS["copy_last"], "direct", "hint", 9, 0, 0)
    majority = trial.facts.symbols[0]
    old = re.sub("Hint: .*", f"Hint: it's not necessarily a {majority}.", trial.prompt)
    from dataclasses import replace

    assert named_in_hint(blur(replace(trial, prompt=old))) == trial.truth
    assert named_in_hint(blur(trial)) == ""
