"""Loopback servers whose sight is known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import snellen

from ..serving import alone, serve

__all__ = ["alone", "serve"]


@pytest.fixture
def prescribe(tmp_path: Path) -> Callable[..., snellen.Prescription]:
    """A prescription for a served model."""

    def run(url: str, lenses: str = "comma,newline,hint,repeat", **more: Any) -> Any:
        plan = snellen.Plan(
            model="openai/m", base_url=url, tasks="copy_sequence", lenses=lenses, max_length=256
        )
        return snellen.prescribe(plan, **{"out": tmp_path / "results", "concurrency": 16, **more})

    return run
