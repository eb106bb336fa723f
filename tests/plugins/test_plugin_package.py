"""The package in examples/plugin, built and installed in an environment of its own."""

from __future__ import annotations

import json
import os
import shutil
import site
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import snellen

ROOT = Path(snellen.__file__).resolve().parent

# What a user does there, command by command, in one process: importing takes longest.
SCRIPT = """
import contextlib, io, json, sys
from pathlib import Path

def command(*words):
    from snellen.cli import main
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main(list(words))
        except SystemExit as leaving:
            code = leaving.code
    return {"code": code, "out": out.getvalue(), "err": err.getvalue()}

ASK = ["run", "--model", "robot/8", "--tasks", "count_vowels"]
said = {
    "tasks": command("tasks"),
    "models": command("models"),
    "path": command("tasks", "--path"),
    "budget": command(*ASK, "--lengths", "4", "--budget", "1"),
    "price": command(*ASK, "--lengths", "4", "--dry-run"),
    "run": command(
        *ASK, "--lens", "none,framed", "--lengths", "1,4,32,64", "--trials", "6", "--out", "o"
    ),
    "name": command("run", "--model", "robot/far", "--tasks", "count_vowels"),
}

import lm_eval
import lm_eval.evaluator
import lm_eval.tasks
stock = lm_eval.tasks.TaskManager
lm_eval.tasks.TaskManager = lambda *a, **k: stock(*a, **k | {"include_defaults": False})
lm_eval.evaluator.add_env_info = lambda results: None
from lm_eval._cli import HarnessCLI

def harness(*words):
    sys.argv = ["lm-eval", *words]
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        parser = HarnessCLI()
        parser.execute(parser.parse_args())
    return out.getvalue()

FEW = ["--metadata", '{"lengths": [2, 40], "trials": 2, "lens": "framed"}']
said["stock"] = harness(
    "run", "--model", "dummy", "--include_path", said["path"]["out"].strip(),
    "--tasks", "snellen_count_vowels", *FEW,
)
said["ours"] = command(
    "lm-eval", "run", "--model", "snellen-robot", "--model_args", "model=8",
    "--tasks", "snellen_count_vowels", *FEW, "--log_samples", "--output_path", "h",
)
Path("said.json").write_text(json.dumps(said))
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment that holds Snellen, the plug-in, and what they need."""
    folder = tmp_path_factory.mktemp("plugin")
    shutil.copytree(ROOT / "examples/plugin", folder / "source")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", "dist"],
        cwd=folder / "source", check=True, capture_output=True,
    )  # fmt: skip
    (wheel,) = (folder / "source/dist").glob("*.whl")
    venv.create(folder / "env", with_pip=False)
    (packages,) = (folder / "env/lib").glob("python*/site-packages")
    subprocess.run(
        [
            sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check",
            "--no-deps", "--no-index", "--target", str(packages), str(wheel),
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    (folder / "tree").mkdir()
    (folder / "tree/snellen").symlink_to(ROOT)
    others = [str(folder / "tree"), *site.getsitepackages()]
    (packages / "others.pth").write_text("\n".join(others))
    return folder / "env/bin/python"


@pytest.fixture(scope="module")
def folder(python: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which everything was done."""
    where = tmp_path_factory.mktemp("work")
    own = {"XDG_CACHE_HOME": str(where / "cache"), "HF_HOME": str(where / "hf")}
    quiet = {
        "HF_HUB_OFFLINE": "1",
        "HF_DATASETS_OFFLINE": "1",
        "OMP_NUM_THREADS": "1",
        "COLUMNS": "200",
    }
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [str(python), "-c", SCRIPT], cwd=where, env=kept | own | quiet, capture_output=True,
        text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    return Path(where)


@pytest.fixture(scope="module")
def said(folder: Path) -> Any:
    return json.loads((folder / "said.json").read_text())


def test_it_is_listed(said: Any) -> None:
    assert said["tasks"]["code"] == said["models"]["code"] == 0
    assert "count_vowels" in said["tasks"]["out"]
    assert "letters, half of them vowels; how many vowels" in said["tasks"]["out"]
    assert "framed" in said["tasks"]["out"]
    assert "robot/SIGHT" in said["models"]["out"]


def test_its_provider_is_asked_and_its_task_reported(said: Any, folder: Path) -> None:
    assert said["run"]["code"] == 0, said["run"]["err"]
    (path,) = folder.glob("o/*/*/trials.csv")
    trials = pd.read_csv(path)
    assert set(trials["task"]) == {"count_vowels"}
    assert set(trials["lens"]) == {"none", "framed"}
    assert set(trials["model"]) == {"robot/8"}
    # It sees eight letters: all of 1 and 4, a part of 32 and 64.
    right = trials.assign(right=trials["outcome"] == "correct").groupby("length")["right"].mean()
    assert right[1] == right[4] == 1.0
    assert right[64] < 0.2
    page = (path.parent / "report.html").read_text()
    assert "count_vowels" in page
    assert "framed" in page
    samples = list(path.parent.glob("lm_eval/*/samples_snellen_count_vowels_*.jsonl"))
    assert len(samples) == 2


def test_its_price_is_unknown_and_never_free(said: Any, folder: Path) -> None:
    assert said["budget"]["code"] == 2
    (line,) = said["budget"]["err"].strip().splitlines()
    assert "price" in line
    assert "robot/8" in line
    assert "unknown" in said["price"]["out"]
    (path,) = folder.glob("o/*/*/manifest.json")
    assert json.loads(path.read_text())["cost_usd"] is None


def test_its_bad_input_is_one_line(said: Any) -> None:
    assert said["name"]["code"] == 2
    assert said["name"]["err"].strip().splitlines() == [
        "snellen: robot/far: a robot is named by the number of letters it sees: robot/8"
    ]


def test_its_task_is_in_lm_eval(said: Any) -> None:
    assert "snellen_count_vowels" in said["stock"]
    assert "exact_match" in said["stock"]


def test_its_model_is_in_lm_eval(said: Any, folder: Path) -> None:
    assert said["ours"]["code"] == 0, said["ours"]["err"]
    (path,) = folder.glob("h/*/samples_snellen_count_vowels_*.jsonl")
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert {row["outcome"] for row in rows if row["doc"]["length"] == 2} == {"correct"}
    assert all("[" in row["arguments"]["gen_args_0"]["arg_0"] for row in rows)
