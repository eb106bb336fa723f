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


@pytest.mark.parametrize("name", FEW)
def test_a_rerun_agrees_with_the_committed_table(
    table: ModuleType, committed: dict[str, str], name: str
) -> None:
    found = table.ROWS[name].run(FEW[name])
    said = SHARE.match(committed[name])
    if said is None:
        assert found == pytest.approx(float(committed[name]), rel=0.08)
        return
    share = float(said["share"]) / 100
    # What a table of so many observers cannot tell from 0 or 1 is no certainty.
    share = float(
        np.clip(share, 1 / (int(said["observers"]) + 2), 1 - 1 / (int(said["observers"]) + 2))
    )
    assert binomtest(found.hits, found.observers, share).pvalue > 1e-3
