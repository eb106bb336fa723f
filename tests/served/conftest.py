"""Real servers with the bundled model: `make test-served`."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from snellen.runners.dispatch.provider import Limits
from snellen.runners.vllm.runner import VllmRunner, serve_vllm
from snellen.runners.vllm.server import PYTHON_VARIABLE
from snellen.store.bundled import bundled_model_path

from .servers import python_of


@pytest.fixture(scope="session", autouse=True)
def cpu_settings() -> None:
    os.environ.setdefault("VLLM_CPU_KVCACHE_SPACE", "2")
    os.environ.setdefault("HF_HUB_OFFLINE", "1")


@pytest.fixture(scope="session")
def model_folder() -> str:
    return str(bundled_model_path())


@pytest.fixture(scope="session")
def engine() -> dict[str, object]:
    return {
        "dtype": "float32",
        "enforce_eager": True,
        "max_model_len": 2048,
        # As a model's own generation_config.json may have it: no answer must change for it.
        "override_generation_config": {"repetition_penalty": 1.5},
    }


@pytest.fixture(scope="session")
def vllm_python() -> str:
    """The Python that has vLLM; named to our own runner, too."""
    python = os.environ.get(PYTHON_VARIABLE) or str(python_of("vllm"))
    os.environ[PYTHON_VARIABLE] = python
    return python


@pytest.fixture(scope="session")
def served(
    vllm_python: str,
    engine: dict[str, object],
    model_folder: str,
    tmp_path_factory: pytest.TempPathFactory,
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
