"""Intervals against scipy, statsmodels and plain resampling."""

import numpy as np
import pytest
from scipy import stats as scipy_stats
from snellen.errors import InputError
from snellen.stats.intervals import (
    error_summary,
    jeffreys,
    jeffreys_band,
    wilson,
    wilson_band,
)
from statsmodels.stats.proportion import proportion_confint

LEVELS = [0.5, 0.9, 0.95, 0.999]


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("n", [1, 2, 7, 40, 1000])
def test_wilson_is_scipys(n, level):
    for k in {0, 1, n // 3, n - 1, n}:
        theirs = scipy_stats.binomtest(k, n).proportion_ci(level, method="wilson")
        assert wilson(k, n, level) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("n", [1, 2, 7, 40, 1000])
def test_jeffreys_is_statsmodels_inside_and_closed_at_the_ends(n, level):
    for k in {0, 1, n // 3, n - 1, n}:
        low, high = jeffreys(k, n, level)
        theirs = proportion_confint(k, n, alpha=1 - level, method="jeffreys")
        assert low == (0 if k == 0 else pytest.approx(theirs[0], abs=1e-10))
        assert high == (1 if k == n else pytest.approx(theirs[1], abs=1e-10))


@pytest.mark.parametrize("interval", [wilson, jeffreys])
def test_never_zero_width(interval):
    for n in (1, 10, 10**6):
        low, high = interval(0, n)
        assert low == 0.0
        assert 0 < high < 1
        low, high = interval(n, n)
        assert 0 < low < 1
        assert high == 1.0
    assert interval(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(("band", "single"), [(wilson_band, wilson), (jeffreys_band, jeffreys)])
def test_bands_are_the_single_intervals(band, single):
    k = np.array([[0, 3, 9], [10, 5, 0]])
    n = np.array([10, 9, 9])
    low, high = band(np.minimum(k, n), n)
    assert low.shape == high.shape == (2, 3)
    for i in range(2):
        for j in range(3):
            assert single(min(int(k[i, j]), int(n[j])), int(n[j])) == (low[i, j], high[i, j])


@pytest.mark.parametrize(("k", "n", "level"), [(3, 2, 0.95), (-1, 2, 0.95), (1, 2, 95), (1, 2, 1)])
def test_impossible_counts_and_levels_are_refused(k, n, level):
    for interval in (wilson, jeffreys):
        with pytest.raises(InputError):
            interval(k, n, level)


@pytest.fixture
def skewed():
    return np.floor(np.random.default_rng(3).lognormal(2, 0.8, size=121))


def test_mean_interval_is_scipys_bca(skewed):
    ours = error_summary(skewed, resamples=20_000).mean
    theirs = scipy_stats.bootstrap(
        (skewed,), np.mean, n_resamples=20_000, method="BCa", rng=np.random.default_rng(1)
    ).confidence_interval
    assert ours.value == skewed.mean()
    width = theirs.high - theirs.low
    assert ours.interval == pytest.approx((theirs.low, theirs.high), abs=0.03 * width)


@pytest.mark.parametrize("size", [2, 3, 10, 40, 121])
def test_quantile_replicates_have_the_law_of_plain_resampling(size):
    x = np.sort(np.random.default_rng(size).lognormal(2, 1, size=size))
    ours = error_summary(x, resamples=200_000, level=0.9)
    draws = x[np.random.default_rng(0).integers(size, size=(100_000, size))]
    for q, estimate in ((0.5, ours.median), (0.9, ours.p90)):
        assert estimate.value == np.quantile(x, q)
        plain = np.quantile(np.quantile(draws, q, axis=1), [0.05, 0.95])
        assert estimate.interval == pytest.approx(tuple(plain), rel=0.03)


def test_error_summary_is_a_function_of_errors_and_seed(skewed):
    shuffled = np.random.default_rng(9).permutation(skewed)
    assert error_summary(skewed, seed=1) == error_summary(shuffled, seed=1)
    assert error_summary(skewed, seed=1) != error_summary(skewed, seed=2)


def test_error_summary_at_the_ends():
    nothing = error_summary([])
    assert nothing.n == 0
    assert np.isnan(nothing.mean.value)
    one = error_summary([7])
    assert one.mean == one.median == one.p90 == (7.0, (7.0, 7.0))
    assert error_summary([0, 0, 0]).p90.interval == (0.0, 0.0)
    for bad in ([-1.0], [np.nan], [1.0, np.inf]):
        with pytest.raises(InputError, match="absolute errors"):
            error_summary(bad)
    with pytest.raises(InputError, match="resamples"):
        error_summary([1], resamples=0)


def test_mean_interval_covers():
    """The BCa interval of a skewed mean covers near its level where a zero-width one could not."""
    rng = np.random.default_rng(5)
    truth = float(np.exp(0.5))
    covered = 0
    for trial in range(300):
        low, high = error_summary(rng.lognormal(size=60), resamples=400, seed=trial).mean.interval
        covered += low <= truth <= high
    assert 0.86 <= covered / 300 <= 0.98
