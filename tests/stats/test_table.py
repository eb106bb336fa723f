"""A small run of benchmarks/acuity_coverage.py: a broken interval cannot pass it."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "acuity_coverage.py"


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("acuity_coverage", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules["acuity_coverage"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    yield module
    del sys.modules["acuity_coverage"]


@pytest.mark.parametrize(
    ("design", "observers"), [("fixed, 21 lengths x 20", 200), ("adaptive to 1.25", 40)]
)
def test_the_interval_of_l50_covers_and_is_not_idle(script, design, observers):
    results = script.simulate(script.DESIGNS[design], observers, seed=7)
    inside = [r for r in results if script.in_chart(r)]
    covered = np.mean([script.covers(r) for r in inside])
    assert covered >= 0.90
    assert np.mean([script.rightly_censored(r) for r in results]) >= 0.97
    closed = [r for r in inside if r.l50.interval.low > 0 and np.isfinite(r.l50.interval.high)]
    assert len(closed) > 0.7 * len(inside)
    assert np.median([r.l50.interval.high / r.l50.interval.low for r in closed]) < 1.6
    if design.startswith("adaptive"):
        spent = np.array([r.tally.trials.sum() for r in results])
        assert np.median(spent) < 0.5 * script.BUDGET
