"""Median and 90th percentile by order statistics: against enumeration and heavy tails."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom
from snellen.errors import InputError
from snellen.stats.error_sizes import error_summary


@pytest.mark.parametrize("n", [1, 2, 5, 6, 10, 29, 35, 36, 60, 200])
@pytest.mark.parametrize(("name", "q"), [("median", 0.5), ("p90", 0.9)])
def test_ends_are_the_closest_order_statistics_that_hold(n: int, name: str, q: float) -> None:
    """Errors 1 to n: the end number r holds if P(Bin(n, q) < r) is at most 2.5 %, and so on."""
    low, high = getattr(error_summary(np.arange(1, n + 1)), name).interval
    lows = [r for r in range(1, n + 1) if binom.cdf(r - 1, n, q) <= 0.025]
    highs = [r for r in range(1, n + 1) if binom.sf(r - 1, n, q) <= 0.025]
    assert low == (max(lows) if lows else 0)
    assert high == (min(highs) if highs else np.inf)


def test_ten_errors_leave_the_upper_end_of_the_90th_percentile_open() -> None:
    found = error_summary(range(10))
    assert found.p90.interval.high == np.inf
    assert np.isfinite(error_summary(range(36)).p90.interval.high)
    assert found.mean == 4.5
    assert found.median.value == 4.5


def test_they_hold_where_tails_are_heavy() -> None:
    """Cauchy-like errors, ten of them: where bootstrap intervals held in half of the cases."""
    rng = np.random.default_rng(0)
    drawn = np.abs(rng.standard_cauchy((1500, 10)))
    found = [error_summary(x) for x in drawn]
    for name, truth in (("median", 1.0), ("p90", np.tan(0.9 * np.pi / 2))):
        held = [
            getattr(f, name).interval.low <= truth <= getattr(f, name).interval.high for f in found
        ]
        assert np.mean(held) >= 0.94


def test_what_is_no_error_is_refused() -> None:
    nothing = error_summary([])
    assert nothing.n == 0
    assert np.isnan(nothing.mean)
    assert np.isnan(nothing.median.value)
    for bad in ([-1.0], [np.nan], [1.0, np.inf]):
        with pytest.raises(InputError, match="absolute errors"):
            error_summary(bad)
    with pytest.raises(InputError, match="level"):
        error_summary([1], level=95)
