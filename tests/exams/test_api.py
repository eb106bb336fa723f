"""The Python API: what is exported, what a run can tell, and what is refused."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import snellen


def test_all_is_exactly_what_can_be_imported() -> None:
    for name in snellen.__all__:
        assert getattr(snellen, name) is not None
        assert getattr(snellen, name).__doc__
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = snellen.nothing
    assert set(snellen.__all__) <= set(dir(snellen))


def test_importing_is_cheap() -> None:
    code = "import sys, snellen; print(len([m for m in sys.modules if m.startswith('snellen')]))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"  # the package itself, and none of its rooms


def test_a_run_holds_its_tables(run: snellen.Run) -> None:
    assert isinstance(run.trials, pd.DataFrame)
    assert run.curves["n"].sum() == len(run.trials) == 24
    assert run.curves["correct"].sum() == (run.trials["outcome"] == "correct").sum()
    assert (run.failed, run.failures, run.stopped) == (0, {}, "")
    assert run.report.is_file()
    assert "24 trials" in repr(run)


def test_a_loaded_run_is_the_run(run: snellen.Run) -> None:
    found = snellen.load_run(run.path)
    assert found.trials.equals(run.trials)
    assert found.manifest == run.manifest
    assert found.acuity("count_ones", mode="cot") == run.acuity("count_ones", mode="cot")
    with pytest.raises(snellen.InputError, match="not a run directory"):
        snellen.load_run(Path("none"))


def test_an_acuity_has_a_value_or_a_reason(run: snellen.Run) -> None:
    for key in run.acuities:
        found = run.acuity(key.task, mode=key.mode)
        low, high = found.interval
        assert found.curve == key
        assert 0 <= low <= high <= math.inf
        assert found.value is None or low <= found.value <= high
        assert str(found) == found.text
    assert run.acuity("snellen_count_ones", mode="direct").curve.task == "count_ones"


@pytest.mark.parametrize(
    ("task", "mode", "says"),
    [("count_ones", None, "several curves fit"), ("sum_ones", None, "no curve fits"),
     (None, "cot", "several curves fit"), ("count_ones", "loud", "no curve fits")],
)  # fmt: skip
def test_a_curve_that_is_not_there_is_named(
    run: snellen.Run, task: str | None, mode: str | None, says: str
) -> None:
    with pytest.raises(snellen.InputError, match=says) as caught:
        run.acuity(task, mode=mode)
    assert "copy_sequence, direct" in str(caught.value) or "count_ones" in str(caught.value)


def test_a_notebook_shows_the_run(run: snellen.Run) -> None:
    html = run._repr_html_()
    assert html.count("<svg") == 2
    assert "count_ones" in html
    assert run.figure("count_ones").png.startswith(b"\x89PNG")
    assert "<svg" in run.figure("copy_sequence", "answers").svg
    with pytest.raises(snellen.InputError, match="no figure 'heat'"):
        run.figure("count_ones", "heat")


def test_runs_are_compared_in_python(run: snellen.Run) -> None:
    found = snellen.compare(run, run.path)
    assert len(found) == 4
    assert all(one.result.pairs.only_a.sum() == one.result.pairs.only_b.sum() == 0 for one in found)
    with pytest.raises(snellen.InputError, match="--margin 1"):
        snellen.compare(run, run, margin=1.0)


def test_settings_are_checked() -> None:
    without_types: Any = "somewhere"
    assert snellen.Settings(out=without_types).out == Path("somewhere")
    with pytest.raises(snellen.InputError, match="budget 0"):
        snellen.Settings(budget=0)


def test_acuity_refuses_what_guessing_solves(tiny: Path) -> None:
    plan = snellen.Plan(model=f"hf/{tiny}", tasks="copy_last_interleaved")
    with pytest.raises(snellen.InputError, match="no L50 to look for"):
        snellen.acuity(plan)
