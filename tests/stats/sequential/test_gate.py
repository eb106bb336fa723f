"""What the gate bets on: fair stakes by exact sums, bounds that hold, an onset that is found."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.stats import binom
from snellen.stats.sequential import (
    drop_interval,
    fewest_losses,
    fewest_pairs,
    largest_drop,
    log_e_against_drop,
    log_e_worse,
    onset,
)


@pytest.mark.parametrize("drop", [-0.3, 0.05, 0.1, 0.4])
@pytest.mark.parametrize("ties", [0.0, 0.3, 0.55])
def test_the_stake_against_a_drop_is_fair_at_best(drop: float, ties: float) -> None:
    """Its mean over all outcomes of 6 pairs, for a law whose drop is just that."""
    lose = (1 - ties + drop) / 2
    chances = (1 - ties - lose, lose, ties)
    mean = sum(
        np.prod([chances[k] for k in way])
        * np.exp(log_e_against_drop(way.count(0), way.count(1), way.count(2), drop))
        for way in product(range(3), repeat=6)
    )
    assert mean == pytest.approx(1.0, abs=1e-9)


def test_the_stake_of_all_lengths_is_fair_under_even_odds() -> None:
    """Two tasks, two lengths, two discordant pairs in each: the mean over all 2^8 outcomes."""
    total = 0.0
    for way in product(range(3), repeat=4):
        chance = np.prod(binom.pmf(way, 2, 0.5))
        wins = np.array(way).reshape(2, 2)
        total += chance * np.exp(log_e_worse(wins, 2 - wins))
    assert total == pytest.approx(1.0, abs=1e-9)


def test_what_is_excluded_is_a_half_line() -> None:
    found = [log_e_against_drop(3, 5, 40, drop) for drop in np.linspace(-0.9, 0.9, 60)]
    assert np.all(np.diff(found) > 0)
    upper = largest_drop(3, 5, 40, 0.05)
    assert log_e_against_drop(3, 5, 40, upper) == pytest.approx(np.log(20))
    assert largest_drop(0, 0, 0, 0.05) == 1.0
    low, high = drop_interval(3, 5, 40)
    assert low < 2 / 48 < high
    assert drop_interval(5, 3, 40) == pytest.approx((-high, -low))


def test_the_drop_stays_inside_its_interval_at_all_looks() -> None:
    rng = np.random.default_rng(11)
    missed = 0
    for _ in range(80):
        ways = rng.choice(3, p=(0.1, 0.25, 0.65), size=150)
        counts = np.cumsum(np.eye(3, dtype=int)[ways], axis=0)[9::10]
        ends = [drop_interval(*map(int, row)) for row in counts]
        missed += any(not low <= 0.15 <= high for low, high in ends)
    assert missed / 80 <= 0.05


def test_the_fewest_pairs_and_losses_are_just_enough() -> None:
    for margin in (0.05, 0.1, 0.3):
        pairs = fewest_pairs(margin, 0.05)
        assert log_e_against_drop(0, 0, pairs, margin) >= np.log(20)
        assert log_e_against_drop(0, 0, pairs - 1, margin) < np.log(20)
    assert fewest_losses(1, 1, 0.05) == 7
    assert fewest_losses(3, 8, 0.05) <= 9
    with pytest.raises(ValueError, match="between 0 and 1"):
        fewest_pairs(1.0, 0.05)
    with pytest.raises(ValueError, match="not in"):
        log_e_against_drop(0, 0, 1, 1.0)


@pytest.mark.parametrize("first", [0, 2, 4])
@pytest.mark.parametrize("noise", [0.0, 0.1])
def test_an_onset_is_found_where_it_is(first: int, noise: float) -> None:
    rng = np.random.default_rng(3)
    held = near = 0
    for _ in range(60):
        bad = np.arange(5) >= first
        losses = rng.binomial(25, np.where(bad, 0.5, noise / 2))
        wins = rng.binomial(25 - losses, noise / 2)
        found = onset(wins, losses, 25 - losses - wins)
        assert found.probabilities.sum() == pytest.approx(1)
        held += found.low <= first <= found.high
        near += abs(found.first - first) <= 1
    assert held >= 54
    assert near >= 57
