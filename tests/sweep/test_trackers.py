"""Curves and pages in real trackers, offline: W&B and Trackio, in an environment of their own."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from wireserver import Wire

from .sweep_servers import Counting

pytestmark = pytest.mark.served
ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-trackers" / "bin" / "python"
TRACKERS = ("wandb", "trackio")


@pytest.fixture
def tracked(tmp_path: Path) -> Callable[..., str]:
    """Runs a program of the trackers' environment; gives what it printed."""
    if not PYTHON.is_file():
        pytest.fail("no .venv-trackers: scripts/served_env.sh trackers builds it")

    def run(*words: str | Path) -> str:
        done = subprocess.run(
            [str(PYTHON), *map(str, words)],
            capture_output=True,
            text=True,
            check=False,
            env={
                **os.environ,
                "WANDB_MODE": "offline",
                "WANDB_SILENT": "true",
                "TRACKIO_DIR": str(tmp_path / "trackio"),
                "HF_HUB_OFFLINE": "1",
            },
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def runs_of(tracker: str, tracked: Callable[..., str], project: str) -> list[dict[str, Any]]:
    where = "." if tracker == "wandb" else project
    lines = tracked(ROOT / "tests/sweep/tracked.py", tracker, where).splitlines()
    found: list[dict[str, Any]] = json.loads(lines[-1])
    return found


def series(run: dict[str, Any], name: str) -> dict[int, float]:
    """A series of a run, by length."""
    curve, _, _ = name.rpartition("/")
    return {
        int(row.get(f"{curve}/length", row.get("step", -1))): float(row[name])
        for row in run["history"]
        if name in row
    }


def holds_tables_and_page(tracker: str, run: dict[str, Any]) -> None:
    logged = {key for row in run["history"] for key in row}
    for name in ("curves", "acuity", "report"):
        assert any(key.startswith(f"snellen/{name}") for key in logged), logged
    if tracker == "wandb":
        assert {"report.html", "curves.csv", "trials.csv"} <= set(run["artifacts"]["report"])
        assert len(run["media"]) == 1
    else:
        assert any("report-" in one for one in run["artifacts"])


@pytest.mark.parametrize("tracker", TRACKERS)
def test_a_run_has_its_curves_and_its_page_there(
    tracker: str, tracked: Callable[..., str], serve: Callable[[Wire], str]
) -> None:
    out = tracked(
        "-m", "snellen", "run", "--model", "openai/wire-1", "--base-url", serve(Counting()),
        "--tasks", "count_ones,copy_last", "--lengths", "1,2,5", "--trials", "2",
        "--max-tokens", "16", "--track", f"{tracker}:eyes",
    )  # fmt: skip
    assert "tracked: " in out
    (run,) = runs_of(tracker, tracked, "eyes")
    (path,) = Path("results").glob("*/*/curves.csv")
    assert run["name"] == f"openai__wire-1 {path.parent.name}"
    table = pd.read_csv(path)
    for task, rows in table.groupby("task"):
        for name in ("accuracy", "accuracy_high", "n", "unparseable"):
            wanted = dict(zip(rows["length"], rows[name], strict=True))
            assert series(run, f"{task}/{name}") == pytest.approx(wanted)
    holds_tables_and_page(tracker, run)


@pytest.mark.parametrize("tracker", TRACKERS)
def test_a_sweep_has_every_run_and_its_board_there(
    tracker: str,
    tracked: Callable[..., str],
    serve: Callable[[Wire], str],
    write_plan: Callable[..., Path],
) -> None:
    plan = write_plan(serve(Counting()), "night", tasks="count_ones,copy_last")
    tracked("-m", "snellen", "sweep", plan, "--track", tracker)
    runs = runs_of(tracker, tracked, "snellen")
    assert len(runs) == 3
    assert "night (sweep)" in {run["name"] for run in runs}
    (whole,) = [run for run in runs if run["name"] == "night (sweep)"]
    assert any(key.startswith("snellen/cells") for row in whole["history"] for key in row)
    if tracker == "wandb":
        assert {run["group"] for run in runs} == {"night"}
        assert {"leaderboard.html", "sweep.json"} <= set(whole["artifacts"]["report"])


@pytest.mark.parametrize("tracker", TRACKERS)
def test_lm_eval_logs_the_curves_beside_its_scalars(
    tracker: str, tracked: Callable[..., str], serve: Callable[[Wire], str]
) -> None:
    url = serve(Counting())
    tracked(
        "-m", "snellen", "lm-eval", "run", "--model", "snellen-openai",
        "--model_args", f"model=wire-1,base_url={url}", "--tasks", "snellen_count_ones",
        "--metadata", '{"lengths": [1, 2, 5], "trials": 2}', "--apply_chat_template",
        "--log_samples", "--output_path", "out", f"--{tracker}_args", "project=harness",
    )  # fmt: skip
    (run,) = runs_of(tracker, tracked, "harness")
    assert set(series(run, "count_ones/accuracy")) == {1, 2, 5}
    assert set(series(run, "count_ones/n").values()) == {2.0}
    holds_tables_and_page(tracker, run)
    logged = {key for row in run["history"] for key in row}
    assert any("snellen_count_ones" in key for key in logged)  # lm-eval's own


def test_what_is_not_installed_or_not_known_is_said_before_anything_is_asked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    from snellen.cli import main

    words = ["run", "--model", "openai/x", "--base-url", "http://127.0.0.1:1/v1", "--track"]
    assert main([*words, "tensorboard"]) == 2
    assert "--track tensorboard: there are: wandb, trackio" in capsys.readouterr().err
    assert main([*words, "trackio"]) == 2
    assert "pip install 'snellen[trackio]'" in capsys.readouterr().err
