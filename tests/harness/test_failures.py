"""Requests that fail for good are in no score, whoever wrote the task; the exit code says so."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from lm_eval.api.metrics import mean
from lm_eval.models.dummy import DummyLM
from snellen.cli import lm_eval as command
from snellen.cli.main import main
from snellen.errors import RequestsFailed
from snellen.harness.failures import leaving_out_failures
from snellen.tasks.documents import documents, process_results
from snellen.tasks.judging import AnswerText
from snellen.tasks.trial import TrialId, rebuild_trial
from wireserver import Call, Serving, Wire

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")

Serve = Callable[[Wire], Serving]
Evaluate = Callable[..., Any]


def no_ones(call: Call) -> str | None:
    """Every question with "1 plus" is too long for the server."""
    return "error:overflow" if "1 plus" in call.prompt else None


@pytest.fixture
def args(serve: Serve) -> Callable[..., dict[str, Any]]:
    def build(wire: Wire, **more: Any) -> dict[str, Any]:
        return {"model": "wire-1", "base_url": serve(wire).root + "/v1", **more}

    return build


def test_a_foreign_task_is_scored_without_them(args: Any, sums: Any, evaluate: Evaluate) -> None:
    with leaving_out_failures() as failed:
        results = evaluate(sums(), "snellen-openai", args(Wire(no_ones)))
    scores = results["results"]["sums_generate"]
    assert scores["exact_match,none"] == 1.0
    assert scores["sample_len"] == 9
    assert results["n-samples"]["sums_generate"] == {"original": 12, "effective": 9}
    told = results["failed"]["sums_generate"]
    assert (told["count"], told["doc_ids"]) == (3, [3, 4, 5])
    assert "maximum context length" in str(told["reasons"])
    assert failed.by_task() == results["failed"]
    rows = results["samples"]["sums_generate"]
    assert [row["doc_id"] for row in rows] == [0, 1, 2, 6, 7, 8, 9, 10, 11]
    assert all("exact_match" in row for row in rows)


def test_filters_and_repeats_do_not_bring_them_back(
    args: Any, sums: Any, evaluate: Evaluate
) -> None:
    task = sums(
        repeats=2,
        filter_list=[
            {"name": "first", "filter": [{"function": "take_first"}]},
            {
                "name": "loud",
                "filter": [{"function": "uppercase"}, {"function": "take_first"}],
            },
        ],
    )
    with leaving_out_failures():
        results = evaluate(task, "snellen-openai", args(Wire(no_ones)))
    assert results["results"]["sums_generate"]["exact_match,first"] == 1.0
    assert len(results["samples"]["sums_generate"]) == 2 * 9


def test_our_tasks_and_their_groups_too(args: Any, evaluate: Evaluate) -> None:
    wire = Wire(lambda call: "error:overflow" if len(call.prompt) > 300 else None)
    metadata = {"lengths": [2, 300], "trials": 3}
    with leaving_out_failures():
        results = evaluate("snellen_counting", "snellen-openai", args(wire), metadata=metadata)
    assert {name: told["count"] for name, told in results["failed"].items()} == dict.fromkeys(
        ("snellen_count_ones", "snellen_count_ones_bernoulli", "snellen_count_word"), 3
    )
    for name in results["failed"]:
        scores = results["results"][name]
        assert scores["sample_len"] == 3
        assert sum(scores["outcome,none"].values()) == 3
        assert "failed" not in scores["outcome,none"]
        assert {row["doc"]["length"] for row in results["samples"][name]} == {2}
    assert results["groups"]["snellen_counting"]["sample_len"] == 9


def test_a_task_that_failed_wholly_has_no_score(args: Any, evaluate: Evaluate) -> None:
    docs = documents(snellen_task="count_word", lengths=[1, 4], trials=2)["test"]
    prompts = {rebuild_trial(doc).prompt for doc in docs}
    wire = Wire(lambda call: "error:overflow" if call.prompt in prompts else None)
    with leaving_out_failures():
        results = evaluate("snellen_counting", "snellen-openai", args(wire))
    words = results["results"]["snellen_count_word"]
    assert [name for name in words if "exact_match" in name] == []
    assert results["results"]["snellen_counting"]["sample_len"] == 8


def test_without_that_nothing_is_scored(args: Any, sums: Any, evaluate: Evaluate) -> None:
    """As under the stock command: an error is better than a wrong score."""
    wire = Wire(no_ones)
    model_args = args(wire, journal="j.sqlite")
    with pytest.raises(RequestsFailed, match="3 of 12 requests failed for good"):
        evaluate(sums(), "snellen-openai", model_args)
    asked = len(wire.calls)
    wire.plan = lambda call: None
    results = evaluate(sums(), "snellen-openai", model_args)
    assert results["results"]["sums_generate"]["exact_match,none"] == 1.0
    assert len(wire.calls) == asked + 3


def test_the_cache_of_lm_eval_keeps_no_failure(args: Any, sums: Any, evaluate: Evaluate) -> None:
    wire = Wire(no_ones)
    model_args = args(wire)
    with leaving_out_failures():
        evaluate(sums(), "snellen-openai", model_args, use_cache="kept")
        asked = len(wire.calls)
        wire.plan = lambda call: None
        results = evaluate(sums(), "snellen-openai", model_args, use_cache="kept")
    assert len(wire.calls) == asked + 3
    assert results["results"]["sums_generate"]["exact_match,none"] == 1.0
    assert results["failed"] == {}


def test_other_models_are_evaluated_as_ever(sums: Any, evaluate: Evaluate) -> None:
    stock = evaluate(sums(), DummyLM(), None)
    with leaving_out_failures() as failed:
        results = evaluate(sums(), DummyLM(), None)
    assert results["results"] == stock["results"]
    assert "failed" not in results
    assert failed.reasons == {}


@pytest.fixture
def folder_of(sums: Any, tmp_path: Path) -> str:
    """A folder for ``--include_path`` with the task that is not ours."""
    folder = tmp_path / "tasks"
    folder.mkdir()
    (folder / "sums.yaml").write_text(yaml.safe_dump(sums()))
    return str(folder)


@pytest.fixture
def few_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    """lm-eval's command without its own 14,000 tasks: reading them takes longer than all else."""
    from lm_eval.tasks import TaskManager

    monkeypatch.setattr(
        "lm_eval.tasks.TaskManager",
        lambda *args, **more: TaskManager(*args, **more | {"include_defaults": False}),
    )
    monkeypatch.setattr("lm_eval.evaluator.add_env_info", lambda results: None)


