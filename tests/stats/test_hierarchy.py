"""Means that say what they are about: against statsmodels, and simulated populations."""

from __future__ import annotations

import numpy as np
import pytest
from snellen.stats.hierarchy import design_effect, over_samples, over_tasks
from statsmodels.stats.meta_analysis import combine_effects


@pytest.mark.parametrize("seed", range(4))
def test_the_mean_over_tasks_is_that_of_statsmodels(seed: int) -> None:
    rng = np.random.default_rng(seed)
    y, s = rng.normal(5, 1.5, 7), rng.uniform(0.2, 0.6, 7)
    theirs = combine_effects(y, s**2, method_re="iterated", use_t=True)
    ours = over_tasks(y, s)
    assert ours.spread**2 == pytest.approx(theirs.tau2, rel=1e-3)
    assert ours.value == pytest.approx(theirs.mean_effect_re, rel=1e-4)
    half = (ours.like_these.high - ours.like_these.low) / 2
    scale = max(1.0, theirs.scale_hksj_re)
    t = 2.446912  # Student, 6 degrees of freedom
    assert half == pytest.approx(t * np.sqrt(scale) * theirs.sd_eff_w_re, rel=1e-3)


def test_tasks_like_these_are_less_sure_than_these() -> None:
    found = over_tasks([3.0, 5.0, 7.0], [0.1, 0.1, 0.1])
    assert found.value == found.value_these == pytest.approx(5)
    assert found.these.high - found.these.low < 0.3
    assert found.like_these.high - found.like_these.low > 5
    alone = over_tasks([3.0], [0.1])
    assert alone.like_these == (-np.inf, np.inf)


def test_both_intervals_hold_for_their_own_population() -> None:
    rng = np.random.default_rng(0)
    held = np.zeros(2)
    for _ in range(400):
        truth = rng.normal(5, 1.0, 6)
        errors = np.full(6, 0.3)
        found = over_tasks(truth + rng.normal(0, errors), errors)
        held += [
            found.these.low <= truth.mean() <= found.these.high,
            found.like_these.low <= 5 <= found.like_these.high,
        ]
    assert np.all((held / 400 >= 0.92) & (held / 400 <= 0.98))


def test_samples_of_hard_and_easy_prompts() -> None:
    """Half of the prompts always right, half never: sure of these, not of others."""
    found = over_samples([10] * 20 + [0] * 20, 10)
    assert found.value == 0.5
    assert found.these.high - found.these.low < 0.06
    assert found.like_these.low == pytest.approx(0.35, abs=0.02)
    assert design_effect([10] * 20 + [0] * 20, 10) == pytest.approx(10, rel=0.05)
    assert design_effect([5, 5, 5, 5], 10) == 1.0


def test_samples_cover_prompts_like_these() -> None:
    rng = np.random.default_rng(1)
    held = np.zeros(2)
    for _ in range(500):
        p = rng.beta(0.8, 0.8, 30)
        found = over_samples(rng.binomial(8, p), 8)
        held += [
            found.these.low <= p.mean() <= found.these.high,
            found.like_these.low <= 0.5 <= found.like_these.high,
        ]
    assert np.all((held / 500 >= 0.92) & (held / 500 <= 0.985))


def test_all_right_has_a_width_and_nonsense_is_refused() -> None:
    sure = over_samples([4] * 10, 4)
    assert 0.6 < sure.like_these.low < sure.these.low < 1
    for correct, samples in (([], 1), ([3], 2), ([0], 0)):
        with pytest.raises(ValueError, match="over_samples"):
            over_samples(correct, samples)
    with pytest.raises(ValueError, match="over_tasks"):
        over_tasks([1.0, 2.0], [0.1, 0.0])


def test_prompts_like_these_are_never_better_known_than_these() -> None:
    rng = np.random.default_rng(3)
    for _ in range(200):
        correct = rng.binomial(2, rng.uniform(0, 1), 12)
        found = over_samples(correct, 2)
        assert found.like_these.low <= found.these.low
        assert found.these.high <= found.like_these.high
