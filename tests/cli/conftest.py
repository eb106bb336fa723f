"""The command line in this process or another."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from snellen.cli import main

TASKS = ("count_ones", "copy_sequence")


@pytest.fixture(scope="session")
def chart(tiny: Path) -> tuple[str, ...]:
    """The command of a small run, without ``--out``."""
    return (
        "run", "--model", f"hf/{tiny}", "--tasks", ",".join(TASKS), "--lengths", "1,2,9",
        "--trials", "3", "--max-tokens", "24",
    )  # fmt: skip


@pytest.fixture(scope="session")
def finished(chart: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The run directory of that command, and what it printed; copy it before changing it."""
    out = tmp_path_factory.mktemp("results")
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        assert main([*chart, "--out", str(out)]) == 0
    (manifest,) = out.glob("*/*/manifest.json")
    return manifest.parent, said.getvalue()


@pytest.fixture(autouse=True)
def _alone(alone: None) -> None:
    """Every test here."""


class Said:
    """What a command said and how it ended."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


@pytest.fixture
def snellen(capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Runs a command in this process."""

    def run(*words: str | Path) -> Said:
        capsys.readouterr()
        try:
            code = main([str(word) for word in words])
        except SystemExit as leaving:
            code = int(leaving.code or 0)
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return run


@pytest.fixture
def start(tmp_path: Path) -> Callable[..., subprocess.Popen[str]]:
    """Starts a command in a process of its own, through a script where one is given."""

    def run(*words: str | Path, script: str | None = None, **more: Any) -> subprocess.Popen[str]:
        program = ("-m", "snellen") if script is None else ("-c", script)
        return subprocess.Popen(
            [sys.executable, *program, *map(str, words)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ),
            **more,
        )  # fmt: skip

    return run


@pytest.fixture
def read_json() -> Callable[[Path], Any]:
    return lambda path: json.loads(path.read_text(encoding="utf-8"))
