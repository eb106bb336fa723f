"""The grid of curves: against the closing grid, against sums and draws."""

from __future__ import annotations

import numpy as np
import pytest
from snellen.stats.curve.chance import Chance
from snellen.stats.curve.posterior import posterior
from snellen.stats.curve.psychometric import CurveFamily, Psychometric
from snellen.stats.race import Sight
from snellen.stats.tally import Tally

LENGTHS = (1, 2, 4, 8, 16, 32, 64, 128)


def counts(threshold: float, trials: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Answers at every length, shape (1, lengths)."""
    p = Psychometric(CurveFamily(), threshold, 2.0, 0.02).accuracy(np.array(LENGTHS))
    rng = np.random.default_rng(seed)
    return rng.binomial(trials, p)[None], np.full((1, len(LENGTHS)), trials)


@pytest.mark.parametrize("seed", range(4))
def test_the_posterior_of_l50_is_that_of_the_closing_grid(seed: int) -> None:
    correct, asked = counts(4.2, 20, seed)
    sight = Sight.over(LENGTHS)
    mine = sight.within(sight.mass(correct, asked))[0]
    tally = Tally.of(LENGTHS, correct[0], asked[0])
    theirs = posterior(tally, CurveFamily(), prior=(1.0, 0.0, 0.0)).distribution(0.5)
    ours = np.interp([0.025, 0.5, 0.975], np.cumsum(mine), sight.thresholds + 1 / 24)
    assert ours == pytest.approx([theirs.quantile(q) for q in (0.025, 0.5, 0.975)], abs=0.12)


def test_how_probably_one_lies_above_another_is_a_sum_over_both() -> None:
    sight = Sight.over(LENGTHS)
    a, b = (sight.within(sight.mass(*counts(t, 12, 5)))[0] for t in (4.5, 4.0))
    far = sight.thresholds
    by_hand = sum(a[i] * b[far <= far[i] - 0.5].sum() for i in range(far.size))
    assert sight.above(a, b, 0.5) == pytest.approx(by_hand, abs=0.02)
    assert sight.above(a, b) + sight.above(b, a) == pytest.approx(1.0, abs=1e-9)
    draws = np.random.default_rng(0)
    apart = draws.choice(far, 200_000, p=a) - draws.choice(far, 200_000, p=b)
    gain = sight.gain(a, b)
    assert gain.low == pytest.approx(np.quantile(apart, 0.025), abs=0.1)
    assert gain.middle == pytest.approx(np.median(apart), abs=0.1)
    assert gain.high == pytest.approx(np.quantile(apart, 0.975), abs=0.1)


def test_what_lies_beyond_the_lengths_is_not_known() -> None:
    sight = Sight.over(LENGTHS)
    right, blind = (
        sight.within(sight.mass(np.full((1, 8), share), np.full((1, 8), 30)))[0]
        for share in (30, 0)
    )
    inside = sight.within(sight.mass(*counts(4.0, 30, 1)))[0]
    assert (sight.gain(right, inside).low > 0, sight.gain(right, inside).high) == (True, np.inf)
    assert sight.gain(blind, inside).low == -np.inf
    assert sight.gain(inside, blind).high == np.inf


def test_guessing_is_no_sight() -> None:
    sight = Sight.over(LENGTHS, Chance.of(0.25))
    correct = np.full((1, 8), 5)  # a quarter of twenty, at every length
    assert sight.within(sight.mass(correct, np.full((1, 8), 20)))[0][sight.ends[0]] > 0.9


def test_the_next_places_are_where_the_curve_seems_to_fall() -> None:
    sight = Sight.over(512)
    correct, asked = np.zeros((2, 1, sight.lengths.size), np.int64)
    at = {int(n): i for i, n in enumerate(sight.lengths)}
    for length, right in ((4, 10), (16, 10), (64, 0), (256, 0)):
        asked[0, at[length]], correct[0, at[length]] = 10, right
    places = sight.places(sight.mass(correct, asked)[0], asked[0], 8)
    assert len(places) == 8
    assert {int(sight.lengths[j]) for j in places} <= set(range(16, 65))


@pytest.mark.parametrize("lengths", [1, (3,), (0, 2), ()])
def test_lengths_that_are_none_are_refused(lengths: int | tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="two or more"):
        Sight.over(lengths)
