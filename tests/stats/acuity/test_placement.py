"""Adaptive measurement: the choice against brute force, resume, and where it stops."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from snellen.errors import InputError
from snellen.stats.acuity.placement import Placement, _expected_entropy, candidates, precise
from snellen.stats.curve.psychometric import CurveFamily, Psychometric
from snellen.stats.intervals import Interval


def run(
    observer: Psychometric,
    longest: int = 512,
    precision: float = 1.25,
    batch: int = 16,
    budget: int = 2000,
    seed: int = 0,
) -> Placement:
    rng = np.random.default_rng(seed)
    state = Placement.start(longest, observer.family)
    while not state.settled(precision) and state.tally.trials.sum() < budget:
        for n in state.next_lengths(batch):
            state = state.update(n, int(rng.random() < observer.accuracy(n)), 1)
    return state


def test_expected_entropy_is_that_of_brute_force() -> None:
    rng = np.random.default_rng(0)
    mass, p = rng.random((6, 4)), rng.random((3, 6, 4))
    mass /= mass.sum()
    regions = np.array([0, 2, 3, 5])  # cells 0 and 1 count as one, and 3 and 4
    groups = [[0, 1], [2], [3, 4], [5]]
    for ours, table in zip(_expected_entropy(mass, p, regions), p, strict=True):
        expected = 0.0
        for outcome in (table, 1 - table):
            chance = (mass * outcome).sum()
            after = np.array([(mass * outcome)[g].sum() for g in groups]) / chance
            expected -= chance * (after * np.log(after)).sum()
        assert ours == pytest.approx(expected)


def test_state_is_a_function_of_the_answers_in_any_order() -> None:
    answers = [(8, 3, 4), (64, 1, 5), (16, 4, 4), (64, 0, 3), (32, 2, 4)]
    states = []
    for order in itertools.islice(itertools.permutations(answers), 0, 120, 17):
        state = Placement.start(512)
        for n, k, m in order:
            state = state.update(n, k, m)
        states.append((state.next_lengths(12), state.interval()))
    joined = Placement.start(512)
    for n, k, m in [(8, 3, 4), (16, 4, 4), (32, 2, 4), (64, 1, 8)]:
        joined = joined.update(n, k, m)
    states.append((joined.next_lengths(12), joined.interval()))
    assert all(state == states[0] for state in states)


def test_update_leaves_the_old_state_alone() -> None:
    before = Placement.start(512)
    lengths = before.next_lengths(8)
    before.update(64, 0, 10)
    assert before.tally.trials.sum() == 0
    assert before.next_lengths(8) == lengths


@pytest.mark.parametrize(("threshold", "width", "chance"), [(5.1, 1.0, 0.0), (3.3, 3.0, 0.2)])
def test_it_finds_l50_to_the_precision(threshold: float, width: float, chance: float) -> None:
    observer = Psychometric(CurveFamily(chance), threshold, width, 0.02)
    state = run(observer)
    low, high = state.interval()
    assert high / low <= 1.25
    assert low * 0.9 < 2**threshold < high * 1.1
    assert state.tally.trials.sum() < 600
    assert state.censored() is None


@pytest.mark.parametrize(("accuracy", "side", "end"), [(0.97, "above", 512), (0.02, "below", 1)])
def test_it_stops_at_the_ends_of_its_range(accuracy: float, side: str, end: int) -> None:
    rng = np.random.default_rng(0)
    state = Placement.start(512)
    while not state.settled(1.25):
        for n in state.next_lengths(8):
            state = state.update(n, int(rng.random() < accuracy), 1)
    assert state.censored() == side
    assert state.tally.trials.sum() <= 64
    assert end in state.tally.lengths


def test_batches_fill_what_was_asked_and_stay_in_range() -> None:
    state = Placement.start(200, shortest=3).update(50, 1, 2)
    for batch in (1, 7, 8, 9, 64):
        lengths = state.next_lengths(batch)
        assert len(lengths) == batch
        assert lengths == sorted(lengths)
        assert min(lengths) >= 3
        assert max(lengths) <= 200
    assert len(set(state.next_lengths(64))) > 1


def test_trials_go_where_l50_is_in_doubt() -> None:
    """After answers that leave only 16 to 32, no trial is spent outside a doubling around it."""
    state = Placement.start(1024)
    for n, k in ((4, 20), (8, 20), (16, 20), (32, 0), (64, 0), (256, 0)):
        state = state.update(n, k, 20)
    lengths = state.next_lengths(16)
    assert min(lengths) >= 16
    assert max(lengths) <= 32


def test_candidates_hold_both_ends_and_are_dense_in_the_interval() -> None:
    lengths = candidates(2, 1000, Interval(80, 100))
    assert lengths[0] == 2
    assert lengths[-1] == 1000
    assert np.all(np.diff(lengths) > 0)
    inside = lengths[(lengths >= 80) & (lengths <= 100)]
    assert inside.size >= 8
    assert np.all(np.diff(np.log2(lengths))[lengths[:-1] > 16] < 0.3)
    closer = candidates(2, 1000, Interval(85, 90))
    assert set(inside[(inside >= 85) & (inside <= 90)]) <= set(closer)


def test_precise_is_a_ratio_or_a_single_item() -> None:
    assert precise(Interval(80, 99), 1.25)
    assert not precise(Interval(80, 101), 1.25)
    assert precise(Interval(2.1, 2.9), 1.25)
    assert not precise(Interval(0, 0.5), 1.25)
    assert not precise(Interval(500, np.inf), 1.25)


def test_impossible_measurements_are_refused() -> None:
    with pytest.raises(InputError, match="shortest < longest"):
        Placement.start(1)
    with pytest.raises(InputError, match="no L50"):
        Placement.start(100, CurveFamily(0.5))
    state = Placement.start(100)
    for length, correct in ((101, 1), (5, 2)):
        with pytest.raises(InputError):
            state.update(length, correct, 1)
    with pytest.raises(InputError, match="batch"):
        state.next_lengths(0)
    with pytest.raises(InputError, match="precision"):
        state.settled(1.0)
