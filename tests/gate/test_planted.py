"""A seeded part of benchmarks/gate_faults.py: one repeat of every planted fault."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "gate_faults.py"
FAULTS = (
    "middle dropped", "blocks of 16 shuffled", "first tokens only", "another model for 20 %",
    "lower precision",
)  # fmt: skip


@pytest.fixture(scope="module")
def script() -> Iterator[ModuleType]:
    before = list(sys.path)
    spec = importlib.util.spec_from_file_location("gate_faults", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["gate_faults"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    yield module
    del sys.modules["gate_faults"]
    sys.path[:] = before


@pytest.mark.parametrize(("seed", "fault"), list(enumerate(FAULTS)))
def test_a_planted_fault_is_found_where_it_begins(
    script: ModuleType, seed: int, fault: str
) -> None:
    assert list(script.FAULTS) == list(FAULTS)
    found, _, _ = script.once(fault, seed)
    assert found.exit_code == 1
    assert found.worse == ("b",)
    start = script.STARTS[seed % 3]
    assert start / 2 <= found.onset <= 2 * start
    assert found.trials <= script.fixed_grid(6) / 3
    assert not script.short_gate_finds(fault, seed)
