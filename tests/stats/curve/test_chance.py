"""Chance levels that depend on the length, and what trials of a length share."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import binom, norm
from snellen.stats.curve.chance import Chance
from snellen.stats.curve.posterior import posterior
from snellen.stats.curve.psychometric import CurveFamily, Likelihood
from snellen.stats.curve.spread import NONE, PRIOR, SPREADS, draw, shared_prior
from snellen.stats.tally import Tally

LENGTHS = 2 ** np.arange(0, 10)
LEVELS = (0.7, 0.49, 0.41, 0.3, 0.2, 0.15, 0.1, 0.07, 0.05, 0.04)


def test_chance_is_given_as_a_number_a_table_or_a_function() -> None:
    table = Chance.of(LEVELS, LENGTHS)
    assert table.at(np.log2(LENGTHS)) == pytest.approx(LEVELS)
    assert table.at(-3.0) == 0.7
    assert table.at(50.0) == 0.04
    assert Chance.of(lambda n: LEVELS[int(np.log2(n))], LENGTHS) == table
    assert Chance.of(0.25) == Chance.of([0.25] * 3, [1, 2, 4])
    assert Chance.of(LEVELS[::-1], LENGTHS[::-1]) == table
    noisy = Chance.of([0.5, 0.2, 0.3], [1, 2, 4])
    assert noisy.at([0, 1, 2]) == pytest.approx([0.5, 0.3, 0.3])


@pytest.mark.parametrize(
    ("chance", "lengths"), [(1.0, [1]), (-0.1, [1]), ([0.1, 0.2], [1]), ([1.2, 0.2], [1, 2])]
)
def test_chance_that_is_none_is_refused(chance: float | list[float], lengths: list[int]) -> None:
    with pytest.raises(ValueError, match="chance"):
        Chance.of(chance, lengths)


def test_curves_never_fall_below_chance_and_cross_where_they_say() -> None:
    family = CurveFamily(Chance.of(LEVELS, LENGTHS))
    x = np.log2(LENGTHS)
    for threshold, width, lapse in ((0.5, 1.0, 0.0), (4.0, 3.0, 0.05), (8.0, 0.3, 0.1)):
        p = family.accuracy(x, threshold, width, lapse)
        assert np.all(p >= np.minimum(LEVELS, 1 - lapse) - 1e-12)
        assert np.all(np.diff(p) <= 1e-12)
        at = float(family.crossing(0.5, threshold, width, lapse))
        assert family.accuracy(at, threshold, width, lapse) == pytest.approx(0.5, abs=1e-4)
    certain = CurveFamily(Chance.of([1.0, 0.3], [1, 2]))
    assert certain.accuracy(0.0, 5.0, 1.0, 0.02) == pytest.approx(0.98)


def test_the_likelihood_of_a_shared_effect_is_that_of_the_integral() -> None:
    tally = Tally.of([4, 8, 16, 32], [9, 20, 5, 0], [10, 60, 5, 7])
    p = np.array([0.8, 0.45, 0.7, 0.02])
    ours = Likelihood(tally, PRIOR).of(p)
    for column, spread in zip(ours[1:], SPREADS[1:], strict=True):
        expected = 0.0
        for q, k, m in zip(p, tally.correct, tally.trials, strict=True):
            odds = np.log(q / (1 - q))

            def inside(
                u: float,
                k: np.int64 = k,
                m: np.int64 = m,
                odds: np.float64 = odds,
                spread: float = spread,
            ) -> float:
                likely = binom.pmf(k, m, 1 / (1 + np.exp(-odds - u)))
                return float(likely * norm.pdf(u, scale=spread))

            area = quad(inside, -8 * spread, 8 * spread, limit=400)[0]
            expected += np.log(area) - np.log(binom.pmf(k, m, k / m)) + _saturated(k, m)
        assert column == pytest.approx(expected, abs=0.01)


def _saturated(k: np.int64, m: np.int64) -> float:
    share = k / m
    return float(sum(n * np.log(f) for n, f in ((k, share), (m - k, 1 - share)) if n))


def test_many_trials_do_not_break_it() -> None:
    """A million trials off the curve by half a logit: far likelier with a shared effect."""
    tally = Tally.of([4, 8], [622_459, 500_000], [10**6] * 2)
    found = Likelihood(tally, PRIOR).of(np.array([0.5, 0.5]))
    assert np.all(np.isfinite(found))
    assert found[1] > found[0] + 1000


def test_one_trial_per_length_says_nothing_of_what_they_share() -> None:
    assert Likelihood(Tally.of([1, 2], [1, 0], [1, 1]), PRIOR).spreads.tolist() == [0.0]


def test_the_spread_is_found_and_widens_the_interval() -> None:
    rng = np.random.default_rng(0)
    family = CurveFamily()
    grid = np.unique(np.rint(np.geomspace(1, 1024, 41)).astype(int))
    p = family.accuracy(np.log2(grid), 5.0, 4.0, 0.02)
    trials = np.full(grid.size, 40)
    even, uneven = (Tally.of(grid, draw(p, trials, sd, 1, rng)[0], trials) for sd in (0.0, 1.2))
    assert posterior(even, family).spread < 0.15
    found = posterior(uneven, family)
    assert found.spread == pytest.approx(1.5, abs=0.3)
    wide = np.log2(found.distribution(0.5).interval(0.95)) @ [-1, 1]
    narrow = np.log2(posterior(uneven, family, prior=NONE).distribution(0.5).interval(0.95)) @ [
        -1,
        1,
    ]
    assert wide > 2 * narrow


def test_the_shared_prior_rises_with_the_curves_and_never_falls() -> None:
    assert shared_prior(np.zeros((0, 3))) == pytest.approx(PRIOR)
    assert shared_prior(np.zeros((5, 3))) == pytest.approx(PRIOR)
    # Curves that look free of it cannot rule it out: a small spread looks so, too.
    assert shared_prior([[0.0, -9, -9]] * 8) == pytest.approx(PRIOR)
    spread = shared_prior([[-9.0, 0, -2]] * 8)
    assert spread[0] < 0.2
    assert sum(spread) == pytest.approx(1)
