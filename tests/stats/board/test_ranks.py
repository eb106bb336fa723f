"""Boards: an area that always exists, ranks that hold, and no way to better one by failing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies._internal.core import DataObject
from snellen.stats.board import LengthCounts, admit, rank_intervals, restricted_mean
from snellen.stats.board.ranks import p_better

from ...present import present

LENGTHS = 2 ** np.arange(0, 9)


def sees(
    l50: float,
    rng: np.random.Generator,
    trials: int = 10,
    chance: float = 0.0,
    steepness: float = 3.0,
) -> LengthCounts:
    p = chance + (1 - chance) / (1 + (LENGTHS / l50) ** steepness)
    return LengthCounts.of(LENGTHS, rng.binomial(trials, p), [trials] * 9, chance)


def step(until: int, trials: int = 10) -> LengthCounts:
    return LengthCounts.of(LENGTHS, np.where(until >= LENGTHS, trials, 0), [trials] * 9)


def test_it_is_the_area_under_accuracy_over_octaves() -> None:
    right = [10, 9, 9, 7, 6, 3, 1, 0, 1]
    task = LengthCounts.of(LENGTHS, right, [10] * 9)
    assert task.octaves == pytest.approx(np.trapezoid(np.array(right) / 10, np.log2(LENGTHS)))
    guessing = LengthCounts.of(LENGTHS, right, [10] * 9, 0.1)
    share = (np.array(right) / 10 - 0.1) / 0.9
    assert guessing.octaves == pytest.approx(np.trapezoid(share, np.log2(LENGTHS)))


def test_a_step_is_its_own_length_and_the_ends_of_the_chart_are_closed() -> None:
    """All right up to 16: half a gap beyond it, which is where a step there lies on average."""
    assert restricted_mean([step(16)]).value == pytest.approx(2**4.5)
    perfect, blind = restricted_mean([step(256)]), restricted_mean([step(0)])
    assert perfect.value == perfect.interval.high == 256
    assert 100 < perfect.interval.low < 256
    assert blind.value == blind.interval.low == 1
    assert 1 < blind.interval.high < 3


def test_three_models_blind_on_three_of_eight_tasks_have_ranks_1_2_3() -> None:
    rng = np.random.default_rng(0)
    means = [
        restricted_mean(
            [sees(l50, rng, chance=0.1) for _ in range(5)]
            + [sees(1e-9, rng, chance=0.1) for _ in range(3)]
        )
        for l50 in (20, 60, 150)
    ]
    assert rank_intervals(means) == [(3, 3), (2, 2), (1, 1)]


def test_ties_are_told_as_ties() -> None:
    means = [restricted_mean([step(256)]), restricted_mean([step(256)]), restricted_mean([step(4)])]
    ranks = rank_intervals(means)
    assert ranks == [(1, 2), (1, 2), (3, 3)]
    assert [rank.tied for rank in ranks] == [True, True, False]
    assert rank_intervals(means[:1]) == [(1, 1)]
    assert rank_intervals([]) == []


def test_the_interval_holds() -> None:
    rng = np.random.default_rng(1)
    p = 1 / (1 + (LENGTHS / 20) ** 2.0)
    truth = float(np.trapezoid(p, np.log2(LENGTHS)))
    held = 0
    for _ in range(1000):
        mean = restricted_mean([LengthCounts.of(LENGTHS, rng.binomial(10, p), [10] * 9)])
        low, high = np.log2(mean.interval)
        held += low <= truth <= high
    assert 0.93 <= held / 1000 <= 0.99


def test_one_sided_p_values_hold_their_level() -> None:
    rng = np.random.default_rng(2)
    wrong = 0
    for _ in range(400):
        p = p_better([restricted_mean([sees(20, rng)]), restricted_mean([sees(20, rng)])])
        wrong += p[0, 1] <= 0.05
    assert wrong / 400 <= 0.07


def test_rank_intervals_hold() -> None:
    truth = np.array([10, 10, 10, 20, 20, 25, 60, 60, 100, 150.0])
    rng = np.random.default_rng(3)
    wrong = widths = 0
    for _ in range(20):
        found = rank_intervals([restricted_mean([sees(t, rng) for _ in range(3)]) for t in truth])
        for t, (best, worst) in zip(truth, found, strict=True):
            wrong += not (best <= 1 + np.sum(truth > t) and worst >= np.sum(truth >= t))
            widths += worst - best
    assert wrong / 200 <= 0.05
    assert widths / 200 < 3


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_no_answer_made_wrong_betters_a_rank(data: DataObject) -> None:
    """Failing, refusing and cutting short all count as wrong: try them on any answers at all."""
    rng = np.random.default_rng(data.draw(st.integers(0, 10**6)))
    means = [restricted_mean([sees(l50, rng), sees(l50, rng)]) for l50 in rng.uniform(5, 60, 5)]
    cheat = data.draw(st.integers(0, 4))
    before = rank_intervals(means)[cheat]
    tasks = []
    for task in means[cheat].tasks:
        spoilt = [data.draw(st.integers(0, int(k))) for k in task.tally.correct]
        tasks.append(LengthCounts.of(LENGTHS, task.tally.correct - spoilt, task.tally.trials))
    means[cheat] = restricted_mean(tasks)
    after = rank_intervals(means)[cheat]
    assert after.best >= before.best
    assert after.worst >= before.worst


def test_few_failures_count_as_wrong_and_many_send_the_run_back() -> None:
    assert admit(1000, 30) is None
    assert present(admit(1000, 31)).startswith("31 of 1000 requests failed (3.1%)")
    assert admit(0, 0) == "it was asked nothing"


def test_charts_that_are_none_are_refused() -> None:
    with pytest.raises(ValueError, match="two lengths"):
        LengthCounts.of([4], [1], [1])
    with pytest.raises(ValueError, match="always right"):
        LengthCounts.of([4, 8], [1, 1], [1, 1], 1.0)
    with pytest.raises(ValueError, match="at least one task"):
        restricted_mean([])
