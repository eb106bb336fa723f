"""What all tests share: a tiny random model in a folder, no hub, one thread and no GPU."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from snellen.errors import InputError

from .tiny_llama import build_tiny_llama

# The same everywhere, also in processes that tests start; CUDA_VISIBLE_DEVICES=0 tries a GPU.
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny random model."""
    return build_tiny_llama(tmp_path_factory.mktemp("model") / "tiny")


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reports without figures, which take most of the time and have tests of their own."""

    def not_drawn(*_: object) -> None:
        raise InputError("not drawn")

    monkeypatch.setattr("snellen.reports.run.report.task_figures", lambda *_: ())
    monkeypatch.setattr("snellen.reports.run.report.eye_chart", not_drawn)


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No hub, one thread (the machine is shared), and a folder of one's own to stand in."""
    import torch

    torch.set_num_threads(1)
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_DATASETS_OFFLINE"):
        monkeypatch.setenv(name, "1")
    # What was imported before has read the environment already.
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf-home"))
    monkeypatch.chdir(tmp_path)
