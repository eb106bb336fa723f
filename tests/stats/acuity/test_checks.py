"""The two tests of shape: against scipy, and how often they cry wolf."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression
from snellen.stats.acuity.checks import Check, falling, lack_of_fit, not_falling
from snellen.stats.curve.posterior import REACH, posterior
from snellen.stats.curve.psychometric import CurveFamily, Psychometric, fit
from snellen.stats.tally import Tally

LENGTHS = 2 ** np.arange(0, 9)


def drawn(p: NDArray[np.float64], trials: int, rng: np.random.Generator) -> Tally:
    return Tally.of(LENGTHS, rng.binomial(trials, p), [trials] * LENGTHS.size)


def fitted(tally: Tally, simulations: int = 500, seed: int = 0) -> Check:
    found = posterior(tally, CurveFamily(0.0))
    curve = fit(tally, CurveFamily(0.0), found.best, REACH)
    return lack_of_fit(tally, curve, found.grid, simulations=simulations, seed=seed)


def test_falling_is_scipys_isotonic_regression() -> None:
    rng = np.random.default_rng(0)
    trials = rng.integers(1, 40, size=12)
    correct = rng.binomial(trials, rng.random(12), size=(50, 12))
    ours = falling(correct.astype(float), trials.astype(float))
    for k, mine in zip(correct, ours, strict=True):
        theirs = isotonic_regression(k / trials, weights=trials, increasing=False).x
        assert mine == pytest.approx(theirs, abs=1e-12)


def test_p_values_of_true_curves_are_those_of_chance() -> None:
    """Of curves of the fitted shape, about one in ten has p <= 0.1; far more would cry wolf."""
    rng = np.random.default_rng(1)
    curve = Psychometric(CurveFamily(0.0), 4.2, 3.0, 0.03)
    fits, falls = [], []
    for seed in range(50):
        tally = drawn(curve.accuracy(LENGTHS), 15, rng)
        fits.append(fitted(tally, simulations=79, seed=seed).p_value)
        falls.append(not_falling(tally, simulations=79, seed=seed).p_value)
    assert 0.01 <= np.mean(np.array(fits) <= 0.1) <= 0.2
    assert np.mean(np.array(falls) <= 0.1) <= 0.2


def test_curves_of_another_shape_are_found() -> None:
    rng = np.random.default_rng(2)
    plateau = np.where(LENGTHS < 4, 0.95, np.where(LENGTHS < 128, 0.5, 0.02))
    bump = np.where(LENGTHS == 64, 0.9, np.where(LENGTHS < 8, 0.95, 0.1))
    assert fitted(drawn(plateau, 60, rng)).p_value < 0.01
    assert not_falling(drawn(plateau, 60, rng)).p_value > 0.05
    assert fitted(drawn(bump, 60, rng)).p_value < 0.01
    assert not_falling(drawn(bump, 60, rng)).p_value < 0.01


def test_deviance_of_a_falling_sample_is_zero_and_saturated_fits_are_not_tested() -> None:
    tally = Tally.of([1, 2, 4], [9, 5, 1], [10, 10, 10])
    assert not_falling(tally).deviance == pytest.approx(0, abs=1e-9)
    assert not_falling(tally).p_value == 1
    assert np.isnan(fitted(tally)).all()
    assert np.isnan(not_falling(Tally.of([1], [1], [1]))).all()
    assert isinstance(fitted(tally), Check)
