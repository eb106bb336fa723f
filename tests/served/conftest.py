"""A real vLLM server with the bundled model: `make test-served`."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from snellen.runners.dispatch.provider import Limits
from snellen.runners.vllm.runner import VllmRunner, serve_vllm
from snellen.store.bundled import bundled_model_path


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    absent = pytest.mark.skip(reason="set SNELLEN_VLLM_PYTHON, or: make test-served")
    for item in items:
        if "served" in item.keywords and "SNELLEN_VLLM_PYTHON" not in os.environ:
            item.add_marker(absent)


@pytest.fixture(scope="session", autouse=True)
def cpu_settings() -> None:
    os.environ.setdefault("VLLM_CPU_KVCACHE_SPACE", "2")
    os.environ.setdefault("HF_HUB_OFFLINE", "1")


@pytest.fixture(scope="session")
def model_folder() -> str:
    return str(bundled_model_path())


@pytest.fixture(scope="session")
def engine() -> dict[str, object]:
    return {"dtype": "float32", "enforce_eager": True, "max_model_len": 2048}


@pytest.fixture(scope="session")
def served(
    engine: dict[str, object], model_folder: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[VllmRunner]:
    """A server that our own runner has started, and stops."""
    runner = serve_vllm(
        "vllm/smollm2",
        model_folder,
        engine | {"served_model_name": "smollm2"},
        tmp_path_factory.mktemp("log"),
        Limits(concurrency=32),
    )
    yield runner
    runner.close()