def words(folder: str, base: str, *more: str) -> list[str]:
    return [
        "run", "--model", "snellen-openai", "--model_args", f"model=wire-1,base_url={base}",
        "--tasks", "sums_generate", "--include_path", folder, "--output_path", "out",
        "--log_samples", *more,
    ]  # fmt: skip


@pytest.mark.usefixtures("few_tasks")
def test_the_command_names_them_and_exits_1(
    serve: Serve, folder_of: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    base = serve(Wire(no_ones)).root + "/v1"
    assert command.forward(words(folder_of, base)) == 1
    said = capsys.readouterr()
    assert "3 documents have no answer" in said.err
    assert "sums_generate: 3x" in said.err
    assert "maximum context length" in said.err
    assert "exact_match" in said.out
    (file,) = tmp_path.glob("out/*/results_*.json")
    read = json.loads(file.read_text())
    assert read["failed"]["sums_generate"]["count"] == 3
    assert read["results"]["sums_generate"]["exact_match,none"] == 1.0
    (file,) = tmp_path.glob("out/*/samples_*.jsonl")
    assert len(file.read_text().splitlines()) == 9


@pytest.mark.usefixtures("few_tasks")
def test_the_command_exits_0_without_failures(
    serve: Serve, folder_of: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.forward(words(folder_of, serve(Wire()).root + "/v1")) == 0
    assert "no answer" not in capsys.readouterr().err


@pytest.mark.usefixtures("few_tasks")
def test_an_expired_credit_is_no_score(
    serve: Serve, folder_of: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    base = serve(Wire(lambda call: "error:no_money")).root + "/v1"
    assert main(["lm-eval", *words(folder_of, base)]) in (1, 2)
    assert capsys.readouterr().err.splitlines()[-1].startswith("snellen: ")
    assert not list(tmp_path.glob("out/*/results_*.json"))


STOCK = """
import sys
import lm_eval.models
from lm_eval.api.registry import model_registry
from lm_eval.tasks import TaskManager
import lm_eval.tasks
lm_eval.tasks.TaskManager = lambda *a, **k: TaskManager(*a, **k | {"include_defaults": False})
# As the release after 0.4.13 reads our entry point.
model_registry.register("snellen-openai", target="snellen.harness.models:SnellenOpenai")
from lm_eval.__main__ import cli_evaluate
cli_evaluate()
"""


def test_the_stock_command_fails_rather_than_score_them(serve: Serve, folder_of: str) -> None:
    base = serve(Wire(no_ones)).root + "/v1"
    done = subprocess.run(
        [sys.executable, "-c", STOCK, *words(folder_of, base)],
        env=dict(os.environ), capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 1
    assert "3 of 12 requests failed for good, so nothing is scored" in done.stderr
    assert not Path("out").exists()


def test_a_failed_trial_of_ours_is_not_a_number_where_nobody_leaves_it_out() -> None:
    """For whoever calls our metrics himself; the average then says that something is missing."""
    doc = TrialId("count_ones", "direct", "none", 1, 3, 0, 0).as_dict()
    right = process_results(doc, [rebuild_trial(doc).truth])
    failed = process_results(doc, [AnswerText("", "failed")])
    assert str(mean([right["exact_match"], failed["exact_match"]])) == "nan"
