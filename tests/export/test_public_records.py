"""Public records: Every Eval Ever's, and what a model's repository on the Hub holds."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
import snellen
import yaml
from huggingface_hub import parse_eval_result_entries
from snellen.harness.export.identity import public_model, task_id
from snellen.reports.over_tasks import task_means
from snellen.store.curve_key import CurveKey
from snellen.store.manifest import Manifest
from snellen.store.plan import Plan


def records(folder: Path) -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Every record of an export, with its samples."""
    found = []
    for path in sorted(folder.rglob("*.json")):
        record = json.loads(path.read_text())
        samples = folder / record["detailed_evaluation_results"]["file_path"]
        content = samples.read_bytes()
        about = record["detailed_evaluation_results"]
        assert hashlib.sha256(content).hexdigest() == about["checksum"]
        lines = content.decode().splitlines()  # splits at U+2028, too
        assert len(lines) == about["total_rows"]
        found.append((record, [json.loads(line) for line in lines]))
    return found


def test_samples_add_up_to_the_accuracies_they_refer_to(runs: list[Path]) -> None:
    snellen.export(runs, "every-eval-ever", "records", organization="A lab")
    both = records(Path("records"))
    assert len(both) == len(runs)
    for record, samples in both:
        scores: dict[str, list[float]] = defaultdict(list)
        for sample in samples:
            assert sample["evaluation_id"] == record["evaluation_id"]
            assert sample["model_id"] == record["model_info"]["id"] == "local/wire-1"
            scores[sample["evaluation_result_id"]].append(sample["evaluation"]["score"])
        told = {one["evaluation_result_id"]: one for one in record["evaluation_results"]}
        accuracies = {name for name in told if ".accuracy." in name}
        assert set(scores) == accuracies
        for name, its in scores.items():
            details = told[name]["score_details"]
            assert details["score"] == pytest.approx(sum(its) / len(its))
            assert details["uncertainty"]["num_samples"] == len(its)
            interval = details["uncertainty"]["confidence_interval"]
            assert interval["lower"] <= details["score"] <= interval["upper"]


def test_a_record_holds_what_was_asked_and_said(runs: list[Path]) -> None:
    snellen.export(runs[0], "every-eval-ever", "records")
    ((record, samples),) = records(Path("records"))
    run = snellen.load_run(runs[0])
    assert len(samples) == len(run.trials) - run.failed  # a failure is no answer
    prompts = {trial.prompt: trial for trial in run.manifest.plan.build_trials()}
    for sample in samples:
        trial = prompts[sample["input"]["raw"]]
        assert sample["input"]["reference"] == [trial.truth]
        assert sample["metadata"]["length"] == str(trial.id.length)
    assert any("\x1b[31m" in sample["output"]["raw"][0] for sample in samples)
    assert record["model_info"]["additional_details"]["deployment_type"] == "self_deployed"
    assert record["source_metadata"]["source_organization_name"] == "unknown"
    failed = [one["score_details"]["details"]["failed"] for one in record["evaluation_results"]
              if one["evaluation_result_id"].endswith(".sees")]  # fmt: skip
    assert failed == ["1", "1"]


def test_a_record_has_the_same_name_each_time(runs: list[Path]) -> None:
    for out in ("a", "b"):
        snellen.export(runs, "every-eval-ever", out)
    names = [sorted(p.name for p in Path(out).rglob("*.json*")) for out in ("a", "b")]
    assert names[0] == names[1]
    assert len(names[0]) == 4


def test_a_leaderboard_on_the_hub_gets_the_number_that_boards_rank_by(runs: list[Path]) -> None:
    snellen.export(
        runs, "eval-results", "hub", benchmark="me/eye.chart", source_url="https://x.org"
    )
    (path,) = Path("hub").rglob("*.yaml")
    assert path == Path("hub/local/wire-1/.eval_results/eye.chart.yaml")
    entries = parse_eval_result_entries(yaml.safe_load(path.read_text()))
    found = {entry.task_id: entry for entry in entries}
    assert set(found) == {"count_ones", "copy_last", "count_ones_comma", "copy_last_comma"}
    run = snellen.load_run(runs[0])
    for task in ("count_ones", "copy_last"):
        (mean,) = task_means(run.curves[run.curves["task"] == task])
        assert found[task].value == pytest.approx(mean.value, rel=1e-5)
        assert found[task].dataset_id == "me/eye.chart"
        assert found[task].date == run.manifest.finished
        assert found[task].source_url == "https://x.org"
        assert f"L50 {run.acuity(task)}" in str(found[task].notes)


