"""Servers on the wire, a tiny model, and lm-eval without its own 14,000 tasks."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import lm_eval
import pytest
import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "wire"))

from lm_eval.tasks import TaskManager
from shapes import answer_to
from snellen.harness import models  # noqa: F401  # registers them
from snellen.tasks.yaml_files import YAML_FOLDER
from wireserver import GOOD_KEY, Serving, Wire

from ..tiny_llama import build_tiny_llama


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keys of the wire server, no hub, and a folder of its own to stand in."""
    for name in ("GOOGLE_API_KEY", "OPENAI_BASE_URL", "VLLM_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("OPENAI_API_KEY", "GEMINI_API_KEY"):
        monkeypatch.setenv(name, GOOD_KEY)
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_DATASETS_OFFLINE"):
        monkeypatch.setenv(name, "1")
    # What was imported before has read the environment already.
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf-home"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    """The machine is shared."""
    torch.set_num_threads(1)


@pytest.fixture
def serve() -> Iterator[Callable[[Wire], Serving]]:
    """Starts wire servers; they stop with the test."""
    with ExitStack() as stack:
        yield lambda wire: stack.enter_context(Serving(wire))


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny random model."""
    return build_tiny_llama(tmp_path_factory.mktemp("model") / "tiny")


@cache
def _our_tasks(metadata: str) -> TaskManager:
    """lm-eval's index of our tasks; making it means reading all of their files."""
    return TaskManager(
        include_path=str(YAML_FOLDER), include_defaults=False, metadata=json.loads(metadata)
    )


@pytest.fixture
def evaluate(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Runs lm-eval in this process on our tasks, or on the configuration of another."""

    # It would import torch, and ask pip, to describe this machine.
    monkeypatch.setattr("lm_eval.evaluator.add_env_info", lambda results: None)

    def run(task: Any, name: str, args: dict[str, Any], **options: Any) -> Any:
        metadata = options.pop("metadata", {"lengths": [1, 4], "trials": 2})
        return lm_eval.simple_evaluate(
            model=name,
            model_args=args,
            tasks=[task],
            task_manager=_our_tasks(json.dumps(metadata)),
            bootstrap_iters=0,
            batch_size=1,
            device=options.pop("device", "cuda:0"),
            **options,
        )

    return run


@pytest.fixture
def sums(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """The configuration of a task that is not ours, as a user would write it."""
    docs = [f"{a} plus {b}?" for a in range(4) for b in range(3)]
    data = tmp_path / "docs.json"
    data.write_text("\n".join(json.dumps({"q": q, "a": answer_to(q)}) for q in docs))

    def build(kind: str = "generate", **more: Any) -> dict[str, Any]:
        generate = {
            "output_type": "generate_until",
            "generation_kwargs": {"until": ["\n"], "max_gen_toks": 24, "temperature": 0.0},
            "metric_list": [{"metric": "exact_match"}],
        }
        choose = {"output_type": "multiple_choice", "doc_to_choice": ["yes", "no"]}
        return {
            "task": f"sums_{kind}",
            "dataset_path": "json",
            "dataset_kwargs": {
                "data_files": {"test": str(data)},
                "cache_dir": str(tmp_path / "cache"),
            },
            "test_split": "test",
            "doc_to_text": "{{q}}",
            "doc_to_target": "{{a}}" if kind == "generate" else 0,
            **(generate if kind == "generate" else choose),
            **more,
        }

    return build
