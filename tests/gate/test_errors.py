"""A seeded part of benchmarks/gate_verdicts.py: a gate that errs too often cannot pass it."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from snellen.exams.gate.result import Verdict

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "gate_verdicts.py"


@pytest.fixture(scope="module")
def script() -> Iterator[ModuleType]:
    spec = importlib.util.spec_from_file_location("gate_verdicts", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["gate_verdicts"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    yield module
    del sys.modules["gate_verdicts"]


def test_equal_servers_pass_and_hardly_ever_fail(script: ModuleType) -> None:
    same = [script.once(seed, 0.95, 0.0) for seed in range(1000, 1015)]
    assert {verdict for verdict, *_ in same} == {Verdict.PASS}
    noisy = [script.once(seed, 0.95, 0.2) for seed in range(1000, 1030)]
    assert sum(verdict is Verdict.FAIL for verdict, *_ in noisy) <= 2
    assert sum(verdict is Verdict.PASS for verdict, *_ in noisy) >= 20


@pytest.mark.parametrize(("fault", "noise"), [(0.5, 0.2), (0.2, 0.0)])
def test_a_fault_is_found_with_a_third_of_the_trials(
    script: ModuleType, fault: float, noise: float
) -> None:
    found = [script.once(seed, 0.95, noise, 512, fault) for seed in range(1000, 1020)]
    assert sum(verdict is Verdict.FAIL for verdict, *_ in found) >= 19
    near = [onset is not None and 256 <= onset <= 1024 for _, onset, _, _ in found]
    assert sum(near) >= 18
    trials = sorted(one[2] for one in found)
    assert trials[len(trials) // 2] <= script.fixed_grid() / 3


def test_what_a_itself_does_not_see_is_no_pass(script: ModuleType) -> None:
    verdict, onset, _, _ = script.once(1000, 0.0, 0.0)
    assert verdict is Verdict.INCONCLUSIVE
    assert onset is None
