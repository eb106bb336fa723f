"""Gates between real vLLM servers of the bundled model: alike, damaged, in other precisions.

Short sequences to copy, for that is what a model of 135M parameters sees: four items are about 60
tokens with the chat's own words, 32 items about 120, and as many more in the answer.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from snellen.runners.vllm.runner import VllmRunner
from snellen.runners.vllm.server import VllmServer

from .damage import FROM, plugin_folder
from .servers import free_port

pytestmark = pytest.mark.served

LENGTHS = "4,8,16"
OPEN = ("--margin", 0.3, "--trials", 12)
"""Where the verdict is whatever it is: hardly more pairs than the fewest that make one."""
DAMAGED_FROM = 100
"""Position from which the planted fault keeps nothing: within the answer to 16 items."""


def snellen(*words: object) -> subprocess.CompletedProcess[str]:
    """Run a command; what it says goes into the test's log."""
    command = [sys.executable, "-m", "snellen", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    print(
        f"$ snellen {' '.join(map(str, words))}\n{done.stdout}{done.stderr}exit {done.returncode}"
    )
    return done


def gate(a: str, b: str, out: Path, *words: object) -> tuple[int, dict[str, Any]]:
    """A gate between two servers: exit code and gate.json."""
    done = snellen(
        *("gate", "--model", "vllm/smollm2", "--base-url", a, "--against", "vllm/smollm2"),
        *("--against-base-url", b, "--tasks", "copy_sequence", "--lengths", LENGTHS),
        *("--answer", "free", "--concurrency", 24, "--out", out, "--run-id", "gate", *words),
    )
    assert done.returncode in (0, 1, 3), done.stderr
    assert a in done.stdout.splitlines()[0]
    assert b in done.stdout.splitlines()[0]
    return done.returncode, json.loads((out / "gate" / "gate" / "gate.json").read_text())


@contextmanager
def serving(
    engine: dict[str, object], model_folder: str, log: Path, **changes: object
) -> Iterator[str]:
    """Another server beside the one of the session, for the length of a block."""
    server = VllmServer(model_folder, engine | {"served_model_name": "smollm2", **changes}, log)
    try:
        yield server.base_url
    finally:
        server.stop()


@pytest.fixture(scope="module")
def port() -> int:
    """Where the other servers answer, one after the other."""
    return free_port()


def test_float32_sees_as_far_as_itself(served: VllmRunner, tmp_path: Path) -> None:
    url = served.provider.base_url
    code, found = gate(url, url, tmp_path)
    assert (code, found["verdict"]) == (0, "PASS")
    assert {one["at"] for one in found["excluded"]} >= {4, 8}
    assert all(level["floor"] for level in found["levels"])


def test_a_cache_that_is_damaged_beyond_a_position_fails_from_there_on(
    served: VllmRunner, engine: dict[str, object], model_folder: str, port: int, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    plugin = tmp_path / "plugin"
    plugin.mkdir()
    path = os.pathsep.join(filter(None, [str(plugin_folder(plugin)), os.environ.get("PYTHONPATH")]))
    good = served.provider.base_url
    run = ("run", "--model", "vllm/smollm2", "--tasks", "copy_sequence", "--lengths", "4",
           "--trials", 4, "--run-id", "kept", "--out", tmp_path / "kept")  # fmt: skip
    with monkeypatch.context() as patch:
        patch.setenv("PYTHONPATH", path)
        patch.setenv(FROM, str(DAMAGED_FROM))
        with serving(engine, model_folder, tmp_path / "log", port=port) as bad:
            code, found = gate(good, bad, tmp_path / "damaged")
            assert (code, found["worse"]) == (1, ["b"])
            # 16 items and their copy pass the position, 8 items do not.
            assert 8 <= found["onset"] <= 32
            assert found["onset_interval"][0] >= 4
            assert snellen(*run, "--base-url", bad).returncode == 0
    # The same address in another precision: a run goes on with it under no circumstances.
    with serving(
        engine | {"dtype": "bfloat16"}, model_folder, tmp_path / "log", port=port
    ) as other:
        again = snellen(*run, "--base-url", other)
        assert again.returncode == 2
        assert "holds another run: " in again.stderr
        fresh = snellen(*run[:-4], "--run-id", "fresh", *run[-2:], "--base-url", other)
        assert fresh.returncode == 0
        compared = snellen("compare", tmp_path / "kept/vllm__smollm2/kept",
                           tmp_path / "kept/vllm__smollm2/fresh")  # fmt: skip
        assert "fingerprint: A " in compared.stdout
        code, found = gate(good, other, tmp_path / "bfloat16", *OPEN)
        assert all(level["floor"] for level in found["levels"])
        assert any("fingerprint: A " in note for note in found["notes"])
        assert code == {"PASS": 0, "FAIL": 1, "INCONCLUSIVE": 3}[found["verdict"]]


def test_an_fp8_cache_is_whatever_it_is(
    served: VllmRunner, engine: dict[str, object], model_folder: str, tmp_path: Path
) -> None:
    with serving(engine, model_folder, tmp_path / "log", kv_cache_dtype="fp8") as other:
        code, found = gate(served.provider.base_url, other, tmp_path, *OPEN)
    assert any("kv_cache_dtype: A " in note for note in found["notes"])
    assert all(level["floor"] for level in found["levels"])
    assert code == {"PASS": 0, "FAIL": 1, "INCONCLUSIVE": 3}[found["verdict"]]
    # An answer that another server gave is not an answer of its own.
    assert sum(level["same_answer"] for level in found["levels"]) < found["trials"]
