"""Generators: pure, total, independent from trial to trial, and without give-aways."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, chisquare
from snellen.tasks.draw import Draw
from snellen.tasks.registry import TASKS, Task
from snellen.tasks.sequences import DIGITS, Items

OWN = [task for task in TASKS.values() if task.family != "paper"]
ONE_DIGIT_COPIES = [t for t in OWN if t.family == "copying" and t.answer == "digit"]
lengths = st.one_of(st.integers(1, 40), st.integers(1, 5000))
seeds = st.integers(0, 2**64)
indices = st.integers(0, 10**9)


def items_of(task: Task, length: int, index: int, seed: int) -> Items:
    return task.generate(Draw(task.name, task.version, length, index, seed), length)


@pytest.mark.parametrize("task", TASKS.values(), ids=lambda task: task.name)
@given(length=lengths, index=indices, seed=seeds)
def test_generators_are_pure_and_total(task: Task, length: int, index: int, seed: int) -> None:
    made = items_of(task, length, index, seed)
    assert made == items_of(task, length, index, seed)
    # The legend of the paper's Fig. 2c has 2n + 1 digits.
    interleaved = task.name.startswith("paper_copy_last_interleaved")
    assert len(made.items) == (2 * length + 1 if interleaved else length)
    assert made.truth


@pytest.mark.parametrize("task", TASKS.values(), ids=lambda task: task.name)
@given(length=lengths, index=indices, seed=seeds)
def test_truths_are_true(task: Task, length: int, index: int, seed: int) -> None:
    made = items_of(task, length, index, seed)
    answer = {
        "sum": lambda: sum(map(int, made.items)),
        "count": lambda: sum(item == made.asked for item in made.items),
        "copy_last": lambda: made.items[-1],
        "copy_first": lambda: made.items[0],
        "copy_sequence": lambda: " ".join(made.items),
    }
    name = task.name.removeprefix("paper_")
    kind = next(kind for kind in answer if name.startswith(kind))
    assert made.truth == str(answer[kind]())


@given(length=lengths, index=indices, seed=seeds)
def test_shapes_are_as_described(length: int, index: int, seed: int) -> None:
    last = items_of(TASKS["copy_last"], length, index, seed).items
    assert set(last[:-1]) == ({last[0]} if length > 1 else set())
    assert length == 1 or last[-1] != last[0]
    first = items_of(TASKS["copy_first"], length, index, seed).items
    assert length == 1 or (set(first[1:]) == {first[-1]} and first[0] != first[-1])
    ones = items_of(TASKS["count_ones"], length, index, seed)
    assert set(ones.items) == {ones.asked} != {ones.truth}
    turns = items_of(TASKS["copy_last_interleaved"], length, index, seed).items
    assert all(a != b for a, b in pairwise(turns[1:]))
    assert len(set(turns)) == min(2, length)


@given(seed=seeds, index=indices)
def test_no_two_trials_share_a_stream(seed: int, index: int) -> None:
    def stream(*identity: str | int) -> set[float]:
        draw = Draw(*identity)
        return {draw.uniform() for _ in range(32)}

    mine = stream("t", 1, 8, index, seed)
    others = [
        ("t", 1, 8, index + 1, seed),
        ("t", 1, 8, index, seed + 1),
        ("t", 1, 9, index, seed),
        ("t", 2, 8, index, seed),
        ("u", 1, 8, index, seed),
    ]
    assert all(not mine & stream(*other) for other in others)


def test_seed_1_index_0_shares_nothing_with_seed_0_index_1() -> None:
    digits = TASKS["copy_sequence"]
    grid = list(product(range(8), range(8)))
    made = {items_of(digits, 64, index, seed).items for index, seed in grid}
    assert len(made) == len(grid)
    # As alike as chance makes them: a tenth of the places agree, 64 x 100 of them.
    pairs = [(items_of(digits, 64, i, i + 1), items_of(digits, 64, i + 1, i)) for i in range(100)]
    agree = sum(a == b for x, y in pairs for a, b in zip(x.items, y.items, strict=True))
    assert binom.ppf(1e-6, 6400, 0.1) < agree < binom.isf(1e-6, 6400, 0.1)


def test_draws_are_even() -> None:
    draw = Draw("even")
    pairs = Counter(draw.two(DIGITS) for _ in range(45_000))
    assert len(pairs) == 90
    assert chisquare(list(pairs.values())).pvalue > 1e-6
    picks = Counter(draw.pick(DIGITS) for _ in range(50_000))
    assert chisquare([picks[d] for d in DIGITS]).pvalue > 1e-6


Strategy = Callable[[Items, int], str]


def majority(made: Items, _: int) -> str:
    counts = Counter(made.items)
    most = max(counts.values())
    return min(symbol for symbol, count in counts.items() if count == most)


BLIND: dict[str, Strategy] = {
    **{digit: lambda made, n, digit=digit: digit for digit in DIGITS},  # type: ignore[misc]
    "100": lambda made, n: "100",
    "always n": lambda made, n: str(n),
    "majority": majority,
}
TRIALS = 3000


def beating(trials: Iterable[Items], n: int, chance: float) -> list[str]:
    """The blind strategies that do better than chance, beyond one in 10 million of luck."""
    made = list(trials)
    bound = binom.isf(1e-7, len(made), chance)
    return [
        name
        for name, answer in BLIND.items()
        if sum(answer(one, n) == one.truth for one in made) > bound
    ]


# Of a pair, either is the odd one: it has no majority, and blind luck is one half.
COPIES_AT = [(t, n) for t in ONE_DIGIT_COPIES for n in (2, 3, 4, 9) if n > 2 or t.chance == 0.5]
assert len(COPIES_AT) == 4 * 4 - 2


@pytest.mark.parametrize(("task", "n"), COPIES_AT, ids=[f"{t.name}-{n}" for t, n in COPIES_AT])
def test_no_constant_strategy_beats_chance_on_a_copy(task: Task, n: int) -> None:
    trials = (items_of(task, n, index, 0) for index in range(TRIALS))
    assert beating(trials, n, task.chance) == []


@pytest.mark.parametrize("n", [1, 2, 3, 5, 9])
def test_no_constant_strategy_beats_a_guess_among_all_counts(n: int) -> None:
    task = TASKS["count_ones_bernoulli"]
    trials = (items_of(task, n, index, 0) for index in range(TRIALS))
    chance = max(task.chance, 1 / (n + 1))
    constant = [name for name in beating(trials, n, chance) if name in ("0", "100", "always n")]
    assert constant == []


@pytest.mark.parametrize("n", [3, 6])
def test_no_constant_strategy_copies_a_sequence(n: int) -> None:
    task = TASKS["copy_sequence"]
    trials = (items_of(task, n, index, 0) for index in range(TRIALS))
    assert beating(trials, n, max(task.chance, 10.0**-n)) == []


@pytest.mark.parametrize(
    ("task", "strategies"),
    [
        # The paper's own, where the answer is always 0, and 100 or n are never far.
        ("paper_copy_last", ["0"]),
        ("paper_copy_first", ["0"]),
        ("paper_count_ones", ["9", "always n"]),
        ("paper_copy_last_interleaved_10", ["0", "majority"]),
    ],
)
def test_the_check_finds_a_give_away(task: str, strategies: list[str]) -> None:
    trials = [items_of(TASKS[task], 9, index, 0) for index in range(100)]
    assert beating(trials, 9, 0.5) == strategies


def test_the_check_finds_a_small_bias() -> None:
    def biased(index: int) -> Items:
        draw = Draw("biased", index)
        truth = "7" if draw.uniform() < 0.06 else draw.pick(DIGITS)
        return Items(("7",), truth=truth)

    assert "7" in beating((biased(index) for index in range(TRIALS)), 9, 0.1)
