"""A package of somebody's own, found through its entry points by the real command line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

MODULE = '''
from snellen.runners.dispatch.dispatcher import Dispatch
from snellen.runners.kinds import LIMITS, ModelKind, Rate
from snellen.runners.protocol import Reply


class Echo:
    """Answers with the number of ones in the prompt's last line."""

    base_url = "http://echo.invalid"
    context_length = None
    resume_at = 0.0

    def __init__(self, name):
        self.model = f"echo/{name}"
        self.numerics = {"engine": "echo"}
        self.dropped = {}

    async def answer(self, request):
        return Reply("7", prompt_tokens=1000, completion_tokens=1)

    def count_tokens(self, text):
        return len(text)

    async def close(self):
        pass


def opened(model, name, options):
    return Dispatch(Echo(name), options.limits())


def echo():
    return ModelKind("echo", "answers 7", opened, takes=LIMITS)


PRICED = ModelKind("dear", "answers 7, for money", opened, price=lambda name: Rate(1.0, 1.0))
'''
ENTRY_POINTS = """
[snellen.models]
broken = echo_models:not_there
echo = echo_models:echo
priced = echo_models:PRICED
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as pip leaves it: a module, and what its distribution says of itself."""
    site = tmp_path_factory.mktemp("site")
    (site / "echo_models.py").write_text(MODULE)
    about = site / "echo_models-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: echo-models\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(ENTRY_POINTS)
    return site


def snellen(installed: Path, *words: str) -> subprocess.CompletedProcess[str]:
    found = os.environ.get("PYTHONPATH")
    path = os.pathsep.join([str(installed), *([found] if found else [])])
    return subprocess.run(
        [sys.executable, "-m", "snellen", *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": path},
    )


def test_it_is_listed_and_the_broken_one_is_named_in_a_line(installed: Path) -> None:
    done = snellen(installed, "models")
    assert done.returncode == 0, done.stderr
    assert "echo/NAME" in done.stdout
    assert "dear/NAME" in done.stdout
    (line,) = done.stderr.splitlines()
    assert line.startswith("snellen: the plug-in 'broken' (echo_models:not_there) is left out: ")


def test_it_is_asked_and_its_price_is_unknown_not_free(installed: Path, tmp_path: Path) -> None:
    words = ("run", "--tasks", "count_ones", "--lengths", "7", "--trials", "2")
    out = ("--out", str(tmp_path))
    done = snellen(installed, *words, *out, "--model", "echo/x")
    assert done.returncode == 0, done.stderr
    (table,) = tmp_path.rglob("trials.csv")
    assert table.read_text().count("correct") == 2
    refused = snellen(installed, *words, *out, "--model", "echo/x", "--budget", "5")
    assert refused.returncode == 2
    assert "the price of echo/x is unknown, so --budget cannot hold" in refused.stderr
    stopped = snellen(installed, *words, *out, "--model", "dear/x", "--budget", "0.0001")
    assert stopped.returncode in (1, 2)
    assert "--budget" in stopped.stderr
