"""The grid posterior against a dense one, and what a belief says at its ends."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from snellen.stats.curve.length_distribution import LengthDistribution
from snellen.stats.curve.posterior import REACH, posterior
from snellen.stats.curve.psychometric import WIDTHS, CurveFamily, Psychometric, log_likelihood
from snellen.stats.curve.spread import NONE
from snellen.stats.intervals import Interval
from snellen.stats.tally import Tally

LENGTHS = 2 ** np.arange(0, 10)


def simulated(trials: int, seed: int = 0, chance: float = 0.0, width: float = 3.0) -> Tally:
    curve = Psychometric(CurveFamily(chance), 5.3, width, 0.03)
    correct = np.random.default_rng(seed).binomial(trials, curve.accuracy(LENGTHS))
    return Tally.of(LENGTHS, correct, [trials] * 10)


def dense(
    tally: Tally, family: CurveFamily, level: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weighted lengths of a plain grid over the whole prior, without any zoom or shortcut."""
    x = tally.log2_lengths
    t = np.linspace(x[0] - REACH, x[-1] + REACH, 1500)
    narrow, wide = np.log2(WIDTHS)
    w = np.exp2(np.linspace(narrow, wide, 60))
    lapse = (np.arange(12) + 0.5) / 12 * family.max_lapse
    t, w, lapse = (v.ravel() for v in np.meshgrid(t, w, lapse, indexing="ij"))
    fit = np.zeros(t.size)
    for at, k, n in zip(x, tally.correct, tally.trials, strict=True):
        fit += log_likelihood(k, n, family.accuracy(at, t, w, lapse))
    mass = np.exp(fit - fit.max())
    lengths = family.crossing(level, t, w, lapse)
    order = np.argsort(lengths)
    return lengths[order], np.cumsum(mass[order]) / mass.sum()


@pytest.mark.parametrize("level", [0.5, 0.9])
@pytest.mark.parametrize(("trials", "chance"), [(5, 0.0), (30, 0.0), (30, 0.25), (200, 0.1)])
def test_quantiles_are_those_of_a_dense_grid(trials: int, chance: float, level: float) -> None:
    tally, family = simulated(trials, chance=chance), CurveFamily(chance)
    belief = posterior(tally, family, prior=NONE).distribution(level)
    lengths, cdf = dense(tally, family, level)
    spread = float(np.interp([0.16, 0.84], cdf, lengths) @ [-1, 1])
    for p in (0.025, 0.25, 0.5, 0.75, 0.975):
        expected = lengths[np.searchsorted(cdf, p)]
        if np.isfinite(expected):
            assert belief.quantile(p) == pytest.approx(expected, abs=0.08 * spread + 0.01)
        else:
            assert belief.quantile(p) == expected


def test_many_trials_give_the_width_of_the_fisher_information() -> None:
    """200,000 trials: far finer than any cell of the first grid."""
    tally = simulated(20_000)
    found = posterior(tally, CurveFamily(0.0), prior=NONE)

    def p(v: NDArray[np.float64]) -> NDArray[np.float64]:
        return CurveFamily(0.0).accuracy(tally.log2_lengths, *v)

    at = np.array([5.3, 3.0, 0.03])
    steps = np.diag([1e-5] * 3)
    slope = np.array([(p(at + s) - p(at - s)) / 2e-5 for s in steps])
    information = (slope * (20_000 / (p(at) * (1 - p(at))))) @ slope.T
    deviation = np.sqrt(np.linalg.inv(information)[0, 0])
    low, high = np.log2(found.distribution(0.5).interval(0.95))
    assert (high - low) / (2 * 1.96 * deviation) == pytest.approx(1, abs=0.06)
    assert low < 5.3 < high


def test_a_gap_between_two_lengths_stays_open() -> None:
    """All right at 16, all wrong at 32: anywhere between, and not more precise than that."""
    tally = Tally.of(LENGTHS, np.where(LENGTHS <= 16, 50, 0), [50] * 10)
    low, high = posterior(tally, CurveFamily(0.0)).distribution(0.5).interval(0.95)
    assert 15 < low < 18
    assert 28.5 < high < 33


def test_belief_is_censored_at_its_ends() -> None:
    belief = LengthDistribution(np.array([0.0, 1, 2, 3]), np.array([0.1, 0.4, 0.7, 0.8]))
    assert belief.quantile(0.05) == -np.inf
    assert belief.quantile(0.55) == pytest.approx(1.5)
    assert belief.quantile(0.9) == np.inf
    assert belief.interval(0.95) == (0.0, np.inf)
    assert belief.interval(0.5) == pytest.approx((2**0.5, 2 ** (2 + 0.5)))
    inside = belief.within(0.5, 2.5)
    assert inside.cdf == pytest.approx([0.25, 0.4, 0.7, 0.75])


def test_belief_rebuilt_from_a_quoted_interval() -> None:
    tested = Interval(1, 512)
    closed = LengthDistribution.from_interval(61, Interval(48, 72), tested)
    assert closed.interval(0.95) == pytest.approx((48, 72), rel=3e-3)
    assert np.exp2(closed.quantile(0.5)) == pytest.approx(61, rel=3e-3)
    open_above = LengthDistribution.from_interval(None, Interval(400, np.inf), tested)
    assert open_above.interval(0.95).low == pytest.approx(400, rel=1e-2)
    assert open_above.interval(0.95).high == np.inf
    assert LengthDistribution.from_interval(None, Interval(0, 1), tested).interval(0.95) == (0, 1)
    assert LengthDistribution.from_interval(None, Interval(512, np.inf), tested).interval(0.95) == (
        512,
        np.inf,
    )
    assert LengthDistribution.from_interval(None, Interval(0, np.inf), tested).interval(0.5) == (
        0,
        np.inf,
    )
    for value, interval in ((90, Interval(48, 72)), (None, Interval(48, 72))):
        with pytest.raises(ValueError, match="acuity"):
            LengthDistribution.from_interval(value, interval, tested)
