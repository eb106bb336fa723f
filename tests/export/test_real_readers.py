"""Exports read by the packages they are meant for: inspect_ai, its viewer, Every Eval Ever."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import snellen
from playwright.sync_api import expect
from snellen.store.answers import Reply
from snellen.store.texts import entries_of

from ..browsing import chromium
from ..served.servers import ROOT, free_port, python_of, running

pytestmark = pytest.mark.served

READ = """
import json, sys
from inspect_ai.analysis import evals_df, samples_df
from inspect_ai.log import list_eval_logs, read_eval_log

folder = sys.argv[1]
logs = [read_eval_log(info.name) for info in list_eval_logs(folder)]
evals, samples = evals_df(folder), samples_df(folder)  # these show their progress
print()
print(json.dumps([
    {
        "task": log.eval.task, "model": log.eval.model, "status": log.status,
        "args": log.eval.task_args, "metadata": log.eval.metadata,
        "metrics": {m.name: m.value for m in log.results.scores[0].metrics.values()},
        "samples": [
            {"id": s.id, "input": s.input, "target": s.target, "said": s.output.completion,
             "score": s.scores["snellen"].value if s.scores else None,
             "answer": s.scores["snellen"].answer if s.scores else None,
             "error": s.error.message if s.error else None,
             "stop": s.output.stop_reason if s.output.choices else None,
             "length": s.metadata["length"]}
            for s in log.samples
        ],
    }
    for log in logs
]))
print(json.dumps({
    "evals": len(evals), "samples": len(samples),
    "accuracy": sorted(evals["score_headline_value"].tolist()),
    "lengths": sorted(samples["metadata_length"].astype(int).tolist()),
    "right": int((samples["score_snellen"] == "C").sum()),
}))
"""


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT / ".typecheck"), "HF_HUB_OFFLINE": "1"}


def asked(*words: object, cwd: Path | None = None) -> str:
    done = subprocess.run(
        [*map(str, words)], capture_output=True, text=True, check=False, cwd=cwd, env=environment()
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


def export_logs(runs: list[Path], out: Path) -> Path:
    """Logs of runs, written in the environment that has inspect_ai."""
    words = ["-m", "snellen", "export", *runs, "--to", "inspect", "--out", out]
    asked(python_of("inspect"), *words)
    return out


@pytest.fixture
def logs(runs: list[Path], tmp_path: Path) -> Path:
    return export_logs(runs, tmp_path / "logs")


def test_inspects_own_readers_find_every_trial(logs: Path, runs: list[Path]) -> None:
    *_, told, frames = asked(python_of("inspect"), "-c", READ, logs).splitlines()
    found: list[dict[str, Any]] = json.loads(told)
    loaded = [snellen.load_run(run) for run in runs]
    assert len(found) == sum(len(run.acuities) for run in loaded)
    for run in loaded:
        kept = entries_of(run.path)
        said = {
            (one.task, f"{one.length}-{one.index}"): entry.result.text
            for one, entry in kept.items()
            if isinstance(entry.result, Reply)
        }
        prompts = {(t.id.task, f"{t.id.length}-{t.id.index}"): t.prompt
                   for t in run.manifest.plan.build_trials()}  # fmt: skip
        for key in run.acuities:
            log = next(one for one in found if one["task"] == f"snellen_{key.task}"
                       and one["args"]["lens"] == key.lens)  # fmt: skip
            rows = run.trials[run.trials["task"] == key.task]
            assert (log["status"], log["model"]) == ("success", "openai/wire-1")
            assert log["metadata"]["L50"] == str(run.acuities[key].l50)
            right = (rows["outcome"] == "correct").sum() / (rows["outcome"] != "failed").sum()
            assert log["metrics"]["accuracy"] == pytest.approx(right)
            by_name = {sample["id"]: sample for sample in log["samples"]}
            assert len(by_name) == len(rows)
            for row in rows.to_dict("records"):
                name = f"{row['length']}-{row['index']}"
                sample = by_name[name]
                assert sample["input"] == prompts[key.task, name]
                assert sample["target"] == row["truth"]
                assert sample["said"] == said.get((key.task, name), "")
                failed = row["outcome"] == "failed"
                assert (sample["error"] is not None) == failed
                score = None if failed else "C" if row["outcome"] == "correct" else "I"
                assert sample["score"] == score
                if row["outcome"] == "truncated":
                    assert sample["stop"] == "max_tokens"
    frame = json.loads(frames)
    trials = pd.concat([run.trials for run in loaded])
    assert frame["evals"] == len(found)
    assert frame["accuracy"] == sorted(log["metrics"]["accuracy"] for log in found)
    assert frame["samples"] == len(trials)
    assert frame["right"] == int((trials["outcome"] == "correct").sum())
    assert frame["lengths"] == sorted(trials["length"].astype(int))


def test_a_log_comes_back_as_the_curve_it_was(logs: Path, runs: list[Path], tmp_path: Path) -> None:
    asked(
        python_of("inspect"), "-m", "snellen", "acuity", "--from", *logs.glob("*.eval"),
        "--out", tmp_path / "back", cwd=tmp_path,
    )  # fmt: skip
    (path,) = (tmp_path / "back").rglob("curves.csv")
    back = pd.read_csv(path).groupby(["task", "length"])[["answered", "correct"]].sum()
    every = pd.concat([snellen.load_run(run).curves for run in runs])
    every["task"] = [f"snellen_{task}" for task in every["task"]]
    own = every.groupby(["task", "length"])[["answered", "correct"]].sum()
    assert back.to_dict() == own.to_dict()


def test_inspects_viewer_shows_a_log_and_runs_nothing_in_it(
    runs: list[Path], tmp_path: Path
) -> None:
    logs = export_logs(runs[:1], tmp_path / "logs")
    port = free_port()
    command = [str(python_of("inspect").with_name("inspect")), "view", "--log-dir", str(logs),
               "--port", str(port)]  # fmt: skip
    root = f"http://127.0.0.1:{port}"
    with running(command, f"{root}/api/logs", tmp_path / "view.log"), chromium() as browser:
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("dialog", lambda dialog: faults.append(dialog.message))
        (log,) = logs.glob("*count-ones*.eval")
        page.goto(f"{root}/#/tasks/{log.name}")
        expect(page.get_by_text("snellen_count_ones").first).to_be_visible(timeout=60_000)
        expect(page.get_by_text("28 Samples", exact=True)).to_be_visible(timeout=60_000)
        page.goto(f"{root}/#/tasks/{log.name}/samples/sample/4-0/1")
        expect(page.get_by_text("Assistant").first).to_be_visible(timeout=60_000)
        page.screenshot(path=str(tmp_path / "sample.png"))
        assert faults == []


def test_every_eval_ever_takes_the_records(runs: list[Path], root: Path, tmp_path: Path) -> None:
    snellen.export(
        [*runs, root / "results/reference/float32"], "every-eval-ever", tmp_path / "records",
        organization="A lab",
    )  # fmt: skip
    said = asked(
        python_of("every-eval-ever"), "-m", "every_eval_ever", "validate", "--format", "json",
        "data/*/*/*/*.json*", cwd=tmp_path / "records",
    )  # fmt: skip
    reports = json.loads(said)
    assert len(reports) == 6
    assert all(one["valid"] and not one["warnings"] for one in reports)
    assert sum(one["line_count"] for one in reports) == 224 + 54 + 56


def test_the_validator_sees_what_it_should(runs: list[Path], tmp_path: Path) -> None:
    snellen.export(runs[0], "every-eval-ever", tmp_path / "records")
    (path,) = (tmp_path / "records").rglob("*.json")
    record = json.loads(path.read_text())
    record["evaluation_results"][0]["score_details"]["score"] = -1
    path.write_text(json.dumps(record))
    done = subprocess.run(
        [python_of("every-eval-ever"), "-m", "every_eval_ever", "validate", "data/*/*/*/*.json"],
        cwd=tmp_path / "records", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "outside" in done.stdout
