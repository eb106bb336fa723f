"""Servers on the wire, and lm-eval without its own 14,000 tasks."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import lm_eval
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "wire"))

from lm_eval.tasks import TaskManager
from snellen.harness import models  # noqa: F401  # registers them
from snellen.tasks.documents import CHART
from wireserver import GOOD_KEY, Serving, Wire, answer_to


@pytest.fixture(autouse=True)
def _alone(alone: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys of the wire server, no hub, and a folder of its own to stand in."""
    for name in ("GOOGLE_API_KEY", "OPENAI_BASE_URL", "VLLM_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("OPENAI_API_KEY", "GEMINI_API_KEY"):
        monkeypatch.setenv(name, GOOD_KEY)


@pytest.fixture
def serve() -> Iterator[Callable[[Wire], Serving]]:
    """Starts wire servers; they stop with the test."""
    with ExitStack() as stack:
        yield lambda wire: stack.enter_context(Serving(wire))


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
            task_manager=TaskManager(
                include_path=str(CHART), include_defaults=False, metadata=metadata
            ),
            bootstrap_iters=0,
            batch_size=1,
            device="cuda:0",
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
