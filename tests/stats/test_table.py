"""The committed table of docs/statistics.md against a rerun on a few observers of each row.

The observers of a short run are the first of a long one, so that what disagrees is the code (or
the table), and no bad luck: the tolerance is for rows whose counts are small.
"""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from scipy.stats import binomtest

from ..present import present

FOLDER = Path(__file__).parents[2] / "benchmarks" / "statistics_table"
DOC = Path(__file__).parents[2] / "docs" / "statistics.md"
LINE = re.compile(r"^\| (?P<name>[^|]+) \| (?P<seen>[^|]+) \| (?P<goal>[^|]+) \|$")
SHARE = re.compile(r"(?P<share>[\d.]+)% \(.*\) of (?P<observers>\d+)")
FEW = {
    "smooth, 21 lengths x 20: L50 covered": 40,
    "no shared luck: width with the spread / without": 20,
    "perfect steps, 10⁷ trials: L50 covered": 25,
    "flat at 0.5: closed interval": 25,
    "attractor at 128: closed interval": 25,
    "blind guesser of Bernoulli counts: has an L50": 25,
    "equal curves, shared luck 0.5: BETTER or WORSE": 200,
    "detectable ratio at 330 pairs: shown": 200,
    "ten errors, heavy tails: 90th percentile covered": 300,
    "board, L50 20, 60, 150, blind on 3 of 8: ranks 3, 2, 1": 20,
    "board: failing, refusing or cutting raised a rank": 40,
}


@pytest.fixture(scope="module")
def table() -> Iterator[ModuleType]:
    """The script with its modules, which stand beside it."""
    names = ["observers", "curves", "pairs"]
    before = {name: sys.modules.pop(name, None) for name in names}
    sys.path.insert(0, str(FOLDER))
    try:
        spec = importlib.util.spec_from_file_location("statistics_table", FOLDER / "__main__.py")
        module = importlib.util.module_from_spec(present(spec))
        present(present(spec).loader).exec_module(module)
        yield module
    finally:
        sys.path.remove(str(FOLDER))
        for name in names:
            sys.modules.pop(name, None)
            if (module_before := before[name]) is not None:
                sys.modules[name] = module_before


@pytest.fixture(scope="module")
def committed() -> dict[str, str]:
    text = DOC.read_text(encoding="utf-8")
    lines = text.split("<!-- statistics -->\n")[1].split("<!-- /statistics -->")[0].splitlines()
    return {m["name"]: m["seen"] for m in map(LINE.match, lines[2:]) if m}


def test_the_committed_table_has_every_row(table: ModuleType, committed: dict[str, str]) -> None:
    assert list(committed) == list(table.ROWS)


def agrees(found: tuple[int, int] | float, committed: str) -> bool:
    """Whether what was found on a few observers may be what the table says of many."""
    said = SHARE.match(committed)
    if said is None:
        assert isinstance(found, float)
        return bool(np.isclose(found, float(committed), rtol=0.08))
    assert isinstance(found, tuple)
    # What a table of so many observers cannot tell from 0 or 1 is no certainty.
    least = 1 / (int(said["observers"]) + 2)
    share = float(np.clip(float(said["share"]) / 100, least, 1 - least))
    return bool(binomtest(*found, share).pvalue > 1e-3)


@pytest.mark.parametrize("name", FEW)
def test_a_rerun_agrees_with_the_committed_table(
    table: ModuleType, committed: dict[str, str], name: str
) -> None:
    assert agrees(table.ROWS[name].run(FEW[name]), committed[name])


def test_a_table_that_is_wrong_is_found(table: ModuleType, committed: dict[str, str]) -> None:
    """A number that is off by a quarter no longer agrees with its rerun."""
    assert not agrees(1.3, "1.05")
    name = "detectable ratio at 330 pairs: shown"
    assert not agrees(table.ROWS[name].run(FEW[name]), "65.0% (60% to 70%) of 1000")
    for row, observers in FEW.items():
        said = SHARE.match(committed[row])
        if said is not None and observers >= 40:
            share = float(said["share"]) / 100
            moved = share - 0.25 if share > 0.5 else share + 0.25
            hits = round(share * observers)
            assert not agrees((hits, observers), f"{moved:.1%} (0% to 1%) of 1000"), row
