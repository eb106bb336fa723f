"""A canary key is nowhere: not in a file, a log, an exception, a manifest or a journal."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from delivering import Serve
from wireserver import Wire

CANARY = "sk-canary-f3a9c1d7e5b2"
SNELLEN = [sys.executable, "-m", "snellen"]
Finished = subprocess.CompletedProcess[bytes]
CommandLine = Callable[..., Finished]
ASKED = ["--tasks", "count_ones", "--lengths", "1,2", "--trials", "2"]


@pytest.fixture
def snellen(tmp_path: Path) -> CommandLine:
    """Runs the command line with the canary as every provider's key, in an empty folder."""

    def run(*words: str, key: str = CANARY, **variables: str) -> Finished:
        names = ("OPENAI_API_KEY", "GEMINI_API_KEY", "VLLM_API_KEY")
        env = os.environ | dict.fromkeys(names, key) | {"LMEVAL_LOG_LEVEL": "DEBUG"} | variables
        command = [*SNELLEN, *words]
        return subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, check=False)

    return run


def traces(folder: Path, done: Finished) -> list[str]:
    """Where the canary is found."""
    found = [str(p) for p in folder.rglob("*") if p.is_file() and CANARY.encode() in p.read_bytes()]
    return found + [name for name in ("stdout", "stderr") if CANARY.encode() in getattr(done, name)]


@pytest.mark.parametrize(("model", "path"), [("vllm/wire-1", "/v1"), ("gemini/wire-1", "")])
def test_after_a_run(
    serve: Serve, snellen: CommandLine, tmp_path: Path, model: str, path: str
) -> None:
    wire = Wire(lambda call: "500" if call.attempt == 1 else None)
    url = serve(wire).root + path
    done = snellen("run", "--model", model, "--base-url", url, *ASKED, "--out", "out")
    assert done.returncode == 0, done.stderr.decode()
    assert any(CANARY in value for call in wire.calls for value in call.headers.values())
    assert list(tmp_path.rglob("journal.sqlite"))
    assert not traces(tmp_path, done)


@pytest.mark.parametrize(("model", "path"), [("openai/wire-1", "/v1"), ("gemini/wire-1", "")])
def test_after_a_server_that_throws_the_key_back(
    serve: Serve, snellen: CommandLine, tmp_path: Path, model: str, path: str
) -> None:
    bad = "bad-" + CANARY  # the server's answer repeats it
    url = serve(Wire()).root + path
    done = snellen("run", "--model", model, "--base-url", url, *ASKED, "--out", "out", key=bad)
    assert done.returncode == 2
    assert b"Incorrect API key provided: [" in done.stderr
    assert b"Traceback" not in done.stderr
    assert not traces(tmp_path, done)


def test_a_key_in_the_arguments_is_refused_before_it_is_written(
    snellen: CommandLine, tmp_path: Path
) -> None:
    words = ["--model", "lm-eval/local-chat-completions", "--model-args", f"api_key={CANARY}"]
    done = snellen("run", *words, *ASKED, "--out", "out")
    assert done.returncode == 2
    assert not traces(tmp_path, done)


def test_a_key_from_an_env_file(serve: Serve, snellen: CommandLine, tmp_path: Path) -> None:
    keys = tmp_path / "keys.env"
    keys.write_text(f"OPENAI_API_KEY={CANARY}\n")
    wire = Wire()
    url = serve(wire).root + "/v1"
    words = ["--model", "openai/wire-1", "--base-url", url, "--env-file", str(keys)]
    done = snellen("run", *words, *ASKED, "--out", "out", key="")
    assert done.returncode == 0, done.stderr.decode()
    assert wire.calls[0].headers["Authorization"] == f"Bearer {CANARY}"
    assert traces(tmp_path, done) == [str(keys)]
