"""Starting a server that will not start: real processes, real ports. tests/served has the rest."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from snellen.errors import InputError
from snellen.runners.dispatch.provider import Limits
from snellen.runners.vllm.runner import serve_vllm
from snellen.runners.vllm.server import VllmServer, flags, vllm_command


def test_engine_arguments_as_flags() -> None:
    assert flags(
        {
            "max_model_len": 2048,
            "enforce_eager": True,
            "enable_prefix_caching": False,
            "dtype": "float32",
            "override_generation_config": {"top_k": 1},
            "revision": None,
        }
    ) == [
        *("--max-model-len", "2048", "--enforce-eager", "--no-enable-prefix-caching"),
        *("--dtype", "float32", "--override-generation-config", '{"top_k": 1}'),
    ]


def test_vllm_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SNELLEN_VLLM_PYTHON", raising=False)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(InputError, match="vLLM is not installed: pip install"):
        vllm_command()


def test_the_named_python_is_used_and_must_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNELLEN_VLLM_PYTHON", sys.executable)
    assert vllm_command()[0] == sys.executable
    monkeypatch.setenv("SNELLEN_VLLM_PYTHON", "/nowhere/python")
    with pytest.raises(InputError, match="is not a program"):
        vllm_command()


def test_a_server_that_dies_shows_its_last_words(tmp_path: Path) -> None:
    code = "import sys; print('loading'); print('no space on device'); sys.exit(3)"
    with pytest.raises(InputError) as caught:
        VllmServer("m", {}, tmp_path / "logs", command=[sys.executable, "-c", code])
    message = str(caught.value)
    assert "exit code 3" in message
    assert message.endswith("no space on device")
    assert (tmp_path / "logs" / "vllm.log").is_file()


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(InputError, match=f"port {port} is taken"):
            VllmServer("m", {"port": port}, tmp_path, command=[sys.executable])


def test_a_folder_that_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not a model folder"):
        serve_vllm(f"vllm/{tmp_path}", str(tmp_path), {}, tmp_path, Limits())


PARENT = """
import sys
from pathlib import Path
from snellen.runners.vllm.server import VllmServer
child = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
VllmServer("m", {}, Path(sys.argv[1]), command=[sys.executable, "-c", child])
"""


def test_the_server_dies_with_a_killed_parent(tmp_path: Path) -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path)])
    log = tmp_path / "vllm.log"
    while not (log.exists() and log.read_text().strip()):
        assert parent.poll() is None
        time.sleep(0.05)
    child = int(log.read_text())
    parent.kill()
    parent.wait()
    for _ in range(200):
        if not _alive(child):
            return
        time.sleep(0.05)
    os.kill(child, 9)
    pytest.fail("the server outlived us")


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
