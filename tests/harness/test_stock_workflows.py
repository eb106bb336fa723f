"""What people do with lm-eval beside running it: several processes, W&B, Zeno."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from lm_eval.loggers import WandbLogger
from snellen.tasks.yaml_files import YAML_FOLDER

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")

TASK = "snellen_count_ones"

RANK = """
import sys
from lm_eval.tasks import TaskManager
import lm_eval.evaluator, lm_eval.tasks
lm_eval.tasks.TaskManager = lambda *a, **k: TaskManager(*a, **k | {"include_defaults": False})
lm_eval.evaluator.add_env_info = lambda results: None
from lm_eval.__main__ import cli_evaluate
cli_evaluate()
"""


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """lm-eval's command, without its own 14,000 tasks."""
    path = tmp_path / "rank.py"
    path.write_text(RANK)
    return path


def test_two_processes_share_the_documents(script: Path, tiny: Path, tmp_path: Path) -> None:
    """`accelerate launch --num_processes 2`, on the CPU: each scores half, one gathers."""
    words = [
        "run", "--model", "hf", "--model_args", f"pretrained={tiny}", "--device", "cpu",
        "--include_path", str(YAML_FOLDER), "--tasks", "snellen_count_ones,snellen_copy_sequence",
        "--metadata", '{"lengths": [1, 3], "trials": 4}', "--gen_kwargs", "max_gen_toks=4",
        "--apply_chat_template", "--log_samples", "--output_path", "out", "--batch_size", "4",
    ]  # fmt: skip
    done = subprocess.run(
        [
            sys.executable, "-m", "accelerate.commands.launch", "--cpu", "--num_processes", "2",
            "--num_machines", "1", "--mixed_precision", "no", "--dynamo_backend", "no",
            "--main_process_port", str(free_port()), str(script), *words,
        ],
        env=os.environ | {"OMP_NUM_THREADS": "1", "ACCELERATE_USE_CPU": "true"},
        capture_output=True, text=True, timeout=170,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert "KeyError" not in done.stderr
    (file,) = tmp_path.glob("out/*/results_*.json")
    read = json.loads(file.read_text())
    for name in ("snellen_count_ones", "snellen_copy_sequence"):
        assert read["results"][name]["sample_len"] == 8
        (rows,) = tmp_path.glob(f"out/*/samples_{name}_*.jsonl")
        samples = [json.loads(line) for line in rows.read_text().splitlines()]
        assert len(samples) == 8
        # Both halves are there, with answers and without: what broke the gathering.
        assert {sample["doc_id"] % 2 for sample in samples} == {0, 1}
        assert all("abs_error" in sample for sample in samples)
    outcomes = read["results"]["snellen_count_ones"]["outcome,none"]
    assert sum(outcomes.values()) == 8


@pytest.fixture
def evaluated(evaluate: Any) -> Any:
    """Results with right, wrong and unread answers."""
    from lm_eval.api.model import LM

    class Mixed(LM):  # type: ignore[misc]
        def generate_until(self, requests: Any, disable_tqdm: bool = False) -> list[str]:
            said = ("1", "no idea", "9")
            return [said[number % 3] for number, _ in enumerate(requests)]

        loglikelihood = loglikelihood_rolling = generate_until

    return evaluate(TASK, Mixed(), None)


def test_weights_and_biases_makes_its_table(evaluated: Any) -> None:
    """`--wandb_args` with `--log_samples`: lm-eval looks every metric up in every sample."""
    samples, config = evaluated["samples"][TASK], evaluated["configs"][TASK]
    frame = WandbLogger._generate_dataset(None, samples, config)
    assert isinstance(frame, pd.DataFrame)
    assert frame["outcome"].tolist() == ["correct", "unparseable", "wrong", "wrong"]
    assert frame["abs_error"].isna().tolist() == [False, True, False, False]
    assert frame["exact_match"].tolist() == [1.0, 0.0, 0.0, 0.0]


def test_zeno_makes_its_tables(evaluated: Any) -> None:
    """Its script (in lm-eval's repository, not in its wheel) reads the written files like this."""
    config = evaluated["configs"][TASK]
    written = [json.loads(json.dumps(sample)) for sample in evaluated["samples"][TASK]]
    columns = {
        metric["metric"]: [sample[metric["metric"]] for sample in written]
        for metric in config["metric_list"]
    }
    assert set(columns) == {"exact_match", "abs_error", "outcome", "answer"}
    assert all(len(values) == 4 for values in columns.values())
    assert all(isinstance(value, float) for value in columns["abs_error"])
