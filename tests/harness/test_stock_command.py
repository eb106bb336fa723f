"""The tasks in the stock harness: its own command, its own backend, no other file of ours."""

from __future__ import annotations

import json
import math
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
from snellen.cli import main
from snellen.store.trials import read_trials
from snellen.tasks.trial import rebuild_trial


def command(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, env=dict(os.environ), capture_output=True, text=True)


LM_EVAL = Path(sys.executable).with_name("lm-eval")


@pytest.fixture
def path(capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["tasks", "--path"]) == 0
    return capsys.readouterr().out.strip()


def test_the_stock_command_runs_our_tasks(path: str, tiny: Path) -> None:
    done = command(
        str(LM_EVAL), "run", "--include_path", path, "--tasks", "snellen_counting", "--model", "hf",
        "--model_args", f"pretrained={tiny}", "--device", "cpu", "--batch_size", "8",
        "--metadata", '{"lengths": [1, 4, 16], "trials": 2}', "--gen_kwargs", "max_gen_toks=16",
        "--apply_chat_template", "--log_samples", "--output_path", "out",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    # Its own table: exact_match and abs_error with a standard error, a row each per task.
    rows = [line for line in done.stdout.splitlines() if line.startswith("|")]
    for metric in ("exact_match", "abs_error"):
        scored = [row for row in rows if re.search(rf"\|{metric} *\|", row)]
        assert len(scored) >= 3
        assert all("±" in row for row in scored)
    assert any("snellen_counting" in row for row in rows)
    (results,) = Path().glob("out/*/results_*.json")
    numbers = json.loads(results.read_text())["results"]
    assert set(numbers) >= {
        "snellen_count_ones", "snellen_count_ones_bernoulli", "snellen_count_word",
    }  # fmt: skip
    # Per-length values from the samples alone.
    files = sorted(Path().glob("out/*/samples_*.jsonl"))
    assert len(files) == 3
    samples = [json.loads(line) for file in files for line in file.read_text().split("\n") if line]
    assert len(samples) == 3 * 3 * 2
    for sample in samples:
        doc = sample["doc"]
        assert {"length", "index", "seed", "truth"} <= set(doc)
        asked = rebuild_trial(doc)
        assert asked.truth == doc["truth"]
        assert asked.prompt in sample["arguments"]["gen_args_0"]["arg_0"]
        assert sample["outcome"] in ("correct", "wrong", "unparseable")
        judged = asked.judge(sample["resps"][0][0])
        assert (sample["outcome"], sample["answer"]) == (judged.outcome, judged.answer)
        error = math.nan if judged.abs_error is None else judged.abs_error
        assert sample["abs_error"] == pytest.approx(error, nan_ok=True)
    by_length = Counter(sample["doc"]["length"] for sample in samples)
    assert by_length == {1: 6, 4: 6, 16: 6}
    # And our report on them.
    assert main(["report", *map(str, files), "--out", "drawn"]) == 0
    trials = read_trials(Path("drawn/trials.csv"))
    assert Counter(trials["outcome"]) == Counter(sample["outcome"] for sample in samples)
    curves = pd.read_csv("drawn/curves.csv")
    assert curves["length"].tolist() == [1, 4, 16] * 3
    assert Path("drawn/report.html").is_file()


def test_the_stock_command_lists_our_groups(path: str) -> None:
    # As `lm-eval ls groups` does, without its own 14,000 tasks: listing those takes a minute.
    listing = (
        "import sys; from lm_eval.tasks import TaskManager; "
        "tm = TaskManager(include_path=sys.argv[1], include_defaults=False); "
        "print(tm.list_all_tasks(list_groups=True, list_subtasks=False, list_tags=False))"
    )
    done = command(sys.executable, "-c", listing, path)
    assert done.returncode == 0, done.stderr
    listed = {word.strip() for line in done.stdout.splitlines() for word in line.split("|")}
    assert listed >= {
        "snellen", "snellen_counting", "snellen_copying", "snellen_summing", "snellen_paper",
        "snellen_counting_cot", "snellen_cot_fewshot",
    }  # fmt: skip
