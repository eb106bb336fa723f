"""The job for GitHub Actions, run here: its own commands, between two servers."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from .gate_servers import Server, read

Serve = Callable[[Any], str]
JOB = Path(__file__).parents[2] / "examples" / "gate" / "github-actions.yml"


def steps() -> dict[str, str]:
    """The commands of the job by the name of their step."""
    job = yaml.safe_load(JOB.read_text(encoding="utf-8"))["jobs"]["gate"]
    return {step["name"]: step["run"] for step in job["steps"] if "run" in step}


@pytest.mark.parametrize(("blind", "code"), [(False, 0), (True, 1)])
def test_the_job_gates_a_change_with_two_commands(
    serve: Serve, tmp_path: Path, blind: bool, code: int
) -> None:
    commands = steps()
    assert list(commands) == ["install", "gate", "page"]
    new = Server((lambda prompt: read(prompt) if len(prompt) < 400 else "7") if blind else read)
    script = tmp_path / "snellen"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m snellen "$@"\n')
    script.chmod(0o755)
    here = {
        "OLD_URL": serve(Server()), "NEW_URL": serve(new), "MODEL": "m", "TOKENS": "128,512",
        "PATH": f"{tmp_path}:{os.environ['PATH']}", "GITHUB_STEP_SUMMARY": str(tmp_path / "page"),
    }  # fmt: skip
    environment = os.environ | here
    done = subprocess.run(
        ["bash", "-e", "-c", commands["gate"]], env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stdout + done.stderr
    subprocess.run(["bash", "-e", "-c", commands["page"]], env=environment, check=True)
    page = (tmp_path / "page").read_text()
    assert page.startswith("## FAIL" if blind else "## PASS")
