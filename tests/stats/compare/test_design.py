"""Designs before they are paid for: what they promise, and what they warn of."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from snellen.errors import InputError
from snellen.stats.compare.design import assess, expected, plan
from snellen.stats.curve.psychometric import CurveFamily, Psychometric

KNOWN = Psychometric(CurveFamily(), 5.0, 1.5, 0.02)


def test_a_plan_has_the_power_that_was_asked_for() -> None:
    found = plan(512, ratio=1.5, power=0.8)
    assert 0.77 <= found.power <= 0.95
    assert found.ratio <= 1.6
    assert found.requests == found.trials * len(found.lengths)
    between = expected([1, 512])
    pairs = np.full(len(found.lengths), found.trials)
    fresh = between.power(np.array(found.lengths), pairs, np.log2(1.5), draws=4000, seed=5)
    assert fresh == pytest.approx(found.power, abs=0.05)


def test_a_known_curve_saves_most_of_it() -> None:
    blind, knowing = plan(512, ratio=1.5), plan(512, ratio=1.5, known=KNOWN)
    assert knowing.requests < 0.6 * blind.requests
    assert min(knowing.lengths) >= 12
    assert max(knowing.lengths) <= 80


def test_a_budget_is_kept_and_its_limits_told() -> None:
    found = plan(512, ratio=1.1, budget=200)
    assert found.requests <= 200
    assert found.power < 0.8
    assert "not 80%" in found.warnings[0]
    assert found.ratio > 1.1


def test_designs_that_cannot_decide_are_warned_of() -> None:
    far = assess([128, 256, 512], 50, expected([1], KNOWN), ratio=1.25)
    assert far.power < 0.1
    assert any("near L50" in w for w in far.warnings)
    assert any("3 lengths" in w for w in far.warnings)
    coarse = assess([8, 16, 32, 64, 128, 256], 200, expected([1], KNOWN), ratio=1.25)
    assert any("up to a ratio of 2" in w for w in coarse.warnings)


@pytest.mark.parametrize(
    "options", [{"ratio": 1.0}, {"power": 1.0}, {"shortest": 512}, {"budget": 3}]
)
def test_impossible_plans_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        plan(512, **options)


def test_few_draws_answer_where_they_leave_no_doubt() -> None:
    """A shorter way to the same answer as all draws of `power` give."""
    between, lengths = expected([1, 512]), np.array([4, 16, 64, 256])
    for many in (10, 60):
        pairs = np.full(4, many)
        for octaves in (0.05, 0.5, 1.0, 2.0, 8.0):
            everything = between.either(lengths, pairs, octaves)
            assert between.reaches(0.8, lengths, pairs, octaves) == (everything >= 0.8)
