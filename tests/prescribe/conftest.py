"""Loopback servers whose sight is known."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import snellen

sys.path.insert(0, str(Path(__file__).parents[1] / "wire"))

from wireserver import Serving


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("OPENAI_BASE_URL", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "good-key-123456")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def serve() -> Iterator[Callable[[Any], str]]:
    """Starts servers; they stop with the test. Gives the address with its /v1."""
    with ExitStack() as stack:
        yield lambda server: f"{stack.enter_context(Serving(server)).root}/v1"


@pytest.fixture
def prescribe(tmp_path: Path) -> Callable[..., snellen.Prescription]:
    """A prescription for a served model."""

    def run(url: str, lenses: str = "comma,newline,hint,repeat", **more: Any) -> Any:
        plan = snellen.Plan(
            model="openai/m", base_url=url, tasks="copy_sequence", lenses=lenses, max_length=256
        )
        return snellen.prescribe(plan, **{"out": tmp_path / "results", "concurrency": 16, **more})

    return run
