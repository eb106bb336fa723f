"""``snellen run``, end to end on a real model: a tiny random one, and the bundled one."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from snellen.store.trials import read_trials
from snellen.tasks.trial import rebuild_trial

Snellen = Callable[..., Any]
TASKS = ("count_ones", "copy_sequence")


def journal_rows(folder: Path) -> list[tuple[str, str]]:
    db = sqlite3.connect(folder / "journal.sqlite")
    try:
        return db.execute("SELECT key, answered_at FROM answers ORDER BY rowid").fetchall()
    finally:
        db.close()


def test_a_run_leaves_a_complete_directory(
    finished: tuple[Path, str], tiny: Path, read_json: Callable[[Path], Any]
) -> None:
    folder, said = finished
    files = {path.name for path in folder.iterdir()}
    assert files >= {
        "manifest.json", "journal.sqlite", "trials.csv", "trials.parquet", "curves.csv",
        "histogram.csv", "figures", "report.html", "lm_eval",
    }  # fmt: skip
    figures = {path.name for path in (folder / "figures").iterdir()}
    kinds = [f"{task}_{kind}.{form}" for task in TASKS
             for kind in ("error", "answers") for form in ("svg", "png")]  # fmt: skip
    assert figures >= set(kinds)
    assert f"report: {folder / 'report.html'}" in said
    assert all(task in said for task in TASKS)
    # Every trial once, in the plan's order, judged by what the journal holds.
    trials = read_trials(folder / "trials.csv")
    assert len(trials) == len(journal_rows(folder)) == 2 * 3 * 3
    assert trials["task"].drop_duplicates().tolist() == list(TASKS)
    assert trials["length"].tolist()[:4] == [1, 2, 9, 1]
    assert (trials["model"] == f"hf/{tiny}").all()
    assert trials["tokens"].notna().all()
    assert (trials["latency_s"] > 0).all()
    assert trials["outcome"].isin(["correct", "wrong", "unparseable", "truncated"]).all()
    for row in trials.to_dict("records"):
        asked = rebuild_trial({str(column): value for column, value in row.items()})
        assert (row["truth"], row["prompt_sha256"]) == (asked.truth, asked.prompt_sha256)
    curves = pd.read_csv(folder / "curves.csv")
    assert len(curves) == 2 * 3
    assert (curves["n"] == 3).all()
    assert curves["correct"].sum() == (trials["outcome"] == "correct").sum()
    manifest = read_json(folder / "manifest.json")
    assert (manifest["asked"], manifest["answered"], manifest["failed"]) == (18, 18, 0)
    assert manifest["numerics"]["engine"] == "transformers"
    assert manifest["usage"]["prompt_tokens"] == trials["prompt_tokens"].sum()
    assert manifest["finished"] >= manifest["created"]
    # lm-eval's own layout, with the answers that the journal has.
    (results,) = (folder / "lm_eval").rglob("results_*.json")
    assert set(read_json(results)["results"]) == {f"snellen_{task}" for task in TASKS}
    samples = list(results.parent.glob("samples_snellen_*.jsonl"))
    assert len(samples) == 2
    scored = [json.loads(line) for path in samples for line in path.read_text().splitlines()]
    assert sorted(row["outcome"] for row in scored) == sorted(trials["outcome"])


def test_the_page_is_one_file(finished: tuple[Path, str]) -> None:
    page = (finished[0] / "report.html").read_text(encoding="utf-8")
    fetched = re.findall(r"(?:src|href)=\"(?!#|data:)([^\"]+)\"", page)
    assert [link for link in fetched if not link.startswith(("http", "mailto"))] == []
    assert "<script src" not in page
    assert "<link" not in page
    assert all(task in page for task in TASKS)


def test_the_same_command_asks_nothing_again(
    finished: tuple[Path, str], chart: tuple[str, ...], snellen: Snellen
) -> None:
    shutil.copytree(finished[0].parents[1], "results")
    folder = Path("results", *finished[0].parts[-2:])
    rows, table = journal_rows(folder), (folder / "trials.csv").read_bytes()
    assert snellen(*chart).code == 0
    assert journal_rows(folder) == rows
    assert (folder / "trials.csv").read_bytes() == table
    assert len(list((folder / "lm_eval").rglob("results_*.json"))) == 1


def test_another_seed_is_another_run(snellen: Snellen, tiny: Path) -> None:
    words = ("run", "--model", f"hf/{tiny}", "--tasks", "copy_last", "--lengths", "4", "--trials",
             "2", "--max-tokens", "4", "--seed")  # fmt: skip
    assert snellen(*words, "0").code == 0
    assert snellen(*words, "1").code == 0
    one, other = (read_trials(path) for path in Path("results").rglob("trials.csv"))
    assert not set(one["prompt_sha256"]) & set(other["prompt_sha256"])


def test_modes_and_lenses_make_curves_of_their_own(snellen: Snellen, tiny: Path) -> None:
    said = snellen(
        "run", "--model", f"hf/{tiny}", "--tasks", "copy_last,paper_copy_last", "--lengths", "4",
        "--mode", "direct,cot", "--lens", "none,comma", "--trials", "1", "--max-tokens", "8",
    )  # fmt: skip
    assert said.code == 0, said.err
    (table,) = Path("results").rglob("curves.csv")
    curves = pd.read_csv(table)[["task", "mode", "lens"]].drop_duplicates()
    assert sorted(curves.itertuples(index=False, name=None)) == [
        ("copy_last", "cot", "comma"),
        ("copy_last", "cot", "none"),
        ("copy_last", "direct", "comma"),
        ("copy_last", "direct", "none"),
        ("paper_copy_last", "direct", "none"),
    ]


def test_an_explicit_name_is_kept_for_one_plan(snellen: Snellen, tiny: Path) -> None:
    words = ("run", "--model", f"hf/{tiny}", "--tasks", "count_ones", "--lengths", "1", "--trials",
             "1", "--max-tokens", "4", "--run-id", "mine")  # fmt: skip
    assert snellen(*words).code == 0
    (folder,) = Path("results").glob("*/mine")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    said = snellen(*words, "--temperature", "0.5")
    assert said.code == 2
    assert "temperature was 0.0 and is now 0.5" in said.err
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


@pytest.mark.bundled
def test_the_bundled_model_reads_short_lines(snellen: Snellen) -> None:
    said = snellen("run", "--tasks", "count_ones,copy_last", "--lengths", "1,3", "--trials", "2")
    assert said.code == 0, said.err
    (path,) = Path("results").glob("bundled/*/trials.csv")
    trials = read_trials(path)
    assert len(trials) == 8
    # Weak as it is, it answers: nothing failed, and it can say something that is a number.
    assert (trials["outcome"] != "failed").all()
    assert trials["outcome"].isin(["correct", "wrong"]).any()
    assert (trials["completion_tokens"] > 0).all()
