"""Intervals against scipy, statsmodels and their own formulas."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats as scipy_stats
from snellen.errors import InputError
from snellen.stats.intervals import (
    Interval,
    jeffreys,
    jeffreys_band,
    paired_difference,
    wilson,
    wilson_band,
)
from statsmodels.stats.proportion import proportion_confint

LEVELS = [0.5, 0.9, 0.95, 0.999]


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("n", [1, 2, 7, 40, 1000])
def test_wilson_is_scipys(n: int, level: float) -> None:
    for k in {0, 1, n // 3, n - 1, n}:
        theirs = scipy_stats.binomtest(k, n).proportion_ci(level, method="wilson")
        assert wilson(k, n, level) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("n", [1, 2, 7, 40, 1000])
def test_jeffreys_is_statsmodels_inside_and_closed_at_the_ends(n: int, level: float) -> None:
    for k in {0, 1, n // 3, n - 1, n}:
        low, high = jeffreys(k, n, level)
        theirs = proportion_confint(k, n, alpha=1 - level, method="jeffreys")
        assert low == (0 if k == 0 else pytest.approx(theirs[0], abs=1e-10))
        assert high == (1 if k == n else pytest.approx(theirs[1], abs=1e-10))


@pytest.mark.parametrize("interval", [wilson, jeffreys])
def test_never_zero_width(interval: Callable[[int, int], Interval]) -> None:
    for n in (1, 10, 10**6):
        low, high = interval(0, n)
        assert low == 0.0
        assert 0 < high < 1
        low, high = interval(n, n)
        assert 0 < low < 1
        assert high == 1.0
    assert interval(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(("band", "single"), [(wilson_band, wilson), (jeffreys_band, jeffreys)])
def test_bands_are_the_single_intervals(
    band: Callable[..., tuple[NDArray[np.float64], NDArray[np.float64]]],
    single: Callable[[int, int], Interval],
) -> None:
    k = np.array([[0, 3, 9], [10, 5, 0]])
    n = np.array([10, 9, 9])
    low, high = band(np.minimum(k, n), n)
    assert low.shape == high.shape == (2, 3)
    for i in range(2):
        for j in range(3):
            assert single(min(int(k[i, j]), int(n[j])), int(n[j])) == (low[i, j], high[i, j])


@pytest.mark.parametrize(("k", "n", "level"), [(3, 2, 0.95), (-1, 2, 0.95), (1, 2, 95), (1, 2, 1)])
def test_impossible_counts_and_levels_are_refused(k: int, n: int, level: float) -> None:
    for interval in (wilson, jeffreys):
        with pytest.raises(InputError):
            interval(k, n, level)


def test_paired_difference_is_bonett_and_prices() -> None:
    """Their formula by hand: 3 and 10 discordant pairs of 80."""
    a, b = 4 / 82, 11 / 82
    se = ((a + b - (a - b) ** 2) / 82) ** 0.5
    z = scipy_stats.norm.ppf(0.975)
    assert paired_difference(3, 10, 80) == pytest.approx((b - a - z * se, b - a + z * se))
    low, high = paired_difference(0, 0, 100)
    assert low == -high
    assert 0.02 < high < 0.05


def test_paired_difference_covers() -> None:
    rng = np.random.default_rng(0)
    drawn = rng.multinomial(60, [0.05, 0.15, 0.8], size=2000)
    held = [
        low <= 0.1 <= high
        for low, high in (paired_difference(int(x), int(y), 60) for x, y, _ in drawn)
    ]
    assert 0.93 <= np.mean(held) <= 0.98