def test_a_curve_without_the_metric_is_named_and_left_out(root: Path) -> None:
    reference = root / "results/reference/bfloat16"
    done = snellen.export(reference, "eval-results", "hub", benchmark="me/eye", metric="L50")
    (path,) = Path("hub").rglob("*.yaml")
    entries = {e.task_id: e for e in parse_eval_result_entries(yaml.safe_load(path.read_text()))}
    run = snellen.load_run(reference)
    for key, report in run.acuities.items():
        named = [note for note in done.notes if f"{key.name} has no L50" in note]
        if report.l50.value is None:
            assert task_id(key) not in entries
            assert len(named) == 1
        else:
            assert entries[task_id(key)].value == pytest.approx(report.l50.value, rel=1e-5)
            assert named == []
    assert 0 < len(entries) < len(run.acuities)


def manifest(model: str, endpoint: str | None = None, **plan: Any) -> Manifest:
    asked = Plan.model_validate({"model": model, "tasks": ["count_ones"], **plan})
    return Manifest(
        run_id="r", plan=asked, endpoint=endpoint, documents_sha256="0" * 64, created="now"
    )


@pytest.mark.parametrize(
    ("model", "endpoint", "name", "deployment", "weights"),
    [
        ("bundled", None, "HuggingFaceTB/SmolLM2-135M-Instruct", "self_deployed", "open"),
        ("hf/Qwen/Qwen3-8B", None, "Qwen/Qwen3-8B", "self_deployed", "open"),
        ("hf//home/me/my model", None, "local/my_model", "self_deployed", "unknown"),
        ("hf/..", None, "local/model", "self_deployed", "unknown"),
        ("vllm/Qwen/Qwen3-8B", "http://localhost:80/v1", "Qwen/Qwen3-8B", "self_deployed", "open"),
        ("vllm/Qwen/Qwen3-8B", "https://gpu.example.com/v1", "Qwen/Qwen3-8B", "unknown", "open"),
        ("openai/gpt-5-mini", "https://api.openai.com/v1", "openai/gpt-5-mini",
         "externally_managed", "closed"),
        ("openai/gpt-5-mini", None, "openai/gpt-5-mini", "externally_managed", "closed"),
        ("openai/ft:gpt-4o:me", None, "openai/ft_gpt-4o_me", "externally_managed", "closed"),
        ("gemini/models/gemini-2.5-pro", None, "google/gemini-2.5-pro", "externally_managed",
         "closed"),
        ("openai/mine", "http://127.0.0.1:1/v1", "local/mine", "self_deployed", "unknown"),
        ("openai/meta-llama/Llama-3", "https://api.together.xyz/v1", "meta-llama/Llama-3",
         "unknown", "unknown"),
        ("gemini/gemini-2.5-pro", "https://generativelanguage.googleapis.com",
         "google/gemini-2.5-pro", "externally_managed", "closed"),
        ("azure/chat", "https://me.openai.azure.com", "azure/chat", "externally_managed",
         "unknown"),
        ("lm-eval/hf", None, "EleutherAI/pythia-70m", "self_deployed", "unknown"),
        ("someone/else", None, "someone/else", "unknown", "unknown"),
    ],
)  # fmt: skip
def test_models_go_out_under_their_public_names(
    model: str, endpoint: str | None, name: str, deployment: str, weights: str
) -> None:
    backend = {"model_args": {"pretrained": "EleutherAI/pythia-70m"}} if "lm-eval" in model else {}
    found = public_model(manifest(model, endpoint, **backend))
    assert (found.id, found.deployment, found.weights) == (name, deployment, weights)
    assert public_model(manifest(model, endpoint), "Me/Mine").id == "Me/Mine"


def test_every_curve_is_a_task_of_its_own() -> None:
    keys = [
        CurveKey("copy_last", mode, answer, lens)
        for mode in ("direct", "cot", "fewshot-3")
        for answer in ("free", "forced")
        for lens in ("none", "comma:3", "comma:3+question_first")
    ]
    assert len({task_id(key) for key in keys}) == len(keys)
