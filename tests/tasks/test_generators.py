"""Generators: pure, total, independent from trial to trial, and without give-aways."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import pairwise, product
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, chisquare, kstest
from snellen.tasks.draw import Draw
from snellen.tasks.registry import TASKS
from snellen.tasks.task import DIGITS, Items, Task

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
    answer: dict[str, Callable[[], object]] = {
        "sum": lambda: sum(map(int, made.items)),
        "count": lambda: sum(item == made.asked for item in made.items),
        "copy_last": lambda: made.items[-1],
        "copy_first": lambda: made.items[0],
        "copy_sequence": lambda: " ".join(made.items),
        "lookup": lambda: dict(item.split(": ") for item in made.items)[made.asked],
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


@pytest.mark.parametrize("count", [0, 1, 999, 1000, 4321])
def test_many_draws_at_once_are_the_same_draws(count: int) -> None:
    at_once, one_by_one = Draw("many"), Draw("many")
    assert at_once.uniforms(count).tolist() == [one_by_one.uniform() for _ in range(count)]
    assert at_once.uniform() == one_by_one.uniform()


def differences(key: str, asked: str) -> int:
    return sum(a != b for a, b in zip(key, asked, strict=True))


@pytest.mark.parametrize(
    ("task", "n", "wanted"),
    [
        ("lookup", 1, {}),
        ("lookup", 500, {6: 499}),
        ("lookup_near", 151, {1: 150}),  # every key that differs in one place
        ("lookup_near", 9_528, {1: 150, 2: 9_375, 3: 2}),
    ],
)
def test_other_keys_differ_as_described(task: str, n: int, wanted: dict[int, int]) -> None:
    made = items_of(TASKS[task], n, 3, 1)
    keys = [item.split(": ")[0] for item in made.items]
    assert len(set(keys)) == n
    assert {len(key) for key in keys} == {6}
    assert Counter(differences(key, made.asked) for key in keys) == {0: 1, **wanted}
    assert [item for item in made.items if made.truth in item] == [f"{made.asked}: {made.truth}"]


def test_half_of_all_near_keys_are_drawn_evenly() -> None:
    # At up to 75 records they are drawn, from 76 on all are shuffled.
    for n in (60, 120):
        seen: Counter[tuple[int, int]] = Counter()
        for index in range(400):
            made = items_of(TASKS["lookup_near"], n, index, 0)
            for item in made.items:
                for place, (a, b) in enumerate(zip(item, made.asked, strict=False)):
                    if a != b:
                        seen[place, (ord(a) - ord(b)) % 26] += 1
        assert len(seen) == 150
        assert chisquare(list(seen.values())).pvalue > 1e-6


@pytest.mark.parametrize("task", ["lookup", "lookup_near"])
def test_depths_are_drawn_evenly_and_told(task: str) -> None:
    depths = []
    for index in range(600):
        made = items_of(TASKS[task], 40, index, 0)
        place = [item.split(": ")[0] for item in made.items].index(made.asked)
        assert made.notes["depth"] == (place + 0.5) / 40
        depths.append(made.notes["depth"])
    assert kstest(depths, "uniform").pvalue > 1e-6


@pytest.mark.parametrize("task", TASKS.values(), ids=lambda task: task.name)
def test_long_sequences_are_built_without_a_slow_step(task: Task) -> None:
    def seconds(n: int) -> float:
        start = process_time()
        items_of(task, n, 0, 0)
        return process_time() - start

    seconds(2_000)
    # Linear: 16 times the items in far less than 16 x 16 times the time.
    short = min(seconds(4_000) for _ in range(3))
    assert min(seconds(64_000) for _ in range(2)) < max(100 * short, 0.1)


@pytest.mark.parametrize("name", ["count_ones", "count_ones_bernoulli"])
def test_no_count_can_be_written_with_the_symbols_of_the_sequence(name: str) -> None:
    """Else an echo could not be told from the answer: "11" for eleven ones."""
    for n in (10, 11, 14, 22, 33, 100, 110, 111):
        for index in range(60):
            made = items_of(TASKS[name], n, index, 0)
            assert not set(made.truth) <= set(made.items), (n, index)
