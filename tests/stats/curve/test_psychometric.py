"""Curves against psignifit's sigmoids, their own definition, and a global optimiser."""

from __future__ import annotations

import numpy as np
import psignifit
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from psignifit.sigmoids import sigmoid_by_name
from scipy.optimize import Bounds, differential_evolution
from snellen.stats.acuity import measure
from snellen.stats.curve.posterior import REACH, posterior
from snellen.stats.curve.psychometric import (
    CurveFamily,
    Psychometric,
    Sigmoid,
    fit,
    log_likelihood,
)
from snellen.stats.curve.spread import NONE
from snellen.stats.tally import Tally

from ...present import present

SHAPES: list[Sigmoid] = ["logistic", "weibull"]
THEIRS = {"logistic": "neg_logistic", "weibull": "neg_gumbel"}
LENGTHS = 2 ** np.arange(1, 11)


def simulated(
    seed: int, shape: Sigmoid, chance: float = 0.0, lapse: float = 0.01, trials: int = 60
) -> Tally:
    rng = np.random.default_rng(seed)
    curve = Psychometric(CurveFamily(chance, shape), rng.uniform(4, 7), rng.uniform(1.5, 5), lapse)
    return Tally.of(LENGTHS, rng.binomial(trials, curve.accuracy(LENGTHS)), [trials] * 10)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("chance", [0.0, 0.2])
def test_curve_is_psignifits(shape: Sigmoid, chance: float) -> None:
    family = CurveFamily(chance, shape)
    middle = float(family.crossing(chance + (0.97 - chance) / 2, 5.0, 2.5, 0.03))
    theirs = sigmoid_by_name(THEIRS[shape], PC=0.5, alpha=0.05)
    x = np.linspace(-3, 14, 200)
    expected = theirs(x, middle, 2.5, gamma=0.03, lambd=chance)  # swapped, as it falls
    assert family.accuracy(x, 5.0, 2.5, 0.03) == pytest.approx(expected, abs=1e-12)


@given(
    shape=st.sampled_from(SHAPES),
    chance=st.sampled_from([0.0, 0.1, 0.45, 0.5, 0.7]),
    threshold=st.floats(-3, 14),
    width=st.floats(0.1, 20),
    share=st.floats(0, 1),
    level=st.floats(0.01, 0.99),
)
def test_crossing_is_where_the_curve_has_that_accuracy(
    shape: Sigmoid, chance: float, threshold: float, width: float, share: float, level: float
) -> None:
    family = CurveFamily(chance, shape)
    lapse = share * family.max_lapse
    assert family.accuracy(threshold, threshold, width, lapse) == pytest.approx(family.anchor())
    x = float(family.crossing(level, threshold, width, lapse))
    if level <= chance:
        assert x == np.inf
    elif level >= 1 - lapse:
        assert x == -np.inf
    else:
        assert family.accuracy(x, threshold, width, lapse) == pytest.approx(level, abs=1e-6)


@pytest.mark.parametrize("shape", SHAPES)
def test_width_is_octaves_from_95_to_5_percent(shape: Sigmoid) -> None:
    family = CurveFamily(0.0, shape)
    high, low = (float(family.crossing(level, 5.0, 3.0, 0.0)) for level in (0.95, 0.05))
    assert low - high == pytest.approx(3.0)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("seed", range(4))
def test_fit_finds_the_global_maximum(shape: Sigmoid, seed: int) -> None:
    tally = simulated(seed, shape, chance=0.1, lapse=0.05)
    family = CurveFamily(0.1, shape)

    def cost(v: NDArray[np.float64]) -> float:
        p = family.accuracy(tally.log2_lengths, v[0], np.exp2(v[1]), v[2])
        return -float(log_likelihood(tally.correct, tally.trials, p).sum())

    best = differential_evolution(cost, Bounds([-2, -3, 0], [13, 4, 0.1]), rng=seed, tol=1e-10)
    ours = fit(tally, family, posterior(tally, family).best, REACH, prior=NONE)
    mine = cost(np.array([ours.threshold, np.log2(ours.width), ours.lapse]))
    assert mine <= best.fun + 1e-4


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("seed", range(2))
def test_acuity_is_psignifits(shape: Sigmoid, seed: int) -> None:
    """The oracle has other priors (Beta(1, 10) on lapses, flat in width), hence the tolerances.

    A `neg_` sigmoid of psignifit is 1 minus a rising one, its asymptotes with it: there gamma is
    the lapse rate and lambda the guess rate.
    """
    tally = simulated(seed, shape)
    data = np.column_stack([tally.log2_lengths, tally.correct, tally.trials])
    theirs = psignifit.psignifit(
        data,
        sigmoid=THEIRS[shape],
        experiment_type="yes/no",
        fixed_parameters={"lambda": 0.0, "eta": 0.0},
    )
    ours = measure(tally.lengths, tally.correct, tally.trials, sigmoid=shape)
    value = float(theirs.threshold(0.5, return_ci=False, estimate_type="MAP"))
    assert np.log2(present(ours.l50.value)) == pytest.approx(value, abs=0.04)
    low, high = theirs.confidence_intervals["threshold"]["0.95"]
    assert np.log2(ours.l50.interval) == pytest.approx((low, high), abs=0.12 * (high - low) + 0.03)
    expected = theirs.proportion_correct(tally.log2_lengths, estimate_type="MAP")
    assert present(ours.curve).accuracy(tally.lengths) == pytest.approx(expected, abs=0.02)


def test_families_that_are_none_are_refused() -> None:
    with pytest.raises(ValueError, match="chance"):
        CurveFamily(1.0)
    with pytest.raises(ValueError, match="logistic, weibull"):
        CurveFamily(0.0, "probit")  # type: ignore[arg-type]
