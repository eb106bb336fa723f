"""Bets against numerical integration, and against everybody who looks all the time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import beta
from snellen.stats.sequential import PairedBets, anytime_p, log_e_value, share_sequence
from snellen.stats.sequential.betting import log_e_value_one_sided


@pytest.mark.parametrize(("wins", "losses"), [(0, 0), (1, 0), (3, 5), (20, 4), (40, 40)])
def test_e_values_are_those_of_the_integral(wins: int, losses: int) -> None:
    def bets(x: float, law: Callable[[float], float]) -> float:
        return float(law(x)) * x**wins * (1 - x) ** losses * 2.0 ** (wins + losses)

    two = quad(lambda x: bets(x, beta(0.5, 0.5).pdf), 0, 1, limit=200)[0]
    one = quad(lambda x: bets(x, lambda _: 2.0), 0.5, 1)[0]
    assert np.exp(log_e_value(wins, losses)) == pytest.approx(two, rel=1e-4)
    assert np.exp(log_e_value_one_sided(wins, losses)) == pytest.approx(one, rel=1e-6)


@pytest.mark.parametrize("law", [log_e_value, log_e_value_one_sided])
def test_the_stake_is_a_martingale(law: Callable[[int, int], float]) -> None:
    """At any state the two next stakes average to the present one."""
    for wins, losses in [(0, 0), (3, 1), (10, 30)]:
        after = np.exp([law(wins + 1, losses), law(wins, losses + 1)]).mean()
        assert after == pytest.approx(np.exp(law(wins, losses)), rel=1e-9)


def test_one_sided_bets_on_the_worse_lose() -> None:
    assert log_e_value_one_sided(5, 60) < -3
    assert np.isfinite(log_e_value_one_sided(10, 5000))


def test_looking_after_every_pair_errs_in_no_more_than_one_of_twenty() -> None:
    rng = np.random.default_rng(0)
    wrong = np.mean([anytime_p(rng.random(500) < 0.5) <= 0.05 for _ in range(1000)])
    assert wrong <= 0.05
    found = np.mean([anytime_p(rng.random(200) < 0.7) <= 0.05 for _ in range(200)])
    assert found > 0.9
    assert anytime_p(np.zeros(0, bool)) == 1.0


def test_the_confidence_sequence_holds_at_all_times_at_once() -> None:
    rng = np.random.default_rng(1)
    missed = 0
    for _ in range(200):
        w = np.cumsum(rng.random(300) < 0.6)
        n = np.arange(1, 301)
        missed += bool(np.any(log_e_value(w, n - w, 0.6) > np.log(20)))
    assert missed / 200 <= 0.06
    low, high = share_sequence(60, 40)
    assert 0.4 < low < 0.6 < high < 0.8
    assert log_e_value(60, 40, low) == pytest.approx(np.log(20), abs=1e-6)
    assert share_sequence(0, 0) == (0, 1)


def test_the_difference_of_two_models_is_followed() -> None:
    rng = np.random.default_rng(2)
    state = PairedBets()
    held = True
    for _ in range(400):
        luck = rng.random()
        state = state.update(a=luck < 0.5, b=luck < 0.7)
        low, high = state.difference()
        held &= low <= 0.2 <= high
    assert held
    assert state.total == 400
    assert state.p_value < 1e-6
    assert 0.1 < low < 0.2 < high < 0.35
